"""QR codes (GB/T 18284, ISO/IEC 18004) that a phone can read from another phone's screen."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import segno

from services.identity_data.domain.licences import TooMuchForOneCode

ERROR_LEVEL: Final = "m"
LARGEST_VERSION: Final = 25
"""117 modules a side, 997 bytes at level M: more are hard to read from a screen."""


def qr_code(text: str) -> segno.QRCode:
    """The code that holds this text; raises `TooMuchForOneCode`."""
    try:
        code = segno.make_qr(text, error=ERROR_LEVEL, boost_error=False)
    except segno.DataOverflowError as fault:
        raise TooMuchForOneCode() from fault
    if int(code.version) > LARGEST_VERSION:
        raise TooMuchForOneCode()
    return code


def svg_of(text: str) -> str:
    """The same as an SVG picture, four modules of white around it."""
    picture = BytesIO()
    qr_code(text).save(picture, kind="svg", xmldecl=False, scale=4, border=4, light="#fff")
    return picture.getvalue().decode().strip()
