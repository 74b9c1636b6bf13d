"""The organs made from the divisions: of the party, of the state, and the departments that matters
need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.identity_data.reference.divisions import (
    Division,
    city_of,
    divisions_by_code,
    name_with_city,
)
from shared.divisions import Level

HANGZHOU = "3301"


class OrganKind(StrEnum):
    """What an organ does; the part of its id after the division."""

    GOVERNMENT = "government"
    MARKET_REGULATION = "market_regulation"
    PUBLIC_SECURITY = "public_security"
    TAXATION = "taxation"
    HUMAN_RESOURCES = "human_resources"
    MEDICAL_INSURANCE = "medical_insurance"
    HOUSING_FUND = "housing_fund"
    DATA_RESOURCES = "data_resources"
    CIVIL_AFFAIRS = "civil_affairs"
    JUSTICE = "justice"
    HEALTH = "health"
    EDUCATION = "education"
    NATURAL_RESOURCES = "natural_resources"
    HOUSING_CONSTRUCTION = "housing_construction"
    TRANSPORT = "transport"
    PARTY_COMMITTEE = "party_committee"
    PEOPLES_CONGRESS = "peoples_congress"
    CPPCC = "cppcc"
    SUPERVISION = "supervision"
    COURT = "court"
    PROCURATORATE = "procuratorate"


class OrganType(StrEnum):
    """To which of the bodies of party and state an organ belongs."""

    PARTY = "party"  # 党委
    CONGRESS = "congress"  # 人大
    GOVERNMENT = "government"  # 政府
    CPPCC = "cppcc"  # 政协
    SUPERVISION = "supervision"  # 监委
    COURT = "court"  # 法院
    PROCURATORATE = "procuratorate"  # 检察院
    DEPARTMENT = "department"  # 政府部门


_HEADS = {
    OrganKind.GOVERNMENT: OrganType.GOVERNMENT,
    OrganKind.PARTY_COMMITTEE: OrganType.PARTY,
    OrganKind.PEOPLES_CONGRESS: OrganType.CONGRESS,
    OrganKind.CPPCC: OrganType.CPPCC,
    OrganKind.SUPERVISION: OrganType.SUPERVISION,
    OrganKind.COURT: OrganType.COURT,
    OrganKind.PROCURATORATE: OrganType.PROCURATORATE,
}
"""What stands for itself in a division; everything else is a department of its government."""

DEPARTMENTS = tuple(kind for kind in OrganKind if kind not in _HEADS)

_NAMES_EN = {
    OrganKind.MARKET_REGULATION: "Administration for Market Regulation",
    OrganKind.PUBLIC_SECURITY: "Public Security Bureau",
    OrganKind.TAXATION: "Tax Bureau",
    OrganKind.HUMAN_RESOURCES: "Human Resources and Social Security Bureau",
    OrganKind.MEDICAL_INSURANCE: "Healthcare Security Bureau",
    OrganKind.HOUSING_FUND: "Housing Provident Fund Management Centre",
    OrganKind.DATA_RESOURCES: "Data Resources Bureau",
    OrganKind.CIVIL_AFFAIRS: "Civil Affairs Bureau",
    OrganKind.JUSTICE: "Justice Bureau",
    OrganKind.HEALTH: "Health Commission",
    OrganKind.EDUCATION: "Education Bureau",
    OrganKind.NATURAL_RESOURCES: "Natural Resources and Planning Bureau",
    OrganKind.HOUSING_CONSTRUCTION: "Housing and Construction Bureau",
    OrganKind.TRANSPORT: "Transport Bureau",
    OrganKind.PARTY_COMMITTEE: "CPC Committee",
    OrganKind.PEOPLES_CONGRESS: "Standing Committee of the People's Congress",
    OrganKind.CPPCC: "CPPCC Committee",
    OrganKind.SUPERVISION: "Supervision Commission",
    OrganKind.COURT: "People's Court",
    OrganKind.PROCURATORATE: "People's Procuratorate",
}
_COURTS = {
    Level.PROVINCE: ("高级", "High "),
    Level.CITY: ("中级", "Intermediate "),
    Level.COUNTY: ("", ""),
}
"""Organic Law of the People's Courts article 13."""


