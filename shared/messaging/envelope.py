"""The envelope of an event: CloudEvents 1.0, structured JSON mode, with our extensions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared import jsontext

CONTENT_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "qiantang."


# Longest texts, in characters; what is not named here holds no more than an aggregate's id.
LONGEST = {"id": 64, "source": 41, "type": 150, "subject": 161, "causationid": 200}
LONGEST_OTHER = 100
LARGEST_SEQUENCE = 2**53 - 1
# As JSON writes it: an odd number of backslashes before it, or it is a backslash and a text.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Undecodable(Exception):
    """The bytes are no event of ours; the message says why. Kept by the receiver, never dropped."""


@dataclass(frozen=True)
class Envelope:
    """One event as it travels.

    The first seven are CloudEvents attributes (CloudEvents 1.0.2 section 3.1); `source` is
    `/<service>`, `type` is `qiantang.<service>.<Event>`, `subject` is `<Aggregate>/<id>`. The
    others are extension attributes: `sequence` counts the events of the subject without a gap,
    `agencyid` is the agency under which the actor stands for another,
    `subjectid` is the person or enterprise concerned, `causationid` the command or event that led
    to this one.
    """

    id: str
    source: str
    type: str
    subject: str
    time: str
    data: Mapping[str, Any]
    sequence: int
    divisioncode: str
    actorid: str
    onbehalfof: str = ""
    agencyid: str = ""
    scenarioid: str = ""
    subjectid: str = ""
    causationid: str = ""
    traceparent: str = ""
    specversion: str = "1.0"
    datacontenttype: str = "application/json"

    @property
    def at(self) -> datetime:
        """When it happened by the business calendar."""
        return datetime.fromisoformat(self.time)

    @property
    def producer(self) -> str:
        """The service that recorded it."""
        return self.source.removeprefix("/")

    @property
    def name(self) -> str:
        """The event's contract name."""
        return self.type.rpartition(".")[2]

    @property
    def aggregate(self) -> str:
        """The type of the aggregate that it is about."""
        return self.subject.partition("/")[0]

    @property
    def aggregate_id(self) -> str:
        """The id of the aggregate that it is about."""
        return self.subject.partition("/")[2]

    def to_wire(self) -> dict[str, Any]:
        """As a CloudEvents JSON object; empty extensions are left out, `sequence` is a string
        (CloudEvents has no integer beyond 32 bits)."""
        wire = {
            k: v for k in self.__dataclass_fields__ if (v := getattr(self, k)) not in ("", None)
        }
        return wire | {"sequence": str(self.sequence), "data": dict(self.data)}

    @classmethod
    def from_wire(cls, wire: Any) -> Envelope:
        """Read a CloudEvents JSON object; raises `Undecodable`, saying what is missing or wrong."""
        if not isinstance(wire, Mapping):
            raise Undecodable("not a JSON object")
        known = {k: v for k, v in wire.items() if k in cls.__dataclass_fields__}
        data = known.pop("data", None)
        if not isinstance(data, Mapping):
            raise Undecodable("`data` is not an object")
        for name, value in known.items():
            # A database refuses what is longer than its column and what is no text.
            if not isinstance(value, str) or len(value) > LONGEST.get(name, LONGEST_OTHER):
                raise Undecodable(f"attribute {name!r} is not a short text")
            if not value.isprintable():
                raise Undecodable(f"attribute {name!r} is not printable")
        try:
            sequence = int(known.pop("sequence"))
            envelope = cls(data=data, sequence=sequence, **known)
            datetime.fromisoformat(envelope.time)
        except (KeyError, TypeError, ValueError) as fault:
            raise Undecodable(f"no envelope: {fault}") from None
        if envelope.specversion != "1.0" or not envelope.type.startswith(TYPE_PREFIX):
            raise Undecodable(f"not an event of Qiantang: {envelope.type!r}")
        if not 1 <= sequence <= LARGEST_SEQUENCE or not envelope.aggregate_id:
            raise Undecodable("no sequence or no subject")
        if (
            len(envelope.aggregate) > 60
            or max(len(envelope.name), len(envelope.aggregate_id)) > 100
        ):
            raise Undecodable("a name or an id in it is too long")
        return envelope


def received(message: Any, *, check_sender: bool) -> Envelope:
    """Read an event from a message of the broker (a `kombu.Message`).

    Raises `Undecodable` for what is no event, and for one that another than its producer sent: the
    broker lets a user write only its own events, and no message claim another user.
    """
    envelope = decode(message.body, message.content_type)
    exchange = (message.delivery_info or {}).get("exchange", "")
    if exchange != f"{envelope.producer}.events":
        raise Undecodable(f"{envelope.source} does not publish on {exchange!r}")
    sender = message.properties.get("user_id")
    if check_sender and sender != envelope.producer:
        raise Undecodable(f"sent by user {sender!r}, claims {envelope.source!r}")
    return envelope


def decode(body: bytes | str, content_type: str | None, limit: int = 1_000_000) -> Envelope:
    """Read an event from the bytes of a message; JSON only, whatever the sender claims."""
    if content_type != CONTENT_TYPE:
        raise Undecodable(f"content type {content_type!r} is not {CONTENT_TYPE}")
    if len(body) > limit:
        raise Undecodable(f"longer than {limit} bytes")
    try:
        wire = jsontext.load_foreign(body)
    except ValueError as fault:
        raise Undecodable(f"not JSON: {type(fault).__name__}: {fault}") from None
    # PostgreSQL does not keep it: it would be refused at every attempt, and all behind it with it.
    if NUL.search(body.encode() if isinstance(body, str) else body):
        raise Undecodable("holds the character NUL")
    return Envelope.from_wire(wire)
