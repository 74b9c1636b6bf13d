"""What a message must be to be taken for an event, and that nothing else is."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.base import LARGEST_INTEGER
from shared.messaging.envelope import CONTENT_TYPE, Envelope, Undecodable, decode

SOUND = Envelope(
    id="e-1",
    source="/probe",
    type="qiantang.probe.CounterAdded",
    subject="Counter/c-1",
    time="2026-03-02T10:00:00+08:00",
    data={"counter": "c-1", "amount": 1},
    sequence=1,
    divisioncode="330106",
    actorid="account.probe",
)


def body(**changes: Any) -> bytes:
    wire = {k: v for k, v in (SOUND.to_wire() | changes).items() if v is not None}
    return json.dumps(wire).encode()


def test_what_is_sent_is_what_is_read() -> None:
    assert decode(body(), CONTENT_TYPE) == SOUND


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)


# Larger ones are no numbers of JSON that everybody reads alike (RFC 8259 section 6).
INTEGERS = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)


@given(st.dictionaries(TEXTS, st.one_of(TEXTS, INTEGERS, st.lists(TEXTS), st.none())))
def test_any_content_survives_the_journey(data: dict[str, Any]) -> None:
    assert decode(body(data=data), CONTENT_TYPE).data == data


def test_an_unknown_extension_attribute_is_ignored() -> None:
    assert decode(body(newer="attribute"), CONTENT_TYPE) == SOUND


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not json",
        body(data={"deep": "x"}).replace(b'"x"', b"[" * 300 + b"]" * 300),
        b"\xff\xfe",
        b"[]",
        b"null",
        pickle.dumps({"id": "e-1"}),
        b"[" * 100_000,
        b"1" * 5000,
    ],
    ids=["empty", "text", "deep data", "bytes", "list", "null", "pickle", "deep", "number"],
)
def test_bytes_that_are_no_json_object_are_undecodable(raw: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(raw, CONTENT_TYPE)


@pytest.mark.parametrize(
    "content_type", [None, "application/json", "application/x-python-serialize", "text/plain"]
)
def test_another_content_type_is_undecodable(content_type: str | None) -> None:
    with pytest.raises(Undecodable, match="content type"):
        decode(body(), content_type)


@pytest.mark.parametrize("missing", ["id", "source", "type", "subject", "time", "data", "sequence"])
def test_an_envelope_without_a_required_attribute_is_undecodable(missing: str) -> None:
    with pytest.raises(Undecodable):
        decode(body(**{missing: None}), CONTENT_TYPE)


@pytest.mark.parametrize(
    "change",
    [
        {"specversion": "2.0"},
        {"type": "com.example.Other"},
        {"time": "yesterday"},
        {"sequence": "0"},
        {"sequence": "one"},
        {"sequence": 1},
        {"sequence": "9" * 30},
        {"subject": "Counter"},
        {"subject": "Counter/" + "c" * 101},
        {"subject": "C" * 61 + "/c"},
        {"id": "e" * 65},
        {"actorid": "a" * 101},
        {"scenarioid": "s" * 101},
        {"scenarioid": "s\u0000"},
        {"traceparent": "t\n"},
        {"data": []},
        {"data": {"text": "NUL \u0000"}},
        {"data": {"text": "half \ud800"}},
        {"data": {"number": float("nan")}},
    ],
    ids=str,
)
def test_an_envelope_that_no_database_would_keep_is_undecodable(change: dict[str, Any]) -> None:
    with pytest.raises(Undecodable):
        decode(body(**change), CONTENT_TYPE)


def test_a_written_out_escape_is_no_nul() -> None:
    assert decode(body(data={"text": "\\u0000"}), CONTENT_TYPE).data == {"text": "\\u0000"}


def test_what_is_longer_than_the_limit_is_undecodable() -> None:
    with pytest.raises(Undecodable, match="longer"):
        decode(body(data={"text": "x" * 1_000_000}), CONTENT_TYPE)
