"""What every story needs: callers, a calendar to move, patience, and what it found to be true."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from deploy.api import Api
from shared.contracts.base import SERVICES, Ask, Reply
from shared.contracts.identity_data import MoveCalendar
from shared.contracts.platform import (
    AuditState,
    AuditVerification,
    Recorded,
    ScenarioTrail,
    ServiceStanding,
    Standing,
)
from shared.errors import QiantangError, Unavailable
from shared.settings import Settings
from shared.storage import open_database

T = TypeVar("T")
PATIENCE = 30.0
PAUSE = 0.02


class StoryFailed(Exception):
    """Something that must be true of the story is not."""


@dataclass(frozen=True)
class Check:
    """One thing that was found to be true."""

    what: str
    found: str


class Watcher(Protocol):
    """Who is told how the story goes on."""

    def step(self, title: str) -> None:
        """A step begins."""

    def checked(self, check: Check) -> None:
        """Something was found to be true."""


@dataclass
class Stage:
    """Where a story plays: the platform's address and state, and one scenario.

    Request ids are made of scenario and step, so that a story that was killed continues where it
    was when it is told again under the same scenario.
    """

    address: str
    settings: Settings
    scenario: str
    watcher: Watcher
    checks: list[Check] = field(default_factory=list)
    _callers: dict[str, Api] = field(default_factory=dict)

    def caller(self, account: str) -> Api:
        """A caller signed in with one of the demo accounts, or with that of a registered system."""
        if account not in self._callers:
            system = account.removeprefix("system.")
            password = self.settings.secret_of(
                system if system != account else f"account-{account}"
            )
            self._callers[account] = Api(self.address).signed_in(account, password)
        return self._callers[account]

    def person_of(self, account: str) -> str:
        """The id of the person whose account it is, as its token says."""
        claims = self.caller(account).token().split(".")[1]
        padded = claims + "=" * (-len(claims) % 4)
        return str(json.loads(base64.urlsafe_b64decode(padded))["person"])

    def sign_out(self) -> None:
        """Forget all tokens: who calls next signs in anew, as whom the account describes then."""
        self._callers.clear()

    def order(self, account: str, step: str, message: Ask[Reply]) -> Reply:
        """Send a command as an account, again until it is answered; a repeat has no effect."""
        return self._patiently(
            lambda: self.caller(account).call(
                message, request_id=f"{self.scenario}/{step}", scenario=self.scenario
            )
        )

    def ask(self, account: str, query: Ask[Reply], service: str = "") -> Reply:
        """Ask a query as an account."""
        return self._patiently(lambda: self.caller(account).call(query, service=service))

    @staticmethod
    def _patiently(ask: Callable[[], T]) -> T:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return ask()
            except Unavailable:
                if time.monotonic() > until:
                    raise
                time.sleep(PAUSE * 10)

    def until(self, what: str, ask: Callable[[], T | None], patience: float = PATIENCE) -> T:
        """Ask again until there is an answer; raises `StoryFailed` after so many seconds."""
        until = time.monotonic() + patience
        fault = ""
        while time.monotonic() < until:
            try:
                found = ask()
            except QiantangError as refusal:
                found, fault = None, str(refusal)
            if found is not None:
                return found
            time.sleep(PAUSE)
        raise StoryFailed(f"not within {patience:.0f} s: {what} {fault}")

    def check(self, what: str, expected: Any, found: Any) -> None:
        """State that two things are equal; raises `StoryFailed` where they are not."""
        if expected != found:
            raise StoryFailed(f"{what}: expected {expected!r}, found {found!r}")
        check = Check(what, str(found))
        self.checks.append(check)
        self.watcher.checked(check)

    def refused(self, what: str, account: str, message: Ask[Any], slug: str) -> QiantangError:
        """State that this is refused by that error, which is returned."""
        try:
            self.order(account, f"refused/{message.NAME}/{slug}", message)
        except QiantangError as refusal:
            self.check(f"refused: {what}", slug, refusal.slug)
            return refusal
        raise StoryFailed(f"not refused: {what}")

    # The calendar

    def standings(self) -> list[Standing]:
        """How every service stands."""
        return [self.ask("operator", ServiceStanding(), service=name) for name in SERVICES]

    def settle(self) -> list[Standing]:
        """Wait until every event has had its effect everywhere, however much there is to do; raises
        `StoryFailed` where nothing has moved for half a minute.

        Twice, because an event taken between two questions may have caused another.
        """
        self._await_rest()
        return self._await_rest()

    def _await_rest(self) -> list[Standing]:
        """The standings once no outbox, inbox or due timer is left anywhere."""
        before: list[Standing] = []
        until = 0.0
        while True:
            standings = self.standings()
            busy = [
                one
                for one in standings
                if one.outbox or one.inbox or (one.next_due and one.next_due <= one.calendar)
            ]
            if not busy:
                return standings
            if busy != before:
                before, until = busy, time.monotonic() + PATIENCE
            elif time.monotonic() > until:
                raise StoryFailed(f"nothing moved for {PATIENCE:.0f} s: {busy}")
            time.sleep(PAUSE)

    def now(self) -> datetime:
        """The business calendar."""
        return self.ask("operator", ServiceStanding(), service="identity_data").calendar

    def move_calendar(self, instant: datetime) -> None:
        """Move the simulated calendar everywhere, stopping at each timer that falls due before.

        At every stop the platform comes to rest first, so that two runs see the same order.
        """
        while self.now() < instant:
            due = [s.next_due for s in self.settle() if s.next_due is not None]
            target = min([*due, instant])
            self.order("operator", f"calendar/{target.isoformat()}", MoveCalendar(instant=target))
            self._await_calendars(target)
        self.settle()

    def _await_calendars(self, instant: datetime) -> None:
        self.until("all calendars moved", lambda: self._all_stand_at(instant))

    def _all_stand_at(self, instant: datetime) -> bool | None:
        return all(one.calendar >= instant for one in self.standings()) or None

    # What was recorded

    def trail(self) -> list[Recorded]:
        """Every command, event and timer of this scenario in all services, in order of time."""
        records = [record for name in SERVICES for record in self._trail_of(name)]
        return sorted(records, key=lambda record: record.recorded_at)

    def _trail_of(self, service: str) -> Iterator[Recorded]:
        after, more = None, True
        while more:
            query = ScenarioTrail(scenario=self.scenario, after=after)
            page = self.ask("operator", query, service=service)
            yield from page.records
            more = page.more
            after = page.records[-1].recorded_at if page.records else None

    def audits(self) -> list[AuditState]:
        """The state of every service's audit chain."""
        return [self.ask("operator", AuditVerification(), service=name) for name in SERVICES]

    def sql(self, service: str, statement: str, **parameters: Any) -> Sequence[sa.Row[Any]]:
        """Rows of a service's own database, read past the service, to check what it says."""
        engine = open_database(self.settings.database_url_for(service))
        try:
            with engine.connect() as connection:
                return connection.execute(sa.text(statement), parameters).all()
        finally:
            engine.dispose()

    def count(self, service: str, statement: str, **parameters: Any) -> Any:
        """The single value of such a statement."""
        return self.sql(service, statement, **parameters)[0][0]


