"""Rules of access, people, enterprise names, credit codes and data sharing, and their errors."""

from __future__ import annotations

import calendar
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shared.divisions import Level, level_of, lineage
from shared.errors import NotAuthenticated, RuleBroken
from shared.identifiers import (
    CREDIT_CODE_ALPHABET,
    credit_code_from,
    first_registered_division,
    organisation_code_from,
)

PROVINCE = "33"
RENEWED_FOR = timedelta(hours=8)
"""How long after its first token ends a session can be renewed: a day's work."""


class WrongCredentials(NotAuthenticated):
    """The account is unknown, password or code is wrong, or the account waits after failures; which
    of these is not told."""

    zh = "账号、密码或动态口令不正确，或连续失败后须等待"
    en = "account, password or code is wrong, or the account waits after failures"


class WrongPassword(RuleBroken):
    """Who changes a password knows the present one, and has not failed too often to tell it."""

    zh = "现用密码不正确，或连续失败后须等待；请核对后再试"
    en = (
        "the present password is wrong, or the account waits after failures; check it and try again"
    )


class SessionEnded(NotAuthenticated):
    """A sign-in was repeated after the session it had opened was over."""

    zh = "会话已结束，请用新的请求编号重新登录"
    en = "the session is over; sign in again with a new request id"


class RotationUnderWay(RuleBroken):
    """A key is replaced when the one before it is in use."""

    zh = "新密钥将于{begins}启用，届时方可再次轮换"
    en = "a new key signs from {begins} on; it can be replaced after that"


class SessionNotInForce(RuleBroken):
    """Only a session that is neither over nor revoked can be renewed or revoked."""

    zh = "会话已结束或已撤销"
    en = "the session is over or revoked already"


class CalendarNotSimulated(RuleBroken):
    """Only a simulated calendar can be moved; any other follows the machine."""

    zh = "业务日历未启用模拟，不能推进"
    en = "the business calendar is not simulated and cannot be moved"


class CalendarGoesBack(RuleBroken):
    """A deadline that has passed cannot be still to come."""

    zh = "模拟日历不能倒退：现为{stands}"
    en = "the simulated calendar never goes back; it stands at {stands}"


class DivisionNotInForce(RuleBroken):
    """The division ended, or has not begun yet."""

    zh = "行政区划“{code}”在{day}不在有效期内"
    en = "division “{code}” is not in force on {day}"


class MergerUnlawful(RuleBroken):
    """The moves of a merger do not fit the divisions that there are (Decree 704; GB/T 2260)."""

    zh = "行政区划变更不成立：{reasons_zh}"
    en = "the merger of divisions does not hold: {reasons_en}"


class MergerInThePast(RuleBroken):
    """What has happened under the old codes cannot be undone by a later decision."""

    zh = "生效日期{effective}已过；今天是{today}"
    en = "the effective day {effective} is over; today is {today}"


class MergerInTheWay(RuleBroken):
    """Two mergers of the same divisions are decided one after the other."""

    zh = "区划变更“{other}”尚未生效，涉及相同的区划：{codes}"
    en = "merger “{other}” is not in force yet and concerns the same divisions: {codes}"


class MergerNotAnnounced(RuleBroken):
    """Only what is announced and not in force yet can be taken back."""

    zh = "区划变更已{state_zh}，不能撤回"
    en = "the merger {state_en} already and cannot be taken back"


class PersonAlreadyRegistered(RuleBroken):
    """A resident number belongs to one person (GB 11643-1999 clause 3)."""

    zh = "该公民身份号码已登记"
    en = "a person with this resident number is registered already"


class NameTaken(RuleBroken):
    """Another enterprise has the name, or it is reserved (Decree 734 article 17)."""

    zh = "企业名称“{name}”已登记或在保留期内"
    en = "the enterprise name “{name}” is registered or reserved already"


class NameUnlawful(RuleBroken):
    """The name breaks the rules of State Council Decree 734."""

    zh = "企业名称“{name}”不符合规定：{reasons_zh}"
    en = "the enterprise name “{name}” is not lawful: {reasons_en}"


class ReservationNotUsable(RuleBroken):
    """Only a reservation in force serves, and only its own applicant (Decree 734 article 18)."""

    zh = "名称保留“{id}”不能使用：{reason_zh}"
    en = "name reservation “{id}” cannot be used: {reason_en}"


