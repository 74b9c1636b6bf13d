"""Ratings (好差评)."""

from __future__ import annotations

from typing import Annotated

from marshmallow import validate

from shared.contracts.base import Done, Event, Label, Transition
from shared.contracts.digital_government.terms import Grade
from shared.contracts.fields import DivisionCode, Identifier


class RateOneThing(Transition[Done], on="OneThing", key="one_thing_id", zh="评价"):
    """Rate a finished one-thing (GB/T 39735-2020): five grades, once."""

    one_thing_id: Identifier
    grade: Grade
    comment: Annotated[str | None, validate.Length(max=500), Label("评语", "comment")] = None


class ServiceRated(Event, on="OneThing", key="one_thing_id", zh="已评价"):
    """The applicant rated; a grade of 1 or 2 is a bad rating and must be put right."""

    one_thing_id: Identifier
    division: DivisionCode
    grade: Grade
    bad: bool
