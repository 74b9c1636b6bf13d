"""Posts, appointments and the authority that comes with them; what an administrator may not do."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from deploy.catalogue import service_class
from services.identity_data import load, passwords
from services.identity_data.domain import SessionEnded, WrongCredentials
from services.identity_data.domain.posts import (
    AccountHoldsPosts,
    AccountNameTaken,
    AppointmentKind,
    AppointmentOver,
    HeldPost,
    NotAppointable,
    PostNotHeld,
    PostNotVacant,
    PostStillHeld,
    PostWasAbolished,
    RoleNotGrantable,
    SelfAppointment,
    Standing,
    Term,
    TermNotPossible,
    acting_under,
    is_grantable,
    require_grantable,
    require_possible,
    require_vacant,
)
from services.identity_data.models import Account, Appointment, Division
from services.identity_data.service import IdentityData
from shared import loading
from shared.clocks import CHINA
from shared.context import ANONYMOUS, Context, Principal
from shared.contracts.digital_government import CasesHandedOver
from shared.contracts.identity_data import (
    AbolishPost,
    AppointmentBegan,
    AppointmentEnded,
    AppointmentsOfPost,
    AppointmentWithdrawn,
    AppointOfficial,
    CloseAccount,
    EndAppointment,
    EstablishPost,
    MyPosts,
    OpenAccount,
    PostChangedHands,
    PostEstablished,
    PostsOfOrgan,
    ReplacePassword,
    SessionRevoked,
    SignIn,
)
from shared.errors import InvalidInput, NotAllowed, NotAuthenticated
from shared.messaging.tables import AUDIT, OUTBOX, REQUEST
from shared.security import tokens
from shared.security.tokens import RevokedSessions, TokenVerifier
from shared.testing.harness import ServiceHarness
from tests.identity_data.places import know_places

MONDAY = datetime(2026, 3, 2, 9, tzinfo=CHINA)
TODAY = MONDAY.date()
COUNTY = "330106"
MARKET = f"{COUNTY}-market_regulation"
POLICE = f"{COUNTY}-public_security"
BASIS = "杭任〔2026〕1号"
PASSWORD = "tide-of-the-qiantang"
HASH = passwords.hashed(PASSWORD)

ADMINISTRATOR = Principal(
    "administrator", "official", "3301", "3301-government", ("administrator",)
)
OF_COUNTY = Principal("xihu", "official", COUNTY, f"{COUNTY}-government", ("administrator",))
ELSEWHERE = replace(OF_COUNTY, id="haishu", division="330203", organ="330203-government")
ABOVE = replace(ADMINISTRATOR, id="zhejiang", division="33", organ="33-government")


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def midnight(number: int) -> datetime:
    return datetime.combine(day(number), datetime.min.time(), CHINA)


# The rules, without a database


def term(begins: int, ends: int | None = None, kind: str = "substantive") -> Term:
    valid_to = None if ends is None else day(ends)
    return Term(AppointmentKind(kind), day(begins), valid_to)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (term(0), term(5), True),
        (term(0, 5), term(5), False),
        (term(0, 6), term(5), True),
        (term(5, 9), term(0, 5), False),
        (term(5, 9), term(0, 6), True),
        (term(0, 9), term(3, 4), True),
    ],
)
def test_terms_overlap_where_a_day_belongs_to_both(one: Term, other: Term, overlap: bool) -> None:
    assert one.overlaps(other) is overlap
    assert other.overlaps(one) is overlap


@pytest.mark.parametrize("impossible", [term(-1), term(0, 0), term(3, 2), term(0, kind="acting")])
def test_a_term_begins_today_or_later_and_whoever_acts_does_so_for_a_time(
    impossible: Term,
) -> None:
    require_possible(term(0), TODAY)
    require_possible(term(0, 1, "acting"), TODAY)
    with pytest.raises(TermNotPossible):
        require_possible(impossible, TODAY)


def test_a_post_has_one_holder_and_somebody_acts_only_for_one_who_is_absent() -> None:
    acting = term(0, 9, "acting")
    require_vacant(term(5), [term(0, 5), acting], "科长", absent=False)
    require_vacant(acting, [term(0)], "科长", absent=True)
    require_vacant(acting, [term(9)], "科长", absent=False)
    for taken, others, absent in (
        (term(5), [term(0)], False),
        (term(5), [term(0)], True),
        (acting, [term(0)], False),
        (acting, [term(3, 20, "acting")], True),
    ):
        with pytest.raises(PostNotVacant):
            require_vacant(taken, others, "科长", absent=absent)


def test_only_roles_that_are_meant_to_be_given_are_given_where_they_belong() -> None:
    require_grantable(
        ("case_officer", "leader"), "market_regulation", division=COUNTY, within="3301"
    )
    require_grantable(("household_registrar",), "public_security", division=COUNTY, within=COUNTY)
    require_grantable(("administrator",), "government", division=COUNTY, within="3301")
    for roles, kind, division, within in (
        (("operator",), "government", COUNTY, "33"),
        (("service",), "government", COUNTY, "33"),
        (("one_window",), "government", COUNTY, "33"),
        (("division_registrar",), "civil_affairs", COUNTY, "33"),
        (("household_registrar",), "market_regulation", COUNTY, "3301"),
        (("administrator",), "government", "3301", "3301"),
        (("administrator",), "government", "33", "3301"),
        (("administrator",), "government", "330203", "3301"),
        (("case_officer",), "market_regulation", "330203", "3301"),
    ):
        with pytest.raises(RoleNotGrantable, match=roles[0]):
            require_grantable(roles, kind, division=division, within=within)
    assert not is_grantable("operator", division=COUNTY, within="33")


def test_a_token_is_of_one_organ_and_has_no_role_that_was_given_for_another() -> None:
    here = HeldPost("post-1", MARKET, COUNTY, ("case_officer",))
    beside = HeldPost("post-2", MARKET, COUNTY, ("leader",))
    police = HeldPost("post-3", POLICE, COUNTY, ("household_registrar",))
    own = Standing("3301", "3301-government", ("administrator",))
    assert acting_under((), "", own) == own
    both = Standing(COUNTY, MARKET, ("case_officer", "leader"))
    assert acting_under((here, beside, police), "", own) == both
    chosen = acting_under((here, beside, police), "post-3", own)
    assert chosen == Standing(COUNTY, POLICE, ("household_registrar",))
    at_home = Standing(COUNTY, POLICE, ("case_officer",))
    assert acting_under((police,), "", at_home).roles == ("case_officer", "household_registrar")
    assert acting_under((), "", Standing(COUNTY, "", ())) == Standing("", "", ())
    with pytest.raises(PostNotHeld):
        acting_under((here,), "post-3", own)


# On a database


@pytest.fixture(autouse=True)
def second_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a second had passed between any two requests."""
    monkeypatch.setattr(tokens, "READ_AGAIN", 0.0)


