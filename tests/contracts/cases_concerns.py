"""Cases of advice, complaints and suggestions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.contracts.digital_government import (
    AddToConcern,
    AnswerConcern,
    AskBack,
    PassConcern,
    RaiseConcern,
    ReopenConcern,
    WithdrawConcern,
)
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample
from tests.contracts.ready import Ready, on_existing

WORDS = "居住证签注需要带什么材料？"
ANSWER = "只需本人身份证，其余材料政府已掌握。"


def advice(**changes: Any) -> RaiseConcern:
    """A question about the item that the county offers."""
    given = {"kind": "advice", "division": sample.COUNTY, "words": WORDS, "item": sample.CODE}
    return RaiseConcern.load({**given, **changes})


def raised(harness: ServiceHarness, **changes: Any) -> str:
    """Offer the item and ask something about it; the concern's id."""
    sample.offer(harness)
    return harness.execute(advice(**changes), sample.APPLICANT).id


def raise_concern(harness: ServiceHarness) -> Ready:
    """Something that is offered."""
    sample.offer(harness)
    return Ready(advice(), sample.APPLICANT, advice(words="居住证签注在哪里办？"))


def answer_concern(harness: ServiceHarness) -> Ready:
    """A question that nobody answered yet."""
    return on_existing(AnswerConcern(concern_id=raised(harness), answer=ANSWER), sample.OFFICER)


def pass_concern(harness: ServiceHarness) -> Ready:
    """A question that another organ knows the answer to."""
    order = PassConcern(
        concern_id=raised(harness),
        place=sample.COUNTY,
        organ_kind="data_resources",
        reason="属平台使用问题",
    )
    return on_existing(order, sample.OFFICER)


def ask_back(harness: ServiceHarness) -> Ready:
    """A question that says too little."""
    return on_existing(
        AskBack(concern_id=raised(harness), question="请说明居住证编号"), sample.OFFICER
    )


def add_to_concern(harness: ServiceHarness) -> Ready:
    """A question that was asked back."""
    ready = ask_back(harness)
    concern = harness.execute(ready.order, ready.by).id
    return on_existing(AddToConcern(concern_id=concern, words="尾号1234"), sample.APPLICANT)


def reopen_concern(harness: ServiceHarness) -> Ready:
    """A question that was answered."""
    ready = answer_concern(harness)
    concern = harness.execute(ready.order, ready.by).id
    return on_existing(ReopenConcern(concern_id=concern, reason="没有回答"), sample.APPLICANT)


def withdraw_concern(harness: ServiceHarness) -> Ready:
    """A question that nobody answered yet."""
    return on_existing(WithdrawConcern(concern_id=raised(harness)), sample.APPLICANT)


CASES: dict[str, Callable[[ServiceHarness], Ready]] = {
    "RaiseConcern": raise_concern,
    "AnswerConcern": answer_concern,
    "PassConcern": pass_concern,
    "AskBack": ask_back,
    "AddToConcern": add_to_concern,
    "ReopenConcern": reopen_concern,
    "WithdrawConcern": withdraw_concern,
}
