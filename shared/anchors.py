"""Anchors: where an audit chain stood at an instant, in a file outside of every database."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Anchor:
    """The head of one service's chain: the sequence and the hash of its last row.

    Whoever can write a database can rewind rows and head together, and the chain fits again; an
    anchor that he cannot reach still says what must be in it. `time` is of the machine clock.
    """

    service: str
    sequence: int
    hash: str
    time: str


def append(path: Path, anchors: Iterable[Anchor]) -> None:
    """Add a line of JSON for each; what is in the file stays, and all is on disk on return."""
    lines = "".join(json.dumps(asdict(anchor)) + "\n" for anchor in anchors)
    with path.open("a", encoding="utf-8") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> list[Anchor]:
    """All anchors of a file, oldest first; raises `ValueError` that names the line which is none.

    A file in which one anchor cannot be read proves nothing, so none of it is used.
    """
    anchors = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            anchor = Anchor(**json.loads(line))
            datetime.fromisoformat(anchor.time)
            sound = type(anchor.sequence) is int and type(anchor.hash) is str
        except (TypeError, ValueError):
            sound = False
        if not sound:
            raise ValueError(f"line {number} of {path} is no anchor")
        anchors.append(anchor)
    return anchors
