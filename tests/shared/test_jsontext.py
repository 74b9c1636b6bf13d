"""JSON in and out: what others send, what callers are told, what the log writes."""

from __future__ import annotations

import io
import json

import pytest
import structlog

from shared import jsontext, logs
from shared.contracts.digital_economy import PublishPolicy
from shared.errors import InvalidInput
from shared.pipeline import Answer


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def test_the_faults_of_a_list_can_be_told() -> None:
    with pytest.raises(InvalidInput) as refused:
        PublishPolicy.load({"criteria": [5]})
    told = json.loads(jsontext.dump(Answer(error=refused.value).to_wire()))
    assert told["error"]["fields"]["criteria"]["0"]
    assert jsontext.load(jsontext.dump(refused.value.problem("zh")))


@pytest.mark.parametrize("levels", [1, jsontext.MOST_LEVELS])
def test_what_was_read_can_be_written_again_inside_of_something(levels: int) -> None:
    value = jsontext.load_foreign(nested(levels))
    assert jsontext.rows([{"envelope": {"data": value}}])
    assert jsontext.dump({"reply": {"records": [{"data": value}]}})


@pytest.mark.parametrize("levels", [jsontext.MOST_LEVELS + 1, 300, 1023, 100_000])
def test_what_could_not_be_written_again_is_refused(levels: int) -> None:
    with pytest.raises(ValueError, match=r".+"):
        jsontext.load_foreign(nested(levels))


def test_many_brackets_side_by_side_are_not_deep() -> None:
    wide = [[] for _ in range(1000)]
    assert jsontext.load_foreign(json.dumps(wide)) == wide


@pytest.mark.parametrize("odd", ["half a pair \ud800", 2**70, {1: "a number for a key"}])
def test_whatever_is_logged_makes_a_line(odd: object) -> None:
    stream = io.StringIO()
    before = structlog.get_config()
    try:
        logs.configure("info", stream)
        structlog.get_logger("odd").info("odd", value=odd)
    finally:
        structlog.configure(**before)
    assert json.loads(stream.getvalue())["event"] == "odd"
