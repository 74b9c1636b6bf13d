"""Codes of one time (RFC 6238, RFC 4226), and their errors."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import pyotp

from shared.errors import RuleBroken

STEP: Final = 30  # seconds for which a code is shown
DRIFT: Final = 1  # steps that the authenticator's clock may be fast or slow
SECRET_BYTES: Final = 20
"""As long as the output of HMAC-SHA-1 (RFC 4226 section 4, R6)."""

ISSUER: Final = "Qiantang"

ENROLMENT_WITHIN: Final = timedelta(minutes=30)
"""Long enough to walk from the counter to a desk, and no longer."""

ENROLMENT_CODE_LENGTH: Final = 16
"""Characters of base32: 80 bits, so that a digest without a salt of its own gives nothing away."""


class FactorState(StrEnum):
    """Whether signing in needs a code; only a confirmed factor asks for one. Who is invited was
    given an enrolment code and has no secret yet."""

    INVITED = "invited"
    PENDING = "pending"
    CONFIRMED = "confirmed"
    REMOVED = "removed"


class WrongCode(RuleBroken):
    """The code is wrong, was used before, or too many were wrong; which of these is not told."""

    zh = "动态口令不正确或已使用，或连续失败后须等待"
    en = "the code is wrong or was used already, or the account waits after failures"


class WrongEnrolmentCode(RuleBroken):
    """The enrolment code is wrong, used, over, or too many were wrong; which is not told."""

    zh = "绑定码不正确、已使用或已过期，或须等待；请持证件向管理员或户籍登记人员当面领取"
    en = (
        "the enrolment code is wrong, used or over, or the account waits after failures; ask an"
        " administrator or household registrar for one in person"
    )


class SecondFactorInUse(RuleBroken):
    """Another secret would shut out whoever holds the present one."""

    zh = "已启用动态口令；更换时请提供现用动态口令，遗失的请由管理员先行解除"
    en = (
        "a second factor is in use; give a code of it to replace it, or have it removed where it is"
        " lost"
    )


class SecondFactorNotPending(RuleBroken):
    """Only a secret that was just drawn can be confirmed."""

    zh = "没有待确认的动态口令，请先绑定"
    en = "no second factor waits to be confirmed; enrol one first"


class SecondFactorNotInUse(RuleBroken):
    """What is not in use cannot be removed."""

    zh = "未启用动态口令"
    en = "no second factor is in use"


def secret_from(drawn: bytes) -> str:
    """The secret as authenticators take it, in base32."""
    return base64.b32encode(drawn[:SECRET_BYTES]).decode()


def enrolment_code_from(drawn: bytes) -> str:
    """The code as it is handed over, in groups of four."""
    text = base64.b32encode(drawn).decode()[:ENROLMENT_CODE_LENGTH]
    return "-".join(text[start : start + 4] for start in range(0, ENROLMENT_CODE_LENGTH, 4))


def enrolment_digest(holder: str, code: str) -> str:
    """What is kept of a holder's code, however its letters and groups were typed."""
    typed = "".join(code.upper().replace("-", " ").split())
    return hashlib.sha256(f"{holder}/{typed}".encode()).hexdigest()


def steps_of(secret: str, code: str, at: datetime) -> list[int]:
    """The time steps around that instant whose code this is, the earliest first."""
    codes = pyotp.TOTP(secret, interval=STEP)
    present = int(at.timestamp()) // STEP
    near = range(present - DRIFT, present + DRIFT + 1)
    return [step for step in near if hmac.compare_digest(codes.generate_otp(step), code)]


def code_at(secret: str, at: datetime) -> str:
    """The code that an authenticator shows at that instant."""
    return pyotp.TOTP(secret, interval=STEP).at(at)


def otpauth_uri(secret: str, label: str) -> str:
    """What an authenticator reads from a QR code."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=label, issuer_name=ISSUER)
