"""The leaf measures that services publish and formulas may name, each with its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class LeafMeasure:
    """What an owner counts (`services/<owner>/indicators.py`): its unit and its names."""

    unit: str
    zh: str
    en: str


MEASURES: Final[Mapping[str, LeafMeasure]] = {
    "items_offered": LeafMeasure("count", "政务服务事项数", "service items offered"),
    "items_online": LeafMeasure("count", "网上可办事项数", "service items available online"),
    "items_zero_visit": LeafMeasure("count", "零跑事项数", "service items that need no visit"),
    "items_one_visit": LeafMeasure(
        "count", "最多跑一次事项数", "service items that need one visit at most"
    ),
    "items_statutory_days": LeafMeasure(
        "days", "事项法定期限之和", "statutory days of the service items offered"
    ),
    "items_promised_days": LeafMeasure(
        "days", "事项承诺期限之和", "promised days of the service items offered"
    ),
    "cases_submitted": LeafMeasure("count", "申请件数", "cases submitted"),
    "cases_online": LeafMeasure("count", "网上申请件数", "cases applied for online"),
    "cases_delivered": LeafMeasure("count", "送达件数", "cases whose result was delivered"),
    "cases_zero_visit": LeafMeasure("count", "零跑办件数", "of these without a visit"),
    "cases_one_visit": LeafMeasure("count", "最多跑一次办件数", "of these with one visit at most"),
    "cases_across": LeafMeasure("count", "跨域通办件数", "cases received in another place"),
    "cases_decided": LeafMeasure("count", "办结件数", "cases decided"),
    "cases_in_time": LeafMeasure("count", "按时办结件数", "cases decided in time"),
    "cases_early": LeafMeasure("count", "提前办结件数", "cases decided before their last day"),
    "cases_instant": LeafMeasure("count", "秒批件数", "cases decided at once by rule"),
    "materials_reused": LeafMeasure(
        "count", "免提交材料数", "materials that government held and nobody brought"
    ),
    "materials_needed": LeafMeasure("count", "所需材料数", "materials that cases needed"),
    "case_minutes": LeafMeasure("minutes", "办件时长", "handling time of cases"),
    "one_things_completed": LeafMeasure("count", "“一件事”办结数", "one-things completed"),
    "one_things_zero_visit": LeafMeasure(
        "count", "零跑“一件事”办结数", "one-things completed without a visit"
    ),
    "one_thing_minutes": LeafMeasure("minutes", "“一件事”时长", "handling time of one-things"),
    "ratings": LeafMeasure("count", "评价数", "ratings"),
    "ratings_bad": LeafMeasure("count", "差评数", "bad ratings"),
    "rating_grades": LeafMeasure("grade", "评价等级", "grades of ratings"),
    "corrections_opened": LeafMeasure("count", "差评整改数", "corrections after bad ratings"),
    "corrections_in_time": LeafMeasure(
        "count", "差评按期整改数", "corrections after bad ratings reported in time"
    ),
    "visits_served": LeafMeasure("count", "大厅接待数", "visits to service halls"),
    "visits_missed": LeafMeasure("count", "爽约过号数", "visits that were missed"),
    "visit_waiting_minutes": LeafMeasure("minutes", "大厅等候时长", "waiting in service halls"),
    "concerns_raised": LeafMeasure("count", "诉求数", "advice, complaints, suggestions raised"),
    "concerns_answered": LeafMeasure("count", "诉求办结数", "of these answered"),
    "concerns_in_time": LeafMeasure("count", "诉求按期办结数", "of these answered in time"),
    "concerns_escalated": LeafMeasure("count", "诉求逾期升级次数", "escalations of what was late"),
    "enterprises_registered": LeafMeasure("count", "新登记企业数", "enterprises registered"),
    "enterprises_known": LeafMeasure(
        "count", "纳入惠企匹配的企业数", "enterprises that policies can find"
    ),
    "policies_matched": LeafMeasure("count", "政策匹配数", "policies matched to enterprises"),
    "directives_signed": LeafMeasure("count", "政令签收数", "directives signed for"),
    "directives_signed_in_time": LeafMeasure(
        "count", "政令按时签收数", "directives signed for in time"
    ),
    "directives_handled": LeafMeasure("count", "政令办结数", "directives handled"),
    "directives_handled_in_time": LeafMeasure(
        "count", "政令按时办结数", "directives handled in time"
    ),
    "organs_criticised": LeafMeasure("count", "政令通报次数", "public criticisms over directives"),
    "milestones_done": LeafMeasure("count", "重大任务节点完成数", "milestones of tasks done"),
    "milestones_done_in_time": LeafMeasure(
        "count", "重大任务节点按时完成数", "milestones of tasks done in time"
    ),
    "task_reports_due": LeafMeasure("count", "重大任务应交报告数", "reports on tasks due"),
    "task_reports_given": LeafMeasure("count", "重大任务已交报告数", "reports on tasks given"),
    "internal_matters_submitted": LeafMeasure(
        "count", "机关内部事项提交数", "matters between organs submitted"
    ),
    "internal_matters_decided": LeafMeasure(
        "count", "机关内部事项办结数", "matters between organs decided"
    ),
    "internal_matters_in_time": LeafMeasure(
        "count", "机关内部事项按时办结数", "matters between organs decided in time"
    ),
    "data_shared": LeafMeasure("count", "数据共享次数", "readings of shared data"),
}
