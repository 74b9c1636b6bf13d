"""Every column with its class and how long it is kept, for whoever answers for the data."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

from shared.classification import ClassifiedColumn, columns_of
from shared.contracts.base import SERVICES
from shared.messaging.tables import METADATA

_HEADING = """# What is kept

Every column of every table, how sensitive it is (DB33/T 2351-2021: L1 not sensitive, L2 little,
L3 rather, L4 sensitive), and how long its rows are kept.

| service | table | column | class 分级 | kept 保存期限 |
|---|---|---|---|---|"""


def columns() -> Iterator[tuple[str, ClassifiedColumn]]:
    """The columns of each service, then, as `platform`, those that every service has."""
    for service in SERVICES:
        metadata = importlib.import_module(f"services.{service}.models").Model.metadata
        yield from ((service, one) for one in columns_of(metadata))
    yield from (("platform", one) for one in columns_of(METADATA))


def as_markdown() -> str:
    """The same as a page."""
    rows = [
        f"| {owner} | {one.table} | {one.column} | {one.data_class} |"
        f" {one.retention.zh} {one.retention.en} |"
        for owner, one in columns()
        if one.retention is not None
    ]
    return "\n".join([_HEADING, *rows, ""])
