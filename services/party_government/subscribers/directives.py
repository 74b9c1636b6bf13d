"""What the legality review of a draft came to, and what passes to successors after a merger."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from services.party_government.domain.directives import State
from services.party_government.models import Directive, Passage, Receipt
from services.party_government.models.directives import is_open
from services.party_government.subscribers.internal_matters import OPEN_WORK as MATTERS
from services.party_government.subscribers.tasks import OPEN_WORK as TASKS
from shared import succession
from shared.context import Context
from shared.contracts.rule_of_law import Finding, LegalityReviewed
from shared.handling import subscribes
from shared.messaging.envelope import Envelope
from shared.succession import OpenWork


@subscribes(LegalityReviewed)
def take_legality_review(event: LegalityReviewed, envelope: Envelope, context: Context) -> None:
    """Let a draft be issued, or be a draft again; of rounds before the last nothing is taken."""
    directive = context.unit.find(Directive, event.directive_id)
    if directive is not None and directive.awaits(event.round):
        findings = [_in_words(finding) for finding in event.findings]
        directive.take_review(event.opinion == "lawful", findings)


def _in_words(finding: Finding) -> str:
    clause = f"{finding.clause}：" if finding.clause else ""
    basis = f"（{finding.basis}）" if finding.basis else ""
    return f"{clause}{finding.problem}{basis}"


def _is_not_done(_: date) -> sa.ColumnElement[bool]:
    return Directive.state.in_([State.DRAFT, State.IN_REVIEW, State.REVIEWED, State.ISSUED])


def _is_open(_: date) -> sa.ColumnElement[bool]:
    return is_open()


OPEN_WORK = (
    OpenWork("directives", Directive, _is_not_done),
    OpenWork("receipts", Receipt, _is_open),
    *TASKS,
    *MATTERS,
)

begin_passing, pass_open_work_on = succession.handlers(Passage, OPEN_WORK)
