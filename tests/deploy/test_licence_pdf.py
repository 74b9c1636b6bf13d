"""The printed page of a licence, read back as a reader and a phone would."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp

from deploy.licence_pdf import LABELS, NotPrintable, pdf_of
from deploy.system_packages import CHINESE_FONTS, chinese_fonts, ensure
from services.identity_data.domain import credit_code_of_case
from services.identity_data.domain.licences import LICENCE_TYPES
from shared.contracts.identity_data import Licence
from shared.licences import LICENCE_TYPE, Finding, check, sign
from shared.security.tokens import make_key

KEY = make_key("licence-0123456789abcdef")
CONTENT = {
    "licence_id": "l-0123456789abcdef0123456789abcdef",
    "kind": "business_licence",
    "title": "营业执照",
    "credit_code": credit_code_of_case("c-1", "330106"),
    "name": "杭州市西湖区潮声软件有限公司",
    "legal_representative": "钱潮",
    "registered_capital": 100_000_005,
    "established": "2026-03-02",
    # What would be markup in a template is text on the page.
    "address": "文三路1号#strong[甲]$乙$",
    "issuing_organ": "杭州市西湖区市场监督管理局",
    "issued_on": "2026-03-02",
}
LICENCE = Licence(
    licence_id=CONTENT["licence_id"],
    version=1,
    kind="business_licence",
    holder="e-1",
    content=CONTENT,
    signed=sign(LICENCE_TYPE, CONTENT, KEY),
)


@pytest.fixture(scope="module")
def fonts() -> Path:
    ensure([CHINESE_FONTS])
    found = chinese_fonts()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def page(fonts: Path) -> Iterator[Any]:
    with (
        closing(pypdfium2.PdfDocument(pdf_of(LICENCE, fonts))) as document,
        closing(document[0]) as first,
    ):
        assert len(document) == 1
        yield first


def test_the_page_says_in_chinese_what_the_licence_states(page: Any) -> None:
    with closing(page.get_textpage()) as text:
        lines = text.get_text_range().splitlines()
    assert lines[0] == "营业执照"
    for name, value in CONTENT.items():
        if name in LABELS and name != "registered_capital":
            assert f"{LABELS[name]} {value}" in lines
    assert "注册资本 1,000,000.05 元" in lines


def test_the_characters_come_with_the_page(fonts: Path) -> None:
    made = pdf_of(LICENCE, fonts)
    assert b"NotoSansCJKsc" in made
    # A font that is embedded as far as it is used; whole it has 20 million bytes.
    assert b"/FontFile3" in made
    assert len(made) < 200_000


def test_a_phone_reads_the_signed_licence_from_the_page(page: Any) -> None:
    with closing(page.render(scale=4, grayscale=True)) as picture:
        pixels = memoryview(bytes(picture.buffer)).cast("B", (picture.height, picture.stride))
        (found,) = zxingcpp.read_barcodes(pixels)
    assert found.text == LICENCE.signed
    now = datetime(2026, 3, 2, tzinfo=UTC)
    assert check(found.text, [KEY.as_dict(private=False)], now) == Finding(CONTENT)


@pytest.mark.parametrize("state", ["suspended", "revoked", "expired"])
def test_what_is_not_in_force_is_not_printed(fonts: Path, state: Any) -> None:
    with pytest.raises(NotPrintable, match="不能打印"):
        pdf_of(replace(LICENCE, state=state), fonts)


def test_every_particular_of_every_type_has_its_name() -> None:
    stated = {name for kind in LICENCE_TYPES.values() for name in kind.particulars}
    assert stated | set(CONTENT) - {"kind", "title"} | {"last_day"} == set(LABELS)
