"""Procedures as tables: which steps are open, and what is wrong with a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

import zen

from shared.contracts.digital_government import ProcedureStep

STAGES: Final = ("application", "acceptance", "review", "decision", "delivery")
"""In their order; a step comes after none of a later stage."""

_ONCE: Final = ("acceptance", "decision")
"""The stages that a procedure has exactly one step of."""

_BY_STAGE: Final[Mapping[str, frozenset[str]]] = {
    "application": frozenset({"applicant"}),
    "acceptance": frozenset({"case_officer", "rule"}),
    "review": frozenset({"case_officer", "leader"}),
    "decision": frozenset({"case_officer", "leader", "rule"}),
    "delivery": frozenset({"case_officer"}),
}
"""Who can do a step of a stage, as the policies permit it."""

PLAIN: Final = (
    ProcedureStep(key="acceptance", name="受理", stage="acceptance", by="case_officer"),
    ProcedureStep(
        key="decision", name="决定", stage="decision", by="case_officer", after=("acceptance",)
    ),
)
"""The procedure of an item that says nothing of it."""


def steps_of(procedure: Sequence[ProcedureStep]) -> tuple[ProcedureStep, ...]:
    """The steps of a procedure, those of the plain one where it has none."""
    return tuple(procedure) or PLAIN


def step_of(stage: str, procedure: Sequence[ProcedureStep]) -> ProcedureStep:
    """The only step of that stage."""
    return next(step for step in steps_of(procedure) if step.stage == stage)


def open_steps(
    procedure: Sequence[ProcedureStep], done: set[str], known: Mapping[str, Any]
) -> tuple[ProcedureStep, ...]:
    """The steps that can be done now, after those that were; `known` is what conditions look at."""
    left_out = steps_left_out(procedure, known)
    settled = done | left_out
    return tuple(
        step
        for step in steps_of(procedure)
        if step.key not in settled and settled.issuperset(step.after)
    )


def steps_left_out(procedure: Sequence[ProcedureStep], known: Mapping[str, Any]) -> set[str]:
    """The steps of branches that this case does not take."""
    found: set[str] = set()
    for step in _in_order(steps_of(procedure)):
        follows_nothing = bool(step.after) and found.issuperset(step.after)
        if follows_nothing or (step.when is not None and not holds(step.when, known)):
            found.add(step.key)
    return found


def holds(condition: str, known: Mapping[str, Any]) -> bool:
    """Whether a condition holds; one that cannot be worked out, because it compares what is not
    there, does not."""
    try:
        return zen.evaluate_expression(condition, dict(known)) is True
    except RuntimeError:
        return False


def faults_of(procedure: Sequence[ProcedureStep], *, has_table: bool) -> Iterator[str]:
    """What keeps a procedure from being published, each a sentence."""
    steps = steps_of(procedure)
    stages = {step.key: step.stage for step in steps}
    if len(stages) < len(steps):
        yield "步骤标识重复 / two steps have one key"
    for stage in _ONCE:
        if sum(step.stage == stage for step in steps) != 1:
            yield f"“{stage}”阶段应当恰有一个步骤 / exactly one step of stage “{stage}” is needed"
    for step in steps:
        yield from _faults_of_step(step, stages, has_table=has_table)
    cycle = _cycle_in(steps)
    if cycle:
        yield f"步骤互相等待，无法到达：{cycle} / unreachable, they wait for each other: {cycle}"
    elif all(step.stage in STAGES for step in steps):
        yield from _out_of_reach(steps)


def _faults_of_step(
    step: ProcedureStep, stages: Mapping[str, str], *, has_table: bool
) -> Iterator[str]:
    if step.by not in _BY_STAGE[step.stage]:
        yield (
            f"步骤“{step.key}”：该阶段没有人能以“{step.by}”身份办理"
            f" / “{step.key}”: nobody can do a step of this stage as {step.by}"
        )
    if step.by == "rule" and step.stage == "decision" and not has_table:
        yield f"步骤“{step.key}”没有决策表 / “{step.key}” has no decision table to go by"
    if step.organ_kind is not None and step.stage != "review":
        yield f"步骤“{step.key}”：只有审查可以联办 / “{step.key}”: only reviews are done jointly"
    for before in step.after:
        if before not in stages:
            yield f"步骤“{step.key}”的前置“{before}”不存在 / “{step.key}”: no step “{before}”"
        elif STAGES.index(stages[before]) > STAGES.index(step.stage):
            yield f"步骤“{step.key}”不能在后一阶段之后 / “{step.key}” cannot follow a later stage"
    if step.when is not None:
        if step.stage != "review":
            yield f"步骤“{step.key}”：只有审查可以分支 / “{step.key}”: only reviews can be left out"
        fault = zen.validate_expression(step.when)
        if fault is not None:
            yield f"步骤“{step.key}”的条件有误 / “{step.key}”: its condition is faulty: {fault}"


def _out_of_reach(steps: Sequence[ProcedureStep]) -> Iterator[str]:
    """A review that does not stand between acceptance and decision is reached by no case."""
    before: dict[str, set[str]] = {}
    for step in _in_order(steps):
        before[step.key] = set(step.after).union(*(before.get(one, set()) for one in step.after))
    by_stage = {step.stage: step.key for step in steps if step.stage in _ONCE}
    if len(by_stage) < len(_ONCE):
        return
    for step in steps:
        follows_acceptance = by_stage["acceptance"] in before[step.key]
        if step.stage in ("review", "decision") and not follows_acceptance:
            yield f"步骤“{step.key}”不在受理之后 / “{step.key}” does not follow the acceptance"
        if step.stage == "review" and step.key not in before[by_stage["decision"]]:
            yield f"审查“{step.key}”不通向决定 / review “{step.key}” leads to no decision"
        if step.stage == "delivery" and by_stage["decision"] not in before[step.key]:
            yield f"步骤“{step.key}”不在决定之后 / “{step.key}” does not follow the decision"


def _graph(steps: Sequence[ProcedureStep]) -> dict[str, tuple[str, ...]]:
    known = {step.key for step in steps}
    return {step.key: tuple(one for one in step.after if one in known) for step in steps}


def _cycle_in(steps: Sequence[ProcedureStep]) -> str:
    try:
        TopologicalSorter(_graph(steps)).prepare()
    except CycleError as fault:
        return " → ".join(fault.args[1])
    return ""


def _in_order(steps: Sequence[ProcedureStep]) -> list[ProcedureStep]:
    by_key = {step.key: step for step in steps}
    return [by_key[key] for key in TopologicalSorter(_graph(steps)).static_order()]
