"""What a client was told: a file of its own, forced to disk before the next command is sent."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS acknowledged (
    request TEXT PRIMARY KEY, contract TEXT NOT NULL, way TEXT NOT NULL, subject TEXT NOT NULL,
    reply TEXT NOT NULL, tries INTEGER NOT NULL, at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS refused (request TEXT NOT NULL, way TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS released (number INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class Acknowledged:
    """One command that was answered: by which way it went, what it was about, and the answer."""

    request: str
    contract: str
    way: str
    subject: str
    reply: dict[str, Any]
    tries: int


class Ledger:
    """The commands that were acknowledged, and those that were refused, which none should be.

    May be read by another process while it is written, and written from several threads.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=FULL")
        self._file.executescript(TABLES)

    def acknowledge(self, one: Acknowledged) -> None:
        """Keep an answer; it is on disk on return."""
        reply = json.dumps(one.reply)
        row = (one.request, one.contract, one.way, one.subject, reply, one.tries, time.time())
        with self._lock:
            self._file.execute("INSERT INTO acknowledged VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def refuse(self, request: str, way: str, reason: str) -> None:
        """Keep a refusal."""
        with self._lock:
            self._file.execute("INSERT INTO refused VALUES (?, ?, ?)", (request, way, reason))

    def release(self, number: int) -> None:
        """Let the client begin so many in all."""
        with self._lock:
            self._file.execute("INSERT INTO released VALUES (?)", (number,))

    def released(self) -> int:
        """How many the client may begin."""
        with self._lock:
            found = self._file.execute("SELECT COALESCE(MAX(number), 0) FROM released")
            return int(found.fetchone()[0])

    def count(self) -> int:
        """How many were acknowledged so far."""
        with self._lock:
            return int(self._file.execute("SELECT COUNT(*) FROM acknowledged").fetchone()[0])

    def all(self) -> list[Acknowledged]:
        """Everything that was acknowledged, in the order of its requests."""
        columns = "request, contract, way, subject, reply, tries"
        with self._lock:
            rows = self._file.execute(f"SELECT {columns} FROM acknowledged ORDER BY request")
            return [Acknowledged(*row[:4], json.loads(row[4]), row[5]) for row in rows]

    def refusals(self) -> Sequence[tuple[str, str, str]]:
        """Everything that was refused."""
        with self._lock:
            return self._file.execute("SELECT * FROM refused").fetchall()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
