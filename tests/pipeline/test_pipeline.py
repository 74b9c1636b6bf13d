"""The one path of a state change: its order, its repeats, and that it is all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from shared import audit, storage
from shared.context import ANONYMOUS, Headers, Principal, new_id
from shared.contracts.base import Ask, Message
from shared.errors import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    QiantangError,
    Unavailable,
)
from shared.messaging.envelope import Envelope
from shared.messaging.tables import AUDIT, OUTBOX, REQUEST
from shared.storage import is_outage
from shared.testing.harness import ServiceHarness
from shared.testing.probe import (
    ELSEWHERE,
    OFFICIAL,
    AddQuoted,
    AddToCounter,
    AlreadyClosed,
    CloseCounter,
    Counter,
    CounterById,
    CounterState,
    OpenCounter,
    PrivateCounterById,
)
from shared.unit_of_work import UnitOfWork, digest_of
from tests.conftest import WithAllRights

OPEN = OpenCounter(division="330106")
EFFECTS = (Counter.__table__, OUTBOX, AUDIT, REQUEST)


def opened(harness: ServiceHarness) -> str:
    return harness.execute(OPEN, OFFICIAL).id


def size_of(harness: ServiceHarness, table: Any) -> int:
    ((number,),) = harness.rows(sa.select(sa.func.count()).select_from(table))
    return int(number)


def error_of(harness: ServiceHarness, message: Ask[Any], as_: Principal) -> dict[str, Any]:
    with pytest.raises(QiantangError) as refusal:
        harness.execute(message, as_)
    return refusal.value.to_wire()


# Order


def test_a_forged_token_is_refused_before_the_message_is_read(harness: ServiceHarness) -> None:
    with pytest.raises(NotAuthenticated):
        harness.runtime.pipeline.execute(
            "OpenCounter", {"no": "field"}, Headers(authorization="Bearer forged")
        )


def test_every_faulty_field_is_named_at_once(harness: ServiceHarness) -> None:
    with pytest.raises(InvalidInput) as refusal:
        harness.runtime.pipeline.execute(
            "AddToCounter", {"counter": 1, "amount": "2", "other": 3}, Headers()
        )
    assert set(refusal.value.fields) == {"counter", "amount", "other"}


def test_an_anonymous_caller_is_asked_to_sign_in_and_a_stranger_is_refused(
    harness: ServiceHarness,
) -> None:
    with pytest.raises(NotAuthenticated):
        harness.execute(OPEN, ANONYMOUS)
    with pytest.raises(NotAllowed):
        harness.execute(OPEN, ELSEWHERE)
    assert [size_of(harness, table) for table in EFFECTS] == [0, 0, 0, 0]


@pytest.mark.parametrize("principal", [ANONYMOUS, ELSEWHERE])
@pytest.mark.parametrize("message", [AddToCounter, CounterById])
def test_a_foreign_aggregate_and_a_missing_one_are_refused_alike(
    harness: ServiceHarness, principal: Principal, message: type[Message]
) -> None:
    rest = {"amount": 1} if message is AddToCounter else {}
    foreign = message(counter=opened(harness), **rest)
    missing = message(counter="c-absent", **rest)
    assert error_of(harness, foreign, principal) == error_of(harness, missing, principal)


def test_nobody_makes_a_service_ask_others_without_a_permission(harness: ServiceHarness) -> None:
    asked: list[Any] = []
    harness.remote[CounterById] = lambda query: asked.append(query) or CounterState(value=1)
    order = AddQuoted(counter=opened(harness), other="c-other")
    with pytest.raises(NotAllowed):
        harness.execute(order, ELSEWHERE)
    assert asked == []
    harness.execute(order, OFFICIAL)
    assert len(asked) == 1


def test_two_callers_with_one_request_id_ask_others_under_two_request_ids(
    harness: ServiceHarness,
) -> None:
    seen: list[str] = []

    def answer(message: Any, headers: Headers, service: str) -> CounterState:
        seen.append(headers.requestid)
        return CounterState(value=1)

    harness.runtime.pipeline._ask = answer
    colleague = Principal(id="account.colleague", kind="official", division="33")
    counter = opened(harness)
    for principal, other in ((OFFICIAL, "a"), (colleague, "a"), (OFFICIAL, "b")):
        order = AddQuoted(counter=counter, other=other)
        harness.execute(order, principal, request_id=f"1-{other}")
    assert len(set(seen)) == 3
    order = AddQuoted(counter=counter, other="a")
    harness.execute(order, OFFICIAL, request_id="1-a")
    assert seen[3] == seen[0]


def test_another_version_than_the_caller_saw_is_a_conflict(harness: ServiceHarness) -> None:
    counter = opened(harness)
    harness.execute(AddToCounter(counter=counter, amount=1, expected_version=1), OFFICIAL)
    with pytest.raises(Conflict):
        harness.execute(AddToCounter(counter=counter, amount=1, expected_version=1), OFFICIAL)


@pytest.mark.parametrize("request_id", ["", "x" * 101, "tab\there"])
def test_a_command_needs_a_printable_request_id_of_at_most_100_characters(
    harness: ServiceHarness, request_id: str
) -> None:
    headers = Headers(requestid=request_id, authorization=harness.principals.name(OFFICIAL))
    with pytest.raises(InvalidInput) as refusal:
        harness.runtime.pipeline.execute("OpenCounter", OPEN.dump(), headers)
    assert set(refusal.value.fields) == {"requestid"}


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(st.text(max_size=300), st.integers(), st.just("字" * 5000))
            for name in Headers.__dataclass_fields__
        },
    )
)
def test_no_header_makes_an_event_unreadable(raw: dict[str, Any]) -> None:
    headers = Headers.read(raw)
    envelope = Envelope(
        id=new_id(),
        source="/probe",
        type="qiantang.probe.CounterAdded",
        subject="Counter/c-1",
        time="2026-03-02T10:00:00+08:00",
        data={},
        sequence=1,
        divisioncode="33",
        actorid="account.probe",
        scenarioid=headers.scenarioid,
        causationid=headers.causationid or headers.requestid,
        traceparent=headers.traceparent,
    )
    assert Envelope.from_wire(envelope.to_wire()) == envelope


# Repeats


def test_the_repeat_of_a_done_command_gets_its_reply_though_a_rule_forbids_it_by_now(
    harness: ServiceHarness,
) -> None:
    order = CloseCounter(counter=opened(harness))
    first = harness.execute(order, OFFICIAL, request_id="once")
    assert harness.execute(order, OFFICIAL, request_id="once") == first
    with pytest.raises(AlreadyClosed):
        harness.execute(order, OFFICIAL, request_id="another")


def test_the_repeat_of_a_done_command_gets_its_reply_though_the_asked_service_is_away(
    harness: ServiceHarness,
) -> None:
    harness.remote[CounterById] = lambda query: CounterState(value=3)
    order = AddQuoted(counter=opened(harness), other="c-other")
    first = harness.execute(order, OFFICIAL, request_id="once")

    def away(query: CounterById) -> CounterState:
        raise Unavailable(service="elsewhere")

    harness.remote[CounterById] = away
    assert harness.execute(order, OFFICIAL, request_id="once") == first
    with pytest.raises(Unavailable):
        harness.execute(order, OFFICIAL, request_id="another")


def test_nobody_gets_the_reply_of_another_by_a_guessed_request_id(harness: ServiceHarness) -> None:
    colleague = Principal(id="account.colleague", kind="official", division="33")
    mine = harness.execute(OPEN, OFFICIAL, request_id="1")
    assert harness.execute(OPEN, colleague, request_id="1") != mine


def test_a_refused_command_leaves_its_request_id_free(harness: ServiceHarness) -> None:
    counter = opened(harness)
    harness.execute(CloseCounter(counter=counter), OFFICIAL)
    with pytest.raises(AlreadyClosed):
        harness.execute(AddToCounter(counter=counter, amount=1), OFFICIAL, request_id="r")
    harness.execute(OPEN, OFFICIAL, request_id="r")
    assert size_of(harness, Counter.__table__) == 2


# All or nothing


@contextmanager
def refusing_writes(engine: sa.Engine, table: Any) -> Iterator[None]:
    """The database refuses every row of this table; the engine's user must own it."""
    name = table.name
    if engine.dialect.name == "sqlite":
        make = [
            f"CREATE TRIGGER refuse BEFORE INSERT ON {name} "
            "BEGIN SELECT RAISE(ABORT, 'injected'); END"
        ]
        drop = ["DROP TRIGGER refuse"]
    else:
        make = [
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql "
            "AS $$ BEGIN RAISE EXCEPTION 'injected'; END $$",
            f"CREATE TRIGGER refuse BEFORE INSERT ON {name} FOR EACH ROW EXECUTE FUNCTION refuse()",
        ]
        drop = ["DROP FUNCTION refuse CASCADE"]
    _run(engine, make)
    try:
        yield
    finally:
        _run(engine, drop)


