"""The record nobody can quietly change: audit rows chained by their hashes, one chain a service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from shared.anchors import Anchor
from shared.clocks import CHINA, machine_now
from shared.messaging.tables import AUDIT, AUDIT_HEAD
from shared.unit_of_work import digest_of

GENESIS = "0" * 64


def _plain(value: Any) -> Any:
    """A column's value as JSON data: an instant in ISO 8601 with the offset of China."""
    return value.astimezone(CHINA).isoformat() if isinstance(value, datetime) else value


def _hash_of(previous: str, row: Mapping[str, Any]) -> str:
    """The row's own hash: over the hash before it and every column but `hash` itself."""
    values = [_plain(row[column.name]) for column in AUDIT.c if column.name != "hash"]
    return digest_of(previous, values)


def as_data(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as JSON data, with the very values that are hashed, by column."""
    return {column.name: _plain(row[column.name]) for column in AUDIT.c}


# Advances the head by a `number` of rows and returns it as one text. It stays locked until the
# transaction ends: two processes of one service chain one after the other, a group at a time.
ADVANCE = (
    sa.update(AUDIT_HEAD)
    .values(sequence=AUDIT_HEAD.c.sequence + sa.bindparam("number", type_=sa.BigInteger))
    .returning(sa.cast(AUDIT_HEAD.c.sequence, sa.Text) + " " + AUDIT_HEAD.c.hash)
)
CLOSE = sa.update(AUDIT_HEAD).values(hash=sa.bindparam("last"))


def chain(head: str, rows: list[dict[str, Any]]) -> str:
    """Number and hash the rows behind that `head`, which `ADVANCE` returned; returns the hash of
    the last, with which `CLOSE` ends the transaction."""
    sequence, _, previous = head.partition(" ")
    for number, row in enumerate(rows, start=int(sequence) - len(rows) + 1):
        row["sequence"] = number
        row["hash"] = previous = _hash_of(previous, row)
    return previous


@dataclass(frozen=True)
class Verdict:
    """What a check of one chain found; `broken_at` is the first row that does not fit.

    `anchors` is how many anchors were found in the chain.
    """

    rows: int
    broken_at: int | None
    reason: str
    head: str
    anchors: int = 0

    @property
    def intact(self) -> bool:
        """Whether every row fits the one before it and the head fits the last."""
        return self.broken_at is None


def anchor_of(engine: sa.Engine, service: str) -> Anchor:
    """The head of a service's chain as it is committed now, to be kept outside of the database."""
    with engine.connect() as connection:
        head = connection.execute(sa.select(AUDIT_HEAD.c.sequence, AUDIT_HEAD.c.hash)).one()
    return Anchor(service, head.sequence, head.hash, machine_now().isoformat())


def rows_until(engine: sa.Engine, sequence: int, batch: int = 5000) -> Iterator[dict[str, Any]]:
    """The rows up to that one, in order, as `as_data` gives them; read in batches."""
    with engine.connect() as connection:
        for first in range(1, sequence + 1, batch):
            last = min(first + batch - 1, sequence)
            rows = connection.execute(
                sa.select(AUDIT)
                .where(AUDIT.c.sequence.between(first, last))
                .order_by(AUDIT.c.sequence)
            )
            for row in rows.mappings():
                yield as_data(dict(row))


def verify(engine: sa.Engine, batch: int = 5000, anchors: Iterable[Anchor] = ()) -> Verdict:
    """Walk the chain from its beginning and name the first row that was altered, removed or put
    in, or that is not what an anchor of this chain says, as after a rewriting of all of it.

    Reads in batches, so memory stays flat however long the chain is.
    """
    anchored: dict[int, set[str]] = {}
    for anchor in anchors:
        anchored.setdefault(anchor.sequence, set()).add(anchor.hash)
    if anchored.get(0, {GENESIS}) != {GENESIS}:
        return Verdict(0, 0, "anchor is of another chain", GENESIS)
    with engine.connect() as connection:
        # The head is read before the rows: rows written meanwhile are beyond it and not judged.
        last = sa.select(sa.func.max(AUDIT.c.sequence)).scalar_subquery().label("last")
        head = connection.execute(sa.select(AUDIT_HEAD, last)).one()
        previous, expected = GENESIS, 1
        while expected <= head.sequence:
            rows = connection.execute(
                sa.select(AUDIT)
                .where(AUDIT.c.sequence >= expected, AUDIT.c.sequence <= head.sequence)
                .order_by(AUDIT.c.sequence)
                .limit(batch)
            ).mappings()
            found = False
            for row in rows:
                found = True
                if row["sequence"] != expected:
                    return Verdict(expected - 1, expected, "row is missing", previous)
                if row["hash"] != _hash_of(previous, dict(row)):
                    return Verdict(expected - 1, expected, "row was altered", previous)
                if anchored.get(expected, {row["hash"]}) != {row["hash"]}:
                    reason = "row is not the anchored one: the chain was rewritten"
                    return Verdict(expected - 1, expected, reason, previous)
                previous, expected = row["hash"], expected + 1
            if not found:
                return Verdict(expected - 1, expected, "row is missing", previous)
    if (head.last or 0) > head.sequence:
        return Verdict(expected - 1, expected, "row is beyond the head", previous)
    if previous != head.hash:
        return Verdict(expected - 1, expected - 1, "head does not fit the last row", previous)
    beyond = [sequence for sequence in anchored if sequence >= expected]
    if beyond:
        reason = "anchored row is missing: the chain was turned back"
        return Verdict(expected - 1, min(beyond), reason, previous)
    return Verdict(expected - 1, None, "", previous, anchors=len(anchored))
