"""After failures in a row an account waits, and nothing shows which accounts there are."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY

from services.identity_data import keys, passwords
from services.identity_data.commands import access
from services.identity_data.domain import (
    UNKNOWN_NAMES,
    WrongCredentials,
    WrongPassword,
    counted_as,
    wait_after,
)
from services.identity_data.models import Account, FailedSignIns
from services.identity_data.service import IdentityData
from shared.clocks import machine_now
from shared.context import ANONYMOUS, Headers, Principal
from shared.contracts.identity_data import (
    PasswordReplaced,
    ReplacePassword,
    SessionOpened,
    SignIn,
    SignInsSuspended,
)
from shared.errors import NotAllowed
from shared.messaging.tables import AUDIT, OUTBOX, REQUEST
from shared.testing.harness import ServiceHarness

PASSWORD = "tide-of-the-qiantang"
HASH = passwords.hashed(PASSWORD)
MINUTE = timedelta(minutes=1)


class Clock:
    """The machine's clock as sign-in sees it."""

    def __init__(self) -> None:
        self.past = timedelta(0)

    def __call__(self) -> datetime:
        return machine_now() + self.past


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(access, "machine_now", made)
    return made


@pytest.fixture
def platform(
    make_service: Callable[..., ServiceHarness], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> ServiceHarness:
    """A resident's and a service's account; a refusal is given without delay."""
    monkeypatch.setattr(access, "REFUSED_AFTER", 0.0)
    harness = make_service(IdentityData)
    keys.ensure_signing_key(harness.runtime.settings, "token", "key-1")

    def open_accounts(context: Any) -> None:
        for name, kind in (("resident", "resident"), ("service.digital_government", "service")):
            account = Account(id=name, password_hash=HASH, principal_id=name, kind=kind)
            context.unit.add(account)

    harness.act(open_accounts)
    return harness


def sign_in(harness: ServiceHarness, password: str = PASSWORD, account: str = "resident") -> None:
    harness.execute(SignIn(account=account, password=password), ANONYMOUS)


def fail(harness: ServiceHarness, times: int, account: str = "resident") -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            sign_in(harness, "wrong", account)


def counted(harness: ServiceHarness) -> dict[str, int]:
    rows = harness.rows(sa.select(FailedSignIns.id, FailedSignIns.failures))
    return {row.id: row.failures for row in rows}


def number_of(harness: ServiceHarness, table: sa.Table) -> int:
    return int(harness.rows(sa.select(sa.func.count()).select_from(table))[0][0])


def test_a_wait_doubles_from_a_minute_to_an_hour() -> None:
    waits = [wait_after(failures) / MINUTE for failures in range(3, 14)]
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert wait_after(10**9) == 60 * MINUTE


def test_the_fifth_failure_in_a_row_lets_the_account_wait(
    platform: ServiceHarness, clock: Clock
) -> None:
    fail(platform, 4)
    assert platform.told(SignInsSuspended) == []
    fail(platform, 1)
    (event,) = platform.told(SignInsSuspended)
    assert (event.account, event.failures) == ("resident", 5)
    assert timedelta(0) < event.until - machine_now() <= MINUTE
    with pytest.raises(WrongCredentials):
        sign_in(platform)
    clock.past += MINUTE
    sign_in(platform)
    assert counted(platform) == {"resident": 0}
    assert len(platform.told(SessionOpened)) == 1


def test_a_wrong_present_password_counts_as_a_failed_sign_in_and_changes_nothing(
    platform: ServiceHarness, clock: Clock
) -> None:
    holder = Principal("resident", "resident", "330106", person="p-1")
    order = ReplacePassword(account="resident", password="wrong", new_password="another password")
    for _ in range(5):
        with pytest.raises(WrongPassword):
            platform.execute(order, holder)
    assert counted(platform) == {"resident": 5}
    # Not even the right one is taken while the account waits.
    with pytest.raises(WrongPassword):
        platform.execute(replace(order, password=PASSWORD), holder)
    for stranger in (replace(holder, id="stranger"), replace(holder, kind="service")):
        with pytest.raises(NotAllowed):
            platform.execute(order, stranger)
    clock.past += MINUTE
    sign_in(platform)


def test_failures_under_a_request_id_that_was_used_before_are_counted(
    platform: ServiceHarness,
) -> None:
    right = SignIn(account="resident", password=PASSWORD)
    platform.execute(right, ANONYMOUS, request_id="used")
    for wrong in (replace(right, password="wrong"), replace(right, password="x", post="post-1")):
        with pytest.raises(WrongCredentials):
            platform.execute(wrong, ANONYMOUS, request_id="used")
    assert counted(platform) == {"resident": 2}


def test_a_repeated_change_of_password_is_answered_as_before_and_counts_nothing(
    platform: ServiceHarness,
) -> None:
    holder = Principal("resident", "resident", "330106", person="p-1")
    order = ReplacePassword(account="resident", password=PASSWORD, new_password="another password")
    first = platform.execute(order, holder, request_id="once")
    assert platform.execute(order, holder, request_id="once") == first
    assert counted(platform) == {}
    (event,) = platform.told(PasswordReplaced)
    assert (event.account, event.principal) == ("resident", "resident")
    sign_in(platform, order.new_password)


def test_another_failure_after_the_wait_doubles_it(platform: ServiceHarness, clock: Clock) -> None:
    fail(platform, 5)
    clock.past += MINUTE
    fail(platform, 1)
    clock.past += MINUTE
    with pytest.raises(WrongCredentials):
        sign_in(platform)
    clock.past += MINUTE
    sign_in(platform)
    assert [event.failures for event in platform.told(SignInsSuspended)] == [5, 6]


def test_failures_at_the_same_moment_in_two_processes_are_all_counted(
    platform: ServiceHarness, make_service: Callable[..., ServiceHarness]
) -> None:
    processes = (platform, make_service(IdentityData))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: fail(processes[number % 2], 1), range(4)))
    assert counted(platform) == {"resident": 4}


