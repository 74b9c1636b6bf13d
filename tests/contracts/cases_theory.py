"""Cases of the theory system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from services.party_government.commands.indicators import put_in_force
from services.party_government.models import (
    Practice,
)
from shared.context import Context, Principal
from shared.contracts.party_government import (
    AdoptPractice,
    ConcludeTopic,
    DefineConcept,
    DefineIndicator,
    DropTopic,
    EndAdoption,
    ProposeTopic,
    PublishPractice,
    ReportAdoption,
    ReviewPractice,
    ReviseConcept,
    SubmitPractice,
    WithdrawPractice,
)
from shared.testing.harness import ServiceHarness
from tests.contracts.cases_supervision import ANSWERING, COUNTY, ORGAN, know_organ
from tests.contracts.ready import MONDAY, Ready, on_existing
from tests.measured import measured

OTHER_COUNTY = "330203"
RESEARCHER = Principal(
    "account.researcher", "official", "33", "33-party_committee", ("researcher",)
)
OFFICE = Principal(
    "account.office", "official", COUNTY, f"{COUNTY}-government", ("general_office",)
)
OTHER_OFFICE = replace(
    OFFICE, id="account.other", division=OTHER_COUNTY, organ=f"{OTHER_COUNTY}-government"
)
BEFORE, AFTER, LATER = "2025-10", "2025-11", "2025-12"
MEASURE = "cases_decided"

DEFINITION = DefineIndicator(
    code="cases_counted",
    division="33",
    organ="33-data_resources",
    name_zh="网上办结件数",
    name_en="cases decided online",
    formula=f"total({MEASURE})",
    unit="count",
    direction="higher",
)


def define_concept(harness: ServiceHarness) -> Ready:
    """Nothing is needed."""
    order = DefineConcept(
        code="one_visit",
        name_zh="最多跑一次",
        name_en="at most one visit",
        definition="从申请到取得结果最多上门一次。",
        source="《浙江省保障“最多跑一次”改革规定》第二条",
    )
    return Ready(order, RESEARCHER, replace(order, code="one_thing"))


def concept(harness: ServiceHarness) -> str:
    """A concept that is defined."""
    ready = define_concept(harness)
    return harness.execute(ready.order, ready.by).id


def revise_concept(harness: ServiceHarness) -> Ready:
    """A concept."""
    order = ReviseConcept(
        code=concept(harness),
        definition="从申请到取得结果最多上门一次或者不必上门。",
        source="《浙江省保障“最多跑一次”改革规定》第二条",
        reason="补充零上门",
    )
    return on_existing(order, RESEARCHER)


def propose_topic(harness: ServiceHarness) -> Ready:
    """A concept and an organ."""
    harness.act(know_organ)
    order = ProposeTopic(
        division=COUNTY,
        concept=concept(harness),
        title="零跑的边界",
        question="哪些事项必须到场？",
        organ=ORGAN,
    )
    return Ready(order, RESEARCHER, replace(order, title="零跑的成本"))


def topic(harness: ServiceHarness) -> str:
    """A topic that the organ looks into."""
    ready = propose_topic(harness)
    return harness.execute(ready.order, ready.by).id


def conclude_topic(harness: ServiceHarness) -> Ready:
    """A topic of the organ."""
    order = ConcludeTopic(topic_id=topic(harness), finding="仅需当面核验身份者")
    return on_existing(order, ANSWERING)


def drop_topic(harness: ServiceHarness) -> Ready:
    """A topic."""
    return on_existing(DropTopic(topic_id=topic(harness), reason="与他题重复"), RESEARCHER)


def count(context: Context) -> None:
    """More each month in both counties, 10, 15 and 20, of what shall be more."""
    put_in_force(DEFINITION, context)
    for county in (COUNTY, OTHER_COUNTY):
        for period, value in ((BEFORE, 10), (AFTER, 15), (LATER, 20)):
            measured(context, MEASURE, f"{county}001", period, value)


def submit_practice(harness: ServiceHarness) -> Ready:
    """A concept, and something measured before and after."""
    harness.at(MONDAY)
    harness.act(count)
    order = SubmitPractice(
        division=COUNTY,
        concept=concept(harness),
        title="企业开办零跑",
        problem="多部门多次提交",
        approach="一表申请、数据共享",
        indicators=(DEFINITION.code,),
        before=BEFORE,
        after=AFTER,
    )
    return Ready(order, OFFICE, replace(order, after=LATER))


def practice(harness: ServiceHarness) -> str:
    """A practice that awaits its reviews."""
    ready = submit_practice(harness)
    return harness.execute(ready.order, ready.by).id


def review_practice(harness: ServiceHarness) -> Ready:
    """A practice of another county."""
    order = ReviewPractice(practice_id=practice(harness), grade=5, opinion="可复制")
    return on_existing(order, OTHER_OFFICE)


def publish_practice(harness: ServiceHarness) -> Ready:
    """A practice that two other counties reviewed."""
    submitted = practice(harness)

    def review(context: Context) -> None:
        for county in (OTHER_COUNTY, "330483"):
            context.unit.get(Practice, submitted).review(county, 4, "可复制")

    harness.act(review)
    return on_existing(PublishPractice(practice_id=submitted), RESEARCHER)


def withdraw_practice(harness: ServiceHarness) -> Ready:
    """A practice."""
    order = WithdrawPractice(practice_id=practice(harness), reason="数据有误")
    return on_existing(order, OFFICE)


def adopt_practice(harness: ServiceHarness) -> Ready:
    """A published practice of another county."""
    ready = publish_practice(harness)
    published = harness.execute(ready.order, ready.by).id
    order = AdoptPractice(practice_id=published, division=OTHER_COUNTY, before=BEFORE)
    return Ready(order, OTHER_OFFICE, replace(order, before=AFTER))


def adopted(harness: ServiceHarness) -> str:
    """A practice that another county adopted."""
    ready = adopt_practice(harness)
    return harness.execute(ready.order, ready.by).id


def report_adoption(harness: ServiceHarness) -> Ready:
    """An adoption."""
    return on_existing(ReportAdoption(adoption_id=adopted(harness), after=LATER), OTHER_OFFICE)


def end_adoption(harness: ServiceHarness) -> Ready:
    """An adoption."""
    return on_existing(EndAdoption(adoption_id=adopted(harness), reason="不适用"), OTHER_OFFICE)


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "DefineConcept": define_concept,
    "ReviseConcept": revise_concept,
    "ProposeTopic": propose_topic,
    "ConcludeTopic": conclude_topic,
    "DropTopic": drop_topic,
    "SubmitPractice": submit_practice,
    "ReviewPractice": review_practice,
    "PublishPractice": publish_practice,
    "WithdrawPractice": withdraw_practice,
    "AdoptPractice": adopt_practice,
    "ReportAdoption": report_adoption,
    "EndAdoption": end_adoption,
}
