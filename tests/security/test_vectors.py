"""The published examples of JWS: the one of our algorithm verifies, those of others are refused,
and so is whatever was signed with our keys for another purpose."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OctKey, OKPKey, RSAKey

from shared.context import Principal
from shared.errors import NotAuthenticated
from shared.licences import (
    LICENCE_TYPE,
    PRESENTATION_TYPE,
    Finding,
    Refusal,
    check,
    presented,
    sign,
)
from shared.security.tokens import TokenVerifier, issue, make_key

# The examples bear the name that RFC 9864 replaced, and joserfc says so whenever it is used.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOTHING = Finding({}, Refusal.NOT_GENUINE)
CLAIMS = (
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
)

# RFC 8037, A.1 and A.4.
RFC8037_KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
RFC8037 = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)

# RFC 7515, A.1 to A.5: the algorithm, its key and the text.
RFC7515: dict[str, tuple[str, Key, str]] = {
    "A.1": (
        "HS256",
        OctKey.import_key(
            {
                "kty": "oct",
                "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAz"
                "Zr1Z9CAow",
            }
        ),
        f"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{CLAIMS}."
        "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ),
    "A.2": (
        "RS256",
        RSAKey.import_key(
            {
                "kty": "RSA",
                "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS"
                "2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0"
                "LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlx"
                "vb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW"
                "9gb54h4FRWyuXpoQ",
                "e": "AQAB",
            }
        ),
        f"eyJhbGciOiJSUzI1NiJ9.{CLAIMS}."
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
        "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
        "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
        "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
    ),
    "A.3": (
        "ES256",
        ECKey.import_key(
            {
                "kty": "EC",
                "crv": "P-256",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            }
        ),
        f"eyJhbGciOiJFUzI1NiJ9.{CLAIMS}."
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
    ),
    "A.4": (
        "ES512",
        ECKey.import_key(
            {
                "kty": "EC",
                "crv": "P-521",
                "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4q"
                "UxcWceqwQGk",
                "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ub"
                "mf63e3kyMj2",
            }
        ),
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA."
        "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8G"
        "aSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
    ),
}
UNSECURED = f"eyJhbGciOiJub25lIn0.{CLAIMS}."  # A.5


# Our algorithm


def test_the_published_signature_of_our_curve_verifies_and_is_made_again() -> None:
    key = OKPKey.import_key(RFC8037_KEY)
    read = jws.deserialize_compact(RFC8037, key, algorithms=["EdDSA"])
    assert read.payload == b"Example of Ed25519 signing"
    made = jws.serialize_compact({"alg": "EdDSA"}, read.payload, key, algorithms=["EdDSA"])
    assert made == RFC8037


def test_with_any_one_byte_changed_the_published_signature_fails() -> None:
    key = OKPKey.import_key(RFC8037_KEY)
    for place, letter in enumerate(RFC8037):
        altered = f"{RFC8037[:place]}{chr(ord(letter) ^ 1)}{RFC8037[place + 1 :]}"
        with pytest.raises((JoseError, ValueError)):
            jws.deserialize_compact(altered, key, algorithms=["EdDSA"])


# Other algorithms


@pytest.mark.parametrize("example", RFC7515)
def test_the_published_examples_of_other_algorithms_verify_only_where_they_are_asked_for(
    example: str,
) -> None:
    algorithm, key, text = RFC7515[example]
    assert jws.deserialize_compact(text, key, algorithms=[algorithm]).payload
    with pytest.raises(JoseError):
        jws.deserialize_compact(text, key, algorithms=["Ed25519"])


LICENCES = make_key("licence-1")
TOKENS = make_key("token-1")
PUBLIC = [LICENCES.as_dict(private=False)]
OFFICIAL = Principal("official", "official", "330106")


def is_a_token(text: str, *keys: OKPKey) -> bool:
    verifier = TokenVerifier(lambda: {str(key.kid): key for key in keys or (TOKENS,)}, frozenset)
    try:
        verifier.principal_of(f"Bearer {text}")
    except NotAuthenticated:
        return False
    return True


@pytest.mark.parametrize("text", [*(text for _, _, text in RFC7515.values()), UNSECURED, RFC8037])
def test_neither_of_our_verifiers_takes_any_published_example(text: str) -> None:
    known = OKPKey.import_key({**RFC8037_KEY, "kid": "token-1"})
    assert check(text, [*PUBLIC, known.as_dict(private=False)], NOW) == NOTHING
    assert not is_a_token(text, TOKENS, known)


# Tricks


def encoded(data: Any) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def with_header(text: str, **changes: Any) -> str:
    """The same content and signature under another header."""
    header, payload, signature = text.split(".")
    known = json.loads(base64.urlsafe_b64decode(header + "=="))
    return f"{encoded({**known, **changes})}.{payload}.{signature}"


def token(key: OKPKey = TOKENS) -> str:
    return issue(key, OFFICIAL, "session-1")


def licence(key: OKPKey = LICENCES, kind: str = LICENCE_TYPE) -> str:
    return sign(kind, {"licence_id": "l-1"}, key)


def presentation(key: OKPKey = LICENCES) -> str:
    return sign(PRESENTATION_TYPE, presented({"licence_id": "l-1"}, "in_force", NOW), key)


def signed(payload: Any, key: OKPKey, **header: Any) -> str:
    """Signed by somebody who does not keep to our headers."""
    named = {"alg": "Ed25519", **header}
    return jws.serialize_compact(named, json.dumps(payload), key, algorithms=["Ed25519", "EdDSA"])


def claims() -> dict[str, Any]:
    return json.loads(base64.urlsafe_b64decode(token().split(".")[1] + "=="))


NO_LICENCES: dict[str, Callable[[], str]] = {
    "a token": token,
    "a token signed with the key of licences": lambda: token(LICENCES),
    "the key of tokens": lambda: licence(TOKENS),
    "the key of tokens under the name of that of licences": lambda: licence(make_key("licence-1")),
    "a token renamed": lambda: with_header(token(LICENCES), typ=LICENCE_TYPE),
    "a licence as a presentation": lambda: with_header(licence(), typ=PRESENTATION_TYPE),
    "a presentation as a licence": lambda: with_header(presentation(), typ=LICENCE_TYPE),
    "another algorithm in the header": lambda: with_header(licence(), alg="EdDSA"),
    "HS256 in the header": lambda: with_header(licence(), alg="HS256"),
    "no algorithm in the header": lambda: with_header(licence(), alg="none"),
    "unsigned": lambda: ".".join([*with_header(licence(), alg="none").split(".")[:2], ""]),
    "EdDSA, rightly signed": lambda: signed(
        {}, LICENCES, alg="EdDSA", kid="licence-1", typ=LICENCE_TYPE
    ),
    "a key of its own in the header": lambda: signed(
        {}, TOKENS, kid="licence-1", typ=LICENCE_TYPE, jwk=TOKENS.as_dict(private=False)
    ),
    "no key id": lambda: signed({}, LICENCES, typ=LICENCE_TYPE),
    "no type": lambda: signed({}, LICENCES, kid="licence-1"),
    "a list as its content": lambda: signed([], LICENCES, kid="licence-1", typ=LICENCE_TYPE),
    "a number as its critical headers": lambda: with_header(licence(), crit=5),
    "lists as its critical headers": lambda: with_header(licence(), crit=[["b64"]]),
    "an unknown critical header": lambda: with_header(licence(), crit=["exp"], exp=1),
    "an unencoded payload": lambda: with_header(licence(), crit=["b64"], b64=False),
}
NO_TOKENS: dict[str, Callable[[], str]] = {
    "a licence": licence,
    "a presentation": presentation,
    "a licence signed with the key of tokens": lambda: licence(TOKENS),
    "a licence renamed": lambda: with_header(licence(TOKENS), typ="JWT"),
    "another algorithm in the header": lambda: with_header(token(), alg="EdDSA"),
    "no algorithm in the header": lambda: with_header(token(), alg="none"),
    "EdDSA, rightly signed": lambda: signed(claims(), TOKENS, alg="EdDSA", kid="token-1"),
    "the claims as a licence": lambda: sign(LICENCE_TYPE, claims(), TOKENS),
    "a number as its critical headers": lambda: with_header(token(), crit=5),
    "lists as its critical headers": lambda: with_header(token(), crit=[["b64"]]),
}


def test_what_is_right_is_taken() -> None:
    assert check(licence(), PUBLIC, NOW) == Finding({"licence_id": "l-1"})
    assert check(presentation(), PUBLIC, NOW) == Finding({"licence_id": "l-1"})
    assert is_a_token(token())


@pytest.mark.parametrize("trick", NO_LICENCES)
def test_a_trick_passes_for_no_licence(trick: str) -> None:
    assert check(NO_LICENCES[trick](), PUBLIC, NOW) == NOTHING


@pytest.mark.parametrize("trick", NO_TOKENS)
def test_a_trick_passes_for_no_token(trick: str) -> None:
    assert not is_a_token(NO_TOKENS[trick]())


def test_without_keys_nothing_is_genuine() -> None:
    assert check(licence(), [], NOW) == NOTHING


def test_a_token_of_before_is_no_presentation_of_now() -> None:
    late = NOW + timedelta(hours=1)
    assert check(presentation(), PUBLIC, late).refusal is Refusal.OVER
    assert claims()["exp"] > time.time()
