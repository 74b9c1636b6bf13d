"""Messages about policy documents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from services.party_government.domain.policy_documents import DocumentState
from services.party_government.models import (
    ClauseLink,
    DocumentEdition,
    KnownOrgan,
    PolicyDocument,
)
from shared.context import Context, new_id
from tests.security.databases import Databases, Payload, Resource, only

SERVICE = "party_government"


def issue_policy_document(databases: Databases, resource: Resource) -> Payload:
    organ = resource.get("organ", "33-government")

    def know(context: Context) -> None:
        if context.unit.find(KnownOrgan, organ) is None:
            context.unit.add(KnownOrgan(id=organ, division="33", type="government", level=1))

    databases.act(SERVICE, know)
    return {
        "organ": organ,
        "number": f"浙政发〔2021〕{databases.number()}号",
        "title": "深化数字化改革的通知",
        "issued_on": "2021-03-01",
        "valid_from": "2021-03-01",
    }


def on_document(
    fields: Payload, databases: Databases, resource: Resource, *, repealed: bool = False
) -> Payload:
    """A document in its first edition, in force or repealed."""
    state = DocumentState.REPEALED if repealed else DocumentState.ISSUED
    document = PolicyDocument(
        id=f"pd-{new_id()}",
        number=f"浙委发〔2021〕{databases.number()}号",
        title="深化数字化改革的通知",
        issued_on=date(2021, 3, 1),
        valid_from=date(2021, 3, 1),
        state=state.value,
        **{"organ": "33-government", **resource},
    )

    def enter(context: Context) -> None:
        context.unit.add(document)
        context.unit.add(DocumentEdition.of(document, (), document.issued_on))

    databases.act(SERVICE, enter)
    return {"document_id": document.id, **fields}


def unlink_clause(databases: Databases, resource: Resource) -> Payload:
    link = ClauseLink(
        id=f"cl-{new_id()}",
        document=f"pd-{new_id()}",
        kind="item",
        target=f"item-{new_id()}",
        **{"organ": "33-government", **resource},
    )
    databases.add(SERVICE, link)
    return {"link_id": link.id, "reason": "关联有误"}


def correct_policy_document(databases: Databases, resource: Resource) -> Payload:
    """A document that has another number than was entered."""
    corrected = {
        "reason": "登记有误",
        "number": f"浙政发〔2021〕{databases.number()}号",
        "issued_on": "2021-03-01",
        "valid_from": "2021-03-01",
    }
    return on_document(corrected, databases, resource)


CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "IssuePolicyDocument": issue_policy_document,
    "AmendPolicyDocument": partial(on_document, {"reason": "扩大范围", "title": "通知"}),
    "RepealPolicyDocument": partial(on_document, {"reason": "已不适用"}),
    "RestorePolicyDocument": partial(on_document, {"reason": "误操作"}, repealed=True),
    "CorrectPolicyDocument": correct_policy_document,
    "LinkClause": partial(on_document, {"kind": "item", "target": "item-1"}),
    "UnlinkClause": unlink_clause,
    "PolicyDocumentById": partial(on_document, {}),
    "PolicyDocuments": only(division="33"),
    "WhatRepealTouches": partial(on_document, {}),
    "ClausesBehind": only(kind="item", target="item-1"),
}
