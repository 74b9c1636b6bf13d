"""Reference data: keys, calendar, divisions, organs, synthetic people, enterprises, accounts."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import Final

from services.identity_data import keys, passwords
from services.identity_data.commands.catalogue import enter_resource
from services.identity_data.commands.sharing import grant_of
from services.identity_data.domain import PROVINCE
from services.identity_data.domain.second_factor import (
    SECRET_BYTES,
    STEP,
    code_at,
    secret_from,
    steps_of,
)
from services.identity_data.models import (
    Account,
    Calendar,
    Division,
    Enterprise,
    GrantTerms,
    Organ,
    Person,
    SecondFactor,
    SigningKey,
)
from services.identity_data.reference.divisions import Division as ReferenceDivision
from services.identity_data.reference.divisions import all_divisions, code_on, divisions_as_known_on
from services.identity_data.reference.organs import DEPARTMENTS, OrganKind, organ_id, organs_on
from services.identity_data.reference.organs import Organ as ReferenceOrgan
from services.identity_data.reference.resources import GRANTS, RESOURCES
from services.identity_data.reference.synthetic import (
    SyntheticResident,
    synthetic_enterprises,
    synthetic_residents,
)
from services.identity_data.reference.systems import SYSTEMS
from services.identity_data.registry import organ_register
from shared.clocks import machine_now
from shared.context import Context, Principal, new_id, service_principal
from shared.contracts.base import SERVICES
from shared.loading import LoadStep
from shared.settings import Settings
from shared.storage import layout_of

COUNTY: Final = "330106"
"""The county whose officials have demo accounts: 杭州市西湖区."""

CITY: Final = "3301"
"""The city that has an administrator: 杭州市."""

MERGED_COUNTIES: Final = ("330102", "330103", "330104", "330105", "330114")
"""The districts of Hangzhou that ended, grew or began in April 2021; each has a registrar."""

REVIEWING_COUNTIES: Final = ("330203", "330483")
"""Counties of other cities whose offices review and adopt what the first one tried: 宁波市海曙区
and 桐乡市."""

ORGANS_ON: Final = date(2026, 1, 1)
"""After the latest change of divisions on record."""

PURPOSES: Final[tuple[keys.Purpose, ...]] = ("token", "licence")
NEW_PASSWORD: Final[Callable[[], str]] = partial(secrets.token_urlsafe, 18)
WITH_FACTOR: Final = frozenset({"registrar.household", "administrator", "operator.accounts"})
"""Who merges records of people, gives out enrolment codes or acts on every account needs more than
a password, and nobody is there before them who could give them a code."""

DIVISIONS_A_STEP: Final = 3_000
RESIDENTS: Final = 1_000
RESIDENTS_A_STEP: Final = 500
ENTERPRISES: Final = 200
FOUNDER_BORN: Final = (date(1966, 1, 1), date(1996, 1, 1))
"""The demo residents are of working age in every year that a story plays in, 2014 to 2026."""


def new_factor() -> str:
    """A secret of a second factor, drawn at random."""
    return secret_from(secrets.token_bytes(SECRET_BYTES))


@dataclass(frozen=True)
class FirstAccount:
    """An account that set-up makes, the secret's file that holds its password, and the one that
    holds the secret of its second factor, if it has one."""

    name: str
    principal: Principal
    secret: str
    factor: str = ""


def make_secrets(settings: Settings) -> None:
    """Make every secret that loading would make, for a platform whose secrets are kept elsewhere
    and only read where it runs."""
    for purpose in PURPOSES:
        keys.ensure_signing_key(settings, purpose, f"{purpose}-{new_id()[:16]}")
    keys.ensure_person_secret(settings)
    keys.ensure_factor_key(settings)
    for account in (*demo_accounts(), *system_accounts()):
        keys.secret_file(settings, account.secret, NEW_PASSWORD)
        if account.factor:
            keys.secret_file(settings, account.factor, new_factor)


def steps(settings: Settings) -> Iterator[LoadStep]:
    """All reference data of the service, in the order in which one part needs another."""
    yield LoadStep("signing_keys", "签名密钥", 2, partial(_publish_keys, settings))
    yield LoadStep("calendar", "业务日历", 1, _found_calendar)
    day = settings.divisions_as_of
    divisions = tuple(all_divisions() if day is None else divisions_as_known_on(day))
    for start in range(0, len(divisions), DIVISIONS_A_STEP):
        part = divisions[start : start + DIVISIONS_A_STEP]
        yield LoadStep(f"divisions-{start}", "行政区划", len(part), partial(append_divisions, part))
    organs = tuple(organs_on(day or ORGANS_ON))
    yield LoadStep("organs", "机构", len(organs), partial(append_organs, organs))
    yield LoadStep("organ-register", "机构名录", 1, _list_organs)
    yield LoadStep(
        "shared-data", "信息资源与共享授权", len(RESOURCES) + len(GRANTS), append_shared_data
    )
    for start in range(0, RESIDENTS, RESIDENTS_A_STEP):
        yield LoadStep(
            f"residents-{start}",
            "示例居民",
            RESIDENTS_A_STEP,
            partial(_register_residents, start, RESIDENTS_A_STEP, day),
        )
    yield LoadStep("enterprises", "示例企业", ENTERPRISES, partial(_register_enterprises, day))
    accounts = demo_accounts()
    yield LoadStep("accounts", "账号", len(accounts), partial(_open_accounts, settings, accounts))
    # A step of its own for each, so that one named later comes with the next load.
    for account in accounts:
        if account.factor:
            name = f"second-factor-{account.name}"
            yield LoadStep(name, "动态口令", 1, partial(_secure, settings, account))
    for account in system_accounts():
        name = f"account-{account.name}"
        yield LoadStep(name, "外部系统账号", 1, partial(_open_accounts, settings, (account,)))


def demo_accounts() -> tuple[FirstAccount, ...]:
    """Every account: residents, officials, registrars, stewards of data, offices, a leader and who
    works for it, an administrator, an operator, the services."""
    resident, stranger = _demo_residents()
    people = [
        _resident_principal("resident", resident),
        _resident_principal("stranger", stranger),
        *(_official_principal(kind) for kind in DEPARTMENTS),
        Principal(
            "leader",
            "official",
            PROVINCE,
            organ_id(PROVINCE, OrganKind.GOVERNMENT),
            ("leader",),
        ),
        Principal(
            "registrar.divisions",
            "official",
            PROVINCE,
            organ_id(PROVINCE, OrganKind.CIVIL_AFFAIRS),
            ("division_registrar",),
        ),
        Principal(
            "registrar.household",
            "official",
            COUNTY,
            organ_id(COUNTY, OrganKind.PUBLIC_SECURITY),
            ("household_registrar",),
        ),
        *(
            Principal(
                f"steward.{kind}", "official", PROVINCE, organ_id(PROVINCE, kind), ("data_steward",)
            )
            for kind in (OrganKind.PUBLIC_SECURITY, OrganKind.MARKET_REGULATION)
        ),
        Principal(
            "administrator",
            "official",
            CITY,
            organ_id(CITY, OrganKind.GOVERNMENT),
            ("administrator",),
        ),
        *(
            Principal(
                f"office.{division}",
                "official",
                division,
                organ_id(division, OrganKind.GOVERNMENT),
                ("general_office",),
            )
            for division in (PROVINCE, CITY, COUNTY)
        ),
        Principal(
            "inspector",
            "official",
            PROVINCE,
            organ_id(PROVINCE, OrganKind.GOVERNMENT),
            ("inspector",),
        ),
        Principal(
            "legal_reviewer",
            "official",
            PROVINCE,
            organ_id(PROVINCE, OrganKind.JUSTICE),
            ("legal_reviewer",),
        ),
        Principal(
            "office.party",
            "official",
            PROVINCE,
            organ_id(PROVINCE, OrganKind.PARTY_COMMITTEE),
            ("general_office",),
        ),
        Principal(
            "statistician",
            "official",
            PROVINCE,
            organ_id(PROVINCE, OrganKind.DATA_RESOURCES),
            ("statistician",),
        ),
        Principal(
            "evaluator",
            "official",
            PROVINCE,
            organ_id(PROVINCE, OrganKind.PARTY_COMMITTEE),
            ("evaluator",),
        ),
        Principal("operator", "operator", PROVINCE, "", ("operator",)),
        # Apart from who watches all day, because a code is good once.
        Principal("operator.accounts", "operator", PROVINCE, "", ("operator",)),
    ]
    people += [
        # Who keeps the basic catalogue applies for the data that its items need, too.
        Principal(
            f"catalogue.{PROVINCE}",
            "official",
            PROVINCE,
            organ_id(PROVINCE, OrganKind.DATA_RESOURCES),
            ("catalogue_manager", "data_steward"),
        ),
        Principal(
            f"catalogue.{COUNTY}",
            "official",
            COUNTY,
            organ_id(COUNTY, OrganKind.PUBLIC_SECURITY),
            ("catalogue_manager",),
        ),
        *(
            Principal(
                f"window.{county}",
                "official",
                county,
                organ_id(county, OrganKind.DATA_RESOURCES),
                ("one_window",),
            )
            for county in (COUNTY, REVIEWING_COUNTIES[0])
        ),
        Principal(
            f"leader.{COUNTY}",
            "official",
            COUNTY,
            organ_id(COUNTY, OrganKind.PUBLIC_SECURITY),
            ("leader",),
        ),
    ]
    people += [
        Principal(
            f"supervisor.{division}",
            "official",
            division,
            organ_id(division, OrganKind.SUPERVISION),
            ("supervisor",),
        )
        for division in (PROVINCE, CITY)
    ]
    people += [
        Principal(
            "researcher",
            "official",
            PROVINCE,
            organ_id(PROVINCE, OrganKind.PARTY_COMMITTEE),
            ("researcher",),
        ),
        *(
            Principal(
                f"office.{county}",
                "official",
                county,
                organ_id(county, OrganKind.GOVERNMENT),
                ("general_office",),
            )
            for county in REVIEWING_COUNTIES
        ),
    ]
    people += [
        Principal(
            f"official.{OrganKind.MARKET_REGULATION}.{county}",
            "official",
            county,
            organ_id(county, OrganKind.MARKET_REGULATION),
            ("case_officer",),
        )
        for county in MERGED_COUNTIES
    ]
    accounts = [
        FirstAccount(
            one.id, one, f"account-{one.id}", factor_file(one.id) if one.id in WITH_FACTOR else ""
        )
        for one in people
    ]
    accounts += [
        FirstAccount(f"service.{service}", service_principal(service), service)
        for service in SERVICES
    ]
    return tuple(accounts)


def factor_file(account: str) -> str:
    """The secret's file with which an authenticator of that demo account would show its codes."""
    return f"account-{account}.totp"


