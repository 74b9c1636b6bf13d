"""Who may do what, for readers: as tables, as Markdown and as data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from shared.contracts.base import SERVICES, Ask, Command
from shared.security.access import ANOTHER, NONE, OWN, Line, Relation, asks_of, cells_of, lines_of

_PHRASES = {
    "owner": {OWN: "own", ANOTHER: "another's", NONE: "naming nobody"},
    "organ": {OWN: "own organ", ANOTHER: "another organ", NONE: "no organ"},
    "division": {OWN: "own division", ANOTHER: "another division", NONE: "no division"},
}
NOBODY = "nobody"


# The table


def groups() -> list[str]:
    """The services that have commands or queries of their own, then what belongs to each."""
    return [name for name in (*SERVICES, "platform") if asks_of(name)]


def _title_of(service: str) -> str:
    return "every service" if service == "platform" else service


def table_of(service: str) -> Table:
    """Who may send each command and query of one service, at most 120 columns wide."""
    table = Table("contract", "about", "who may", title=_title_of(service), width=118)
    for ask in asks_of(service):
        for number, (about, who, _) in enumerate(_told(ask)):
            table.add_row("" if number else f"{ask.NAME} {ask.ZH}", about, who)
    return table


def as_markdown() -> str:
    """The same of every service, with the policies that decide."""
    parts = ["# Who may do what\n", _LEGEND]
    for service in groups():
        parts.append(f"\n## {_title_of(service)}\n")
        parts.append("| contract | 中文 | about | who may | decided by |\n|---|---|---|---|---|")
        parts += [
            f"| `{ask.NAME}` | {ask.ZH} | {about} | {who} | {', '.join(policies)} |"
            for ask in asks_of(service)
            for about, who, policies in _told(ask)
        ]
    return "\n".join(parts) + "\n"


_LEGEND = (
    "Made from the contracts and the Cedar policies. `official` means officials in whatever role,"
    " `official/leader` those in that role alone. A division below the caller's is its own too."
)


def as_data() -> list[dict[str, Any]]:
    """Every cell as JSON data."""
    return [
        {
            "service": service,
            "contract": ask.NAME,
            "kind": "command" if issubclass(ask, Command) else "query",
            "zh": ask.ZH,
            "caller": cell.caller.name,
            "about": dict(cell.relation),
            "permitted": cell.decision.permitted,
            "policies": list(cell.decision.policies),
        }
        for service in groups()
        for ask in asks_of(service)
        for cell in cells_of(ask)
    ]


def _told(ask: type[Ask[Any]]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    lines = lines_of(ask)
    for line in lines:
        yield _phrase(line.relation, alone=len(lines) == 1), _who(line), line.policies


def _phrase(relation: Relation, *, alone: bool) -> str:
    if not relation:
        return "anything" if alone else "anything else"
    return ", ".join(_PHRASES[name][whose] for name, whose in relation.items())


def _who(line: Line) -> str:
    return ", ".join(line.permitted) or NOBODY
