"""A client of the platform in a process of its own, which applies until everything is answered.

`python -m tests.faults.applicant '{...}'`, told as JSON what `Errand` says. Each command goes again
under the same request id until it is acknowledged; the ledger then has it before the next one is
sent. It ends with status 1 where a command was refused.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.api import Api
from deploy.stories.enterprise_startup import DIVISION, REGISTRATION, RESIDENT, name_of_run
from shared import logs
from shared.context import Headers
from shared.contracts.base import Ask
from shared.contracts.digital_government import (
    AcceptCase,
    DecideCase,
    OneThingProgress,
    StartupForm,
    SubmitOneThing,
)
from shared.contracts.identity_data import ReserveEnterpriseName
from shared.errors import QiantangError, Unavailable
from shared.rpc import RpcClient
from shared.settings import Settings, load_settings
from tests.faults.ledger import Acknowledged, Ledger

NAME = "杭州潮信软件有限公司"
PAUSE = 0.2
RPC_TIMEOUT = 5.0
OFFICIAL = "official.market_regulation"
WAYS = ("gateway", "service", "rpc")


@dataclass(frozen=True)
class Errand:
    """What the client is to do: `number` applications, and every `whole`-th of them with a
    reserved name, accepted and decided by an official, so that all services take part.

    None is begun before the ledger releases it. They come evenly over so many seconds (`lasting`),
    or later where that is late, and those that wait for an answer meanwhile
    are at most `at_once`: what could not be sent in an outage comes after it, all at once.
    `addresses` are those of the services over HTTP; `scenario` begins every request id, and
    `names_from` is how many of the names were used before.
    """

    ledger: str
    scenario: str
    seed: int
    number: int
    whole: int
    at_once: int
    lasting: float
    addresses: dict[str, str]
    names_from: int = 0


class Refused(Exception):
    """A command got an answer that is neither an acknowledgement nor a reason to ask again."""


class AtAnotherDoor(Api):
    """A caller that shows another one's token."""

    def __init__(self, address: str, caller: Api) -> None:
        super().__init__(address)
        self._caller = caller

    def token(self) -> str:
        """The other one's present token."""
        return self._caller.token()


class Ways:
    """Every way into the platform, for a resident and an official."""

    def __init__(self, settings: Settings, addresses: Mapping[str, str]) -> None:
        self._settings = settings
        self._addresses = addresses
        self._rpc = RpcClient(settings.amqp_url_for("gateway"), "gateway", timeout=RPC_TIMEOUT)
        self.callers = {name: self._account(name) for name in (RESIDENT, OFFICIAL)}

    def _account(self, name: str) -> Api:
        password = self._settings.secret_of(f"account-{name}")
        return Api(self._addresses["gateway"]).signed_in(name, password)

    def send(
        self, way: str, account: str, order: Ask[Any], request: str, scenario: str
    ) -> dict[str, Any]:
        """Send a command once, through the gateway, to its service's own address, or by RPC."""
        caller = self.callers[account]
        if way == "rpc":
            headers = Headers(
                requestid=request, scenarioid=scenario, authorization=f"Bearer {caller.token()}"
            )
            return self._rpc.call(order, headers).dump()
        door = self._addresses[order.SERVICE if way == "service" else "gateway"]
        api = AtAnotherDoor(door, caller)
        return api.call(order, request_id=request, scenario=scenario).dump()

    def close(self) -> None:
        """Close the connection to the broker."""
        self._rpc.stop()


class Applicant:
    """Sends the commands of an errand by every way into the platform by turns."""

    def __init__(self, errand: Errand) -> None:
        self._errand = errand
        self._ways = Ways(load_settings(), errand.addresses)
        self.ledger = Ledger(Path(errand.ledger))

    def run(self) -> bool:
        """Send everything; whether all of it was acknowledged."""
        for account in self._ways.callers.values():
            self._again(account.token)
        order = list(range(1, self._errand.number + 1))
        random.Random(self._errand.seed).shuffle(order)
        pace = self._errand.lasting / self._errand.number
        began = time.monotonic()
        due = [began + pace * index for index in range(self._errand.number)]
        with ThreadPoolExecutor(self._errand.at_once) as pool:
            return all(list(pool.map(self._apply, order, range(len(order)), due)))

    def _apply(self, number: int, index: int, due: float) -> bool:
        time.sleep(max(0.0, due - time.monotonic()))
        while self.ledger.released() <= index:
            time.sleep(PAUSE)
        try:
            self._whole(number) if number % self._errand.whole == 0 else self._submit(number)
        except Refused:
            return False
        return True

    def _submit(self, number: int, reservation: str = "", name: str = NAME) -> str:
        form = StartupForm(
            reservation_id=reservation or f"r-{self._errand.scenario}-{number}",
            name=name,
            industry="软件和信息技术服务业",
            registered_capital=100_000_000,
            address="浙江省杭州市西湖区灵隐街道示范路1号",
        )
        order = SubmitOneThing(thing="enterprise_startup", division=DIVISION, form=form.dump())
        reply = self._order(RESIDENT, f"{number}/submit", order, number, form.reservation_id)
        return str(reply["id"])

    def _whole(self, number: int) -> None:
        """From the reservation of a name to the decision that registers the enterprise."""
        name = name_of_run(self._errand.names_from + number // self._errand.whole)
        reserve = ReserveEnterpriseName(name=name, division=DIVISION)
        reservation = str(self._order(RESIDENT, f"{number}/reserve", reserve, number, name)["id"])
        one_thing = self._submit(number, reservation, name)
        case = self._registration_of(one_thing)
        self._order(OFFICIAL, f"{number}/accept", AcceptCase(case_id=case), number, case)
        decision = DecideCase(case_id=case, outcome="granted")
        self._order(OFFICIAL, f"{number}/decide", decision, number, case)

    def _registration_of(self, one_thing: str) -> str:
        query = OneThingProgress(one_thing_id=one_thing)
        state = self._again(lambda: self._ways.callers[RESIDENT].call(query))
        return next(str(one.case_id) for one in state.matters if one.matter == REGISTRATION)

    # One command, until it is acknowledged

    def _order(
        self, account: str, step: str, order: Ask[Any], number: int, subject: str
    ) -> dict[str, Any]:
        request, way = f"{self._errand.scenario}/{step}", WAYS[number % len(WAYS)]
        tries = 0

        def send() -> dict[str, Any]:
            nonlocal tries
            tries += 1
            return self._ways.send(way, account, order, request, self._errand.scenario)

        try:
            reply = self._again(send)
        except QiantangError as fault:
            reason = f"{type(fault).__name__} [{fault.slug_on_wire}] {fault}"
            self.ledger.refuse(request, way, reason)
            raise Refused from fault
        self.ledger.acknowledge(Acknowledged(request, order.route(), way, subject, reply, tries))
        return reply

    @staticmethod
    def _again(ask: Callable[[], Any]) -> Any:
        """Ask until there is an answer; only that nobody answered is a reason to ask again."""
        while True:
            try:
                return ask()
            except Unavailable:
                time.sleep(PAUSE)


def main() -> None:
    """Do the errand."""
    logs.configure("error")
    applicant = Applicant(Errand(**json.loads(sys.argv[1])))
    done = applicant.run()
    applicant.ledger.close()
    sys.exit(0 if done else 1)


if __name__ == "__main__":
    main()
