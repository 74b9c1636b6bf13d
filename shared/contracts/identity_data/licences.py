"""Electronic licences: types, states, checks, presentations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from typing import Annotated, Literal

from marshmallow import validate

from shared.contracts.base import (
    Command,
    Contract,
    Done,
    Event,
    Label,
    Query,
    Transition,
)
from shared.contracts.fields import (
    Identifier,
)
from shared.contracts.identity_data.terms import LegalBasis
from shared.contracts.succession import PassedOn

LicenceKind = Annotated[
    Literal["business_licence", "food_operation_licence"], Label("证照类型", "type of licence")
]
LicenceStanding = Annotated[
    Literal["in_force", "suspended", "revoked", "expired"], Label("证照状态", "state of a licence")
]
LicenceReason = Annotated[str, validate.Length(min=2, max=500), Label("理由", "reason")]


class LicenceType(Contract):
    """One type of licence (GB/T 36902-2018): who holds it, which kind of organ issues it, for how
    many years it is in force (None: without end), what it states besides its holder's data, and
    the law behind it."""

    code: LicenceKind
    title: str
    title_en: str
    holder: Annotated[str, Label("持证主体类别", "kind of holder")]
    organ_kind: Annotated[str, Label("发证机关类别", "kind of issuing organ")]
    years: Annotated[int | None, Label("有效期限（年）", "years in force")] = None
    particulars: tuple[str, ...] = ()
    basis: str


class LicenceTypeList(Contract):
    """Types of licences."""

    types: tuple[LicenceType, ...]


class LicenceCatalogue(Query[LicenceTypeList], on="PublicLicenceType", zh="查询证照类型目录"):
    """The catalogue of the types of licences; anybody may ask."""


class IssueLicence(Command[Done], on="Licence", zh="颁发电子证照"):
    """Issue a licence to an enterprise, in the name of `organ` (Administrative Licensing Law
    article 39); `particulars` are those that the type states besides its holder's. A business
    licence is not issued by this but follows from the registration."""

    kind: Annotated[Literal["food_operation_licence"], Label("证照类型", "type of licence")]
    organ: Annotated[Identifier, Label("发证机关", "issuing organ")]
    enterprise_id: Annotated[Identifier, Label("持证企业", "enterprise that holds it")]
    particulars: Annotated[
        Mapping[str, str], validate.Length(max=20), Label("载明事项", "what it states")
    ]


class SuspendLicence(Transition[Done], on="Licence", key="licence_id", zh="暂扣电子证照"):
    """Withhold a licence for a time (Administrative Penalty Law article 9 (3)); its period goes
    on."""

    licence_id: Identifier
    reason: LicenceReason
    legal_basis: LegalBasis


class ResumeLicence(Transition[Done], on="Licence", key="licence_id", zh="恢复电子证照"):
    """Give a suspended licence back."""

    licence_id: Identifier


class RevokeLicence(Transition[Done], on="Licence", key="licence_id", zh="吊销电子证照"):
    """Take a licence away for good (Administrative Penalty Law article 9 (3))."""

    licence_id: Identifier
    reason: LicenceReason
    legal_basis: LegalBasis


class LicenceIssued(Event, on="Licence", key="licence_id", zh="电子证照已签发"):
    """An electronic licence was signed (GB/T 36901-2018); the content stays with the platform."""

    licence_id: Identifier
    kind: LicenceKind
    holder: Identifier
    case_id: Identifier | None = None


class LicenceSuspended(Event, on="Licence", key="licence_id", zh="电子证照已暂扣"):
    """A licence is not in force until it is given back; the reason stays with the platform."""

    licence_id: Identifier
    kind: LicenceKind
    holder: Identifier
    legal_basis: LegalBasis


class LicenceResumed(Event, on="Licence", key="licence_id", zh="电子证照已恢复"):
    """A licence is in force again."""

    licence_id: Identifier
    kind: LicenceKind
    holder: Identifier


class LicenceRevoked(Event, on="Licence", key="licence_id", zh="电子证照已吊销"):
    """A licence is over by a decision; the reason stays with the platform."""

    licence_id: Identifier
    kind: LicenceKind
    holder: Identifier
    legal_basis: LegalBasis


class LicenceExpired(Event, on="Licence", key="licence_id", zh="电子证照已届满"):
    """A licence is over because its last day is (Administrative Licensing Law article 70 (1))."""

    licence_id: Identifier
    kind: LicenceKind
    holder: Identifier


class LicencePassedOn(PassedOn, on="Licence", zh="电子证照区划已变更"):
    """Another division is responsible for a licence now, and the organ that took its organ over."""


class Licence(Contract):
    """An electronic licence: `signed` is a JWS (RFC 7515) over its content, Ed25519.

    `last_day` is the last on which it is in force, None without end; `reason` and `legal_basis`
    are those of its suspension or revocation.
    """

    licence_id: Identifier
    version: int
    kind: str
    holder: Identifier
    content: Mapping[str, object]
    signed: Annotated[str, validate.Length(min=1, max=20_000)]
    revoked: bool = False
    state: LicenceStanding = "in_force"
    organ: Annotated[str, validate.Length(max=64), Label("发证机关", "issuing organ")] = ""
    last_day: date | None = None
    reason: Annotated[str, validate.Length(max=500), Label("理由", "reason")] = ""
    legal_basis: Annotated[str, validate.Length(max=200), Label("法律依据", "legal basis")] = ""


class LicenceById(
    Query[Licence],
    on="Licence",
    key="licence_id",
    zh="查询电子证照",
    personal="licence_id",
    delegable=True,
):
    """A licence with its signature; for its holder's people and for officials."""

    licence_id: Identifier


