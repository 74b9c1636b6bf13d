from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from shared import logs
from tests.bench.measures import Bench, Measure, Side
from tests.bench.processor import reading, spent
from tests.bench.rig import opened
from tests.bench.turns import Turn

console = Console()


def one_turn(bench: Bench, side: Side, seconds: float) -> Turn:
    turn = side.turn(seconds)
    bench.rig.settle()
    return turn


def profile(bench: Bench, measure: Measure, side: Side, seconds: float, spying: bool) -> None:
    side.turn(2.0)
    bench.rig.settle()
    parts = {**bench.rig.pids(), **{k: v for k, v in side.pids().items()}}
    own = set(side.pids().values())
    parts = {k: v for k, v in parts.items() if k in side.pids() or v not in own}
    began, before = time.perf_counter(), reading(parts)
    spy = None
    if "service" in side.pids():
        out = f"build/bench/{measure.key}-{side.name.replace(' ', '-')}"
        Path(out).parent.mkdir(parents=True, exist_ok=True)
        import subprocess
        spy = subprocess.Popen([str(Path(sys.executable).with_name("py-spy")), "record", "-p", str(side.pids()["service"]), "-d", str(int(seconds)), "-r", "200", "-f", "raw", "-o", out + ".raw"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) if spying else None
    turn = side.turn(seconds)
    if spy is not None:
        spy.wait()
        from collections import Counter
        own_, cum, total = Counter(), Counter(), 0
        for line in Path(out + ".raw").read_text().splitlines():
            stack, _, n = line.rpartition(" ")
            frames = stack.split(";")
            total += int(n)
            own_[frames[-1]] += int(n)
            for f in set(frames):
                cum[f] += int(n)
        t = Table("self %", "frame", title="own time")
        for f, n in own_.most_common(25): t.add_row(f"{n/total:.1%}", f)
        console.print(t)
        t = Table("cum %", "frame", title="with what it called")
        for f, n in cum.most_common(60): t.add_row(f"{n/total:.1%}", f)
        console.print(t)
    during = spent(before, reading(parts))
    bench.rig.settle()
    whole, took = spent(before, reading(parts)), time.perf_counter() - began
    table = Table("part", "CPU s / 1,000 in the turn", "until drained",
                  title=f"{measure.key} {side.name}: {turn.rate:,.0f}/s, {turn.done} in {turn.seconds:.2f} s, errors {dict(turn.errors)}; drained after {took:.1f} s")
    for name in parts:
        table.add_row(name, f"{during[name] / turn.done * 1000:.3f}", f"{whole[name] / turn.done * 1000:.3f}")
    table.add_row("all", f"{sum(during.values()) / turn.done * 1000:.3f}", f"{sum(whole.values()) / turn.done * 1000:.3f}")
    console.print(table)


def main(rounds: int = 5, only: str = "", seconds: float = 0, profile_of: Annotated[str, typer.Option("--profile")] = "", side: str = "", spying: bool = True, keep: str = "") -> None:
    logs.configure("error")
    import contextlib
    with (contextlib.nullcontext(keep) if keep else tempfile.TemporaryDirectory(prefix="qiantang-bench-")) as folder:
        with opened(Path(folder)) as rig:
            bench = Bench(rig)
            made = bench.measures()
            if profile_of:
                measure = made[profile_of]()
                for one in measure.sides:
                    if not side or side in one.name:
                        profile(bench, measure, one, seconds or 4.0, spying)
                return
            for key, make in made.items():
                if only and key not in only.split(","):
                    continue
                measure = make()
                turns: dict[str, list[Turn]] = {one.name: [] for one in measure.sides}
                for one in measure.sides:
                    one_turn(bench, one, 1.0)
                for number in range(rounds):
                    for one in measure.sides:
                        began = time.perf_counter()
                        turn = one_turn(bench, one, seconds or measure.seconds)
                        turns[one.name].append(turn)
                        console.print(f"{key} {number} {one.name} {turn.rate:,.0f} {dict(turn.errors)} {time.perf_counter() - began:.1f} s")
                for c in measure.comparisons:
                    ratios = [a.rate / (b.rate or 1) for a, b in zip(turns[c.ours], turns[c.peer])]
                    console.print(f"[bold]{key}[/bold] {c.ours} / {c.peer}: {statistics.median(ratios):.2f} goal {c.least}")


typer.run(main)
