"""Messages about the theory system."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from services.party_government.commands.indicators import put_in_force
from services.party_government.models import (
    Adoption,
    Concept,
    DefinedIndicator,
    MeasureValue,
    Practice,
    ResearchTopic,
)
from services.party_government.models.screen import Series
from shared.context import Context, new_id
from shared.contracts.party_government import DefineIndicator
from tests.measured import measured
from tests.security.access_supervision import COUNTY, REASON, ensure, known_organ
from tests.security.databases import Databases, Payload, Resource, only

BEFORE, AFTER = "2021-01", "2021-02"
MEASURE = "cases_decided"
DEFINITION = DefineIndicator(
    code="access_evidence",
    division="33",
    organ="33-data_resources",
    name_zh="佐证指标",
    name_en="evidence",
    formula=f"total({MEASURE})",
    unit="count",
    direction="higher",
)
INDICATOR = DEFINITION.code
EVIDENCE = {
    "indicator": INDICATOR,
    "name_zh": "佐证指标",
    "unit": "count",
    "direction": "higher",
    "before_period": BEFORE,
    "before": 1.0,
}


def _concept(databases: Databases) -> str:
    code = "concept_of_access"
    ensure(databases, Concept(id=code, name_zh="概念", name_en="concept"))
    return code


def define_concept(databases: Databases, _: Resource) -> Payload:
    """A concept that is not defined yet."""
    names = {
        "name_zh": "概念",
        "name_en": "concept",
        "definition": "定义",
        "source": "某文件第一条",
    }
    return {"code": f"concept_{databases.number()}", **names}


def revise_concept(databases: Databases, _: Resource) -> Payload:
    """A concept that is defined."""
    words = {"definition": "定义", "source": "某文件第一条", "reason": "修订"}
    return {"code": _concept(databases), **words}


def propose_topic(databases: Databases, resource: Resource) -> Payload:
    """A question for an organ of the division."""
    division = resource.get("division", COUNTY)
    words = {"title": "课题", "question": "为什么？", "concept": _concept(databases)}
    return {"division": division, "organ": known_organ(databases, division), **words, **resource}


def topic(fields: Payload, databases: Databases, resource: Resource) -> Payload:
    """End an open topic."""
    kept = ResearchTopic(
        id=f"rt-{new_id()}",
        concept=_concept(databases),
        title="课题",
        question="为什么？",
        **{"organ": f"{COUNTY}-known", **resource},
    )
    databases.add("party_government", kept)
    return {"topic_id": kept.id, **fields}


def _define(context: Context) -> None:
    if context.unit.find(DefinedIndicator, INDICATOR) is None:
        put_in_force(DEFINITION, context)


def _measure(databases: Databases, division: str) -> None:
    def count(context: Context) -> None:
        _define(context)
        for period in (BEFORE, AFTER):
            key = Series("access", MEASURE, period).id_in(division)
            if context.unit.find(MeasureValue, key) is None:
                measured(context, MEASURE, division, period, 1, owner="access")

    databases.act("party_government", count)


def submit_practice(databases: Databases, resource: Resource) -> Payload:
    """What was tried in the division, and what was measured there."""
    division = resource.get("division", COUNTY)
    _measure(databases, division)
    words = {"title": "案例", "problem": "问题", "approach": "做法"}
    proof = {"indicators": [INDICATOR], "before": BEFORE, "after": AFTER}
    return {"division": division, "concept": _concept(databases), **words, **proof, **resource}


def _practice(databases: Databases, state: str, resource: Resource) -> str:
    reviews = [{"county": county, "grade": 4, "opinion": "可"} for county in ("330302", "330303")]
    kept = Practice(
        id=f"pr-{new_id()}",
        concept=_concept(databases),
        organ=f"{COUNTY}-government",
        title="案例",
        problem="问题",
        approach="做法",
        evidence=[EVIDENCE],
        reviews=reviews,
        state=state,
        **resource,
    )
    databases.add("party_government", kept)
    return kept.id


def practice(fields: Payload, databases: Databases, resource: Resource) -> Payload:
    """Go on with a practice that awaits publication."""
    return {"practice_id": _practice(databases, "submitted", resource), **fields}


def adopt_practice(databases: Databases, resource: Resource) -> Payload:
    """Adopt in the division what another county published."""
    division = resource.get("division", COUNTY)
    _measure(databases, division)
    published = _practice(databases, "published", {"division": "330483"})
    return {"practice_id": published, "division": division, "before": BEFORE, **resource}


def adoption(fields: Payload, databases: Databases, resource: Resource) -> Payload:
    """Go on with an adoption."""
    division = resource.get("division", COUNTY)
    _measure(databases, division)
    kept = Adoption(
        id=f"pr-{new_id()}.{division}",
        practice="pr-none",
        evidence=[EVIDENCE],
        **{"division": division, **resource},
    )
    databases.add("party_government", kept)
    return {"adoption_id": kept.id, **fields}


CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "DefineConcept": define_concept,
    "ReviseConcept": revise_concept,
    "Concepts": only(),
    "ProposeTopic": propose_topic,
    "ConcludeTopic": partial(topic, {"finding": "结论"}),
    "DropTopic": partial(topic, REASON),
    "SubmitPractice": submit_practice,
    "ReviewPractice": partial(practice, {"grade": 4, "opinion": "可复制"}),
    "PublishPractice": partial(practice, {}),
    "WithdrawPractice": partial(practice, REASON),
    "AdoptPractice": adopt_practice,
    "ReportAdoption": partial(adoption, {"after": AFTER}),
    "EndAdoption": partial(adoption, REASON),
    "Practices": only(division=COUNTY),
    "BestApplications": only(division=COUNTY),
    "TraceConcept": lambda databases, _: {"code": _concept(databases)},
}
