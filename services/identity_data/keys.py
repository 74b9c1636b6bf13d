"""What never enters a database or a message: private keys and first passwords, each a file of its
own in the folder of secrets, and the signing of licences with them."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Literal

from environs import Env
from joserfc.jwk import OKPKey

from services.identity_data.domain import person_id_of
from shared.licences import LICENCE_TYPE, PRESENTATION_TYPE, sign
from shared.security.tokens import make_key
from shared.settings import Settings, load_settings

Purpose = Literal["token", "licence"]


def secret_file(settings: Settings, name: str, make: Callable[[], str]) -> str:
    """The text of the secret `name`, made now if it is missing, readable by its owner only.

    The file appears whole or not at all; of two processes that make it, both get the first one's.
    """
    path = settings.secrets / name
    if path.exists():
        return path.read_text().strip()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        # Where another process was first, its secret is the one that counts.
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
    return path.read_text().strip()


def person_id(number: str) -> str:
    """The id of the person with this resident number, keyed with this platform's own secret.

    The secret is `QIANTANG_PERSON_SECRET`, or a file made at first use; it must stay the same for
    as long as the people registered under it.
    """
    return person_id_of(number, _person_secret(*map(os.environ.get, _DECIDING)))


def ensure_person_secret(settings: Settings) -> str:
    """The secret that keys the ids of persons, made now if it is missing."""
    return secret_file(settings, "person-ids", lambda: token_urlsafe(32))


# To read all settings costs more than the rest of registering a person; which secret it is depends
# on these alone.
_DECIDING = ("QIANTANG_PERSON_SECRET", "QIANTANG_SECRETS", "QIANTANG_STATE")


@cache
def _person_secret(*_: str | None) -> str:
    given = Env().str("QIANTANG_PERSON_SECRET", "")
    return given or ensure_person_secret(load_settings())


def _key_name(purpose: Purpose) -> str:
    return f"signing-{purpose}.jwk"


def ensure_signing_key(settings: Settings, purpose: Purpose, kid: str) -> OKPKey:
    """The key of that purpose; a new one gets this key id."""
    text = secret_file(
        settings,
        _key_name(purpose),
        lambda: json.dumps(make_key(kid).as_dict(private=True)),
    )
    return OKPKey.import_key(json.loads(text))


def signing_key(purpose: Purpose) -> OKPKey:
    """The private key; FileNotFoundError before the reference data are loaded."""
    return _key_in(load_settings().secrets / _key_name(purpose))


@cache
def _key_in(path: Path) -> OKPKey:
    return OKPKey.import_key(json.loads(path.read_text()))


def is_calendar_simulated() -> bool:
    """Whether this process was told that its business calendar may be moved."""
    return load_settings().simulated_calendar


def sign_licence(content: Mapping[str, object]) -> str:
    """The content of a licence, signed with the key of licences."""
    return sign(LICENCE_TYPE, content, signing_key("licence"))


def sign_presentation(payload: Mapping[str, object]) -> str:
    """What `shared.licences.presented` says, signed with the key of licences."""
    return sign(PRESENTATION_TYPE, payload, signing_key("licence"))