def envelope_of(kept: Any) -> dict[str, Any]:
    """An envelope as it was read past a service; SQLite gives JSON as text."""
    envelope: dict[str, Any] = json.loads(kept) if isinstance(kept, str) else kept
    return envelope


class Run:
    """Which run of a story this is, and on which business day it plays.

    A run that was not finished is continued under its number and day.
    """

    def __init__(self, state: Path, story: str) -> None:
        self._path = state / f"{story}.json"
        kept = json.loads(self._path.read_text()) if self._path.exists() else {}
        self.number = int(kept.get("number", 1))
        self.day = date.fromisoformat(kept["day"]) if kept.get("day") else None

    def plays_on(self, day: date) -> date:
        """The day of this run: the one given, unless an earlier try has set it."""
        if self.day is None:
            self.day = day
            self._keep(self.number, day)
        return self.day

    def finished(self) -> None:
        """The next run has the next number and a day of its own."""
        self._keep(self.number + 1, None)

    def _keep(self, number: int, day: date | None) -> None:
        kept = {"number": number, "day": day.isoformat() if day else None}
        # Replaced whole, so that a process killed here leaves the old or the new file.
        temporary = self._path.with_suffix(".new")
        temporary.write_text(json.dumps(kept))
        temporary.replace(self._path)