def test_only_a_command_that_gathers_keeps_something_apart(platform: ServiceHarness) -> None:
    def keep(context: Any) -> None:
        context.keep(lambda _: None)

    with pytest.raises(RuntimeError, match="gather"):
        platform.act(keep)


def test_a_success_forgets_the_failures(platform: ServiceHarness) -> None:
    fail(platform, 4)
    sign_in(platform)
    fail(platform, 4)
    sign_in(platform)
    assert platform.told(SignInsSuspended) == []


def test_while_an_account_waits_nothing_is_counted_or_written(platform: ServiceHarness) -> None:
    fail(platform, 5)
    fail(platform, 5, "nobody")
    tables = (AUDIT, OUTBOX, REQUEST, FailedSignIns.__table__)
    before = [number_of(platform, table) for table in tables]
    kept = counted(platform)
    fail(platform, 3)
    fail(platform, 3, "nobody")
    assert [number_of(platform, table) for table in tables] == before
    assert counted(platform) == kept


def test_a_failure_is_audited_without_what_was_typed(platform: ServiceHarness) -> None:
    fail(platform, 1)
    fail(platform, 1, "my.password")
    rows = platform.rows(sa.select(AUDIT).where(AUDIT.c.act == "SignInRefused"))
    groups = {"resident", counted_as("my.password", known=False)}
    assert {row.aggregate_id for row in rows} == groups == set(counted(platform))
    assert {(row.actor, row.aggregate) for row in rows} == {("anonymous", "FailedSignIns")}
    assert len({row.digest for row in rows}) == 1
    assert "my.password" not in str(rows)
    assert number_of(platform, REQUEST) == 1  # That of the set-up: a refused order leaves none.


def test_names_that_no_account_has_share_a_fixed_number_of_counters(
    platform: ServiceHarness,
) -> None:
    names = [f"nobody-{number}" for number in range(20 * UNKNOWN_NAMES)]
    counters = {counted_as(name, known=False) for name in names}
    assert len(counters) == UNKNOWN_NAMES
    assert all(counter.startswith("UNKNOWN-") for counter in counters)
    # Whoever lets such a counter wait lets no account wait, also one whose name would share it.
    shared = counted_as("resident", known=False)
    fail(platform, 5, next(name for name in names if counted_as(name, known=False) == shared))
    sign_in(platform)


def test_a_service_is_not_stopped_by_failures_in_its_name(platform: ServiceHarness) -> None:
    fail(platform, 6, "service.digital_government")
    sign_in(platform, account="service.digital_government")
    assert counted(platform) == {"service.digital_government": 0}


def refused(harness: ServiceHarness, account: str, password: str) -> dict[str, Any]:
    order = SignIn(account=account, password=password)
    headers = Headers(requestid=f"{account}/{password}/{time.monotonic_ns()}")
    return harness.runtime.pipeline.answer(SignIn.NAME, order.dump(), headers).to_wire()


def test_neither_answer_nor_time_nor_work_tells_whether_there_is_the_account(
    platform: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    checks: list[str] = []
    matches = passwords.matches

    def check(password_hash: str, password: str) -> bool:
        checks.append(password_hash.rsplit("$", 2)[0])
        return matches(password_hash, password)

    for engine in {platform.runtime.engine, platform.runtime.read}:
        sa.event.listen(engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    monkeypatch.setattr(passwords, "matches", check)
    monkeypatch.setattr(access, "REFUSED_AFTER", 0.4)
    work = []
    for account, password in (("resident", "wrong"), ("nobody", "wrong")):
        # The first creates the counter, the fifth begins the wait, the sixth finds it.
        for _ in range(6):
            statements.clear()
            began = time.monotonic()
            answer = refused(platform, account, password)
            assert time.monotonic() - began >= 0.4
            work.append((answer, list(statements)))
    assert work[:6] == work[6:]
    began = time.monotonic()
    assert refused(platform, "resident", PASSWORD) == work[0][0]  # Right, but it waits.
    assert time.monotonic() - began >= 0.4
    assert len(checks) == 13
    assert len(set(checks)) == 1  # One algorithm and cost, be it an account's hash or nobody's.
    assert len({str(answer) for answer, _ in work}) == 1


@pytest.mark.parametrize(
    ("outcome", "account", "password"),
    [
        ("signed_in", "resident", PASSWORD),
        ("wrong_password", "resident", "wrong"),
        ("unknown_account", "nobody", "wrong"),
    ],
)
def test_sign_ins_are_counted_by_outcome(
    platform: ServiceHarness, outcome: str, account: str, password: str
) -> None:
    def figure(name: str) -> float:
        return REGISTRY.get_sample_value("qiantang_sign_ins_total", {"outcome": name}) or 0.0

    before = figure(outcome), figure("waiting")
    refused(platform, account, password)
    assert figure(outcome) == before[0] + 1
    if outcome != "signed_in":
        fail(platform, 4, account)
        refused(platform, account, password)
        assert (figure(outcome), figure("waiting")) == (before[0] + 5, before[1] + 1)
