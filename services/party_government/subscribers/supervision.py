"""What supervisors are alerted to when something happened: cases, duties, readings of data."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from services.party_government.commands.alerts import Concerned, apply_rule, terms_of
from services.party_government.domain import alerts
from services.party_government.domain.alerts import Tally
from services.party_government.models import CaseTally, ReadingDay, WatchedCase
from shared.clocks import CHINA
from shared.context import Context
from shared.contracts.base import events_of
from shared.contracts.digital_government import (
    CaseAccepted,
    CaseDecided,
    CaseOverdue,
    CasePassedOn,
    CaseSubmitted,
)
from shared.contracts.identity_data import DataShared
from shared.contracts.party_government import DutyEscalated, InternalMatterDecided
from shared.handling import follows, subscribes
from shared.messaging.envelope import Envelope
from shared.unit_of_work import digest_of

EVERY = 10
"""Comparisons with others are made at each tenth case of an official, subject of a reader."""

SERVICE = "service:"
"""So the ids of the services begin, which are believed for whom they read."""

DUTIES = tuple(
    event for event in events_of("party_government").values() if issubclass(event, DutyEscalated)
)
"""Whatever has a deadline here: what is added with one is watched without a word."""


# Cases


@follows(CaseSubmitted)
def watch_case(event: CaseSubmitted, envelope: Envelope, context: Context) -> None:
    """Know the case. Its events come in their order, so that acceptance is not missed but seen to
    be missing."""
    context.unit.add(
        WatchedCase(id=event.case_id, division=envelope.divisioncode, organ=event.organ)
    )


@follows(CaseAccepted)
def note_acceptance(event: CaseAccepted, envelope: Envelope, context: Context) -> None:
    """Know who accepted it, and when."""
    context.unit.get(WatchedCase, event.case_id).accept(envelope.actorid, envelope.at)


@follows(CasePassedOn)
def note_passing(event: CasePassedOn, envelope: Envelope, context: Context) -> None:
    """Know whose it is now."""
    context.unit.get(WatchedCase, event.id).pass_to(event.division, event.organ)


@follows(CaseOverdue)
def alert_to_overdue_case(event: CaseOverdue, envelope: Envelope, context: Context) -> None:
    """Apply `overdue`; whoever accepted it is concerned."""
    case = context.unit.get(WatchedCase, event.case_id)
    about = Concerned(f"Case/{case.id}", case.division, event.organ, case.accepted_by)
    apply_rule(alerts.overdue, event.due, about=about, context=context)


@follows(CaseDecided)
def check_decision(event: CaseDecided, envelope: Envelope, context: Context) -> None:
    """Apply `jumped_step` and `same_hand` to the case, and at each tenth case of the official
    `refusal_rate` and `handling_time` to what it decided of the matter this year.

    What a rule decided, or what was deemed granted, is no official's decision.
    """
    if event.by_rule:
        return
    case = context.unit.get(WatchedCase, event.case_id)
    official, now = envelope.actorid, envelope.at
    about = Concerned(f"Case/{case.id}", case.division, event.organ, official)
    if case.accepted_at is None:
        apply_rule(alerts.jumped_step, None, about=about, context=context)
    if case.accepted_by == official:
        observed = (case.accepted_by, case.accepted_at, official, now)
        apply_rule(alerts.same_hand, *observed, about=about, context=context)
    tally = _tally_of(official, event.matter, now.year, case.division, context)
    tally.count(event.minutes, refused=event.outcome == "refused")
    if tally.cases % EVERY == 0:
        _compare(tally, event.organ, context)


def _tally_of(official: str, matter: str, year: int, division: str, context: Context) -> CaseTally:
    key = digest_of(official, matter, year)
    return context.unit.find(CaseTally, key) or context.unit.add(
        CaseTally(id=key, division=division, official=official, matter=matter, year=year)
    )


def _compare(tally: CaseTally, organ: str, context: Context) -> None:
    """Compare with all others who decide cases of that matter, wherever they are."""
    sums = [
        sa.func.coalesce(sa.func.sum(column), 0)
        for column in (CaseTally.cases, CaseTally.refused, CaseTally.minutes, CaseTally.squares)
    ]
    others = sa.select(*sums).where(
        CaseTally.matter == tally.matter,
        CaseTally.year == tally.year,
        CaseTally.official != tally.official,
    )
    peers = Tally(*(int(value) for value in context.unit.rows(others)[0]))
    subject = f"{tally.matter}/{tally.official}/{tally.year}"
    about = Concerned(subject, tally.division, organ, tally.official)
    for rule in (alerts.refusal_rate, alerts.handling_time):
        apply_rule(rule, tally.tally, peers, about=about, context=context)


# Duties


@subscribes(*DUTIES)
def alert_to_escalation(event: DutyEscalated, envelope: Envelope, context: Context) -> None:
    """Apply `escalated` to whatever climbed a rung."""
    about = Concerned(envelope.subject, envelope.divisioncode, event.organ)
    apply_rule(alerts.escalated, event.rung, event.due, about=about, context=context)


# Matters between organs


@subscribes(InternalMatterDecided)
def check_internal_decision(
    event: InternalMatterDecided, envelope: Envelope, context: Context
) -> None:
    """Apply `same_hand`, as to a case."""
    official = envelope.actorid
    if event.accepted_by == official:
        about = Concerned(envelope.subject, envelope.divisioncode, event.organ, official)
        observed = (event.accepted_by, event.accepted_at, official, envelope.at)
        apply_rule(alerts.same_hand, *observed, about=about, context=context)


# Readings of data


@subscribes(DataShared)
def check_reading(event: DataShared, envelope: Envelope, context: Context) -> None:
    """Apply `reading_after_hours`, and at each tenth subject of the day `many_subjects`, to the
    official for whom a service read data, or to the system outside that read them; such a system
    cannot put its readings on an official.

    A service that names no official reads what its own rules ask for, and is not compared.
    """
    reader = event.official if event.reader.startswith(SERVICE) else event.reader
    if reader is None:
        return
    at = envelope.at.astimezone(CHINA)
    division = envelope.divisioncode
    # Within office hours no rule has to be looked up: no tolerance makes them shorter.
    outside = alerts.is_after_hours(at, 0) and alerts.is_after_hours(
        at, terms_of("reading_after_hours", division, context).threshold
    )
    day = _reading_day(reader, event.matter, at, division, context)
    is_new = day.count(event.subject, after_hours=outside)
    about = Concerned(f"{reader}/{event.matter}/{day.day}", division, official=reader)
    if outside:
        observed = (at, day.after_hours)
        apply_rule(alerts.reading_after_hours, *observed, about=about, context=context)
    if is_new and day.subject_count % EVERY == 0:
        peers = _peers_of(day, context)
        observed_day = (day.day, day.subject_count, *peers)
        apply_rule(alerts.many_subjects, *observed_day, about=about, context=context)


def _reading_day(
    reader: str, matter: str, at: datetime, division: str, context: Context
) -> ReadingDay:
    key = digest_of(reader, matter, at.date().isoformat())
    return context.unit.find(ReadingDay, key) or context.unit.add(
        ReadingDay(id=key, division=division, reader=reader, matter=matter, day=at.date())
    )


def _peers_of(day: ReadingDay, context: Context) -> tuple[int, int]:
    """On how many days others read for the matter in the last 30, and of how many subjects."""
    others = sa.select(
        sa.func.count(), sa.func.coalesce(sa.func.sum(ReadingDay.subject_count), 0)
    ).where(
        ReadingDay.matter == day.matter,
        ReadingDay.day.between(day.day - timedelta(days=alerts.PEER_DAYS), day.day),
        ReadingDay.reader != day.reader,
    )
    row: Any = context.unit.rows(others)[0]
    return int(row[0]), int(row[1])
