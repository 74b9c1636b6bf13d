"""The reference data of this service: the basic catalogue, and what every county offers of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from services.digital_government.domain.matters import MATTERS, Matter
from services.digital_government.models import BasicItem, Implementation
from shared.context import Context
from shared.divisions import ZHEJIANG_COUNTIES, counties_on
from shared.loading import LoadStep
from shared.settings import Settings


def steps(settings: Settings) -> Iterator[LoadStep]:
    """The catalogue first, then the implementation lists of all counties."""
    counties = ZHEJIANG_COUNTIES
    if settings.divisions_as_of is not None:
        counties = counties_on(settings.divisions_as_of)
    yield LoadStep("basic-catalogue", "政务服务事项基本目录", len(MATTERS), load_catalogue)
    yield LoadStep(
        "implementation-lists",
        "各县（市、区）实施清单",
        len(MATTERS) * len(counties),
        partial(load_implementations, counties),
    )


def load_catalogue(context: Context) -> None:
    """Enter the matters that the province defines."""
    for matter in MATTERS.values():
        context.unit.add(
            BasicItem(
                id=matter.code,
                name=matter.name_zh,
                name_en=matter.name_en,
                organ_kind=matter.organ_kind,
                statutory_days=matter.statutory_days,
                legal_basis=matter.legal_basis,
            )
        )


def load_implementations(counties: Sequence[str], context: Context) -> None:
    """Publish every matter in every county."""
    for division in counties:
        for matter in MATTERS.values():
            context.unit.add(_implementation(division, matter)).publish()


def _implementation(division: str, matter: Matter) -> Implementation:
    return Implementation(
        id=f"{division}-{matter.code}",
        division=division,
        matter=matter.code,
        organ=f"{division}-{matter.organ_kind}",
        statutory_days=matter.statutory_days,
        promised_days=matter.promised_days,
        visits=matter.visits,
        online=matter.online,
    )
