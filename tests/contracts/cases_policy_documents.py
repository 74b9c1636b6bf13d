"""Cases of policy documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from services.party_government.models import KnownOrgan
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.party_government import (
    AmendPolicyDocument,
    CorrectPolicyDocument,
    IssuePolicyDocument,
    LinkClause,
    RepealPolicyDocument,
    RestorePolicyDocument,
    UnlinkClause,
)
from shared.testing.harness import ServiceHarness
from tests.contracts.ready import Ready, on_existing

APRIL = datetime(2026, 4, 1, 10, tzinfo=CHINA)
OFFICE = Principal("account.office", "official", "33", "33-government", ("general_office",))


def issue_policy_document(harness: ServiceHarness) -> Ready:
    """The organ that issues."""

    def know(context: Context) -> None:
        context.unit.add(KnownOrgan(id="33-government", division="33", type="government", level=1))

    harness.at(APRIL)
    harness.act(know)
    order = IssuePolicyDocument(
        organ=OFFICE.organ,
        number="浙政发〔2026〕1号",
        title="深化数字化改革的通知",
        issued_on=date(2026, 3, 1),
        valid_from=date(2026, 3, 1),
    )
    return Ready(order, OFFICE, replace(order, number="浙政发〔2026〕2号"))


def _document(harness: ServiceHarness) -> str:
    ready = issue_policy_document(harness)
    return harness.execute(ready.order, ready.by).id


def amend_policy_document(harness: ServiceHarness) -> Ready:
    """A document."""
    order = AmendPolicyDocument(document_id=_document(harness), reason="扩大范围", title="通知")
    return on_existing(order, OFFICE)


def repeal_policy_document(harness: ServiceHarness) -> Ready:
    """A document that nothing rests on."""
    order = RepealPolicyDocument(document_id=_document(harness), reason="已不适用")
    return on_existing(order, OFFICE)


def link_clause(harness: ServiceHarness) -> Ready:
    """A document, linked as a whole."""
    order = LinkClause(document_id=_document(harness), kind="item", target="item-1")
    return on_existing(order, OFFICE)


def unlink_clause(harness: ServiceHarness) -> Ready:
    """A link."""
    ready = link_clause(harness)
    link = harness.execute(ready.order, ready.by).id
    return on_existing(UnlinkClause(link_id=link, reason="关联有误"), OFFICE)


def restore_policy_document(harness: ServiceHarness) -> Ready:
    """A document that was repealed."""
    ready = repeal_policy_document(harness)
    harness.execute(ready.order, ready.by)
    order = RestorePolicyDocument(document_id=ready.order.document_id, reason="误操作")
    return on_existing(order, OFFICE)


def correct_policy_document(harness: ServiceHarness) -> Ready:
    """A document."""
    order = CorrectPolicyDocument(
        document_id=_document(harness),
        reason="登记有误",
        number="浙政发〔2026〕11号",
        issued_on=date(2026, 3, 1),
        valid_from=date(2026, 3, 1),
    )
    return on_existing(order, OFFICE)


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "IssuePolicyDocument": issue_policy_document,
    "AmendPolicyDocument": amend_policy_document,
    "RepealPolicyDocument": repeal_policy_document,
    "RestorePolicyDocument": restore_policy_document,
    "CorrectPolicyDocument": correct_policy_document,
    "LinkClause": link_clause,
    "UnlinkClause": unlink_clause,
}
