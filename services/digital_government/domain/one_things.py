"""The rules of one-things: what depends on what, and when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType
from typing import Final

from services.digital_government.domain.matters import MATTERS
from shared.errors import InvalidInput, RuleBroken


class MatterState(StrEnum):
    """Where one matter of a one-thing stands."""

    WAITING = "waiting"
    RUNNING = "running"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class ThingState(StrEnum):
    """Where a one-thing stands; it is completed only when every matter was granted."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


class ApplicantNotNamed(InvalidInput):
    """Who is no resident applies for one, and must say for whom."""

    zh = "代为申请时应当写明申请人"
    en = "who applies for a person must name that applicant"

    def __init__(self) -> None:
        super().__init__(fields={"applicant": ["Name the person whom you apply for."]})


class ItemNotOffered(RuleBroken):
    """The division does not offer every matter of the one-thing."""

    zh = "“{division}”未开通下列事项：{matters}"
    en = "“{division}” does not offer: {matters}"


class AlreadyApplied(RuleBroken):
    """A reserved name serves one enterprise, so also one application at a time."""

    zh = "名称保留“{reservation}”已用于另一件申请“{one_thing}”"
    en = "name reservation “{reservation}” is used by application “{one_thing}” already"


@dataclass(frozen=True)
class ThingDefinition:
    """Several matters applied for as one, each after those that it depends on.

    Raises ValueError for a matter that the catalogue does not know, and for a circle. The order of
    `depends_on` is the order in which matters are shown; `promised_days` working days are promised
    for the whole, from application to the last decision.
    """

    code: str
    name_zh: str
    name_en: str
    promised_days: int
    depends_on: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        named = {*self.depends_on, *(d for needed in self.depends_on.values() for d in needed)}
        unknown = sorted(named - MATTERS.keys())
        if unknown:
            raise ValueError(f"{self.code}: no such matters: {', '.join(unknown)}")
        absent = sorted(named - self.depends_on.keys())
        if absent:
            raise ValueError(f"{self.code}: depends on what is no part of it: {', '.join(absent)}")
        try:
            TopologicalSorter(self.depends_on).prepare()
        except CycleError as fault:
            raise ValueError(f"{self.code}: matters wait for each other: {fault.args[1]}") from None

    @property
    def matters(self) -> tuple[str, ...]:
        """The codes of its matters, in their order."""
        return tuple(self.depends_on)

    def startable(
        self, states: Mapping[str, MatterState], *, enterprise_known: bool
    ) -> tuple[str, ...]:
        """The waiting matters whose dependencies are all granted, and whose enterprise is known
        where they are about one."""
        return tuple(
            code
            for code, needed in self.depends_on.items()
            if states[code] is MatterState.WAITING
            and all(states[dependency] is MatterState.GRANTED for dependency in needed)
            and (enterprise_known or not MATTERS[code].of_enterprise)
        )


def state_of_thing(states: Mapping[str, MatterState]) -> ThingState:
    """What the states of its matters make of a one-thing: it runs while any of them is open."""
    found = set(states.values())
    if found & {MatterState.WAITING, MatterState.RUNNING}:
        return ThingState.RUNNING
    return ThingState.COMPLETED if found == {MatterState.GRANTED} else ThingState.FAILED


ENTERPRISE_STARTUP: Final = ThingDefinition(
    code="enterprise_startup",
    name_zh="企业开办“一件事”",
    name_en="Enterprise start-up as one thing",
    promised_days=1,
    depends_on=MappingProxyType(
        {
            "enterprise_registration": (),
            "seal_engraving": ("enterprise_registration",),
            "tax_invoices": ("enterprise_registration",),
            "social_insurance": ("enterprise_registration",),
            "medical_insurance": ("enterprise_registration",),
            "housing_fund": ("enterprise_registration",),
            "bank_appointment": ("enterprise_registration",),
        }
    ),
)

THINGS: Final[Mapping[str, ThingDefinition]] = MappingProxyType(
    {ENTERPRISE_STARTUP.code: ENTERPRISE_STARTUP}
)
