"""JSON as text: what goes to the broker, to callers and to the database, and what is hashed.

orjson writes and reads in a tenth of the standard library's time, and reads no more than RFC 8259
allows: neither NaN nor half of a surrogate pair.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import orjson


def load(text: bytes | str) -> Any:
    """Read JSON; raises ValueError for what is none, or is nested deeper than 1,024 levels."""
    return orjson.loads(text)


def dump(value: Any) -> str:
    """JSON data as text; raises TypeError for what is none, among it integers beyond 64 bits."""
    return orjson.dumps(value).decode()


def canonical(value: Any) -> bytes:
    """The one way to write this value, for hashing: sorted keys, no blanks; what is no JSON data
    is written as its `str`."""
    return orjson.dumps(value, default=str, option=orjson.OPT_SORT_KEYS | _AS_TEXT)


def rows(values: list[dict[str, Any]]) -> str:
    """Rows as a database reads them; raises TypeError for an instant without its time zone, which
    would mean another moment on another machine, and for what no column keeps."""
    return orjson.dumps(values, default=_column, option=_AS_TEXT).decode()


_AS_TEXT = orjson.OPT_PASSTHROUGH_DATETIME


def _column(value: Any) -> str:
    if isinstance(value, date):  # An instant is one too.
        if isinstance(value, datetime) and value.tzinfo is None:
            raise TypeError("an instant needs its time zone")
        return value.isoformat()
    raise TypeError(f"no column keeps {value!r}")
