"""Matters between organs: what a kind of matter asks for, and what can be done in which state."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.divisions import Level, level_of, lineage
from shared.errors import InvalidInput, RuleBroken

TO_ACCEPT: Final = 2
"""Working days to accept a matter or to say what is missing; this platform's own limit."""


class MatterState(StrEnum):
    """Where a matter stands, as cases of residents do."""

    SUBMITTED = "submitted"  # 待受理
    AWAITING_SUPPLEMENT = "awaiting_supplement"  # 待补正
    ACCEPTED = "accepted"  # 办理中
    DECIDED = "decided"  # 办结
    WITHDRAWN = "withdrawn"  # 撤回


OPEN: Final = (MatterState.SUBMITTED, MatterState.AWAITING_SUPPLEMENT, MatterState.ACCEPTED)
"""Matters about which something is still to be done."""


class Role(StrEnum):
    """What an organ is in a matter."""

    DECIDE = "decide"  # 主办
    CONSENT = "consent"  # 会签
    RECEIVE = "receive"  # 接收单位会签


class HandlingState(StrEnum):
    """How far one organ is."""

    WAITING = "waiting"  # 待征求
    OPEN = "open"  # 待办
    DONE = "done"  # 已办
    ENDED = "ended"  # 终止


class Act(StrEnum):
    """What is done about a matter."""

    SUBMIT = "submit"
    ACCEPT = "accept"
    REQUEST_SUPPLEMENT = "request_supplement"
    SUPPLEMENT = "supplement"
    ANSWER = "answer"
    DECIDE = "decide"
    WITHDRAW = "withdraw"
    ESCALATE = "escalate"


ACTS_ZH: Final[Mapping[Act, str]] = {
    Act.SUBMIT: "提交",
    Act.ACCEPT: "受理",
    Act.REQUEST_SUPPLEMENT: "告知补正",
    Act.SUPPLEMENT: "补正",
    Act.ANSWER: "会签答复",
    Act.DECIDE: "办结",
    Act.WITHDRAW: "撤回",
    Act.ESCALATE: "督办升级",
}
_STATES_ZH: Final[Mapping[MatterState, str]] = {
    MatterState.SUBMITTED: "待受理",
    MatterState.AWAITING_SUPPLEMENT: "待补正",
    MatterState.ACCEPTED: "办理中",
    MatterState.DECIDED: "办结",
    MatterState.WITHDRAWN: "撤回",
}
_ALLOWED: Final[Mapping[Act, tuple[MatterState, ...]]] = {
    Act.ACCEPT: (MatterState.SUBMITTED,),
    Act.REQUEST_SUPPLEMENT: (MatterState.SUBMITTED, MatterState.ACCEPTED),
    Act.SUPPLEMENT: (MatterState.AWAITING_SUPPLEMENT,),
    Act.ANSWER: (MatterState.ACCEPTED,),
    Act.DECIDE: (MatterState.ACCEPTED,),
    Act.WITHDRAW: OPEN,
}


class MatterInWrongState(RuleBroken):
    """The matter is not where this can be done with it."""

    zh = "事项处于“{state_zh}”状态，不能{act_zh}"
    en = "a matter that is “{state}” does not allow: {act}"


class UnfitMatter(InvalidInput):
    """What was given does not fit the kind of the matter; `fields` says where."""

    zh = "所填内容与事项类别不符，请按提示更正"
    en = "what was given does not fit the kind of matter; correct each as its message says"


class MaterialsMissing(InvalidInput):
    """Not every material that is needed was given."""

    zh = "缺少材料：{names_zh}；请一并补齐后提交"
    en = "materials are missing: {names_en}; give all of them at once"


class NoCompetentOrgan(RuleBroken):
    """The organ that would decide, or must consent, is not there or came to an end."""

    zh = "机构“{organ}”不存在或已撤销，无法办理该事项；请核对事项类别和本机关所在区划"
    en = "organ “{organ}” is not there or has ended, so it cannot act; check kind and division"


class NotYoursToDecide(RuleBroken):
    """An organ that must only consent neither accepts nor decides."""

    zh = "本机关为会签单位，不能受理、告知补正或办结；请答复会签意见"
    en = "this organ is asked for its consent and does not decide; answer that instead"


