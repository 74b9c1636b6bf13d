"""A revoked session is over in every service, also where its token was accepted a moment before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc import jwt
from structlog.testing import capture_logs

from deploy.catalogue import service_class
from services.identity_data import load, passwords
from services.identity_data.commands import access
from services.identity_data.domain import RENEWED_FOR, SessionEnded, SessionNotInForce
from services.identity_data.models import Account, SignInSession
from services.identity_data.service import IdentityData
from shared import loading
from shared.clocks import machine_now
from shared.context import ANONYMOUS, Headers, Principal
from shared.contracts.identity_data import (
    MySessions,
    RenewSession,
    RevokeSession,
    SessionRevoked,
    SessionsOfAccount,
    SignIn,
)
from shared.contracts.platform import ServiceStanding
from shared.errors import NotAllowed
from shared.messaging.tables import REVOKED_SESSION
from shared.security import tokens
from shared.security.tokens import RevokedSessions, TokenVerifier
from shared.testing.harness import ServiceHarness

PASSWORD = "tide-of-the-qiantang"
OPERATOR = Principal("operator", "operator", "33", roles=("operator",), assurance=2)
OFFICIAL = Principal("official", "official", "330106", "330106-government")
SIGN_IN = SignIn(account="operator", password=PASSWORD)
MakeService = Callable[..., ServiceHarness]


@pytest.fixture(autouse=True)
def second_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a second had passed between any two requests."""
    monkeypatch.setattr(tokens, "READ_AGAIN", 0.0)


@pytest.fixture
def platform(make_service: MakeService) -> ServiceHarness:
    """identity_data with a signing key, an operator and an official."""
    harness = make_service(IdentityData)
    steps = [s for s in load.steps(harness.runtime.settings) if s.name == "signing_keys"]
    loading.load(harness.runtime, steps)

    def open_accounts(context: Any) -> None:
        for one in (OPERATOR, OFFICIAL):
            context.unit.add(
                Account(
                    id=one.id,
                    division=one.division,
                    password_hash=passwords.hashed(PASSWORD),
                    principal_id=one.id,
                    kind=one.kind,
                    organ=one.organ,
                    roles=list(one.roles),
                )
            )

    harness.act(open_accounts)
    return harness


@pytest.fixture
def elsewhere(make_service: MakeService, platform: ServiceHarness) -> ServiceHarness:
    """Another service, which checks tokens and heard of the key."""
    harness = make_service(service_class("rule_of_law"))
    harness.runtime.pipeline._verifier = TokenVerifier(
        harness.runtime.keys, RevokedSessions(harness.runtime.read)
    )
    hear(harness, platform)
    return harness


def hear(harness: ServiceHarness, platform: ServiceHarness) -> None:
    """Bring it all events of identity_data that it subscribes to, also those that it had before."""
    harness.receive(*(e for e in platform.envelopes() if harness._is_wanted(e)))
    harness.take()


def ask(harness: ServiceHarness, token: str) -> dict[str, Any]:
    headers = Headers(authorization=f"Bearer {token}")
    return harness.runtime.pipeline.answer(ServiceStanding.NAME, {}, headers).to_wire()


def session_of(platform: ServiceHarness) -> str:
    (session,) = platform.execute(MySessions(), OPERATOR).sessions
    return session.session_id


def test_a_token_accepted_before_is_refused_after_its_session_was_revoked(
    platform: ServiceHarness, elsewhere: ServiceHarness
) -> None:
    token = platform.execute(SIGN_IN, ANONYMOUS).token
    another = platform.execute(SignIn(account="operator", password=PASSWORD), ANONYMOUS).token
    mine = {one.session_id for one in platform.execute(MySessions(), OPERATOR).sessions}
    assert "reply" in ask(elsewhere, token)
    assert "reply" in ask(elsewhere, another)

    (key,) = elsewhere.runtime.keys().values()
    session = jwt.decode(token, key, algorithms=tokens.ALGORITHMS).claims["sid"]
    assert session in mine
    platform.execute(RevokeSession(session_id=session), OPERATOR)
    assert "reply" in ask(elsewhere, token)  # It has not heard yet.
    hear(elsewhere, platform)

    with capture_logs() as lines:
        error = ask(elsewhere, token)["error"]
    assert error["kind"] == "NotAuthenticated"
    assert "revoked" in error["en"]
    (line,) = (one for one in lines if one["event"] == "token_refused")
    assert line["reason"] == "sign in first: the session was revoked"
    assert OPERATOR.id not in str(line)
    assert token not in str(line)
    assert "reply" in ask(elsewhere, another)  # The account's other session goes on.


def test_a_revocation_that_comes_again_or_late_changes_nothing(
    platform: ServiceHarness, elsewhere: ServiceHarness
) -> None:
    platform.execute(SIGN_IN, ANONYMOUS)
    platform.execute(RevokeSession(session_id=session_of(platform)), OPERATOR)
    hear(elsewhere, platform)
    hear(elsewhere, platform)
    (event,) = platform.told(SessionRevoked)
    rows = elsewhere.rows(sa.select(REVOKED_SESSION))
    assert [(row.id, row.until) for row in rows] == [(event.session_id, event.until)]
    past = SessionRevoked(session_id="long-ago", until=machine_now() - timedelta(seconds=1))
    elsewhere.deliver(past)
    assert RevokedSessions(elsewhere.runtime.read)() == {event.session_id}


