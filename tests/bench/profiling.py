"""Where the processor's time goes: per part of the running system, and inside one process.

Rates depend on whatever else the machine does, processor time for a command much less.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import psutil
from rich import box
from rich.console import Console
from rich.table import Table

from tests.bench.comparing import WARM_UP, Measure, Side
from tests.bench.rig import Rig

SAMPLES_A_SECOND = 200
FOLDER = Path("build/bench")
IDLE = "Condition.wait (threading.py"


def seconds_of(pid: int) -> float:
    """Processor seconds so far of a process and all below it, including those that ended."""
    root = psutil.Process(pid)
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue  # Its time is its parent's now.
        total += times.user + times.system + times.children_user + times.children_system
    return total


def profile(rig: Rig, measure: Measure, side: Side, seconds: float, console: Console) -> None:
    """Print what a turn of a side cost each part, and then, from another turn, in which functions
    the side's service was."""
    side.turn(WARM_UP)
    side.settle()
    _print_costs(rig, measure, side, seconds, console)
    if "service" in side.pids:
        _print_functions(measure, side, seconds, console)


def _print_costs(rig: Rig, measure: Measure, side: Side, seconds: float, console: Console) -> None:
    own = set(side.pids.values())
    others = {name: pid for name, pid in rig.pids().items() if pid not in own}
    parts = {**side.pids, **others}

    def reading() -> dict[str, float]:
        return {name: seconds_of(pid) for name, pid in parts.items()}

    before = reading()
    turn = side.turn(seconds)
    during = reading()
    began = time.monotonic()
    side.settle()
    after = reading()
    settled = time.monotonic() - began
    title = f"{measure.key}, {side.name}: {turn.done} in {turn.seconds:.2f} s, {turn.rate:,.0f}/s"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("processor seconds for 1,000")
    table.add_column("in the turn", justify="right")
    table.add_column("with what followed", justify="right")
    for name in parts:
        table.add_row(name, *_costs(before, during, after, [name], turn.done))
    table.add_row("all", *_costs(before, during, after, list(parts), turn.done))
    console.print(table)
    console.print(f"{settled:.1f} s until everything had followed; errors: {dict(turn.errors)}")


def _costs(
    before: Mapping[str, float],
    during: Mapping[str, float],
    after: Mapping[str, float],
    names: list[str],
    done: int,
) -> tuple[str, ...]:
    return tuple(
        f"{sum(reading[name] - before[name] for name in names) / max(done, 1) * 1000:.3f}"
        for reading in (during, after)
    )


def _print_functions(measure: Measure, side: Side, seconds: float, console: Console) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    out = FOLDER / f"{measure.key}-{side.name.replace(', ', '-').replace(' ', '-')}.stacks"
    command = [str(Path(sys.executable).with_name("py-spy")), "record", "--format", "raw"]
    command += ["--rate", str(SAMPLES_A_SECOND), "--duration", f"{seconds:.0f}"]
    command += ["--output", str(out), "--pid", str(side.pids["service"])]
    spy = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    side.turn(seconds)
    _, fault = spy.communicate()
    if spy.returncode != 0:
        raise RuntimeError(f"py-spy failed: {fault[-2000:]}")
    side.settle()
    alone: Counter[str] = Counter()
    together: Counter[str] = Counter()
    for line in out.read_text().splitlines():
        stack, _, samples = line.rpartition(" ")
        frames = stack.split(";")
        if IDLE in frames[-1]:
            continue  # A thread of a pool that waits for work.
        alone[frames[-1]] += int(samples)
        together.update(dict.fromkeys(frames, int(samples)))
    for title, found, most in (("alone", alone, 25), ("with what it called", together, 60)):
        table = Table(f"% {title}", f"function of {side.name}", box=box.SIMPLE_HEAD)
        for frame, samples in found.most_common(most):
            table.add_row(f"{samples / alone.total():.1%}", frame)
        console.print(table)
    console.print(f"[dim]all stacks, as flame graphs take them: {out}")