class FactNotOfSubject(RuleBroken):
    """A fact of an enterprise was asked of a person, or the other way round."""

    zh = "“{subject}”没有此类数据：{facts}"
    en = "“{subject}” has no such facts: {facts}"


@dataclass(frozen=True)
class Fault:
    """One thing that stands against something, in Chinese and English."""

    zh: str
    en: str


def told(faults: Iterable[Fault]) -> dict[str, str]:
    """All of them as the two sentences that `NameUnlawful` and `MergerUnlawful` are raised with."""
    listed = tuple(faults)
    return {
        "reasons_zh": "；".join(fault.zh for fault in listed),
        "reasons_en": "; ".join(fault.en for fault in listed),
    }


# Signing in

FAILURES_BORNE = 5
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)

UNKNOWN_NAMES = 1024
"""How many counters the names that no account has share."""


def wait_after(failures: int) -> timedelta:
    """How long an account waits after so many failed sign-ins in a row: not at all up to the
    fourth, a minute after the fifth, then twice as long each time, an hour at most (GB/T 22239-2019
    clause 8.1.4.1 b asks for a limit and leaves the figures open)."""
    if failures < FAILURES_BORNE:
        return timedelta(0)
    doublings = min(failures - FAILURES_BORNE, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def counted_as(name: str, *, known: bool) -> str:
    """Under which id the failures of an account name are counted.

    A name that no account has is counted as well, so that its failure costs what another does. It
    shares one of a fixed number of counters with others: a row for each name would let anybody fill
    the table, and keep what somebody typed into the wrong field. An account's own counter is shared
    with nobody, so whoever fails under other names cannot make it wait. No account name has capital
    letters, so the two never meet.
    """
    return name if known else f"UNKNOWN-{int(_digest16(name), 16) % UNKNOWN_NAMES:04}"


# Identifiers


def _digest16(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def person_id_of(number: str, secret: str) -> str:
    """The id of the person with this resident number, the same each time.

    It travels in events, so it is keyed: a plain digest would tell the number to whoever tries
    all numbers that there can be.
    """
    digest = hmac.digest(secret.encode(), number.encode(), "sha256")
    return f"p-{digest.hex()[:16]}"


def reservation_id_of(name: str) -> str:
    """The id of a name's reservation: two reservations of one name meet at one key."""
    return f"n-{_digest16(name)}"


def enterprise_id_of(credit_code: str) -> str:
    """The id of the enterprise with this credit code, which is public."""
    return f"e-{credit_code}"


def registering_organ_of(division: str) -> str:
    """The id of the market regulation organ that registers the enterprises of a division: its
    county's (State Council Decree 746 article 5)."""
    return f"{division[:6]}-market_regulation"


def licence_id_of(case_id: str) -> str:
    """The id of the licence that a case led to: a case leads to one."""
    return f"l-{case_id}"


def credit_code_of_case(case_id: str, division: str, attempt: int = 0) -> str:
    """The credit code for the enterprise that a case registers: market regulation (9), enterprise
    (1), the county, an organisation code (GB 32100-2015 clause 4).

    The organisation code is drawn from the case id, so that the same decision always gives the
    same code; `attempt` counts up where the code is taken. Raises ValueError for a division that
    is none.
    """
    level_of(division)
    drawn = hashlib.sha256(f"{case_id}/{attempt}".encode()).digest()
    body = "".join(CREDIT_CODE_ALPHABET[byte % len(CREDIT_CODE_ALPHABET)] for byte in drawn[:8])
    return credit_code_from("9", "1", division[:6].ljust(6, "0"), organisation_code_from(body))


# People


def number_warnings(
    number: str, registered_in: tuple[str, date | None] | None, today: date
) -> tuple[str, ...]:
    """What is remarkable about the district code in a resident number; never a reason to refuse.

    `registered_in` is the name and last day of that district, None where no table knows it. Of
    other provinces no table is kept, so nothing is said of their codes.
    """
    code = first_registered_division(number)
    if not code.startswith(PROVINCE):
        return ()
    if registered_in is None:
        return (f"号码中的行政区划代码{code}未知 / district code {code} is unknown",)
    name, valid_to = registered_in
    if valid_to is not None and valid_to <= today:
        return (f"号码中的行政区划{name}已撤销 / district {code} was abolished on {valid_to}",)
    return ()


# Divisions


class MergerState(StrEnum):
    """How far a merger of divisions has come."""

    ANNOUNCED = "announced"  # 已公布
    IN_FORCE = "in_force"  # 已生效
    WITHDRAWN = "withdrawn"  # 已撤回


# Enterprise names


class ReservationState(StrEnum):
    """What became of a reserved name."""

    RESERVED = "reserved"  # 保留中
    USED = "used"  # 已登记使用
    RELEASED = "released"  # 已释放


FORMS = ("股份有限公司", "有限责任公司", "有限公司", "股份公司")
"""The forms of a company that its name ends with (Decree 734 article 10), the longer first."""

RESERVED_WORDS = ("中国", "中华", "中央", "全国", "国家")
"""Words that need the State Council's approval (Decree 734 article 12)."""

FORBIDDEN_WORDS = (
    "共产党",
    "人民政府",
    "人民法院",
    "检察院",
    "公安",
    "解放军",
    "共青团",
    "工会",
    "联合国",
)
"""Parties, organs, mass organisations, international bodies (Decree 734 article 11 (3), (4))."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff（）]+")
_KINDS_LEFT_OUT = {Level.PROVINCE: "省", Level.CITY: "市", Level.COUNTY: "市县"}
_SHORTEST_PLACE = 2


def _places(division: str, names: Mapping[str, str]) -> list[str]:
    """What a name may begin with: its province, city or county, the kind of division left out if
    need be; a district only after its city (Decree 734 article 7)."""
    places: list[str] = []
    for code in lineage(division):
        level = level_of(code)
        if level > Level.COUNTY or code not in names:
            continue
        name = names[code]
        if level is Level.COUNTY and name.endswith("区"):
            places.append(names.get(code[:4], "") + name)
            continue
        places.append(name)
        bare = name[:-1]
        if name[-1] in _KINDS_LEFT_OUT[level] and len(bare) >= _SHORTEST_PLACE:
            places.append(bare)
    return places


def name_faults(name: str, division: str, names: Mapping[str, str]) -> tuple[Fault, ...]:
    """What is unlawful about an enterprise name in its division (State Council Decree 734).

    Checked are script (article 5), division (6, 7), trade name (8), form (10) and forbidden words
    (11, 12). `names` holds the names of the division, of those above it and of the other counties
    of its city, by code.
    """
    place = max(filter(name.startswith, _places(division, names)), key=len, default="")
    form = next(filter(name.endswith, FORMS), "")
    core = name.removeprefix(place).removesuffix(form)
    own = lineage(division)
    elsewhere = [n for code, n in names.items() if code not in own and core.startswith(n)]
    words = [word for word in FORBIDDEN_WORDS + RESERVED_WORDS if word in core]
    faults: list[Fault] = []
    if not _HAN.fullmatch(name):
        faults.append(Fault("应当使用规范汉字", "it must be written in Chinese characters"))
    if not place:
        faults.append(
            Fault("应当冠以所在地行政区划名称", "it must begin with the name of its division")
        )
    if elsewhere:
        faults.append(
            Fault(f"{elsewhere[0]}不是企业所在地", f"{elsewhere[0]} is not where the enterprise is")
        )
    if not form:
        faults.append(
            Fault("应当标明组织形式，如有限公司", "it must end with its form, such as 有限公司")
        )
    if place and form and len(core) < _SHORTEST_PLACE:
        faults.append(
            Fault("字号应当由两个以上汉字组成", "the trade name needs two characters or more")
        )
    if words:
        listed = "、".join(words)
        faults.append(Fault(f"含有禁止使用的字词：{listed}", f"it contains {listed}"))
    return tuple(faults)


def two_months_after(day: date) -> date:
    """The last day of a period of two months: the same day of the month, or that month's last
    (Decree 734 article 18; Civil Code article 202)."""
    year, month = divmod(day.year * 12 + day.month - 1 + 2, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


# Sharing data


def require_facts_of(subject: str, facts: Iterable[str]) -> None:
    """Raise `FactNotOfSubject` unless all are facts of a person (`p-…`) or all of an enterprise."""
    kind = "person." if subject.startswith("p-") else "enterprise."
    strange = sorted(fact for fact in set(facts) if not fact.startswith(kind))
    if strange:
        raise FactNotOfSubject(subject=subject, facts=", ".join(strange))
