"""Takes promised cases from the application to the delivered result, many at once.

A turn says how many seconds and how many cases at once; `step` carries one single case on by its
next command instead.
"""

from __future__ import annotations

from deploy import green  # isort: skip  # First, because it changes what the others import.

import threading
from collections.abc import Iterator

from shared import logs
from shared.clocks import CHINA, machine_now
from shared.contracts.digital_government import (
    ClaimItem,
    DefineItem,
    ImplementationTerms,
    PublishItem,
)
from shared.errors import QiantangError
from shared.rpc import RpcClient, ServiceToken
from tests.bench.promised_case import (
    BUREAU,
    CATALOGUE,
    CODE,
    COUNTY,
    ITEM,
    OFFICIAL,
    OPENING,
    ORGAN,
    RESIDENT,
    after_opening,
)
from tests.bench.turns import Tally, Turn, configuration, take_turns

__all__ = ["green"]

GIVEN = configuration()


def client_of(account: str) -> RpcClient:
    """Whoever signs in under that account."""
    token = ServiceToken(account, GIVEN["passwords"][account])
    return RpcClient(GIVEN["amqp_url"], GIVEN["caller"], token=token).start()


def offer() -> None:
    """Put the item in the catalogue and have the county offer it."""
    catalogue, bureau = client_of(CATALOGUE), client_of(BUREAU)
    catalogue.call(
        DefineItem(code=CODE, definition=ITEM, effective=machine_now().astimezone(CHINA).date())
    )
    terms = ImplementationTerms(promised_days=10)
    claimed = bureau.call(ClaimItem(code=CODE, division=COUNTY, organ=ORGAN, terms=terms))
    bureau.call(PublishItem(implementation_id=claimed.id))


def commands() -> Iterator[str]:
    """Each of the seven commands of one case when the next is asked for; gives the case's id."""
    made = clients[RESIDENT].call(OPENING).id
    yield made
    for account, order in after_opening(made):
        yield clients[account].call(order).id


def run(seconds: float = 0.0, concurrency: int = 0, *, step: bool = False) -> Turn:
    """One turn of so many applicants and their officials, or a single step."""
    if step:
        next(single)
        return Turn(1, 1.0)
    tally = Tally(seconds)

    def handle() -> None:
        while tally.goes_on:
            try:
                tally.check(len(set(commands())) == 1)
            except QiantangError as refusal:
                tally.wrong(type(refusal).__name__)

    handling = [threading.Thread(target=handle) for _ in range(concurrency)]
    for one in handling:
        one.start()
    for one in handling:
        one.join()
    return tally.turn()


logs.configure("warning")
offer()
clients = {account: client_of(account) for account in (RESIDENT, OFFICIAL)}
single = commands()
take_turns(run)