@dataclass(frozen=True, slots=True)
class Organ:
    """One organ of the party or the state in a division, its id `<division>-<kind>`.

    `parent_id` is the organ it answers to, None in the province alone: a department to the
    government beside it, any other to its like in the division above, which leads, guides or
    supervises it. But tax bureaus are led by the tax bureau above, and a county has a branch of its
    city's one housing fund (Regulations on the Management of Housing Provident Funds article 10).
    """

    id: str
    name_zh: str
    name_en: str
    level: Level
    division: str
    parent_id: str | None
    kind: OrganKind

    @property
    def type(self) -> OrganType:
        """To which body it belongs."""
        return _HEADS.get(self.kind, OrganType.DEPARTMENT)


def organs_on(day: date) -> Iterator[Organ]:
    """The organs of every division in force on that day down to the townships, parents first.

    A province, a city and a county have an organ of each kind; a township has its government or
    subdistrict office and its party committee.
    """
    for division in divisions_by_code().values():
        if division.level is Level.VILLAGE:
            return  # The lowest stand last.
        if division.is_valid_on(day):
            yield from organs_of(division)


def organs_of(division: Division) -> Iterator[Organ]:
    """The organs that such a division has; none below the townships."""
    if division.level is Level.VILLAGE:
        return
    if division.level < Level.TOWNSHIP:
        for kind in OrganKind:
            yield _organ(division, kind)
        return
    yield _organ(division, OrganKind.GOVERNMENT)
    if division.name.endswith(("街道", "镇", "乡")):
        # What the party's body of a development zone or a farm is called is not known for each.
        yield _organ(division, OrganKind.PARTY_COMMITTEE)


def successor_organ(organ: str, division: str) -> str:
    """The id of the organ of the same kind in another division."""
    return f"{division}-{organ.partition('-')[2]}"


def organ_id(division: str, kind: OrganKind) -> str:
    """The id of a division's organ of this kind."""
    return f"{division}-{kind}"


def _organ(division: Division, kind: OrganKind) -> Organ:
    if kind is OrganKind.GOVERNMENT:
        name_zh, name_en = _government_names(division)
    elif kind is OrganKind.COURT:
        rank_zh, rank_en = _COURTS[division.level]
        name_zh = f"{name_with_city(division)}{rank_zh}人民法院"
        name_en = f"{rank_en}{_NAMES_EN[kind]} of {_place_en(division)}"
    else:
        in_chinese = _department_name_zh if kind in DEPARTMENTS else _head_name_zh
        name_zh = in_chinese(division, kind)
        name_en = f"{_NAMES_EN[kind]} of {_place_en(division)}"
    return Organ(
        id=organ_id(division.code, kind),
        name_zh=name_zh,
        name_en=name_en,
        level=division.level,
        division=division.code,
        parent_id=_leader(division, kind),
        kind=kind,
    )


def _leader(division: Division, kind: OrganKind) -> str | None:
    if kind in _HEADS:
        return division.parent and organ_id(division.parent, kind)
    if kind is OrganKind.TAXATION and division.parent is not None:
        return organ_id(division.parent, kind)
    if kind is OrganKind.HOUSING_FUND and division.level is Level.COUNTY:
        return organ_id(city_of(division).code, kind)
    return organ_id(division.code, OrganKind.GOVERNMENT)


