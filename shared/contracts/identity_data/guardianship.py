"""Guardianship: who acts for those who cannot, or not fully, act for themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from shared.contracts.base import Done, Event, Label, Transition
from shared.contracts.fields import Identifier
from shared.contracts.identity_data.terms import Basis

Ward = Annotated[Identifier, Label("被监护人", "ward")]
Guardian = Annotated[Identifier, Label("监护人", "guardian")]
Ground = Annotated[
    Literal["minor", "adult_without_capacity", "adult_with_limited_capacity"],
    Label("监护原因", "why somebody needs a guardian"),
]
Origin = Annotated[
    Literal["law", "agreement", "appointment"],
    Label("确定方式", "by law, by agreement of those qualified, or by committee or court"),
]


class RegisterGuardianship(Transition[Done], on="Person", key="ward", zh="登记监护"):
    """Register who guards a person: a minor (Civil Code article 27), or an adult without or with
    limited capacity (28), as the law says, as those qualified agreed (30) or as was appointed (31).

    A guardian may read the ward's data. A minor's guardianship ends on the eighteenth birthday.
    """

    ward: Ward
    guardian: Guardian
    ground: Ground
    origin: Origin
    basis: Basis


class GuardianshipRegistered(Event, on="Guardianship", key="guardianship_id", zh="监护已登记"):
    """Somebody guards a person."""

    guardianship_id: Identifier
    ward: Identifier
    guardian: Identifier


class EndGuardianship(Transition[Done], on="Person", key="ward", zh="终止监护"):
    """End what one guardian has of a ward (Civil Code articles 36 and 39)."""

    ward: Ward
    guardian: Guardian
    why: Annotated[
        Literal["ward_has_capacity", "guardian_lost_capacity", "revoked", "other"],
        Label("终止原因", "why"),
    ]
    basis: Basis


class GuardianshipEnded(Event, on="Guardianship", key="guardianship_id", zh="监护已终止"):
    """Somebody guards a person no more; `why` is that of the order, or `came_of_age`, `ward_died`,
    `guardian_died`, `ward_deregistered`, `guardian_deregistered`."""

    guardianship_id: Identifier
    ward: Identifier
    guardian: Identifier
    why: str