@pytest.fixture
def city(make_service: Callable[..., ServiceHarness]) -> ServiceHarness:
    """Two counties with their organs, a key, and the accounts of three officials."""
    harness = make_service(IdentityData)
    harness.at(MONDAY)
    steps = [s for s in load.steps(harness.runtime.settings) if s.name == "signing_keys"]
    loading.load(harness.runtime, steps)
    know_places(harness, COUNTY, "330203")

    def open_accounts(context: Context) -> None:
        for name in ("jia", "yi", "bing"):
            account = Account.opened(name, COUNTY, HASH)
            account.first_password = False
            account.take_told()
            context.unit.add(account)

    harness.act(open_accounts)
    harness.settle()
    return harness


def establish(city: ServiceHarness, *roles: str, organ: str = MARKET, **terms: Any) -> str:
    by = terms.pop("by", ADMINISTRATOR)
    order = EstablishPost(
        division=organ.partition("-")[0], organ=organ, title="注册科科长", roles=roles, **terms
    )
    return city.execute(order, by).id


def appoint(
    city: ServiceHarness, post: str, account: str, by: Principal = ADMINISTRATOR, **terms: Any
) -> str:
    order = AppointOfficial(post_id=post, account=account, basis=BASIS, **terms)
    return city.execute(order, by).appointment_id


def relieve(
    city: ServiceHarness, appointment: str, by: Principal = ADMINISTRATOR, **terms: Any
) -> None:
    order = EndAppointment(appointment_id=appointment, reason="relieved", basis=BASIS, **terms)
    city.execute(order, by)


def sign_in(city: ServiceHarness, account: str, post: str | None = None) -> str:
    return city.execute(SignIn(account=account, password=PASSWORD, post=post), ANONYMOUS).token


def caller_of(city: ServiceHarness, token: str) -> Principal:
    verifier = TokenVerifier(city.runtime.keys, RevokedSessions(city.runtime.read))
    return verifier.principal_of(f"Bearer {token}")


