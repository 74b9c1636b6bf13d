"""What a reader sees: the machine, a table that needs no source beside it, the same as JSON."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.bench.comparing import Result, Spread, Verdict, is_clean, is_flat
from tests.bench.rig import Rig, channel_to

PACKAGES = {
    "nameko": "nameko",
    "FastStream": "faststream",
    "FastAPI": "fastapi",
    "uvicorn": "uvicorn",
    "SQLAlchemy": "sqlalchemy",
    "py-amqp": "amqp",
}


def machine(rig: Rig) -> dict[str, str]:
    """What the figures were measured on; the load is of the minute before the first turn."""
    (row,) = rig.ask("digital_government", "SHOW server_version")
    with channel_to(rig.amqp_url) as channel:
        broker = channel.connection.server_properties["version"]
    return {
        "cores": str(os.cpu_count()),
        "load before": f"{os.getloadavg()[0]:.1f}",
        "Python": platform.python_version(),
        "PostgreSQL": row["server_version"].split()[0],
        "RabbitMQ": broker if isinstance(broker, str) else broker.decode(),
        **{title: version(name) for title, name in PACKAGES.items()},
    }


def print_report(results: Sequence[Result], on: dict[str, str], console: Console) -> None:
    """A table for each measure, what went wrong, and the machine."""
    for result in results:
        table = Table(title=result.measure.title, title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("ours 本系统", min_width=16)
        table.add_column("a second 每秒", justify="right", min_width=20)
        table.add_column("beside 对照", min_width=15)
        table.add_column("a second 每秒", justify="right", min_width=20)
        table.add_column("ratio 比值", justify="right", min_width=16)
        table.add_column("goal 目标", min_width=8)
        for verdict in result.verdicts():
            table.add_row(*_cells(verdict))
        console.print(table)
        for side, (first, last) in result.memory.items():
            mark = "[green]✓[/green]" if is_flat(first, last) else "[red]✗[/red]"
            console.print(
                f"{side}: {first / 1e6:,.0f} MB after the first turn, "
                f"{last / 1e6:,.0f} MB after the last {mark}"
            )
        for side, errors in result.errors.items():
            for kind, count in errors.most_common():
                console.print(f"[red]✗ {side}: {count} × {escape(kind)}[/red]")
    console.print(
        "[dim]Median (least-most) of the rounds; ratios are of the same round. "
        "中位数（最低-最高），比值取自同一轮。"
    )
    console.print("[dim]" + " · ".join(f"{title} {value}" for title, value in on.items()))
    if float(on["load before"]) > int(on["cores"]) / 2:
        console.print("[yellow]The machine was busy before: these figures are too low.[/yellow]")


def _cells(verdict: Verdict) -> tuple[str, ...]:
    one = verdict.comparison
    mark = "[green]✓[/green]" if verdict.met else "[red]✗[/red]"
    goals = [f"≥ {one.goal:.2g}"] if one.goal is not None else []
    goals += [f"≥ {one.least:,.0f}/s"] if one.least is not None else []
    goal = f"{', '.join(goals)} {mark}" if goals else ""
    return (
        one.ours,
        _rate(verdict.ours),
        one.beside,
        _rate(verdict.peer),
        _ratio(verdict.ratio),
        goal,
    )


def _rate(spread: Spread) -> str:
    return f"{spread.median:,.0f} ({spread.least:,.0f}-{spread.most:,.0f})"


def _ratio(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.least:.2f}-{spread.most:.2f})"


def as_json(results: Sequence[Result], on: dict[str, str]) -> dict[str, Any]:
    """The same for programs, with every round."""
    return {
        "machine": on,
        "clean": is_clean(results),
        "measures": [
            {
                "key": result.measure.key,
                "title": result.measure.title,
                "rates": {side: result.rates(side) for side in result.turns},
                "errors": result.errors,
                "memory": result.memory,
                "comparisons": [
                    {
                        "ours": verdict.comparison.ours,
                        "peer": verdict.comparison.beside,
                        "ratio": vars(verdict.ratio),
                        "goal": verdict.comparison.goal,
                        "least": verdict.comparison.least,
                        "met": verdict.met,
                    }
                    for verdict in result.verdicts()
                ],
            }
            for result in results
        ],
    }
