"""Lets PostgreSQL read a file into a table, and does nothing but send it."""

from __future__ import annotations

import psycopg2

from tests.bench.turns import Tally, Turn, configuration, take_turns

given = configuration()
connection = psycopg2.connect(given["database_url"])


def run(file: str, columns: list[str]) -> Turn:
    """COPY one file into the table of people."""
    tally = Tally()
    with connection, connection.cursor() as cursor, open(file, encoding="utf-8") as opened:
        cursor.copy_expert(f"COPY person ({', '.join(columns)}) FROM STDIN (FORMAT csv)", opened)
        tally.right(cursor.rowcount)
    return tally.turn()


take_turns(run)
