"""Cases of the item catalogue, of applications, and of what procedures add to cases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from shared.contracts.digital_government import (
    CancelItem,
    ClaimItem,
    DecideCase,
    DeclareHeldDocument,
    DeclineCase,
    DefineItem,
    DefineOneThing,
    DeliverResult,
    DiscardApplication,
    GiveReview,
    KeepAnswers,
    OpenApplication,
    OpenOneThing,
    PublishItem,
    ReviseItem,
    ReviseOneThing,
    ReviseTerms,
    SubmitApplication,
    TransferCase,
    WithdrawItem,
)
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample
from tests.contracts.ready import MONDAY, Ready, on_existing


def define_item(harness: ServiceHarness) -> Ready:
    """No item of that code."""
    sample.prepare(harness)
    order = DefineItem(code=sample.CODE, definition=sample.DEFINITION, effective=MONDAY.date())
    return Ready(order, sample.PROVINCE, replace(order, definition=sample.AT_ONCE))


def revise_item(harness: ServiceHarness) -> Ready:
    """An item in force."""
    sample.prepare(harness)
    sample.define(harness)
    order = ReviseItem(
        code=sample.CODE,
        definition=sample.AT_ONCE,
        effective=MONDAY.date() + timedelta(days=7),
        reason="改为秒批",
    )
    return on_existing(order, sample.PROVINCE)


def cancel_item(harness: ServiceHarness) -> Ready:
    """An item in force."""
    sample.prepare(harness)
    sample.define(harness)
    order = CancelItem(
        code=sample.CODE, on_day=MONDAY.date() + timedelta(days=30), reason="依据已废止"
    )
    return on_existing(order, sample.PROVINCE)


def claim_item(harness: ServiceHarness) -> Ready:
    """An item that the county's level handles."""
    sample.prepare(harness)
    sample.define(harness)
    order = ClaimItem(
        code=sample.CODE, division=sample.COUNTY, organ=sample.HANDLING, terms=sample.TERMS
    )
    return Ready(order, sample.BUREAU, replace(order, terms=replace(sample.TERMS, visits=0)))


def revise_terms(harness: ServiceHarness) -> Ready:
    """What the county offers."""
    sample.offer(harness)
    terms = replace(sample.TERMS, promised_days=3)
    return on_existing(ReviseTerms(implementation_id=sample.OFFERED, terms=terms), sample.BUREAU)


def publish_item(harness: ServiceHarness) -> Ready:
    """A draft."""
    sample.prepare(harness)
    sample.define(harness)
    return on_existing(PublishItem(implementation_id=sample.claim(harness)), sample.BUREAU)


def withdraw_item(harness: ServiceHarness) -> Ready:
    """What the county offers."""
    sample.offer(harness)
    order = WithdrawItem(implementation_id=sample.OFFERED, reason="改由市级办理")
    return on_existing(order, sample.BUREAU)


def declare_held_document(harness: ServiceHarness) -> Ready:
    """A kind of document of which nobody has said yet that government holds it."""
    harness.at(MONDAY)
    order = DeclareHeldDocument(document="identity_card", name="居民身份证", facts=("person.name",))
    return Ready(order, sample.PROVINCE, replace(order, name="身份证"))


def open_application(harness: ServiceHarness) -> Ready:
    """What the county offers."""
    sample.offer(harness)
    order = OpenApplication(matter=sample.CODE, division=sample.COUNTY)
    return Ready(order, sample.APPLICANT, replace(order, division=f"{sample.COUNTY}003"))


def attach_material(harness: ServiceHarness) -> Ready:
    """An application that is filled in."""
    sample.offer(harness)
    order = sample.attachment(sample.open_application(harness), "tenancy")
    return on_existing(order, sample.APPLICANT)


def submit_application(harness: ServiceHarness) -> Ready:
    """An application with all that is needed."""
    ready = attach_material(harness)
    harness.execute(ready.order, ready.by)
    order = SubmitApplication(
        application_id=ready.order.application_id,  # type: ignore[attr-defined]
        answers=sample.ANSWERS,
    )
    return on_existing(order, sample.APPLICANT)


