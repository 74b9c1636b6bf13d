"""Directives as they stand, who received them, and how far they have come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import sqlalchemy as sa

from services.party_government.domain.ladder import Colour, Rung
from services.party_government.models import Directive, KnownOrgan, Receipt
from services.party_government.models.directives import is_open
from shared import succession
from shared.context import Context
from shared.contracts import party_government as told
from shared.contracts.party_government import (
    CriticisedOrgan,
    CriticisedOrgans,
    Criticisms,
    DirectiveById,
    DirectiveProgress,
    DirectivesReceived,
    Progress,
    ReceiptList,
    ReceiptsOfDirective,
    ReceivedDirective,
    ReceivedDirectiveById,
    Standings,
)
from shared.divisions import Level, level_of, up_to
from shared.handling import answers

MOST: Final = 500
CRITICISMS: Final = 200


@answers(DirectiveById)
def directive_by_id(directive: Directive, query: DirectiveById, context: Context) -> told.Directive:
    """One directive as it stands."""
    terms = directive.says
    return told.Directive.load(
        {
            "directive_id": directive.id,
            "division": directive.division,
            "organ": directive.organ,
            "state": directive.state,
            "title": terms.title,
            "text": terms.text,
            "basis": terms.basis,
            "urgency": terms.urgency,
            "audience": terms.audience.dump(),
            "number": directive.number,
            "handle_by": _iso(directive.handle_by),
            "issued_at": _iso(directive.issued_at),
            "findings": directive.findings,
            "indicators": list(terms.indicators),
            "tasks": list(terms.tasks),
            "supersedes": terms.supersedes,
            "superseded_by": directive.superseded_by,
            "reason": directive.reason,
            "version": directive.version,
        }
    )


@answers(ReceivedDirectiveById)
def received_directive_by_id(
    receipt: Receipt, query: ReceivedDirectiveById, context: Context
) -> ReceivedDirective:
    """A directive as one organ received it."""
    directive = context.unit.get(Directive, receipt.directive)
    return ReceivedDirective(
        receipt=_told([receipt], context)[0],
        text=directive.terms["text"],
        basis=directive.terms["basis"],
        directive_state=directive.state,  # type: ignore[arg-type]
    )


@answers(DirectivesReceived)
def directives_received(query: DirectivesReceived, context: Context) -> ReceiptList:
    """What an organ received, what is due first before all others."""
    wanted = [Receipt.organ == query.organ]
    if query.open_only:
        wanted.append(is_open())
    found = context.unit.find_all(Receipt, *wanted, limit=MOST + 1)
    # What waits for whoever checks it, or is done, comes after what is still due.
    by_due = sorted(found[:MOST], key=lambda one: (one.due is None, one.due or one.delivered_at))
    return ReceiptList(receipts=_told(by_due, context), more=len(found) > MOST)


@answers(ReceiptsOfDirective)
def receipts_of_directive(query: ReceiptsOfDirective, context: Context) -> ReceiptList:
    """Who stands how with a directive, by organ."""
    context.unit.get(Directive, query.directive_id)
    wanted = [
        Receipt.directive == query.directive_id,
        succession.within(Receipt, [query.division]),
    ]
    if query.state is not None:
        wanted.append(Receipt.state == query.state)
    if query.colour is not None:
        wanted.append(Receipt.colour == query.colour)
    if query.after is not None:
        wanted.append(Receipt.organ > query.after)
    rows = context.unit.rows(
        sa.select(Receipt.id).where(*wanted).order_by(Receipt.organ).limit(MOST + 1)
    )
    found = context.unit.find_all(Receipt, Receipt.id.in_([row.id for row in rows[:MOST]]))
    by_organ = sorted(found, key=lambda one: one.organ)
    return ReceiptList(receipts=_told(by_organ, context), more=len(rows) > MOST)


def _told(receipts: Sequence[Receipt], context: Context) -> tuple[told.Receipt, ...]:
    directives = context.unit.find_all(
        Directive, Directive.id.in_({receipt.directive for receipt in receipts})
    )
    by_id = {one.id: one for one in directives}
    organs = context.unit.reference(KnownOrgan, *{receipt.organ for receipt in receipts})
    return tuple(
        told.Receipt.load(
            {
                "receipt_id": one.id,
                "directive_id": one.directive,
                "number": by_id[one.directive].number,
                "title": by_id[one.directive].terms["title"],
                "urgency": by_id[one.directive].urgency.value,
                "organ": one.organ,
                "organ_name": organs[one.organ].name if one.organ in organs else None,
                "division": one.division,
                "sender": one.sender,
                "state": one.state,
                "colour": one.colour,
                "rung": one.rung or None,
                "due": _iso(one.due),
                "delivered_at": _iso(one.delivered_at),
                "signed_at": _iso(one.signed_at),
                "signed_by": one.signed_by,
                "passed_on": one.passed_on,
                "report": one.report,
                "evidence": one.evidence,
                "remark": one.remark,
                "version": one.version,
            }
        )
        for one in receipts
    )


def _iso(instant: Any) -> str | None:
    return None if instant is None else instant.isoformat()


# How far it has come

Counts = dict[str, int]
_COUNTS: Final = {
    "receipts": sa.func.count(),
    "signed": sa.func.count(Receipt.signed_at),
    "reported": sa.func.count(Receipt.reported_at),
    "closed": sa.func.sum(sa.case((Receipt.state == "closed", 1), else_=0)),
    **{
        colour.value: sa.func.sum(sa.case((Receipt.colour == colour.value, 1), else_=0))
        for colour in Colour
    },
    "criticised": sa.func.sum(sa.case((Receipt.rung == Rung.CRITICISED.value, 1), else_=0)),
}


@answers(DirectiveProgress)
def directive_progress(query: DirectiveProgress, context: Context) -> Progress:
    """Counted by division in one statement, and added up by level and by subtree."""
    directive = context.unit.get(Directive, query.directive_id)
    root = query.division
    rows = context.unit.rows(
        sa.select(Receipt.division, *(count.label(name) for name, count in _COUNTS.items()))
        .where(Receipt.directive == directive.id, succession.within(Receipt, [root]))
        .group_by(Receipt.division)
    )
    total: Counts = defaultdict(int)
    levels: dict[str, Counts] = defaultdict(lambda: defaultdict(int))
    divisions: dict[str, Counts] = defaultdict(lambda: defaultdict(int))
    below = Level(min(level_of(root) + 1, Level.VILLAGE))
    for row in rows:
        # Each is counted in the part of the whole that it lies in; the root itself is its own.
        part = divisions[up_to(row.division, below)]
        into = (total, levels[level_of(row.division).name.lower()], part)
        for name in _COUNTS:
            for counts in into:
                counts[name] += int(getattr(row, name))
    return Progress(
        directive_id=directive.id,
        division=root,
        state=directive.state,  # type: ignore[arg-type]
        total=_standings(root, total),
        levels=tuple(
            _standings(level.name.lower(), levels[level.name.lower()])
            for level in Level
            if level.name.lower() in levels
        ),
        divisions=tuple(_standings(code, counts) for code, counts in sorted(divisions.items())),
    )


def _standings(of: str, counts: Counts) -> Standings:
    return Standings.load({"of": of, **{name: counts.get(name, 0) for name in _COUNTS}})


@answers(CriticisedOrgans)
def criticised_organs(query: CriticisedOrgans, context: Context) -> Criticisms:
    """The latest criticisms over directives in force."""
    rows = context.unit.rows(
        sa.select(Receipt.organ, Receipt.colour, Directive.id, Directive.number, Directive.terms)
        .join(Directive, Directive.id == Receipt.directive)
        .where(
            Receipt.rung == Rung.CRITICISED.value,
            Directive.state == "issued",
            succession.within(Receipt, [query.division]),
        )
        .order_by(Receipt.changed_at.desc(), Receipt.id)
        .limit(CRITICISMS)
    )
    names = _names((row.organ for row in rows), context)
    return Criticisms(
        organs=tuple(
            CriticisedOrgan(
                organ=row.organ,
                organ_name=names.get(row.organ),
                directive_id=row.id,
                number=row.number,
                title=row.terms["title"],
                colour=row.colour,
            )
            for row in rows
        )
    )


def _names(organs: Iterable[str], context: Context) -> dict[str, str]:
    known = context.unit.reference(KnownOrgan, *set(organs))
    return {organ: one.name for organ, one in known.items()}
