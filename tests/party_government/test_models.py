"""Keeping leaf measures, without a database."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.party_government.models import MeasureValue
from shared.contracts.digital_government import MeasureChanged

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
