"""The portal (办事): what residents and enterprises find, apply for, follow and hold."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from werkzeug.wrappers import Response

from services.gateway import item_forms, sessions
from services.gateway.pages import page
from services.gateway.visitor import Visitor
from shared.context import new_id
from shared.contracts.digital_government import (
    AffairsOfPerson,
    ApplicationById,
    AttachMaterial,
    CaseById,
    ConcernsOfPerson,
    FreePeriods,
    ItemByCode,
    ItemsOffered,
    KeepAnswers,
    OneThingByCode,
    OneThingProgress,
    OneThingsOffered,
    PublishedAnswers,
    SubmitApplication,
    SupplementCase,
    VisitsOfPerson,
)
from shared.contracts.identity_data import (
    LicenceOfCase,
    LicencesOfPerson,
    PresentLicence,
    ReadersOfMyData,
)
from shared.errors import NotAuthenticated, NotFound, QiantangError

CITY: Final = 4
COUNTY: Final = 6
SHOWN: Final = 60


@page("/")
def home(visitor: Visitor) -> Response:
    """Search, one-things, the services of the place, and what the visitor has in hand."""
    things, items = visitor.ask_all(OneThingsOffered(), ItemsOffered(division=visitor.place))
    themes: dict[str, list[Any]] = {}
    for one in items.items:
        themes.setdefault(one.theme, []).append(one)
    return visitor.show.page(
        "home.html",
        things=things.things,
        themes=themes,
        affairs=_affairs(visitor)[:5],
        places=visitor.show.names.counties(),
        found=None,
        words="",
    )


def _affairs(visitor: Visitor) -> tuple[Any, ...]:
    person = visitor.principal.person
    return visitor.ask(AffairsOfPerson(owner=person)).affairs if person else ()


@page("/search")
def search(visitor: Visitor) -> Response:
    """What is called by these words: one-things of the province, items of the place, of its city
    and of the province."""
    words = visitor.request.args.get("words", "").strip()[:40]
    template = "found.html" if visitor.wants_part else "search.html"
    if not words:
        return visitor.show.page(template, words="", things=(), items=())
    levels = dict.fromkeys((visitor.place, visitor.place[:CITY], visitor.place[:2]))
    things, *lists = visitor.ask_all(
        OneThingsOffered(), *(ItemsOffered(division=one, words=words) for one in levels)
    )
    items: dict[str, Any] = {}
    for one in (one for found in lists for one in found.items):
        items.setdefault(one.matter, one)  # The nearest division comes first.
    wanted = words.lower()
    named = [one for one in things.things if wanted in one.name or wanted in one.name_en.lower()]
    return visitor.show.page(
        template, words=words, things=named, items=list(items.values())[:SHOWN]
    )


@page("/items/<code>")
def item(visitor: Visitor, code: str) -> Response:
    """An item: its promise, what it needs, how it is handled, and the way to apply."""
    found, answers = visitor.ask_all(
        ItemByCode(code=code), PublishedAnswers(division=visitor.place, item=code)
    )
    return visitor.show.page(
        "item.html",
        item=found,
        definition=found.definition,
        offer=_offer(visitor, found),
        answers=answers.answers[:5],
    )


def _offer(visitor: Visitor, found: Any) -> Any:
    """The offer of the nearest division, None where none offers the item."""
    name = found.definition.name[:40]
    for division in dict.fromkeys((visitor.place, visitor.place[:CITY], visitor.place[:2])):
        offered = visitor.ask(ItemsOffered(division=division, words=name)).items
        for one in offered:
            if one.matter == found.code:
                return one
    return None


@page("/things/<code>")
def thing(visitor: Visitor, code: str) -> Response:
    """A one-thing: its matters in their order, what it needs, and the way to apply."""
    found = visitor.ask(OneThingByCode(code=code))
    return visitor.show.page("thing.html", thing=found, definition=found.definition)


@page("/applications/<key>")
def application(visitor: Visitor, key: str) -> Response:
    """An application: the form with the source of each value, what was kept, and the files."""
    found = visitor.ask(ApplicationById(application_id=key))
    if found.state == "submitted":
        return visitor.lead_to(_place_of(key))
    return _application_page(visitor, found, found.answers, found.objections)


def _place_of(key: str) -> str:
    """Where an application that was handed in is followed: it became a one-thing or a case."""
    return f"/one-things/{key}" if key.startswith("t-") else f"/cases/{key}"


def _application_page(
    visitor: Visitor,
    found: Any,
    answers: Mapping[str, Any],
    objections: Mapping[str, str],
    *,
    refusal: QiantangError | None = None,
    signs_in: bool = False,
    status: int = 200,
    request_id: str = "",
) -> Response:
    faults = refusal.fields if refusal is not None else {}
    return visitor.show.page(
        "application.html",
        status,
        application=found,
        fields=item_forms.fields_of(found, answers, objections, faults, visitor),
        refusal=visitor.sentence(refusal) if refusal is not None else "",
        signs_in=signs_in,
        request_id=request_id or new_id(),
        others=item_forms.other_faults(found, faults),
    )


@page("/applications/<key>/form", methods=("POST",))
def fill_in(visitor: Visitor, key: str) -> Response:
    """Keep what was typed, or hand it in. Where the session is over the form comes back with all
    that was typed and a way to sign in above it."""
    sent = {name: values[-1] for name, values in visitor.request.form.lists()}
    request_id = sent.get("_request", "")
    try:
        if "_account" in sent:
            sessions.sign_in(visitor, sent["_account"], sent.get("_password", ""))
        found = visitor.ask(ApplicationById(application_id=key))
    except NotAuthenticated as refusal:
        return visitor.show.page(
            "session_over.html",
            401,
            sent={
                name: value for name, value in sent.items() if name not in ("_account", "_password")
            },
            action=visitor.request.path,
            refusal=visitor.sentence(refusal)
            if "_account" in sent
            else sessions.asks_to_go_on(visitor),
        )
    answers, objections = item_forms.read(found, sent)
    content = {"application_id": key, "answers": answers, "objections": objections}
    hands_in = sent.get("_do") == "submit"
    message = SubmitApplication if hands_in else KeepAnswers
    try:
        visitor.send(message.SERVICE, message.NAME, content, request_id)
    except QiantangError as refusal:
        return _application_page(
            visitor,
            found,
            answers,
            objections,
            refusal=refusal,
            status=refusal.status,
            request_id=request_id if hands_in else "",
        )
    if sent.get("_do") == "autosave":
        return Response(status=204)
    done = f"?done={message.route()}"
    return visitor.lead_to((_place_of(key) if hands_in else f"/applications/{key}") + done)


@page("/applications/<key>/materials/<material>", methods=("POST",))
def attach(visitor: Visitor, key: str, material: str) -> Response:
    """Take a file for a material."""
    file = visitor.request.files.get("file")
    if file is None or not file.filename:
        raise NotFound(what="file", id=material[:100])
    content = {
        "application_id": key,
        "material": material,
        "file_name": file.filename[-120:],
        "content": base64.b64encode(file.read()).decode() or "====",
    }
    try:
        visitor.send(AttachMaterial.SERVICE, AttachMaterial.NAME, content)
    except NotAuthenticated:
        raise
    except QiantangError as refusal:
        found = visitor.ask(ApplicationById(application_id=key))
        return _application_page(
            visitor,
            found,
            found.answers,
            found.objections,
            refusal=refusal,
            status=refusal.status,
        )
    return visitor.lead_to(f"/applications/{key}?done={AttachMaterial.route()}#materials")


@page("/mine")
def mine(visitor: Visitor) -> Response:
    """What the visitor is filling in and has applied for."""
    _require_person(visitor)
    return visitor.show.page("mine.html", affairs=_affairs(visitor))


def _require_person(visitor: Visitor) -> None:
    if not visitor.is_signed_in:
        raise NotAuthenticated()
    if not visitor.principal.person:
        raise NotFound(what="page", id=visitor.request.path)


@page("/cases/<key>")
def case(visitor: Visitor, key: str) -> Response:
    """A case as a timeline with its clock, and what its applicant can do."""
    found = visitor.ask(CaseById(case_id=key))
    licence = None
    if found.outcome == "granted" and visitor.principal.person:
        licence = visitor.ask_if_any(LicenceOfCase(case_id=key, owner=visitor.principal.person))
    form = item_forms.told_of(found.form, form_of(visitor, found), visitor)
    return visitor.show.page("case.html", case=found, licence=licence, form_values=form)


def form_of(visitor: Visitor, case: Any) -> Mapping[str, Any]:
    """The form of the edition of the item that a case was handed in under."""
    code, _, edition = case.item_edition.rpartition(".")
    if not code:  # It is older than editions.
        return {}
    found = visitor.ask(ItemByCode(code=code, edition=int(edition)))
    form: Mapping[str, Any] = found.definition.form
    return form


@page("/one-things/<key>")
def one_thing(visitor: Visitor, key: str) -> Response:
    """How far each matter of a one-thing is."""
    found = visitor.ask(OneThingProgress(one_thing_id=key))
    return visitor.show.page("one_thing.html", thing=found)


@page("/wallet")
def wallet(visitor: Visitor) -> Response:
    """The visitor's licences."""
    _require_person(visitor)
    found = visitor.ask(LicencesOfPerson(owner=visitor.principal.person))
    return visitor.show.page("wallet.html", licences=found.licences, shown=None)


