"""The indicators and groups of the province that the first load defines.

The ten goals of 十个现代化先行 and the three of 三个争先 are groups. Which indicator stands under
which is this platform's own order, not the documents'. No name here was compared with the text of
its document, so every source says that it is not checked.
"""

from __future__ import annotations

from typing import Any, Final

from shared.contracts.party_government import DefineIndicator, IndicatorSource

PROVINCE: Final = "33"
GOVERNMENT: Final = "33-government"
DATA_RESOURCES: Final = "33-data_resources"

PLAN: Final = IndicatorSource(
    document=(
        "中共浙江省委关于制定浙江省国民经济和社会发展第十四个五年规划和二〇三五年远景目标的建议"
        "（2020年11月，省委十四届八次全会）"
    )
)
REFORM: Final = IndicatorSource(document="全省数字化改革大会（2021年2月18日）")
RATINGS: Final = IndicatorSource(document="GB/T 39735-2020")


def _group(code: str, name_zh: str, name_en: str, source: IndicatorSource) -> DefineIndicator:
    return DefineIndicator(
        code=code,
        division=PROVINCE,
        organ=GOVERNMENT,
        name_zh=name_zh,
        name_en=name_en,
        source=source,
    )


def _indicator(
    code: str, name_zh: str, name_en: str, formula: str, parent: str, **terms: Any
) -> DefineIndicator:
    given: dict[str, Any] = {
        "code": code,
        "division": PROVINCE,
        "organ": DATA_RESOURCES,
        "name_zh": name_zh,
        "name_en": name_en,
        "formula": formula,
        "parent": parent,
        "unit": "count",
        **terms,
    }
    return DefineIndicator(**given)


GOALS: Final = (
    _group("goal_digital", "数字赋能现代化先行", "ahead in digital empowerment", PLAN),
    _group("goal_industry", "产业体系现代化先行", "ahead in the system of industries", PLAN),
    _group("goal_innovation", "科技创新现代化先行", "ahead in science and innovation", PLAN),
    _group("goal_countryside", "农业农村现代化先行", "ahead in farming and the countryside", PLAN),
    _group("goal_opening", "对外开放现代化先行", "ahead in opening to the world", PLAN),
    _group("goal_governance", "省域治理现代化先行", "ahead in governing the province", PLAN),
    _group("goal_culture", "文化建设现代化先行", "ahead in culture", PLAN),
    _group("goal_ecology", "生态文明现代化先行", "ahead in ecology", PLAN),
    _group("goal_services", "公共服务现代化先行", "ahead in public services", PLAN),
    _group("goal_people", "人的现代化先行", "ahead in the modernisation of people", PLAN),
)
"""十个现代化先行."""

FIRSTS: Final = (
    _group("first_in_reform", "改革突破争先", "first in breakthroughs of reform", REFORM),
    _group("first_in_service", "服务提质争先", "first in the quality of services", REFORM),
    _group("first_in_risk_control", "风险防控争先", "first in risk prevention and control", REFORM),
)
"""三个争先."""

APPLICATIONS: Final = (
    (
        "platform",
        "一体化智能化公共数据平台",
        "the public data platform",
        ("enterprises_registered", "data_shared"),
    ),
    (
        "party_government",
        "党政机关整体智治",
        "party-government",
        (
            "directives_signed",
            "directives_handled",
            "milestones_done",
            "task_reports_given",
            "internal_matters_decided",
        ),
    ),
    (
        "digital_government",
        "数字政府",
        "digital government",
        ("items_online", "cases_submitted", "cases_decided", "one_things_completed", "ratings"),
    ),
    (
        "digital_economy",
        "数字经济",
        "digital economy",
        ("enterprises_known", "policies_matched"),
    ),
)
"""The applications that count what is done in them, each with the leaf measures of its functions: a
function is online where it is used."""


def _spread(
    application: str, zh: str, en: str, functions: tuple[str, ...]
) -> tuple[DefineIndicator, DefineIndicator]:
    """How far an application has come in a division: 功能上线, 层级贯通."""
    used = " + ".join(f"counted({one})" for one in functions)
    levels = ", ".join(f"levels({one})" for one in functions)
    return (
        _indicator(
            f"functions_online_percent_{application}",
            f"{zh}功能上线率",
            f"functions of {en} in use",
            f"({used}) / {len(functions)} * 100",
            "first_in_reform",
            unit="percent",
            direction="higher",
        ),
        _indicator(
            f"levels_connected_{application}",
            f"{zh}贯通层级数",
            f"levels connected by {en}",
            f"max({levels})",
            "first_in_reform",
            direction="higher",
        ),
    )


