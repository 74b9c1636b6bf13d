"""One timeline of a matter over all services (全程时间线), asked of each when it is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from shared.context import Context
from shared.contracts.base import SERVICES, messages_of
from shared.contracts.party_government import (
    MatterTimeline,
    MissingTrail,
    Timeline,
    TimelineEntry,
)
from shared.contracts.platform import Recorded, ScenarioTrail, Trail
from shared.divisions import contains
from shared.errors import QiantangError
from shared.handling import answers
from shared.platform import first_whole_instants, scenario_trail

MOST_ENTRIES = 2000
OWN = "party_government"
REFUSED = "Refused"

Trails = dict[str, Trail | QiantangError]


def ask_for_trails(query: MatterTimeline, context: Context) -> Trails:
    """What every other service recorded, or why it does not say; all are asked at once, because
    one that is away is waited for."""
    others = [service for service in SERVICES if service != OWN]

    def ask(service: str) -> Trail | QiantangError:
        try:
            return context.ask(_question(query), service=service)
        except QiantangError as refusal:
            return refusal

    with ThreadPoolExecutor(len(others)) as asking:
        return dict(zip(others, asking.map(ask, others), strict=True))


def _question(query: MatterTimeline) -> ScenarioTrail:
    return ScenarioTrail(scenario=query.scenario, after=query.after)


@answers(MatterTimeline, gather=ask_for_trails)
def matter_timeline(query: MatterTimeline, context: Context) -> Timeline:
    """Merge the trails by the instants at which they were recorded, as far as they lie in the
    caller's division."""
    trails: Trails = {**context.facts, OWN: scenario_trail(_question(query), context)}
    told = [trail for trail in trails.values() if isinstance(trail, Trail)]
    records = sorted(
        (record for trail in told for record in trail.records),
        key=lambda record: (record.recorded_at, record.kind == "event"),
    )
    records, rest = _before_any_cut(records, told)
    kept, all_kept = first_whole_instants(records, MOST_ENTRIES)
    complete = rest and all_kept
    within = [one for one in kept if contains(context.actor.division, one.division or "33")]
    return Timeline(
        scenario=query.scenario,
        entries=tuple(_entry(record) for record in within),
        missing=tuple(
            _missing(service, trail)
            for service, trail in sorted(trails.items())
            if isinstance(trail, QiantangError)
        ),
        elsewhere=len(kept) - len(within),
        complete=complete,
        until=None if complete or not kept else kept[-1].recorded_at,
    )


def _before_any_cut(
    records: list[Recorded], trails: Iterable[Trail]
) -> tuple[list[Recorded], bool]:
    """The records up to where every service told all, and whether that is to the end: what
    follows the cut of one would be out of order with what that one did not tell yet."""
    cuts = [trail.records[-1].recorded_at for trail in trails if trail.more]
    if not cuts:
        return records, True
    return [record for record in records if record.recorded_at <= min(cuts)], False


def _missing(service: str, refusal: QiantangError) -> MissingTrail:
    return MissingTrail(
        service=service,
        reason_zh=refusal.sentences["zh"][:500],
        reason_en=refusal.sentences["en"][:500],
    )


def _entry(record: Recorded) -> TimelineEntry:
    return TimelineEntry(
        at=record.at,
        recorded_at=record.recorded_at,
        service=record.service,
        kind=record.kind,
        name=record.name,
        label=label_of(record),
        actor=record.actor,
        on_behalf_of=record.on_behalf_of,
        organ=record.organ,
        division=record.division,
        subject=record.subject,
    )


def label_of(record: Recorded) -> str:
    """What happened, in plain Chinese: the title of the message; for a timer those of the events
    that it brought about."""
    if record.kind == "timer":
        caused = "、".join(_title(name, record.service) for name in record.caused)
        return f"到期自动触发：{caused}" if caused else "到期自动触发"
    title = _title(record.name, record.service)
    return f"收到通知并处理：{title}" if record.kind == "reaction" else title


def _title(name: str, service: str) -> str:
    """The Chinese title of a message: the service's own, that of all services, or, of an event
    that it heard of, that of the service which told it. What a refused order left behind is
    recorded under its name and says so."""
    for owner in (service, "platform", *SERVICES):
        message = messages_of(owner).get(name)
        if message is not None:
            return message.ZH
    ordered = name.removesuffix(REFUSED)
    return name if ordered == name else f"{_title(ordered, service)}（未成功）"
