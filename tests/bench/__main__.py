"""`make bench`: how fast the platform is beside others, in one run on this machine."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shared import logs
from tests.bench.comparing import Measure, Result, is_clean, play
from tests.bench.decision import Decision
from tests.bench.directives import Directing
from tests.bench.profiling import profile
from tests.bench.registry import SCALES, Importing, Looking, deciding
from tests.bench.relay import Relaying
from tests.bench.report import as_json, machine, print_report
from tests.bench.rig import Rig, standing_on
from tests.bench.rpc import Rpc
from tests.bench.screens import seeing
from tests.bench.submit import Submit

FASTER_THAN_FASTSTREAM = 1.0
WIDTH = 110
"""Columns that the tables need; where the terminal has fewer, its lines go on below."""

KEYS = (
    "rpc-1",
    "rpc-50",
    "submit",
    "decision",
    "relay",
    "import",
    "look-up",
    "decide",
    "screen",
    "directive",
)


def measures(rig: Rig, scale: str) -> dict[str, Callable[[], Measure]]:
    """How each measure is made; what is left out starts nothing."""
    rpc = Rpc(rig)
    return {
        "rpc-1": lambda: rpc.at(1),
        "rpc-50": lambda: rpc.at(50, FASTER_THAN_FASTSTREAM),
        "submit": Submit(rig).measure,
        "decision": Decision(rig).measure,
        "relay": Relaying(rig).measure,
        "import": Importing(rig).measure,
        "look-up": Looking(rig, scale).measure,
        "decide": lambda: deciding(rig),
        "screen": lambda: seeing(rig),
        "directive": Directing(rig).measure,
    }


def chosen(text: str) -> list[str]:
    """The keys named in an option."""
    keys = [key.strip() for key in text.split(",")] if text else list(KEYS)
    if unknown := [key for key in keys if key not in KEYS]:
        raise typer.BadParameter(f"no measure {', '.join(unknown)}; there are {', '.join(KEYS)}")
    return keys


def run(rig: Rig, keys: list[str], rounds: int, scale: str, console: Console) -> list[Result]:
    """Play all rounds of these measures, one measure after the other."""
    made = measures(rig, scale)
    results = []
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as progress:
        for key in keys:
            task = progress.add_task(key, total=None)
            progress.update(task, description=f"{key}: getting ready")
            measure = made[key]()
            progress.update(task, total=(rounds + 1) * len(measure.sides))

            def begins(what: str, task: int = task) -> None:
                progress.update(task, advance=1, description=what)

            results.append(play(measure, rounds, begins))
            progress.remove_task(task)
            progress.console.print(f"[green]✓[/green] {measure.title}")
    return results


def profile_measures(
    rig: Rig, keys: list[str], scale: str, side: str, seconds: float, console: Console
) -> None:
    """Profile the sides of these measures whose name has `side` in it."""
    made = measures(rig, scale)
    for key in keys:
        measure = made[key]()
        for one in measure.sides:
            if side in one.name:
                profile(rig, measure, one, seconds, console)


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each side, after a warm-up.")] = 5,
    only: Annotated[str, typer.Option(help=f"Some of {', '.join(KEYS)}; with commas.")] = "",
    scale: Annotated[
        str, typer.Option(help=f"People in the large register: {', '.join(SCALES)}.")
    ] = "3m",
    report_only: Annotated[bool, typer.Option(help="Exit 0 though a goal is missed.")] = False,
    as_json_: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    profiled: Annotated[
        str, typer.Option("--profile", help="Where the processor's time of one measure goes.")
    ] = "",
    side: Annotated[str, typer.Option(help="With --profile: sides whose name has this.")] = "",
    seconds: Annotated[float, typer.Option(min=1, help="With --profile: of a turn.")] = 4.0,
    state: Annotated[Path | None, typer.Option(help="A new folder for logs, kept.")] = None,
) -> None:
    """Measure the platform beside its peers; exit status 1 if a goal is missed."""
    logs.configure("error")
    keys = chosen(profiled or only)
    if scale not in SCALES:
        raise typer.BadParameter(f"no scale {scale}; there are {', '.join(SCALES)}")
    began = time.monotonic()
    console = Console(stderr=as_json_, width=max(Console().width, WIDTH))
    with (
        tempfile.TemporaryDirectory(prefix="qiantang-bench-") as folder,
        standing_on(state or Path(folder)) as rig,
    ):
        on = machine(rig)
        if profiled:
            profile_measures(rig, keys, scale, side, seconds, console)
            return
        results = run(rig, keys, rounds, scale, console)
    if as_json_:
        print(json.dumps(as_json(results, on), ensure_ascii=False))
    else:
        print_report(results, on, console)
        console.print(f"[dim]{rounds} rounds, {time.monotonic() - began:.0f} s in all")
    if not report_only and not is_clean(results):
        raise typer.Exit(1)


typer.run(main)
