"""An audit chain as a file that somebody else can check, without the platform and its database.

The format, and how it is checked, stand in `shared/AUDIT.md`; `deploy/outside/verify_audit.py` does
it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services.identity_data import keys
from shared import audit, jsontext
from shared.clocks import machine_now
from shared.settings import Settings

FORMAT = "qiantang-audit/1"


class BrokenChain(Exception):
    """The chain in the database does not fit itself, so nothing is signed."""


def export(settings: Settings, service: str, engine: sa.Engine, file: Path) -> dict[str, Any]:
    """Write all audit rows of a service, the head of its chain and a signed checkpoint, a line of
    JSON each, and return what was signed.

    A file that is there already is left alone: `FileExistsError`. Raises `BrokenChain` where the
    chain does not verify; a signature must not make it look sound.
    """
    verdict = audit.verify(engine)
    if not verdict.intact:
        raise BrokenChain(f"{service}: row {verdict.broken_at}: {verdict.reason}")
    head = {"service": service, "sequence": verdict.rows, "hash": verdict.head}
    checkpoint = {**head, "time": machine_now().isoformat()}
    signed = keys.sign_checkpoint(settings, checkpoint)
    with file.open("x", encoding="utf-8") as opened:
        opened.write(jsontext.dump({"format": FORMAT, "service": service}) + "\n")
        # Rows that are written meanwhile are beyond the head and belong to the next export.
        for row in audit.rows_until(engine, verdict.rows):
            opened.write(jsontext.dump(row) + "\n")
        opened.write(jsontext.dump({"head": head}) + "\n")
        opened.write(jsontext.dump({"checkpoint": signed}) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    return checkpoint


def public_key(settings: Settings) -> dict[str, Any]:
    """The public key of the checkpoints (JWK, RFC 8037), to be given to whoever checks exports."""
    return dict(keys.checkpoint_key(settings).as_dict(private=False))