def system_accounts() -> tuple[FirstAccount, ...]:
    """The service account of every registered system outside."""
    return tuple(FirstAccount(one.account, one.principal, one.name) for one in SYSTEMS.values())


def _resident_principal(account: str, resident: SyntheticResident) -> Principal:
    person = keys.person_id(resident.number)
    return Principal(account, "resident", resident.division[:6], person=person)


def _official_principal(kind: OrganKind) -> Principal:
    return Principal(
        f"official.{kind}", "official", COUNTY, organ_id(COUNTY, kind), ("case_officer",)
    )


def _demo_residents() -> tuple[SyntheticResident, SyntheticResident]:
    """The first two residents of working age, who live in different counties."""
    begin, end = FOUNDER_BORN
    adults = [one for one in _residents() if begin <= one.birth < end]
    first = adults[0]
    return first, next(one for one in adults if one.division[:6] != first.division[:6])


@cache
def _residents() -> tuple[SyntheticResident, ...]:
    return tuple(synthetic_residents(RESIDENTS))


# The steps


def _publish_keys(settings: Settings, context: Context) -> None:
    for purpose in PURPOSES:
        key = keys.ensure_signing_key(settings, purpose, f"{purpose}-{context.new_id()[:16]}")
        published = SigningKey(
            id=str(key.kid),
            jwk=dict(key.as_dict(private=False)),
            purpose=purpose,
            valid_from=machine_now(),
        )
        context.unit.add(published).publish()