def keep_answers(harness: ServiceHarness) -> Ready:
    """An application that is filled in."""
    sample.offer(harness)
    order = KeepAnswers(application_id=sample.open_application(harness), answers={})
    return on_existing(order, sample.APPLICANT)


def discard_application(harness: ServiceHarness) -> Ready:
    """An application that is filled in."""
    sample.offer(harness)
    made = sample.open_application(harness)
    return on_existing(DiscardApplication(application_id=made), sample.APPLICANT)


def decline_case(harness: ServiceHarness) -> Ready:
    """A case that waits for acceptance."""
    sample.offer(harness)
    order = DeclineCase(case_id=sample.apply(harness, "tenancy"), reasons="不属于本机关职权范围")
    return on_existing(order, sample.OFFICER)


def transfer_case(harness: ServiceHarness) -> Ready:
    """A case of an item that another county offers too."""
    sample.offer(harness)
    sample.offer_elsewhere(harness)
    order = TransferCase(
        case_id=sample.apply(harness, "tenancy"),
        to_division=sample.ELSEWHERE,
        reason="居住地属其管辖",
    )
    return on_existing(order, sample.OFFICER)


def give_review(harness: ServiceHarness) -> Ready:
    """A review that another organ was asked for."""
    sample.accepted(harness)
    order = GiveReview(review_id=sample.review_asked(harness), opinion="agree", note="参保属实")
    return on_existing(order, sample.COLLEAGUE)


def deliver_result(harness: ServiceHarness) -> Ready:
    """A case that is decided."""
    ready = give_review(harness)
    harness.execute(ready.order, ready.by)
    (case_id,) = sample.cases(harness)
    harness.execute(DecideCase(case_id=case_id, outcome="granted"), sample.OFFICER)
    order = DeliverResult(case_id=case_id, way="post", reference="EMS-1")
    return on_existing(order, sample.OFFICER)


def define_one_thing(harness: ServiceHarness) -> Ready:
    """Two items in force, and no one-thing of that code."""
    sample.offer_thing(harness)
    order = DefineOneThing(code="another", definition=sample.THING_DEFINITION)
    reversed_ = replace(sample.THING_DEFINITION, promised_days=6)
    return Ready(order, sample.PROVINCE, replace(order, definition=reversed_))


def revise_one_thing(harness: ServiceHarness) -> Ready:
    """A one-thing in force."""
    sample.offer_thing(harness)
    definition = replace(sample.THING_DEFINITION, promised_days=4)
    order = ReviseOneThing(code=sample.THING, definition=definition, reason="缩短期限")
    return on_existing(order, sample.PROVINCE)


def open_one_thing(harness: ServiceHarness) -> Ready:
    """A one-thing of which the county offers every matter."""
    sample.offer_thing(harness)
    order = OpenOneThing(thing=sample.THING, division=sample.COUNTY)
    return Ready(order, sample.APPLICANT, replace(order, division=f"{sample.COUNTY}003"))


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "DefineItem": define_item,
    "ReviseItem": revise_item,
    "CancelItem": cancel_item,
    "ClaimItem": claim_item,
    "ReviseTerms": revise_terms,
    "PublishItem": publish_item,
    "WithdrawItem": withdraw_item,
    "DeclareHeldDocument": declare_held_document,
    "DefineOneThing": define_one_thing,
    "ReviseOneThing": revise_one_thing,
    "OpenOneThing": open_one_thing,
    "OpenApplication": open_application,
    "AttachMaterial": attach_material,
    "SubmitApplication": submit_application,
    "KeepAnswers": keep_answers,
    "DiscardApplication": discard_application,
    "DeclineCase": decline_case,
    "GiveReview": give_review,
    "TransferCase": transfer_case,
    "DeliverResult": deliver_result,
}
