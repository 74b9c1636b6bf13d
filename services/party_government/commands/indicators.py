"""Defining indicators, revising and withdrawing them, and assigning targets."""

from __future__ import annotations

from services.party_government.domain.indicators import (
    GroupHasNoValue,
    IndicatorInUse,
    IndicatorSystem,
    UnfitIndicator,
    UnfitTarget,
)
from services.party_government.models import (
    DefinedIndicator,
    DefinitionEdition,
    IndicatorCatalogue,
    IndicatorTarget,
    KnownOrgan,
)
from services.party_government.models.indicators import target_id
from shared.context import Context
from shared.contracts.party_government import (
    AssignTarget,
    DefineIndicator,
    ReviseIndicator,
    WithdrawIndicator,
)
from shared.divisions import contains
from shared.errors import NotFound, RuleBroken
from shared.handling import handles

CATALOGUE = "33"


class IndicatorExists(RuleBroken):
    """The code is taken, be the indicator in force or withdrawn."""

    zh = "指标“{code}”已有定义；请修订该指标，或另取代码"
    en = "“{code}” is defined already; revise it, or take another code"


@handles(DefineIndicator)
def define_indicator(order: DefineIndicator, context: Context) -> DefinedIndicator:
    """Put an indicator or a group in force; raises `IndicatorExists`, and what is wrong with its
    formula, its place in the tree or its other parts."""
    if context.unit.find(DefinedIndicator, order.code) is not None:
        raise IndicatorExists(code=order.code)
    _require_organ(order.organ, order.division, order.code, context)
    return put_in_force(order, context)


def put_in_force(order: DefineIndicator, context: Context) -> DefinedIndicator:
    """Define an indicator that nobody defined before, whoever answers for it."""
    defined = context.unit.add(DefinedIndicator(id=order.code, division=order.division))
    defined.define(order)
    _adopt(defined, context)
    context.unit.add(DefinitionEdition.of(defined, order, context.today, ""))
    return defined


@handles(ReviseIndicator)
def revise_indicator(defined: DefinedIndicator, order: ReviseIndicator, context: Context) -> None:
    """Put the next edition in force; raises also what it makes wrong with an indicator that refers
    to this one."""
    _require_organ(order.organ, defined.division, defined.id, context)
    defined.revise(order, order.reason)
    _adopt(defined, context)
    context.unit.add(DefinitionEdition.of(defined, order, context.today, order.reason))


@handles(WithdrawIndicator)
def withdraw_indicator(
    defined: DefinedIndicator, order: WithdrawIndicator, context: Context
) -> None:
    """Take an indicator out of force; raises `IndicatorInUse`."""
    _note_change(context)
    if users := IndicatorSystem(_others(defined, context)).users_of(defined.id):
        raise IndicatorInUse(code=defined.id, users="、".join(users))
    defined.withdraw(order.reason)


@handles(AssignTarget)
def assign_target(order: AssignTarget, context: Context) -> IndicatorTarget:
    """Give a target curve in place of the one before; raises `UnfitTarget`, `NotFound` for an
    indicator that is not in force, `GroupHasNoValue`."""
    defined = context.unit.find(DefinedIndicator, order.code)
    if defined is None or defined.withdrawn:
        raise NotFound(what="indicator", id=order.code)
    if defined.is_group:
        raise GroupHasNoValue(code=order.code)
    if not contains(defined.division, order.division):
        raise UnfitTarget(fields={"division": ["The indicator does not hold in this division."]})
    key = target_id(order.code, order.division, order.year)
    target = context.unit.find(IndicatorTarget, key) or context.unit.add(
        IndicatorTarget(id=key, division=order.division, code=order.code, year=order.year)
    )
    target.assign(order.points, order.basis)
    return target


def _require_organ(organ: str, division: str, code: str, context: Context) -> None:
    """Only an organ of the division itself can answer for an indicator of it."""
    known = context.unit.find(KnownOrgan, organ)
    if known is None or not known.is_in_being(context.today):
        raise NotFound(what="organ", id=organ)
    if known.division != division:
        faults = {"organ": ["An organ of the division that defines the indicator answers for it."]}
        raise UnfitIndicator(code=code, fields=faults)


def _adopt(defined: DefinedIndicator, context: Context) -> None:
    """Raise what does not fit among all definitions in force, with this one among them."""
    _note_change(context)
    IndicatorSystem([*_others(defined, context), defined]).check()


def _others(defined: DefinedIndicator, context: Context) -> list[DefinedIndicator]:
    in_force = DefinedIndicator.withdrawn.is_(False)
    return context.unit.find_all(DefinedIndicator, in_force, DefinedIndicator.id != defined.id)


def _note_change(context: Context) -> None:
    """Guard what is about to be read: another change that is committed from now on makes this
    order be decided afresh."""
    catalogue = context.unit.find(IndicatorCatalogue, CATALOGUE) or context.unit.add(
        IndicatorCatalogue(id=CATALOGUE, division=CATALOGUE)
    )
    catalogue.changes += 1
