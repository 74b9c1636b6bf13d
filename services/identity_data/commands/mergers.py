"""Mergers of divisions: announced, taken back, and brought into force on their day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time

import sqlalchemy as sa

from services.identity_data.domain import (
    MergerInThePast,
    MergerInTheWay,
    MergerState,
    MergerUnlawful,
    told,
)
from services.identity_data.domain.territory import Plan
from services.identity_data.models import Division, DivisionMerger, Organ
from services.identity_data.reference.organs import successor_organ
from services.identity_data.registry import english_name_of, merging_of, organ_register, organs_for
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.identity_data import MergeDivisions, TerritoryMove, WithdrawMerger
from shared.divisions import level_of, parent_of
from shared.handling import handles, on_timer

TAKES_EFFECT = "merger_takes_effect"


@handles(MergeDivisions)
def merge_divisions(order: MergeDivisions, context: Context) -> DivisionMerger:
    """Announce a merger for the beginning of its day; today's takes effect at once.

    Raises `MergerInThePast`, `MergerInTheWay`, and `MergerUnlawful` with all that stands against
    its moves.
    """
    if order.effective < context.today:
        raise MergerInThePast(effective=str(order.effective), today=str(context.today))
    _require_nothing_in_the_way(order.moves, context)
    faults = merging_of(order.division, order.moves, order.effective, context).faults()
    if faults:
        raise MergerUnlawful(**told(faults))
    merger = DivisionMerger.announced(f"m-{context.new_id()}", order)
    begins = datetime.combine(order.effective, time(), CHINA)
    context.unit.arm(TAKES_EFFECT, merger.id, begins, context)
    return merger


def _require_nothing_in_the_way(moves: Iterable[TerritoryMove], context: Context) -> None:
    concerned = _codes_of(moves)
    waiting = DivisionMerger.state == MergerState.ANNOUNCED.value
    for other in context.unit.find_all(DivisionMerger, waiting):
        shared = sorted(concerned & _codes_of(other.territory_moves))
        if shared:
            raise MergerInTheWay(other=other.id, codes="、".join(shared))


def _codes_of(moves: Iterable[TerritoryMove]) -> set[str]:
    return {code for move in moves for code in (move.from_code, move.to_code)}


@handles(WithdrawMerger)
def withdraw_merger(merger: DivisionMerger, order: WithdrawMerger, context: Context) -> None:
    """Take a merger back before its day; raises `MergerNotAnnounced`."""
    merger.withdraw()
    context.unit.cancel(TAKES_EFFECT, merger.id, context)


@on_timer(TAKES_EFFECT)
def bring_merger_into_force(merger: DivisionMerger, context: Context) -> None:
    """End and begin divisions and their organs, and tell every service; raises `MergerUnlawful`
    where the divisions are not as they were when it was announced."""
    merging = merging_of(merger.division, merger.territory_moves, merger.effective, context)
    faults = merging.faults()
    if faults:
        raise MergerUnlawful(**told(faults))
    plan = merging.plan()
    _change_divisions(plan, merger.effective, context)
    _change_organs(plan, merger.effective, context)
    merger.come_into_force()


def _change_divisions(plan: Plan, effective: date, context: Context) -> None:
    going_on = {*plan.renamed, *plan.gained, *plan.lost}
    known = context.unit.find_all(Division, Division.id.in_([*plan.ended, *going_on]))
    for division in known:
        code = division.id
        if code in plan.ended:
            division.valid_to = effective
            division.successors = list(plan.ended[code])
        if code in plan.renamed:
            division.name = plan.renamed[code]
            division.name_en = english_name_of(code, division.name)
        division.predecessors = [*division.predecessors, *plan.gained.get(code, ())]
        division.successors = [*division.successors, *plan.lost.get(code, ())]
    for new in plan.begun.values():
        context.unit.add(
            Division(
                id=new.code,
                division=new.code,
                name=new.name,
                name_en=english_name_of(new.code, new.name),
                level=int(level_of(new.code)),
                parent=parent_of(new.code),
                valid_from=effective,
                predecessors=list(new.predecessors),
            )
        )


def _change_organs(plan: Plan, effective: date, context: Context) -> None:
    """A new division gets the organs that such a division has; those of one that ended are taken
    over by the same organ of its first successor, if that has one."""
    begun = [made for new in plan.begun.values() for made in organs_for(new.code, new.name)]
    for made in begun:
        made.valid_from = effective
        context.unit.add(made)
    ended = context.unit.find_all(Organ, Organ.division.in_(list(plan.ended)))
    successors = {one.id: successor_organ(one.id, plan.ended[one.division][0]) for one in ended}
    rows = context.unit.rows(sa.select(Organ.id).where(Organ.id.in_(successors.values())))
    there = {row.id for row in rows} | {made.id for made in begun}
    for organ in ended:
        organ.valid_to = effective
        if successors[organ.id] in there:
            organ.successor = successors[organ.id]
    renamed = Organ.division.in_(list(plan.renamed))
    known = {one.id: one for one in context.unit.find_all(Organ, renamed)}
    for code, name in plan.renamed.items():
        for made in organs_for(code, name):
            if made.id in known:
                known[made.id].name = made.name
                known[made.id].name_en = made.name_en
    changed = [*begun, *ended, *known.values()]
    if changed:
        organ_register(context).list_organs(changed)
