"""One JSON line per happening, with scenario and trace; never a name, a number or a content."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import orjson
import structlog

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


# PostgreSQL quotes the offending values there, such as a name or a number.
DATABASE_DETAIL = re.compile(r"\s*DETAIL:.*")


def hide_database_details(_: Any, __: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Leave a database's own words out of the line where they quote values of rows."""
    return {
        key: DATABASE_DETAIL.sub("", value)
        if isinstance(value, str) and "DETAIL:" in value
        else value
        for key, value in event.items()
    }


def _line(event: Any, default: Any = None, **_: Any) -> str:
    """An event as a line of JSON; what is no JSON data by its `repr`."""
    try:
        return orjson.dumps(event, default=default).decode()
    except TypeError:
        # Half of a surrogate pair, a key that is no text, a very large number: a line that says so
        # in full, because who logs is often about to tell of a fault.
        return json.dumps(event, default=default)


def configure(level: str, stream: TextIO | None = None) -> None:
    """Send our own and the libraries' lines to `stream` (standard error unless given)."""
    out = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            hide_database_details,
            structlog.processors.JSONRenderer(_line),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS.get(level, logging.INFO)),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(_line),
            ],
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                hide_database_details,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # The libraries' own lines at `info` repeat what we count already.
    root.setLevel(max(LEVELS.get(level, logging.INFO), logging.WARNING))
