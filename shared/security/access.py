"""Who may do what: every command and query, by every kind of caller, on what is its own and what
is not; worked out from contracts and policies alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any, Final

from shared.context import ANONYMOUS, Principal
from shared.contracts.base import SERVICES, Ask, messages_of
from shared.security.authorisation import (
    ATTRIBUTES,
    HIGHEST_ASSURANCE,
    Decision,
    Policy,
    decide,
    delegable,
    policies,
)

Whose = str
OWN: Final = "own"
ANOTHER: Final = "another"
NONE: Final = "none"
ONE_FACTOR: Final = ", one factor"
TWO_FACTORS: Final = " (two factors)"

Relation = Mapping[str, Whose]
"""What a resource is to the caller: for each attribute that a policy asks for, whether it is the
caller's own, another's, or not there. A division below the caller's is its own too."""

CALLERS_NAME: Final = {
    "owner": "person",
    "guardians": "person",
    "agent": "person",
    "principal": "id",
    "organ": "organ",
    "received_by": "organ",
    "division": "division",
}
"""What of the caller an attribute of the resource is compared with."""
_CALLER: Final = {"division": "3301", "organ": "organ-of-caller", "person": "p-caller"}
_VALUES: Final[Mapping[str, Mapping[Whose, Any]]] = {
    "owner": {OWN: "p-caller", ANOTHER: "p-another"},
    "guardians": {OWN: ("p-caller",), ANOTHER: ("p-another",)},
    "agent": {OWN: "p-caller", ANOTHER: "p-another"},
    # Its own is the caller's id, which is another for each.
    "principal": {ANOTHER: "account.another"},
    "organ": {OWN: "organ-of-caller", ANOTHER: "another-organ"},
    "received_by": {OWN: "organ-of-caller", ANOTHER: "another-organ"},
    # The caller's is a city, what is its own lies in a county of it, the other county elsewhere.
    "division": {OWN: "330106", ANOTHER: "330203"},
}
_BELONGS_TO: Final = {
    "anonymous": (),
    "resident": ("division", "person"),
    "official": ("division", "organ", "person"),
}
"""What an account of the kind has; any other kind has a division alone."""


@dataclass(frozen=True)
class Caller:
    """A kind of caller: without a role by the name of its kind, in a role as `kind/role`, by its id
    where a policy names that, and as an agent whose agency covers all that can be delegated. Each
    signed in as surely as one can; `ONE_FACTOR` is behind the name of one that did not, where that
    makes a difference."""

    name: str
    principal: Principal


@dataclass(frozen=True)
class Cell:
    """What the policies say to one caller about one message on one resource."""

    message: type[Ask[Any]]
    caller: Caller
    relation: Relation
    resource: Mapping[str, Any]
    decision: Decision


@dataclass(frozen=True)
class Line:
    """Who may send a message about a resource of this relation. An attribute that makes no
    difference is left out, and where only some are told, an empty relation means all others."""

    relation: Relation
    permitted: tuple[str, ...]
    policies: tuple[str, ...]


# Rows


def asks_of(service: str) -> list[type[Ask[Any]]]:
    """The commands and queries of one service, or of `platform`, in the order of its contracts."""
    return [m for m in messages_of(service).values() if issubclass(m, Ask)]


def policies_on(message: type[Ask[Any]]) -> list[Policy]:
    """The policies that bear on this message."""
    return [policy for policy in policies() if policy.bears_on(message.NAME)]


# Columns


def _principal_of(kind: str) -> Principal:
    if kind == ANONYMOUS.kind:
        return ANONYMOUS
    has = _BELONGS_TO.get(kind, ("division",))
    division, organ, person = (_CALLER[n] if n in has else "" for n in _CALLER)
    return Principal(
        f"account.{kind}", kind, division, organ, person=person, assurance=HIGHEST_ASSURANCE
    )


def _agent() -> Caller:
    """Whoever acts for the person that a resident is in this table: what is the person's is its
    own, as far as somebody else may do it."""
    resident = _principal_of("resident")
    scopes = tuple(sorted(delegable()))
    return Caller(
        "resident/agent",
        replace(resident, id="account.agent", agency="agency-of-caller", scopes=scopes),
    )


