"""Who may do what, and why not, for readers: tables, and what the policies say of one caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from rich.table import Table

from deploy.catalogue import service_class
from deploy.system_packages import SetupFault
from services.identity_data.models import Account
from services.identity_data.reference.systems import scopes_of
from shared.context import Principal
from shared.contracts.base import SERVICES, Ask, Command
from shared.security.access import ANOTHER, NONE, OWN, Line, Relation, asks_of, cells_of, lines_of
from shared.security.authorisation import attributes_of
from shared.security.explanation import Explanation, Verdict, shown
from shared.settings import Settings
from shared.storage import Record, open_database, open_for_reading
from shared.unit_of_work import UnitOfWork

_PHRASES = {
    "owner": {OWN: "own", ANOTHER: "another's", NONE: "naming nobody"},
    "guardians": {OWN: "own ward's", ANOTHER: "another's ward's", NONE: "nobody's ward"},
    "agent": {OWN: "granted to itself", ANOTHER: "granted to another", NONE: "granted to nobody"},
    "principal": {OWN: "own account", ANOTHER: "another account", NONE: "no account"},
    "organ": {OWN: "own organ", ANOTHER: "another organ", NONE: "no organ"},
    "received_by": {
        OWN: "received by own organ",
        ANOTHER: "received by another organ",
        NONE: "received by none",
    },
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
    """Who may send each command and query of one service."""
    table = Table("contract", "about", "who may", title=_title_of(service))
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
    " `official/leader` those in that role alone. `resident/agent` acts for somebody under an"
    " agency that covers all it can. A division below the caller's is its own too."
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


# One decision


def principal_of(settings: Settings, account: str) -> Principal:
    """Who an account signs in as, read in identity_data's own database, so that nobody's password
    is needed; raises `SetupFault` where there is no such account."""
    with _reading(settings, "identity_data") as unit:
        found = unit.find(Account, account)
    if found is None:
        raise SetupFault(f"no account “{account}” in the database of identity_data")
    caller = found.caller
    sure = caller if found.is_guessable else replace(caller, assurance=2)
    return replace(sure, scopes=scopes_of(caller))


def record_of(service: str, message: type[Ask[Any]]) -> type[Record] | None:
    """What the service loads before it asks the policies about this message, if anything."""
    handlers = service_class(service).handlers
    handler = {**handlers.commands, **handlers.queries}[message.NAME]
    record: type[Record] | None = handler.record
    return record


def attributes_in(
    settings: Settings, service: str, record: type[Record], key: str
) -> dict[str, Any]:
    """What a policy may ask of a stored aggregate. One that is missing has nothing of it, as in
    the pipeline."""
    with _reading(settings, service) as unit:
        found = unit.find(record, key)
    return {} if found is None else attributes_of(found)


@contextmanager
def _reading(settings: Settings, service: str) -> Iterator[UnitOfWork]:
    url = settings.database_url_for(service)
    engine = open_database(url)
    try:
        if not sa.inspect(engine).has_table("request"):
            raise SetupFault(f"no tables of {service} in {engine.url.render_as_string()}")
        read = open_for_reading(url, engine)
        yield UnitOfWork(read, service)
        read.dispose()
    finally:
        engine.dispose()


def told(why: Explanation, principal: Principal, resource: Mapping[str, Any]) -> list[str]:
    """The decision in plain sentences, a line each."""
    lines = [f"caller   {_caller(principal)}"]
    about = ", ".join(f"{name} {shown(value)}" for name, value in sorted(resource.items()))
    lines.append(f"about    {about or 'nothing that a policy asks for'}")
    if why.decision.permitted:
        return [*lines, f"policies {', '.join(why.decision.policies)}"]
    if not why.verdicts:
        return [*lines, "No policy names this message, so nobody may send it."]
    for verdict in sorted(why.verdicts, key=lambda one: one.permits):
        lines += _sentences(verdict)
    return lines


def _caller(principal: Principal) -> str:
    parts = [principal.id, f"kind {principal.kind}"]
    parts += [f"role {role}" for role in principal.roles] or ["no role"]
    parts += ["second factor"] if principal.assurance > 1 else []
    parts += [f"agency {principal.agency}"] if principal.agency else []
    for name in ("division", "organ", "person"):
        value = getattr(principal, name)
        parts.append(f"{name} {value}" if value else f"no {name}")
    return ", ".join(parts)


def _sentences(verdict: Verdict) -> list[str]:
    if verdict.permits and verdict.applies:
        return [f"{verdict.policy} would permit it."]
    if not verdict.permits and not verdict.applies:
        return []
    if not verdict.ways:
        return [f"{verdict.policy} {'does not permit' if verdict.permits else 'forbids'} it."]
    if verdict.permits:
        lines = [f"{verdict.policy} would permit it if"]
    else:
        lines = [f"{verdict.policy} forbids it, and would not if"]
    ways = ["\n       and ".join(way) for way in verdict.ways]
    return [*lines, "       " + "\n    or ".join(ways)]
