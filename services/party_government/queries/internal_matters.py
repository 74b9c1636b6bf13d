"""Matters between organs: what an organ has to do, what it submitted, and one with its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from services.party_government.domain.internal_matters import (
    ACTS_ZH,
    OPEN,
    Act,
    HandlingState,
    Role,
)
from services.party_government.models import InternalMatter, KnownOrgan, MatterHandling
from services.party_government.reference.internal_matters import KINDS
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts import party_government as told
from shared.contracts.party_government import (
    InternalMatterById,
    InternalMatterFile,
    InternalMatterKind,
    InternalMatterKindList,
    InternalMatterKinds,
    ListedMatter,
    MatterHandlingById,
    MatterList,
    MatterMaterial,
    MattersInHand,
    MattersSubmitted,
    MatterStep,
    NeededMaterial,
    WantedMaterial,
)
from shared.deadlines import working_days_between
from shared.handling import answers

MOST: Final = 500

Names = Mapping[str, KnownOrgan]


@answers(MattersInHand)
def matters_in_hand(query: MattersInHand, context: Context) -> MatterList:
    """What is due first before all others; what waits for a supplement has no deadline and comes
    last."""
    wanted = [MatterHandling.organ == query.organ]
    if query.open_only:
        wanted.append(MatterHandling.state == HandlingState.OPEN.value)
        order: list[Any] = [MatterHandling.due.is_(None), MatterHandling.due]
    else:
        wanted.append(MatterHandling.state != HandlingState.WAITING.value)
        order = [MatterHandling.created_at.desc()]
    handlings = context.unit.rows(
        sa.select(MatterHandling).where(*wanted).order_by(*order, MatterHandling.id).limit(MOST + 1)
    )
    shown = handlings[:MOST]
    found = context.unit.rows(
        sa.select(InternalMatter).where(InternalMatter.id.in_([one.matter for one in shown]))
    )
    matters = {one.id: one for one in found}
    pairs = [(matters[one.matter], one) for one in shown]
    return _list(pairs, len(handlings) > MOST, context)


@answers(MattersSubmitted)
def matters_submitted(query: MattersSubmitted, context: Context) -> MatterList:
    """The newest first."""
    wanted = [InternalMatter.organ == query.organ]
    if query.open_only:
        wanted.append(InternalMatter.state.in_([state.value for state in OPEN]))
    matters = context.unit.rows(
        sa.select(InternalMatter)
        .where(*wanted)
        .order_by(InternalMatter.submitted_at.desc(), InternalMatter.id)
        .limit(MOST + 1)
    )
    shown = matters[:MOST]
    found = context.unit.rows(
        sa.select(MatterHandling).where(
            MatterHandling.matter.in_([one.id for one in shown]),
            MatterHandling.role == Role.DECIDE.value,
        )
    )
    deciding = {one.matter: one for one in found}
    pairs = [(one, deciding[one.id]) for one in shown]
    return _list(pairs, len(matters) > MOST, context)


def _list(pairs: Sequence[tuple[Any, Any]], more: bool, context: Context) -> MatterList:
    names = _names((one.organ for pair in pairs for one in pair), context)
    return MatterList(
        matters=tuple(
            ListedMatter(
                matter=_matter(matter, names), handling=_handling(handling, names, context.today)
            )
            for matter, handling in pairs
        ),
        more=more,
    )


@answers(InternalMatterById)
def internal_matter_by_id(
    matter: InternalMatter, query: InternalMatterById, context: Context
) -> InternalMatterFile:
    """One matter with its history."""
    return _file(matter, context)


@answers(MatterHandlingById)
def matter_handling_by_id(
    handling: MatterHandling, query: MatterHandlingById, context: Context
) -> InternalMatterFile:
    """The matter that an organ has a part in, with its history."""
    return _file(context.unit.get(InternalMatter, handling.matter), context)


def _file(matter: InternalMatter, context: Context) -> InternalMatterFile:
    handlings = context.unit.find_all(MatterHandling, MatterHandling.matter == matter.id)
    names = _names([matter.organ, *(one.organ for one in handlings)], context)
    return InternalMatterFile(
        matter=_matter(matter, names),
        content=matter.content,
        materials=tuple(MatterMaterial.load(one) for one in matter.materials),
        wanted=tuple(WantedMaterial.load(one) for one in matter.wanted),
        reasons=matter.reasons,
        handlings=tuple(_handling(one, names, context.today) for one in handlings),
        history=tuple(
            MatterStep.load({**one, "act_zh": ACTS_ZH[Act(one["act"])]}) for one in matter.history
        ),
    )


@answers(InternalMatterKinds)
def internal_matter_kinds(query: InternalMatterKinds, context: Context) -> InternalMatterKindList:
    """The reference table."""
    return InternalMatterKindList(
        kinds=tuple(
            InternalMatterKind(
                kind=one.code,
                name_zh=one.zh,
                name_en=one.en,
                decided_by=one.organ_kind,
                promised_days=one.promised_days,
                consent_days=one.consent_days,
                materials=tuple(
                    NeededMaterial(material=needed.code, name_zh=needed.zh, name_en=needed.en)
                    for needed in one.materials
                ),
                consents_of=one.consents,
                needs_receiver=one.receiver,
                source=one.source,
            )
            for one in KINDS.values()
        )
    )


def _matter(one: Any, names: Names) -> told.InternalMatter:
    kind = KINDS[one.kind]
    return told.InternalMatter(
        matter_id=one.id,
        kind=one.kind,
        kind_zh=kind.zh,
        kind_en=kind.en,
        title=one.title,
        organ=one.organ,
        organ_name=_name(one.organ, names),
        division=one.division,
        state=one.state,
        submitted_at=one.submitted_at,
        outcome=one.outcome,
        version=one.version,
    )


def _handling(one: Any, names: Names, today: date) -> told.MatterHandling:
    return told.MatterHandling(
        handling_id=one.id,
        organ=one.organ,
        organ_name=_name(one.organ, names),
        role=one.role,
        state=one.state,
        due=one.due,
        days_left=_days_left(one.due, today),
        colour=one.colour,
        rung=one.rung or None,
        agreed=one.agreed,
        opinion=one.opinion,
        version=one.version,
    )


def _days_left(due: datetime | None, today: date) -> int | None:
    if due is None:
        return None
    last = due.astimezone(CHINA).date()
    if last < today:
        return -working_days_between(last, today)
    return working_days_between(today, last)


def _names(organs: Iterable[str], context: Context) -> Names:
    return context.unit.reference(KnownOrgan, *set(organs))


def _name(organ: str, names: Names) -> str | None:
    return names[organ].name or None if organ in names else None
