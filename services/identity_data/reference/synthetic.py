"""Synthetic residents and enterprises for tests and demos, their numbers valid and nobody's.

How they keep clear of real people and enterprises:

- A resident number has a sequence from 996 to 999. In the 15-digit numbers before 1999 these were
  kept for people over a hundred, and since then it takes about a thousand births in one county on
  one day to come near them.
- An organisation code is one of PDY00001 to PDY99999, which GB 11714-1997 clause 3 leaves to
  each system's own use, so that no registry gives it out.
- A telephone number begins with 1007; mobile numbers in China begin with 13 to 19.

The same seed gives the same people and enterprises each time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from faker import Faker

from services.identity_data.reference.divisions import (
    Division,
    divisions_by_code,
    name_with_city,
)
from shared.divisions import Level
from shared.identifiers import Sex, credit_code_from, organisation_code_from, resident_number_from

DEFAULT_SEED: Final = 2021
AGES_ON: Final = date(2026, 1, 1)
"""The day on which the residents are 0 to 95 years old, and before which all of them were born."""

OLDEST: Final = 95

NUMBERS_SINCE: Final = date(1986, 1, 1)
"""The day on which everybody born before is taken to have got a resident number; they came with
the Regulations on Resident Identity Cards of 1985-09-06."""

_SEQUENCES: Final[dict[Sex, tuple[int, int]]] = {"male": (997, 999), "female": (996, 998)}
_OWN_USE_CODES: Final = range(1, 100_000)
_FIRST_ESTABLISHED: Final = date(2000, 1, 1)
_TRADE_NAME_CHARACTERS: Final = "安博辰承鼎丰冠海浩恒宏嘉锦凯蓝明诺启清瑞森盛舒泰维新源云泽正志卓"
_CAPITALS_YUAN: Final = (100_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 50_000_000)
_INDUSTRIES: Final = (
    "软件",
    "信息技术",
    "智能装备",
    "电子商务",
    "新材料",
    "生物科技",
    "纺织",
    "服饰",
    "机械",
    "五金制品",
    "物流",
    "食品",
    "茶业",
    "建筑工程",
    "环保科技",
    "文化传媒",
    "餐饮管理",
    "农业发展",
)


@dataclass(frozen=True, slots=True)
class SyntheticResident:
    """A resident of a village or community; `division` is its code of 12 digits."""

    number: str
    name: str
    birth: date
    sex: Sex
    division: str
    phone: str


@dataclass(frozen=True, slots=True)
class SyntheticEnterprise:
    """An enterprise with its seat in a township, led by one of the residents of the same seed.

    `registered_capital_fen` is in fen, a hundredth of a yuan.
    """

    credit_code: str
    name: str
    division: str
    legal_representative_number: str
    established: date
    registered_capital_fen: int
    industry: str


def synthetic_residents(
    count: int = 1_000, seed: int = DEFAULT_SEED
) -> Iterator[SyntheticResident]:
    """So many residents, spread evenly over the counties and over the ages 0 to `OLDEST`.

    A number carries the code that the county had at birth, or at `NUMBERS_SINCE` if that is later,
    though the county may have been abolished since, as such people's numbers do.
    """
    random = Random(f"residents {seed}")
    names = Faker("zh_CN")
    names.seed_instance(seed)
    villages = _in_force_by_county(Level.VILLAGE)
    counties = sorted(villages)
    ages = [index % (OLDEST + 1) for index in range(count)]
    random.shuffle(ages)
    taken: set[str] = set()
    for index, age in enumerate(ages):
        village = random.choice(villages[counties[index % len(counties)]])
        number = ""
        while not number or number in taken:
            birth = _some_day(random, date(AGES_ON.year - 1 - age, 1, 1), 365)
            sex: Sex = random.choice(("male", "female"))
            county = _county_code_on(max(birth, NUMBERS_SINCE), village)
            number = resident_number_from(county, birth, random.choice(_SEQUENCES[sex]))
        taken.add(number)
        given_name = names.first_name_male() if sex == "male" else names.first_name_female()
        yield SyntheticResident(
            number=number,
            name=names.last_name() + given_name,
            birth=birth,
            sex=sex,
            division=village.code,
            phone=f"1007{index:07}",
        )


def synthetic_enterprises(
    count: int = 200, seed: int = DEFAULT_SEED
) -> Iterator[SyntheticEnterprise]:
    """So many enterprises, spread evenly over the counties, led by residents of the same seed.

    Each was established after its legal representative came of age, and is named by division,
    trade name, industry and form (Provisions on Enterprise Name Registration article 6); no two
    trade names are the same. Raises ValueError for more than 99,999.
    """
    random = Random(f"enterprises {seed}")
    townships = _in_force_by_county(Level.TOWNSHIP)
    counties = sorted(townships)
    grown_up = [
        resident
        for resident in synthetic_residents(seed=seed)
        if _eighteenth_birthday(resident.birth) < AGES_ON
    ]
    trade_names: set[str] = set()
    for index, own_use in enumerate(random.sample(_OWN_USE_CODES, count)):
        county = counties[index % len(counties)]
        township = random.choice(townships[county])
        leader = random.choice(grown_up)
        earliest = max(_eighteenth_birthday(leader.birth), _FIRST_ESTABLISHED)
        established = _some_day(random, earliest, (AGES_ON - earliest).days)
        trade_name = ""
        while not trade_name or trade_name in trade_names:
            trade_name = "".join(random.sample(_TRADE_NAME_CHARACTERS, 3))
        trade_names.add(trade_name)
        industry = random.choice(_INDUSTRIES)
        yield SyntheticEnterprise(
            credit_code=credit_code_from(
                "9",
                "1",
                _county_code_on(established, township),
                organisation_code_from(f"PDY{own_use:05}"),
            ),
            name=f"{name_with_city(divisions_by_code()[county])}{trade_name}{industry}有限公司",
            division=township.code,
            legal_representative_number=leader.number,
            established=established,
            registered_capital_fen=random.choice(_CAPITALS_YUAN) * 100,
            industry=industry,
        )


def _in_force_by_county(level: Level) -> dict[str, list[Division]]:
    by_county: dict[str, list[Division]] = defaultdict(list)
    for division in divisions_by_code().values():
        if division.level is level and division.valid_to is None:
            by_county[division.code[:6]].append(division)
    return by_county


def _county_code_on(day: date, division: Division) -> str:
    """The code of the county this township or village lay in on that day, as far as is recorded.

    Where it is not, it is the code of the county since.
    """
    if division.is_valid_on(day):
        return division.code[:6]
    if division.predecessors:
        # The first is the one whose place this division took; others were joined with it later.
        return _county_code_on(day, divisions_by_code()[division.predecessors[0]])
    if division.level is Level.COUNTY:
        return division.code
    return _county_code_on(day, divisions_by_code()[division.parent or ""])


def _eighteenth_birthday(birth: date) -> date:
    # Born on 29 February, one comes of age on 1 March, for the year 18 later is no leap year.
    if (birth.month, birth.day) == (2, 29):
        return date(birth.year + 18, 3, 1)
    return birth.replace(year=birth.year + 18)


def _some_day(random: Random, first: date, days: int) -> date:
    return first + timedelta(days=random.randrange(days))
