"""How pages are made: Jinja2 templates, in the visitor's language, with the names of things."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.wrappers import Response

from services.gateway import assets
from services.gateway.command_forms import FormOfCommand, command_named
from services.gateway.names import Name, Names, word
from services.gateway.visitor import Visitor
from shared.clocks import CHINA
from shared.contracts.base import Ask, commands_of

HTML: Final = "text/html; charset=utf-8"
TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def title_of(message: type[Ask[Any]]) -> Name:
    """What a command or query is called: its Chinese title, and its name in words."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in message.NAME).strip()
    return message.ZH, words[:1].upper() + words[1:]


class Renderer:
    """Makes the pages of one visitor."""

    def __init__(self, visitor: Visitor, names: Names) -> None:
        self._visitor = visitor
        self.names = names

    def told(self, name: Name) -> str:
        """One of the two, in the visitor's language."""
        return self._visitor.says(*name)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page of that template."""
        return Response(self.text(template, **values), status, content_type=HTML)

    def text(self, template: str, **values: Any) -> Markup:
        """What the template makes of these values."""
        visitor = self._visitor
        made = TEMPLATES.get_template(template).render(
            visitor=visitor,
            t=visitor.says,
            told=self.told,
            word=lambda code: self.told(word(str(code))),
            named=lambda one: self.told((one.name, one.name_en or one.name)),
            division=lambda code: self.told(self.names.division(code)),
            organ=lambda code: self.told(self.names.organ(code)),
            item_name=lambda code: self.told(self.names.item(code)),
            either=lambda text: self.told(_parted(text)),
            day=_day,
            moment=_moment,
            days_left=self._days_left,
            form=self.form,
            command_title=lambda service, name: self.told(title_of(commands_of(service)[name])),
            asset=assets.address_of,
            done=self._done(),
            **values,
        )
        return Markup(made)  # noqa: S704  # Jinja2 escaped what is not markup.

    def form(self, service: str, name: str, **options: Any) -> Markup:
        """The form of a command; see `FormOfCommand`."""
        message = commands_of(service)[name]
        made = FormOfCommand.of(
            message, self._visitor, title=self.told(title_of(message)), **options
        )
        return self.text("command.html", command=made)

    def _done(self) -> str:
        """What was just done, told once on the page that follows."""
        named = self._visitor.request.args.get("done", "")
        service, _, name = named.partition(".")
        message = command_named(service, name)
        return self.told(title_of(message)) if message is not None else ""

    def _days_left(self, due: datetime | None) -> Mapping[str, Any] | None:
        """How a deadline stands: the days to it and its colour."""
        if due is None:
            return None
        days = (due.astimezone(CHINA).date() - self._visitor.now.date()).days
        colour = "red" if due < self._visitor.now else "yellow" if days <= 1 else "green"
        return {"days": days, "colour": colour}


def _parted(text: str) -> Name:
    """A text of both languages, as some registers are named: 中文 / English."""
    zh, _, en = text.partition(" / ")
    return zh, en or zh


def _day(value: date | datetime | None) -> str:
    if value is None:
        return "—"
    return (value.astimezone(CHINA) if isinstance(value, datetime) else value).strftime("%Y-%m-%d")


def _moment(value: datetime | None) -> str:
    return "—" if value is None else value.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