@cache
def callers() -> tuple[Caller, ...]:
    """Every kind of caller that some policy tells from others: each kind, each role in the kind
    that holds it, and each caller that is named by its id."""
    kinds = sorted({ANONYMOUS.kind}.union(*(policy.kinds for policy in policies())))
    found = [Caller(kind, _principal_of(kind)) for kind in kinds]
    for role in sorted(frozenset().union(*(policy.roles for policy in policies()))):
        found.append(_holder(found[: len(kinds)], {"roles": (role,)}, role))
    for key in sorted(frozenset().union(*(policy.ids for policy in policies()))):
        found.append(_holder(found[: len(kinds)], {"id": key}, key))
    found.append(_agent())
    return tuple(sorted(found, key=lambda one: (kinds.index(one.principal.kind), found.index(one))))


def _holder(kinds: list[Caller], change: Mapping[str, Any], name: str) -> Caller:
    """The caller with this role or id: an official where that gives an official something, else
    of the first kind to which it does."""
    plain = sorted(kinds, key=lambda one: one.name != "official")
    for one in plain:
        changed = Caller(f"{one.name}/{name}", replace(one.principal, **change))
        if _may_more(changed, one):
            return changed
    raise ValueError(f"no policy gives anything to whoever is {name}")


def _may_more(changed: Caller, plain: Caller) -> bool:
    return any(
        with_it.decision.permitted and not without.decision.permitted
        for service in (*SERVICES, "platform")
        for message in asks_of(service)
        for with_it, without in zip(
            _cells(message, [changed]), _cells(message, [plain]), strict=True
        )
    )


# Cells


def _cells(message: type[Ask[Any]], those: Iterable[Caller]) -> Iterator[Cell]:
    attributes = _attributes_of(message)
    for caller, whose in product(those, product((OWN, ANOTHER, NONE), repeat=len(attributes))):
        relation = dict(zip(attributes, whose, strict=True))
        if all(_can_be(caller, name, one) for name, one in relation.items()):
            cell = _cell(message, caller, relation)
            yield cell
            yield from _with_one_factor(cell)


def _with_one_factor(cell: Cell) -> Iterator[Cell]:
    """The same caller after a sign-in by password alone, where the policies tell them apart."""
    name = f"{cell.caller.name}{ONE_FACTOR}"
    lesser = Caller(name, replace(cell.caller.principal, assurance=1))
    other = _cell(cell.message, lesser, cell.relation)
    if other.decision.permitted != cell.decision.permitted:
        yield other


def _attributes_of(message: type[Ask[Any]]) -> list[str]:
    asked = frozenset().union(*(policy.attributes for policy in policies_on(message)))
    # The owner first, because whose a thing is says more than where it is.
    return [name for name in reversed(ATTRIBUTES) if name in asked]


def _can_be(caller: Caller, attribute: str, whose: Whose) -> bool:
    return whose != OWN or bool(getattr(caller.principal, CALLERS_NAME[attribute]))


def _cell(message: type[Ask[Any]], caller: Caller, relation: Relation) -> Cell:
    resource = {
        name: caller.principal.id if (name, whose) == ("principal", OWN) else _VALUES[name][whose]
        for name, whose in relation.items()
        if whose != NONE
    }
    decision = decide(caller.principal, message.NAME, message.AGGREGATE, resource)
    return Cell(message, caller, relation, resource, decision)


def cells_of(message: type[Ask[Any]]) -> tuple[Cell, ...]:
    """Every cell of one message. A caller that has no person, organ or division has nothing of its
    own there; that an attribute is missing is told where it is not as if it were another's."""
    found = list(_cells(message, callers()))
    for name in _attributes_of(message):
        if not _matters(found, name):
            found = [cell for cell in found if cell.relation[name] != NONE]
    return tuple(found)


