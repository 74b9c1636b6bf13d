"""Whoever has a second factor signs in with a code that is good once; nobody can guess it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from joserfc import jwt
from structlog.testing import capture_logs

from services.identity_data import keys, load, passwords
from services.identity_data.commands import access, second_factor
from services.identity_data.domain import WrongCredentials
from services.identity_data.domain.second_factor import (
    SecondFactorInUse,
    SecondFactorNotInUse,
    SecondFactorNotPending,
    WrongCode,
    WrongEnrolmentCode,
    code_at,
    secret_from,
    steps_of,
)
from services.identity_data.models import Account, FailedSignIns, SecondFactor
from services.identity_data.reference.systems import ONE_WINDOW, scopes_of
from services.identity_data.service import IdentityData
from shared.clocks import machine_now
from shared.context import ANONYMOUS, Headers, Principal
from shared.contracts.identity_data import (
    ConfirmSecondFactor,
    EnrolmentCode,
    EnrolSecondFactor,
    IssueEnrolmentCode,
    MySessions,
    PossibleDuplicates,
    RemoveSecondFactor,
    SecondFactorConfirmed,
    SecondFactorEnrolled,
    SecondFactorOffered,
    SecondFactorRemoved,
    SessionOpened,
    SessionsOfAccount,
    SignIn,
    SignInsSuspended,
)
from shared.errors import InvalidInput, NotAllowed, SecondFactorNeeded
from shared.messaging.tables import AUDIT, OUTBOX, REQUEST
from shared.security.tokens import ALGORITHMS
from shared.testing.harness import ServiceHarness

PASSWORD = "tide-of-the-qiantang"
HASH = passwords.hashed(PASSWORD)
# RFC 6238 appendix B, for SHA-1, with the six digits that we ask for.
RFC_SECRET = secret_from(b"12345678901234567890")
RFC_CODES = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}
RESIDENT = Principal("resident", "resident", "330106", person="p-1")
STRANGER = Principal("stranger", "resident", "330106", person="p-2")
OPERATOR = Principal("operator", "operator", "33", roles=("operator",), assurance=2)


class Clock:
    """The machine's clock as second factors see it."""

    def __init__(self) -> None:
        self.past = timedelta(0)

    def __call__(self) -> datetime:
        return machine_now() + self.past

    def next_code(self, secret: str) -> str:
        """A code that was not shown before."""
        self.past += timedelta(seconds=30)
        return code_at(secret, self())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(access, "machine_now", made)
    monkeypatch.setattr(second_factor, "machine_now", made)
    monkeypatch.setattr(access, "REFUSED_AFTER", 0.0)
    return made


@pytest.fixture
def platform(make_service: Callable[..., ServiceHarness], clock: Clock) -> ServiceHarness:
    """A key that signs tokens, and accounts of two residents."""
    harness = make_service(IdentityData)
    keys.ensure_signing_key(harness.runtime.settings, "token", "key-1")

    def open_accounts(context: Any) -> None:
        for one in (RESIDENT, STRANGER):
            account = Account(
                id=one.id,
                division=one.division,
                password_hash=HASH,
                principal_id=one.id,
                kind=one.kind,
                person=one.person,
            )
            context.unit.add(account)

    harness.act(open_accounts)
    return harness


def with_code(harness: ServiceHarness) -> EnrolSecondFactor:
    """The order to enrol with a code that was handed over to the resident."""
    handed_over = harness.execute(IssueEnrolmentCode(account="resident"), OPERATOR)
    return EnrolSecondFactor(label="resident", enrolment_code=handed_over.code)


def enrolled(harness: ServiceHarness, clock: Clock) -> str:
    """Let the resident have a second factor; its secret."""
    secret = harness.execute(with_code(harness), RESIDENT).secret
    code = clock.next_code(secret)
    harness.execute(ConfirmSecondFactor(factor_id="resident", code=code), RESIDENT)
    return secret


def sign_in(harness: ServiceHarness, code: str | None = None, **options: Any) -> dict[str, Any]:
    """Sign in as the resident; what the token says."""
    order = SignIn(account="resident", password=PASSWORD, code=code)
    token = harness.execute(order, ANONYMOUS, **options).token
    key = keys.ensure_signing_key(harness.runtime.settings, "token", "key-1")
    return dict(jwt.decode(token, key, algorithms=ALGORITHMS).claims)


