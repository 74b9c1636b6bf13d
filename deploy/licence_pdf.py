"""A licence as a printable page: what it states in Chinese, and its signed text as a QR code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import typst

from services.identity_data.domain.licences import STATES_ZH, LicenceState
from services.identity_data.qr import svg_of
from shared.contracts.identity_data import Licence

TEMPLATE: Final = Path(__file__).with_name("licence.typ")
LABELS: Final = {
    "credit_code": "统一社会信用代码",
    "name": "名称",
    "legal_representative": "法定代表人",
    "registered_capital": "注册资本",
    "established": "成立日期",
    "address": "住所",
    "premises": "经营场所",
    "scope": "经营项目",
    "issuing_organ": "发证机关",
    "issued_on": "发证日期",
    "last_day": "有效期至",
    "licence_id": "证照编号",
}
"""What each item of a licence is called, in the order in which they are printed."""


class NotPrintable(ValueError):
    """Only a licence in force is printed: nobody can see on paper that it is not."""


def pdf_of(licence: Licence, fonts: Path) -> bytes:
    """The page, with `fonts` embedded as far as they are used.

    The code holds the whole signed licence, so paper can be checked for as long as the licence
    lasts; whether it is still in force is told online alone. Raises `NotPrintable`, and
    `TooMuchForOneCode` where the licence states more than a code holds.
    """
    if licence.state != "in_force":
        raise NotPrintable(f"证照已{STATES_ZH[LicenceState(licence.state)]}，不能打印")
    rows = [
        (label, _told(name, licence.content[name]))
        for name, label in LABELS.items()
        if name in licence.content
    ]
    page = {"title": licence.content["title"], "rows": rows, "code": svg_of(licence.signed)}
    # As data, because what a licence states may hold what would be markup in the template.
    given = {"page": json.dumps(page, ensure_ascii=False)}
    made = typst.compile(
        TEMPLATE, font_paths=[fonts], ignore_system_fonts=True, sys_inputs=given, format="pdf"
    )
    assert isinstance(made, bytes)  # One file, because none was named to write to.
    return made


def _told(name: str, value: Any) -> str:
    if name == "registered_capital":
        yuan, fen = divmod(int(value), 100)
        return f"{yuan:,}.{fen:02} 元"
    return str(value)
