"""A log line tells what happened and quotes no row."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from shared import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    text = io.StringIO()
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    logs.configure("info", text)
    yield text
    structlog.reset_defaults()
    root.handlers[:] = kept
    root.setLevel(level)


def test_a_database_error_is_logged_without_the_values_that_it_quotes(
    stream: io.StringIO,
) -> None:
    try:
        raise ValueError(
            "duplicate key value violates unique constraint “person_number”\n"
            "DETAIL:  Key (number)=(11010519491231002X) already exists.\n"
        )
    except ValueError:
        structlog.get_logger("test").exception("incident", incident="abc")
    line = json.loads(stream.getvalue())
    assert line["incident"] == "abc"
    assert "unique constraint" in line["exception"]
    assert "11010519491231002X" not in stream.getvalue()


def test_a_line_is_one_line_of_json(stream: io.StringIO) -> None:
    structlog.get_logger("test").info("message", contract="SignIn", note="两\n行")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["contract"] == "SignIn"
