"""Shows a story in the terminal: its steps, its trail, and what was found to be true."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.fleet import PROFILES
from deploy.stories import (
    directive_cascade,
    district_merger,
    enterprise_startup,
    services_online,
)
from deploy.stories.central_task import TaskOutcome
from deploy.stories.city_evaluation import EvaluationOutcome
from deploy.stories.service_halls import Counters
from deploy.stories.stage import Check, Run, Stage, StoryFailed
from shared.clocks import CHINA
from shared.contracts.digital_government import RatingReport
from shared.contracts.party_government import InternalMatterFile
from shared.contracts.platform import AuditState, Recorded
from shared.errors import QiantangError
from shared.settings import Settings

# In the order of the calendar, which never goes back.
STORIES = {
    one.NUMBER: one
    for one in (district_merger, directive_cascade, enterprise_startup, services_online)
}


def setting_of(number: int | None) -> dict[str, Any]:
    """The settings of a platform on which this story, or all of them, can be told."""
    first = STORIES.get(number) if number is not None else next(iter(STORIES.values()))
    return dict(first.SETTING) if first is not None else {}


class _Display:
    """Follows a story with one line that changes and a line for every step that is done."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console
        )
        self._task = self.progress.add_task("…", total=None)
        self._title = ""
        self._checks = 0

    def step(self, title: str) -> None:
        """Say what happens now and tick off what happened before."""
        self.done()
        self._title, self._checks = title, 0
        self.progress.update(self._task, description=title)

    def checked(self, check: Check) -> None:
        """Count it; the table at the end names it."""
        self._checks += 1

    def done(self) -> None:
        """Tick off the step in hand."""
        if self._title:
            checks = f"  [dim]{self._checks} checks[/dim]" if self._checks else ""
            self.progress.console.print(f"  [green]✓[/green] {self._title}{checks}")
        self._title = ""


def show_story(
    settings: Settings,
    number: int | None,
    prepare: Callable[[Settings], object],
    console: Console,
    *,
    as_json: bool = False,
) -> int:
    """Show one story, or all; returns the exit status: 1 if anything was not as it must be."""
    if number is not None and number not in STORIES:
        known = ", ".join(str(one) for one in STORIES)
        console.print(f"[red]there is no story {number} yet; there are: {known}[/red]")
        return 2
    began = time.monotonic()
    with PROFILES[settings.profile](settings, prepare) as (address, ready):
        console.print(
            f"[dim]platform at {address}, {settings.profile}, "
            f"ready after {time.monotonic() - began:.1f} s[/dim]"
        )
        for one in STORIES if number is None else [number]:
            if not _show(ready, address, one, console, as_json=as_json):
                return 1
    console.print(f"[dim]{time.monotonic() - began:.1f} s in all[/dim]")
    return 0


def _show(
    settings: Settings, address: str, number: int, console: Console, *, as_json: bool
) -> bool:
    story = STORIES[number]
    run = Run(settings.state, f"story{number}")
    scenario = f"story{number}-run{run.number}"
    console.rule(f"[bold]{number} · {story.TITLE}[/bold]")
    console.print(f"scenario [cyan]{scenario}[/cyan]")
    display = _Display(console)
    stage = Stage(address, settings, scenario, display)
    began = time.monotonic()
    try:
        with display.progress:
            outcome = story.tell(stage, run)
            display.done()
    except (StoryFailed, QiantangError) as fault:
        reason = f"{fault} {getattr(fault, 'fields', None) or ''}".strip()
        console.print(f"[red]✗ {reason}[/red]")
        console.print(f"[dim]log: {settings.state}[/dim]")
        if as_json:
            print(json.dumps({"story": number, "scenario": scenario, "failed": reason}))
        return False
    run.finished()
    trail = stage.trail()
    as_data, print_it = SHOWN[number]
    print_it(outcome, trail, console)
    audits = stage.audits()
    _print_audits(audits, console)
    if as_json:
        found = {
            "story": number,
            "scenario": scenario,
            "checks": [vars(check) for check in stage.checks],
            "trail": [record.dump() for record in trail],
            **as_data(outcome),
            "audits": [state.dump() for state in audits],
        }
        print(json.dumps(found, ensure_ascii=False))
    console.print(
        f"[green]✓ {len(stage.checks)} checks true[/green], story told in "
        f"{time.monotonic() - began:.1f} s"
    )
    return True


