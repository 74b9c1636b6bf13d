"""The digital reform (数字化改革, 1+5+2) as the first central task: sheet, timetable, route map.

What the parts are, that all functions of the five applications are online and the levels connected
in the first year, and what follows, was announced on 18 February 2021. Weights, and which of the
organs kept here answers for a part, are this platform's own order: some of the true lead bodies,
as commissions and offices of the party committee, are not among its organs. The systems of theory
and of norms have no milestones until their lead organ plans them.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from shared.contracts.party_government import (
    PlannedMilestone,
    PlannedPart,
    ProposePlan,
    RegisterTask,
    TaskPlan,
)

TASK: Final = "digital-reform"
PROVINCE: Final = "33"
PARTY: Final = "33-party_committee"
GOVERNMENT: Final = "33-government"
POST: Final = "主要负责人"

FIRST_YEAR: Final = date(2021, 12, 31)
# The last day of 2022 is a holiday.
SECOND_YEAR: Final = date(2022, 12, 30)
FIVE_YEARS: Final = date(2025, 12, 31)

REGISTRATION: Final = RegisterTask(
    division=PROVINCE,
    title="数字化改革（1+5+2）",
    aim=(
        "建成一体化智能化公共数据平台，建设党政机关整体智治、数字政府、数字经济、数字社会、数字法治"
        "五个综合应用，构建理论体系和制度规范体系"
    ),
    basis="全省数字化改革大会（2021年2月18日）",
    begins=date(2021, 2, 18),
    lead=PARTY,
    responsible=PARTY,
    supervising=GOVERNMENT,
    post=POST,
)


def _part(key: str, title: str, weight: float, lead: str, responsible: str) -> PlannedPart:
    """Each of the two heads supervises what the other leads."""
    return PlannedPart(
        key=key,
        title=title,
        weight=weight,
        lead=lead,
        responsible=responsible,
        supervising=PARTY if lead == GOVERNMENT else GOVERNMENT,
        post=POST,
    )


APPLICATIONS: Final = (
    _part("party_government", "党政机关整体智治综合应用", 12, PARTY, PARTY),
    _part("digital_government", "数字政府综合应用", 12, GOVERNMENT, "33-data_resources"),
    _part("digital_economy", "数字经济综合应用", 12, GOVERNMENT, "33-market_regulation"),
    _part("digital_society", "数字社会综合应用", 12, GOVERNMENT, "33-civil_affairs"),
    _part("rule_of_law", "数字法治综合应用", 12, PARTY, "33-justice"),
)
PARTS: Final = (
    _part("platform", "一体化智能化公共数据平台", 20, GOVERNMENT, "33-data_resources"),
    *APPLICATIONS,
    _part("theory", "理论体系", 10, PARTY, PARTY),
    _part("norms", "制度规范体系", 10, PARTY, "33-justice"),
)


def _milestone(key: str, part: str | None, title: str, due: date, *after: str) -> PlannedMilestone:
    return PlannedMilestone(key=key, part=part, title=title, due=due, after=after)


MILESTONES: Final = (
    _milestone("platform_ready", "platform", "公共数据平台支撑五个综合应用", FIRST_YEAR),
    *(
        _milestone(f"{part.key}_online", part.key, "全部功能上线", FIRST_YEAR, "platform_ready")
        for part in APPLICATIONS
    ),
    *(
        _milestone(f"{part.key}_linked", part.key, "省市县全贯通", FIRST_YEAR, f"{part.key}_online")
        for part in APPLICATIONS
    ),
    _milestone(
        "in_the_palm",
        None,
        "掌上办事、掌上办公、掌上治理之省",
        SECOND_YEAR,
        *(f"{part.key}_linked" for part in APPLICATIONS),
    ),
    _milestone("highland", None, "全球数字变革高地", FIVE_YEARS, "in_the_palm"),
)

PLAN: Final = ProposePlan(
    task_id=TASK,
    plan=TaskPlan(parts=PARTS, milestones=MILESTONES),
    reason="随系统装载的首个重大任务",
)
