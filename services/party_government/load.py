"""The reference data of this service: the indicators of the province, the reform's concepts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from services.party_government.commands.indicators import put_in_force
from services.party_government.commands.theory import define_concept
from services.party_government.models import DefinedIndicator
from services.party_government.reference.concepts import CONCEPTS
from services.party_government.reference.indicators import DEFINITIONS
from shared.context import Context
from shared.contracts.party_government import DefineIndicator
from shared.loading import LoadStep
from shared.settings import Settings


def steps(_: Settings) -> Iterator[LoadStep]:
    """A step for each definition, so that one that is added later comes with the next load; the
    concepts at once, because a broader one stands before what belongs to it."""
    for one in DEFINITIONS:
        yield LoadStep(f"indicator-{one.code}", "指标体系", 1, partial(define, one))
    yield LoadStep("concepts", "改革理论概念", len(CONCEPTS), load_concepts)


def define(order: DefineIndicator, context: Context) -> None:
    """Put a definition in force, unless somebody defined that code meanwhile: who keeps the
    indicators knows better."""
    if context.unit.find(DefinedIndicator, order.code) is None:
        put_in_force(order, context)


def load_concepts(context: Context) -> None:
    """Define them as a researcher would."""
    for order in CONCEPTS:
        context.unit.add(define_concept(order, context))
