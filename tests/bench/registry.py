"""People taken over from files and looked up in two registers; decisions of the policies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from services.identity_data.models import Person
from shared.storage import layout_of
from tests.bench.comparing import OURS, Comparison, Measure, Side, require_equal
from tests.bench.people import Row, people, write_for_copy, write_for_import
from tests.bench.rig import Rig
from tests.bench.turns import Turn

COPIED, SMALL, LARGE = "bench_copied", "bench_small", "bench_large"
ROWS = 50_000
FEW = 100_000
SCALES = {"100k": 100_000, "3m": 3_000_000, "10m": 10_000_000}
LOOKED_UP = 2_000
PERSON = layout_of(Person).table.name


class Importing:
    """`qiantang import` reads, checks, looks for known numbers, registers, and records; the peer is
    PostgreSQL's own COPY of the same rows into the same table with the same indexes."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._files = count(1)

    def measure(self) -> Measure:
        """Both; a turn is so many rows, however long that takes."""
        ours, _ = self._rig.start("load.importing")
        url = self._rig.database.url_for(COPIED)
        peer, _ = self._rig.start("peers.copying", database_url=url)
        for_ours, for_peer = people(), people()

        def take_over(_: float) -> Turn:
            file = self._file()
            write_for_import(for_ours, ROWS, file)
            return self._counted("identity_data", lambda: ours.turn(file=str(file)))

        def copy(_: float) -> Turn:
            file = self._file()
            columns = write_for_copy(for_peer, ROWS, file)
            return self._counted(COPIED, lambda: peer.turn(file=str(file), columns=columns))

        name = f"{OURS}, import"
        return Measure(
            "import",
            f"register {ROWS:,} people from a file · 从文件登记 {ROWS:,} 人",
            [
                Side(name, take_over, self._rig.settle, {"service": ours.pid}),
                Side("COPY", copy, pids={"service": peer.pid}),
            ],
            [Comparison(name, "COPY", 0.5)],
        )

    def _file(self) -> Path:
        return self._rig.folder.parent / f"people-{next(self._files)}.csv"

    def _counted(self, database: str, turn: Callable[[], Turn]) -> Turn:
        counting = f"SELECT count(*) FROM {PERSON}"
        before = self._rig.count(database, counting)
        taken = turn()
        require_equal("people", before + ROWS, self._rig.count(database, counting))
        return taken


@dataclass
class Looking:
    """`PersonById`, under the id that a number comes to: schema, policy, read, and the audit row of
    the reading, one at a time, on a small register and on one of `scale` people."""

    rig: Rig
    scale: str

    def measure(self) -> Measure:
        """Both; what is compared is the 99th percentile."""
        few = f"{OURS}, {FEW:,} people"
        many = f"{OURS}, {SCALES[self.scale]:,} people"
        return Measure(
            "look-up",
            "look people up by number, 1 ÷ p99 · 按号码查人（p99 的倒数）",
            [self._side(few, SMALL, FEW), self._side(many, LARGE, SCALES[self.scale])],
            [Comparison(many, few, 1 / 1.3)],
            seconds=4.0,
        )

    def _side(self, name: str, database: str, size: int) -> Side:
        url = self.rig.database.url_for(database)
        numbers = self._fill(database, size)
        program, _ = self.rig.start("load.lookups", database_url=url, numbers=numbers)
        return Side(
            name,
            lambda seconds: program.turn(seconds=seconds),
            pids={"service": program.pid},
        )

    def _fill(self, database: str, size: int) -> list[str]:
        """Numbers of people from all over the register, which is filled with them and others."""
        rows = people()
        chosen: list[str] = []
        file = self.rig.folder.parent / "people.csv"
        copying, _ = self.rig.start(
            "peers.copying", database_url=self.rig.database.url_for(database)
        )
        for begins in range(0, size, FEW):
            noted = _noting(rows, max(1, size // LOOKED_UP), chosen)
            columns = write_for_copy(noted, min(FEW, size - begins), file)
            copying.turn(file=str(file), columns=columns)
        self.rig.write(database, (f"ANALYZE {PERSON}", []))
        return chosen


def _noting(rows: Iterator[Row], step: int, chosen: list[str]) -> Iterator[Row]:
    """The rows as they come; of every so many one number is noted."""
    while batch := list(islice(rows, step)):
        chosen.append(batch[0][0])
        yield from batch


def deciding(rig: Rig) -> Measure:
    """One decision of the policies that was never asked before; a hundred microseconds at most."""
    sides = []
    for name, side in ((OURS, "ours"), ("cedarpy alone", "peer")):
        program, _ = rig.start("load.deciding", side=side)
        sides.append(
            Side(
                name,
                lambda seconds, program=program: program.turn(seconds=seconds),
                pids={"service": program.pid},
            )
        )
    return Measure(
        "decide",
        "one authorisation decision · 一次授权判断",
        sides,
        [Comparison(OURS, "cedarpy alone", least=10_000)],
    )
