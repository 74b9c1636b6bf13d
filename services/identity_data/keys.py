"""What never enters a database or a message: private keys and first passwords, each a file of its
own in the folder of secrets, and the signing of licences and audit checkpoints with them."""

from __future__ import annotations

import base64
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from secrets import token_hex, token_urlsafe
from typing import Literal

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from environs import Env
from joserfc.jwk import OKPKey

from services.identity_data.domain import person_id_of
from shared.clocks import machine_now
from shared.licences import LICENCE_TYPE, PRESENTATION_TYPE, sign
from shared.security.tokens import make_key
from shared.settings import Settings, load_settings

Purpose = Literal["token", "licence", "audit"]
CHECKPOINT_TYPE = "audit-checkpoint+jws"
LOOK_AGAIN = 1.0  # seconds after which the files of keys are looked at again


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
    return person_ids()(number)


def person_ids() -> Callable[[str], str]:
    """The same for many numbers, the secret looked up once."""
    return partial(person_id_of, secret=_person_secret(*map(os.environ.get, _DECIDING)))


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
    """The private key that signs now; FileNotFoundError before the reference data are loaded."""
    return key_files(load_settings().secrets, purpose).signing_at(machine_now())


@dataclass(frozen=True)
class PrivateKey:
    """A private key and from when on it signs; None where it is not published yet."""

    key: OKPKey
    valid_from: datetime | None

    @classmethod
    def read(cls, text: str) -> PrivateKey:
        """From a JWK (RFC 7517), which may have members of our own: here `valid_from`."""
        members = json.loads(text)
        since = members.pop("valid_from", None)
        key = OKPKey.import_key(members)
        return cls(key, datetime.fromisoformat(since) if since is not None else None)

    def text(self) -> str:
        """What `read` reads."""
        since = {} if self.valid_from is None else {"valid_from": self.valid_from.isoformat()}
        return json.dumps({**self.key.as_dict(private=True), **since})


class KeyFiles:
    """The private keys of one purpose: the present one, and the next one beside it once a rotation
    has begun. Every process that reads them takes the next into use at the same moment, which
    stands in its file; the files are looked at once a second and read when they changed."""

    def __init__(self, folder: Path, purpose: Purpose) -> None:
        self.present_path = folder / _key_name(purpose)
        self.next_path = folder / f"{_key_name(purpose)}.next"
        self._looked_at = -LOOK_AGAIN
        self._seen: list[tuple[int, ...] | None] = []
        self._keys: tuple[PrivateKey, PrivateKey | None] | None = None

    def signing_at(self, now: datetime) -> OKPKey:
        """The next key from its time on, until then the present one; raises FileNotFoundError."""
        present, following = self._known()
        if following is None or following.valid_from is None or following.valid_from > now:
            return present.key
        return following.key

    def read(self) -> tuple[PrivateKey, PrivateKey | None]:
        """The present and the next key as they are in the files; raises FileNotFoundError."""
        # The next first: where it takes the place of the present one meanwhile, that is read then.
        following = None
        with suppress(FileNotFoundError):
            following = PrivateKey.read(self.next_path.read_text())
        return PrivateKey.read(self.present_path.read_text()), following

    def _known(self) -> tuple[PrivateKey, PrivateKey | None]:
        moment = time.monotonic()
        if self._keys is None or moment - self._looked_at >= LOOK_AGAIN:
            seen = [_state_of(path) for path in (self.next_path, self.present_path)]
            if self._keys is None or seen != self._seen:
                self._keys = self.read()
            self._seen = seen
            self._looked_at = moment
        return self._keys


def _state_of(path: Path) -> tuple[int, ...] | None:
    """What is another after a file was written or replaced; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@cache
def key_files(folder: Path, purpose: Purpose) -> KeyFiles:
    """The keys of that purpose in this folder, one for all of this process."""
    return KeyFiles(folder, purpose)


def replace_file(path: Path, text: str) -> None:
    """Let the file hold this text, whole at any moment, readable by its owner only."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def is_calendar_simulated() -> bool:
    """Whether this process was told that its business calendar may be moved."""
    return load_settings().simulated_calendar


def sign_licence(content: Mapping[str, object]) -> str:
    """The content of a licence, signed with the key of licences."""
    return sign(LICENCE_TYPE, content, signing_key("licence"))


def checkpoint_key(settings: Settings) -> OKPKey:
    """The key that signs audit checkpoints, made now if it is missing. It belongs where exports are
    made, in the secrets of whoever answers for them, and no service needs it."""
    return ensure_signing_key(settings, "audit", f"audit-{token_urlsafe(12)}")


def sign_checkpoint(settings: Settings, content: Mapping[str, object]) -> str:
    """Where an audit chain stands, as a JWS like a licence's but of a type of its own."""
    return sign(CHECKPOINT_TYPE, content, checkpoint_key(settings))


def sign_presentation(payload: Mapping[str, object]) -> str:
    """What `shared.licences.presented` says, signed with the key of licences."""
    return sign(PRESENTATION_TYPE, payload, signing_key("licence"))


# Secrets of second factors

NONCE_BYTES = 12  # As AES-GCM takes it (NIST SP 800-38D section 8.2.2).


def ensure_factor_key(settings: Settings) -> bytes:
    """The key under which the secrets of second factors are kept, made now if it is missing. Who
    has it and the database can sign in as everybody, so it stays out of the latter."""
    return bytes.fromhex(secret_file(settings, "second-factors", lambda: token_hex(32)))


def seal_secret(secret: str, holder: str, nonce: bytes, settings: Settings | None = None) -> str:
    """The secret as it is kept; it opens for this holder alone, so that no row can be given
    another's. The nonce is drawn anew for each; the settings are this process's own, unless it
    prepares another's."""
    cipher = AESGCM(ensure_factor_key(settings or load_settings()))
    sealed = cipher.encrypt(nonce[:NONCE_BYTES], secret.encode(), holder.encode())
    return base64.b64encode(nonce[:NONCE_BYTES] + sealed).decode()


def open_secret(sealed: str, holder: str) -> str:
    """The secret that was sealed for this holder; raises cryptography's `InvalidTag`."""
    raw = base64.b64decode(sealed)
    cipher = AESGCM(ensure_factor_key(load_settings()))
    return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], holder.encode()).decode()
