"""What must be true afterwards: the ledger of a client beside every database of the platform."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import kombu

from deploy.catalogue import edges_of, outside_edges
from deploy.stories.enterprise_startup import RECOUNTS, REGISTRATION
from deploy.stories.stage import Stage
from shared.contracts.base import SERVICES
from shared.contracts.party_government import OneScreen
from shared.messaging.inbox import OPEN_STATES
from shared.messaging.topology import inbox_queue
from tests.faults.ledger import Acknowledged
from tests.faults.turns import Platform

STANDS_STILL = 60.0
MATTERS = 7

# What there is more of after so many commands of a contract, each one row for one command.
ROWS_OF = {
    "digital_government.SubmitOneThing": (("digital_government", "one_thing"),),
    "identity_data.ReserveEnterpriseName": (("identity_data", "name_reservation"),),
    "digital_government.AcceptCase": (("identity_data", "shared_reading"),),
    "digital_government.DecideCase": (
        ("identity_data", "enterprise"),
        ("identity_data", "licence"),
        ("digital_economy", "enterprise_profile"),
    ),
}


@dataclass(frozen=True)
class Finding:
    """One line of a report: how many were looked at, what was expected and what was found."""

    what: str
    number: int
    expected: Any
    found: Any
    differences: Sequence[str] = ()

    @property
    def holds(self) -> bool:
        """Whether it is as it must be."""
        return bool(self.expected == self.found) and not self.differences


@dataclass(frozen=True)
class Flow:
    """One binding: what its producer published, and what became of it at its subscriber."""

    producer: str
    subscriber: str
    key: str
    unpublished: int
    published: int
    done: int
    dead: int
    waiting: int
    lost: tuple[str, ...]
    strange: tuple[str, ...]
    twice: tuple[str, ...]

    @property
    def balanced(self) -> bool:
        """published = consumed + dead + waiting, and they are the same events, each once."""
        received = self.done + self.dead + self.waiting
        return self.published == received and not (self.lost or self.strange or self.twice)


# Rest


def come_to_rest(running: Platform) -> None:
    """Wait until no outbox, inbox or queue holds anything; raises TimeoutError, saying what is
    stuck, when nothing moved for a minute."""
    stage = running.stage("reckoning")
    seen: Any = None
    since = time.monotonic()
    while found := left(stage) or _left_in_queues(running):
        if found != seen:
            seen, since = found, time.monotonic()
        if time.monotonic() - since > STANDS_STILL:
            raise TimeoutError(f"nothing moves: {found}; logs: {running.settings.state}")
        time.sleep(0.2)


def left(stage: Stage) -> dict[str, int]:
    """How many events wait in which outbox or inbox."""
    waiting = {}
    for service in SERVICES:
        ((outbox, inbox),) = stage.sql(
            service,
            "SELECT (SELECT COUNT(*) FROM outbox WHERE published_at IS NULL),"
            f" (SELECT COUNT(*) FROM inbox WHERE state IN {OPEN_STATES})",
        )
        waiting |= {f"{service} outbox": outbox, f"{service} inbox": inbox}
    return {what: number for what, number in waiting.items() if number}


def _left_in_queues(running: Platform) -> dict[str, int]:
    return {name: held for name, held in queues(running).items() if held}


def queues(running: Platform) -> dict[str, int]:
    """How many messages each queue of the platform holds, those included that are delivered and
    not yet acknowledged."""
    outside = {inbox_queue(edges.service) for edges in outside_edges()}
    listed = running.broker.control("list_queues", "--formatter", "json", "name", "messages")
    return {
        row["name"]: int(row["messages"])
        for row in json.loads(listed)
        if row["name"] not in outside
    }


# Counts before and after


def rows(stage: Stage) -> Counter[tuple[str, str]]:
    """How many rows there are of all that commands make."""
    counted: Counter[tuple[str, str]] = Counter()
    for tables in ROWS_OF.values():
        for service, table in tables:
            counted[service, table] = int(stage.count(service, f"SELECT COUNT(*) FROM {table}"))
    return counted


def grown(
    stage: Stage, before: Counter[tuple[str, str]], entries: Sequence[Acknowledged]
) -> list[Finding]:
    """One row more for every acknowledged command, in each table where it makes one."""
    contracts = Counter(entry.contract for entry in entries)
    now = rows(stage)
    return [
        Finding(
            f"rows of {table} for {contract.partition('.')[2]}",
            contracts[contract],
            contracts[contract],
            now[service, table] - before[service, table],
        )
        for contract, tables in ROWS_OF.items()
        for service, table in tables
    ]


# The ledger


def ledger_against_databases(stage: Stage, entries: Sequence[Acknowledged]) -> list[Finding]:
    """Every acknowledged command has its effect, and has it once."""
    return [
        *_requests(stage, entries),
        *_applications(stage, entries),
        *_audited(stage, entries),
    ]


def _requests(stage: Stage, entries: Sequence[Acknowledged]) -> Iterable[Finding]:
    kept: dict[str, list[tuple[str, Any]]] = {}
    for service in {entry.contract.partition(".")[0] for entry in entries}:
        for row in stage.sql(service, "SELECT id, contract, reply FROM request"):
            reply = json.loads(row.reply) if isinstance(row.reply, str) else row.reply
            request = row.id.partition("/")[2]
            kept.setdefault(request, []).append((f"{service}.{row.contract}", reply))
    wrong = [
        f"{entry.request} by {entry.way}: told {entry.reply}, kept {kept.get(entry.request)}"
        for entry in entries
        if kept.get(entry.request) != [(entry.contract, entry.reply)]
    ]
    found = len(entries) - len(wrong)
    yield Finding("the reply given is the one kept", len(entries), len(entries), found, wrong)


def _applications(stage: Stage, entries: Sequence[Acknowledged]) -> Iterable[Finding]:
    submitted = {e.subject: e for e in entries if e.contract.endswith(".SubmitOneThing")}
    decided = {e.subject for e in entries if e.contract.endswith(".DecideCase")}
    of_name: dict[str, list[str]] = {}
    for row in stage.sql("digital_government", "SELECT id, reservation_id FROM one_thing"):
        of_name.setdefault(row.reservation_id, []).append(row.id)
    wrong = [
        f"{name}: told {entry.reply['id']}, there are {of_name.get(name, [])}"
        for name, entry in submitted.items()
        if of_name.get(name) != [entry.reply["id"]]
    ]
    number = len(submitted)
    yield Finding("one application for each", number, number, number - len(wrong), wrong)
    cases: dict[str, Counter[str]] = {}
    of_case: dict[str, str] = {}
    for row in stage.sql("digital_government", "SELECT id, one_thing_id, matter FROM case_"):
        cases.setdefault(row.one_thing_id, Counter())[row.matter] += 1
        of_case[row.id] = row.one_thing_id
    whole = {of_case[case] for case in decided}
    wrong = []
    for entry in submitted.values():
        have = cases.get(str(entry.reply["id"]), Counter())
        matters = MATTERS if entry.reply["id"] in whole else 1
        if have[REGISTRATION] != 1 or have.total() != matters or len(have) != matters:
            wrong.append(f"{entry.reply['id']}: {dict(have)}, expected {matters}")
    yield Finding("its cases, each once", number, number, number - len(wrong), wrong)
    events = Counter(
        (row.type, row.aggregate_id)
        for row in stage.sql(
            "digital_government",
            "SELECT type, aggregate_id FROM outbox"
            " WHERE type IN ('OneThingSubmitted', 'CaseSubmitted', 'CaseDecided')",
        )
    )
    things = {str(entry.reply["id"]) for entry in submitted.values()}
    expected = {("OneThingSubmitted", thing) for thing in things}
    expected |= {("CaseSubmitted", case) for case, thing in of_case.items() if thing in things}
    expected |= {("CaseDecided", case) for case in decided}
    wrong = [f"{event}: {events[event]} times" for event in sorted(expected) if events[event] != 1]
    number = len(expected)
    yield Finding("its events, each once", number, number, number - len(wrong), wrong)


def _audited(stage: Stage, entries: Sequence[Acknowledged]) -> Iterable[Finding]:
    audited: dict[tuple[str, str], list[list[str]]] = {}
    told: dict[tuple[str, str], set[str]] = {}
    for service in {entry.contract.partition(".")[0] for entry in entries}:
        for row in stage.sql(service, "SELECT act, cause, events FROM audit"):
            events = json.loads(row.events) if isinstance(row.events, str) else row.events
            audited.setdefault((f"{service}.{row.act}", row.cause), []).append(events)
        for row in stage.sql(service, "SELECT id, envelope ->> 'causationid' AS cause FROM outbox"):
            told.setdefault((service, row.cause), set()).add(row.id)
    wrong = []
    for entry in entries:
        found = audited.get((entry.contract, entry.request), [])
        events = told.get((entry.contract.partition(".")[0], entry.request), set())
        if len(found) != 1 or set(found[0]) != events:
            wrong.append(f"{entry.request}: audited {found}, told {events}")
    number = len(entries)
    yield Finding("audited once, with its events", number, number, number - len(wrong), wrong)


# Events and their subscribers


def flows(stage: Stage) -> list[Flow]:
    """Every binding of every subscriber, counted on both sides."""
    sent = {
        name: stage.sql(
            name, "SELECT id, aggregate, type, published_at IS NOT NULL AS published FROM outbox"
        )
        for name in SERVICES
    }
    found = []
    for subscriber in SERVICES:
        received: dict[str, list[Any]] = {}
        for row in stage.sql(subscriber, "SELECT id, producer, aggregate, type, state FROM inbox"):
            received.setdefault(row.producer, []).append(row)
        for producer, key in edges_of(subscriber).subscriptions:
            out = [row for row in sent[producer] if _fits(row, key)]
            into = [row for row in received.get(producer, []) if _fits(row, key)]
            found.append(_flow(producer, subscriber, key, out, into))
    return found


def _fits(row: Any, key: str) -> bool:
    return fnmatchcase(f"{row.aggregate}.{row.type}", key)


def _flow(
    producer: str, subscriber: str, key: str, out: Sequence[Any], into: Sequence[Any]
) -> Flow:
    published = {row.id for row in out if row.published}
    ids = Counter(row.id for row in into)
    states = Counter(row.state for row in into)
    return Flow(
        producer,
        subscriber,
        key,
        unpublished=len(out) - len(published),
        published=len(published),
        done=states["done"],
        dead=states["dead"],
        waiting=sum(states[state] for state in OPEN_STATES),
        lost=tuple(sorted(published - set(ids))),
        strange=tuple(sorted(set(ids) - {row.id for row in out})),
        twice=tuple(sorted(id_ for id_, times in ids.items() if times > 1)),
    )


def balance(found: Sequence[Flow]) -> Finding:
    """published = consumed + dead + waiting for every binding, and nothing is dead or waits."""
    wrong = [str(one) for one in found if not one.balanced]
    wrong += [str(one) for one in found if one.dead or one.waiting or one.unpublished]
    published = sum(one.published for one in found)
    consumed = sum(one.done for one in found)
    what = "published = consumed + dead + waiting, for every binding"
    return Finding(what, len(found), published, consumed, wrong)


def kept_for_systems(running: Platform, stage: Stage) -> Iterator[Finding]:
    """Every event waits for the systems outside that subscribe to it and are away all the while;
    each came at least once, as they are promised."""
    for edges in outside_edges():
        published: set[str] = set()
        for producer, key in edges.subscriptions:
            rows = stage.sql(producer, "SELECT id, aggregate, type FROM outbox")
            published |= {row.id for row in rows if _fits(row, key)}
        ids = _waiting_for(edges.service, running)
        what = f"events that wait for {edges.service}, in {len(ids)} messages"
        wrong = [f"lost {one}" for one in published - set(ids)]
        wrong += [f"strange {one}" for one in set(ids) - published]
        yield Finding(what, len(published), len(published), len(set(ids)), wrong)


def _waiting_for(system: str, running: Platform) -> list[str]:
    """The ids in a system's queue; without an acknowledgement all of them go back to it."""
    ids = []
    with (
        kombu.Connection(running.settings.amqp_url_for(system)) as connection,
        connection.channel() as channel,
    ):
        while (message := channel.basic_get(inbox_queue(system))) is not None:
            # What nobody can read has no id.
            if message_id := message.properties.get("message_id"):
                ids.append(str(message_id))
    return ids