# Codes


@pytest.mark.parametrize("second", RFC_CODES)
def test_codes_are_those_of_the_standard(second: int) -> None:
    at = datetime.fromtimestamp(second, UTC)
    assert code_at(RFC_SECRET, at) == RFC_CODES[second]
    assert steps_of(RFC_SECRET, RFC_CODES[second], at) == [second // 30]


def test_a_clock_may_be_one_step_fast_or_slow_and_no_more() -> None:
    at = datetime.fromtimestamp(1_111_111_109, UTC)
    for seconds in range(-90, 91, 30):
        shown = code_at(RFC_SECRET, at + timedelta(seconds=seconds))
        assert bool(steps_of(RFC_SECRET, shown, at)) == (abs(seconds) <= 30), seconds


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", "１２３４５６", " 123456"])
def test_what_is_no_code_is_told_before_anything_is_looked_up(code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        SignIn.load({"account": "resident", "password": PASSWORD, "code": code})
    assert set(refusal.value.fields) == {"code"}


# Enrolling


def test_a_secret_counts_once_a_code_confirmed_it_and_is_shown_no_more(
    platform: ServiceHarness, clock: Clock
) -> None:
    enrol = with_code(platform)
    offered = platform.execute(enrol, RESIDENT, request_id="enrol")
    assert offered.uri.startswith(f"otpauth://totp/Qiantang:resident?secret={offered.secret}")
    assert offered.qr.startswith("<svg")
    assert sign_in(platform)["acr"] == 1  # It is not confirmed yet.
    wrong = code_at(offered.secret, machine_now() - timedelta(hours=1))
    with pytest.raises(WrongCode):
        platform.execute(ConfirmSecondFactor(factor_id="resident", code=wrong), RESIDENT)
    right = ConfirmSecondFactor(factor_id="resident", code=clock.next_code(offered.secret))
    with pytest.raises(NotAllowed):
        platform.execute(right, STRANGER)
    platform.execute(right, RESIDENT)
    with pytest.raises(SecondFactorNotPending):
        platform.execute(right, RESIDENT)
    with pytest.raises(SecondFactorInUse):
        platform.execute(enrol, RESIDENT)
    again = platform.execute(enrol, RESIDENT, request_id="enrol")
    assert again == SecondFactorOffered(factor_id="resident")
    told = [type(event) for event in platform.told()]
    assert told.count(SecondFactorEnrolled) == told.count(SecondFactorConfirmed) == 1


def test_the_secret_is_in_no_row_and_no_row_can_be_given_anothers(
    platform: ServiceHarness, clock: Clock
) -> None:
    secret = enrolled(platform, clock)
    for table in (AUDIT, OUTBOX, REQUEST, SecondFactor.__table__):
        assert secret not in str(platform.rows(sa.select(table)))
    ((sealed,),) = platform.rows(sa.select(SecondFactor.sealed))
    assert keys.open_secret(sealed, "resident") == secret
    with pytest.raises(InvalidTag):
        keys.open_secret(sealed, "stranger")


# Enrolment codes


def test_a_password_alone_enrols_nothing(platform: ServiceHarness) -> None:
    with pytest.raises(InvalidInput) as refusal:
        platform.execute(EnrolSecondFactor(label="resident"), RESIDENT)
    assert set(refusal.value.fields) == {"enrolment_code"}
    with pytest.raises(WrongEnrolmentCode):
        platform.execute(EnrolSecondFactor(label="resident", enrolment_code="AAAA"), RESIDENT)
    assert platform.rows(sa.select(SecondFactor.id)) == []
    assert platform.told(SecondFactorEnrolled) == []


def test_an_enrolment_code_is_good_once_for_its_account_however_it_is_typed(
    platform: ServiceHarness,
) -> None:
    order = with_code(platform)
    code = order.enrolment_code or ""
    assert len(code.replace("-", "")) == 16
    with pytest.raises(WrongEnrolmentCode):
        platform.execute(order, STRANGER)
    typed = EnrolSecondFactor(label="resident", enrolment_code=code.lower().replace("-", " "))
    assert platform.execute(typed, RESIDENT).secret
    with pytest.raises(WrongEnrolmentCode):
        platform.execute(order, RESIDENT)
    assert len(platform.told(SecondFactorEnrolled)) == 1


def test_an_enrolment_code_is_over_after_half_an_hour_and_when_another_is_given_out(
    platform: ServiceHarness, clock: Clock
) -> None:
    first, second = with_code(platform), with_code(platform)
    with pytest.raises(WrongEnrolmentCode):
        platform.execute(first, RESIDENT)
    clock.past += timedelta(minutes=31)
    with pytest.raises(WrongEnrolmentCode):
        platform.execute(second, RESIDENT)
    third = with_code(platform)
    clock.past += timedelta(minutes=29)
    assert platform.execute(third, RESIDENT).secret


def test_an_enrolment_code_is_told_once_and_kept_nowhere(platform: ServiceHarness) -> None:
    order = IssueEnrolmentCode(account="resident")
    handed_over = platform.execute(order, OPERATOR, request_id="issue")
    again = platform.execute(order, OPERATOR, request_id="issue")
    assert again == EnrolmentCode(account="resident", expires_at=handed_over.expires_at)
    platform.execute(EnrolSecondFactor(label="resident", enrolment_code=handed_over.code), RESIDENT)
    for table in (AUDIT, OUTBOX, REQUEST, SecondFactor.__table__):
        assert handed_over.code not in str(platform.rows(sa.select(table)))


def test_guessed_enrolment_codes_let_the_account_wait_as_guessed_passwords_do(
    platform: ServiceHarness, clock: Clock
) -> None:
    right = with_code(platform)
    for _ in range(5):
        with pytest.raises(WrongEnrolmentCode):
            platform.execute(EnrolSecondFactor(label="resident", enrolment_code="AAAA"), RESIDENT)
    with pytest.raises(WrongEnrolmentCode):
        platform.execute(right, RESIDENT)
    (event,) = platform.told(SignInsSuspended)
    assert (event.account, event.failures) == ("resident", 5)
    with pytest.raises(WrongCredentials):
        sign_in(platform)
    clock.past += timedelta(minutes=1)
    assert platform.execute(right, RESIDENT).secret


def test_of_two_who_enrol_with_one_code_at_the_same_moment_one_is_refused(
    platform: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = with_code(platform)
    inside: list[SecondFactorOffered] = []

    def meanwhile(asked: EnrolSecondFactor, context: Any) -> Any:
        proven = second_factor.check_right_to_enrol(asked, context)
        if not inside:
            inside.append(SecondFactorOffered(factor_id=""))
            inside[0] = platform.execute(order, RESIDENT)
        return proven

    (handler,) = second_factor.enrol_second_factor.declared  # type: ignore[attr-defined]
    monkeypatch.setitem(
        platform.runtime.pipeline.handlers.commands,
        "EnrolSecondFactor",
        type(handler)(**{**vars(handler), "gather": meanwhile}),
    )
    with pytest.raises(WrongEnrolmentCode):
        platform.execute(order, RESIDENT)
    assert inside[0].secret
    assert len(platform.told(SecondFactorEnrolled)) == 1


def test_codes_are_handed_over_by_who_has_a_second_factor_within_the_division_to_others(
    platform: ServiceHarness,
) -> None:
    order = IssueEnrolmentCode(account="resident")
    for role in ("administrator", "household_registrar"):
        official = Principal("official", "official", "3301", "", (role,), assurance=2)
        assert platform.execute(order, official).code
        for refused in (
            replace(official, assurance=1),
            replace(official, division="3302"),
            replace(official, roles=("case_officer",)),
            replace(official, id="resident"),
        ):
            with pytest.raises(NotAllowed):
                platform.execute(order, refused)
    with pytest.raises(NotAllowed):
        platform.execute(order, RESIDENT)


def test_a_factor_in_use_is_replaced_with_its_own_code_and_with_no_other(
    platform: ServiceHarness, clock: Clock
) -> None:
    secret = enrolled(platform, clock)
    with pytest.raises(SecondFactorInUse):
        with_code(platform)
    with pytest.raises(SecondFactorInUse):
        platform.execute(EnrolSecondFactor(label="new", enrolment_code="AAAA"), RESIDENT)
    with pytest.raises(WrongCode):
        platform.execute(EnrolSecondFactor(label="new", code="000000"), RESIDENT)
    ((failures,),) = platform.rows(sa.select(FailedSignIns.failures))
    assert failures == 1
    order = EnrolSecondFactor(label="new", code=clock.next_code(secret))
    offered = platform.execute(order, RESIDENT)
    assert offered.secret not in ("", secret)
    with pytest.raises(InvalidInput):
        platform.execute(order, RESIDENT)  # The code of what is in use no more enrols nothing.
    code = clock.next_code(offered.secret)
    platform.execute(ConfirmSecondFactor(factor_id="resident", code=code), RESIDENT)
    assert platform.told(SecondFactorRemoved) == [
        SecondFactorRemoved(factor_id="resident", lost=False)
    ]
    with pytest.raises(WrongCredentials):
        sign_in(platform, clock.next_code(secret))
    assert sign_in(platform, clock.next_code(offered.secret))["acr"] == 2


def test_a_lost_factor_is_removed_and_another_enrolled_with_a_new_code(
    platform: ServiceHarness, clock: Clock
) -> None:
    enrolled(platform, clock)
    platform.execute(RemoveSecondFactor(factor_id="resident", reason="手机遗失"), OPERATOR)
    with pytest.raises(InvalidInput):
        platform.execute(EnrolSecondFactor(label="resident"), RESIDENT)
    enrolled(platform, clock)


# Signing in


def test_a_code_raises_the_assurance_and_is_good_once(
    platform: ServiceHarness, clock: Clock
) -> None:
    secret = enrolled(platform, clock)
    code = clock.next_code(secret)
    assert sign_in(platform, code)["acr"] == 2
    assert [event.assurance for event in platform.told(SessionOpened)] == [2]
    for replayed in (code, code_at(secret, clock() - timedelta(seconds=30))):
        with pytest.raises(WrongCredentials):
            sign_in(platform, replayed)
    with pytest.raises(WrongCredentials):
        sign_in(platform)  # The password alone is not enough any more.
    assert sign_in(platform, clock.next_code(secret))["acr"] == 2


def test_of_two_sign_ins_with_one_code_at_the_same_moment_one_is_refused(
    platform: ServiceHarness, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = enrolled(platform, clock)
    code = clock.next_code(secret)
    check = access.check_credentials
    inside: list[dict[str, Any]] = []

    def meanwhile(order: SignIn, context: Any) -> Any:
        proven = check(order, context)
        if not inside:
            # Another has the same code checked and is written first.
            inside.append({})
            inside[0] = sign_in(platform, code)
        return proven

    (handler,) = access.sign_in.declared  # type: ignore[attr-defined]
    monkeypatch.setitem(
        platform.runtime.pipeline.handlers.commands,
        "SignIn",
        type(handler)(**{**vars(handler), "gather": meanwhile}),
    )
    with pytest.raises(WrongCredentials):
        sign_in(platform, code)
    assert inside[0]["acr"] == 2
    assert len(platform.told(SessionOpened)) == 1


def test_guessed_codes_let_the_account_wait_as_guessed_passwords_do(
    platform: ServiceHarness, clock: Clock
) -> None:
    secret = enrolled(platform, clock)
    right = clock.next_code(secret)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    refusals = []
    for code in (wrong, None, wrong, wrong, wrong, right):
        with pytest.raises(WrongCredentials) as refusal:
            sign_in(platform, code)
        refusals.append(refusal.value.to_wire())
    assert all(one == refusals[0] for one in refusals)
    (event,) = platform.told(SignInsSuspended)
    assert (event.account, event.failures) == ("resident", 5)
    clock.past += timedelta(minutes=1)
    assert sign_in(platform, clock.next_code(secret))["acr"] == 2


# Removing


def test_a_factor_is_removed_with_a_code_and_a_guessed_one_is_counted(
    platform: ServiceHarness, clock: Clock
) -> None:
    secret = enrolled(platform, clock)
    code = clock.next_code(secret)
    sign_in(platform, code)
    for used_or_wrong in (code, "000000", "000001"):
        with pytest.raises(WrongCode):
            platform.execute(RemoveSecondFactor(factor_id="resident", code=used_or_wrong), RESIDENT)
    ((failures,),) = platform.rows(sa.select(FailedSignIns.failures))
    assert failures == 3
    with pytest.raises(InvalidInput):
        platform.execute(RemoveSecondFactor(factor_id="resident", reason="手机遗失"), RESIDENT)
    removal = RemoveSecondFactor(factor_id="resident", code=clock.next_code(secret))
    with pytest.raises(NotAllowed):
        platform.execute(removal, STRANGER)
    platform.execute(removal, RESIDENT)
    with pytest.raises(SecondFactorNotInUse):
        platform.execute(removal, RESIDENT)
    assert platform.told(SecondFactorRemoved) == [
        SecondFactorRemoved(factor_id="resident", lost=False)
    ]
    assert sign_in(platform)["acr"] == 1


def test_an_operator_with_a_second_factor_removes_that_of_a_lost_phone_with_a_reason(
    platform: ServiceHarness, clock: Clock
) -> None:
    enrolled(platform, clock)
    order = RemoveSecondFactor(factor_id="resident", reason="手机遗失")
    with pytest.raises(SecondFactorNeeded):
        platform.execute(order, replace(OPERATOR, assurance=1))
    with pytest.raises(InvalidInput) as refusal:
        platform.execute(RemoveSecondFactor(factor_id="resident"), OPERATOR)
    assert set(refusal.value.fields) == {"reason"}
    platform.execute(order, OPERATOR)
    assert platform.told(SecondFactorRemoved)[0].lost
    (row,) = platform.rows(sa.select(AUDIT).where(AUDIT.c.act == "RemoveSecondFactor"))
    assert (row.actor, row.aggregate_id) == ("operator", "resident")


# What needs it


@pytest.mark.parametrize("person", ["p-1", "no-such-person"])
def test_the_most_sensitive_data_ask_for_a_code_whatever_they_are_about(
    platform: ServiceHarness, person: str
) -> None:
    registrar = Principal("registrar", "official", "33", "", ("household_registrar",))
    headers = Headers(requestid="1", authorization=platform.principals.name(registrar))
    question = PossibleDuplicates(person_id=person)
    with capture_logs() as lines:
        answer = platform.runtime.pipeline.answer(question.NAME, question.dump(), headers).to_wire()
    assert (answer["error"]["kind"], answer["error"]["slug"]) == (
        "NotAllowed",
        "second-factor-needed",
    )
    assert [line["outcome"] for line in lines if line["event"] == "message"] == ["NotAllowed"]
    password_only = replace(OPERATOR, assurance=1)
    with pytest.raises(SecondFactorNeeded):
        platform.execute(SessionsOfAccount(account="resident"), password_only)


# Accounts of set-up


def test_the_demo_registrar_of_people_signs_in_with_the_code_of_its_file(
    make_service: Callable[..., ServiceHarness], clock: Clock
) -> None:
    harness = make_service(IdentityData)
    settings = harness.runtime.settings
    keys.ensure_signing_key(settings, "token", "key-1")
    with_factor = {one.name: one for one in load.demo_accounts() if one.factor}
    assert set(with_factor) == {"registrar.household", "administrator", "operator.accounts"}
    registrar = with_factor["registrar.household"]
    harness.act(lambda context: load._secure(settings, registrar, context))
    secret = settings.secret_of(load.factor_file(registrar.name))
    password = settings.secret_of(registrar.secret)
    order = SignIn(account=registrar.name, password=password, code=code_at(secret, clock()))
    assert harness.execute(order, ANONYMOUS).token
    assert harness.told(SessionOpened)[0].assurance == 2


def test_a_system_is_as_sure_as_its_random_secret_and_bounded_to_its_registration(
    platform: ServiceHarness,
) -> None:
    one = ONE_WINDOW.principal
    account = Account(id=ONE_WINDOW.account, password_hash=HASH, principal_id=one.id, kind=one.kind)
    platform.act(lambda context: context.unit.add(account) and None)
    order = SignIn(account=account.id, password=PASSWORD)
    token = platform.execute(order, ANONYMOUS).token
    key = keys.ensure_signing_key(platform.runtime.settings, "token", "key-1")
    claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
    assert claims["acr"] == 2
    assert claims["scopes"] == ["SignIn", "ItemsOffered", "SubmitOneThing"]
    with pytest.raises(NotAllowed):
        platform.execute(MySessions(), one)  # As anybody else who signed in may.
    unregistered = Principal("system:gone", "system", "3301", roles=("one_window",))
    assert scopes_of(unregistered) == ("SignIn",)
    assert scopes_of(RESIDENT) == ()
