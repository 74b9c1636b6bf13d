"""Only a token that identity_data signed, for us and for now, says who asks; HTTP and RPC agree."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import OKPKey

from deploy.catalogue import service_class
from shared.clocks import machine_now
from shared.context import Headers, Principal, new_id
from shared.contracts.identity_data import SigningKeyPublished
from shared.contracts.platform import ServiceStanding
from shared.errors import QiantangError
from shared.http import HttpServer
from shared.messaging.tables import TRUSTED_KEY
from shared.runtime import ServiceRuntime
from shared.security import tokens
from shared.security.tokens import ISSUER, RevokedSessions, TokenVerifier, issue, make_key
from shared.testing.harness import ServiceHarness

OPERATOR = Principal("operator", "operator", "33", roles=("operator",))
KEY = make_key("key-1")
LICENCE_KEY = make_key("licence-1")
ENDED_KEY = make_key("ended-1")
Claims = dict[str, Any]


def claims(**other: Any) -> Claims:
    """What a sound token says; `other` changes it."""
    now = int(time.time())
    sound = {
        "iss": ISSUER,
        "aud": "qiantang",
        "sub": OPERATOR.id,
        "iat": now,
        "exp": now + 600,
        "sid": "session-1",
        "kind": OPERATOR.kind,
        "division": OPERATOR.division,
        "organ": "",
        "roles": ["operator"],
        "person": "",
    }
    return {name: value for name, value in (sound | other).items() if value is not None}


def signed(content: Claims, key: OKPKey = KEY, **header: Any) -> str:
    """A token as its issuer would sign it; a header given as None is left out."""
    full = {"alg": "Ed25519", "kid": key.kid, "typ": "JWT"} | header
    present = {name: value for name, value in full.items() if value is not None}
    return jwt.encode(present, content, key, algorithms=["Ed25519"])


def encoded(data: Any) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def with_secret(secret: bytes) -> str:
    """HMAC over a sound content, for a verifier that lets the token choose the algorithm."""
    text = f"{encoded({'alg': 'HS256', 'kid': KEY.kid})}.{encoded(claims())}"
    return f"{text}.{encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def altered(**other: Any) -> str:
    """A sound signature under another content."""
    header, _, signature = signed(claims(scopes=["CaseById"])).split(".")
    return f"{header}.{encoded(claims(**other))}.{signature}"


def now(seconds: int) -> int:
    return int(time.time()) + seconds


PUBLIC = KEY.as_dict(private=False)
UNSOUND: dict[str, Callable[[], str]] = {
    "expired": lambda: signed(claims(iat=now(-1200), exp=now(-600))),
    "expired a second ago": lambda: signed(claims(iat=now(-500), exp=now(-1))),
    "signed with another key": lambda: signed(claims(), make_key(str(KEY.kid))),
    "signed with an unknown key": lambda: signed(claims(), make_key("key-2")),
    "signed with the key of licences": lambda: signed(claims(), LICENCE_KEY),
    "signed with a key whose time is over": lambda: signed(claims(), ENDED_KEY),
    "altered": lambda: altered(sub="somebody-else"),
    "altered to be surer": lambda: altered(scopes=["CaseById"], acr=2),
    "altered to cover more": lambda: altered(scopes=["CaseById", "ServiceStanding"]),
    "altered to cover all": lambda: altered(),
    "with a text as its assurance": lambda: signed(claims(acr="2")),
    "with true as its assurance": lambda: signed(claims(acr=True)),
    "with scopes that are no list": lambda: signed(claims(scopes="ServiceStanding")),
    "with an agency for nothing": lambda: signed(claims(agency="a-1")),
    "for another audience": lambda: signed(claims(aud="another-system")),
    "for no audience": lambda: signed(claims(aud=None)),
    "from another issuer": lambda: signed(claims(iss="another-issuer")),
    "unsigned": lambda: f"{encoded({'alg': 'none', 'kid': KEY.kid})}.{encoded(claims())}.",
    "HS256 with the public key": lambda: with_secret(base64.urlsafe_b64decode(PUBLIC["x"] + "=")),
    "HS256 with the public JWK": lambda: with_secret(json.dumps(PUBLIC).encode()),
    "HS256 with the public PEM": lambda: with_secret(KEY.as_pem(private=False)),
    "without a key id": lambda: signed(claims(), kid=None),
    "with a number as key id": lambda: f"{encoded({'alg': 'Ed25519', 'kid': 1})}.{encoded({})}.AA",
    "of another type": lambda: signed(claims(), typ="licence+jws"),
    "with a number as its critical headers": lambda: (
        f"{encoded({'alg': 'Ed25519', 'kid': KEY.kid, 'crit': 5})}.{encoded({})}.AA"
    ),
    "longer than ten minutes": lambda: signed(claims(exp=now(601))),
    "issued in the future": lambda: signed(claims(iat=now(60), exp=now(120))),
    "without an end": lambda: signed(claims(exp=None)),
    "without a beginning": lambda: signed(claims(iat=None)),
    "with a text as its end": lambda: signed(claims(exp="9999999999")),
    "without a subject": lambda: signed(claims(sub=None)),
    "without a session": lambda: signed(claims(sid=None)),
    "with roles that are no list": lambda: signed(claims(roles=17)),
    "no token": lambda: "not-a-token",
    "three parts of nothing": lambda: "..",
    "empty": lambda: "",
    "text of another script": lambda: "令牌.令牌.令牌",
}


class Doors:
    """One service behind both doors."""

    def __init__(self, runtime: ServiceRuntime) -> None:
        self._runtime = runtime
        self._http = HttpServer(runtime.settings)
        # What `add` does, without opening a port.
        self._http._runtimes[runtime.service] = runtime

    def over_rpc(self, authorization: str) -> dict[str, Any]:
        headers = Headers(requestid=new_id(), authorization=authorization)
        answer = self._runtime.pipeline.answer(
            ServiceStanding.NAME, ServiceStanding().dump(), headers
        )
        return answer.to_wire()

    def over_http(self, authorization: str) -> tuple[str, dict[str, Any]]:
        status: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": f"/api/{self._runtime.service}/{ServiceStanding.NAME}",
            "CONTENT_LENGTH": "2",
            "wsgi.input": io.BytesIO(b"{}"),
            "HTTP_AUTHORIZATION": authorization,
        }
        body = b"".join(self._http(environ, lambda line, _: status.append(line)))
        return status[0], json.loads(body)


def publish(harness: ServiceHarness, key: OKPKey, purpose: Any, ended: bool = False) -> None:
    """Let the service hear of a key, as it does in life."""
    begun = machine_now() - timedelta(hours=2)
    harness.deliver(
        SigningKeyPublished(
            kid=str(key.kid),
            jwk=dict(key.as_dict(private=False)),
            purpose=purpose,
            valid_from=begun,
            valid_to=begun + timedelta(hours=1) if ended else None,
        )
    )


@pytest.fixture(scope="module")
def harness(
    services_on: Callable[..., AbstractContextManager[Callable[..., ServiceHarness]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ServiceHarness]:
    with services_on(tmp_path_factory.mktemp("tokens")) as make:
        made = make(service_class("rule_of_law"))
        made.runtime.pipeline._verifier = TokenVerifier(
            made.runtime.keys, RevokedSessions(made.runtime.read)
        )
        publish(made, KEY, "token")
        publish(made, LICENCE_KEY, "licence")
        publish(made, ENDED_KEY, "token", ended=True)
        yield made


@pytest.fixture
def doors(harness: ServiceHarness) -> Doors:
    return Doors(harness.runtime)


def test_a_sound_token_opens_both_doors(doors: Doors) -> None:
    token = f"Bearer {issue(KEY, OPERATOR, 'session-1')}"
    status, body = doors.over_http(token)
    assert status == "200 OK"
    over_rpc = doors.over_rpc(token)["reply"]
    assert body.keys() == over_rpc.keys()
    assert body["service"] == over_rpc["service"] == "rule_of_law"
    assert doors.over_http(f"bearer {signed(claims())}")[0] == "200 OK"


@pytest.mark.parametrize("fault", UNSOUND)
def test_an_unsound_token_is_refused_alike_at_both_doors(doors: Doors, fault: str) -> None:
    authorization = f"Bearer {UNSOUND[fault]()}"
    error = doors.over_rpc(authorization)["error"]
    assert error["kind"] == "NotAuthenticated"
    status, problem = doors.over_http(authorization)
    assert status == "401 Unauthorized"
    assert problem == QiantangError.from_wire(error).problem("zh")


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Negotiate", "BearerX"])
def test_another_scheme_is_refused_even_with_a_sound_token(doors: Doors, scheme: str) -> None:
    authorization = f"{scheme} {signed(claims())}"
    assert doors.over_rpc(authorization)["error"]["kind"] == "NotAuthenticated"
    assert doors.over_http(authorization)[0] == "401 Unauthorized"


def test_no_token_at_all_is_an_anonymous_caller_who_is_asked_to_sign_in(doors: Doors) -> None:
    assert doors.over_rpc("")["error"]["kind"] == "NotAuthenticated"
    assert doors.over_http("")[0] == "401 Unauthorized"


def test_a_token_that_was_accepted_before_is_refused_once_it_has_expired(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = f"Bearer {issue(KEY, OPERATOR, 'session-2', timedelta(seconds=60))}"
    assert "reply" in doors.over_rpc(token)
    later = time.time() + 61
    monkeypatch.setattr(tokens.time, "time", lambda: later)
    assert doors.over_rpc(token)["error"]["kind"] == "NotAuthenticated"


def test_what_a_token_does_not_say_is_the_least(harness: ServiceHarness) -> None:
    verifier = harness.runtime.pipeline._verifier
    plain = verifier.principal_of(f"Bearer {signed(claims())}")
    assert (plain.assurance, plain.agency, plain.scopes) == (1, "", ())
    limited = replace(OPERATOR, assurance=2, agency="a-1", scopes=("CaseById",))
    token = issue(KEY, limited, "session-3")
    assert verifier.principal_of(f"Bearer {token}") == limited


def test_a_token_with_scopes_opens_nothing_else_at_either_door(doors: Doors) -> None:
    token = f"Bearer {signed(claims(scopes=['CaseById']))}"
    assert doors.over_rpc(token)["error"]["kind"] == "NotAllowed"
    assert doors.over_http(token)[0] == "403 Forbidden"
    assert "reply" in doors.over_rpc(f"Bearer {signed(claims(scopes=['ServiceStanding']))}")


def test_no_token_is_issued_for_more_than_ten_minutes() -> None:
    with pytest.raises(ValueError, match="ten minutes"):
        issue(KEY, OPERATOR, "session-1", timedelta(minutes=10, seconds=1))


def test_a_refused_token_is_not_repeated_in_the_answer(doors: Doors) -> None:
    token = UNSOUND["altered"]()
    assert token not in json.dumps(doors.over_rpc(f"Bearer {token}"))


def test_an_error_of_the_database_names_no_value(harness: ServiceHarness) -> None:
    row = {"id": "key-1", "jwk": {}, "purpose": "秘密", "valid_from": machine_now()}
    with pytest.raises(sa.exc.IntegrityError) as fault, harness.runtime.engine.begin() as writing:
        writing.execute(sa.insert(TRUSTED_KEY), [row, row])
    assert "秘密" not in str(fault.value)
