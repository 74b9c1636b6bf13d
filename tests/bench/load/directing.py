"""Issues directives to a simulated tree of so many organs, delivers them, and signs for them."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import sqlalchemy as sa

from services.party_government.models import KnownOrgan, Receipt
from services.party_government.service import PartyGovernment
from shared import logs
from shared.context import Principal
from shared.contracts.party_government import (
    Audience,
    DraftDirective,
    IssueDirective,
    RecallDirective,
    RequestLegalityReview,
    SignReceipt,
)
from shared.contracts.rule_of_law import LegalityReviewed
from shared.settings import load_settings
from shared.storage import writing
from shared.testing.harness import ServiceHarness
from tests.bench.turns import Turn, configuration, take_turns

__all__ = ["green"]

OFFICE = Principal("office.33", "official", "33", "33-government", ("general_office",))
LEADER = Principal("leader", "official", "33", "33-government", ("leader",))
EXCHANGE = Principal("exchange", "system", "33", "", ("document_exchange",))
TO_ALL = Audience(within="33", types=("government",))


def plant(organs: int) -> None:
    """The organ that issues, and so many below it."""
    divisions = ["33", *(f"33{number:010}" for number in range(1, organs + 1))]
    rows = [
        {
            "id": f"{division}-government",
            "division": division,
            "version": 1,
            "name": f"{division}人民政府",
            "kind": "government",
            "type": "government",
            "level": 4,
        }
        for division in divisions
    ]
    with writing(harness.runtime.engine) as connection:
        connection.execute(sa.insert(KnownOrgan), rows)


def reviewed() -> str:
    """A directive that was found lawful."""
    draft = DraftDirective(
        organ="33-government",
        title="关于做好防汛工作的通知",
        text="各单位：……",
        basis="《浙江省防汛防台抗旱条例》",
        audience=TO_ALL,
    )
    directive = harness.execute(draft, OFFICE).id
    harness.execute(RequestLegalityReview(directive_id=directive), OFFICE)
    harness.deliver(
        LegalityReviewed(
            review_id=f"{directive}.1", directive_id=directive, round=1, opinion="lawful"
        )
    )
    return directive


def press(directive: str) -> None:
    """Issue it."""
    order = IssueDirective(directive_id=directive, number=f"浙政办发〔2026〕{next(numbers)}号")
    harness.execute(order, LEADER)


def deliver() -> None:
    """Fire the timers of every part of the delivery."""
    while harness.runtime.timers.fire_due():
        pass


def delivered() -> str:
    """A directive that lies before all."""
    directive = reviewed()
    press(directive)
    deliver()
    return directive


def timed(seconds: float, once: Callable[[], tuple[int, float]]) -> Turn:
    """Again and again for so long; what was done and what it took is told by each."""
    done, taken = 0, 0.0
    while taken < seconds:
        more, took = once()
        done, taken = done + more, taken + took
    return Turn(done, taken)


def press_once() -> tuple[int, float]:
    """One press, of a directive that is recalled before it is delivered."""
    directive = reviewed()
    began = time.perf_counter()
    press(directive)
    took = time.perf_counter() - began
    harness.execute(RecallDirective(directive_id=directive, reason="重复印发"), LEADER)
    deliver()
    return 1, took


def deliver_once() -> tuple[int, float]:
    """The delivery of one to all."""
    directive = reviewed()
    press(directive)
    began = time.perf_counter()
    deliver()
    took = time.perf_counter() - began
    wanted = sa.select(sa.func.count()).where(Receipt.directive == directive)
    ((received,),) = harness.rows(wanted)
    if received != given["organs"]:
        raise AssertionError(f"{received} of {given['organs']} received {directive}")
    return received, took


def unsigned() -> Iterator[str]:
    """Receipts that nobody signed, of one directive after the other."""
    while True:
        of_it = Receipt.directive == delivered()
        yield from [row.id for row in harness.rows(sa.select(Receipt.id).where(of_it))]


def sign_once() -> tuple[int, float]:
    """One signature."""
    receipt = next(receipts)
    began = time.perf_counter()
    harness.execute(SignReceipt(receipt_id=receipt), EXCHANGE)
    return 1, time.perf_counter() - began


def run(seconds: float, act: str) -> Turn:
    """A turn of one of the acts."""
    return timed(seconds, {"press": press_once, "deliver": deliver_once, "sign": sign_once}[act])


logs.configure("warning")
given = configuration()
settings = replace(load_settings(profile="distributed"), database_url=given["database_url"])
harness = ServiceHarness(PartyGovernment, settings)
plant(given["organs"])
numbers, receipts = itertools.count(1), unsigned()
take_turns(run)