def _startup_as_json(outcome: enterprise_startup.Outcome) -> dict[str, object]:
    return {
        "licence": outcome.licence.dump(),
        "heard": [vars(one) for one in outcome.heard],
        "indicators": [one.dump() for one in outcome.indicators],
        "recounts": outcome.recounts,
        "behind": outcome.behind,
        "rebuilt": outcome.rebuilt,
    }


def _print_startup(
    outcome: enterprise_startup.Outcome, trail: Sequence[Recorded], console: Console
) -> None:
    _print_trail(trail, console)
    _print_licence(outcome, console)
    if outcome.heard:
        _print_heard(outcome, console)
    _print_screen(outcome, console)
    _print_behind(outcome, console)


def _services_as_json(outcome: services_online.Outcome) -> dict[str, object]:
    return {
        "cases": {account: case.dump() for account, case in outcome.item.cases.items()},
        "bpmn": outcome.item.bpmn,
        "things": {code: state.dump() for code, state in outcome.things.items()},
        "ratings": None if outcome.ratings is None else outcome.ratings.dump(),
        "counters": None if outcome.counters is None else _counters_as_json(outcome.counters),
        "indicators": [one.dump() for one in outcome.indicators],
        "recounts": outcome.recounts,
    }


def _counters_as_json(counters: Counters) -> dict[str, object]:
    return {
        "afar": counters.afar.dump(),
        "visit": counters.visit.dump(),
        "concern": counters.concern.dump(),
    }


def _print_services(
    outcome: services_online.Outcome, trail: Sequence[Recorded], console: Console
) -> None:
    _print_trail(trail, console)
    table = Table(title="秒批 · decided by rule, and why", **NARROW)
    for column in ("", "结果 · outcome", "决策表行 · row", "依据的值 · looked at", "理由 · reason"):
        table.add_column(column, overflow="fold")
    for account, case in outcome.item.cases.items():
        if case.explanation is not None:
            looked_at = "，".join(f"{k} {v}" for k, v in case.explanation.looked_at.items())
            why = (str(case.explanation.row), looked_at, case.explanation.reason)
            table.add_row(account, str(case.outcome), *why)
    console.print(table)
    for code, state in outcome.things.items():
        table = Table(title=f"“一件事” · {code}: {state.state}, as its applicant sees it", **NARROW)
        for column in ("事项 · matter", "机关 · organ", "状态 · state", "结果", "说明 · why"):
            table.add_column(column, overflow="fold")
        for one in state.matters:
            row = (one.organ or "—", one.state, one.outcome or "—", one.reasons or "")
            table.add_row(one.name, *row)
        console.print(table)
    if outcome.ratings is not None:
        _print_ratings(outcome.ratings, console)
    if outcome.counters is not None:
        _print_counters(outcome.counters, console)
    _print_screen(outcome, console)


def _print_counters(counters: Counters, console: Console) -> None:
    table = Table(title="窗口与诉求 · at windows, and what was asked", **NARROW)
    for column in ("", "何处 · where", "状态 · state", "说明 · what"):
        table.add_column(column, overflow="fold")
    afar, visit, concern = counters.afar, counters.visit, counters.concern
    table.add_row("跨域通办", f"{afar.received_by} → {afar.organ}", str(afar.outcome), afar.matter)
    place = f"{visit.division} 窗口 {visit.window}"
    table.add_row("预约叫号", place, visit.state, str(visit.number))
    told = f"{concern.words} {concern.answer or ''}"
    table.add_row("咨询", concern.organ, concern.state, told)
    console.print(table)


def _print_ratings(report: RatingReport, console: Console) -> None:
    table = Table(title=f"好差评公示 · ratings of {report.division}, {report.period}", **NARROW)
    columns = ("机关 · organ", "各等级 · by grade", "满意率 %", "应整改 · due", "按期 · in time")
    for column in columns:
        table.add_column(column)
    for one in report.organs:
        grades = "  ".join(f"{grade}: {number}" for grade, number in one.grades.items())
        shares = (f"{one.satisfaction:.2f}", str(one.corrections), str(one.corrected_in_time))
        table.add_row(one.organ, grades, *shares)
    console.print(table)
    for comment in report.comments[:3]:
        console.print(f"  “{comment.comment}” — {comment.answer or ''}")


def _merger_as_json(outcome: district_merger.Outcome) -> dict[str, object]:
    return {
        "merger": outcome.merger.dump(),
        "passed": [[*route, cases] for route, cases in sorted(outcome.passed.items())],
        "duties": [vars(one) for one in outcome.duties],
        "trends": {
            district: [trend.dump() for trend in trends]
            for district, trends in outcome.trends.items()
        },
    }