INDICATORS: Final = (
    _indicator(
        "items_online_percent",
        "网上可办率",
        "service items available online",
        "ratio(items_online, items_offered) * 100",
        "first_in_reform",
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "items_zero_visit_percent",
        "零跑率",
        "service items that need no visit",
        "ratio(items_zero_visit, items_offered) * 100",
        "first_in_reform",
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "items_one_visit_percent",
        "最多跑一次率",
        "service items that need one visit at most",
        "ratio(items_one_visit, items_offered) * 100",
        "first_in_reform",
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "promised_days_percent",
        "承诺期限占法定期限比",
        "promised days as a share of the statutory days",
        "ratio(items_promised_days, items_statutory_days) * 100",
        "first_in_reform",
        unit="percent",
        direction="lower",
    ),
    _indicator(
        "cases_submitted",
        "申请件数",
        "cases submitted",
        "total(cases_submitted)",
        "first_in_service",
    ),
    _indicator(
        "cases_decided", "办结件数", "cases decided", "total(cases_decided)", "first_in_service"
    ),
    _indicator(
        "cases_in_time_percent",
        "按时办结率",
        "cases decided in time",
        "ratio(cases_in_time, cases_decided) * 100",
        "first_in_service",
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "cases_early_percent",
        "提前办结率",
        "cases decided before their last day",
        "ratio(cases_early, cases_decided) * 100",
        "first_in_service",
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "cases_instant_percent",
        "秒批率",
        "cases decided at once by rule",
        "ratio(cases_instant, cases_decided) * 100",
        "first_in_service",
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "materials_reused_percent",
        "材料免提交率",
        "materials that government held and nobody brought",
        "ratio(materials_reused, materials_needed) * 100",
        "first_in_service",
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "case_minutes_median",
        "办件时长中位数",
        "handling time of a case, median",
        "median(case_minutes)",
        "first_in_service",
        unit="minutes",
        direction="lower",
    ),
    _indicator(
        "case_minutes_p95",
        "办件时长95分位数",
        "handling time of a case, 95th percentile",
        "percentile(case_minutes, 95)",
        "first_in_service",
        unit="minutes",
        direction="lower",
    ),
    _indicator(
        "one_things_completed",
        "“一件事”办结数",
        "one-things completed",
        "total(one_things_completed)",
        "first_in_service",
    ),
    _indicator(
        "one_thing_minutes_median",
        "“一件事”时长中位数",
        "handling time of a one-thing, median",
        "median(one_thing_minutes)",
        "first_in_service",
        unit="minutes",
        direction="lower",
    ),
    _indicator("ratings", "评价数", "ratings", "total(ratings)", "first_in_service"),
    _indicator(
        "ratings_bad",
        "差评数",
        "bad ratings",
        "total(ratings_bad)",
        "first_in_service",
        direction="lower",
        source=RATINGS,
    ),
    _indicator(
        "rating_average",
        "平均评价等级",
        "average grade",
        "mean(rating_grades)",
        "first_in_service",
        unit="grade",
        direction="higher",
        source=RATINGS,
    ),
    _indicator(
        "satisfaction_percent",
        "满意率",
        "ratings of the three good grades",
        "100 - ratio(ratings_bad, ratings) * 100",
        "first_in_service",
        unit="percent",
        direction="higher",
        source=RATINGS,
    ),
    _indicator(
        "corrections_in_time_percent",
        "差评按期整改率",
        "bad ratings put right in time",
        "ratio(corrections_in_time, corrections_opened) * 100",
        "first_in_service",
        unit="percent",
        direction="higher",
        source=RATINGS,
    ),
    _indicator(
        "cases_online_percent",
        "网上申请率",
        "cases applied for online",
        "ratio(cases_online, cases_submitted) * 100",
        "first_in_reform",
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "cases_zero_visit_percent",
        "办件零跑率",
        "cases without a visit",
        "ratio(cases_zero_visit, cases_delivered) * 100",
        "first_in_reform",
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "cases_one_visit_percent",
        "办件最多跑一次率",
        "cases with one visit at most",
        "ratio(cases_one_visit, cases_delivered) * 100",
        "first_in_reform",
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "cases_across",
        "跨域通办件数",
        "cases received elsewhere",
        "total(cases_across)",
        "first_in_service",
    ),
    _indicator(
        "visits_served", "大厅接待数", "visits to halls", "total(visits_served)", "first_in_service"
    ),
    _indicator(
        "visit_waiting_minutes_median",
        "大厅等候时长中位数",
        "waiting in a hall, median",
        "median(visit_waiting_minutes)",
        "first_in_service",
        unit="minutes",
        direction="lower",
    ),
    _indicator(
        "concerns_raised", "诉求数", "concerns", "total(concerns_raised)", "first_in_service"
    ),
    _indicator(
        "concerns_in_time_percent",
        "诉求按期办结率",
        "concerns answered in time",
        "ratio(concerns_in_time, concerns_answered) * 100",
        "first_in_service",
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "concerns_escalated",
        "诉求逾期升级次数",
        "escalations of concerns not answered in time",
        "total(concerns_escalated)",
        "first_in_service",
        direction="lower",
    ),
    _indicator(
        "enterprises_registered",
        "新登记企业数",
        "enterprises registered",
        "total(enterprises_registered)",
        "goal_industry",
        organ=GOVERNMENT,
    ),
    _indicator(
        "enterprises_known",
        "纳入惠企匹配的企业数",
        "enterprises that policies can find",
        "total(enterprises_known)",
        "goal_industry",
        organ=GOVERNMENT,
    ),
    _indicator(
        "policies_matched",
        "政策匹配数",
        "policies matched to enterprises",
        "total(policies_matched)",
        "goal_industry",
        organ=GOVERNMENT,
    ),
    _indicator(
        "directives_signed",
        "政令签收数",
        "directives signed for",
        "total(directives_signed)",
        "goal_governance",
        organ=GOVERNMENT,
    ),
    _indicator(
        "directives_signed_in_time_percent",
        "政令按时签收率",
        "directives signed for in time",
        "ratio(directives_signed_in_time, directives_signed) * 100",
        "goal_governance",
        organ=GOVERNMENT,
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "directives_handled",
        "政令办结数",
        "directives handled",
        "total(directives_handled)",
        "goal_governance",
        organ=GOVERNMENT,
    ),
    _indicator(
        "directives_handled_in_time_percent",
        "政令按时办结率",
        "directives handled in time",
        "ratio(directives_handled_in_time, directives_handled) * 100",
        "goal_governance",
        organ=GOVERNMENT,
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "organs_criticised",
        "政令通报次数",
        "public criticisms over directives",
        "total(organs_criticised)",
        "goal_governance",
        organ=GOVERNMENT,
        direction="lower",
    ),
    _indicator(
        "milestones_done",
        "重大任务节点完成数",
        "milestones of tasks done",
        "total(milestones_done)",
        "first_in_reform",
        organ=GOVERNMENT,
    ),
    _indicator(
        "milestones_in_time_percent",
        "重大任务节点按时完成率",
        "milestones of tasks done in time",
        "ratio(milestones_done_in_time, milestones_done) * 100",
        "first_in_reform",
        organ=GOVERNMENT,
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "task_reports_given_percent",
        "重大任务报告提交率",
        "reports on tasks given",
        "ratio(task_reports_given, task_reports_due) * 100",
        "first_in_reform",
        organ=GOVERNMENT,
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "internal_matters_in_time_percent",
        "机关内部事项按时办结率",
        "matters between organs decided in time",
        "ratio(internal_matters_in_time, internal_matters_decided) * 100",
        "first_in_service",
        organ=GOVERNMENT,
        unit="percent",
        direction="higher",
    ),
    _indicator(
        "data_shared",
        "数据共享次数",
        "readings of shared data",
        "total(data_shared)",
        "goal_digital",
    ),
    *(one for application in APPLICATIONS for one in _spread(*application)),
)
"""What is reckoned from the leaf measures that services publish."""

DEFINITIONS: Final = (*GOALS, *FIRSTS, *INDICATORS)
"""All of them, each after the one that it stands under."""