def effects_of_events(stage: Stage) -> list[Finding]:
    """Every event changed its subscriber's records at most once, and those that must did."""
    findings = []
    for service in SERVICES:
        causes = Counter(
            row.cause
            for row in stage.sql(
                service, "SELECT cause FROM audit WHERE cause IN (SELECT id FROM inbox)"
            )
        )
        twice = [
            f"{service}: {cause} {times} times" for cause, times in causes.items() if times > 1
        ]
        what = f"{service}: events with an effect, each once"
        findings.append(Finding(what, len(causes), len(causes), len(causes) - len(twice), twice))
    # Every one of these is counted in a measure, so every one leaves an audit row.
    counted = stage.sql(
        "digital_government",
        "SELECT COUNT(*) AS taken, COUNT(audit.cause) AS audited FROM inbox"
        " LEFT JOIN audit ON audit.cause = inbox.id"
        " WHERE inbox.type IN ('CaseSubmitted', 'CaseDecided') AND producer = 'digital_government'",
    )[0]
    what = "cases submitted or decided, each counted"
    findings.append(Finding(what, counted.taken, counted.taken, counted.audited))
    return findings


def sequences(stage: Stage) -> Finding:
    """The events of every aggregate are numbered without a gap."""
    torn, number = [], 0
    for service in SERVICES:
        number += int(
            stage.count(
                service,
                "SELECT COUNT(*) FROM (SELECT DISTINCT aggregate, aggregate_id"
                " FROM outbox) AS told",
            )
        )
        torn += [
            f"{service}: {row.aggregate}/{row.aggregate_id}"
            for row in stage.sql(
                service,
                "SELECT aggregate, aggregate_id FROM outbox GROUP BY aggregate, aggregate_id"
                " HAVING COUNT(*) <> COUNT(DISTINCT sequence) OR COUNT(*) <> MAX(sequence)",
            )
        ]
    return Finding("aggregates whose events have no gap", number, number, number - len(torn), torn)


def screen(stage: Stage) -> Finding:
    """Every figure of the one screen that is a plain count, beside SQL over the records."""
    values = {
        one.code: float(one.value)
        for one in stage.ask("leader", OneScreen(division="33")).indicators
        if one.value is not None
    }
    counted = {}
    for code, (service, statement) in RECOUNTS.items():
        if "{" not in statement and code in values:
            counted[code] = float(stage.count(service, statement))
    wrong = [
        f"{code}: SQL {number}, screen {values[code]}"
        for code, number in counted.items()
        if round(number, 6) != round(values[code], 6)
    ]
    what = "figures of the screen = SQL over the records"
    return Finding(what, len(counted), len(counted), len(counted) - len(wrong), wrong)