def _print_merger(
    outcome: district_merger.Outcome, trail: Sequence[Recorded], console: Console
) -> None:
    # Of two years the month of the change; what the measures came to stands in the table below.
    spring = [
        one
        for one in trail
        if (one.at.year, one.at.month) == district_merger.MONTH and one.name != "MeasureChanged"
    ]
    _print_trail(spring, console)
    names = district_merger.NAMES
    table = Table(title="在办件移交 · open cases passed on", box=None)
    for column in ("承接区 · successor", "原代码 · former code", "cases"):
        table.add_column(column, justify="right" if column == "cases" else "left")
    for (successor, former), cases in sorted(outcome.passed.items()):
        table.add_row(
            f"{names[successor]} {successor}", f"{names[former[:6]]} {former}", str(cases)
        )
    console.print(table)
    table = Table(title="政令、任务移交 · directives and tasks passed on", **NARROW)
    for column in ("", "原单位 · former organ", "承接单位 · successor", "now"):
        table.add_column(column, no_wrap=True)
    for duty in outcome.duties:
        table.add_row(duty.kind, duty.former, duty.successor, duty.state)
    console.print(table)
    table = Table(title="各服务移交数 · passed on by each service", box=None)
    table.add_column("service")
    table.add_column("passed on")
    for one in outcome.merger.passed:
        counts = ", ".join(f"{kind} {number}" for kind, number in one.counts.items())
        table.add_row(one.service, counts)
    console.print(table)
    table = Table(
        title="申请件数 · cases submitted: under the code of the time, comparable to today",
        box=None,
    )
    years = ("2020", "2021", "2022")
    for column in ("district", "divisions", *years, "not told apart"):
        table.add_column(column, justify="left" if column in ("district", "divisions") else "right")
    for district, trends in outcome.trends.items():
        for trend in trends:
            points = {point.period: point for point in trend.points}
            figures = [f"{points[y].value:.0f}" if y in points else "—" for y in years]
            uncertain = sum(point.uncertain for point in trend.points)
            table.add_row(
                f"{names[district]} {district}", trend.divisions, *figures, str(uncertain or "")
            )
    console.print(table)


NARROW: Mapping[str, Any] = {"box": None, "padding": (0, 1, 0, 0)}
"""How a table with many columns looks, so that it fits into 80."""
ALIKE = 20
"""As many of a name are not shown each."""


def _cascade_as_json(outcome: directive_cascade.Outcome) -> dict[str, object]:
    return {
        "rollups": [
            {"step": one.step, "when": one.when.isoformat(), **one.progress.dump()}
            for one in outcome.rollups
        ],
        "indicators": [one.dump() for one in outcome.indicators],
        "task": {
            "route": outcome.task.route.dump(),
            "rollups": [
                {"step": one.step, "when": one.when.isoformat(), **one.tree.dump()}
                for one in outcome.task.rollups
            ],
        },
        "matter": outcome.matter.dump(),
        "evaluation": {
            "published": outcome.evaluation.published.dump(),
            "frozen": outcome.evaluation.frozen.dump(),
        },
    }


def _print_cascade(
    outcome: directive_cascade.Outcome, trail: Sequence[Recorded], console: Console
) -> None:
    # Of what all organs did alike, what the late one did.
    alike = Counter(record.name for record in trail)
    late = f".{directive_cascade.COUNTY}-government"
    shown = [one for one in trail if alike[one.name] < ALIKE or one.subject.endswith(late)]
    _print_trail(shown, console)
    _print_task(outcome.task, console)
    console.print(f"[bold]{outcome.number} {outcome.title}[/bold]")
    _print_rollups(outcome.rollups, console)
    _print_matter(outcome.matter, console)
    table = Table(title="一屏 · the one screen of the province", box=None)
    for column, justify in (("指标", "left"), ("indicator", "left"), ("screen", "right")):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for figure in outcome.indicators:
        value = "—" if figure.value is None else f"{figure.value:,.2f}"
        table.add_row(figure.name_zh, figure.name_en, value)
    console.print(table)
    _print_evaluation(outcome.evaluation, console)


