"""The reference data of this service: indicators, public documents, the concepts of the reform, its
first central task."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from services.party_government.commands.indicators import put_in_force
from services.party_government.commands.plans import Draft, propose
from services.party_government.commands.plans import put_in_force as put_plan_in_force
from services.party_government.commands.policy_documents import enter_document
from services.party_government.commands.tasks import register
from services.party_government.commands.theory import define_concept
from services.party_government.models import DefinedIndicator, PolicyDocument
from services.party_government.reference import reform
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
    yield LoadStep("task-digital-reform", "重大任务", 1, register_reform)


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


def register_reform(context: Context) -> None:
    """Put the digital reform in force as the first central task. What of it was due before today
    has no clock: whether it was done in time, nobody saw here."""
    task = register(reform.REGISTRATION, reform.TASK, reform.PROVINCE, context)
    # Organs are told by another service, after this is loaded; their ids say where they are.
    plan = reform.PLAN.plan
    named = [task.supervising]
    for part in plan.parts:
        named += [part.lead, part.responsible, part.supervising]
    divisions = {organ: organ.partition("-")[0] for organ in named}
    edition = propose(task, reform.PLAN, divisions[task.supervising], context)
    edition.review("adopt", reform.PLAN.reason, context.actor.id, context.now)
    draft = Draft.of(task, plan, divisions, context)
    draft.require_sound(reform.REGISTRATION.begins)
    put_plan_in_force(draft, edition, context)
