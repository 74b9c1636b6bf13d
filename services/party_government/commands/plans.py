"""Plans of central tasks: proposed, reviewed, and put in force edition by edition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from services.party_government.commands.deadlines import OPENS, keep_deadline
from services.party_government.commands.tasks import (
    WIND_UP,
    drop_milestones,
    organs_in_being,
)
from services.party_government.domain.plans import (
    MilestoneState,
    NothingProposed,
    PlanState,
    TaskState,
    UnfitPlan,
    changes_between,
    faults_of_parts,
    faults_of_sheet,
    parents_first,
)
from services.party_government.domain.routes import Stage, WorkingDays, schedule
from services.party_government.models import (
    CentralTask,
    Milestone,
    PlanEdition,
)
from services.party_government.models.tasks import edition_id
from shared.context import Context
from shared.contracts.party_government import (
    PlannedMilestone,
    ProposePlan,
    ReviewPlan,
    TaskPlan,
    WithdrawPlan,
    WorkingMechanism,
)
from shared.deadlines import is_working_day
from shared.divisions import contains
from shared.handling import handles

ALIVE = (TaskState.REGISTERED, TaskState.IN_FORCE)
NO_PLAN = TaskPlan()


@handles(ProposePlan)
def propose_plan(task: CentralTask, order: ProposePlan, context: Context) -> PlanEdition:
    """Propose the next edition to the supervising organ, in place of one that waits; raises
    `TaskNotInForce`, `UnfitPlan`, `CircularParts`, `CircularRoute`, `NoSuchOrgan`."""
    divisions = _divisions(task, order.plan, context)
    Draft.of(task, order.plan, divisions, context).require_sound(context.today)
    waiting = _waiting(task, context)
    if waiting is not None:
        waiting.take_back()
    edition = propose(task, order, divisions[task.supervising], context)
    if not edition.changes:
        raise UnfitPlan(fields={"plan": ["It says what the plan in force says."]})
    return edition


def propose(task: CentralTask, order: ProposePlan, division: str, context: Context) -> PlanEdition:
    """Keep the next edition, with what it changes, in the division of the supervising organ."""
    in_force = context.unit.find(PlanEdition, edition_id(task.id, task.edition))
    task.proposals += 1
    edition = context.unit.add(
        PlanEdition(
            id=edition_id(task.id, task.proposals),
            division=division,
            task=task.id,
            number=task.proposals,
            organ=task.supervising,
            plan=order.plan.dump(),
            changes=changes_between(NO_PLAN if in_force is None else in_force.content, order.plan),
            reason=order.reason,
            proposed_by=context.actor.id,
            proposed_at=context.now,
        )
    )
    edition.propose()
    return edition


@handles(WithdrawPlan)
def withdraw_plan(task: CentralTask, order: WithdrawPlan, context: Context) -> None:
    """Take back the proposal that waits; raises `NothingProposed`."""
    waiting = _waiting(task, context)
    if waiting is None:
        raise NothingProposed()
    waiting.take_back()


def _waiting(task: CentralTask, context: Context) -> PlanEdition | None:
    newest = context.unit.find(PlanEdition, edition_id(task.id, task.proposals))
    return newest if newest is not None and newest.state == PlanState.PROPOSED else None


@handles(ReviewPlan)
def review_plan(edition: PlanEdition, order: ReviewPlan, context: Context) -> None:
    """Put a proposed plan in force, or return it; raises `NothingProposed`, and what no longer
    fits since it was proposed."""
    if edition.review(order.verdict, order.opinion, context.actor.id, context.now):
        task = context.unit.get(CentralTask, edition.task)
        divisions = _divisions(task, edition.content, context)
        draft = Draft.of(task, edition.content, divisions, context)
        draft.require_sound(context.today)
        put_in_force(draft, edition, context)


def _divisions(task: CentralTask, plan: TaskPlan, context: Context) -> dict[str, str]:
    """The divisions of all organs that a plan and its task name; raises `NoSuchOrgan`."""
    named = {task.organ, task.responsible, task.supervising}
    for part in plan.parts:
        named |= {part.lead, part.responsible, part.supervising}
    return {code: one.division for code, one in organs_in_being(sorted(named), context).items()}


# What makes a plan sound


@dataclass
class Draft:
    """A plan beside what is in force of its task: `parts` and `milestones` by key those that the
    plan in force made, `others` all other milestones of the whole task by id."""

    task: CentralTask
    root: CentralTask
    plan: TaskPlan
    parts: dict[str, CentralTask]
    milestones: dict[str, Milestone]
    others: dict[str, Stage]
    divisions: Mapping[str, str]

    @classmethod
    def of(
        cls, task: CentralTask, plan: TaskPlan, divisions: Mapping[str, str], context: Context
    ) -> Draft:
        """Read what a plan is compared with; `divisions` are those of the organs that it names.
        Raises `TaskNotInForce` where the whole task is over."""
        root = context.unit.get(CentralTask, task.root)
        root.require_changeable()
        task.require_changeable()
        parts = context.unit.find_all(
            CentralTask, CentralTask.planned_by == task.id, CentralTask.state.in_(ALIVE)
        )
        milestones = context.unit.find_all(
            Milestone, Milestone.planned_by == task.id, Milestone.state != MilestoneState.ENDED
        )
        return cls(
            task,
            root,
            plan,
            {one.key: one for one in parts},
            {one.key: one for one in milestones},
            stages_of(root, context, Milestone.planned_by != task.id),
            divisions,
        )

    def require_sound(self, today: date) -> None:
        """Raise `UnfitPlan` with all faults at once, or `CircularParts`, `CircularRoute`."""
        parts = faults_of_parts(self.plan.parts)
        self._check_sheets(parts)
        milestones: dict[str, Any] = {}
        self._check_milestones(milestones, today)
        faults: dict[str, Any] = {
            name: found for name, found in (("parts", parts), ("milestones", milestones)) if found
        }
        if self.plan.mechanism is not None and not self.task.is_whole:
            faults["mechanism"] = ["The mechanism stands in the plan of the whole task."]
        if faults:
            raise UnfitPlan(fields={"plan": faults})
        self._check_route()

    def _check_sheets(self, faults: dict[str, Any]) -> None:
        leads = {part.key: part.lead for part in self.plan.parts}
        for number, part in enumerate(self.plan.parts):
            found = faults_of_sheet(part, self.divisions)
            above = leads.get(part.under or "", self.task.organ)
            if not contains(self.divisions[above], self.divisions[part.lead]):
                found["lead"] = [f"It is not in the division of {above}, which leads above it."]
            if found:
                faults.setdefault(str(number), {}).update(found)

    def _check_milestones(self, faults: dict[str, Any], today: date) -> None:
        keys = {one.key: number for number, one in enumerate(self.plan.milestones)}
        parts = {part.key for part in self.plan.parts}
        begins = self.root.begins or today
        for number, one in enumerate(self.plan.milestones):
            found: dict[str, list[str]] = {}
            kept = self.milestones.get(one.key)
            if keys[one.key] != number:
                found["key"] = ["Another milestone has this key."]
            if one.part is not None and one.part not in parts:
                found["part"] = ["No part of this plan has this key."]
            if kept is not None and kept.state == MilestoneState.DONE and kept.planned != one.due:
                found["due"] = ["It is done; its deadline stays."]
            elif not is_working_day(one.due):
                found["due"] = ["It is no working day."]
            elif one.due < begins:
                found["due"] = ["It is before the first day of the task."]
            elif one.due < today and (kept is None or kept.planned != one.due):
                found["due"] = ["It has passed."]
            unknown = [k for k in one.after if k not in keys and k not in self.others]
            if unknown:
                found["after"] = [f"Neither in this plan nor in this task: {', '.join(unknown)}."]
            if found:
                faults[str(number)] = found
        gone = [
            kept.key
            for kept in self.milestones.values()
            if kept.state == MilestoneState.DONE and kept.key not in keys
        ]
        if gone:
            faults["_schema"] = {"key": [f"These are done and stay: {', '.join(gone)}."]}

    def _check_route(self) -> None:
        """Raise `CircularRoute`, or `UnfitPlan` where a deadline cannot be met even if all goes as
        planned."""
        ids = {key: kept.id for key, kept in self.milestones.items()}
        stages = dict(self.others)
        for one in self.plan.milestones:
            after = tuple(ids.get(key, key) for key in one.after)
            stages[ids.get(one.key, one.key)] = Stage(one.due, one.days, after)
        calendar = WorkingDays(self.root.begins or date.min)
        stops = schedule(stages, calendar)
        faults: dict[str, Any] = {}
        for number, one in enumerate(self.plan.milestones):
            stage = stages[ids.get(one.key, one.key)]
            late = [key for key in stage.after if key in stages and stages[key].due > one.due]
            earliest = calendar.day(stops[ids.get(one.key, one.key)].finishes)
            if late:
                words = f"What comes before it is due later: {', '.join(late)}."
                faults[str(number)] = {"due": [words]}
            elif earliest > one.due:
                faults[str(number)] = {"due": [f"It cannot be done before {earliest}."]}
        if faults:
            raise UnfitPlan(fields={"plan": {"milestones": faults}})


def stages_of(
    root: CentralTask, context: Context, *conditions: sa.ColumnElement[bool]
) -> dict[str, Stage]:
    """The milestones of a whole task as stages of its route map, by id."""
    rows = context.unit.rows(
        sa.select(
            Milestone.id, Milestone.planned, Milestone.days, Milestone.after, Milestone.done_on
        ).where(Milestone.root == root.id, Milestone.state != MilestoneState.ENDED, *conditions)
    )
    return {row.id: Stage(row.planned, row.days, tuple(row.after), row.done_on) for row in rows}


# Putting it in force


def put_in_force(draft: Draft, edition: PlanEdition, context: Context) -> None:
    """Make the task's parts and milestones what a sound plan says."""
    task, root = draft.task, draft.root
    # Another plan of this tree that is adopted at the same moment makes this be decided afresh.
    root.adoptions += 1
    task.edition = edition.number
    task.assign()
    parts = _put_parts(draft, edition, context)
    _put_milestones(draft, parts, context)
    if task.is_whole:
        root.keep_cadence(draft.plan.mechanism or WorkingMechanism())
        for timer in OPENS.values():
            context.unit.arm(timer, root.id, context.now, context)


