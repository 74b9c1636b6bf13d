"""The types of electronic licences, the states of a licence, and what may become of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from shared.errors import RuleBroken


class LicenceState(StrEnum):
    """What became of a licence."""

    IN_FORCE = "in_force"  # 有效
    SUSPENDED = "suspended"  # 暂扣
    REVOKED = "revoked"  # 吊销
    EXPIRED = "expired"  # 届满


class LicenceVerb(StrEnum):
    """What can be done with a licence."""

    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"
    EXPIRE = "expire"


class LicenceInWrongState(RuleBroken):
    """The verb does not apply to a licence in this state."""

    zh = "电子证照处于“{state_zh}”状态，不能{verb_zh}"
    en = "a licence that is {state} does not allow: {verb}"


class NotTheIssuingOrgan(RuleBroken):
    """A licence is issued by organs of one kind (Administrative Licensing Law article 22)."""

    zh = "“{organ}”无权颁发“{title}”"
    en = "“{organ}” is not an organ that issues “{title}”"


class ParticularsDoNotFit(RuleBroken):
    """A type of licence says which particulars it states besides those of its holder."""

    zh = "“{title}”应当载明且只载明：{particulars}"
    en = "“{title}” states these particulars and no others: {particulars}"


class LicenceNotInForce(RuleBroken):
    """Only a licence in force is worth showing."""

    zh = "电子证照处于“{state_zh}”状态，不能出示"
    en = "a licence that is {state} cannot be presented"


class ItemsNotOfLicence(RuleBroken):
    """What a licence does not state cannot be shown of it."""

    zh = "电子证照没有下列事项：{items}"
    en = "the licence does not state: {items}"


class TooMuchForOneCode(RuleBroken):
    """What a phone can read in one code is limited (ISO/IEC 18004)."""

    zh = "所选事项过多，一个二维码放不下，请减少所选事项"
    en = "the chosen items do not fit into one QR code; choose fewer"


@dataclass(frozen=True)
class LicenceType:
    """One entry of the catalogue (GB/T 36902-2018): whom such a licence is for, what kind of organ
    issues it, how many years it is in force (None: without end), and which particulars it states
    besides those of its holder.

    `code` is this platform's own name; the national codes of licence types (GB/T 36904-2018) are
    given out elsewhere and no table of them is kept.
    """

    code: str
    title: str
    title_en: str
    holder: Literal["enterprise"]
    organ_kind: str
    years: int | None
    particulars: tuple[str, ...]
    basis: str

    def last_day(self, issued_on: date) -> date | None:
        """The last day of a licence issued on that day, which is its first; None without end.

        29 February has no same day in most years; the period ends with February then (Civil Code
        article 202).
        """
        if self.years is None:
            return None
        year = issued_on.year + self.years
        try:
            same_day = issued_on.replace(year=year)
        except ValueError:
            same_day = date(year, 3, 1)
        return same_day - timedelta(days=1)

    def require_organ(self, name: str, kind: str) -> None:
        """Raise `NotTheIssuingOrgan` unless organs of this kind issue such licences."""
        if kind != self.organ_kind:
            raise NotTheIssuingOrgan(organ=name, title=self.title)

    def require_particulars(self, given: Mapping[str, str]) -> None:
        """Raise `ParticularsDoNotFit` unless exactly those of the type are given."""
        if set(given) != set(self.particulars):
            raise ParticularsDoNotFit(title=self.title, particulars=", ".join(self.particulars))


LICENCE_TYPES: Final[Mapping[str, LicenceType]] = MappingProxyType(
    {
        one.code: one
        for one in (
            LicenceType(
                code="business_licence",
                title="营业执照",
                title_en="business licence",
                holder="enterprise",
                organ_kind="market_regulation",
                years=None,
                particulars=(),
                basis="Company Law article 33",
            ),
            LicenceType(
                code="food_operation_licence",
                title="食品经营许可证",
                title_en="food operation licence",
                holder="enterprise",
                organ_kind="market_regulation",
                years=5,
                particulars=("premises", "scope"),
                basis="Food Safety Law article 35; its Implementing Regulations (State Council"
                " Decree 721) article 15: five years",
            ),
        )
    }
)
"""The catalogue of licence types, by their code."""


_ALLOWED: Final[Mapping[LicenceVerb, frozenset[LicenceState]]] = MappingProxyType(
    {
        LicenceVerb.SUSPEND: frozenset({LicenceState.IN_FORCE}),
        LicenceVerb.RESUME: frozenset({LicenceState.SUSPENDED}),
        LicenceVerb.REVOKE: frozenset({LicenceState.IN_FORCE, LicenceState.SUSPENDED}),
        # A suspension does not stop the period of the licence.
        LicenceVerb.EXPIRE: frozenset({LicenceState.IN_FORCE, LicenceState.SUSPENDED}),
    }
)
STATES_ZH: Final[Mapping[LicenceState, str]] = MappingProxyType(
    {
        LicenceState.IN_FORCE: "有效",
        LicenceState.SUSPENDED: "暂扣",
        LicenceState.REVOKED: "吊销",
        LicenceState.EXPIRED: "届满",
    }
)
_VERBS_ZH: Final[Mapping[LicenceVerb, str]] = MappingProxyType(
    {
        LicenceVerb.SUSPEND: "暂扣",
        LicenceVerb.RESUME: "恢复",
        LicenceVerb.REVOKE: "吊销",
        LicenceVerb.EXPIRE: "届满",
    }
)


def is_allowed(verb: LicenceVerb, state: LicenceState) -> bool:
    """Whether a licence in this state allows the verb; nothing leads out of revoked and expired."""
    return state in _ALLOWED[verb]


def require_allowed(verb: LicenceVerb, state: LicenceState) -> None:
    """Raise `LicenceInWrongState` unless a licence in this state allows the verb."""
    if not is_allowed(verb, state):
        raise LicenceInWrongState(
            state=state.value.replace("_", " "),
            state_zh=STATES_ZH[state],
            verb=verb.value,
            verb_zh=_VERBS_ZH[verb],
        )


# Presenting

ALWAYS_SHOWN: Final = ("licence_id", "kind", "last_day")
"""Without these nobody can tell what is shown, whether it is over, or ask how it stands."""


def chosen(content: Mapping[str, object], items: Iterable[str]) -> dict[str, object]:
    """Those items of a licence's content, and `ALWAYS_SHOWN`; raises `ItemsNotOfLicence`."""
    unknown = sorted(set(items) - set(content))
    if unknown:
        raise ItemsNotOfLicence(items=", ".join(unknown))
    shown = {*ALWAYS_SHOWN, *items}
    return {name: value for name, value in content.items() if name in shown}


def require_presentable(state: LicenceState) -> None:
    """Raise `LicenceNotInForce` unless a licence in this state can be shown."""
    if state is not LicenceState.IN_FORCE:
        raise LicenceNotInForce(state=state.value, state_zh=STATES_ZH[state])
