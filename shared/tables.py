"""How the files of reference data are read: comments, a line of column names, columns by tabs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def rows(file: Path) -> Iterator[list[str]]:
    """The rows of one of the files, without its comment lines and its line of column names."""
    with file.open(encoding="utf-8") as lines:
        facts = (line for line in lines if not line.startswith("#"))
        next(facts)
        for line in facts:
            yield line.rstrip("\n").split("\t")
