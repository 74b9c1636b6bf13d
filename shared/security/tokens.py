"""Tokens: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037), at most ten minutes long."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.clocks import machine_now
from shared.context import ANONYMOUS, Principal
from shared.errors import NotAuthenticated
from shared.messaging.tables import TRUSTED_KEY

ISSUER = "qiantang:identity_data"
AUDIENCE = "qiantang"
TYPE = "JWT"
LIFETIME = timedelta(minutes=10)
LEEWAY = 5  # seconds that two machines' clocks may differ
ALGORITHMS = ["Ed25519"]
CACHED = 10_000


def make_key(kid: str) -> OKPKey:
    """A new Ed25519 key pair with that key id."""
    return OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig"}, private=True)


def issue(key: OKPKey, principal: Principal, session: str, lifetime: timedelta = LIFETIME) -> str:
    """Sign a token for the caller; raises ValueError for a lifetime over ten minutes."""
    if lifetime > LIFETIME:
        raise ValueError("a token lives at most ten minutes")
    now = int(machine_now().timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": principal.id,
        "iat": now,
        "exp": now + int(lifetime.total_seconds()),
        "sid": session,
        "kind": principal.kind,
        "division": principal.division,
        "organ": principal.organ,
        "roles": list(principal.roles),
        "person": principal.person,
    }
    header = {"alg": ALGORITHMS[0], "kid": key.kid, "typ": TYPE}
    return jwt.encode(header, claims, key, algorithms=ALGORITHMS)


class TokenVerifier:
    """Checks tokens with the keys this service was told of by event; makes no call.

    A verified token is remembered until it expires, because checking a signature costs more than
    the rest of a command's checks together.
    """

    def __init__(self, keys: Callable[[], Mapping[str, OKPKey]]) -> None:
        self._keys = keys
        self._verified: dict[str, tuple[float, Principal]] = {}

    def principal_of(self, authorization: str) -> Principal:
        """The caller of `Bearer <token>`, or the anonymous one without a token; raises
        `NotAuthenticated` for a token that is forged, expired or not for us."""
        if not authorization:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticated("只接受 Bearer 令牌", "only bearer tokens are accepted")
        now = time.time()
        known = self._verified.get(token)
        if known is not None and known[0] > now:
            return known[1]
        principal, expires = self._verify(token, now)
        if len(self._verified) >= CACHED:
            self._verified = {t: v for t, v in self._verified.items() if v[0] > now}
            if len(self._verified) >= CACHED:
                self._verified.clear()
        self._verified[token] = (expires, principal)
        return principal

    def _verify(self, token: str, now: float) -> tuple[Principal, float]:
        keys = list(self._keys().values())
        if not keys:
            raise NotAuthenticated("尚未收到签名公钥", "no signing key is known here yet")
        try:
            decoded = jwt.decode(token, KeySet([*keys]), algorithms=ALGORITHMS)
        except (JoseError, ValueError, TypeError) as fault:
            # A TypeError is what joserfc has for a header whose `crit` is no list of texts.
            raise NotAuthenticated("令牌无效", "the token is not valid") from fault
        claims = decoded.claims
        if decoded.header.get("kid") is None:
            raise NotAuthenticated("令牌无效", "the token names no key")
        # So that nothing else that a key of tokens may come to sign passes for a token.
        if decoded.header.get("typ") != TYPE:
            raise NotAuthenticated("令牌无效", "the text is no token")
        if claims.get("iss") != ISSUER or claims.get("aud") != AUDIENCE:
            raise NotAuthenticated("令牌不适用于本系统", "the token is not for this system")
        issued, expires = claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int) or not isinstance(expires, int):
            raise NotAuthenticated("令牌无效", "the token has no period")
        if expires <= now:
            raise NotAuthenticated("令牌已过期", "the token has expired")
        if issued > now + LEEWAY or expires - issued > LIFETIME.total_seconds():
            raise NotAuthenticated("令牌期限不合规定", "the token's period is not allowed")
        if not isinstance(claims.get("sub"), str) or not isinstance(claims.get("roles", []), list):
            raise NotAuthenticated("令牌无效", "the token names no caller")
        return _principal_from(claims), float(expires)


def _principal_from(claims: Mapping[str, Any]) -> Principal:
    return Principal(
        id=str(claims["sub"]),
        kind=str(claims.get("kind", "")),
        division=str(claims.get("division", "")),
        organ=str(claims.get("organ", "")),
        roles=tuple(str(role) for role in claims.get("roles", ())),
        person=str(claims.get("person", "")),
    )


class TrustedKeys:
    """The public keys in this service's own table, read again when a second has passed."""

    def __init__(self, read: sa.Engine, purpose: str = "token") -> None:
        self._read = read
        self._purpose = purpose
        self._loaded_at = 0.0
        self._keys: dict[str, OKPKey] = {}

    def __call__(self) -> Mapping[str, OKPKey]:
        """Key id to key, of those that are valid now."""
        if time.monotonic() - self._loaded_at > 1.0 or not self._keys:
            now = datetime.now(UTC)
            with self._read.connect() as connection:
                rows = connection.execute(
                    sa.select(TRUSTED_KEY).where(TRUSTED_KEY.c.purpose == self._purpose)
                ).all()
            self._keys = {
                row.id: OKPKey.import_key(row.jwk)
                for row in rows
                if row.valid_to is None or row.valid_to > now
            }
            self._loaded_at = time.monotonic()
        return self._keys
