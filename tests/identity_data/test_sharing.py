"""The catalogue of data, applications and grants, and what is refused outside of a grant."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.digital_government.domain.items import facts_of
from services.digital_government.reference.items import ITEMS
from services.identity_data import load
from services.identity_data.domain import FactNotOfSubject
from services.identity_data.domain.sharing import (
    LIMIT_SHARES,
    AlreadyGranted,
    ApplicationDecided,
    DailyLimitReached,
    GrantEndsTooEarly,
    GrantInWrongState,
    ItemHasAnotherSource,
    ItemNotGranted,
    ItemNotOfResource,
    ItemsOfSeveralResources,
    MaskingNeeded,
    NoGrant,
    NoSource,
    NotShared,
    PurposeNotGranted,
    ResourceCodeTaken,
    ResourceInWrongState,
    SensitiveItemsShared,
    SubjectOutsideGrant,
    grant_id_of,
    masked,
    one_resource,
    share_of_limit,
)
from services.identity_data.models import DataGrant, Enterprise, GrantUse, Person, SharedReading
from services.identity_data.reference.organs import organs_on
from services.identity_data.reference.resources import GRANTS, LEGAL_ENTITIES, POPULATION
from services.identity_data.service import IdentityData
from shared.clocks import CHINA
from shared.context import Context, Principal, service_principal
from shared.contracts.base import queries_of
from shared.contracts.identity_data import (
    AppliedItem,
    ApplyForData,
    ApproveDataApplication,
    DataApplications,
    DataCatalogue,
    DataItem,
    DataResourceById,
    DataShared,
    FetchSharedData,
    GrantExpired,
    GrantGiven,
    GrantsOfOrgan,
    PublishDataResource,
    ReadersOfEnterprise,
    ReclassifyItem,
    RegisterDataResource,
    RejectDataApplication,
    RenewGrant,
    RevokeGrant,
    WithdrawDataResource,
)
from shared.errors import InvalidInput, NotAllowed, NotFound
from shared.identifiers import credit_code_from, organisation_code_from, resident_number_from
from shared.messaging.tables import AUDIT
from shared.testing.harness import ServiceHarness

MONDAY = datetime(2026, 3, 2, 9, tzinfo=CHINA)
TODAY = MONDAY.date()
HOME = "330106002"
PROVIDER, MARKET, TAXATION = "33-public_security", "33-market_regulation", "33-taxation"
GOVERNMENT = service_principal("digital_government")
ECONOMY = service_principal("digital_economy")
SYSTEM = Principal("system:one_window", "system", "3301", roles=("one_window",))
NAME = "钱江潮"


def steward(organ: str) -> Principal:
    return Principal(f"steward.{organ}", "official", organ[:2], organ, ("data_steward",))


@pytest.fixture
def platform(make_service: Callable[..., ServiceHarness]) -> ServiceHarness:
    """The province's organs, the resources that the platform holds and their grants, one person
    and one enterprise."""
    harness = make_service(IdentityData)
    harness.at(MONDAY)
    organs = [one for one in organs_on(load.ORGANS_ON) if one.division == "33"]
    harness.act(lambda context: load.append_organs(organs, context))
    harness.act(load.append_shared_data)
    number = resident_number_from("330106", date(1990, 5, 6), 1)
    person = Person.registered(number, NAME, HOME, None)
    enterprise = Enterprise.registered(
        credit_code=credit_code_from("9", "1", "330106", organisation_code_from("AAAAAAAA")),
        name="杭州潮味餐饮有限公司",
        division="330106",
        industry="餐饮业",
        registered_capital=100,
        established=date(2026, 1, 5),
        legal_representative=person.id,
    )

    def enter(context: Context) -> None:
        context.unit.add(person)
        context.unit.add(enterprise)

    harness.act(enter)
    return harness


def person_of(harness: ServiceHarness) -> str:
    ((person,),) = harness.rows(sa.select(Person.id).where(Person.division == HOME))
    return str(person)


def draft(**changes: Any) -> RegisterDataResource:
    """A resource of the tax bureau."""
    order = RegisterDataResource(
        code="tax_credit",
        title="纳税信用信息",
        abstract="企业的纳税信用级别",
        organ=TAXATION,
        update_cycle="yearly",
        sharing="conditional",
        conditions="为履行法定职责所必需",
        items=(DataItem(name="enterprise.tax_credit", label="纳税信用级别", classification="L2"),),
    )
    return replace(order, **changes)


def application(**changes: Any) -> ApplyForData:
    """For the population register, by the market regulator, for a system."""
    order = ApplyForData(
        organ=MARKET,
        resource=POPULATION.code,
        items=(
            AppliedItem(name="person.name"),
            AppliedItem(name="person.division", clear_reason="须按住所地确定登记机关"),
        ),
        reader=SYSTEM.id,
        reader_name="杭州市“一窗受理”系统",
        matter="individual_business",
        purpose="办理个体工商户登记",
        legal_basis="《促进个体工商户发展条例》",
        within="330106",
        until=TODAY + timedelta(days=30),
    )
    return replace(order, **changes)


def granted(harness: ServiceHarness, **changes: Any) -> str:
    """Applied for and approved; the id of the grant."""
    order = application(**changes)
    key = harness.execute(order, steward(MARKET)).id
    harness.execute(ApproveDataApplication(application_id=key), steward(PROVIDER))
    return grant_id_of(order.reader, order.matter, order.resource)


def fetch(harness: ServiceHarness, **changes: Any) -> FetchSharedData:
    """What the grant of `application` permits."""
    order = FetchSharedData(
        subject=person_of(harness),
        facts=("person.name", "person.division"),
        purpose="办理个体工商户登记",
        matter="individual_business",
        case_id="c-1",
    )
    return replace(order, **changes)


# The catalogue


def test_each_item_has_one_source_until_that_is_withdrawn(platform: ServiceHarness) -> None:
    tax, market = steward(TAXATION), steward(MARKET)
    platform.execute(draft(), tax)
    query = DataResourceById(code="tax_credit")
    assert platform.execute(query, market).state == "draft"
    listed = platform.execute(DataCatalogue(), market).resources
    assert {one.code for one in listed} == {POPULATION.code, LEGAL_ENTITIES.code}
    platform.execute(PublishDataResource(code="tax_credit"), tax)
    assert len(platform.execute(DataCatalogue(), market).resources) == 3
    second = draft(code="tax_credit_again", organ=MARKET)
    with pytest.raises(ItemHasAnotherSource) as refusal:
        platform.execute(second, market)
    assert "一数一源" in refusal.value.sentences["zh"]
    with pytest.raises(ResourceCodeTaken):
        platform.execute(draft(), tax)
    with pytest.raises(NotFound):
        platform.execute(DataResourceById(code=second.code), market)
    platform.execute(WithdrawDataResource(code="tax_credit", reason="改由他方提供"), tax)
    platform.execute(second, market)
    (item,) = platform.execute(DataResourceById(code=second.code), market).items
    assert item.label == "纳税信用级别"
    with pytest.raises(ResourceInWrongState):
        platform.execute(PublishDataResource(code="tax_credit"), tax)


def test_only_its_own_organ_enters_publishes_reclassifies_and_withdraws(
    platform: ServiceHarness,
) -> None:
    for order in (
        draft(),
        PublishDataResource(code=POPULATION.code),
        WithdrawDataResource(code=POPULATION.code, reason="越权"),
        ReclassifyItem(
            code=POPULATION.code, item="person.name", classification="L1", masking="none"
        ),
        GrantsOfOrgan(organ=PROVIDER),
        DataApplications(organ=PROVIDER),
    ):
        with pytest.raises(NotAllowed):
            platform.execute(order, steward(MARKET))


LAW = "《中华人民共和国税收征收管理法》第八条"
PHONE = DataItem(name="person.phone", label="手机", classification="L3", masking="phone")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"sharing": "not_shared"}, InvalidInput),
        ({"conditions": None}, InvalidInput),
        ({"items": draft().items * 2}, InvalidInput),
        ({"items": (PHONE,), "sharing": "unconditional"}, SensitiveItemsShared),
        ({"items": (replace(PHONE, masking="none"),)}, MaskingNeeded),
        ({"items": (replace(PHONE, name="person.name"),)}, ItemHasAnotherSource),
    ],
)
def test_a_resource_that_does_not_say_how_it_is_shared_is_refused_whole(
    platform: ServiceHarness, changes: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        platform.execute(draft(**changes), steward(TAXATION))
    with pytest.raises(NotFound):
        platform.execute(DataResourceById(code="tax_credit"), steward(TAXATION))


def test_an_item_is_not_reclassified_to_what_its_resource_cannot_share(
    platform: ServiceHarness,
) -> None:
    market = steward(MARKET)
    order = ReclassifyItem(
        code=LEGAL_ENTITIES.code,
        item="enterprise.legal_representative",
        classification="L3",
        masking="name",
    )
    with pytest.raises(SensitiveItemsShared):
        platform.execute(order, market)
    with pytest.raises(NotFound):
        platform.execute(replace(order, item="person.name"), market)
    platform.execute(replace(order, classification="L1", masking="none"), market)
    items = platform.execute(DataResourceById(code=order.code), market).items
    assert {one.name: one.classification for one in items}[order.item] == "L1"


@pytest.mark.parametrize(
    ("rule", "value", "shown"),
    [
        ("name", "张三", "张*"),
        ("name", "欧阳文山", "欧***"),
        ("name", "张", "*"),
        ("number", "330106199005061234", "3301061990****1234"),
        ("number", "12345678901234", "**************"),
        ("phone", "13812345678", "138****5678"),
        ("phone", "1381234", "*******"),
        ("year", "1990-05-06", "1990"),
        ("county", "330106002001", "330106"),
        ("county", "3301", "3301"),
        ("all", "任何内容", "***"),
        ("none", "公开", "公开"),
    ],
)
def test_a_masked_value_shows_what_its_rule_leaves(rule: str, value: str, shown: str) -> None:
    assert masked(value, rule) == shown


def test_items_of_one_reading_are_of_one_resource() -> None:
    sources = {"person.name": "a", "person.phone": "b", "person.gone": ""}
    assert one_resource(["person.name"], sources) == "a"
    with pytest.raises(ItemsOfSeveralResources):
        one_resource(["person.name", "person.phone"], sources)
    for absent in ("person.gone", "person.unheard_of"):
        with pytest.raises(NoSource):
            one_resource(["person.name", absent], sources)


# Applications and grants


def test_the_loaded_grants_are_what_the_matters_need() -> None:
    needed = {
        code: (set(facts_of(one.definition)), f"办理{one.definition.name}")
        for code, one in ITEMS.items()
    }
    assert {one.matter: (set(one.items), one.purpose) for one in GRANTS} == needed


def test_an_application_is_decided_once_by_the_organ_that_provides(
    platform: ServiceHarness,
) -> None:
    market, provider = steward(MARKET), steward(PROVIDER)
    key = platform.execute(application(), market).id
    (waiting,) = platform.execute(DataApplications(organ=PROVIDER), provider).applications
    assert (waiting.application_id, waiting.overdue) == (key, False)
    assert waiting.due.date() == date(2026, 3, 16)  # Ten working days on.
    with pytest.raises(NotAllowed):
        platform.execute(ApproveDataApplication(application_id=key), market)
    with pytest.raises(NoGrant):
        platform.execute(fetch(platform), SYSTEM)
    platform.at(datetime(2026, 3, 17, 9, tzinfo=CHINA))
    (waiting,) = platform.execute(DataApplications(organ=PROVIDER), provider).applications
    assert waiting.overdue
    platform.execute(ApproveDataApplication(application_id=key), provider)
    assert platform.execute(DataApplications(organ=PROVIDER), provider).applications == ()
    with pytest.raises(ApplicationDecided):
        platform.execute(RejectDataApplication(application_id=key, reason="重复"), provider)
    again = platform.execute(application(purpose="另一用途"), market).id
    with pytest.raises(AlreadyGranted):
        platform.execute(ApproveDataApplication(application_id=again), provider)
    platform.execute(RejectDataApplication(application_id=again, reason="已有授权"), provider)
    with pytest.raises(ApplicationDecided):
        platform.execute(ApproveDataApplication(application_id=again), provider)


def test_what_is_shared_without_conditions_is_granted_at_once_and_what_is_not_shared_never(
    platform: ServiceHarness,
) -> None:
    market, tax = steward(MARKET), steward(TAXATION)
    items = (AppliedItem(name="enterprise.name"),)
    order = application(organ=TAXATION, resource=LEGAL_ENTITIES.code, items=items, within="33")
    platform.execute(order, tax)
    assert platform.told(GrantGiven)[-1].resource == LEGAL_ENTITIES.code
    with pytest.raises(ItemNotOfResource):
        platform.execute(replace(order, items=application().items), tax)
    with pytest.raises(GrantEndsTooEarly):
        platform.execute(replace(order, matter="another", until=date(2026, 3, 1)), tax)
    platform.execute(draft(sharing="not_shared", legal_basis=LAW), tax)
    wanted = replace(
        application(), resource="tax_credit", items=(AppliedItem(name="enterprise.tax_credit"),)
    )
    with pytest.raises(ResourceInWrongState):
        platform.execute(wanted, market)
    platform.execute(PublishDataResource(code="tax_credit"), tax)
    with pytest.raises(NotShared, match="税收征收管理法"):
        platform.execute(wanted, market)


# Reading


def test_sensitive_items_are_masked_unless_the_grant_says_why_not(
    platform: ServiceHarness,
) -> None:
    grant = granted(platform)
    shared = platform.execute(fetch(platform), SYSTEM)
    assert [(fact.value, fact.masked) for fact in shared.facts] == [
        ("钱**", True),
        (HOME, False),
    ]
    assert shared.grant_id == grant
    told = platform.told(DataShared)[-1]
    assert (told.grant_id, NAME in str(told.dump())) == (grant, False)
    audited = platform.rows(sa.select(AUDIT).where(AUDIT.c.act == "FetchSharedData"))
    assert NAME not in str(audited)
    (row,) = platform.rows(sa.select(SharedReading.__table__))
    assert NAME not in str(row)


def test_nothing_is_read_outside_of_a_grant(platform: ServiceHarness) -> None:
    granted(platform)
    elsewhere = Person.registered(
        resident_number_from("330203", date(1990, 5, 6), 3), NAME, "330203001", None
    )
    subject = person_of(platform)
    platform.act(lambda context: context.unit.add(elsewhere) and None)
    right = fetch(platform, subject=subject)
    for changes, reader, error in (
        ({}, GOVERNMENT, NoGrant),
        ({}, ECONOMY, NoGrant),
        ({"matter": "enterprise_registration"}, SYSTEM, NoGrant),
        ({"purpose": "商业营销"}, SYSTEM, PurposeNotGranted),
        ({"facts": ("person.name", "person.birth_date")}, SYSTEM, ItemNotGranted),
        ({"facts": ("enterprise.name",)}, SYSTEM, FactNotOfSubject),
        ({"subject": elsewhere.id}, SYSTEM, SubjectOutsideGrant),
        ({"subject": "p-unknown"}, SYSTEM, NotFound),
    ):
        with pytest.raises(error):
            platform.execute(replace(right, **changes), reader)
    assert platform.told(DataShared) == []
    assert platform.rows(sa.select(SharedReading.id)) == []
    platform.execute(right, SYSTEM)


def test_a_grant_ends_with_its_last_day_unless_it_is_renewed(platform: ServiceHarness) -> None:
    provider = steward(PROVIDER)
    grant = granted(platform)
    last = TODAY + timedelta(days=30)
    with pytest.raises(GrantEndsTooEarly):
        platform.execute(RenewGrant(grant_id=grant, until=last), provider)
    platform.execute(RenewGrant(grant_id=grant, until=last + timedelta(days=1)), provider)
    platform.at(datetime(2026, 4, 2, 23, 59, tzinfo=CHINA))
    platform.execute(fetch(platform), SYSTEM)
    # The day is over, be the timer late or not.
    platform.move_calendar(datetime(2026, 4, 3, tzinfo=CHINA))
    with pytest.raises(GrantInWrongState, match="expired"):
        platform.execute(fetch(platform), SYSTEM)
    platform.at(datetime(2026, 4, 3, 0, 1, tzinfo=CHINA))
    assert [event.grant_id for event in platform.told(GrantExpired)] == [grant]
    with pytest.raises(GrantInWrongState):
        platform.execute(RenewGrant(grant_id=grant, until=date(2027, 1, 1)), provider)
    granted(platform, until=date(2026, 5, 1), purpose="新用途")
    platform.execute(fetch(platform, purpose="新用途"), SYSTEM)


def test_a_revoked_grant_and_a_withdrawn_resource_serve_nobody(
    platform: ServiceHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.reading.REFERENCE_AGE", 0.0)
    provider = steward(PROVIDER)
    grant = granted(platform)
    platform.execute(RevokeGrant(grant_id=grant, reason="用途已变更"), provider)
    with pytest.raises(GrantInWrongState, match="revoked"):
        platform.execute(fetch(platform), SYSTEM)
    listed = platform.execute(GrantsOfOrgan(organ=PROVIDER), provider).grants
    assert {one.grant_id: one.state for one in listed}[grant] == "revoked"
    with pytest.raises(GrantInWrongState):
        platform.execute(RevokeGrant(grant_id=grant, reason="再次撤销"), provider)
    granted(platform)
    platform.execute(fetch(platform), SYSTEM)
    waiting = platform.execute(application(matter="another"), steward(MARKET)).id
    platform.execute(WithdrawDataResource(code=POPULATION.code, reason="停止提供"), provider)
    with pytest.raises(NoSource):
        platform.execute(fetch(platform), SYSTEM)
    with pytest.raises(ResourceInWrongState):
        platform.execute(ApproveDataApplication(application_id=waiting), provider)


def test_a_limited_grant_says_when_it_serves_again(platform: ServiceHarness) -> None:
    granted(platform, daily_limit=2)
    for _ in range(2):
        platform.execute(fetch(platform), SYSTEM)
    with pytest.raises(DailyLimitReached, match="2026-03-03"):
        platform.execute(fetch(platform), SYSTEM)
    assert len(platform.rows(sa.select(SharedReading.id))) == 2
    platform.at(MONDAY + timedelta(days=1))
    platform.execute(fetch(platform), SYSTEM)
    # Nothing is counted, and so nobody waits, where there is no limit.
    assert sum(row.used for row in platform.rows(sa.select(GrantUse.used))) == 3
    assert platform.rows(sa.select(DataGrant.id).where(DataGrant.daily_limit.is_(None))) != []


def test_at_the_same_moment_no_more_is_read_than_the_limit(platform: ServiceHarness) -> None:
    granted(platform, daily_limit=10)
    order = fetch(platform)

    def read(_: int) -> bool:
        try:
            platform.execute(order, SYSTEM)
        except DailyLimitReached:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(read, range(16))) == 10
    assert len(platform.rows(sa.select(SharedReading.id))) == 10


@pytest.mark.parametrize("limit", [1, 31, 32, 33, 1000])
def test_the_shares_of_a_limit_are_the_limit(limit: int) -> None:
    assert sum(share_of_limit(limit, number) for number in range(LIMIT_SHARES)) == limit


def test_the_legal_representative_sees_who_read_the_enterprises_data(
    platform: ServiceHarness,
) -> None:
    ((enterprise,),) = platform.rows(sa.select(Enterprise.id))
    order = fetch(
        platform,
        subject=str(enterprise),
        facts=("enterprise.name", "enterprise.legal_representative"),
        matter="tax_invoices",
        purpose="办理申领发票",
    )
    platform.execute(order, GOVERNMENT)
    leader = Principal("leader", "resident", "330106", person=person_of(platform))
    query = ReadersOfEnterprise(enterprise_id=str(enterprise))
    (entry,) = platform.execute(query, leader).entries
    assert (entry.labels, entry.purpose) == (("企业名称", "法定代表人"), "办理申领发票")
    assert entry.reader_name == "浙江政务服务平台（数字政府）"
    for stranger in (SYSTEM, Principal("other", "resident", "330106", person="p-other")):
        with pytest.raises(NotAllowed):
            platform.execute(query, stranger)


def test_no_query_can_be_narrowed_by_an_item_that_is_masked() -> None:
    """Whoever can filter by a value learns it by trying."""
    hidden = {item.name.partition(".")[2] for item in POPULATION.items} | {"number", "phone"}
    # What it is said of is public by law.
    of_others = {"CheckEnterpriseName": {"name", "division"}}
    for name, query in queries_of("identity_data").items():
        probed = hidden & query.SCHEMA.fields.keys() - of_others.get(name, set())
        assert probed == set(), name
