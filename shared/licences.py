"""Checking electronic licences with nothing but public keys: no network, no database.

What is shown is a whole licence, signed once when it was issued, or a presentation: the items that
the holder chose, signed by the platform at that moment and for `LIFETIME` only, so that a code seen
on a phone is soon worth nothing to whoever copied it.

Selective disclosure by salted digests (SD-JWT, RFC 9901) would let the holder choose without the
platform. But a copy is then worth as much as the original, unless the holder signs each showing
with a key of its own; holders have no keys here, so the platform signs each showing anyway, and
with that it can as well sign what is shown and nothing else. The price: the platform must be
reached to show a licence, though not to check one, and it knows that one is shown, not to whom.

Offline nobody learns what was decided since: a presentation says that the licence was in force when
it was made, a whole licence that it was issued. The present state is what `VerifyLicence` tells.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, OKPKey

from shared.clocks import CHINA

ALGORITHMS: Final = ["Ed25519"]
LICENCE_TYPE: Final = "licence+jws"
PRESENTATION_TYPE: Final = "licence-presentation+jws"
LIFETIME: Final = timedelta(minutes=5)
LEEWAY: Final = timedelta(seconds=60)
"""How far the clocks of who signs and who checks may lie apart."""


class Refusal(StrEnum):
    """Why what was shown does not hold."""

    NOT_GENUINE = "not_genuine"  # altered, or signed by somebody else or as something else
    NOT_YET = "not_yet"  # signed later than now: one of the two clocks is wrong
    OVER = "over"  # the time of the presentation is over
    EXPIRED = "expired"  # the last day of the licence is over


@dataclass(frozen=True)
class Finding:
    """What a check found: the content that was signed, nothing if it is not genuine, and what
    stands against it, None if nothing does."""

    content: Mapping[str, Any]
    refusal: Refusal | None = None


def check(signed: str, public: Iterable[Mapping[str, Any]], now: datetime) -> Finding:
    """Check a licence or a presentation against the public keys of licences (JWKs, RFC 7517;
    `LicenceKeys` answers them) and the checker's own clock, which may be `LEEWAY` wrong.

    `now` is aware; last days end with their day in China.
    """
    read = _read(signed, public)
    if read is None:
        return Finding({}, Refusal.NOT_GENUINE)
    kind, payload = read
    content = payload["content"] if kind == PRESENTATION_TYPE else payload
    return Finding(content, _refusal(payload, content, now))


def _refusal(
    payload: Mapping[str, Any], content: Mapping[str, Any], now: datetime
) -> Refusal | None:
    earliest, latest = now - LEEWAY, now + LEEWAY
    if payload.get("iat", 0) > latest.timestamp():
        return Refusal.NOT_YET
    if "exp" in payload and payload["exp"] <= earliest.timestamp():
        return Refusal.OVER
    if content.get("issued_on", "") > latest.astimezone(CHINA).date().isoformat():
        return Refusal.NOT_YET
    last_day = content.get("last_day")
    if last_day and date.fromisoformat(last_day) < earliest.astimezone(CHINA).date():
        return Refusal.EXPIRED
    return None


def _read(signed: str, public: Iterable[Mapping[str, Any]]) -> tuple[str, dict[str, Any]] | None:
    """The type and content of what one of these keys signed, None for any other text."""
    keys: list[Key] = [OKPKey.import_key(dict(jwk)) for jwk in public]
    if not keys:
        return None
    try:
        parts = jws.deserialize_compact(signed, KeySet(keys), algorithms=ALGORITHMS)
        payload = json.loads(parts.payload)
    except (JoseError, ValueError, TypeError):
        # A TypeError is what joserfc has for a header whose `crit` is no list of texts.
        return None
    header = parts.headers()
    # A signature without a key id would be tried with a key that the set happens to choose.
    if header.get("kid") is None or not isinstance(payload, dict):
        return None
    kind = header.get("typ")
    return (kind, payload) if kind in (LICENCE_TYPE, PRESENTATION_TYPE) else None


def sign(kind: str, payload: Mapping[str, object], key: OKPKey) -> str:
    """A text of this type as a JWS (RFC 7515, compact), signed with Ed25519 (RFC 8037).

    The header's `typ` keeps it from being taken for any other signed text.
    """
    header = {"alg": ALGORITHMS[0], "kid": key.kid, "typ": kind}
    text = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return jws.serialize_compact(header, text.encode(), key, algorithms=ALGORITHMS)


def presented(content: Mapping[str, object], state: str, now: datetime) -> dict[str, object]:
    """What a presentation of this content says, made now, of a licence in this state."""
    made = int(now.timestamp())
    ends = made + int(LIFETIME.total_seconds())
    return {"content": content, "state": state, "iat": made, "exp": ends}
