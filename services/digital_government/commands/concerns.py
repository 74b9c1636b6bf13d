"""What residents ask, complain of and suggest."""

from __future__ import annotations

from services.digital_government.domain.concerns import (
    ALWAYS,
    MOST_OPEN,
    OFFICE,
    PLATFORM,
    REPLY_DAYS,
    NoSuchPlace,
    NotAnOrganToAnswer,
    NotYourCase,
    TooManyOpen,
    organ_above,
)
from services.digital_government.models import Case, Concern, Implementation
from services.digital_government.models.concerns import is_unanswered
from services.digital_government.models.offers import offered_nearest
from shared.context import Context
from shared.contracts.digital_government import (
    AddToConcern,
    AnswerConcern,
    AskBack,
    PassConcern,
    RaiseConcern,
    ReopenConcern,
    WithdrawConcern,
)
from shared.deadlines import due_after
from shared.divisions import Level, contains, level_of, up_to
from shared.handling import handles, on_timer
from shared.succession import within

DUE = "concern_due"
REPLY_DUE = "concern_reply_due"


@handles(RaiseConcern)
def raise_concern(order: RaiseConcern, context: Context) -> Concern:
    """Bring it before the organ that has to answer; raises `NotYourCase`, `ItemNotOffered`,
    `NoSuchPlace` and `TooManyOpen`."""
    _require_not_too_many(context)
    case = _own_case(order, context)
    division = order.division if case is None else case.division
    about = _organ_behind(order, case, context)
    concern = context.unit.add(
        Concern(
            id=f"q-{context.new_id()}",
            division=division,
            kind=order.kind,
            organ=_organ_for(order, division, about),
            about=about,
            owner=context.actor.person,
            words=order.words,
            raised_at=context.now,
            item=order.item if case is None else case.matter,
            case_id=order.case_id,
            publishable=order.publishable,
        )
    )
    concern.submit()
    _watch(concern, context)
    return concern


def _require_not_too_many(context: Context) -> None:
    own = (Concern.owner == context.actor.person, is_unanswered(context.today))
    if len(context.unit.find_all(Concern, *own, limit=MOST_OPEN)) == MOST_OPEN:
        raise TooManyOpen(most=MOST_OPEN)


def _require_services(division: str, context: Context) -> None:
    place = up_to(division, Level.COUNTY)
    if not context.unit.find_all(Implementation, within(Implementation, [place]), limit=1):
        raise NoSuchPlace(division=division)


def _own_case(order: RaiseConcern, context: Context) -> Case | None:
    if order.case_id is None:
        return None
    case = context.unit.find(Case, order.case_id)
    if case is None or case.owner != context.actor.person:
        raise NotYourCase()
    return case


def _organ_behind(order: RaiseConcern, case: Case | None, context: Context) -> str | None:
    """The organ whose doing it is about: of the case, else who offers the item."""
    if case is not None:
        return case.organ
    if order.item is None:
        _require_services(order.division, context)
        return None
    read = context.unit.find_each
    return offered_nearest(order.division, [order.item], read, context)[order.item].organ


def _organ_for(order: RaiseConcern, division: str, about: str | None) -> str:
    """The organ that has to answer."""
    place = up_to(division, Level.COUNTY)
    if order.kind == "complaint":
        office = f"{place}-{OFFICE}"
        return organ_above(office) if office == about else office
    return about or f"{place}-{PLATFORM}"


@handles(AnswerConcern)
def answer_concern(concern: Concern, order: AnswerConcern, context: Context) -> None:
    """Answer it."""
    concern.answer_with(order.answer, order.publish_as, context.now)
    _watch(concern, context)


@handles(PassConcern)
def pass_concern(concern: Concern, order: PassConcern, context: Context) -> None:
    """Let another organ answer; raises `NotAnOrganToAnswer`."""
    organ = f"{order.place}-{order.organ_kind}"
    if not contains(order.place, concern.division) or not _answers(order, organ, context):
        raise NotAnOrganToAnswer(organ=organ)
    concern.pass_over(organ, order.reason)


def _answers(order: PassConcern, organ: str, context: Context) -> bool:
    if level_of(order.place) > Level.COUNTY:
        return False
    here = (Implementation.division == order.place, Implementation.organ == organ)
    return order.organ_kind in ALWAYS or bool(context.unit.find_all(Implementation, *here, limit=1))


@handles(AskBack)
def ask_back(concern: Concern, order: AskBack, context: Context) -> None:
    """Ask for what is missing."""
    concern.ask_back(order.question, context.now)
    _watch(concern, context)
    until = due_after(context.now, REPLY_DAYS).instant
    context.unit.arm(REPLY_DUE, concern.id, until, context)


@handles(AddToConcern)
def add_to_concern(concern: Concern, order: AddToConcern, context: Context) -> None:
    """Say what was asked."""
    concern.add(order.words, context.now)
    context.unit.cancel(REPLY_DUE, concern.id, context)
    _watch(concern, context)


@handles(ReopenConcern)
def reopen_concern(concern: Concern, order: ReopenConcern, context: Context) -> None:
    """Have the organ above answer anew."""
    concern.reopen(context.now)
    _watch(concern, context)


@handles(WithdrawConcern)
def withdraw_concern(concern: Concern, order: WithdrawConcern, context: Context) -> None:
    """Take it back."""
    concern.withdraw()
    _watch(concern, context)


@on_timer(DUE)
def escalate_concern(concern: Concern, context: Context) -> None:
    """Nobody answered in time."""
    concern.escalate(context.now)
    _watch(concern, context)


@on_timer(REPLY_DUE)
def stop_waiting(concern: Concern, context: Context) -> None:
    """What was asked did not come: the organ answers without it."""
    concern.stop_waiting(context.now)
    _watch(concern, context)


def _watch(concern: Concern, context: Context) -> None:
    """Set the timer of what has to be answered, or cancel it."""
    context.unit.cancel(DUE, concern.id, context)
    if concern.due is not None:
        context.unit.arm(DUE, concern.id, concern.due, context)
