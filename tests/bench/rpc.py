"""A command over RPC, with everything that a command has, beside echoes that do nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from tests.bench.comparing import OURS, Comparison, Measure, Side, require_equal
from tests.bench.rig import Program, Rig
from tests.bench.turns import Turn

SERVICE = "identity_data"
ACCOUNT = "official.market_regulation"
CONTENT = {"number": "330106190001019960", "name": "钱塘潮", "division": "330106"}
WORKERS = 64
"""Of each echo, as many as a service of ours has by default."""

STORED = {
    "person": "SELECT count(*) FROM person",
    "request": "SELECT count(*) FROM request WHERE contract = 'RegisterPerson'",
    "outbox": "SELECT count(*) FROM outbox WHERE type = 'PersonRegistered'",
    "audit": "SELECT count(*) FROM audit WHERE act = 'RegisterPerson'",
}
"""The rows of which each command writes one."""


class Rpc:
    """`RegisterPerson`: an official's token, two reads, four rows in one transaction, an event."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig

    def at(self, concurrency: int, goal: float | None = None) -> Measure:
        """So many calls in flight; the goal is beside FastStream."""
        sides = [
            self._ours(concurrency),
            *(_echo(name, *pair, concurrency) for name, pair in self._echoes.items()),
        ]
        return Measure(
            f"rpc-{concurrency}",
            f"a command over RPC, {concurrency} at once · RPC 命令，{concurrency} 个并发",
            sides,
            [Comparison(OURS, "nameko echo"), Comparison(OURS, "FastStream echo", goal)],
        )

    @cached_property
    def _caller(self) -> Program:
        return self._rig.start_caller("persons", ACCOUNT)

    @cached_property
    def _echoes(self) -> dict[str, tuple[Program, Program]]:
        told = {"amqp_url": self._rig.amqp_url, "workers": WORKERS, "content": CONTENT}

        def start(peer: str) -> tuple[Program, Program]:
            service, _ = self._rig.start(f"peers.{peer}_echo", **told)
            client, _ = self._rig.start(f"peers.{peer}_client", **told)
            return service, client

        return {"nameko echo": start("nameko"), "FastStream echo": start("faststream")}

    def _ours(self, concurrency: int) -> Side:
        def turn(seconds: float) -> Turn:
            before = self._stored()
            turn = self._caller.turn(seconds=seconds, concurrency=concurrency)
            for table, count in self._stored().items():
                require_equal(f"new rows of {table}", turn.done, count - before[table])
            return turn

        pids = {"service": self._rig.pids()[SERVICE], "client": self._caller.pid}
        return Side(OURS, turn, self._rig.settle, pids)

    def _stored(self) -> dict[str, int]:
        return {table: self._rig.count(SERVICE, sql) for table, sql in STORED.items()}


def _echo(name: str, service: Program, client: Program, concurrency: int) -> Side:
    turn: Callable[[float], Turn] = lambda seconds: client.turn(  # noqa: E731
        seconds=seconds, concurrency=concurrency
    )
    return Side(name, turn, pids={"service": service.pid, "client": client.pid})
