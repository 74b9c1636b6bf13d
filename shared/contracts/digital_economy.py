"""digital_economy: enterprises as the economy knows them, and the policies that fit them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import Command, Contract, Done, Event, Label, Query
from shared.contracts.fields import DivisionCode, Identifier, LongText, Money
from shared.contracts.identity_data import EnterpriseName, Industry
from shared.contracts.measures import MeasureChange
from shared.contracts.succession import OpenWorkMoved, PassedOn


class Criterion(Contract):
    """One condition on a fact of the enterprise, with the clause it comes from.

    `division_within`, `industry_is`: text in `value`. `capital_at_most`, `capital_at_least`
    (fen), `age_at_most` (days since establishment): a whole number in `value`.
    """

    test: Literal[
        "division_within", "industry_is", "capital_at_most", "capital_at_least", "age_at_most"
    ]
    value: Annotated[str, validate.Length(min=1, max=60)]
    clause: Annotated[str, validate.Length(min=1, max=200), Label("条款", "clause")]


class PublishPolicy(Command[Done], on="Policy", zh="发布惠企政策"):
    """Publish an enterprise policy with its machine-readable rule; known enterprises are matched
    at once, later ones as they come."""

    title: Annotated[str, validate.Length(min=4, max=200), Label("政策名称", "title")]
    number: Annotated[str, validate.Length(min=2, max=100), Label("文号", "document number")]
    division: DivisionCode
    valid_from: date
    valid_to: date | None = None
    amount: Annotated[Money, Label("每户金额（分）", "amount per enterprise in fen")]
    criteria: Annotated[tuple[Criterion, ...], validate.Length(min=1, max=20)]


class PolicyPublished(Event, on="Policy", key="policy_id", zh="惠企政策已发布"):
    """A policy is in force for enterprises that meet all its criteria."""

    policy_id: Identifier
    number: Annotated[str, validate.Length(max=100)]
    division: DivisionCode


class EnterpriseKnown(Event, on="Enterprise", key="enterprise_id", zh="企业已纳入"):
    """The economy knows a registered enterprise, and from now on finds it for policies."""

    enterprise_id: Identifier
    division: DivisionCode


class PolicyMatched(Event, on="Match", key="match_id", zh="政策已匹配"):
    """An enterprise meets a policy; `reasons` cites each criterion with its clause."""

    match_id: Annotated[str, validate.Length(max=100)]
    policy_id: Identifier
    enterprise_id: Identifier
    reasons: tuple[LongText, ...]


class PolicyMatch(Contract):
    """One policy that fits an enterprise, with the reasons."""

    policy_id: Identifier
    title: Annotated[str, validate.Length(max=200)]
    number: Annotated[str, validate.Length(max=100)]
    amount: Money
    reasons: tuple[LongText, ...]


class MatchList(Contract):
    """The policies that fit one enterprise."""

    enterprise_id: Identifier
    name: EnterpriseName
    industry: Industry
    matches: tuple[PolicyMatch, ...]


class PoliciesFor(
    Query[MatchList],
    on="Enterprise",
    key="enterprise_id",
    zh="企业适用政策",
    personal="enterprise_id",
):
    """Which policies fit an enterprise, and why; for its legal representative and officials."""

    enterprise_id: Identifier


class PolicyPassedOn(PassedOn, on="Policy", zh="政策已移交"):
    """A policy of a division that ended is its successor's now."""


class OpenWorkPassed(OpenWorkMoved, zh="政策移交完毕"):
    """The policies of divisions that ended are their successors'."""


class MeasureChanged(MeasureChange, zh="指标变动"):
    """Enterprises and matched policies, by division and month."""
