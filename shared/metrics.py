"""What a process counts for Prometheus as it happens; names carry their unit, and `_total` where
a figure only grows. What is read at the moment of a scrape stands in `shared/standing.py`."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

# A command is one database transaction: from 1 ms (SQLite alone) to the 20 s of the RPC timeout.
# Three a decade tell a quantile to within a factor of 2.5; half a second, which the alert of slow
# answers asks about, is one of them, so that no guess between two buckets decides.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)

MESSAGES = Counter(
    "qiantang_messages_total",
    "Commands and queries answered, by outcome (ok, repeated, or the error's kind).",
    ("service", "contract", "outcome"),
)
MESSAGE_SECONDS = Histogram(
    "qiantang_message_seconds",
    "Time from receipt of a command or query to its reply.",
    ("service", "contract"),
    buckets=SECONDS,
)
GROUP_SIZE = Histogram(
    "qiantang_commit_group_units",
    "Units of work that shared one transaction.",
    ("service",),
    buckets=(1, 2, 4, 8, 16, 32, 64),
)
PUBLISHED = Counter("qiantang_events_published_total", "Events confirmed.", ("service",))
CONSUMED = Counter(
    "qiantang_events_consumed_total",
    "Events taken from the inbox, by what became of them (done, retrying, waiting, dead).",
    ("service", "outcome"),
)
UNDECODABLE = Counter(
    "qiantang_messages_undecodable_total", "Messages kept as undecodable.", ("service",)
)
SIGN_INS = Counter(
    "qiantang_sign_ins_total",
    "Sign-ins by outcome (signed_in, wrong_password, wrong_code, unknown_account, closed_account,"
    " or waiting).",
    ("outcome",),
)
TIMERS_FIRED = Counter("qiantang_timers_fired_total", "Durable timers fired.", ("service", "name"))
RPC_CALLS = Counter(
    "qiantang_rpc_calls_total",
    "Calls of other services that ended, by outcome (ok, unanswered, or the error's kind).",
    ("service", "callee", "outcome"),
)
RPC_SECONDS = Histogram(
    "qiantang_rpc_call_seconds",
    "Time from sending a call to its reply, or to giving up.",
    ("service", "callee"),
    buckets=SECONDS,
)
