"""Decision tables: what they are checked for, how they decide, and the reason that they give."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import zen

from shared.contracts.digital_government import DecisionRow, DecisionTable

_ENGINE: Final = zen.ZenEngine()
_NAME: Final = re.compile(r"[^\W\d]\w*")
_WORDS: Final = frozenset({"true", "false", "null"})


@dataclass(frozen=True)
class Ruling:
    """What a table came to: the outcome, its reason, and the row and values that it went by."""

    outcome: str
    reason: str
    row: int
    looked_at: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """As it is kept with the case."""
        return {
            "outcome": self.outcome,
            "reason": self.reason,
            "row": self.row,
            "looked_at": dict(self.looked_at),
        }


UNDECIDED: Final = Ruling("manual", "没有适用的规则，由工作人员决定", 0, {})
"""Where no row applies: an official decides."""


def rule_on(table: DecisionTable, known: Mapping[str, Any]) -> Ruling:
    """What the first row that applies says; `looked_at` has the value of each column.

    `known` holds `answers`, `facts` (a fact `person.name` as `facts.person.name`) and `today`.
    """
    try:
        result = _decision(_text_of(table)).evaluate(dict(known))["result"]
    except RuntimeError:
        # It compares what cannot be compared, such as a text with a number.
        return UNDECIDED
    if not result:
        return UNDECIDED
    number = int(result["row"])
    row = table.rows[number - 1]
    looked_at = {column.label: _value_at(column.field, known) for column in table.columns}
    return Ruling(row.outcome, row.reason, number, looked_at)


def faults_of(table: DecisionTable, fields: set[str]) -> Iterator[str]:
    """What keeps a table from being published; `fields` are the values that it can look at.

    The engine passes over a test that it cannot read, so that a slip of the pen would let
    everybody through: each is read here.
    """
    columns = {column.key for column in table.columns}
    if len(columns) < len(table.columns):
        yield "决策表的列标识重复 / two columns of the decision table have one key"
    for column in table.columns:
        if column.field not in fields:
            yield f"决策表取值“{column.field}”不存在 / “{column.field}” is no value that is known"
    for number, row in enumerate(table.rows, start=1):
        for key in row.when.keys() - columns:
            yield f"第{number}行：没有“{key}”列 / row {number}: there is no column “{key}”"
        for key, test in row.when.items():
            fault = _fault_of(test)
            if fault is not None:
                yield f"第{number}行“{key}”的条件有误 / row {number}, “{key}”: {fault}"
    if all(not _is_last_resort(row) for row in table.rows):
        yield "决策表末行应当兜底 / the last row must apply to whatever the others leave"


def _fault_of(test: str) -> str | None:
    """Why the engine cannot read a test, None where it can.

    Its own `validate_unary_expression` refuses comparisons such as `>= 6`, which it goes through
    rightly; so each is tried on nothing, where only a fault of reading counts.
    """
    if not test:
        return None
    if _NAME.fullmatch(test) and test not in _WORDS:
        return f'文字应当加引号，如 "{test}" / texts stand in quotation marks, as "{test}"'
    try:
        zen.evaluate_unary_expression(test, {"$": None})
    except RuntimeError as fault:
        told = str(fault).partition("\n")[0]
        return told if '"vmError"' not in told else None
    return None


def _is_last_resort(row: DecisionRow) -> bool:
    return not any(row.when.values())


def _value_at(path: str, known: Mapping[str, Any]) -> Any:
    found: Any = known
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _text_of(table: DecisionTable) -> str:
    rows = [
        {
            "_id": str(number),
            **{column.key: row.when.get(column.key, "") for column in table.columns},
            "_row": str(number),
        }
        for number, row in enumerate(table.rows, start=1)
    ]
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": one.key, "name": one.label, "field": one.field} for one in table.columns],
        "outputs": [{"id": "_row", "name": "row", "field": "row"}],
        "rules": rows,
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "table", "type": "decisionTableNode", "name": "table", "content": content},
        {"id": "out", "type": "outputNode", "name": "out"},
    ]
    edges = [
        {"id": f"{begin}-{end}", "sourceId": begin, "targetId": end, "type": "edge"}
        for begin, end in (("in", "table"), ("table", "out"))
    ]
    return json.dumps({"nodes": nodes, "edges": edges}, sort_keys=True)


@lru_cache(maxsize=1024)
def _decision(text: str) -> Any:
    # To read a table costs the engine more than to go through it.
    return _ENGINE.create_decision(text)
