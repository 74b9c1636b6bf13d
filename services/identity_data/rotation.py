"""Replacing the key that signs tokens while everything runs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.identity_data import keys
from services.identity_data.domain import RotationUnderWay
from services.identity_data.models import SigningKey
from shared.clocks import machine_now
from shared.context import Context, new_id
from shared.runtime import ServiceRuntime
from shared.security.tokens import LIFETIME, make_key
from shared.unit_of_work import UnitOfWork

KNOWN_EVERYWHERE = timedelta(minutes=5)
"""After which every service that runs has heard of a key: its event is a matter of a second, and
this long a broker may be away."""

MARGIN = timedelta(seconds=10)
"""By which clocks may differ, and processes look at the files later than others."""


@dataclass(frozen=True)
class Rotation:
    """The key that ends and until when accepted, the key that begins and from when it signs."""

    ending: str
    ends: datetime
    beginning: str
    begins: datetime


def rotate_token_key(runtime: ServiceRuntime, delay: timedelta = KNOWN_EVERYWHERE) -> Rotation:
    """Make a key that signs tokens from `delay` on (machine clock), and let the present one end
    when the last token that it signed has expired.

    Killed after any step it goes on where it was: until the new key is published nobody signs with
    it, until its file says from when on it signs the present one does, and only then is the end
    of that one told. Raises `RotationUnderWay` while a new key waits for its time, and
    FileNotFoundError before the reference data are loaded.
    """
    files = keys.KeyFiles(runtime.settings.secrets, "token")
    present, following = files.read()
    if following is not None and following.valid_from is not None:
        rotation = _rotation(present, following, following.valid_from)
        if _end(runtime, rotation):
            return rotation
        if following.valid_from > machine_now():
            raise RotationUnderWay(begins=following.valid_from.isoformat())
        os.replace(files.next_path, files.present_path)
        present = following
    drafted = _drafted(runtime)
    begins = _published(runtime, drafted, delay)
    keys.replace_file(files.next_path, keys.PrivateKey(drafted.key, begins).text())
    rotation = _rotation(present, drafted, begins)
    _end(runtime, rotation)
    return rotation


def _drafted(runtime: ServiceRuntime) -> keys.PrivateKey:
    """The next key, made now or by a rotation that was interrupted."""
    text = keys.secret_file(
        runtime.settings,
        "signing-token.jwk.next",
        lambda: json.dumps(make_key(f"token-{new_id()[:16]}").as_dict(private=True)),
    )
    return keys.PrivateKey.read(text)


def _published(runtime: ServiceRuntime, drafted: keys.PrivateKey, delay: timedelta) -> datetime:
    """From when on the key signs, as every service is told, be it by an earlier run."""
    kid = str(drafted.key.kid)

    def publish(context: Context) -> None:
        key = SigningKey(
            id=kid,
            jwk=dict(drafted.key.as_dict(private=False)),
            purpose="token",
            valid_from=machine_now() + delay,
        )
        context.unit.add(key).publish()

    runtime.act_as_service(f"publish_signing_key/{kid}", publish)
    return UnitOfWork(runtime.read, runtime.service).get(SigningKey, kid).valid_from


def _rotation(ending: keys.PrivateKey, beginning: keys.PrivateKey, begins: datetime) -> Rotation:
    # A run that was interrupted for long goes on when that time is over: the old key signed so far.
    ends = max(begins, machine_now()) + LIFETIME + MARGIN
    return Rotation(str(ending.key.kid), ends, str(beginning.key.kid), begins)


def _end(runtime: ServiceRuntime, rotation: Rotation) -> bool:
    """Tell when the old key ends; False where it was told before."""

    def end(context: Context) -> None:
        context.unit.get(SigningKey, rotation.ending).end(rotation.ends)

    return runtime.act_as_service(f"end_signing_key/{rotation.ending}", end)