def _matters(cells: list[Cell], attribute: str) -> bool:
    """Whether it is not the same to leave the attribute out as to name another's."""
    said = {_key(cell): cell.decision.permitted for cell in cells}
    return any(
        said[_key(cell)]
        != said[_key(replace(cell, relation={**cell.relation, attribute: ANOTHER}))]
        for cell in cells
        if cell.relation[attribute] == NONE
    )


def _key(cell: Cell) -> tuple[Any, ...]:
    return cell.caller.name, *cell.relation.values()


# The same for readers

EVERYBODY: Final = "everybody"
WHOEVER_SIGNED_IN: Final = "whoever signed in"

_Row = tuple[Whose | None, ...]


def lines_of(message: type[Ask[Any]]) -> list[Line]:
    """The cells of one message without what makes no difference: first what somebody may do, then,
    in one line, that nobody may do anything else."""
    rows: dict[_Row, list[Cell]] = {}
    for cell in cells_of(message):
        rows.setdefault(tuple(cell.relation.values()), []).append(cell)
    attributes = _attributes_of(message)
    for place in range(len(attributes)):
        rows = _merged(rows, place)
    lines = [_line(dict(zip(attributes, row, strict=True)), cells) for row, cells in rows.items()]
    some = sorted((line for line in lines if line.permitted), key=_nearest_first)
    if len(some) == len(lines):
        return some
    deciding = {name for line in lines if not line.permitted for name in line.policies}
    return [*some, Line({}, (), tuple(sorted(deciding)))]


def _nearest_first(line: Line) -> list[int]:
    order = (OWN, NONE, ANOTHER)
    return [order.index(line.relation.get(name, OWN)) for name in reversed(ATTRIBUTES)]


def _merged(rows: Mapping[_Row, list[Cell]], place: int) -> dict[_Row, list[Cell]]:
    """The rows with those made one that differ in this attribute and say the same to everybody."""
    values = {row[place] for row in rows}
    groups: dict[_Row, dict[_Row, list[Cell]]] = {}
    for row, cells in rows.items():
        groups.setdefault((*row[:place], None, *row[place + 1 :]), {})[row] = cells
    merged: dict[_Row, list[Cell]] = {}
    for common, group in groups.items():
        together = [cell for cells in group.values() for cell in cells]
        if len(group) == len(values) and _say_the_same(together):
            merged[common] = together
        else:
            merged |= group
    return merged


def _say_the_same(cells: Iterable[Cell]) -> bool:
    said: dict[str, bool] = {}
    return all(
        said.setdefault(cell.caller.name, cell.decision.permitted) == cell.decision.permitted
        for cell in cells
    )


def _line(relation: Mapping[str, Whose | None], cells: list[Cell]) -> Line:
    told = {cell.caller.name: cell.decision.permitted for cell in cells}
    return Line(
        {name: whose for name, whose in relation.items() if whose is not None},
        _names_of(told),
        tuple(sorted({name for cell in cells for name in cell.decision.policies})),
    )


def _names_of(told: Mapping[str, bool]) -> tuple[str, ...]:
    """Who may, in few words: a kind stands for all its roles, and agents are always told apart,
    because they may do nothing of what everybody may."""
    agents = tuple(one.name for one in callers() if one.principal.agency and told.get(one.name))
    return (*_names_without_agents(told), *agents)


def _names_without_agents(told: Mapping[str, bool]) -> tuple[str, ...]:
    those = [one for one in callers() if not one.principal.agency]
    refused = {one.name for one in those if not told.get(one.name, False)}
    if not refused:
        return (EVERYBODY,)
    if refused == {ANONYMOUS.kind}:
        return (WHOEVER_SIGNED_IN,)
    names = []
    for one in those:
        kind = one.principal.kind
        if one.name in refused or (one.name != kind and kind not in refused):
            continue
        less = [name for name in refused if name.startswith(f"{kind}/")]
        surely = TWO_FACTORS if f"{one.name}{ONE_FACTOR}" in told else ""
        names.append(
            f"{one.name} (not {', '.join(sorted(less))})"
            if less and one.name == kind
            else one.name + surely
        )
    return tuple(names)