def _print_matter(file: InternalMatterFile, console: Console) -> None:
    title = f"机关内部事项 · {file.matter.title}: {file.matter.kind_en}, every step"
    table = Table(title=title, **NARROW)
    for column in ("", "环节", "机关 · organ", ""):
        table.add_column(column)
    for step in file.history:
        when = f"{step.at.astimezone(CHINA):%m-%d %H:%M}"
        table.add_row(when, step.act_zh, step.organ, step.text or "")
    console.print(table)


def _print_rollups(rollups: Sequence[directive_cascade.RollUp], console: Console) -> None:
    table = Table(
        title="逐级汇总 · after each step: signed / in time so far, by level; all, by colour",
        **NARROW,
    )
    for column in ("", "step"):
        table.add_column(column, no_wrap=True)
    levels = ("city", "county", "township")
    for column in (*levels, "closed"):
        table.add_column(column, justify="right", no_wrap=True)
    for colour in ("yellow", "red"):
        table.add_column(colour, justify="right", style=colour)
    for one in rollups:
        by_level = {level.of: level for level in one.progress.levels}
        cells = [
            f"{by_level[level].signed:,}/{by_level[level].green:,}" if level in by_level else "—"
            for level in levels
        ]
        total = one.progress.total
        table.add_row(
            f"{one.when.astimezone(CHINA):%m-%d}",
            one.step,
            *cells,
            *(f"{n:,}" for n in (total.closed, total.yellow, total.red)),
        )
    console.print(table)


def _print_task(task: TaskOutcome, console: Console) -> None:
    _print_route(task, console)
    tree = task.rollups[-1].tree
    table = Table(title=f"任务分解 · {task.title}: progress after each step, percent", **NARROW)
    for column in ("part", "lead"):
        table.add_column(column, no_wrap=True)
    for column in ("weight", *(f"{one.when.astimezone(CHINA):%m-%d}" for one in task.rollups)):
        table.add_column(column, justify="right", no_wrap=True)
    progress = [{node.task_id: node.progress for node in one.tree.nodes} for one in task.rollups]
    for node in tree.nodes:
        table.add_row(
            f"{'  ' * (node.depth - 1)}{node.title}" if node.depth else "全部 · the whole",
            node.lead,
            f"{node.weight:g}",
            *(f"{step[node.task_id]:.0f}" for step in progress),
        )
    for number, colour in enumerate(("green", "yellow", "red")):
        counts = [str(one.colours[number]) for one in task.rollups]
        table.add_row(f"milestones {colour}", "", "", *counts, style=colour)
    console.print(table)


def _print_route(task: TaskOutcome, console: Console) -> None:
    table = Table(title="路线图 · milestones on working days; ★ the critical path", box=None)
    for column in ("", "milestone", "organ", "starts", "finishes", "due"):
        table.add_column(column, no_wrap=True)
    table.add_column("slack", justify="right")
    for stop in task.route.stops:
        days = (f"{day:%m-%d}" for day in (stop.starts, stop.finishes, stop.due))
        star = "★" if stop.critical else ""
        table.add_row(star, stop.title, stop.organ, *days, str(stop.slack))
    console.print(table)


def _print_evaluation(evaluation: EvaluationOutcome, console: Console) -> None:
    table = Table(
        title=f"{evaluation.title} {evaluation.frozen.evaluation.period} · = ties", box=None
    )
    table.add_column("city", no_wrap=True)
    columns = {"published": evaluation.published, "frozen": evaluation.frozen}
    for name, results in columns.items():
        table.add_column(f"{name} v{results.number}", justify="right")
        table.add_column("rank")
    table.add_column("五色 · colour")
    published = {one.organ: one for one in evaluation.published.scores}
    ties = [Counter(one.rank for one in results.scores) for results in columns.values()]
    for one in evaluation.frozen.scores:
        cells: list[str] = []
        for score, tied in zip((published[one.organ], one), ties, strict=True):
            mark = "=" if tied[score.rank] > 1 else ""
            cells += [f"{score.score:.2f}", f"{score.rank}{mark}"]
        table.add_row(one.name, *cells, one.band)
    console.print(table)


# What each story leaves, for programs and for people.
SHOWN: Mapping[
    int,
    tuple[
        Callable[[Any], dict[str, object]],
        Callable[[Any, Sequence[Recorded], Console], None],
    ],
] = {
    directive_cascade.NUMBER: (_cascade_as_json, _print_cascade),
    enterprise_startup.NUMBER: (_startup_as_json, _print_startup),
    services_online.NUMBER: (_services_as_json, _print_services),
    district_merger.NUMBER: (_merger_as_json, _print_merger),
}


