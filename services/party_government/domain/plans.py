"""Plans of central tasks: what makes one sound, and what an edition changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from shared.contracts.party_government import PlannedPart, Responsibility, TaskPlan
from shared.divisions import contains
from shared.errors import InvalidInput, RuleBroken

WHOLE: Final = 100_00
"""The weights of all parts of a task, in hundredths of a percent."""

Faults = dict[str, Any]


class TaskState(StrEnum):
    """Where a task stands."""

    REGISTERED = "registered"  # 已登记
    IN_FORCE = "in_force"  # 实施中
    CLOSED = "closed"  # 已销号
    ENDED = "ended"  # 已终止


class PlanState(StrEnum):
    """Where an edition of a plan stands."""

    PROPOSED = "proposed"  # 报审
    ADOPTED = "adopted"  # 通过
    RETURNED = "returned"  # 退回
    TAKEN_BACK = "taken_back"  # 撤回


class MilestoneState(StrEnum):
    """Where a milestone stands."""

    OPEN = "open"  # 推进中
    REPORTED = "reported"  # 待核验
    DONE = "done"  # 已完成
    ENDED = "ended"  # 已取消


class ReportState(StrEnum):
    """Where the report of a milestone stands."""

    WAITING = "waiting"  # 待核验
    CONFIRMED = "confirmed"  # 核验通过
    RETURNED = "returned"  # 退回
    TAKEN_BACK = "taken_back"  # 撤回


class TaskReportState(StrEnum):
    """Where a report of a period, or the minutes of its meeting, stand."""

    OWED = "owed"  # 待交
    GIVEN = "given"  # 已交
    MISSED = "missed"  # 缺报
    ENDED = "ended"  # 不再需要


class UnfitPlan(InvalidInput):
    """A plan does not fit; `fields` says where, by the number of the part or milestone."""

    zh = "任务计划不合要求，请按各部分、各节点的提示更正"
    en = "the plan does not fit; correct each part and milestone as its message says"


class CircularParts(InvalidInput):
    """A part is a part of itself."""

    zh = "任务分解循环：{path}"
    en = "a part is a part of itself: {path}"


class TaskNotInForce(RuleBroken):
    """The task, or the whole of which it is a part, is closed or was ended."""

    zh = "任务已销号或已终止，不能再变更"
    en = "the task was closed or ended and changes no more"


class NothingProposed(RuleBroken):
    """No proposal waits for a review."""

    zh = "没有待审核的任务计划"
    en = "no plan waits for a review"


class WholeTaskOnly(RuleBroken):
    """What was ordered concerns the whole task, and this is a part."""

    zh = "此操作只适用于整个任务，请对“{root}”办理"
    en = "this is done with the whole task; order it for “{root}”"


class TaskNotDone(RuleBroken):
    """A task cannot be closed while a milestone is not done, or where it has none."""

    zh = "任务还有{count}个节点未完成，或尚无节点，不能销号"
    en = "{count} milestones of the task are not done, or it has none; it cannot be closed yet"


class NoSuchOrgan(RuleBroken):
    """An organ of the responsibility sheet is not known, or came to an end."""

    zh = "责任单中的机构“{organ}”不存在或已撤销"
    en = "the responsibility sheet names “{organ}”, which is not known or came to an end"


class MilestoneAlreadyReported(RuleBroken):
    """The milestone waits for its check, is done, or is no part of the task any more."""

    zh = "该节点不在推进中：已申报、已完成或已取消"
    en = "the milestone is not open: it was reported, is done, or was dropped"


class NothingToWithdraw(RuleBroken):
    """The milestone has no report that waits for its check."""

    zh = "该节点没有待核验的申报"
    en = "no report of the milestone waits for its check"


class NothingToCheck(RuleBroken):
    """The report was checked or withdrawn."""

    zh = "该申报已核验或已撤回"
    en = "the report was checked or withdrawn already"


class ReportNotOwed(RuleBroken):
    """The report was given, is missed because the next period began, or is owed no more."""

    zh = "该报告已提交、已过报送周期或不再需要"
    en = "the report was given, or its period is over, or it is owed no more"


def faults_of_parts(parts: Sequence[PlannedPart]) -> Faults:
    """Keys, weights and places of parts that do not fit, by the part's number; raises
    `CircularParts`. Weights are faults of the plan where those of the top do not sum to 100, else
    of the part that they divide."""
    faults: Faults = {}
    numbers = {part.key: number for number, part in enumerate(parts)}
    sums: dict[str | None, int] = {}
    for number, part in enumerate(parts):
        if numbers[part.key] != number:
            _note(faults, number, "key", "Another part has this key.")
        if part.under is not None and part.under not in numbers:
            _note(faults, number, "under", "No part of this plan has this key.")
        sums[part.under] = sums.get(part.under, 0) + round(part.weight * 100)
    for under, total in sums.items():
        if total != WHOLE:
            words = f"The weights of its parts sum to {total / 100:g}, not to 100."
            place = "_schema" if under is None else str(numbers.get(under, "_schema"))
            faults.setdefault(place, {}).setdefault("weight", []).append(words)
    _require_tree(parts)
    return faults


def _require_tree(parts: Sequence[PlannedPart]) -> None:
    above = {part.key: part.under for part in parts}
    sound: set[str] = set()
    for start in above:
        path: list[str] = []
        key: str | None = start
        while key is not None and key not in sound:
            if key in path:
                raise CircularParts(path=" → ".join([*path[path.index(key) :], key]))
            path.append(key)
            key = above.get(key)
        sound.update(path)


def faults_of_sheet(sheet: Responsibility, divisions: Mapping[str, str]) -> dict[str, list[str]]:
    """What is wrong with a row of the responsibility sheet, by its field; `divisions` are those of
    its organs."""
    faults: dict[str, list[str]] = {}
    lead = divisions[sheet.lead]
    if divisions[sheet.responsible] != lead:
        faults["responsible"] = ["It is of another division; let it lead a part of its own."]
    if sheet.supervising in (sheet.lead, sheet.responsible):
        faults["supervising"] = ["An organ does not supervise what it leads or does itself."]
    elif not contains(divisions[sheet.supervising], lead):
        faults["supervising"] = ["It is neither of the lead organ's division nor of one above."]
    return faults


def _note(faults: Faults, number: int, field: str, words: str) -> None:
    faults.setdefault(str(number), {}).setdefault(field, []).append(words)


def parents_first(parts: Iterable[PlannedPart]) -> Iterator[PlannedPart]:
    """The parts of a sound plan, each after the one that it is a part of."""
    below: dict[str | None, list[PlannedPart]] = {}
    for part in parts:
        below.setdefault(part.under, []).append(part)
    waiting = list(below.get(None, []))
    for part in waiting:
        yield part
        waiting += below.get(part.key, [])


# What an edition changed


def changes_between(before: TaskPlan, after: TaskPlan) -> list[dict[str, Any]]:
    """What another plan says otherwise, as `PlanChange` takes it: in the order of the plan, what
    is gone at the end."""
    found: list[dict[str, Any]] = []
    for what, old, new in (
        ("part", before.parts, after.parts),
        ("milestone", before.milestones, after.milestones),
    ):
        found += _changes(what, _by_key(old), _by_key(new))
    old_mechanism, new_mechanism = (_mechanism(plan) for plan in (before, after))
    found += _changes("mechanism", {"mechanism": old_mechanism}, {"mechanism": new_mechanism})
    return found


def _by_key(those: Iterable[Any]) -> dict[str, dict[str, Any]]:
    return {one.key: {k: v for k, v in one.dump().items() if k != "key"} for one in those}


def _mechanism(plan: TaskPlan) -> dict[str, Any]:
    return {} if plan.mechanism is None else plan.mechanism.dump()


def _changes(
    what: str, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    for key, new in after.items():
        old = before.get(key)
        if old is None:
            yield _change(what, key, None, None, new.get("title"))
            continue
        for field in {**old, **new}:
            if old.get(field) != new.get(field):
                yield _change(what, key, field, old.get(field), new.get(field))
    for key, old in before.items():
        if key not in after:
            yield _change(what, key, None, old.get("title"), None)


def _change(what: str, key: str, field: str | None, before: Any, after: Any) -> dict[str, Any]:
    values = {"before": _told(before), "after": _told(after)}
    return {"what": what, "key": key, "field": field, **values}


def _told(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    text = "、".join(value) if isinstance(value, list) else f"{value:g}"
    return text if len(text) <= 1000 else f"{text[:999]}…"


# How far a tree has come


@dataclass
class Node:
    """A task in its tree, to reckon how far it has come; `weight` in percent of its parent."""

    id: str
    parent: str | None
    weight: float
    done: int = 0
    milestones: int = 0
    share: float = 100.0
    progress: float = 0.0


def reckon(nodes: Sequence[Node]) -> None:
    """Fill in share and progress, both in percent; parents come before their parts.

    The progress of a task is that of its parts by their weights; of one without parts it is how
    many of its milestones are done, 0 where it has none.
    """
    by_id = {node.id: node for node in nodes}
    parents = {node.parent for node in nodes}
    for node in nodes:
        above = by_id.get(node.parent or "")
        if above is not None:
            node.share = above.share * node.weight / 100
        if node.id not in parents and node.milestones:
            node.progress = 100 * node.done / node.milestones
    for node in reversed(nodes):
        above = by_id.get(node.parent or "")
        if above is not None:
            above.progress += node.progress * node.weight / 100