def _found_calendar(context: Context) -> None:
    context.unit.add(Calendar(id="calendar"))


def append_divisions(divisions: Sequence[ReferenceDivision], context: Context) -> None:
    """Keep divisions that nobody has kept yet."""
    for division in divisions:
        # Appended, because nothing can hold these ids yet, and guards would cost as much again.
        context.unit.append(
            layout_of(Division).table,
            {
                "id": division.code,
                "division": division.code,
                "version": 1,
                "name": division.name,
                "name_en": division.name_en,
                "level": int(division.level),
                "parent": division.parent,
                "valid_from": division.valid_from,
                "valid_to": division.valid_to,
                "predecessors": list(division.predecessors),
                "successors": list(division.successors),
            },
        )


def append_organs(organs: Sequence[ReferenceOrgan], context: Context) -> None:
    """Keep organs that nobody has kept yet."""
    for organ in organs:
        context.unit.append(
            layout_of(Organ).table,
            {
                "id": organ.id,
                "version": 1,
                "name": organ.name_zh,
                "name_en": organ.name_en,
                "division": organ.division,
                "kind": organ.kind.value,
                "type": organ.type.value,
                "parent": organ.parent_id,
            },
        )


def _list_organs(context: Context) -> None:
    # Of what is kept, so that a database loaded before tells its organs too.
    organ_register(context).list_organs(context.unit.find_all(Organ))