def _put_parts(draft: Draft, edition: PlanEdition, context: Context) -> dict[str, CentralTask]:
    """The parts of the plan by their keys, each in force as the plan has it."""
    task, root = draft.task, draft.root
    parts: dict[str, CentralTask] = {}
    changed = []
    for planned in parents_first(draft.plan.parts):
        part = draft.parts.get(planned.key) or context.unit.add(
            CentralTask(
                id=f"{root.id}.{root.next_number()}",
                root=root.id,
                planned_by=task.id,
                key=planned.key,
            )
        )
        before = _terms_of(part)
        part.parent = task.id if planned.under is None else parts[planned.under].id
        part.division = draft.divisions[planned.lead]
        part.title, part.weight = planned.title, planned.weight
        part.answer(planned)
        parts[planned.key] = part
        if _terms_of(part) != before:
            part.assign()
            changed.append(part)
    _tell_own_milestones(changed, task, context)
    gone = [part for key, part in draft.parts.items() if key not in parts]
    for part in gone:
        part.end(edition.reason)
    if gone:
        context.unit.arm(WIND_UP, root.id, context.now, context)
    return parts


def _terms_of(part: CentralTask) -> tuple[Any, ...]:
    sheet = (part.organ, part.responsible, part.supervising, part.post)
    return (part.parent, part.title, part.weight, *sheet)


