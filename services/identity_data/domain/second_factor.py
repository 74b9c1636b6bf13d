"""Codes of one time (RFC 6238, RFC 4226), and their errors."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from enum import StrEnum
from typing import Final

import pyotp

from shared.errors import RuleBroken

STEP: Final = 30  # seconds for which a code is shown
DRIFT: Final = 1  # steps that the authenticator's clock may be fast or slow
SECRET_BYTES: Final = 20
"""As long as the output of HMAC-SHA-1 (RFC 4226 section 4, R6)."""

ISSUER: Final = "Qiantang"


class FactorState(StrEnum):
    """Whether signing in needs a code; only a confirmed factor asks for one."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    REMOVED = "removed"


class WrongCode(RuleBroken):
    """The code is wrong, was used before, or too many were wrong; which of these is not told."""

    zh = "动态口令不正确或已使用，或连续失败后须等待"
    en = "the code is wrong or was used already, or the account waits after failures"


class SecondFactorInUse(RuleBroken):
    """Another secret would shut out whoever holds the present one."""

    zh = "已启用动态口令，请先解除再重新绑定"
    en = "a second factor is in use; remove it before you enrol another"


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
