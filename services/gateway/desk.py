"""The desk (办公): one list of all that an official must do, by its clock, and each duty with what
can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from services.gateway import item_forms
from services.gateway.command_forms import command_named
from services.gateway.names import Name
from services.gateway.pages import page
from services.gateway.portal import form_of
from services.gateway.visitor import Visitor
from shared.contracts.base import Ask
from shared.contracts.digital_government import (
    CaseById,
    CasesOfOrgan,
    ConcernById,
    ConcernsOfOrgan,
    RatingById,
    RatingsToCorrect,
    ReviewsOfOrgan,
)
from shared.contracts.party_government import (
    DirectivesReceived,
    MatterHandlingById,
    MattersInHand,
    ReceivedDirectiveById,
)
from shared.errors import NotAuthenticated, NotFound
from shared.security.authorisation import attributes_of, is_permitted


@dataclass(frozen=True)
class Duty:
    """Something that waits for the organ: what it is about, whose turn it is since its `state`, and
    until when."""

    kind: str
    key: str
    title: Name
    state: str
    due: datetime | None


@dataclass(frozen=True)
class Kind:
    """A kind of duty: the question that lists them, how each is told, the question that shows one,
    and the commands by which it is done, with the states in which each can be given."""

    title: Name
    ask: Callable[[str, str], Ask[Any]]
    listed: Callable[[Any, Visitor], Iterable[tuple[str, Name, str, datetime | None]]]
    show: Callable[[str], Ask[Any]] | None
    key: str
    commands: Mapping[str, tuple[str, ...]]
    service: str = "digital_government"


def _cases(reply: Any, visitor: Visitor) -> Iterable[tuple[str, Name, str, datetime | None]]:
    return (
        (one.case_id, visitor.show.names.item(one.matter), one.state, one.due)
        for one in reply.cases
    )


def _reviews(reply: Any, visitor: Visitor) -> Iterable[tuple[str, Name, str, datetime | None]]:
    return (
        (one.review_id, visitor.show.names.item(one.matter), "open", one.due)
        for one in reply.reviews
    )


def _concerns(reply: Any, visitor: Visitor) -> Iterable[tuple[str, Name, str, datetime | None]]:
    return (
        (one.concern_id, (one.words[:60], one.words[:60]), one.state, one.due)
        for one in reply.concerns
    )


def _ratings(reply: Any, visitor: Visitor) -> Iterable[tuple[str, Name, str, datetime | None]]:
    return (
        (one.rating_id, visitor.show.names.item(one.matter), one.correction, one.due)
        for one in reply.ratings
    )


def _receipts(reply: Any, visitor: Visitor) -> Iterable[tuple[str, Name, str, datetime | None]]:
    return ((one.receipt_id, (one.title, one.title), one.state, one.due) for one in reply.receipts)


def _matters(reply: Any, visitor: Visitor) -> Iterable[tuple[str, Name, str, datetime | None]]:
    return (
        (
            one.handling.handling_id,
            (
                f"{one.matter.kind_zh}：{one.matter.title}",
                f"{one.matter.kind_en}: {one.matter.title}",
            ),
            one.handling.state,
            one.handling.due,
        )
        for one in reply.matters
    )


KINDS: Final[Mapping[str, Kind]] = {
    "receipts": Kind(
        ("政令", "directive"),
        lambda division, organ: DirectivesReceived(organ=organ),
        _receipts,
        lambda key: ReceivedDirectiveById(receipt_id=key),
        "receipt_id",
        {
            "SignReceipt": ("delivered",),
            "PassDirectiveOn": ("signed", "reported"),
            "ReportHandling": ("signed",),
        },
        "party_government",
    ),
    "cases": Kind(
        ("办件", "case"),
        lambda division, organ: CasesOfOrgan(division=division, organ=organ),
        _cases,
        lambda key: CaseById(case_id=key),
        "case_id",
        {
            "AcceptCase": ("pending",),
            "DecideCase": ("accepted",),
            "RequestSupplement": ("pending", "accepted"),
            "SuspendCase": ("accepted",),
            "ResumeCase": ("suspended",),
            "DeliverResult": ("decided",),
            "TransferCase": ("pending", "accepted"),
            "DeclineCase": ("pending",),
        },
    ),
    "reviews": Kind(
        ("审查", "review"),
        lambda division, organ: ReviewsOfOrgan(division=division, organ=organ),
        _reviews,
        None,
        "review_id",
        {"GiveReview": ("open",)},
    ),
    "concerns": Kind(
        ("诉求", "concern"),
        lambda division, organ: ConcernsOfOrgan(division=division, organ=organ),
        _concerns,
        lambda key: ConcernById(concern_id=key),
        "concern_id",
        {"AnswerConcern": ("open",), "AskBack": ("open",), "PassConcern": ("open",)},
    ),
    "ratings": Kind(
        ("差评整改", "bad rating"),
        lambda division, organ: RatingsToCorrect(division=division, organ=organ),
        _ratings,
        lambda key: RatingById(rating_id=key),
        "rating_id",
        {"ReportCorrection": ("open",), "AppealRating": ("open",)},
    ),
    "matters": Kind(
        ("机关内部事项", "matter between organs"),
        lambda division, organ: MattersInHand(organ=organ),
        _matters,
        lambda key: MatterHandlingById(handling_id=key),
        "handling_id",
        {
            "AcceptInternalMatter": ("open",),
            "AnswerMatterConsent": ("open",),
            "RequestMatterSupplement": ("open",),
            "DecideInternalMatter": ("open",),
        },
        "party_government",
    ),
}


def _require_official(visitor: Visitor) -> None:
    if not visitor.is_signed_in:
        raise NotAuthenticated()
    if not visitor.principal.organ:
        raise NotFound(what="page", id=visitor.request.path)


def _permitted(visitor: Visitor, message: type[Ask[Any]], attributes: Mapping[str, Any]) -> bool:
    return is_permitted(visitor.principal, message.NAME, message.AGGREGATE, attributes)


@page("/desk")
def desk(visitor: Visitor) -> Response:
    """Everything that the visitor's organ must do and the visitor may see, what is due first
    first."""
    _require_official(visitor)
    me = visitor.principal
    asked = {
        name: question
        for name, kind in KINDS.items()
        if _permitted(
            visitor,
            type(question := kind.ask(me.division, me.organ)),
            attributes_of(question),
        )
    }
    replies = visitor.ask_all(*asked.values()) if asked else []
    duties = [
        Duty(name, *told)
        for name, reply in zip(asked, replies, strict=True)
        for told in KINDS[name].listed(reply, visitor)
    ]
    duties.sort(key=lambda one: (one.due is None, one.due or visitor.now))
    late = sum(1 for one in duties if one.due is not None and one.due < visitor.now)
    return visitor.show.page("desk.html", duties=duties, kinds=KINDS, late=late)


@page("/desk/<name>/<key>")
def duty(visitor: Visitor, name: str, key: str) -> Response:
    """One duty: what it is about, and the commands that can be given now by who looks."""
    _require_official(visitor)
    kind = KINDS.get(name)
    if kind is None:
        raise NotFound(what="page", id=visitor.request.path[:100])
    record = _record(visitor, kind, key)
    main = getattr(record, "receipt", None) or getattr(record, "handling", None) or record
    state = getattr(main, "state", None) or getattr(main, "correction", "open")
    # A review stands in a list of one organ's, so it has neither; they are the visitor's own.
    own = {"division": visitor.principal.division, "organ": visitor.principal.organ}
    attributes = {**own, **attributes_of(main)}
    commands = [
        command
        for command, states in kind.commands.items()
        if state in states
        and (message := command_named(kind.service, command)) is not None
        and _permitted(visitor, message, attributes)
    ]
    return visitor.show.page(
        f"duty_{name}.html" if name in ("cases", "receipts") else "duty.html",
        record=record,
        main=main,
        kind=kind,
        state=state,
        commands=commands,
        form_values=item_forms.told_of(record.form, form_of(visitor, record), visitor)
        if name == "cases"
        else (),
        fixed={kind.key: key, "expected_version": main.version},
        rows=_rows(record),
    )


def _record(visitor: Visitor, kind: Kind, key: str) -> Any:
    if kind.show is not None:
        return visitor.ask(kind.show(key))
    reply = visitor.ask(kind.ask(visitor.principal.division, visitor.principal.organ))
    for one in reply.reviews:
        if one.review_id == key:
            return one
    raise NotFound(what="CaseReview", id=key[:100])


def _rows(record: Any) -> list[tuple[str, Any]]:
    """What there is to read of a record, without what only machines need."""
    shown = ("words", "question", "added", "answer", "comment", "grade", "found", "done", "appeal")
    found = [(name, getattr(record, name, None)) for name in shown]
    return [(name, value) for name, value in found if value not in (None, "")]