def _tell_own_milestones(parts: list[CentralTask], task: CentralTask, context: Context) -> None:
    """What a part's lead planned for it is owed by whoever answers for the part now."""
    by_id = {part.id: part for part in parts}
    for one in context.unit.find_all(
        Milestone,
        Milestone.task.in_(by_id),
        Milestone.planned_by != task.id,
        Milestone.state.in_([MilestoneState.OPEN, MilestoneState.REPORTED]),
    ):
        one.pass_to_organs_of(by_id[one.task])


def _put_milestones(draft: Draft, parts: Mapping[str, CentralTask], context: Context) -> None:
    task, root = draft.task, draft.root
    kept = {one.key: _milestone(draft, one, context) for one in draft.plan.milestones}
    ids = {key: one.id for key, one in kept.items()}
    for planned in draft.plan.milestones:
        one = kept[planned.key]
        of = task if planned.part is None else parts[planned.part]
        one.set(planned, of, [ids.get(key, key) for key in planned.after], context.now)
        if one.due is not None:
            keep_deadline(root, one.due, context)
    drop_milestones([one for key, one in draft.milestones.items() if key not in kept], context)


def _milestone(draft: Draft, planned: PlannedMilestone, context: Context) -> Milestone:
    kept = draft.milestones.get(planned.key)
    if kept is not None:
        return kept
    root = draft.root
    return context.unit.add(
        Milestone(
            id=f"{root.id}.m{root.next_number()}",
            organ="",
            root=root.id,
            task=draft.task.id,
            planned_by=draft.task.id,
            key=planned.key,
            supervising="",
            planned=planned.due,
        )
    )
