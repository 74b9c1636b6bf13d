"""Tokens: JSON Web Tokens (RFC 7519) signed with Ed25519 (RFC 8037), at most ten minutes long."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.clocks import machine_now
from shared.context import ANONYMOUS, Principal
from shared.errors import NotAuthenticated
from shared.messaging.tables import REVOKED_SESSION, TRUSTED_KEY

log = structlog.get_logger(__name__)

T = TypeVar("T")

ISSUER = "qiantang:identity_data"
AUDIENCE = "qiantang"
TYPE = "JWT"
LIFETIME = timedelta(minutes=10)
LEEWAY = 5  # seconds that two machines' clocks may differ
ALGORITHMS = ["Ed25519"]
CACHED = 10_000
READ_AGAIN = 1.0  # seconds for which keys and revoked sessions are remembered


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
        "acr": principal.assurance,
        "agency": principal.agency,
        "scopes": list(principal.scopes),
    }
    header = {"alg": ALGORITHMS[0], "kid": key.kid, "typ": TYPE}
    return jwt.encode(header, claims, key, algorithms=ALGORITHMS)


@dataclass(frozen=True, slots=True)
class _Verified:
    """What a sound token says, for as long as nothing that it rests on has ended."""

    principal: Principal
    session: str
    key: str
    expires: float


class TokenVerifier:
    """Checks tokens with the keys and revoked sessions this service was told of by event; makes no
    call.

    A verified token is remembered until it expires, because checking a signature costs more than
    the rest of a command's checks together; whether its key has ended or its session
    was revoked is asked each time.
    """

    def __init__(
        self, keys: Callable[[], Mapping[str, OKPKey]], revoked: Callable[[], Collection[str]]
    ) -> None:
        self._keys = keys
        self._revoked = revoked
        self._verified: dict[str, _Verified] = {}

    def principal_of(self, authorization: str) -> Principal:
        """The caller of `Bearer <token>`, or the anonymous one without a token; raises
        `NotAuthenticated` for a token that is forged, expired, revoked or not for us."""
        if not authorization:
            return ANONYMOUS
        try:
            return self._holder(authorization)
        except NotAuthenticated as refusal:
            # Nothing that the token says: it may be anybody's.
            log.warning("token_refused", reason=refusal.sentences["en"])
            raise

    def session_of(self, authorization: str) -> str:
        """The session of a token that `principal_of` accepted, empty for any other."""
        known = self._verified.get(authorization.partition(" ")[2])
        return known.session if known is not None else ""

    def seconds_left(self, authorization: str) -> float:
        """For how long such a token is good still; nothing for any other."""
        known = self._verified.get(authorization.partition(" ")[2])
        return known.expires - time.time() if known is not None else 0.0

    def _holder(self, authorization: str) -> Principal:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthenticated("只接受 Bearer 令牌", "only bearer tokens are accepted")
        now = time.time()
        known = self._verified.get(token)
        if known is None or known.expires <= now:
            known = self._verify(token, now)
            self._remember(token, known, now)
        if known.key not in self._keys():
            raise NotAuthenticated("签名密钥已失效", "the key that signed the token has ended")
        if known.session in self._revoked():
            raise NotAuthenticated("会话已撤销", "the session was revoked")
        return known.principal

    def _remember(self, token: str, verified: _Verified, now: float) -> None:
        if len(self._verified) >= CACHED:
            self._verified = {t: v for t, v in self._verified.items() if v.expires > now}
            if len(self._verified) >= CACHED:
                self._verified.clear()
        self._verified[token] = verified

    def _verify(self, token: str, now: float) -> _Verified:
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
        scopes, assurance = claims.get("scopes", []), claims.get("acr", 1)
        # A text would be read letter by letter, and True as a number.
        if not isinstance(scopes, list) or type(assurance) is not int:
            raise NotAuthenticated("令牌无效", "the token's limits cannot be read")
        if claims.get("agency") and not scopes:
            raise NotAuthenticated("令牌无效", "the token names an agency for nothing")
        if not isinstance(claims.get("sid"), str):
            raise NotAuthenticated("令牌无效", "the token names no session")
        kid = str(decoded.header["kid"])
        return _Verified(_principal_from(claims), claims["sid"], kid, float(expires))


def _principal_from(claims: Mapping[str, Any]) -> Principal:
    return Principal(
        id=str(claims["sub"]),
        kind=str(claims.get("kind", "")),
        division=str(claims.get("division", "")),
        organ=str(claims.get("organ", "")),
        roles=tuple(str(role) for role in claims.get("roles", ())),
        person=str(claims.get("person", "")),
        # Who signed in before there was more than a password has the lowest level.
        assurance=claims.get("acr", 1),
        agency=str(claims.get("agency", "")),
        scopes=tuple(str(scope) for scope in claims.get("scopes", ())),
    )


class _ReadEachSecond(ABC, Generic[T]):
    """What one statement finds in this service's own tables, read again when a second has passed,
    by one caller for all. Where it cannot be read, the database's own error is raised: what may
    have ended meanwhile is not taken for good."""

    def __init__(self, read: sa.Engine) -> None:
        self._read = read
        self._turn = threading.Lock()
        self._read_at = -READ_AGAIN
        self._found: T

    def __call__(self) -> T:
        """As it was read within the last second."""
        if time.monotonic() - self._read_at >= READ_AGAIN:
            with self._turn:
                # Another caller may have read it while this one waited.
                if time.monotonic() - self._read_at >= READ_AGAIN:
                    began = time.monotonic()
                    with self._read.connect() as connection:
                        self._found = self._found_in(connection)
                    self._read_at = began
        return self._found

    @abstractmethod
    def _found_in(self, connection: sa.Connection) -> T:
        """What the statement finds now."""


class TrustedKeys(_ReadEachSecond[Mapping[str, OKPKey]]):
    """Key id to public key, of those that are valid now."""

    def __init__(self, read: sa.Engine, purpose: str = "token") -> None:
        super().__init__(read)
        self._purpose = purpose

    def _found_in(self, connection: sa.Connection) -> Mapping[str, OKPKey]:
        now = machine_now()
        rows = connection.execute(
            sa.select(TRUSTED_KEY).where(TRUSTED_KEY.c.purpose == self._purpose)
        )
        keys: dict[str, OKPKey] = {}
        ended: set[str] = set()
        for row in rows:
            kid = row.kid or row.id
            keys[kid] = OKPKey.import_key(row.jwk)
            if row.valid_to is not None and row.valid_to <= now:
                ended.add(kid)
        return {kid: key for kid, key in keys.items() if kid not in ended}


class RevokedSessions(_ReadEachSecond[Collection[str]]):
    """The ids of revoked sessions of which a token may still be good."""

    def _found_in(self, connection: sa.Connection) -> Collection[str]:
        return frozenset(
            connection.execute(
                sa.select(REVOKED_SESSION.c.id).where(REVOKED_SESSION.c.until > machine_now())
            ).scalars()
        )