def hands(city: ServiceHarness) -> list[tuple[str | None, str | None]]:
    return [(one.former, one.holder) for one in city.told(PostChangedHands)]


def test_authority_comes_with_a_post_and_ends_with_it_in_every_token(
    city: ServiceHarness,
) -> None:
    nobody = caller_of(city, sign_in(city, "jia"))
    assert (nobody.division, nobody.organ, nobody.roles) == ("", "", ())
    post = establish(city, "case_officer")
    appointment = appoint(city, post, "jia")
    token, other = sign_in(city, "jia"), sign_in(city, "yi")
    officer = Principal("jia", "official", COUNTY, MARKET, ("case_officer",))
    assert caller_of(city, token) == officer
    (mine,) = city.execute(MyPosts(), officer).posts
    assert (mine.post_id, [one.holder for one in mine.holdings]) == (post, ["jia"])

    relieve(city, appointment)
    city.settle()
    with pytest.raises(NotAuthenticated, match="revoked"):
        caller_of(city, token)
    assert caller_of(city, other).id == "yi"
    assert caller_of(city, sign_in(city, "jia")).roles == ()
    assert city.execute(MyPosts(), officer).posts == ()
    assert city.told(PostEstablished) == [
        PostEstablished(post_id=post, organ=MARKET, roles=("case_officer",))
    ]
    assert [one.reason for one in city.told(AppointmentEnded)] == ["relieved"]
    assert hands(city) == [(None, "jia"), ("jia", None)]
    with pytest.raises(AppointmentOver):
        relieve(city, appointment)


def test_another_service_refuses_the_token_once_it_has_heard(
    city: ServiceHarness, make_service: Callable[..., ServiceHarness]
) -> None:
    appointment = appoint(city, establish(city, "case_officer"), "jia")
    token = sign_in(city, "jia")
    elsewhere = make_service(service_class("rule_of_law"))

    def hear() -> None:
        elsewhere.receive(*(one for one in city.envelopes() if elsewhere._is_wanted(one)))
        elsewhere.take()

    hear()
    assert caller_of(elsewhere, token).roles == ("case_officer",)
    relieve(city, appointment)
    city.settle()
    assert caller_of(elsewhere, token).roles == ("case_officer",)  # It has not heard yet.
    hear()
    with pytest.raises(NotAuthenticated, match="revoked"):
        caller_of(elsewhere, token)


def test_a_session_opened_in_the_moment_of_the_end_is_revoked_too(city: ServiceHarness) -> None:
    appointment = appoint(city, establish(city, "case_officer"), "jia")
    order = SignIn(account="jia", password=PASSWORD)
    relieve(city, appointment)
    # Its session is there before the end is heard of; its token says nothing of the post.
    late = city.execute(order, ANONYMOUS, request_id="again").token
    assert caller_of(city, late).roles == ()
    city.settle()
    assert len(city.told(SessionRevoked)) == 1
    with pytest.raises(SessionEnded):
        city.execute(order, ANONYMOUS, request_id="again")


def test_an_appointment_begins_and_ends_on_its_days_and_not_by_a_late_timer(
    city: ServiceHarness,
) -> None:
    post = establish(city, "case_officer")
    first = appoint(city, post, "jia", valid_to=day(10))
    second = appoint(city, post, "yi", valid_from=day(10))
    with pytest.raises(PostNotVacant):
        appoint(city, post, "bing", valid_from=day(20))
    city.settle()
    assert caller_of(city, sign_in(city, "yi")).roles == ()
    token = sign_in(city, "jia")
    # The day has come, and nobody has woken the timers yet.
    city.move_calendar(midnight(10))
    assert caller_of(city, sign_in(city, "jia")).roles == ()
    city.settle()
    with pytest.raises(NotAuthenticated, match="revoked"):
        caller_of(city, token)
    assert caller_of(city, sign_in(city, "yi")).roles == ("case_officer",)
    assert hands(city) == [(None, "jia"), ("jia", None), (None, "yi")]
    history = city.execute(AppointmentsOfPost(post_id=post), OF_COUNTY).holdings
    assert [(one.appointment_id, one.state, one.reason) for one in history] == [
        (second, "in_force", None),
        (first, "ended", "term_over"),
    ]


