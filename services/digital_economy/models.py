"""Policies, the enterprises that they may fit, and the matches between them."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.digital_economy.domain import Criterion, EnterpriseFacts, PolicyTerms, match_id_of
from shared import consolidation, measures, storage, succession
from shared.classification import AS_ITS_SOURCE, L1, L2, PERMANENT
from shared.contracts.digital_economy import (
    EnterpriseKnown,
    MeasureChanged,
    OpenWorkPassed,
    PolicyMatched,
    PolicyPassedOn,
    PolicyPublished,
)


class Model(storage.Model):
    """Base of this service's tables."""

    __abstract__ = True
    metadata = sa.MetaData()


class Policy(storage.Aggregate, Model, kw_only=True, eq=False):
    """An enterprise policy with its machine-readable criteria; `amount` is in fen per enterprise.

    `matched_up_to` is the id of the last enterprise that its first matching has looked at, so that
    a long matching goes on where it stopped.
    """

    __tablename__ = "policy"
    retention = PERMANENT

    title: Mapped[str] = mapped_column(sa.String(200), info=L1)
    number: Mapped[str] = mapped_column(sa.String(100), info=L1)
    valid_from: Mapped[date] = mapped_column(info=L1)
    valid_to: Mapped[date | None] = mapped_column(info=L1)
    amount: Mapped[int] = mapped_column(info=L1)
    criteria: Mapped[list[Any]] = mapped_column(info=L1)
    matched_up_to: Mapped[str] = mapped_column(sa.String(100), default="", info=L1)

    @property
    def terms(self) -> PolicyTerms:
        """Whom it is for."""
        return PolicyTerms(
            division=self.division,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
            criteria=tuple(Criterion(**criterion) for criterion in self.criteria),
        )

    def pass_to(self, division: str) -> None:
        """Be a policy of the successor of its division, and for whoever is there."""
        moved = PolicyPassedOn(id=self.id, from_division=self.division, division=division)
        own = {"test": "division_within", "value": self.division}
        self.criteria = [
            {**one, "value": division} if own.items() <= one.items() else one
            for one in self.criteria
        ]
        self.division = division
        self.tell(moved)

    def publish(self) -> None:
        """Make it known."""
        self.tell(PolicyPublished(policy_id=self.id, number=self.number, division=self.division))


class EnterpriseProfile(storage.Aggregate, Model, kw_only=True, eq=False):
    """An enterprise as the registry told it: the facts that policies ask for, and no others.

    `owner` is its legal representative's person id, who may see what fits the enterprise, and
    `owner_told` the number of the last event that named one.
    """

    __tablename__ = "enterprise_profile"
    retention = AS_ITS_SOURCE

    owner: Mapped[str] = mapped_column(sa.String(64), index=True, info=L2)
    name: Mapped[str] = mapped_column(sa.String(100), info=L1)
    industry: Mapped[str] = mapped_column(sa.String(60), info=L1)
    registered_capital: Mapped[int] = mapped_column(info=L1)
    established: Mapped[date] = mapped_column(info=L1)
    owner_told: Mapped[int] = mapped_column(default=0, info=L1)

    @property
    def facts(self) -> EnterpriseFacts:
        """What policies ask for."""
        return EnterpriseFacts(
            division=self.division,
            industry=self.industry,
            registered_capital=self.registered_capital,
            established=self.established,
        )

    def become_known(self) -> None:
        """Tell that policies can find it from now on."""
        self.tell(EnterpriseKnown(enterprise_id=self.id, division=self.division), self.id)


class Match(storage.Aggregate, Model, kw_only=True, eq=False):
    """That an enterprise meets a policy, with the reasons of the day on which it was found.

    Its id is made of both ids, so that a second finding is the same row and tells nothing.
    """

    __tablename__ = "policy_match"
    retention = AS_ITS_SOURCE

    policy_id: Mapped[str] = mapped_column(sa.String(64), index=True, info=L2)
    enterprise_id: Mapped[str] = mapped_column(sa.String(64), index=True, info=L2)
    reasons: Mapped[list[str]] = mapped_column(info=L2)

    @classmethod
    def found(cls, policy: Policy, enterprise_id: str, division: str, reasons: list[str]) -> Match:
        """A new match, in the division of the enterprise."""
        match = cls(
            id=match_id_of(policy.id, enterprise_id),
            division=division,
            policy_id=policy.id,
            enterprise_id=enterprise_id,
            reasons=reasons,
        )
        match.tell(
            PolicyMatched(
                match_id=match.id,
                policy_id=policy.id,
                enterprise_id=enterprise_id,
                reasons=tuple(reasons),
            ),
            enterprise_id,
        )
        return match


class Passage(succession.Passage, Model, kw_only=True, eq=False):
    """How far policies have passed to successors."""

    __tablename__ = "passage"

    event = OpenWorkPassed


class Consolidation(consolidation.Consolidation, Model, kw_only=True, eq=False):
    """What was changed for a merger of two records of one person."""


class Measure(measures.Measure, Model, kw_only=True, eq=False):
    """The leaf measures that this service owns."""

    __tablename__ = "measure"

    event = MeasureChanged
