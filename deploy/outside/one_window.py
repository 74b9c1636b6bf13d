"""杭州市“一窗受理”系统 · Hangzhou's one-window acceptance system, for the demo.

    one_window.py LEDGER

A clerk hands in applications on standard input, one JSON object a line:
`{"request_id": …, "scenario": …, "order": …}`, and reads on standard output what became of each,
`{"reply": …}` or `{"error": …}`. Handed in again under the same request id, an application is
submitted once. What is decided is kept in the ledger, an SQLite file, each event once. The end of
the input ends the system.

ONE_WINDOW_AMQP_URL is the broker's address with the system's own user, ONE_WINDOW_SECRET the secret
of its service account.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from shared.client import Client
from shared.contracts.digital_government import CaseDecided, SubmitOneThing
from shared.errors import QiantangError
from shared.messaging.envelope import Envelope

NAME = "hangzhou_one_window"


class Ledger:
    """What this system was told of its applications."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(sqlite3.connect(path)) as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS decision (event_id TEXT PRIMARY KEY,"
                " one_thing_id TEXT, case_id TEXT NOT NULL, matter TEXT NOT NULL,"
                " outcome TEXT NOT NULL)"
            )

    def keep(self, event: CaseDecided, envelope: Envelope) -> None:
        """Enter a decision, unless this very event was entered before."""
        row = (envelope.id, event.one_thing_id, event.case_id, event.matter, event.outcome)
        with closing(sqlite3.connect(self._path)) as database, database:
            database.execute(
                "INSERT INTO decision VALUES (?, ?, ?, ?, ?) ON CONFLICT (event_id) DO NOTHING", row
            )


def answers(client: Client, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Submit what is handed in, and say what became of it."""
    for line in lines:
        given = json.loads(line)
        order = SubmitOneThing.load(given["order"])
        try:
            done = client.call(order, request_id=given["request_id"], scenario=given["scenario"])
        except QiantangError as refusal:
            yield {"error": refusal.to_wire()}
        else:
            yield {"reply": done.dump()}


def main() -> None:
    """Serve the window until the end of the input; raises what ended the following of events."""
    ledger = Ledger(Path(sys.argv[1]))
    url, secret = os.environ["ONE_WINDOW_AMQP_URL"], os.environ["ONE_WINDOW_SECRET"]
    with Client(url, NAME, f"system.{NAME}", secret) as client, ThreadPoolExecutor(1) as pool:
        subscription = client.subscribe(ledger.keep, CaseDecided)
        following = pool.submit(subscription.run)
        try:
            for answer in answers(client, sys.stdin):
                print(json.dumps(answer), flush=True)
        finally:
            subscription.stop()
        following.result()


if __name__ == "__main__":
    main()
