"""Electronic licences: their types, how they are suspended, resumed, revoked and expire, how they
are shown and checked, and what a forger tries."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
import structlog
import zxingcpp

from deploy.catalogue import folder_of
from services.identity_data import keys, load, qr
from services.identity_data.domain.licences import (
    LICENCE_TYPES,
    ItemsNotOfLicence,
    LicenceInWrongState,
    LicenceNotInForce,
    LicenceState,
    NotTheIssuingOrgan,
    ParticularsDoNotFit,
    TooMuchForOneCode,
)
from services.identity_data.models import Enterprise, Licence, Person
from services.identity_data.reference.organs import DEPARTMENTS
from services.identity_data.service import IdentityData
from shared import loading
from shared.clocks import CHINA
from shared.context import ANONYMOUS, Context, Principal
from shared.contracts import identity_data as published
from shared.contracts.identity_data import (
    DivisionsMerged,
    IssueLicence,
    LicenceById,
    LicenceCatalogue,
    LicenceExpired,
    LicenceIssued,
    LicenceKeys,
    LicencePassedOn,
    LicencePresentation,
    LicenceResumed,
    LicenceRevoked,
    LicenceSuspended,
    LicenceVerdict,
    PeopleOfEnterprise,
    PresentLicence,
    ResumeLicence,
    RevokeLicence,
    SuspendLicence,
    TerritoryMove,
    VerifyLicence,
)
from shared.contracts.platform import DirectReadings
from shared.errors import NotAllowed, NotFound
from shared.identifiers import credit_code_from, organisation_code_from, resident_number_from
from shared.licences import LEEWAY, LIFETIME, Finding, Refusal, check, presented
from shared.messaging.tables import TIMER
from shared.migrations import migrate
from shared.storage import open_database
from shared.testing.harness import ServiceHarness
from tests.identity_data.places import HANGZHOU, know_places

MONDAY = datetime(2026, 3, 2, 9, tzinfo=CHINA)
COUNTY = "330106"
ORGAN = f"{COUNTY}-market_regulation"
LEADER = keys.person_id(resident_number_from("330103", date(1990, 5, 6), 997))
CODE = credit_code_from("9", "1", COUNTY, organisation_code_from("AAAAAAAA"))

HOLDER = Principal("resident", "resident", COUNTY, person=LEADER)
STRANGER = Principal("stranger", "resident", COUNTY, person="p-0123456789abcdef")
OFFICIAL = Principal("official", "official", COUNTY, ORGAN, ("case_officer",))
ELSEWHERE = replace(OFFICIAL, division="330110", organ="330110-market_regulation")

LAST_DAY = date(2031, 3, 1)
REFERENCE = ("signing_keys", "calendar")
PENALTY = {"reason": "后厨卫生不合格", "legal_basis": "食品安全法第一百二十六条"}


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), CHINA)


@pytest.fixture
def register(make_service: Callable[..., ServiceHarness]) -> ServiceHarness:
    """The service with its keys and organs, and one enterprise with its legal representative."""
    harness = make_service(IdentityData)
    harness.at(MONDAY)
    steps = [s for s in load.steps(harness.runtime.settings) if s.name in REFERENCE]
    loading.load(harness.runtime, steps)
    know_places(harness, HANGZHOU, "330205")

    def keep(context: Context) -> None:
        number = resident_number_from("330103", date(1990, 5, 6), 997)
        context.unit.add(Person.registered(number, "钱潮", COUNTY, None))
        context.unit.add(
            Enterprise.registered(
                credit_code=CODE,
                name="杭州潮味餐饮有限公司",
                division=COUNTY,
                industry="餐饮业",
                registered_capital=100_000_000,
                established=date(2026, 1, 5),
                legal_representative=LEADER,
            )
        )

    harness.act(keep)
    harness.settle()
    return harness


def order(**changes: Any) -> IssueLicence:
    values: dict[str, Any] = {
        "kind": "food_operation_licence",
        "organ": ORGAN,
        "enterprise_id": f"e-{CODE}",
        "particulars": {"premises": "文三路1号", "scope": "热食类食品制售"},
    }
    return IssueLicence(**{**values, **changes})


@pytest.fixture
def licence(register: ServiceHarness) -> str:
    """A food operation licence, issued today."""
    return register.execute(order(), OFFICIAL).id


def shown(harness: ServiceHarness, licence: str) -> published.Licence:
    return harness.execute(LicenceById(licence_id=licence), HOLDER)


def bring(harness: ServiceHarness, licence: str, state: LicenceState) -> None:
    """Let the licence be in that state."""
    match state:
        case LicenceState.SUSPENDED:
            harness.execute(SuspendLicence(licence_id=licence, **PENALTY), OFFICIAL)
        case LicenceState.REVOKED:
            harness.execute(RevokeLicence(licence_id=licence, **PENALTY), OFFICIAL)
        case LicenceState.EXPIRED:
            harness.at(end_of(LAST_DAY))


# The catalogue


@pytest.mark.parametrize(
    ("issued", "last"),
    [
        (date(2026, 3, 2), date(2031, 3, 1)),
        (date(2026, 1, 1), date(2030, 12, 31)),
        (date(2028, 2, 29), date(2033, 2, 28)),
        (date(2027, 3, 1), date(2032, 2, 29)),
    ],
)
def test_a_food_operation_licence_is_in_force_for_five_years(issued: date, last: date) -> None:
    assert LICENCE_TYPES["food_operation_licence"].last_day(issued) == last


def test_a_business_licence_has_no_end() -> None:
    assert LICENCE_TYPES["business_licence"].last_day(date(2026, 3, 2)) is None


def test_every_type_is_issued_by_an_organ_that_there_is_and_has_a_contract() -> None:
    assert {kind.organ_kind for kind in LICENCE_TYPES.values()} <= set(DEPARTMENTS)
    assert list(LICENCE_TYPES) == choices(published.LicenceKind)
    assert [state.value for state in LicenceState] == choices(published.LicenceStanding)


def test_anybody_reads_the_catalogue(register: ServiceHarness) -> None:
    found = register.execute(LicenceCatalogue(), ANONYMOUS).types
    assert [(one.code, one.years) for one in found] == [
        ("business_licence", None),
        ("food_operation_licence", 5),
    ]
    assert found[1].particulars == tuple(order().particulars)
    assert "Food Safety Law" in found[1].basis


def choices(annotated: Any) -> list[str]:
    """The texts that a field of a contract may hold."""
    literal, *_ = get_args(annotated)
    return list(get_args(literal))


# Issued


def test_an_issued_licence_states_its_holder_its_particulars_and_its_last_day(
    register: ServiceHarness, licence: str
) -> None:
    found = shown(register, licence)
    assert found.content == {
        "licence_id": licence,
        "kind": "food_operation_licence",
        "title": "食品经营许可证",
        "credit_code": CODE,
        "name": "杭州潮味餐饮有限公司",
        "legal_representative": "钱潮",
        "premises": "文三路1号",
        "scope": "热食类食品制售",
        "issuing_organ": "杭州市西湖区市场监督管理局",
        "issued_on": "2026-03-02",
        "last_day": "2031-03-01",
    }
    assert (found.state, found.revoked, found.organ) == ("in_force", False, ORGAN)
    assert found.last_day == LAST_DAY
    (issued,) = register.told(LicenceIssued)
    assert (issued.licence_id, issued.kind, issued.holder) == (licence, found.kind, f"e-{CODE}")
    verdict = register.execute(VerifyLicence(signed=found.signed), ANONYMOUS)
    assert (verdict.genuine, verdict.in_force, verdict.state) == (True, True, "in_force")
    assert verdict.content == found.content


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"particulars": {"premises": "文三路1号"}}, ParticularsDoNotFit),
        ({"particulars": {"premises": "1", "scope": "2", "title": "3"}}, ParticularsDoNotFit),
        ({"enterprise_id": "e-none"}, NotFound),
    ],
)
def test_what_the_type_does_not_allow_is_not_issued(
    register: ServiceHarness, changes: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        register.execute(order(**changes), OFFICIAL)
    assert register.told(LicenceIssued) == []


def test_an_organ_of_another_kind_issues_no_such_licence(register: ServiceHarness) -> None:
    taxation = f"{COUNTY}-taxation"
    with pytest.raises(NotTheIssuingOrgan, match="税务局"):
        register.execute(order(organ=taxation), replace(OFFICIAL, organ=taxation))
    assert register.told(LicenceIssued) == []


@pytest.mark.parametrize(
    "principal", [HOLDER, ELSEWHERE, replace(OFFICIAL, roles=()), replace(OFFICIAL, kind="system")]
)
def test_only_case_officers_of_the_organ_issue_and_decide(
    register: ServiceHarness, licence: str, principal: Principal
) -> None:
    for one in (
        order(),
        SuspendLicence(licence_id=licence, **PENALTY),
        ResumeLicence(licence_id=licence),
        RevokeLicence(licence_id=licence, **PENALTY),
    ):
        with pytest.raises(NotAllowed):
            register.execute(one, principal)
    assert shown(register, licence).state == "in_force"


def test_no_official_decides_on_a_licence_of_their_own(
    register: ServiceHarness, licence: str
) -> None:
    concerned = replace(OFFICIAL, person=LEADER)
    with pytest.raises(NotAllowed):
        register.execute(SuspendLicence(licence_id=licence, **PENALTY), concerned)


# Suspended, resumed, revoked, expired


def test_a_suspended_licence_is_not_in_force_until_it_is_resumed(
    register: ServiceHarness, licence: str
) -> None:
    register.execute(SuspendLicence(licence_id=licence, **PENALTY), OFFICIAL)
    found = shown(register, licence)
    assert (found.state, found.reason, found.legal_basis) == ("suspended", *PENALTY.values())
    verdict = register.execute(VerifyLicence(signed=found.signed), ANONYMOUS)
    assert (verdict.genuine, verdict.in_force, verdict.state) == (True, False, "suspended")
    assert verdict.reason == "证照已暂扣 / the licence is suspended"
    (told,) = register.told(LicenceSuspended)
    assert (told.licence_id, told.legal_basis) == (licence, PENALTY["legal_basis"])

    register.execute(ResumeLicence(licence_id=licence), OFFICIAL)
    found = shown(register, licence)
    assert (found.state, found.reason, found.legal_basis) == ("in_force", "", "")
    assert register.execute(VerifyLicence(signed=found.signed), ANONYMOUS).in_force
    assert [event.licence_id for event in register.told(LicenceResumed)] == [licence]


@pytest.mark.parametrize("before", [LicenceState.IN_FORCE, LicenceState.SUSPENDED])
def test_a_revoked_licence_is_genuine_but_never_in_force_again(
    register: ServiceHarness, licence: str, before: LicenceState
) -> None:
    bring(register, licence, before)
    register.execute(RevokeLicence(licence_id=licence, **PENALTY), OFFICIAL)
    found = shown(register, licence)
    assert (found.state, found.revoked, found.reason) == ("revoked", True, PENALTY["reason"])
    verdict = register.execute(VerifyLicence(signed=found.signed), ANONYMOUS)
    assert (verdict.genuine, verdict.in_force, verdict.state) == (True, False, "revoked")
    (told,) = register.told(LicenceRevoked)
    assert (told.licence_id, told.legal_basis) == (licence, PENALTY["legal_basis"])
    assert PENALTY["reason"] not in str(told.dump())
    register.at(end_of(LAST_DAY))
    assert shown(register, licence).state == "revoked"
    assert register.told(LicenceExpired) == []


@pytest.mark.parametrize("before", [LicenceState.IN_FORCE, LicenceState.SUSPENDED])
def test_a_licence_expires_when_its_last_day_is_over(
    register: ServiceHarness, licence: str, before: LicenceState
) -> None:
    bring(register, licence, before)
    register.at(end_of(LAST_DAY) - timedelta(seconds=1))
    assert shown(register, licence).state == before
    register.at(end_of(LAST_DAY))
    found = shown(register, licence)
    assert (found.state, found.revoked) == ("expired", False)
    assert [event.licence_id for event in register.told(LicenceExpired)] == [licence]
    verdict = register.execute(VerifyLicence(signed=found.signed), ANONYMOUS)
    assert (verdict.genuine, verdict.in_force, verdict.state) == (True, False, "expired")


def test_a_licence_is_over_after_its_last_day_even_if_its_timer_is_late(
    register: ServiceHarness, licence: str
) -> None:
    register.move_calendar(end_of(LAST_DAY))
    found = shown(register, licence)
    assert found.state == "in_force"
    verdict = register.execute(VerifyLicence(signed=found.signed), ANONYMOUS)
    assert (verdict.in_force, verdict.state) == (False, "expired")


ORDERS: dict[str, Callable[[str], Any]] = {
    "suspend": lambda licence: SuspendLicence(licence_id=licence, **PENALTY),
    "resume": lambda licence: ResumeLicence(licence_id=licence),
    "revoke": lambda licence: RevokeLicence(licence_id=licence, **PENALTY),
}


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        (LicenceState.IN_FORCE, "resume"),
        (LicenceState.SUSPENDED, "suspend"),
        *((LicenceState.REVOKED, verb) for verb in ORDERS),
        *((LicenceState.EXPIRED, verb) for verb in ORDERS),
    ],
)
def test_what_a_state_does_not_allow_is_refused(
    register: ServiceHarness, licence: str, state: LicenceState, verb: str
) -> None:
    bring(register, licence, state)
    told = register.told()
    with pytest.raises(LicenceInWrongState, match=f"does not allow: {verb}"):
        register.execute(ORDERS[verb](licence), OFFICIAL)
    assert register.told() == told


def test_a_licence_without_end_has_no_timer_and_can_be_revoked(register: ServiceHarness) -> None:
    kept: list[str] = []

    def keep(context: Context) -> None:
        licence = Licence(
            id="l-case-1",
            division=COUNTY,
            kind="business_licence",
            holder=f"e-{CODE}",
            owner=LEADER,
            organ=ORGAN,
            content={"licence_id": "l-case-1"},
            signed=keys.sign_licence({"licence_id": "l-case-1"}),
        )
        kept.append(context.unit.add(licence).id)

    register.act(keep)
    register.at(datetime(2099, 1, 1, tzinfo=CHINA))
    assert shown(register, kept[0]).state == "in_force"
    register.execute(RevokeLicence(licence_id=kept[0], **PENALTY), OFFICIAL)
    assert shown(register, kept[0]).state == "revoked"
    assert register.rows(sa.select(TIMER.c.name)) == []


def test_licences_that_are_not_over_pass_to_the_successor_of_their_organ(
    register: ServiceHarness, licence: str
) -> None:
    ended = register.execute(order(), OFFICIAL).id
    register.execute(RevokeLicence(licence_id=ended, **PENALTY), OFFICIAL)
    merged = DivisionsMerged(
        merger_id="m-1",
        division="3301",
        effective=MONDAY.date(),
        moves=(TerritoryMove(from_code=COUNTY, to_code="330110"),),
    )
    register.deliver(merged)
    register.settle()
    (moved,) = register.told(LicencePassedOn)
    assert (moved.id, moved.from_division, moved.division) == (licence, COUNTY, "330110")
    assert shown(register, licence).organ == ELSEWHERE.organ
    assert shown(register, ended).organ == ORGAN
    register.execute(SuspendLicence(licence_id=licence, **PENALTY), ELSEWHERE)
    with pytest.raises(NotAllowed):
        register.execute(ResumeLicence(licence_id=licence), OFFICIAL)


# Presented


NOW = MONDAY
SEVERAL = ("name", "credit_code", "scope")


def present(harness: ServiceHarness, licence: str, *items: str) -> LicencePresentation:
    return harness.execute(PresentLicence(licence_id=licence, items=items or SEVERAL), HOLDER)


def public_keys(harness: ServiceHarness) -> list[Mapping[str, object]]:
    return list(harness.execute(LicenceKeys(), ANONYMOUS).keys)


def read_by_a_phone(svg: str) -> zxingcpp.Barcode:
    """What a reader finds in the picture; its dark modules are strokes from left to right."""
    picture = ElementTree.fromstring(svg)
    scale = 4
    width = int(picture.attrib["width"])
    rows = [bytearray(b"\xff" * width) for _ in range(width)]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-0-9. ]+)", picture[0][-1].attrib["d"]):
        first, *rest = map(float, numbers.split())
        if command == "h":
            begin, end = int(x) * scale, int(x + first) * scale
            for row in rows[int(y) * scale : int(y + 1) * scale]:
                row[begin:end] = bytes(end - begin)
        x, y = (first if command == "M" else x + first), y + sum(rest)
    pixels = memoryview(b"".join(rows)).cast("B", (width, width))
    # Of that kind alone: in 5 of 400 such pictures some stripes passed for another code, too.
    (found,) = zxingcpp.read_barcodes(pixels, formats=zxingcpp.BarcodeFormat.QRCode)
    return found


def test_a_presentation_shows_the_chosen_items_and_no_others(
    register: ServiceHarness, licence: str
) -> None:
    shown_now = present(register, licence, "name", "scope")
    _, payload, _ = shown_now.presentation.split(".")
    stated = urlsafe_b64decode(payload + "==").decode()
    assert "热食类食品制售" in stated
    for hidden in ("钱潮", "文三路", CODE, "2026-03-02"):
        assert hidden not in stated
    verdict = register.execute(VerifyLicence(signed=shown_now.presentation), ANONYMOUS)
    assert (verdict.genuine, verdict.in_force, verdict.reason) == (True, True, "")
    assert verdict.content == {
        "licence_id": licence,
        "kind": "food_operation_licence",
        "last_day": "2031-03-01",
        "name": "杭州潮味餐饮有限公司",
        "scope": "热食类食品制售",
    }


def test_a_phone_reads_from_the_code_what_holds_without_the_platform(
    register: ServiceHarness, licence: str
) -> None:
    whole = shown(register, licence)
    presentation = present(register, licence, *whole.content)
    found = read_by_a_phone(presentation.qr)
    assert (found.format.name, found.ec_level) == ("QRCode", "M")
    assert found.text == presentation.presentation
    assert int(qr.qr_code(found.text).version) <= qr.LARGEST_VERSION
    finding = check(found.text, public_keys(register), NOW)
    assert (finding.content, finding.refusal) == (whole.content, None)


def test_more_than_a_phone_can_read_is_not_put_into_one_code(
    register: ServiceHarness,
) -> None:
    long = {"premises": "文三路1号" * 30, "scope": "热食类食品制售" * 25}
    licence = register.execute(order(particulars=long), OFFICIAL).id
    with pytest.raises(TooMuchForOneCode):
        present(register, licence, "premises", "scope")
    with pytest.raises(TooMuchForOneCode):
        qr.qr_code("x" * 3000)
    assert present(register, licence, "name").qr


def test_what_a_licence_does_not_state_is_not_shown(register: ServiceHarness, licence: str) -> None:
    with pytest.raises(ItemsNotOfLicence, match="address, phone"):
        present(register, licence, "phone", "name", "address")


@pytest.mark.parametrize(
    "state", [LicenceState.SUSPENDED, LicenceState.REVOKED, LicenceState.EXPIRED]
)
def test_a_licence_that_is_not_in_force_is_not_shown(
    register: ServiceHarness, licence: str, state: LicenceState
) -> None:
    bring(register, licence, state)
    with pytest.raises(LicenceNotInForce, match=state.value):
        present(register, licence)


@pytest.mark.parametrize("principal", [STRANGER, OFFICIAL])
def test_only_the_holders_own_people_show_a_licence(
    register: ServiceHarness, licence: str, principal: Principal
) -> None:
    with pytest.raises(NotAllowed):
        register.execute(PresentLicence(licence_id=licence, items=SEVERAL), principal)


# Attacks


def refused(harness: ServiceHarness, text: str) -> tuple[LicenceVerdict, list[Any]]:
    """What is said of a text online, and the lines in the log that say it was refused."""
    with structlog.testing.capture_logs() as lines:
        verdict = harness.execute(VerifyLicence(signed=text), ANONYMOUS)
    assert not verdict.in_force
    return verdict, [line for line in lines if line["event"] == "licence_refused"]


@pytest.mark.parametrize("whole", [True, False], ids=["licence", "presentation"])
def test_with_any_one_byte_changed_nothing_is_genuine(
    register: ServiceHarness, licence: str, whole: bool
) -> None:
    text = shown(register, licence).signed if whole else present(register, licence).presentation
    keys_known = public_keys(register)
    assert check(text, keys_known, NOW).refusal is None
    for place, letter in enumerate(text):
        # The last bit alone, where a lenient decoder would read the same signature.
        other = chr(ord(letter) ^ 1)
        altered = f"{text[:place]}{other}{text[place + 1 :]}"
        assert check(altered, keys_known, NOW) == Finding({}, Refusal.NOT_GENUINE), place
    for altered in (text + "=", text + "\n", text[:-1], text.replace(".", "..", 1)):
        assert check(altered, keys_known, NOW).refusal is Refusal.NOT_GENUINE
    verdict, (line,) = refused(register, f"{text[:-4]}AAAA")
    assert (verdict.genuine, verdict.content) == (False, {})
    assert line["refusal"] == "not_genuine"


def test_the_code_of_a_revoked_licence_shown_again_is_refused_online_and_soon_offline(
    register: ServiceHarness, licence: str
) -> None:
    text = read_by_a_phone(present(register, licence).qr).text
    register.execute(RevokeLicence(licence_id=licence, **PENALTY), OFFICIAL)
    verdict, (line,) = refused(register, text)
    assert (verdict.genuine, verdict.state) == (True, "revoked")
    assert verdict.reason == "证照已吊销 / the licence is revoked"
    assert (line["licence"], line["state"], line["log_level"]) == (licence, "revoked", "warning")
    assert "杭州潮味" not in str(line)
    keys_known = public_keys(register)
    # Who has no connection learns of it when the presentation is over.
    assert check(text, keys_known, NOW).refusal is None
    assert check(text, keys_known, NOW + LIFETIME + LEEWAY).refusal is Refusal.OVER


@pytest.mark.parametrize(
    ("clock", "refusal"),
    [
        (-LEEWAY - timedelta(seconds=1), Refusal.NOT_YET),
        (-LEEWAY, None),
        (LIFETIME + LEEWAY - timedelta(seconds=1), None),
        (LIFETIME + LEEWAY, Refusal.OVER),
        (timedelta(days=1), Refusal.OVER),
    ],
)
def test_clocks_may_lie_a_minute_apart_and_no_more(
    register: ServiceHarness, licence: str, clock: timedelta, refusal: Refusal | None
) -> None:
    text = present(register, licence).presentation
    assert check(text, public_keys(register), NOW + clock).refusal is refusal


@pytest.mark.parametrize(
    ("clock", "refusal"),
    [
        (datetime(2026, 3, 1, 23, 58, tzinfo=CHINA), Refusal.NOT_YET),
        (datetime(2026, 3, 1, 23, 59, tzinfo=CHINA), None),
        (end_of(LAST_DAY) + LEEWAY - timedelta(seconds=1), None),
        (end_of(LAST_DAY) + LEEWAY, Refusal.EXPIRED),
        ((end_of(LAST_DAY) + LEEWAY).astimezone(UTC), Refusal.EXPIRED),
    ],
)
def test_a_whole_licence_holds_from_its_first_day_to_its_last_wherever_it_is_checked(
    register: ServiceHarness, licence: str, clock: datetime, refusal: Refusal | None
) -> None:
    whole = shown(register, licence)
    finding = check(whole.signed, public_keys(register), clock)
    assert (finding.content, finding.refusal) == (whole.content, refusal)


def test_a_presentation_that_is_over_is_refused_online_too(
    register: ServiceHarness, licence: str
) -> None:
    shown_now = present(register, licence)
    assert shown_now.expires_at == NOW + LIFETIME
    register.at(NOW + LIFETIME + LEEWAY)
    verdict, (line,) = refused(register, shown_now.presentation)
    assert (verdict.genuine, verdict.state, line["refusal"]) == (True, "in_force", "over")
    assert "present it anew" in verdict.reason


def test_a_clock_that_is_behind_is_refused_online_too(
    register: ServiceHarness, licence: str
) -> None:
    payload = presented({"licence_id": licence}, "in_force", NOW + timedelta(hours=1))
    verdict, (line,) = refused(register, keys.sign_presentation(payload))
    assert (verdict.genuine, line["refusal"]) == (True, "not_yet")


def test_a_genuine_licence_that_the_platform_does_not_know_is_not_in_force(
    register: ServiceHarness,
) -> None:
    verdict, (line,) = refused(register, keys.sign_licence({"licence_id": "l-none"}))
    assert (verdict.genuine, verdict.state, line["licence"]) == (True, None, "l-none")


def test_no_key_of_another_purpose_is_among_the_keys_of_licences(register: ServiceHarness) -> None:
    (only,) = public_keys(register)
    assert only["kid"] == keys.signing_key("licence").kid != keys.signing_key("token").kid
    assert "d" not in only


# What was there before


@pytest.fixture
def before_states(tmp_path: Path) -> Iterator[sa.Engine]:
    """A database from before licences had states."""
    engine = open_database(f"sqlite:///{tmp_path}/identity_data.sqlite3")
    migrate(engine, folder_of("identity_data"), "identity_data_0008")
    yield engine
    engine.dispose()


def test_a_licence_revoked_before_stays_revoked_and_its_organ_is_found(
    before_states: sa.Engine,
) -> None:
    organ = "INSERT INTO organ (id, version, division, name, name_en, kind) VALUES (?,1,?,?,?,?)"
    old = (
        "INSERT INTO licence (id, division, version, event_sequence, kind, holder, owner, case_id,"
        " content, signed, revoked) VALUES (?,?,1,1,'business_licence','e-1','p-1',?,?,'s',?)"
    )
    rows = (
        ("l-1", COUNTY, "c-1", '{"issuing_organ": "市监局"}', True),
        ("l-2", COUNTY, "c-2", '{"issuing_organ": "不存在"}', False),
    )
    with before_states.begin() as connection:
        connection.exec_driver_sql(organ, (ORGAN, COUNTY, "市监局", "x", "market_regulation"))
        for row in rows:
            connection.exec_driver_sql(old, row)
    migrate(before_states, folder_of("identity_data"))
    with before_states.begin() as connection:
        kept = connection.execute(sa.select(Licence.id, Licence.state, Licence.organ)).all()
    assert sorted(map(tuple, kept)) == [("l-1", "revoked", ORGAN), ("l-2", "in_force", "")]


# Who read it


def test_a_holder_sees_which_official_read_the_licence_and_nothing_of_its_own_reading(
    register: ServiceHarness, licence: str
) -> None:
    shown(register, licence)
    register.execute(LicenceById(licence_id=licence), OFFICIAL)
    with pytest.raises(NotAllowed):
        register.execute(LicenceById(licence_id=licence), ELSEWHERE)

    (read,) = register.execute(DirectReadings(owner=LEADER), HOLDER).readings

    assert (read.title, read.reader, read.organ) == ("查询电子证照", "official", ORGAN)
    assert read.subject == f"Licence/{licence}"
    with pytest.raises(NotAllowed):
        register.execute(DirectReadings(owner=LEADER), STRANGER)


def test_everybody_in_a_list_sees_that_it_was_read(register: ServiceHarness) -> None:
    register.execute(PeopleOfEnterprise(enterprise_id=f"e-{CODE}"), OFFICIAL)

    (read,) = register.execute(DirectReadings(owner=LEADER), HOLDER).readings

    assert (read.title, read.reader) == (PeopleOfEnterprise.ZH, "official")
