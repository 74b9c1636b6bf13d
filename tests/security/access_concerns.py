"""Messages about advice, complaints and suggestions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.digital_government.models import Concern
from shared.context import new_id
from tests.security.databases import Databases, Payload, Resource, only


def on_concern(*verbs: str, **more: Any) -> Callable[[Databases, Resource], Payload]:
    """A question that was brought into its state by these verbs."""

    def make(databases: Databases, resource: Resource) -> Payload:
        concern = Concern(
            id=f"q-{new_id()}",
            kind="advice",
            words="需要带什么材料？",
            raised_at=databases.now,
            **{"division": "330106", "organ": "330106-transport", "owner": "p-another", **resource},
        )
        concern.submit()
        for verb in verbs:
            if verb == "answer":
                concern.answer_with("只需本人身份证", None, databases.now)
            else:
                concern.ask_back("请说明编号", databases.now)
        databases.add("digital_government", concern)
        return {"concern_id": concern.id, **more}

    return make


CASES: dict[str, Callable[[Databases, Resource], Payload]] = {
    "RaiseConcern": only(kind="advice", division="330106", words="需要带什么材料？"),
    "AnswerConcern": on_concern(answer="只需本人身份证"),
    "PassConcern": on_concern(place="33", organ_kind="government", reason="属省级事项"),
    "AskBack": on_concern(question="请说明编号"),
    "AddToConcern": on_concern("ask_back", words="尾号1234"),
    "ReopenConcern": on_concern("answer", reason="没有回答"),
    "WithdrawConcern": on_concern(),
    "ConcernById": on_concern(),
    "ConcernsOfOrgan": only(),
    "ConcernsOfPerson": only(),
    "PublishedAnswers": only(division="330106"),
}
