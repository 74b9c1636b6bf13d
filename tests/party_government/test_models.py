"""Keeping leaf measures, and what becomes of those of before."""

from __future__ import annotations

import json
from pathlib import Path

import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from deploy.catalogue import folder_of
from services.party_government.domain.rollups import Rollup
from services.party_government.models import MeasureTotal, MeasureValue
from shared.contracts.digital_government import MeasureChanged
from shared.divisions import lineage
from shared.migrations import migrate
from shared.storage import open_database

HISTORY = [
    MeasureChanged(
        measure="cases_decided",
        division="330106",
        period="2026-03",
        value=version * 3,
        version=version,
        distribution={"30": version},
    )
    for version in range(1, 7)
]


@given(st.permutations(HISTORY * 2))
def test_in_whatever_order_and_however_often_changes_come_the_newest_stands(
    changes: list[MeasureChanged],
) -> None:
    kept = MeasureValue(
        id="digital_government.cases_decided.330106.2026-03",
        division="330106",
        owner="digital_government",
        measure="cases_decided",
        period="2026-03",
    )
    for change in changes:
        kept.take(change, f"event-{change.version}")
    assert (kept.value, kept.measure_version, kept.distribution) == (18, 6, {"30": 6})
    assert kept.event_id == "event-6"


def test_what_was_counted_before_totals_were_kept_is_in_them_after_the_migration(
    tmp_path: Path,
) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/party_government.sqlite3")
    folder = folder_of("party_government")
    migrate(engine, folder, "party_government_0050")
    leaves = [
        ("330106001", 3, {"1": 1, "2": 1}),
        ("330106002", 4, {"2": 2}),
        ("330106", 5, {"5": 1}),
        ("3302", 6, {"6": 1}),
    ]
    given = {
        "version": 1,
        "owner": "digital_government",
        "measure": "m",
        "period": "2026-03",
        "measure_version": 1,
        "event_id": "e-1",
    }
    rows = [
        given | {"id": place, "division": place, "value": value, "distribution": json.dumps(seen)}
        for place, value, seen in leaves
    ]
    with engine.begin() as connection:
        table = sa.table("measure_value", *(sa.column(name) for name in rows[0]))
        connection.execute(sa.insert(table), rows)
    migrate(engine, folder)
    wanted: dict[str, Rollup] = {}
    for place, value, seen in leaves:
        for above in lineage(place):
            leaf = Rollup.of_leaf(place, value, seen)
            wanted.setdefault(above, Rollup()).add(leaf)
    with Session(engine) as session:
        found = {one.division: one for one in session.scalars(sa.select(MeasureTotal))}
    engine.dispose()
    assert {place: total.rollup for place, total in found.items()} == wanted
    assert {total.id for total in found.values()} == {
        f"digital_government.m.{place}.2026-03" for place in wanted
    }