def test_a_session_is_revoked_once_and_a_repeated_sign_in_does_not_bring_it_back(
    platform: ServiceHarness,
) -> None:
    platform.execute(SIGN_IN, ANONYMOUS, request_id="again")
    order = RevokeSession(session_id=session_of(platform))
    platform.execute(order, OPERATOR)
    assert platform.execute(MySessions(), OPERATOR).sessions == ()
    with pytest.raises(SessionNotInForce):
        platform.execute(order, OPERATOR)
    with pytest.raises(SessionEnded):
        platform.execute(SIGN_IN, ANONYMOUS, request_id="again")
    assert len(platform.told(SessionRevoked)) == 1


def test_a_session_that_is_over_is_listed_no_more_and_not_revoked(
    platform: ServiceHarness,
) -> None:
    platform.execute(SIGN_IN, ANONYMOUS)
    order = RevokeSession(session_id=session_of(platform))
    with platform.runtime.engine.begin() as connection:
        connection.execute(sa.update(SignInSession).values(expires_at=machine_now()))
    assert platform.execute(MySessions(), OPERATOR).sessions == ()
    with pytest.raises(SessionNotInForce):
        platform.execute(order, OPERATOR)
    assert platform.told(SessionRevoked) == []


def test_everybody_sees_and_ends_their_own_sessions_and_operators_those_of_all(
    platform: ServiceHarness,
) -> None:
    platform.execute(SIGN_IN, ANONYMOUS)
    platform.execute(SignIn(account="official", password=PASSWORD), ANONYMOUS)
    (own,) = platform.execute(MySessions(), OFFICIAL).sessions
    (found,) = platform.execute(SessionsOfAccount(account="official"), OPERATOR).sessions
    assert own == found
    assert own.account == "official"
    with pytest.raises(NotAllowed):
        platform.execute(SessionsOfAccount(account="official"), OFFICIAL)
    with pytest.raises(NotAllowed):
        platform.execute(RevokeSession(session_id=session_of(platform)), OFFICIAL)
    platform.execute(RevokeSession(session_id=own.session_id), OFFICIAL)
    platform.execute(RevokeSession(session_id=session_of(platform)), OPERATOR)
    assert {event.session_id for event in platform.told(SessionRevoked)} >= {own.session_id}


def test_keys_and_revocations_are_read_once_a_second_however_many_ask(
    platform: ServiceHarness, elsewhere: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = f"Bearer {platform.execute(SIGN_IN, ANONYMOUS).token}"
    verifier = TokenVerifier(elsewhere.runtime.keys, RevokedSessions(elsewhere.runtime.read))
    monkeypatch.setattr(tokens, "READ_AGAIN", 1.0)
    clock = [1000.0]
    monkeypatch.setattr(tokens.time, "monotonic", lambda: clock[0])
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    sa.event.listen(elsewhere.runtime.read, "before_cursor_execute", note)
    for _ in range(3):
        for _ in range(100):
            verifier.principal_of(token)
        clock[0] += 1.0
    assert sum("revoked_session" in one for one in statements) == 3
    assert sum("trusted_key" in one for one in statements) <= 3


def test_a_token_is_refused_while_revocations_cannot_be_read(
    platform: ServiceHarness, elsewhere: ServiceHarness
) -> None:
    token = platform.execute(SIGN_IN, ANONYMOUS).token
    assert "reply" in ask(elsewhere, token)
    with elsewhere.runtime.engine.begin() as connection:
        REVOKED_SESSION.drop(connection)
    assert "error" in ask(elsewhere, token)
    verifier = elsewhere.runtime.pipeline._verifier
    with pytest.raises(sa.exc.DBAPIError):
        verifier.principal_of(f"Bearer {token}")


def test_a_session_is_renewed_before_its_token_ends_and_for_a_day_s_work_at_most(
    platform: ServiceHarness, elsewhere: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = platform.execute(SIGN_IN, ANONYMOUS)
    session = session_of(platform)
    now = machine_now()
    renewals = 0
    while True:
        now += tokens.LIFETIME - timedelta(minutes=1)
        monkeypatch.setattr(access, "machine_now", lambda moment=now: moment)
        try:
            renewed = platform.execute(RenewSession(session_id=session), OPERATOR)
        except SessionNotInForce:
            break
        renewals += 1
    assert "reply" in ask(elsewhere, renewed.token)
    assert renewed.expires_at - first.expires_at == RENEWED_FOR
    assert renewals == 54  # Of nine minutes each, the last of what is left of eight hours.


def test_a_session_that_was_revoked_or_is_over_is_not_renewed(
    platform: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.execute(SIGN_IN, ANONYMOUS)
    session = session_of(platform)
    late = machine_now() + tokens.LIFETIME + timedelta(seconds=1)
    with monkeypatch.context() as patched:
        patched.setattr(access, "machine_now", lambda: late)
        with pytest.raises(SessionNotInForce):
            platform.execute(RenewSession(session_id=session), OPERATOR)
    platform.execute(RevokeSession(session_id=session), OPERATOR)
    with pytest.raises(SessionNotInForce):
        platform.execute(RenewSession(session_id=session), OPERATOR)
