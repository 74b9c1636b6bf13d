"""A directive from the press to the last signature, over the organs of Zhejiang and over a
simulated tree of 100,000."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from deploy.api import Api
from services.identity_data.reference.systems import DOCUMENT_EXCHANGE
from shared.contracts.party_government import (
    Audience,
    DirectiveById,
    DraftDirective,
    IssueDirective,
    RequestLegalityReview,
    SignReceipt,
)
from shared.contracts.rule_of_law import AnswerLegalityReview, LegalityReviewsOfOrgan
from tests.bench.comparing import OURS, Comparison, Measure, Side, require_equal
from tests.bench.rig import Program, Rig
from tests.bench.turns import Turn

SERVICE = "party_government"
FEW, MANY = 1_489, 100_000
DATABASES = {FEW: "bench_few_organs", MANY: "bench_many_organs"}
ACTS = {"press": "presses", "deliver": "recipients reached", "sign": "signatures"}
CONSTANT = 1 / 1.2
"""The least of the rate over few that there shall be over many."""
CONNECTIONS = 16
PATIENCE = 60.0


class Directing:
    """Pressing, delivering and signing: in one process on PostgreSQL over a small and a large
    tree, and of all services on RabbitMQ over the true one."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self._numbers = itertools.count(1)

    def measure(self) -> Measure:
        """All of it; the true tree is compared with what one process can do."""
        sides = list(self._alone())
        few = {act: f"{what}, {FEW:,} organs" for act, what in ACTS.items()}
        many = {act: f"{OURS}, {what}, {MANY:,} organs" for act, what in ACTS.items()}
        press = f"{OURS}, {ACTS['press']}, all services"
        signed = f"{OURS}, press to last signature, all services"
        sides += [
            Side(press, self._press, self._rig.settle),
            Side(signed, self._press_to_last_signature, self._rig.settle),
        ]
        return Measure(
            "directive",
            "a directive to every organ · 政令一键下达与签收",
            sides,
            [
                *(Comparison(many[act], few[act], CONSTANT) for act in ACTS),
                # One press within a second, all signatures within ten.
                Comparison(press, few["press"], least=1.0),
                Comparison(signed, few["sign"], least=FEW / 10),
            ],
        )

    def _alone(self) -> Iterator[Side]:
        for organs, database in DATABASES.items():
            url = self._rig.database.url_for(database)
            program, _ = self._rig.start("load.directing", database_url=url, organs=organs)
            for act, what in ACTS.items():
                name = f"{what}, {organs:,} organs"
                yield Side(
                    name if organs == FEW else f"{OURS}, {name}",
                    _turn_of(program, act),
                    pids={"service": program.pid},
                )

    # All services

    def _caller(self, account: str, secret: str = "") -> Api:
        password = self._rig.settings.secret_of(secret or f"account-{account}")
        return Api(self._rig.services["gateway"].address).signed_in(account, password)

    @cached_property
    def _office(self) -> Api:
        return self._caller("office.33")

    @cached_property
    def _leader(self) -> Api:
        return self._caller("leader")

    @cached_property
    def _reviewer(self) -> Api:
        return self._caller("legal_reviewer")

    @cached_property
    def _exchange(self) -> Api:
        return self._caller(DOCUMENT_EXCHANGE.account, DOCUMENT_EXCHANGE.name)

    def _reviewed(self) -> str:
        draft = DraftDirective(
            organ="33-government",
            title="关于做好防汛工作的通知",
            text="各市、县（市、区）、乡镇人民政府：……",
            basis="《浙江省防汛防台抗旱条例》",
            audience=Audience(within="33", types=("government",)),
        )
        directive = self._office.call(draft).id
        self._office.call(RequestLegalityReview(directive_id=directive))
        review = f"{directive}.1"
        asked = LegalityReviewsOfOrgan(organ="33-justice", open_only=True)
        self._until(
            lambda: any(one.review_id == review for one in self._reviewer.call(asked).reviews)
        )
        self._reviewer.call(AnswerLegalityReview(review_id=review, opinion="lawful"))
        wanted = DirectiveById(directive_id=directive)
        self._until(lambda: self._office.call(wanted).state == "reviewed")
        return directive

    @staticmethod
    def _until(is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > end:
                raise TimeoutError(f"not within {PATIENCE:.0f} s")
            time.sleep(0.01)

    def _issue(self, directive: str) -> None:
        number = f"浙政办发〔2026〕{next(self._numbers)}号"
        self._leader.call(IssueDirective(directive_id=directive, number=number))

    def _receipts(self, directive: str, which: str = "true") -> int:
        (row,) = self._rig.ask(
            SERVICE,
            f"SELECT count(*) AS receipts FROM receipt WHERE directive = :id AND {which}",
            id=directive,
        )
        return int(row["receipts"])

    @cached_property
    def _recipients(self) -> list[str]:
        """All governments but the one that issues."""
        rows = self._rig.ask(
            SERVICE,
            "SELECT id FROM known_organ WHERE type = 'government' AND id <> '33-government'"
            " AND valid_to IS NULL",
        )
        return [row["id"] for row in rows]

    def _press(self, _: float) -> Turn:
        directive = self._reviewed()
        began = time.perf_counter()
        self._issue(directive)
        took = time.perf_counter() - began
        self._await_delivery(directive)
        return Turn(1, took)

    def _await_delivery(self, directive: str) -> None:
        self._until(lambda: self._receipts(directive) >= len(self._recipients))

    def _press_to_last_signature(self, _: float) -> Turn:
        """All offices' systems sign at once, as many connections at a time, as soon as the
        directive lies before them."""
        directive = self._reviewed()
        self._exchange.token()
        recipients = self._recipients
        began = time.perf_counter()
        self._issue(directive)
        self._await_delivery(directive)
        orders = [SignReceipt(receipt_id=f"{directive}.{organ}") for organ in recipients]
        with ThreadPoolExecutor(CONNECTIONS) as callers:
            list(callers.map(self._exchange.call, orders))
        took = time.perf_counter() - began
        signed = self._receipts(directive, "state = 'signed'")
        require_equal("receipts signed", len(recipients), signed)
        return Turn(signed, took)


def _turn_of(program: Program, act: str) -> Callable[[float], Turn]:
    def turn(seconds: float) -> Turn:
        return program.turn(seconds=seconds, act=act)

    return turn
