"""Objections to shared data: their states, and which readings handed out a wrong value."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from shared.errors import InvalidInput, RuleBroken

DAYS_TO_VERIFY: Final = 5
"""Working days in which an objection is verified: the platform's own promise, since State Council
document 国发〔2016〕51号 asks for it without delay and names no figure."""

READINGS_AN_EVENT: Final = 500


class ObjectionState(StrEnum):
    """What came of an objection."""

    RAISED = "raised"  # 待核实
    UPHELD = "upheld"  # 属实
    REJECTED = "rejected"  # 不属实
    CORRECTED = "corrected"  # 已更正


class ObjectionVerb(StrEnum):
    """What can be done with an objection."""

    VERIFY = "verify"
    CORRECT = "correct"


class ObjectionInWrongState(RuleBroken):
    """The verb does not apply to an objection in this state."""

    zh = "数据异议处于“{state_zh}”状态，不能{verb_zh}"
    en = "an objection that is {state} does not allow: {verb}"


class NotTheirData(RuleBroken):
    """One objects to data of oneself, or of an enterprise that one leads."""

    zh = "只能对本人或本人任法定代表人的企业的数据提出异议"
    en = "object to data of yourself or of an enterprise that you lead"


class ObjectionOpen(RuleBroken):
    """One fact of one subject is verified once at a time."""

    zh = "该信息项已有未办结的异议“{objection}”"
    en = "objection “{objection}” to this item is still open"


class NotWhatWasObjected(RuleBroken):
    """A correction closes the objection that it answers, and no other."""

    zh = "此次更正不涉及异议“{objection}”所指的信息项"
    en = "the correction does not concern what objection “{objection}” is about"


_ALLOWED: Final[Mapping[ObjectionVerb, frozenset[ObjectionState]]] = MappingProxyType(
    {
        ObjectionVerb.VERIFY: frozenset({ObjectionState.RAISED}),
        ObjectionVerb.CORRECT: frozenset({ObjectionState.UPHELD}),
    }
)
_STATES_ZH: Final = {
    ObjectionState.RAISED: "待核实",
    ObjectionState.UPHELD: "属实待更正",
    ObjectionState.REJECTED: "不属实",
    ObjectionState.CORRECTED: "已更正",
}
_VERBS_ZH: Final = {ObjectionVerb.VERIFY: "核实", ObjectionVerb.CORRECT: "更正"}

OPEN: Final = (ObjectionState.RAISED, ObjectionState.UPHELD)
"""The states out of which something leads."""


def require_allowed(verb: ObjectionVerb, state: ObjectionState) -> None:
    """Raise `ObjectionInWrongState` unless an objection in this state allows the verb."""
    if state not in _ALLOWED[verb]:
        raise ObjectionInWrongState(
            state=state.value,
            state_zh=_STATES_ZH[state],
            verb=verb.value,
            verb_zh=_VERBS_ZH[verb],
        )


def require_item_of(subject: str, item: str) -> None:
    """Raise `InvalidInput` unless a person (`p-…`) or an enterprise can have the item."""
    kind = "person." if subject.startswith("p-") else "enterprise."
    if not item.startswith(kind):
        raise InvalidInput(fields={"item": ["The subject has no such item."]})


_ALSO_SHOWN_AS: Final = MappingProxyType({"person.name": "enterprise.legal_representative"})
"""As which item of the enterprises that a person leads a fact of the person is handed out too."""


def hands_out(item: str, subject: str, read_of: str, facts: list[str]) -> bool:
    """Whether a reading of these facts of `read_of`, a subject or an enterprise that it leads,
    handed out the item of the subject."""
    if read_of == subject:
        return item in facts
    return _ALSO_SHOWN_AS.get(item) in facts