def _print_trail(records: Sequence[Recorded], console: Console) -> None:
    """One line each, as wide as it is: a terminal may wrap it, a file keeps it whole."""
    console.print("\n[bold]全程轨迹 · every command and event of the scenario, in order[/bold]")
    styles = {"command": "bold", "event": "cyan", "timer": "yellow"}
    told = [record for record in records if record.kind in styles]
    for index, record in enumerate(told, 1):
        line = (
            f"{index:4} {record.at:%m-%d %H:%M} {record.kind:<7} {record.name:<24}"
            f" {record.service:<18} {record.actor:<27} {record.division:<12} {record.subject}"
        )
        console.print(line, style=styles[record.kind], soft_wrap=True, highlight=False)
    kinds = [sum(record.kind == kind for record in told) for kind in styles]
    reactions, readings = (
        sum(record.kind == kind for record in records) for kind in ("reaction", "reading")
    )
    console.print(
        "[dim]{} commands, {} events, {} timers; ".format(*kinds)
        + f"{reactions} reactions of subscribers and {readings} readings of personal data stand in "
        "the audit beside them[/dim]\n"
    )


def _print_licence(outcome: enterprise_startup.Outcome, console: Console) -> None:
    content = dict(outcome.licence.content)
    capital = content.get("registered_capital")
    if isinstance(capital, int):
        content["registered_capital"] = f"{capital / 100:,.0f} 元 · yuan"
    lines = [f"{name}: {value}" for name, value in content.items()]
    lines.append(f"\n[dim]JWS {outcome.licence.signed[:72]}…[/dim]")
    lines.append("[green]✓ 签名有效 · signature verified, a changed copy refused[/green]")
    console.print(Panel("\n".join(lines), title="电子营业执照 · electronic business licence"))
    matches = Table(title="适用政策 · policies matched", box=None)
    for column in ("policy", "number", "yuan", "why"):
        matches.add_column(column)
    for match in outcome.policies.matches:
        matches.add_row(
            match.title, match.number, f"{match.amount / 100:,.0f}", "\n".join(match.reasons)
        )
    console.print(matches)


def _print_heard(outcome: enterprise_startup.Outcome, console: Console) -> None:
    table = Table(
        title="一窗受理系统的台账 · what the one-window system heard when it was back", box=None
    )
    for column in ("matter", "case", "outcome", "event"):
        table.add_column(column)
    for one in outcome.heard:
        table.add_row(one.matter, f"{one.case_id[:14]}…", one.outcome, f"{one.event_id[:12]}…")
    console.print(table)


def _print_screen(
    outcome: enterprise_startup.Outcome | services_online.Outcome, console: Console
) -> None:
    table = Table(title="一屏 · the one screen of the province beside an SQL count", box=None)
    for column, justify in (("指标", "left"), ("indicator", "left"), ("screen", "right")):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    table.add_column("SQL over the records", justify="right")
    table.add_column("formula", style="dim")
    for one in outcome.indicators:
        counted = outcome.recounts.get(one.code)
        same = "" if counted is None else f"{counted:,.2f} [green]=[/green]"
        value = "—" if one.value is None else f"{one.value:,.2f}"
        table.add_row(one.name_zh, one.name_en, value, same, one.formula)
    console.print(table)


def _print_behind(outcome: enterprise_startup.Outcome, console: Console) -> None:
    title = f"数据下钻 · the records behind {enterprise_startup.DRILLED}, as far as each may see"
    table = Table(title=title, box=None)
    table.add_column("account")
    for column in ("sees", "only counted"):
        table.add_column(column, justify="right")
    for account, (seen, withheld) in outcome.behind.items():
        table.add_row(account, str(seen), str(withheld))
    console.print(table)
    read, compared = outcome.rebuilt
    console.print(
        f"重建一屏 · the screen made anew: {read:,} kept events read, {compared:,} rows compared,"
        " none other than they say"
    )


def _print_audits(audits: Sequence[AuditState], console: Console) -> None:
    table = Table(title="审计链 · audit chains verified", box=None)
    for column in ("service", "rows", "head", ""):
        table.add_column(column, justify="right" if column == "rows" else "left")
    for state in audits:
        mark = "[green]intact[/green]" if state.intact else f"[red]row {state.broken_at}[/red]"
        table.add_row(state.service, str(state.rows), state.head[:16], mark)
    console.print(table)
