"""One unit of work: what a command, an event or a timer read, and everything it wants written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from shared import jsontext
from shared.clocks import machine_now
from shared.context import Context, new_id
from shared.errors import NotFound
from shared.messaging.envelope import TYPE_PREFIX, Envelope
from shared.reading import Reader
from shared.storage import PARTITIONS, Aggregate, Record, layout_of, partition_of

R = TypeVar("R", bound=Record)


def digest_of(*parts: Any) -> str:
    """SHA-256 over the canonical JSON of the parts, in hexadecimal."""
    return hashlib.sha256(jsontext.canonical(parts)).hexdigest()


def audit_row(
    context: Context, act: str, cause: str, content: Any, target: str, division: str
) -> dict[str, Any]:
    """The audit row of one act in which no event was told.

    `act` is the contract, event or timer, `cause` its id, `target` is `<Aggregate>/<id>`. Of the
    content it keeps a digest alone. For whom an agent acts is told with the agency behind it.
    """
    agency = f"/{context.actor.agency}" if context.actor.agency else ""
    kind, _, target_id = target.partition("/")
    return {
        "at": context.now,
        "recorded_at": machine_now(),
        "actor": context.actor.id,
        "on_behalf_of": context.on_behalf_of + agency,
        "act": act,
        "cause": cause,
        "aggregate": kind,
        "aggregate_id": target_id,
        "division": division,
        "scenario": context.headers.scenarioid,
        "digest": digest_of(content),
        "events": [],
    }


@dataclass
class Effects:
    """The rows of one unit of work, to be committed together or not at all.

    `records` and those `removed` are guarded by their version, `inbox` and `fired` by their state,
    `request` by its key: where a guard fails, nothing of this unit is written.
    """

    request: dict[str, Any] | None = None
    inbox: list[int] = field(default_factory=list)
    fired: list[tuple[str, int]] = field(default_factory=list)
    progress: list[dict[str, Any]] = field(default_factory=list)
    records: dict[sa.Table, list[dict[str, Any]]] = field(default_factory=dict)
    removed: dict[sa.Table, list[tuple[str, int]]] = field(default_factory=dict)
    appended: dict[sa.Table, list[dict[str, Any]]] = field(default_factory=dict)
    timers: list[dict[str, Any]] = field(default_factory=list)
    revived: list[tuple[sa.Column[Any], Any, dict[str, Any]]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    audit: list[dict[str, Any]] = field(default_factory=list)

    def keys(self) -> set[tuple[str, str]]:
        """What it guards; two units that share one of these cannot share a transaction."""
        found = {(table.name, row["id"]) for table, rows in self.records.items() for row in rows}
        found |= {(table.name, one) for table, rows in self.removed.items() for one, _ in rows}
        found |= {("timer", row["id"]) for row in self.timers}
        found |= {("timer", timer_id) for timer_id, _ in self.fired}
        found |= {("inbox", str(position)) for position in self.inbox}
        found |= {("progress", row["id"]) for row in self.progress}
        if self.request is not None:
            found.add(("request", self.request["id"]))
        return found


class UnitOfWork:
    """Collects what is read and changed; `effects` turns it into guarded rows.

    Reads see committed state only. An aggregate is loaded once, so that what one event of a batch
    changed the next one sees.
    """

    def __init__(self, engine: sa.Engine, service: str, partitions: int = PARTITIONS) -> None:
        self.engine = engine
        self._reader = Reader.of(engine)
        self.service = service
        self._partitions = partitions
        self._records: dict[tuple[type[Record], str], Record] = {}
        self._missing: set[tuple[type[Record], str]] = set()
        self._new: set[Record] = set()
        self._timers: dict[str, dict[str, Any]] = {}
        self._settled: dict[Record, tuple[Any, ...]] = {}
        self._unsettled = False  # Whether a timer or a row was added since the last `settle`.
        self._settled_last: tuple[Context, str] | None = None
        self._concerned: set[str] = set()
        self._effects = Effects()

    # Reading

    def find(self, kind: type[R], record_id: str) -> R | None:
        """The record of that id, or None."""
        known = self._records.get((kind, record_id))
        if known is not None:
            return known  # type: ignore[return-value]
        if (kind, record_id) in self._missing:
            return None
        layout = layout_of(kind)
        row = self._reader.find(layout.table, record_id)
        if row is None:
            # What was not there stays so for this unit: a check and the act that follows it
            # must see one state, and the guard of the new row finds who was faster.
            self._missing.add((kind, record_id))
            return None
        found: R = layout.restore(row)
        self._records[kind, record_id] = found
        return found

    def get(self, kind: type[R], record_id: str) -> R:
        """The record of that id; raises `NotFound`."""
        found = self.find(kind, record_id)
        if found is None:
            raise NotFound(what=kind.__name__, id=record_id)
        return found

    def find_each(self, kind: type[R], *record_ids: str) -> dict[str, R]:
        """Those records of these ids that there are; one statement reads all that this unit has
        not met before."""
        keys = [(kind, record_id) for record_id in record_ids]
        unknown = [key for key in keys if key not in self._records and key not in self._missing]
        if unknown:
            self.find_all(kind, kind.id.in_([record_id for _, record_id in unknown]))
            self._missing.update(key for key in unknown if key not in self._records)
        return {key[1]: self._records[key] for key in keys if key in self._records}  # type: ignore[misc]

    def reference(self, kind: type[R], *record_ids: str) -> dict[str, R]:
        """Those records of these ids that there are, for reading only.

        Every unit of this process is given the same objects, at most `REFERENCE_AGE` seconds old,
        so it is for what seldom changes. What is not there is looked for each time.
        """
        layout = layout_of(kind)
        return self._reader.references(layout.table, record_ids, layout.restore)

    def reference_row(self, table: sa.Table, row_id: str) -> Any | None:
        """The row of that id of a table that is no record's, or None; as old as `reference`."""
        return self._reader.references(table, [row_id], lambda row: row).get(row_id)

    def taken(self, kind: type[Record], record_ids: Sequence[str]) -> set[str]:
        """Those of these ids that a record has, as committed."""
        return self._reader.taken(layout_of(kind).table, record_ids)

    def find_all(
        self, kind: type[R], *conditions: sa.ColumnElement[bool], limit: int | None = None
    ) -> list[R]:
        """All records that meet the conditions, or the first of them, by id, each the same object
        however it is met.

        What this unit itself changed is not searched again, only what is committed.
        """
        layout = layout_of(kind)
        with self.engine.connect() as connection:
            rows = connection.execute(layout.all.where(*conditions).limit(limit)).all()
        found = [layout.restore(row) for row in rows]
        return [self._records.setdefault((kind, one.id), one) for one in found]  # type: ignore[misc]

    def rows(
        self, statement: sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[*tuple[Any, ...]]
    ) -> Sequence[sa.Row[Any]]:
        """Rows of any selection over this service's own tables."""
        with self.engine.connect() as connection:
            return connection.execute(statement).all()

    def concern(self, *owners: str) -> None:
        """Say whose data were read, where they were read as `rows`."""
        self._concerned.update(owners)

    def owners_read(self) -> set[str]:
        """Whose data were read: the owners of the records that were met, and those of rows."""
        met = {getattr(record, "owner", "") for record in self._records.values()}
        return (met | self._concerned) - {""}

    # Changing

    def add(self, record: R) -> R:
        """A new record; written with the unit, refused as `Conflict` if its id is taken."""
        self._records[type(record), record.id] = record
        self._new.add(record)
        return record

    def remove(self, *records: Record) -> None:
        """Let rows of a read model be gone, unless one was changed meanwhile; one that this unit
        added itself is not written. What happened to an aggregate stays, so none is removed."""
        for record in records:
            if isinstance(record, Aggregate):
                raise TypeError(f"{type(record).__name__} is an aggregate")
            del self._records[type(record), record.id]
            self._missing.add((type(record), record.id))
            if record in self._new:
                self._new.remove(record)
                continue
            table = layout_of(type(record)).table
            self._effects.removed.setdefault(table, []).append((record.id, record.version))
            self._unsettled = True

    def append(self, table: sa.Table, *rows: dict[str, Any]) -> None:
        """Rows that are only ever appended, such as those of a ledger."""
        self._effects.appended.setdefault(table, []).extend(rows)
        self._unsettled = True

    def revive(self, key: sa.Column[Any], value: Any, values: Mapping[str, Any]) -> None:
        """Put a dead event or timer, found by its key column, back to its first attempt."""
        self._effects.revived.append((key, value, dict(values)))
        self._unsettled = True

    def arm(self, name: str, aggregate_id: str, due: datetime, context: Context) -> None:
        """Set a durable timer, replacing one of the same name on the same aggregate."""
        self._set_timer(name, aggregate_id, due, "armed", context)

    def cancel(self, name: str, aggregate_id: str, context: Context) -> None:
        """Cancel the timer of that name, if it is set."""
        self._set_timer(name, aggregate_id, context.now, "cancelled", context)

    def _set_timer(
        self, name: str, aggregate_id: str, due: datetime, state: str, context: Context
    ) -> None:
        timer_id = f"{name}/{aggregate_id}"
        headers = {
            "scenarioid": context.headers.scenarioid,
            "traceparent": context.headers.traceparent,
            "onbehalfof": context.on_behalf_of or context.actor.id,
        }
        self._unsettled = True
        self._timers[timer_id] = {
            "id": timer_id,
            "name": name,
            "aggregate_id": aggregate_id,
            "due": due,
            "state": state,
            "arming": 1,
            "attempts": 0,
            "retry_at": None,
            "reason": None,
            "headers": headers,
        }

    # Handing over

    def settle(self, context: Context, act: str, cause: str, content: Any, target: str) -> None:
        """Turn what changed since the last call into rows, one audit row for all of it.

        `act` is the contract, event or timer; `cause` its id; `target` is `<Aggregate>/<id>`. A
        batch of events calls this after each of them, so that every event keeps its own cause.
        """
        # Before its events, so that a trail by these instants tells the act first.
        recorded_at = machine_now()
        self._settled_last = (context, cause)
        told: list[dict[str, Any]] = []
        changed: list[Record] = []
        for record in self._records.values():
            if isinstance(record, Aggregate):
                for event, subject in record.take_told():
                    record.event_sequence += 1
                    told.append(self._event_row(record, event, subject, context, cause))
            if self._changed_since_settled(record):
                changed.append(record)
        self._effects.events += told
        if not (changed or self._unsettled):
            return
        self._unsettled = False
        division = changed[0].division if changed else context.actor.division
        row = audit_row(context, act, cause, content, target, division)
        self._effects.audit.append(
            row | {"recorded_at": recorded_at, "events": [one["id"] for one in told]}
        )

    def _changed_since_settled(self, record: Record) -> bool:
        if not self._is_changed(record):
            return False
        values = layout_of(type(record)).values_of(record)
        if self._settled.get(record) == values:
            return False
        self._settled[record] = values
        return True

    def _is_changed(self, record: Record) -> bool:
        return record in self._new or bool(sa.inspect(record).modified)

    def _event_row(
        self, record: Aggregate, event: Any, subject: str, context: Context, cause: str
    ) -> dict[str, Any]:
        kind = type(event)
        envelope = Envelope(
            id=new_id(),
            source=f"/{self.service}",
            type=f"{TYPE_PREFIX}{kind.SERVICE}.{kind.NAME}",
            subject=f"{kind.AGGREGATE}/{record.id}",
            time=context.now.isoformat(),
            data=event.dump(),
            sequence=record.event_sequence,
            divisioncode=record.division,
            actorid=context.actor.id,
            onbehalfof=context.on_behalf_of,
            agencyid=context.actor.agency,
            scenarioid=context.headers.scenarioid,
            subjectid=subject,
            causationid=cause,
            traceparent=context.headers.traceparent,
        )
        return {
            "id": envelope.id,
            "partition": partition_of(record.id, self._partitions),
            "aggregate": kind.AGGREGATE,
            "aggregate_id": record.id,
            "sequence": envelope.sequence,
            "type": kind.NAME,
            "scenario": envelope.scenarioid,
            "at": context.now,
            "envelope": envelope.to_wire(),
            "committed_at": machine_now(),
        }

    def effects(self, now: datetime) -> Effects:
        """All rows of the unit; every changed record takes one step of its version."""
        self._conclude()
        for record in self._records.values():
            if not self._is_changed(record):
                continue
            record.version += 1
            record.created_at = record.created_at or now
            record.changed_at = now
            layout = layout_of(type(record))
            self._effects.records.setdefault(layout.table, []).append(layout.row_of(record))
        self._effects.timers = list(self._timers.values())
        return self._effects

    def _conclude(self) -> None:
        """Let the aggregates tell what a whole batch came to, under its last cause."""
        if self._settled_last is None:
            return
        context, cause = self._settled_last
        told = []
        for record in self._records.values():
            if isinstance(record, Aggregate) and sa.inspect(record).modified:
                record.conclude()
                for event, subject in record.take_told():
                    record.event_sequence += 1
                    told.append(self._event_row(record, event, subject, context, cause))
        self._effects.events += told
        if told and self._effects.audit:
            self._effects.audit[-1]["events"] += [row["id"] for row in told]

    @property
    def pending(self) -> Effects:
        """The rows collected so far, for the parts that the pipeline itself adds."""
        return self._effects
