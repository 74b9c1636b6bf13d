"""The steps in which the read model of the one screen is made anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.contracts import digital_economy, digital_government, identity_data, party_government
from shared.contracts.base import Event

OWN: Final = "party_government"
SOURCES: Final[dict[str, tuple[type[Event], ...]]] = {
    "identity_data": (identity_data.MeasureChanged, identity_data.DivisionsMerged),
    "digital_government": (digital_government.MeasureChanged,),
    "digital_economy": (digital_economy.MeasureChanged,),
    OWN: (party_government.MeasureChanged,),
}
"""By whom the read model is fed, and with which events."""

CLEAR: Final = "clear"
VALUES: Final = "values"
MERGERS: Final = "mergers"
TOTALS: Final = "totals"
STEPS: Final = (CLEAR, *SOURCES, VALUES, MERGERS, TOTALS)
"""Drop what a rebuild before left, read the kept events of each source, compare what they say with
the rows, and add the rows up."""


@dataclass(frozen=True)
class Stretch:
    """What was done of a step at one go, and where it goes on, which is nowhere for None.

    `position` of `head` is how far the step has come; `wrong` are the ids of what was put right.
    """

    after: str | None
    position: int = 0
    head: int = 0
    read: int = 0
    compared: int = 0
    wrong: tuple[str, ...] = ()