class NotYoursToConsent(RuleBroken):
    """The organ that decides says so by deciding."""

    zh = "本机关为主办单位，无需答复会签；请受理或办结"
    en = "this organ decides the matter and is not asked for consent; accept or decide it"


class MatterSupplementAlreadyRequested(RuleBroken):
    """What is missing is told once and completely, as it is to residents (Administrative Licensing
    Law article 32(4))."""

    zh = "需要补正的全部内容应当一次性告知，本事项已告知过"
    en = "all that is missing is told at once, and it was told before about this matter"


class ObjectionNeedsOpinion(InvalidInput):
    """Whoever objects says why."""

    zh = "不同意的须说明意见"
    en = "an objection says why"


class ConsentsAwaited(RuleBroken):
    """A decision waits for every consent that was asked."""

    zh = "尚有会签未答复：{organs}；全部答复后方可办结"
    en = "these organs have not answered yet: {organs}; the decision waits for them"


class ConsentRefused(RuleBroken):
    """Nothing is granted against an objection."""

    zh = "{organs}不同意，不能予以同意；请协商后由其变更意见，或不予同意"
    en = "{organs} objected, so it cannot be granted; have the answer changed, or refuse it"


@dataclass(frozen=True)
class Material:
    """A material that is to be given."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class MatterKind:
    """A kind of matter. Days are working days.

    An organ of `organ_kind` decides: that of the applicant's own division, but of none below
    `lowest`. Organs of `consents` there must consent, and so must a `receiver` where one is named.
    """

    code: str
    zh: str
    en: str
    organ_kind: str
    promised_days: int
    consent_days: int
    materials: tuple[Material, ...]
    consents: tuple[str, ...] = ()
    receiver: bool = False
    lowest: Level = Level.COUNTY
    source: str | None = None

    def __post_init__(self) -> None:
        # Consents are answered within the promise; a day remains to decide.
        if not 0 < self.consent_days < self.promised_days:
            raise ValueError(f"{self.code}: consents must come before the decision is due")

    def decided_by(self, applicant: str, division: str) -> str | None:
        """The organ that decides what this applicant of that division submits: never itself, but
        then the one above; None above the province."""
        places = (code for code in lineage(division) if level_of(code) <= self.lowest)
        organs = (f"{place}-{self.organ_kind}" for place in places)
        return next((organ for organ in organs if organ != applicant), None)

    def require_known(self, given: Collection[str]) -> None:
        """Raise `UnfitMatter` for a material that the kind does not ask for, or that stands
        twice."""
        known = {one.code for one in self.materials}
        faults = {
            str(number): ["Not a material of this kind." if code not in known else "Given twice."]
            for number, code in enumerate(given)
            if code not in known or code in list(given)[:number]
        }
        if faults:
            raise UnfitMatter(fields={"materials": faults})

    def require_given(self, needed: Iterable[str], given: Collection[str]) -> None:
        """Raise `MaterialsMissing`, naming all that were not given."""
        needed = set(needed)
        missing = [m for m in self.materials if m.code in needed and m.code not in given]
        if missing:
            raise MaterialsMissing(
                fields={"materials": [f"Missing: {one.code}." for one in missing]},
                names_zh="、".join(one.zh for one in missing),
                names_en=", ".join(one.en for one in missing),
            )


def require_allowed(act: Act, state: MatterState) -> None:
    """Raise `MatterInWrongState` unless a matter in this state allows the act."""
    if state not in _ALLOWED[act]:
        raise MatterInWrongState(
            state=state.value.replace("_", " "),
            state_zh=_STATES_ZH[state],
            act=act.value.replace("_", " "),
            act_zh=ACTS_ZH[act],
        )


def require_consents(answers: Mapping[str, bool | None], outcome: str) -> None:
    """Raise `ConsentsAwaited` while an organ has not answered (None), and `ConsentRefused` for a
    grant against an objection."""
    awaited = [organ for organ, agreed in answers.items() if agreed is None]
    if awaited:
        raise ConsentsAwaited(organs="、".join(awaited))
    objecting = [organ for organ, agreed in answers.items() if not agreed]
    if objecting and outcome == "granted":
        raise ConsentRefused(organs="、".join(objecting))
