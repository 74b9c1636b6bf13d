"""Check an exported audit without the platform: verify_audit.py EXPORT KEY [ANCHORS]

EXPORT is what `qiantang audit export` wrote, KEY the public key that `qiantang audit key` printed,
ANCHORS what `qiantang audit anchor` appended to. The exit status is 0 where all fits, else 1. The
rules stand in shared/AUDIT.md. It needs Python 3.11 and `cryptography`, nothing else: copy it.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "qiantang-audit/1"
GENESIS = "0" * 64
HASHED = [
    *("sequence", "at", "recorded_at", "actor", "on_behalf_of", "act", "cause"),
    *("aggregate", "aggregate_id", "division", "scenario", "digest", "events"),
]


class _Fault(Exception):
    """What does not fit."""


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise _Fault(otherwise)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _require(len(dict(pairs)) == len(pairs), "a name stands twice in one object")
    return dict(pairs)


def _read(text: str | bytes, where: str) -> dict[str, Any]:
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except ValueError:
        raise _Fault(f"{where} is no JSON") from None
    _require(isinstance(value, dict), f"{where} is no JSON object")
    return dict(value)


def _decoded(text: str) -> bytes:
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # Several texts decode to the same bytes; only the one that these bytes encode to is taken.
    plain = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
    _require(plain == text, "the checkpoint or the key is no plain base64url")
    return content


def _checkpoint_in(signed: Any, key: dict[str, Any]) -> dict[str, Any]:
    """What a compact JWS says that this key signed (RFC 7515, RFC 8037, RFC 9864)."""
    parts = signed.split(".") if isinstance(signed, str) else []
    _require(len(parts) == 3, "the checkpoint is no compact JWS")
    _require((key.get("kty"), key.get("crv")) == ("OKP", "Ed25519"), "the key is not of Ed25519")
    head = _read(_decoded(parts[0]), "the checkpoint's header")
    wanted = {"alg": "Ed25519", "kid": key.get("kid"), "typ": "audit-checkpoint+jws"}
    _require(head == wanted, f"the checkpoint's header is {head}, not {wanted}")
    try:
        public = Ed25519PublicKey.from_public_bytes(_decoded(str(key.get("x"))))
        public.verify(_decoded(parts[2]), f"{parts[0]}.{parts[1]}".encode())
    except InvalidSignature:
        raise _Fault("the checkpoint was not signed with this key") from None
    return _read(_decoded(parts[1]), "the checkpoint")


def _hashes(rows: list[dict[str, Any]]) -> Iterator[str]:
    """The hash of each row, from the first; raises `_Fault` at the first that does not fit."""
    previous = GENESIS
    for number, row in enumerate(rows, 1):
        _require(set(row) == {*HASHED, "hash"}, f"row {number} has not the columns of an audit row")
        _require(row["sequence"] == number, f"row {number} is not there, but {row['sequence']}")
        content = [previous, [row[name] for name in HASHED]]
        canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        previous = hashlib.sha256(canonical.encode()).hexdigest()
        _require(row["hash"] == previous, f"row {number} was altered")
        yield previous


def check(export: str, key: dict[str, Any], anchors: list[dict[str, Any]]) -> str:
    """What an export holds, in one line; raises `_Fault` or ValueError for what does not fit."""
    lines = [_read(line, f"line {n}") for n, line in enumerate(export.split("\n")[:-1], 1)]
    _require(export.endswith("\n") and len(lines) >= 3, "the export is cut off")
    first, *rows, head, last = lines
    _require(first.get("format") == FORMAT, f"the export is not of the format {FORMAT}")
    _require(list(head) == ["head"] and list(last) == ["checkpoint"], "the export is cut off")
    chain = [GENESIS, *_hashes(rows)]
    stands = {"service": first.get("service"), "sequence": len(rows), "hash": chain[-1]}
    _require(head["head"] == stands, f"the head {head['head']} does not fit the rows: {stands}")
    signed = _checkpoint_in(last["checkpoint"], key)
    time = signed.pop("time", None)
    _require(signed == stands, f"the checkpoint {signed} does not fit the rows: {stands}")
    own = [anchor for anchor in anchors if anchor.get("service") == stands["service"]]
    _require(bool(own) or not anchors, f"no anchor is of {stands['service']}")
    for anchor in own:
        at, value = anchor.get("sequence", -1), anchor.get("hash")
        _require(type(at) is int and at >= 0, f"an anchor is of no row: {at}")
        _require(at < len(chain), f"row {at} is anchored and missing: the tail was cut off")
        _require(chain[at] == value, f"row {at} is not the anchored one: it was written anew")
    return f"intact: {stands['service']}, {len(rows)} rows, signed {time}, {len(own)} anchors held"


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        texts = [Path(name).read_bytes().decode() for name in sys.argv[1:]]
        kept = [_read(one, "an anchor") for one in "".join(texts[2:]).splitlines()]
        _require(bool(kept) or len(texts) == 2, "the file of anchors is empty")
        print(check(texts[0], _read(texts[1], "the key"), kept))
    except (_Fault, OSError, ValueError) as fault:
        sys.exit(f"REFUSED: {fault}")
