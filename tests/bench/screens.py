"""The one screen over what few and many cases came to."""

from __future__ import annotations

from tests.bench.comparing import OURS, Comparison, Measure, Side
from tests.bench.rig import Rig

FEW, MANY = 10_000, 1_000_000
DATABASES = {FEW: "bench_few_cases", MANY: "bench_many_cases"}


def seeing(rig: Rig) -> Measure:
    """`OneScreen` of the province in one month, one at a time; what is compared is the 99th
    percentile."""
    sides = []
    for cases, database in DATABASES.items():
        url = rig.database.url_for(database)
        program, _ = rig.start("load.screening", database_url=url, cases=cases)
        sides.append(
            Side(
                f"{OURS}, {cases:,} cases",
                lambda seconds, program=program: program.turn(seconds=seconds),
                pids={"service": program.pid},
            )
        )
    few, many = (side.name for side in sides)
    return Measure(
        "screen",
        "read the one screen, 1 ÷ p99 · 读一屏（p99 的倒数）",
        sides,
        [Comparison(many, few, 1 / 1.2)],
        seconds=4.0,
    )
