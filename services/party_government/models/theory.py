"""Concepts, research topics, practice cases of counties, and their adoption by others."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.party_government.domain.practices import (
    AdoptedAlready,
    AdoptionState,
    InWrongState,
    OwnPractice,
    PracticeState,
    TopicState,
    mean_improvement,
    require_publishable,
)
from services.party_government.models.base import Model
from shared import storage
from shared.classification import L1, PERMANENT
from shared.contracts.party_government import (
    AdoptionEnded,
    AdoptionReported,
    ConceptDefined,
    PracticeAdopted,
    PracticePublished,
    PracticeReviewed,
    PracticeSubmitted,
    PracticeWithdrawn,
    TopicConcluded,
    TopicDropped,
    TopicProposed,
)
from shared.storage import Json


class Concept(storage.Aggregate, Model, kw_only=True, eq=False):
    """A concept of the reform, its id the code; `edition` counts its wordings."""

    __tablename__ = "concept"
    retention = PERMANENT

    name_zh: Mapped[str] = mapped_column(sa.String(40), info=L1)
    name_en: Mapped[str] = mapped_column(sa.String(80), info=L1)
    definition: Mapped[str] = mapped_column(sa.String(2000), default="", info=L1)
    source: Mapped[str] = mapped_column(sa.String(200), default="", info=L1)
    norms: Mapped[list[str]] = mapped_column(Json, default_factory=list, info=L1)
    broader: Mapped[str | None] = mapped_column(sa.String(60), default=None, index=True, info=L1)
    edition: Mapped[int] = mapped_column(default=0, info=L1)

    def word(
        self, definition: str, source: str, norms: tuple[str, ...], reason: str | None = None
    ) -> None:
        """Read so from now on; after the first time with the reason."""
        self.definition, self.source, self.norms = definition, source, list(norms)
        self.edition += 1
        self.tell(
            ConceptDefined(
                code=self.id,
                name_zh=self.name_zh,
                definition=definition,
                source=source,
                norms=norms,
                edition=self.edition,
                reason=reason,
            )
        )


class ResearchTopic(storage.Aggregate, Model, kw_only=True, eq=False):
    """A question about a concept that an organ looks into."""

    __tablename__ = "research_topic"
    retention = PERMANENT

    concept: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    title: Mapped[str] = mapped_column(sa.String(100), info=L1)
    question: Mapped[str] = mapped_column(sa.String(2000), info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=TopicState.OPEN.value, info=L1)
    finding: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L1)
    norms: Mapped[list[str]] = mapped_column(Json, default_factory=list, info=L1)
    reason: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L1)

    def propose(self) -> None:
        """Be looked into."""
        self.tell(
            TopicProposed(
                topic_id=self.id, concept=self.concept, organ=self.organ, title=self.title
            )
        )

    def answer(self, finding: str, norms: tuple[str, ...]) -> None:
        """Be concluded with a finding; raises `InWrongState`."""
        self._require_open()
        self.state = TopicState.CONCLUDED.value
        self.finding, self.norms = finding, list(norms)
        self.tell(TopicConcluded(topic_id=self.id, organ=self.organ, norms=norms))

    def drop(self, reason: str) -> None:
        """Be looked into no longer; raises `InWrongState`."""
        self._require_open()
        self.state = TopicState.DROPPED.value
        self.reason = reason
        self.tell(TopicDropped(topic_id=self.id, organ=self.organ, reason=reason))

    def _require_open(self) -> None:
        if self.state != TopicState.OPEN:
            raise InWrongState(self.state)


class Practice(storage.Aggregate, Model, kw_only=True, eq=False):
    """What a county tried for a concept; `evidence` and `reviews` are those of the contract."""

    __tablename__ = "practice"
    retention = PERMANENT

    concept: Mapped[str] = mapped_column(sa.String(60), index=True, info=L1)
    organ: Mapped[str] = mapped_column(sa.String(64), info=L1)
    title: Mapped[str] = mapped_column(sa.String(100), info=L1)
    problem: Mapped[str] = mapped_column(sa.String(2000), info=L1)
    approach: Mapped[str] = mapped_column(sa.String(2000), info=L1)
    norms: Mapped[list[str]] = mapped_column(Json, default_factory=list, info=L1)
    evidence: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)
    reviews: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)
    state: Mapped[str] = mapped_column(
        sa.String(12), default=PracticeState.SUBMITTED.value, info=L1
    )
    reason: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L1)

    @property
    def improvement(self) -> float | None:
        """The mean of its evidence in percent."""
        return mean_improvement(self.evidence)

    @property
    def grades(self) -> list[int]:
        """What other counties gave it."""
        return [one["grade"] for one in self.reviews]

    def submit(self) -> None:
        """Await the review of other counties."""
        self.tell(
            PracticeSubmitted(
                practice_id=self.id,
                concept=self.concept,
                division=self.division,
                organ=self.organ,
                title=self.title,
            )
        )

    def review(self, county: str, grade: int, opinion: str) -> None:
        """Be reviewed by another county, published or not; its later review takes the place of its
        earlier one. Raises `OwnPractice`, and `InWrongState` where it was withdrawn."""
        if self.state == PracticeState.WITHDRAWN:
            raise InWrongState(self.state)
        if county == self.division:
            raise OwnPractice()
        others = [one for one in self.reviews if one["county"] != county]
        self.reviews = [*others, {"county": county, "grade": grade, "opinion": opinion}]
        self.tell(PracticeReviewed(practice_id=self.id, county=county, grade=grade))

    def publish(self) -> None:
        """Be recommended to all; raises `InWrongState`, `TooFewReviews` and `ReviewedTooLow`."""
        if self.state != PracticeState.SUBMITTED:
            raise InWrongState(self.state)
        require_publishable(self.grades)
        self.state = PracticeState.PUBLISHED.value
        self.tell(
            PracticePublished(
                practice_id=self.id,
                concept=self.concept,
                division=self.division,
                title=self.title,
            )
        )

    def withdraw(self, reason: str) -> None:
        """Be no example any more; raises `InWrongState` the second time."""
        if self.state == PracticeState.WITHDRAWN:
            raise InWrongState(self.state)
        self.state = PracticeState.WITHDRAWN.value
        self.reason = reason
        self.tell(PracticeWithdrawn(practice_id=self.id, reason=reason))

    def require_adoptable(self, county: str) -> None:
        """Raise `InWrongState` unless it is published, and `OwnPractice`."""
        if self.state != PracticeState.PUBLISHED:
            raise InWrongState(self.state)
        if county == self.division:
            raise OwnPractice()


class Adoption(storage.Aggregate, Model, kw_only=True, eq=False):
    """The adoption of a practice by a county, its id `<practice>.<county>`."""

    __tablename__ = "adoption"
    retention = PERMANENT

    practice: Mapped[str] = mapped_column(sa.String(64), index=True, info=L1)
    evidence: Mapped[list[Any]] = mapped_column(Json, default_factory=list, info=L1)
    state: Mapped[str] = mapped_column(sa.String(12), default=AdoptionState.ADOPTED.value, info=L1)
    reason: Mapped[str | None] = mapped_column(sa.String(2000), default=None, info=L1)

    @property
    def improvement(self) -> float | None:
        """The mean of its evidence in percent; None before it was reported."""
        return mean_improvement(self.evidence)

    @property
    def is_ended(self) -> bool:
        """Whether it counts for nothing any more."""
        return self.state == AdoptionState.ENDED

    def adopt(self, evidence: list[dict[str, Any]]) -> None:
        """Be what the county does from now on, with what was measured before; raises
        `AdoptedAlready` unless it is new or ended."""
        if self.evidence and not self.is_ended:
            raise AdoptedAlready()
        self.state = AdoptionState.ADOPTED.value
        self.evidence = evidence
        self.tell(
            PracticeAdopted(adoption_id=self.id, practice_id=self.practice, division=self.division)
        )

    def report(self, evidence: list[dict[str, Any]]) -> None:
        """Show what came of it; raises `InWrongState` after its end."""
        self.require_going_on()
        self.evidence = evidence
        self.state = AdoptionState.REPORTED.value
        self.tell(
            AdoptionReported(
                adoption_id=self.id, practice_id=self.practice, improvement=self.improvement
            )
        )

    def end(self, reason: str) -> None:
        """Apply it no longer; raises `InWrongState` the second time."""
        self.require_going_on()
        self.state = AdoptionState.ENDED.value
        self.reason = reason
        self.tell(AdoptionEnded(adoption_id=self.id, practice_id=self.practice, reason=reason))

    def require_going_on(self) -> None:
        """Raise `InWrongState` where it ended."""
        if self.is_ended:
            raise InWrongState(self.state)
