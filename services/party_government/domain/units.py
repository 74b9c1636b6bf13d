"""Units of what is measured, and what becomes of them when values are reckoned with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final, Self

PLAIN: Final = ("count", "minutes", "days", "grade", "fen")
"""Units that stand for something by themselves; `fen` is 1/100 yuan."""


@dataclass(frozen=True)
class Dimension:
    """What a value is measured in: powers of plain units, and how many times it was multiplied by
    a hundred, once for percent. A ratio has neither."""

    powers: tuple[tuple[str, int], ...] = ()
    hundreds: int = 0

    @classmethod
    def of(cls, unit: str) -> Self:
        """That of a unit: a plain one, `ratio` or `percent`."""
        if unit in PLAIN:
            return cls(((unit, 1),))
        return cls(hundreds=1 if unit == "percent" else 0)

    def times(self, other: Dimension, sign: int = 1) -> Dimension:
        """That of a product, or with `sign` -1 of a quotient."""
        powers = Counter(dict(self.powers))
        for unit, power in other.powers:
            powers[unit] += sign * power
        kept = tuple(sorted((unit, power) for unit, power in powers.items() if power))
        return Dimension(kept, self.hundreds + sign * other.hundreds)

    def is_told_in(self, unit: str) -> bool:
        """Whether a value of this dimension may be told in a unit. So many minutes for each of
        a count are minutes."""
        told = Dimension.of(unit)
        of_each = told.times(_EACH, -1)
        return self == told or (unit in PLAIN and self == of_each and of_each != RATIO)

    def __str__(self) -> str:
        above = [unit for unit, power in self.powers for _ in range(power)]
        below = [unit for unit, power in self.powers for _ in range(-power)]
        if not self.powers:
            named = {0: "ratio", 1: "percent"}.get(self.hundreds)
            return named or f"ratio * 100^{self.hundreds}"
        text = "*".join(above) or "1"
        if below:
            text += "/" + "/".join(below)
        return f"{text} * 100^{self.hundreds}" if self.hundreds else text


_EACH: Final = Dimension((("count", 1),))
RATIO: Final = Dimension()
PERCENT: Final = Dimension(hundreds=1)
