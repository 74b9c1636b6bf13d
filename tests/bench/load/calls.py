"""Sends commands of ours over RPC, from as many callers at once as each turn says."""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

import itertools
import threading
import uuid
from collections.abc import Iterator
from datetime import date, timedelta

from shared import logs
from shared.contracts.base import Command, Done
from shared.contracts.digital_government import StartupForm, SubmitOneThing
from shared.contracts.identity_data import RegisterPerson
from shared.errors import QiantangError
from shared.identifiers import resident_number_from
from shared.rpc import RpcClient, ServiceToken
from tests.bench.turns import Tally, Turn, configuration, take_turns

__all__ = ["green"]

GIVEN = configuration()
DIVISION = "330106"
COUNTIES = ("330102", "330105", "330106", "330108", "330109", "330110")


def persons() -> Iterator[RegisterPerson]:
    """People who are nobody: born before all that are loaded, with sequences nobody else has."""
    for county, day, sequence in itertools.product(COUNTIES, range(30 * 365), range(996, 1000)):
        number = resident_number_from(county, date(1900, 1, 1) + timedelta(day), sequence)
        yield RegisterPerson(number=number, name="钱塘潮", division=DIVISION)


def applications() -> Iterator[SubmitOneThing]:
    """Applications that differ in the reserved name's id alone."""
    while True:
        form = StartupForm(
            reservation_id=f"n-{uuid.uuid4().hex[:16]}",
            name="杭州西湖区潮信软件有限公司",
            industry="软件和信息技术服务业",
            registered_capital=100_000_000,
            address="浙江省杭州市西湖区灵隐街道示范路1号",
            employees=8,
        )
        yield SubmitOneThing(thing="enterprise_startup", division=DIVISION, form=form.dump())


ORDERS: dict[str, Iterator[Command[Done]]] = {"persons": persons(), "applications": applications()}


def run(seconds: float, concurrency: int) -> Turn:
    """One turn of so many callers, each sending its next order when the last was answered."""
    orders = ORDERS[GIVEN["orders"]]
    tally = Tally(seconds)
    seen: set[str] = set()

    def call() -> None:
        while tally.goes_on:
            try:
                reply = client.call(next(orders))
            except QiantangError as refusal:
                tally.wrong(type(refusal).__name__)
                continue
            tally.check(reply.version == 1 and reply.id not in seen)
            seen.add(reply.id)

    callers = [threading.Thread(target=call) for _ in range(concurrency)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return tally.turn()


logs.configure("warning")
client = RpcClient(
    GIVEN["amqp_url"], GIVEN["caller"], token=ServiceToken(GIVEN["account"], GIVEN["password"])
).start()
take_turns(run)