def test_who_acts_does_so_up_to_a_day_or_until_a_holder_begins(city: ServiceHarness) -> None:
    post = establish(city, "case_officer")
    with pytest.raises(TermNotPossible):
        appoint(city, post, "jia", kind="acting")
    appoint(city, post, "jia", kind="acting", valid_to=day(3))
    (shown,) = city.execute(PostsOfOrgan(organ=MARKET), ELSEWHERE).posts
    assert [(one.kind, one.valid_to) for one in shown.holdings] == [("acting", day(3))]
    token = sign_in(city, "jia")
    assert caller_of(city, token).roles == ("case_officer",)
    city.at(midnight(3))
    city.settle()
    with pytest.raises(NotAuthenticated, match="revoked"):
        caller_of(city, token)
    assert caller_of(city, sign_in(city, "jia")).roles == ()

    appoint(city, post, "jia", kind="acting", valid_to=day(30))
    appoint(city, post, "yi")
    city.settle()
    assert caller_of(city, sign_in(city, "jia")).roles == ()
    assert [one.reason for one in city.told(AppointmentEnded)] == ["term_over", "holder_began"]
    with pytest.raises(PostNotVacant):
        appoint(city, post, "jia", kind="acting", valid_to=day(30))
    stands_in = appoint(city, post, "jia", kind="acting", valid_to=day(30), holder_absent=True)
    relieve(city, stands_in)
    city.at(midnight(31))
    assert hands(city) == [
        (None, "jia"),
        ("jia", None),
        (None, "jia"),
        ("jia", "yi"),
        ("yi", "jia"),
        ("jia", "yi"),
    ]


def test_an_end_is_set_for_a_later_day_and_only_comes_nearer(city: ServiceHarness) -> None:
    post = establish(city, "case_officer")
    appointment = appoint(city, post, "jia")
    relieve(city, appointment, valid_to=day(10))
    successor = appoint(city, post, "yi", valid_from=day(10))
    with pytest.raises(AppointmentOver):
        relieve(city, appointment, valid_to=day(11))
    with pytest.raises(TermNotPossible):
        relieve(city, appointment, valid_to=day(-1))
    relieve(city, appointment, valid_to=day(5))
    relieve(city, successor)
    assert [one.appointment_id for one in city.told(AppointmentWithdrawn)] == [successor]
    city.at(midnight(5))
    city.at(midnight(12))
    assert hands(city) == [(None, "jia"), ("jia", None)]
    assert len(city.told(AppointmentBegan)) == 1


