"""What every column is: how sensitive, and how long it is kept; declared where the column is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa


class DataClass(StrEnum):
    """How sensitive data are, of four grades (DB33/T 2351-2021, Zhejiang's guide to classifying
    public data; the grades of "general data" in GB/T 43697-2024)."""

    L1 = "L1"
    """不敏感: whoever sees it, nobody is harmed; what is public, and what only counts."""
    L2 = "L2"
    """低敏感: for those who work with it; ids that tell nothing without a register."""
    L3 = "L3"
    """较敏感: about a person or an enterprise; its spreading would harm them."""
    L4 = "L4"
    """敏感: would harm them gravely, or lets somebody act as another."""


@dataclass(frozen=True)
class Retention:
    """How long rows are kept: so many months from what begins the time, None for ever."""

    zh: str
    en: str
    months: int | None = None


PERMANENT: Final = Retention("永久", "for ever")
"""Registers, and what proves rights (Archives Law of 2020)."""

CASE_FILE: Final = Retention("办结后十年", "ten years from the end of the matter", 120)
"""Files of matters (Provisions on the Scope and Periods of Keeping of Organs' Archives, State
Archives Administration Order 8: for ever, thirty or ten years)."""

EVIDENCE: Final = Retention("三十年", "thirty years", 360)
"""What proves who did or read what (the same Provisions, thirty years)."""

AS_ITS_SOURCE: Final = Retention("与来源同步", "as long as what it was told by")
"""Copies of another service's facts, which can be made again from its events."""

OPERATION: Final = Retention("六个月", "six months", 6)
"""What only running needs (Cybersecurity Law article on logs: six months at least)."""

L1: Final[dict[str, Any]] = {"class": DataClass.L1}
L2: Final[dict[str, Any]] = {"class": DataClass.L2}
L3: Final[dict[str, Any]] = {"class": DataClass.L3}
L4: Final[dict[str, Any]] = {"class": DataClass.L4}
"""For `info=` of a column."""


def kept(retention: Retention) -> dict[str, Any]:
    """For `info=` of a table: how long its rows are kept."""
    return {"retention": retention}


@dataclass(frozen=True)
class ClassifiedColumn:
    """One column with what was declared of it; None where nothing was."""

    table: str
    column: str
    data_class: DataClass | None
    retention: Retention | None


def columns_of(metadata: sa.MetaData) -> Iterator[ClassifiedColumn]:
    """Every column of these tables."""
    for table in metadata.sorted_tables:
        for column in table.c:
            yield ClassifiedColumn(
                table.name,
                column.name,
                column.info.get("class"),
                table.info.get("retention"),
            )
