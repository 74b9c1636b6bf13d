"""The rules of applications: who may apply for whom, what must be there, which files are taken."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.digital_government.domain.items import is_demanded
from shared.contracts.digital_government import LARGEST_FILE, Across, ItemDefinition, Material
from shared.contracts.identity_data import ApplicantStanding
from shared.divisions import Level, contains, up_to
from shared.errors import InvalidInput, RuleBroken

KEPT_DAYS: Final = 15
"""For so many days what is filled in but not handed in is kept."""

_TYPES: Final = (
    (b"%PDF-", (".pdf",)),
    (b"\xff\xd8\xff", (".jpg", ".jpeg")),
    (b"\x89PNG\r\n\x1a\n", (".png",)),
)
"""How the files that are taken begin, and end in name."""


class ApplicationState(StrEnum):
    """What became of what was filled in."""

    OPEN = "open"
    SUBMITTED = "submitted"
    DISCARDED = "discarded"


class ApplicationClosed(RuleBroken):
    """What was handed in or thrown away is filled in no more."""

    zh = "该申请已提交或已放弃，不能再修改；如需继续，请重新填写"
    en = "this application was handed in or thrown away; begin another"


class ApplicantNotInLife(RuleBroken):
    """Nobody applies for who is dead or no longer on the register."""

    zh = "申请人已死亡登记或已注销登记，不能以其名义申请"
    en = "the applicant is recorded as dead or no longer on the register"


class NotOfTheEnterprise(RuleBroken):
    """Its legal representative and who may handle its affairs apply for an enterprise."""

    zh = "申请人既不是该企业的法定代表人，也不是其经办人"
    en = "the applicant neither represents the enterprise nor handles its affairs"


class EnterpriseNotNamed(InvalidInput):
    """An item for enterprises is applied for in the name of one; one for people is not."""

    zh = "该事项面向企业，请写明申请企业；面向个人的事项则不写"
    en = "name the enterprise for an item of enterprises, and none for an item of people"

    def __init__(self) -> None:
        super().__init__(fields={"enterprise": ["Name the enterprise that applies, or none."]})


class OnlyInOneThing(RuleBroken):
    """What brings an enterprise into being is described by the form of a one-thing."""

    zh = "“{item}”须作为“一件事”的一部分申请，如企业开办“一件事”"
    en = "“{item}” is applied for as part of a one-thing, such as enterprise start-up"


class NoSuchMaterial(InvalidInput):
    """The item needs no such material of the applicant."""

    zh = "该事项不需要申请人提供这份材料"
    en = "the item needs no such material of the applicant"

    def __init__(self, wanted: Collection[str]) -> None:
        known = "、".join(wanted) or "none"
        super().__init__(fields={"material": [f"It needs of the applicant: {known}."]})


class NotAFileWeTake(InvalidInput):
    """Files are PDF, JPEG or PNG by their content and by their name, and small enough."""

    zh = "只接受与扩展名相符的 PDF、JPEG 或 PNG 文件，且不超过 700,000 字节"
    en = "a PDF, JPEG or PNG of at most 700,000 bytes whose name says what it is"


class MaterialsMissing(InvalidInput):
    """What may not follow later is there before the application is handed in."""

    zh = "下列材料尚未上传：{names}"
    en = "these materials are not there yet: {names}"


class NotHandledAcross(RuleBroken):
    """A window elsewhere receives only what may be handled across regions (跨域通办)."""

    zh = "该事项不支持在“{place}”跨域办理，请网上申请，或到办理地窗口申请"
    en = "it is not handled across regions in {place}: apply online, or where it is decided"


@dataclass(frozen=True)
class ReadFile:
    """A file as it is kept: its bytes as base64 without a slip, and their SHA-256."""

    content: str
    digest: str


def require_handled_across(across: Across, place: str, division: str) -> None:
    """Raise `NotHandledAcross` unless a window in that place may receive what is decided in that
    division: of its own area always, else in the same city or province as the item says."""
    reaches = {
        "none": place,
        "city": up_to(place, Level.CITY),
        "province": up_to(place, Level.PROVINCE),
    }
    if not contains(reaches[across], division):
        raise NotHandledAcross(place=place)


def require_may_apply(standing: ApplicantStanding, *, for_enterprise: bool) -> None:
    """Raise `ApplicantNotInLife` or `NotOfTheEnterprise` unless that one may apply."""
    if standing.person_state != "registered":
        raise ApplicantNotInLife()
    if for_enterprise and standing.role is None:
        raise NotOfTheEnterprise()


def read_file(name: str, content: str) -> ReadFile:
    """What was sent; raises `NotAFileWeTake` for what is no base64, too large, or of another type
    than its name says."""
    try:
        data = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise NotAFileWeTake(fields={"content": ["Not base64."]}) from None
    if len(data) > LARGEST_FILE:
        raise NotAFileWeTake(fields={"content": [f"{len(data)} bytes; at most {LARGEST_FILE}."]})
    endings = next((names for begins, names in _TYPES if data.startswith(begins)), None)
    if endings is None:
        raise NotAFileWeTake(fields={"content": ["Neither PDF nor JPEG nor PNG."]})
    if not name.lower().endswith(endings):
        raise NotAFileWeTake(fields={"file_name": [f"The file is one of {', '.join(endings)}."]})
    return ReadFile(base64.b64encode(data).decode(), hashlib.sha256(data).hexdigest())


def material_of(materials: Sequence[Material], key: str) -> Material:
    """The material of that key which an applicant brings; raises `NoSuchMaterial`."""
    wanted = {one.key: one for one in materials if is_demanded(one)}
    if key not in wanted:
        raise NoSuchMaterial(wanted)
    return wanted[key]


def require_complete(materials: Sequence[Material], here: Mapping[str, object]) -> None:
    """Raise `MaterialsMissing` where something is not there that may not follow."""
    missing = [
        one.name
        for one in materials
        if is_demanded(one) and not one.tolerable and one.key not in here
    ]
    if missing:
        raise MaterialsMissing(names="、".join(missing), fields={"materials": missing})


def that_may_follow(definition: ItemDefinition, here: Mapping[str, object]) -> tuple[str, ...]:
    """The keys of the materials that are not there and may follow (容缺受理)."""
    return tuple(
        one.key
        for one in definition.materials
        if is_demanded(one) and one.tolerable and one.key not in here
    )