def test_of_two_who_appoint_to_one_post_at_once_one_does(city: ServiceHarness) -> None:
    post = establish(city, "case_officer")
    together = threading.Barrier(2)
    outcomes: list[str] = []

    def try_it(account: str, begins: int) -> None:
        together.wait()
        try:
            appoint(city, post, account, valid_from=day(begins))
            outcomes.append("appointed")
        except PostNotVacant:
            outcomes.append("refused")

    # One from today, one from later on: no index would see that they meet.
    threads = [threading.Thread(target=try_it, args=one) for one in (("jia", 0), ("yi", 7))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["appointed", "refused"]
    assert len(city.rows(sa.select(Appointment.id))) == 1


def test_a_post_is_abolished_when_nobody_holds_it(city: ServiceHarness) -> None:
    post = establish(city, "case_officer")
    appointment = appoint(city, post, "jia", valid_from=day(1))
    with pytest.raises(PostStillHeld):
        city.execute(AbolishPost(post_id=post), ADMINISTRATOR)
    relieve(city, appointment)
    city.execute(AbolishPost(post_id=post), ADMINISTRATOR)
    assert city.execute(PostsOfOrgan(organ=MARKET), OF_COUNTY).posts == ()
    with pytest.raises(PostWasAbolished):
        appoint(city, post, "yi")
    with pytest.raises(PostWasAbolished):
        city.execute(AbolishPost(post_id=post), ADMINISTRATOR)


def test_whoever_holds_several_posts_chooses_one_to_act_under(city: ServiceHarness) -> None:
    acting = establish(city, "household_registrar", organ=POLICE)
    appoint(city, acting, "jia", kind="acting", valid_to=day(9))
    post = establish(city, "case_officer")
    appoint(city, post, "jia")
    first = caller_of(city, sign_in(city, "jia"))
    assert (first.organ, first.roles) == (MARKET, ("case_officer",))
    chosen = caller_of(city, sign_in(city, "jia", acting))
    assert (chosen.organ, chosen.roles) == (POLICE, ("household_registrar",))
    assert [one.post_id for one in city.execute(MyPosts(), first).posts] == [post, acting]
    opened = len(city.told())
    with pytest.raises(PostNotHeld):
        sign_in(city, "yi", post)
    assert len(city.told()) == opened


def test_a_sign_in_asks_one_query_more_of_officials_and_none_of_others(
    city: ServiceHarness,
) -> None:
    appoint(city, establish(city, "case_officer"), "jia")
    resident = Account(
        id="resident", division=COUNTY, password_hash=HASH, principal_id="r", kind="resident"
    )
    city.act(lambda context: context.unit.add(resident) and None)
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    engines = {city.runtime.engine, city.runtime.read}
    counts = {}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", note)
    for account in ("jia", "resident"):
        statements.clear()
        sign_in(city, account)
        counts[account] = sum(one.startswith("SELECT") for one in statements)
    for engine in engines:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert counts["jia"] == counts["resident"] + 1


# What an administrator may not do


def test_an_administrator_acts_within_its_own_division_alone(city: ServiceHarness) -> None:
    post = establish(city, "case_officer")
    appointment = appoint(city, post, "jia")
    told = len(city.told())
    for order in (
        EstablishPost(division=COUNTY, organ=MARKET, title="副科长", roles=()),
        AppointOfficial(post_id=post, account="yi", basis=BASIS),
        EndAppointment(appointment_id=appointment, reason="relieved", basis=BASIS),
        AbolishPost(post_id=post),
        OpenAccount(account="ding", division=COUNTY),
        CloseAccount(account="yi"),
        AppointmentsOfPost(post_id=post),
    ):
        with pytest.raises(NotAllowed):
            city.execute(order, ELSEWHERE)  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            city.execute(order, replace(ADMINISTRATOR, kind="resident"))  # type: ignore[arg-type]
    # An organ elsewhere is not of one's division for being called so.
    with pytest.raises(InvalidInput):
        city.execute(
            EstablishPost(division=COUNTY, organ="330203-government", title="科长", roles=()),
            ADMINISTRATOR,
        )
    # Nor is an official of another division appointed, whose tokens would say something else.
    own = establish(city, organ="330203-government", by=replace(ELSEWHERE, division="3302"))
    with pytest.raises(NotAllowed):
        appoint(city, own, "jia", ELSEWHERE)
    with pytest.raises(NotAllowed):
        appoint(city, own, "nobody", ELSEWHERE)
    assert len(city.told()) == told + 1


def test_nobody_gives_more_than_they_may_nor_takes_it_away(city: ServiceHarness) -> None:
    with pytest.raises(RoleNotGrantable):
        establish(city, "case_officer", "operator")
    with pytest.raises(RoleNotGrantable):
        establish(city, "administrator", organ=f"{COUNTY}-government", by=OF_COUNTY)
    # What the city established in the county, the county's own administrator cannot fill.
    post = establish(city, "administrator", organ=f"{COUNTY}-government")
    with pytest.raises(RoleNotGrantable):
        appoint(city, post, "jia", OF_COUNTY)
    appointment = appoint(city, post, "jia")
    delegate = caller_of(city, sign_in(city, "jia"))
    assert (delegate.division, delegate.roles) == (COUNTY, ("administrator",))
    for attempt in (
        lambda: relieve(city, appointment, OF_COUNTY),
        lambda: city.execute(AbolishPost(post_id=post), OF_COUNTY),
        lambda: appoint(city, post, "yi", delegate),
    ):
        with pytest.raises(RoleNotGrantable):
            attempt()
    assert appoint(city, establish(city, "case_officer", by=delegate), "yi", delegate)


def test_nobody_appoints_themselves(city: ServiceHarness) -> None:
    post = establish(city, "case_officer")
    with pytest.raises(SelfAppointment):
        appoint(city, post, "jia", replace(ADMINISTRATOR, id="jia"))
    person = "p-0123456789abcdef"
    second = Account(
        id="second",
        division=COUNTY,
        password_hash=HASH,
        principal_id="second",
        kind="official",
        person=person,
    )
    city.act(lambda context: context.unit.add(second) and None)
    with pytest.raises(SelfAppointment):
        appoint(city, post, "second", replace(ADMINISTRATOR, person=person))
    assert city.rows(sa.select(Appointment.id)) == []


# Accounts of officials


def test_a_new_official_gets_a_password_once_which_is_kept_nowhere(city: ServiceHarness) -> None:
    order = OpenAccount(account="ding", division=COUNTY)
    opened = city.execute(order, ADMINISTRATOR, request_id="open")
    assert len(opened.password) >= 32
    assert city.execute(order, ADMINISTRATOR, request_id="open").password == ""
    kept = [*city.rows(sa.select(REQUEST.c.reply)), *city.rows(sa.select(OUTBOX.c.envelope))]
    assert opened.password not in json.dumps([row[0] for row in kept])
    assert opened.password not in str(city.rows(sa.select(AUDIT)))
    signing_in = SignIn(account="ding", password=opened.password)
    assert caller_of(city, city.execute(signing_in, ANONYMOUS).token).roles == ()
    _replace_first_password(city, opened.password)
    for name in ("ding", "jia", "service.gateway", "system.other"):
        with pytest.raises(AccountNameTaken):
            city.execute(replace(order, account=name), ADMINISTRATOR)


def _replace_first_password(city: ServiceHarness, first: str) -> None:
    """Who opened the account knows its password: before it is replaced no post gives anything."""
    appoint(city, establish(city, "case_officer"), "ding")
    before = city.execute(SignIn(account="ding", password=first), ANONYMOUS).token
    holder = caller_of(city, before)
    assert (holder.roles, holder.organ, holder.division) == ((), "", "")
    change = ReplacePassword(account="ding", password=first, new_password="known to the holder")
    city.execute(change, holder)
    city.settle()
    with pytest.raises(NotAuthenticated, match="revoked"):
        caller_of(city, before)
    with pytest.raises(WrongCredentials):
        city.execute(SignIn(account="ding", password=first), ANONYMOUS)
    token = city.execute(SignIn(account="ding", password=change.new_password), ANONYMOUS).token
    assert caller_of(city, token).roles == ("case_officer",)


def test_no_account_is_opened_where_a_division_went_if_that_is_anothers(
    city: ServiceHarness,
) -> None:
    gone = Division(
        id="330106998",
        division="330106998",
        name="示范街道",
        level=4,
        parent=COUNTY,
        valid_to=TODAY,
        successors=["330203"],
    )
    city.act(lambda context: context.unit.add(gone) and None)
    with pytest.raises(NotAllowed):
        city.execute(OpenAccount(account="ding", division=gone.id), ADMINISTRATOR)
    assert city.execute(OpenAccount(account="ding", division=gone.id), ABOVE).account == "ding"


def test_a_closed_account_is_over_everywhere_and_holds_no_post(city: ServiceHarness) -> None:
    post = establish(city, "case_officer")
    appointment = appoint(city, post, "jia", valid_from=day(1))
    token = sign_in(city, "jia")
    with pytest.raises(AccountHoldsPosts):
        city.execute(CloseAccount(account="jia"), ADMINISTRATOR)
    relieve(city, appointment)
    city.execute(CloseAccount(account="jia"), ADMINISTRATOR)
    city.settle()
    with pytest.raises(NotAuthenticated, match="revoked"):
        caller_of(city, token)
    with pytest.raises(WrongCredentials):
        sign_in(city, "jia")
    with pytest.raises(NotAppointable):
        appoint(city, post, "jia")
    with pytest.raises(NotAppointable):
        city.execute(CloseAccount(account="jia"), ADMINISTRATOR)


def test_accounts_of_others_than_officials_below_are_neither_appointed_nor_closed(
    city: ServiceHarness,
) -> None:
    rows = {
        "resident": ("resident", ()),
        "peer": ("official", ("administrator",)),
        "administrator": ("official", ("administrator",)),
    }

    def keep(context: Context) -> None:
        for name, (kind, roles) in rows.items():
            division = "3301" if roles else COUNTY
            context.unit.add(
                Account(
                    id=name,
                    division=division,
                    password_hash=HASH,
                    principal_id=name,
                    kind=kind,
                    roles=list(roles),
                )
            )

    city.act(keep)
    with pytest.raises(NotAppointable):
        appoint(city, establish(city, "case_officer"), "resident")
    with pytest.raises(NotAppointable):
        city.execute(CloseAccount(account="resident"), ADMINISTRATOR)
    for name in ("peer", "administrator"):
        with pytest.raises(NotAllowed):
            city.execute(CloseAccount(account=name), ADMINISTRATOR)
    city.execute(CloseAccount(account="peer"), ABOVE)


def test_the_history_of_a_post_tells_what_its_holder_took_over(city: ServiceHarness) -> None:
    post = establish(city, "case_officer")
    appointment = appoint(city, post, "jia")
    city.deliver(CasesHandedOver(post_id=post, appointment_id=appointment, count=3))
    (holding,) = city.execute(AppointmentsOfPost(post_id=post), OF_COUNTY).holdings
    assert holding.taken_over == {"digital_government": 3}
