"""What Prometheus is told; every name carries its unit, and `_total` where it only grows."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

# A command is one database transaction: from 1 ms (SQLite alone) to the RPC timeout.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

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
OUTBOX_LAG = Gauge(
    "qiantang_outbox_unpublished_events", "Committed events not yet confirmed.", ("service",)
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
INBOX = Gauge("qiantang_inbox_events", "Events in the inbox, by state.", ("service", "state"))
TIMERS_FIRED = Counter("qiantang_timers_fired_total", "Durable timers fired.", ("service", "name"))