def append_shared_data(context: Context) -> None:
    """Keep the resources that the platform holds, and the grants by which its services read."""
    for order in RESOURCES:
        context.unit.add(enter_resource(order, PROVINCE, context)).publish()
    for one in GRANTS:
        terms = GrantTerms(
            applicant=one.applicant,
            items=one.items,
            reader_name=one.reader_name,
            purpose=one.purpose,
            legal_basis=one.legal_basis,
            within=PROVINCE,
        )
        grant_of(one.reader, one.matter, one.resource.code, context).give(terms, context.today)


def _register_residents(start: int, size: int, day: date | None, context: Context) -> None:
    for one in _residents()[start : start + size]:
        division = one.division if day is None else code_on(one.division, day)
        context.unit.add(Person.registered(one.number, one.name, division, one.phone))


def _register_enterprises(day: date | None, context: Context) -> None:
    for one in synthetic_enterprises(ENTERPRISES):
        context.unit.add(
            Enterprise.registered(
                credit_code=one.credit_code,
                name=one.name,
                division=one.division if day is None else code_on(one.division, day),
                industry=one.industry,
                registered_capital=one.registered_capital_fen,
                established=one.established,
                legal_representative=keys.person_id(one.legal_representative_number),
            )
        )


def _open_accounts(settings: Settings, accounts: Sequence[FirstAccount], context: Context) -> None:
    for account in accounts:
        password = keys.secret_file(settings, account.secret, NEW_PASSWORD)
        principal = account.principal
        context.unit.add(
            Account(
                id=account.name,
                division=principal.division,
                password_hash=passwords.hashed(password),
                principal_id=principal.id,
                kind=principal.kind,
                person=principal.person,
                organ=principal.organ,
                roles=list(principal.roles),
            )
        )


def _secure(settings: Settings, account: FirstAccount, context: Context) -> None:
    """Give the account its second factor, and open it where the accounts were opened without it."""
    if context.unit.find(Account, account.name) is None:
        _open_accounts(settings, (account,), context)
    if context.unit.find(SecondFactor, account.principal.id) is None:
        _give_factor(settings, account, context)


def _give_factor(settings: Settings, account: FirstAccount, context: Context) -> None:
    secret = keys.secret_file(settings, account.factor, new_factor)
    holder = account.principal.id
    sealed = keys.seal_secret(secret, holder, bytes.fromhex(context.new_id()), settings)
    factor = SecondFactor(
        id=holder, division=account.principal.division, label=account.name, sealed=sealed
    )
    factor.enrol(account.name, sealed)
    now = machine_now()
    factor.confirm(steps_of(secret, code_at(secret, now - timedelta(seconds=STEP)), now))
    context.unit.add(factor)
