"""Policy documents: their numbers, their states, what may be said of clauses and bases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final

from shared.errors import InvalidInput, RuleBroken


class DocumentState(StrEnum):
    """What became of a document; one that was issued may not have begun yet."""

    ISSUED = "issued"  # 已发布
    REPEALED = "repealed"  # 已废止
    EXPIRED = "expired"  # 已失效


STATES_ZH: Final = {
    DocumentState.ISSUED: "已发布",
    DocumentState.REPEALED: "已废止",
    DocumentState.EXPIRED: "已失效",
}


class NotADocumentNumber(InvalidInput):
    """A text is no number of a document."""

    zh = "“{written}”不是发文字号，请写作“浙政发〔2021〕13号”或“浙江省人民政府令第388号”的格式"
    en = "“{written}” is no number of a document; write it like 浙政发〔2021〕13号"


class DocumentNumberTaken(RuleBroken):
    """A number stands for one document."""

    zh = "发文字号“{number}”已登记，见文件“{document}”"
    en = "document number “{number}” is in the register already, as “{document}”"


class UnfitDocument(InvalidInput):
    """Days, clauses or bases of a document do not fit together; `fields` says which."""

    zh = "政策文件的日期、条款或依据不合要求，请按各字段的提示更正"
    en = "days, clauses or bases of the document do not fit; correct each as its message says"


class IssuerNotKnown(RuleBroken):
    """Documents are issued by organs in being."""

    zh = "发文机关“{organ}”不在机构名录中或已撤销"
    en = "organ “{organ}” is not in the list of organs, or is no more"


class DocumentIsOver(RuleBroken):
    """What was repealed or expired is neither amended nor repealed nor linked nor relied on."""

    zh = "文件“{number}”{state_zh}，不能再作此处理"
    en = "document “{number}” is {state} and allows this no longer"


class BasisGoesInCircle(RuleBroken):
    """No document rests on one that rests on it."""

    zh = "文件“{number}”直接或间接以“{own}”为依据，不能再作为它的依据"
    en = "“{number}” rests on “{own}” itself, be it through others, and cannot be its basis"


class LinkedClauseDropped(RuleBroken):
    """A clause that something stands on does not vanish unseen."""

    zh = "条款{clauses}已关联指标、事项或规则，请保留该条款或先解除关联"
    en = "something is linked to clauses {clauses}: keep them, or unlink first"


class RepealTouches(RuleBroken):
    """A document that others rest on is repealed by somebody who saw what that touches."""

    zh = (
        "废止将影响{documents}件文件、{links}项关联的指标、事项或规则："
        "请查阅“废止影响”，并填写其中的确认码"
    )
    en = (
        "the repeal touches {documents} documents and {links} linked indicators, items or rules: "
        "read WhatRepealTouches and give its confirmation"
    )


class DocumentNotRepealed(RuleBroken):
    """Only a repeal is taken back."""

    zh = "文件“{number}”未被废止，无需撤销废止"
    en = "document “{number}” was not repealed, so there is no repeal to take back"


class NumberReliedOn(RuleBroken):
    """Other documents name a document by its number."""

    zh = "文件{documents}以“{number}”为依据，请先修订这些文件的依据，再更正发文字号"
    en = "{documents} rest on “{number}”: amend what they rest on, then correct the number"


class LinkHasEnded(RuleBroken):
    """A link ends once."""

    zh = "该关联已于{ended_on}解除"
    en = "the link ended on {ended_on}"


_BRACKETS: Final = str.maketrans(
    {**dict.fromkeys("([【﹝{", "〔"), **dict.fromkeys(")]】﹞}", "〕")}
)
_NUMBER: Final = re.compile(r"(\w{1,20})〔((?:19|20)[0-9]{2})〕第?0*([1-9][0-9]{0,4})号")
_ORDER: Final = re.compile(r"(\w{2,30}令)第?0*([1-9][0-9]{0,4})号")


def document_number(written: str) -> str:
    """The number as the norm writes it: code of the organ, year in 〔〕, serial number without 第
    and without leading zeros (GB/T 9704-2012, 7.2.5); or that of an order, `…令第388号`.

    Other brackets, wide digits and spaces are put right; raises `NotADocumentNumber`.
    """
    text = "".join(unicodedata.normalize("NFKC", written).split()).translate(_BRACKETS)
    if found := _NUMBER.fullmatch(text):
        return f"{found[1]}〔{found[2]}〕{found[3]}号"
    if found := _ORDER.fullmatch(text):
        return f"{found[1]}第{found[2]}号"
    raise NotADocumentNumber(written=written)


def require_fit(days: tuple[date, date, date | None], today: date, clauses: Iterable[str]) -> None:
    """Raise `UnfitDocument` for days of issue, beginning and end that do not follow each other, an
    issue in the future, or a clause number that stands twice."""
    issued_on, valid_from, valid_to = days
    faults: dict[str, list[str]] = {}
    if issued_on > today:
        faults["issued_on"] = ["Lies before tomorrow."]
    if valid_from < issued_on:
        faults["valid_from"] = ["Does not lie before the day of issue."]
    if valid_to is not None and valid_to < valid_from:
        faults["valid_to"] = ["Does not lie before the first day."]
    if twice := repeated(clauses):
        faults["clauses"] = [f"Each number stands once; twice: {', '.join(twice)}."]
    if faults:
        raise UnfitDocument(fields=faults)


def repeated(names: Iterable[str]) -> tuple[str, ...]:
    """Those that stand there more than once, in their order."""
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for name in names:
        if name in seen:
            twice[name] = None
        seen.add(name)
    return tuple(twice)