@page("/wallet/<key>", methods=("POST",))
def present(visitor: Visitor, key: str) -> Response:
    """Show chosen items of a licence as a QR code, for five minutes."""
    _require_person(visitor)
    chosen = tuple(visitor.request.form.getlist("item"))
    shown = visitor.ask(PresentLicence.load({"licence_id": key, "items": list(chosen)}))
    code = base64.b64encode(shown.qr.encode()).decode()
    found = visitor.ask(LicencesOfPerson(owner=visitor.principal.person))
    return visitor.show.page(
        "wallet.html",
        licences=found.licences,
        shown={"licence": key, "qr": code, "ends": shown.expires_at},
    )


@page("/readers")
def readers(visitor: Visitor) -> Response:
    """Who read the visitor's data, when and for what."""
    _require_person(visitor)
    found = visitor.ask(ReadersOfMyData(owner=visitor.principal.person))
    return visitor.show.page("readers.html", entries=found.entries)


@page("/cases/<key>/supplement", methods=("POST",))
def supplement(visitor: Visitor, key: str) -> Response:
    """Send what the office found missing."""
    sent = visitor.request.form
    answers = {name[2:]: text for name, text in sent.items() if name.startswith("m.")}
    visitor.ask(SupplementCase.load({"case_id": key, "answers": answers}), request_id=new_id())
    return visitor.lead_to(f"/cases/{key}?done={SupplementCase.route()}")


@page("/concerns")
def concerns(visitor: Visitor) -> Response:
    """What the visitor asked, complained about or suggested, with the answers, and the way to raise
    something."""
    _require_person(visitor)
    found = visitor.ask(ConcernsOfPerson(owner=visitor.principal.person))
    return visitor.show.page("concerns.html", concerns=found.concerns)


@page("/visits")
def visits(visitor: Visitor) -> Response:
    """The visitor's appointments at service halls, and the periods that can be booked at the one of
    the place in the next week."""
    _require_person(visitor)
    county = visitor.place[:COUNTY]
    found, free = visitor.ask_all(
        VisitsOfPerson(owner=visitor.principal.person),
        FreePeriods(division=county, day=visitor.now.date()),
    )
    return visitor.show.page(
        "visits.html",
        visits=found.visits,
        periods=[one for one in free.periods if one.free],
        county=county,
    )
