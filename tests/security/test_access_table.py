"""What the access table says is what a running platform does, cell by cell."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.fleet import ServiceProcess, await_ready, environment_of
from shared.context import ANONYMOUS, Headers, new_id
from shared.contracts.base import SERVICES, Ask, Query
from shared.contracts.party_government import MatterTimeline
from shared.messaging.tables import INBOX, OUTBOX, TIMER
from shared.rpc import RpcClient
from shared.security.access import (
    ANOTHER,
    ONE_FACTOR,
    TWO_FACTORS,
    Cell,
    asks_of,
    callers,
    cells_of,
    lines_of,
)
from shared.security.authorisation import Policy, decide_by, policies, policy_set
from tests.conftest import RealServers
from tests.security.access_cases import case_for
from tests.security.databases import Databases, Payload

PATIENCE = 30.0
EVERY = [
    (service, ask) for service in SERVICES for ask in (*asks_of(service), *asks_of("platform"))
]
ASKS = [ask for service in (*SERVICES, "platform") for ask in asks_of(service)]
# A rule of the domain speaks where the policies do not: a system must say whom it applies for, and
# whoever fetches data has a grant for it.
OTHERWISE_REFUSED = {
    ("SubmitOneThing", "system/one_window", "none"): "applicant-not-named",
    ("OpenApplication", "system/one_window", "none"): "applicant-not-named",
    ("OpenOneThing", "system/one_window", "none"): "applicant-not-named",
    # The caller of the table is of a county, and the catalogue is the province's.
    ("DefineItem", "official/catalogue_manager", ""): "not-the-provinces",
    ("DefineOneThing", "official/catalogue_manager", ""): "not-the-provinces",
    ("DeclareHeldDocument", "official/catalogue_manager", ""): "not-the-provinces",
    # Its organ is none that the item names, and its leader no case officer.
    ("ClaimItem", "official/catalogue_manager", ""): "not-the-items-organ",
    ("GiveReview", "official/leader", ANOTHER): "not-the-steps-role",
    # The caller of the table is of a city, and counties review.
    ("ReviewPractice", "official/general_office", ""): "not-a-county",
    ("FetchSharedData", "service", ""): "no-grant",
    ("FetchSharedData", "system", ""): "no-grant",
    ("FetchSharedData", "system/one_window", ""): "no-grant",
    ("FetchSharedData", "system/document_exchange", ""): "no-grant",
}
ASKS_OTHERS = (MatterTimeline,)


def with_cells(*, permitted: bool) -> Any:
    """Every message of every service that has such cells."""
    pairs = [
        (service, ask)
        for service, ask in EVERY
        if any(cell.decision.permitted is permitted for cell in cells_of(ask))
    ]
    names = [f"{service}.{ask.NAME}" for service, ask in pairs]
    return pytest.mark.parametrize(("service", "ask"), pairs, ids=names)


def name_of(cell: Cell) -> str:
    about = ", ".join(f"{name} {whose}" for name, whose in cell.relation.items())
    return f"{cell.caller.name}: {about or 'anything'}"


class Live:
    """The running platform, asked over RPC, and its databases."""

    def __init__(self, databases: Databases, client: RpcClient) -> None:
        self.databases = databases
        self._client = client
        self._counting = {
            service: sa.text(
                " UNION ALL ".join(
                    # Whatever is written has the number of the transaction that wrote it.
                    f"SELECT '{name}', count(*), coalesce(sum(xmin::text::bigint), 0)"
                    f' FROM "{name}"'
                    for name in sa.inspect(runtime.engine).get_table_names()
                )
            )
            for service, runtime in databases.runtimes.items()
        }
        self._lost = self._in_the_broker()

    def send(self, service: str, cell: Cell, payload: Payload) -> dict[str, Any]:
        """What the service answers this caller."""
        caller = cell.caller.principal
        # A new one each time, because all cells together take longer than a token lasts.
        token = "" if caller == ANONYMOUS else self.databases.token_of(caller)
        headers = Headers(requestid=new_id(), authorization=f"Bearer {token}" if token else "")
        return self._client.call_raw(service, cell.message.NAME, payload, headers)

    def rows(self) -> dict[str, tuple[int, int]]:
        """How many rows each table of each service has, and a sum over when each was written."""
        self._await_rest()
        found = {}
        for service, statement in self._counting.items():
            with self.databases.runtimes[service].read.connect() as connection:
                for name, number, said in connection.execute(statement):
                    found[f"{service}.{name}"] = (int(number), int(said))
        return found

    def set_aside_what_others_left(self) -> None:
        """Let nothing that another test published and nobody can take be tried again meanwhile, nor
        what a service never got be waited for."""
        end = time.monotonic() + PATIENCE
        while any(self._is_busy(name) for name in self.databases.runtimes):
            assert time.monotonic() < end, "events are still under way"
            self._lost = self._in_the_broker()
            for runtime in self.databases.runtimes.values():
                with runtime.engine.begin() as connection:
                    connection.execute(
                        sa.update(INBOX)
                        .where(INBOX.c.state.in_(("retrying", "waiting")))
                        .values(state="dead", reason="left by another test")
                    )
            time.sleep(0.2)

    def _await_rest(self) -> None:
        """Wait until no event is under way and no timer is due.

        One service is looked at after the other, so an event may pass behind the look. It has
        passed none when the next look finds as many events as the first (Mattern, "Algorithms for
        Distributed Termination Detection", Distributed Computing 2 (1987), the four counters).
        """
        end = time.monotonic() + PATIENCE
        seen: Counter[tuple[str, str]] | None = None
        while True:
            events = self._events()
            if (
                any(self._is_busy(name) for name in self.databases.runtimes)
                or self._in_the_broker() != self._lost
            ):
                assert time.monotonic() < end, "events are still under way"
                events = None
                time.sleep(0.05)
            elif events == seen:
                return
            seen = events

    def _events(self) -> Counter[tuple[str, str]]:
        """How many events each service told, and how many it was told."""
        return Counter(
            {
                (name, table.name): self.databases.value(
                    name, sa.select(sa.func.count()).select_from(table)
                )
                for name in self.databases.runtimes
                for table in (OUTBOX, INBOX)
            }
        )

    def _in_the_broker(self) -> dict[tuple[str, str], int]:
        """How many of the events that each service published were not yet stored by each that is
        bound to them."""
        published: dict[str, Counter[tuple[str, str]]] = {}
        said = sa.select(OUTBOX.c.aggregate, OUTBOX.c.type, sa.func.count())
        said = said.where(OUTBOX.c.published_at.is_not(None))
        # A dead letter that a case put there was never published.
        taken = sa.select(INBOX.c.producer, sa.func.count()).where(INBOX.c.id.not_like("dead-%"))
        stored: dict[str, dict[str, int]] = {}
        for name, runtime in self.databases.runtimes.items():
            with runtime.read.connect() as connection:
                rows = connection.execute(said.group_by(OUTBOX.c.aggregate, OUTBOX.c.type))
                published[name] = Counter({(one, event): number for one, event, number in rows})
                counts = connection.execute(taken.group_by(INBOX.c.producer)).all()
                stored[name] = {row[0]: row[1] for row in counts}
        on_their_way: Counter[tuple[str, str]] = Counter()
        for name, runtime in self.databases.runtimes.items():
            for producer, key in runtime.handlers.subscriptions():
                aggregate, _, event = key.partition(".")
                on_their_way[producer, name] += sum(
                    number
                    for (one, each), number in published[producer].items()
                    if one == aggregate and event in ("*", each)
                )
        return {
            (producer, name): number - stored[name].get(producer, 0)
            for (producer, name), number in on_their_way.items()
        }

    def _is_busy(self, service: str) -> bool:
        unpublished = sa.select(sa.func.count()).where(OUTBOX.c.published_at.is_(None))
        open_events = sa.select(sa.func.count()).where(INBOX.c.state.not_in(("done", "dead")))
        now = self.databases.runtimes[service].calendar.now()
        due = sa.select(sa.func.count()).where(
            # One that failed before is another test's, and tried again at longer and longer times.
            TIMER.c.state == "armed",
            TIMER.c.due <= now,
            TIMER.c.attempts == 0,
        )
        return any(self.databases.value(service, one) for one in (unpublished, open_events, due))


@pytest.fixture(scope="module")
def live(real_servers: RealServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """All services in a process beside this one, on RabbitMQ and PostgreSQL."""
    settings = real_servers.settings
    with (tmp_path_factory.mktemp("logs") / "platform").open("a") as log:
        process = ServiceProcess("all", environment_of(settings), log)
        process.start()
        try:
            await_ready([process.await_address()])
            databases = Databases(settings)
            client = RpcClient(settings.amqp_url_for("gateway"), "gateway")
            one = Live(databases, client)
            one.set_aside_what_others_left()
            yield one
            one._await_rest()
            client.stop()
            databases.close()
        finally:
            process.stop()


@pytest.mark.distributed
@with_cells(permitted=False)
def test_what_the_table_refuses_is_refused_and_changes_no_row(
    live: Live, service: str, ask: type[Ask[Any]]
) -> None:
    make = case_for(service, ask.NAME)
    refused = [cell for cell in cells_of(ask) if not cell.decision.permitted]
    # Nothing is changed, so callers can be refused one and the same resource. But a person has the
    # guardians of one cell at a time.
    answers = {}
    for guardians in {cell.resource.get("guardians") for cell in refused}:
        asked = [cell for cell in refused if cell.resource.get("guardians") == guardians]
        by_resource = {tuple(cell.resource.items()): cell.resource for cell in asked}
        payloads = {key: make(live.databases, resource) for key, resource in by_resource.items()}
        before = live.rows()
        answers |= {
            name_of(cell): live.send(service, cell, payloads[tuple(cell.resource.items())])
            for cell in asked
        }
        assert live.rows() == before
    kinds = {name: answer.get("error", {}).get("kind") for name, answer in answers.items()}
    assert kinds == {
        name_of(cell): "NotAuthenticated" if cell.caller.principal == ANONYMOUS else "NotAllowed"
        for cell in refused
    }


@pytest.mark.distributed
@with_cells(permitted=True)
def test_what_the_table_permits_is_done(live: Live, service: str, ask: type[Ask[Any]]) -> None:
    make = case_for(service, ask.NAME)
    faults = {}
    permitted = [cell for cell in cells_of(ask) if cell.decision.permitted]
    if issubclass(ask, Query):
        assert answered_as_queries_are(live, service, ask, permitted) == {}
        return
    for cell in permitted:
        answer = live.send(service, cell, make(live.databases, cell.resource))
        key = (ask.NAME, cell.caller.name, cell.relation.get("owner", ""))
        if answer.get("error", {}).get("slug") != OTHERWISE_REFUSED.get(key):
            faults[name_of(cell)] = answer
    assert faults == {}


def answered_as_queries_are(
    live: Live, service: str, query: type[Query[Any]], permitted: list[Cell]
) -> dict[str, Any]:
    """The answers that are errors; a query changes nothing, but each reading of personal data is
    one audit row more, and a line for everybody else whose data were read."""
    make = case_for(service, query.NAME)
    payloads = [make(live.databases, cell.resource) for cell in permitted]
    if query in ASKS_OTHERS:
        # A service that asks another for the first time signs in there.
        live.send(service, permitted[0], payloads[0])
    before = live.rows()
    answers = {
        name_of(cell): live.send(service, cell, payload)
        for cell, payload in zip(permitted, payloads, strict=True)
    }
    after = live.rows()
    audited, head = f"{service}.audit", f"{service}.audit_head"
    readings = len(permitted) if query.PERSONAL else 0
    assert after[audited][0] - before[audited][0] == readings
    changed = {table for table in after if after[table] != before[table]}
    assert changed - {f"{service}.reading"} == ({audited, head} if readings else set())
    others = any(cell.relation.get("owner") == ANOTHER for cell in permitted)
    assert (f"{service}.reading" in changed) >= (others and bool(readings))
    return {name: answer for name, answer in answers.items() if "error" in answer}


# The table itself


def test_the_table_has_every_command_and_query_and_every_caller() -> None:
    for ask in ASKS:
        found = {cell.caller for cell in cells_of(ask)}
        lesser = {one for one in found if one.name.endswith(ONE_FACTOR)}
        assert found - lesser == set(callers()), ask
        assert {one.principal.assurance for one in lesser} <= {1}
    names = {name for policy in policies() for name in (*policy.roles, *policy.kinds, *policy.ids)}
    told = {
        name
        for one in callers()
        for name in (*one.principal.roles, one.principal.kind, one.principal.id)
    }
    assert names <= told


@pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy.id)
def test_without_any_one_policy_some_cell_would_say_something_else(policy: Policy) -> None:
    others = policy_set(one for one in policies() if one != policy)
    assert any(
        decide_by(others, cell.caller.principal, ask.NAME, ask.AGGREGATE, cell.resource).permitted
        is not cell.decision.permitted
        for ask in ASKS
        if policy.bears_on(ask.NAME)
        for cell in cells_of(ask)
    )


def test_the_lines_for_readers_say_the_same_as_the_cells() -> None:
    for ask in ASKS:
        lines = lines_of(ask)
        for cell in cells_of(ask):
            # The first line whose relation is the cell's; that of all others stands last.
            line = next(one for one in lines if one.relation.items() <= cell.relation.items())
            kind, signed_in = cell.caller.principal.kind, cell.caller.principal != ANONYMOUS
            if cell.caller.principal.agency:
                assert (cell.caller.name in line.permitted) == cell.decision.permitted
                continue
            may = (
                "everybody" in line.permitted
                or ("whoever signed in" in line.permitted and signed_in)
                or bool({cell.caller.name, kind} & set(line.permitted))
                or f"{cell.caller.name}{TWO_FACTORS}" in line.permitted
            )
            assert may == cell.decision.permitted, (ask, name_of(cell))