def _government_names(division: Division) -> tuple[str, str]:
    place_en = _place_en(division)
    if division.level is not Level.TOWNSHIP:
        return f"{name_with_city(division)}人民政府", f"People's Government of {place_en}"
    if division.name.endswith("街道"):
        return f"{division.name}办事处", f"Subdistrict Office of {place_en}"
    if division.name.endswith(("镇", "乡")):
        return f"{division.name}人民政府", f"People's Government of {place_en}"
    # Development zones, farms and the like count as townships but have no government.
    return f"{division.name}管理机构", f"Administration of {place_en}"


def _head_name_zh(division: Division, kind: OrganKind) -> str:
    """The name of what is neither the government nor a department of it."""
    place = name_with_city(division)
    match kind:
        case OrganKind.PARTY_COMMITTEE if division.level is Level.TOWNSHIP:
            return f"中共{place}{'工作' if place.endswith('街道') else ''}委员会"
        case OrganKind.PARTY_COMMITTEE:
            return f"中共{place}委"
        case OrganKind.PEOPLES_CONGRESS:
            return f"{place}人民代表大会常务委员会"
        case OrganKind.CPPCC:
            return f"中国人民政治协商会议{place}委员会"
        case OrganKind.SUPERVISION:
            return f"{place}监察委员会"
        case OrganKind.PROCURATORATE:
            return f"{place}人民检察院"
    raise ValueError(f"{kind} is no head")


def _department_name_zh(division: Division, kind: OrganKind) -> str:
    """The name as such organs bear it in the province."""
    place = name_with_city(division)
    is_province = division.level is Level.PROVINCE
    match kind:
        case OrganKind.MARKET_REGULATION:
            return f"{place}市场监督管理局"
        case OrganKind.PUBLIC_SECURITY if _is_district(division):
            return f"{city_of(division).name}公安局{division.name}分局"
        case OrganKind.PUBLIC_SECURITY:
            return f"{place}公安{'厅' if is_province else '局'}"
        case OrganKind.TAXATION:
            return f"国家税务总局{place}税务局"
        case OrganKind.HUMAN_RESOURCES:
            return f"{place}人力资源和社会保障{'厅' if is_province else '局'}"
        case OrganKind.MEDICAL_INSURANCE:
            return f"{place}医疗保障局"
        case OrganKind.HOUSING_FUND if division.level is Level.COUNTY:
            return f"{city_of(division).name}住房公积金管理中心{division.name}分中心"
        case OrganKind.HOUSING_FUND:
            return f"{place}{'省直单位' if is_province else ''}住房公积金管理中心"
        case OrganKind.DATA_RESOURCES if division.code.startswith(HANGZHOU):
            return f"{place}数据资源管理局"
        case OrganKind.DATA_RESOURCES:
            return f"{place}大数据发展管理局"
        case OrganKind.CIVIL_AFFAIRS:
            return f"{place}民政{'厅' if is_province else '局'}"
        case OrganKind.JUSTICE:
            return f"{place}司法{'厅' if is_province else '局'}"
        case OrganKind.HEALTH:
            return f"{place}卫生健康{'委员会' if is_province else '局'}"
        case OrganKind.EDUCATION:
            return f"{place}教育{'厅' if is_province else '局'}"
        case OrganKind.NATURAL_RESOURCES if is_province:
            return f"{place}自然资源厅"
        case OrganKind.NATURAL_RESOURCES:
            return f"{place}自然资源和规划局"
        case OrganKind.HOUSING_CONSTRUCTION:
            return f"{place}住房和城乡建设{'厅' if is_province else '局'}"
        case OrganKind.TRANSPORT:
            return f"{place}交通运输{'厅' if is_province else '局'}"
    raise ValueError(f"{kind} is no department")


def _place_en(division: Division) -> str:
    # A division of a merger yet to be recorded has no English name, nor has one above it.
    name = division.name_en or division.name
    above = divisions_by_code().get(division.parent or "")
    if above is None or not (_is_district(division) or division.level is Level.TOWNSHIP):
        return name
    return f"{name}, {above.name_en}"


def _is_district(division: Division) -> bool:
    return division.level is Level.COUNTY and division.name.endswith("区")