def _run(engine: sa.Engine, statements: list[str]) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@pytest.mark.parametrize("table", EFFECTS, ids=lambda table: str(table.name))
def test_aggregate_event_audit_and_request_are_written_all_or_none(
    harness: ServiceHarness, with_all_rights: WithAllRights, table: Any
) -> None:
    opened(harness)
    before = [harness.rows(sa.select(one)) for one in EFFECTS]
    headers = Headers(requestid="r", authorization=harness.principals.name(OFFICIAL))
    with with_all_rights(harness) as engine, refusing_writes(engine, table):
        answer = harness.runtime.pipeline.answer("OpenCounter", OPEN.dump(), headers)
    assert answer.error is not None
    assert answer.error.kind == "Incident"
    assert "injected" not in str(answer.to_wire())
    assert [harness.rows(sa.select(one)) for one in EFFECTS] == before
    # The request id went back too, so the same request succeeds now.
    answer = harness.runtime.pipeline.answer("OpenCounter", OPEN.dump(), headers)
    assert answer.error is None
    assert [size_of(harness, one) for one in EFFECTS] == [2, 2, 2, 2]
    assert audit.verify(harness.runtime.engine).intact


@pytest.mark.parametrize("profile", ["embedded"], indirect=True)
def test_a_database_that_stays_locked_is_an_outage_and_loses_nothing(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "LOCKED_PATIENCE", 0.05)
    headers = Headers(requestid="r", authorization=harness.principals.name(OFFICIAL))
    other = sa.create_engine(harness.runtime.engine.url)
    with other.connect() as holder:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        answer = harness.runtime.pipeline.answer("OpenCounter", OPEN.dump(), headers)
        assert isinstance(answer.error, Unavailable)
        holder.rollback()
    other.dispose()
    answer = harness.runtime.pipeline.answer("OpenCounter", OPEN.dump(), headers)
    assert answer.error is None
    assert size_of(harness, Counter.__table__) == 1


