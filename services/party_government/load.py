"""The reference data of this service: indicators, public documents, the concepts of the reform."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from services.party_government.commands.indicators import put_in_force
from services.party_government.commands.policy_documents import enter_document
from services.party_government.commands.theory import define_concept
from services.party_government.models import DefinedIndicator, PolicyDocument
from services.party_government.reference.concepts import CONCEPTS
from services.party_government.reference.indicators import DEFINITIONS
from services.party_government.reference.policy_documents import DOCUMENTS, ReferenceDocument
from shared.context import Context
from shared.contracts.party_government import DefineIndicator
from shared.loading import LoadStep
from shared.settings import Settings


def steps(_: Settings) -> Iterator[LoadStep]:
    """A step for each definition and document, so that what is added later comes with the next
    load; the concepts at once, because a broader one stands before what belongs to it."""
    for one in DEFINITIONS:
        yield LoadStep(f"indicator-{one.code}", "指标体系", 1, partial(define, one))
    yield LoadStep("concepts", "改革理论概念", len(CONCEPTS), load_concepts)
    for document in DOCUMENTS:
        yield LoadStep(f"document-{document.key}", "政策文件", 1, partial(enter, document))


def define(order: DefineIndicator, context: Context) -> None:
    """Put a definition in force, unless somebody defined that code meanwhile: who keeps the
    indicators knows better."""
    if context.unit.find(DefinedIndicator, order.code) is None:
        put_in_force(order, context)


def load_concepts(context: Context) -> None:
    """Define them as a researcher would."""
    for order in CONCEPTS:
        context.unit.add(define_concept(order, context))


def enter(document: ReferenceDocument, context: Context) -> None:
    """Enter a document that was issued by today, unless somebody entered its number meanwhile."""
    order = document.order
    entered = context.unit.find_all(PolicyDocument, PolicyDocument.number == order.number)
    if order.issued_on <= context.today and not entered:
        enter_document(f"pd-{document.key}", document.division, order, context)