class LicenceList(Contract):
    """Licences, those in force first."""

    licences: tuple[Licence, ...]


class LicencesOfPerson(
    Query[LicenceList], on="OwnLicences", zh="我的证照", personal="owner", delegable=True
):
    """The licences of the enterprises whose legal representative a person is, 200 at most."""

    owner: Annotated[Identifier, Label("持证人", "whose licences they are")]


class LicenceOfCase(
    Query[Licence], on="Licence", zh="查询办件证照", personal="licence_id", delegable=True
):
    """The licence that a case led to."""

    case_id: Identifier
    owner: Annotated[Identifier | None, Label("申请人", "the applicant, whose own case it is")] = (
        None
    )


class LicenceVerdict(Contract):
    """What a check of a presented licence found; `state` is the present one of a genuine licence
    that is known."""

    genuine: bool
    in_force: bool
    reason: Annotated[str, validate.Length(max=200)] = ""
    content: Mapping[str, object] = field(default_factory=dict)
    state: LicenceStanding | None = None


class VerifyLicence(Query[LicenceVerdict], on="PublicLicence", zh="核验电子证照"):
    """Whether a whole licence or a presentation is genuine, in time and still in force; anybody
    may ask. Of a presentation only the items that it shows are answered."""

    signed: Annotated[str, validate.Length(min=1, max=20_000)]


class LicencePresentation(Contract):
    """Chosen items of a licence as a signed text (JWS), and the same as a QR code in SVG; neither
    holds from `expires_at` on."""

    presentation: Annotated[str, validate.Length(min=1, max=2000)]
    expires_at: datetime
    qr: Annotated[str, validate.Length(min=1, max=200_000), Label("二维码", "QR code as SVG")]


class PresentLicence(
    Query[LicencePresentation],
    on="Licence",
    key="licence_id",
    zh="出示电子证照",
    personal="licence_id",
):
    """Show these items of a licence in force, and no others, for five minutes; for its holder's
    people. What is always shown: its id, its type and its last day."""

    licence_id: Identifier
    items: Annotated[
        tuple[Annotated[str, validate.Length(min=1, max=60)], ...],
        validate.Length(min=1, max=30),
        Label("出示事项", "names of items of its content"),
    ]


class LicenceKeySet(Contract):
    """The public keys of licences, as a JWK Set (RFC 7517 section 5)."""

    keys: tuple[Mapping[str, object], ...]


class LicenceKeys(Query[LicenceKeySet], on="PublicKey", zh="查询证照公钥"):
    """All public keys that licences were ever signed with, for checking without this platform;
    anybody may ask."""