def test_a_wrong_statement_is_no_outage(harness: ServiceHarness) -> None:
    with pytest.raises(sa.exc.DBAPIError) as fault:
        harness.rows(sa.select(sa.column("absent")).select_from(sa.table("nowhere")))
    assert not is_outage(fault.value)


@pytest.mark.parametrize(
    "profile", [pytest.param("distributed", marks=pytest.mark.distributed)], indirect=True
)
def test_an_ended_connection_is_an_outage_and_the_next_command_succeeds(
    harness: ServiceHarness,
) -> None:
    harness.execute(OPEN, OFFICIAL)
    with harness.runtime.engine.connect() as own:
        pid = own.scalar(sa.text("SELECT pg_backend_pid()"))
        own.rollback()
        with harness.runtime.engine.connect() as other:
            other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(sa.exc.DBAPIError) as fault:
            own.execute(sa.text("SELECT 1"))
    assert is_outage(fault.value)
    harness.execute(OPEN, OFFICIAL)
    assert size_of(harness, Counter.__table__) == 2


def test_a_bug_is_told_by_its_incident_id_alone(
    harness: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(UnitOfWork, "settle", fail)
    headers = Headers(requestid="r", authorization=harness.principals.name(OFFICIAL))
    wire = harness.runtime.pipeline.answer("OpenCounter", OPEN.dump(), headers).to_wire()
    assert wire["error"]["kind"] == "Incident"
    assert "secret" not in str(wire)


# Readings of personal data


def everything(harness: ServiceHarness) -> dict[str, Any]:
    """All rows of all tables but those of the audit."""
    tables = set(sa.inspect(harness.runtime.engine).get_table_names()) - {"audit", "audit_head"}
    return {
        name: harness.rows(sa.text(f'SELECT * FROM "{name}" ORDER BY 1')) for name in sorted(tables)
    }


def test_a_reading_of_personal_data_is_audited_and_changes_nothing_else(
    harness: ServiceHarness,
) -> None:
    counter = opened(harness)
    before = everything(harness)
    query = PrivateCounterById(counter=counter)
    reply = harness.execute(query, OFFICIAL, request_id="reading-1", scenario="s-1")
    assert reply == CounterState(value=0)
    assert everything(harness) == before
    _, row = harness.rows(sa.select(AUDIT).order_by(AUDIT.c.sequence))
    assert {name: value for name, value in row._mapping.items() if name in READING} == READING | {
        "aggregate_id": counter,
        "digest": digest_of(query.dump()),
    }
    assert audit.verify(harness.runtime.engine).rows == 2


READING = {
    "actor": OFFICIAL.id,
    "on_behalf_of": "",
    "act": "PrivateCounterById",
    "cause": "reading-1",
    "aggregate": "Counter",
    "aggregate_id": "",
    "division": "330106",
    "scenario": "s-1",
    "digest": "",
    "events": [],
}


def test_every_reading_is_audited_even_under_one_request_id(harness: ServiceHarness) -> None:
    counter = opened(harness)
    for _ in range(2):
        harness.execute(PrivateCounterById(counter=counter), OFFICIAL, request_id="same")
    causes = harness.rows(sa.select(AUDIT.c.cause).where(AUDIT.c.act == "PrivateCounterById"))
    assert [row.cause for row in causes] == ["same", "same"]


def test_a_reading_without_a_request_id_is_audited_by_its_trace(harness: ServiceHarness) -> None:
    counter = opened(harness)
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = Headers(traceparent=trace, authorization=harness.principals.name(OFFICIAL))
    query = PrivateCounterById(counter=counter)
    assert harness.runtime.pipeline.answer(query.NAME, query.dump(), headers).error is None
    causes = harness.rows(sa.select(AUDIT.c.cause).where(AUDIT.c.act == query.NAME))
    assert [row.cause for row in causes] == [trace]


def test_what_is_not_personal_or_is_refused_is_no_reading(harness: ServiceHarness) -> None:
    counter = opened(harness)
    harness.execute(CounterById(counter=counter), OFFICIAL)
    with pytest.raises(NotAllowed):
        harness.execute(PrivateCounterById(counter=counter), ELSEWHERE)
    assert size_of(harness, AUDIT) == 1


def test_a_reading_that_cannot_be_recorded_is_not_answered(
    harness: ServiceHarness, with_all_rights: WithAllRights
) -> None:
    query = PrivateCounterById(counter=opened(harness))
    headers = Headers(requestid="r", authorization=harness.principals.name(OFFICIAL))
    with with_all_rights(harness) as engine, refusing_writes(engine, AUDIT):
        answer = harness.runtime.pipeline.answer(query.NAME, query.dump(), headers)
    assert answer.reply is None
    assert answer.error is not None
    assert answer.error.kind == "Incident"
    assert harness.runtime.pipeline.answer(query.NAME, query.dump(), headers).error is None
