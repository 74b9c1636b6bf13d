"""What an enterprise policy asks of an enterprise, and whether one meets it: pure rules."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.divisions import contains, level_of
from shared.errors import InvalidInput, RuleBroken


class UnfitPolicyTerms(InvalidInput):
    """The terms of a policy contradict themselves; `fields` says where."""

    zh = "政策条件自相矛盾，请按各字段的提示更正"
    en = "the policy's terms contradict themselves; correct each field as its message says"


class PolicyAlreadyPublished(RuleBroken):
    """A document number names one document (Regulations on the Handling of Official Documents of
    Party and Government Organs, 2012, art. 9(5)), so it is published once."""

    zh = "文号“{number}”的政策已发布"
    en = "the policy with document number “{number}” is published already"


@dataclass(frozen=True)
class Criterion:
    """One condition of a policy; `clause` is where the policy's text states it."""

    test: str
    value: str
    clause: str


@dataclass(frozen=True)
class PolicyTerms:
    """Whom a policy is for: enterprises of the division it was made for, between its first and
    its last day (None: no end), that meet every criterion."""

    division: str
    valid_from: date
    valid_to: date | None
    criteria: tuple[Criterion, ...]

    def is_valid_on(self, day: date) -> bool:
        """Whether the policy is in force on that day, both its first and its last day included."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class EnterpriseFacts:
    """What the registry tells of an enterprise; `registered_capital` is in fen, 1/100 yuan."""

    division: str
    industry: str
    registered_capital: int
    established: date


def policy_id_of(number: str) -> str:
    """The id of the policy with this document number, so that no number can be published twice."""
    return hashlib.sha256(number.encode()).hexdigest()[:32]


def match_id_of(policy_id: str, enterprise_id: str) -> str:
    """The id of a match, so that an enterprise is matched to a policy once."""
    return f"{policy_id}.{enterprise_id}"


def require_sound(terms: PolicyTerms) -> None:
    """Refuse terms that no enterprise could ever meet, or that cannot be read.

    Raises `UnfitPolicyTerms` with the faults of all fields at once.
    """
    faults: dict[str, object] = {}
    if terms.valid_to is not None and terms.valid_to < terms.valid_from:
        faults["valid_to"] = ["The last day lies before the first."]
    unfit = {
        str(index): {"value": [fault]}
        for index, criterion in enumerate(terms.criteria)
        if (fault := _fault_of(criterion, terms.division)) is not None
    }
    if unfit:
        faults["criteria"] = unfit
    if faults:
        raise UnfitPolicyTerms(fields=faults)


def _fault_of(criterion: Criterion, division: str) -> str | None:
    value = criterion.value
    if criterion.test == "industry_is":
        return None
    # `isdigit` alone would also take digits of other scripts.
    if not (value.isascii() and value.isdigit()):
        return "Expected digits only."
    if criterion.test != "division_within":
        return None
    try:
        level_of(value)
    except ValueError:
        return "Not a division code."
    return None if contains(division, value) else "Lies outside the policy's own division."


def matches(policy: PolicyTerms, facts: EnterpriseFacts, today: date) -> list[str] | None:
    """Why the policy fits the enterprise, one reason a criterion with its clause, in Chinese and
    English; None where it does not fit.

    A policy reaches no further than the division it was made for, and only while it is in force.
    Which clause each criterion rests on is part of the policy's own, published data.
    """
    if not policy.is_valid_on(today) or not contains(policy.division, facts.division):
        return None
    reasons: list[str] = []
    for criterion in policy.criteria:
        finding = _TESTS[criterion.test](criterion.value, facts, today)
        if finding is None:
            return None
        reasons.append(f"{criterion.clause}：{finding}")
    return reasons


def _division_within(value: str, facts: EnterpriseFacts, today: date) -> str | None:
    if not contains(value, facts.division):
        return None
    return f"登记地 {facts.division} 属于 {value} / seat {facts.division} lies within {value}"


def _industry_is(value: str, facts: EnterpriseFacts, today: date) -> str | None:
    return f"行业为{value} / industry is {value}" if facts.industry == value else None


def _capital_at_most(value: str, facts: EnterpriseFacts, today: date) -> str | None:
    if facts.registered_capital > int(value):
        return None
    actual, limit = _yuan(facts.registered_capital), _yuan(int(value))
    return (
        f"注册资本 {actual} 元，不超过 {limit} 元"
        f" / registered capital CNY {actual}, at most CNY {limit}"
    )


def _capital_at_least(value: str, facts: EnterpriseFacts, today: date) -> str | None:
    if facts.registered_capital < int(value):
        return None
    actual, limit = _yuan(facts.registered_capital), _yuan(int(value))
    return (
        f"注册资本 {actual} 元，不低于 {limit} 元"
        f" / registered capital CNY {actual}, at least CNY {limit}"
    )


def _age_at_most(value: str, facts: EnterpriseFacts, today: date) -> str | None:
    # The day of establishment is not counted (Civil Code article 201).
    age = (today - facts.established).days
    if not 0 <= age <= int(value):
        return None
    return f"成立 {age} 天，不超过 {value} 天 / established {age} days ago, at most {value} days"


def _yuan(fen: int) -> str:
    yuan, rest = divmod(fen, 100)
    return f"{yuan:,}.{rest:02}" if rest else f"{yuan:,}"


_TESTS: Final[Mapping[str, Callable[[str, EnterpriseFacts, date], str | None]]] = {
    "division_within": _division_within,
    "industry_is": _industry_is,
    "capital_at_most": _capital_at_most,
    "capital_at_least": _capital_at_least,
    "age_at_most": _age_at_most,
}
