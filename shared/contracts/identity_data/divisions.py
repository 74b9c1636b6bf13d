"""Administrative divisions over time, and their mergers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import (
    Command,
    Contract,
    Done,
    Event,
    Label,
    Query,
    Transition,
)
from shared.contracts.fields import (
    DivisionCode,
    Identifier,
)
from shared.contracts.identity_data.terms import Basis
from shared.contracts.succession import OpenWorkMoved, PassedOn


class Division(Contract):
    """An administrative division as of a day (GB/T 2260)."""

    code: DivisionCode
    name: Annotated[str, validate.Length(max=100)]
    level: Annotated[int, validate.Range(min=1, max=5)]
    valid_from: date | None = None
    valid_to: date | None = None
    predecessors: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()
    name_en: Annotated[str, validate.Length(max=100)] = ""


class DivisionList(Contract):
    """A division and those directly below it."""

    divisions: tuple[Division, ...]


class DivisionsBelow(Query[DivisionList], on="PublicDivision", zh="查询行政区划"):
    """A division and those directly below it, as of a day; without one, today."""

    code: DivisionCode
    as_of: date | None = None


class TerritoryMove(Contract):
    """Territory of `from_code` that belongs to `to_code` from the day on, codes of one level.

    A code moved into itself goes on, with what the other moves leave it. Where a code has several
    moves and no township tells which, it keeps the matter if it goes on, else the first takes over.
    """

    from_code: DivisionCode
    to_code: DivisionCode
    name: Annotated[
        str | None,
        validate.Length(min=2, max=100),
        Label("名称", "name of `to_code` from then on, where it is new or changes"),
    ] = None


Moves = Annotated[
    tuple[TerritoryMove, ...], validate.Length(min=1, max=2000), Label("区划变动", "moves")
]


class MergeDivisions(Command[Done], on="DivisionMerger", zh="行政区划变更"):
    """Merge, split or rename divisions, or pass townships on to another county, from the beginning
    of a day (Regulations on the Administration of Administrative Divisions, State Council Decree
    704, articles 6 to 9). `division` is the one within which all of it happens."""

    division: DivisionCode
    basis: Basis
    effective: date
    moves: Moves


class WithdrawMerger(Transition[Done], on="DivisionMerger", key="merger_id", zh="撤回区划变更"):
    """Take an announced merger back before it takes effect."""

    merger_id: Identifier


class MergerAnnounced(Event, on="DivisionMerger", key="merger_id", zh="区划变更已公布"):
    """Divisions will change on that day."""

    merger_id: Identifier
    basis: Basis
    effective: date


class MergerWithdrawn(Event, on="DivisionMerger", key="merger_id", zh="区划变更已撤回"):
    """What was announced does not happen."""

    merger_id: Identifier


class DivisionsMerged(Event, on="DivisionMerger", key="merger_id", zh="区划变更已生效"):
    """From the beginning of this day on the territory belongs where the moves say; every service
    passes its open work on to the successors."""

    merger_id: Identifier
    division: DivisionCode
    effective: date
    moves: Moves


class OpenWorkPassed(OpenWorkMoved, zh="登记数据已移交"):
    """People, enterprises, reserved names and accounts belong to the successors."""


class PersonPassedOn(PassedOn, on="Person", zh="自然人区划已变更"):
    """A person lives where another division is responsible now."""


class EnterprisePassedOn(PassedOn, on="Enterprise", zh="企业区划已变更"):
    """An enterprise has its seat where another division is responsible now."""


class NamePassedOn(PassedOn, on="EnterpriseName", zh="保留名称区划已变更"):
    """A reserved name belongs to another division now."""


class PassedWork(Contract):
    """What one service passed on after a merger."""

    service: str
    counts: Annotated[Mapping[str, int], Label("移交数", "passed on")]


class Merger(Contract):
    """A merger of divisions, and how far the services have come with it."""

    merger_id: Identifier
    version: int
    basis: Basis
    effective: date
    state: Annotated[Literal["announced", "in_force", "withdrawn"], Label("状态", "state")]
    moves: Moves
    passed: tuple[PassedWork, ...]
    complete: Annotated[bool, Label("移交完毕", "all services have passed their open work on")]


class MergerById(Query[Merger], on="DivisionMerger", key="merger_id", zh="查询区划变更"):
    """One merger, with what has passed on after it."""

    merger_id: Identifier
