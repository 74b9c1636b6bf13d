"""Organs of the party and the state, their posts, and who is appointed to these."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
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
    DivisionCode,
    Identifier,
)
from shared.contracts.identity_data.terms import AccountName, Basis
from shared.contracts.succession import PassedOn

OrganType = Annotated[
    Literal[
        "party",
        "congress",
        "government",
        "cppcc",
        "supervision",
        "court",
        "procuratorate",
        "department",
    ],
    Label("机构类别", "body of party or state"),
]


class Organ(Contract):
    """A party or government organ; `valid_to` is the first day on which it is no more."""

    organ_id: Identifier
    name: Annotated[str, validate.Length(max=100)]
    division: DivisionCode
    kind: str
    parent: Annotated[str | None, Label("上级", "superior organ")] = None
    valid_from: date | None = None
    valid_to: date | None = None
    successor: Annotated[str | None, Label("承接机构", "organ that took its work over")] = None
    type: OrganType | None = None
    name_en: Annotated[str, validate.Length(max=200)] = ""


class OrgansListed(Event, on="OrganRegister", key="register_id", zh="机构名录已更新"):
    """How these organs stand now: newly established, renamed, or no more. Whoever keeps organs
    replaces what it knew of each."""

    register_id: Identifier
    organs: Annotated[tuple[Organ, ...], validate.Length(min=1, max=1000)]


class OrganById(Query[Organ], on="PublicOrgan", zh="查询机构"):
    """One organ."""

    organ_id: Identifier


class OrganList(Contract):
    """An organ and those directly below it."""

    organs: tuple[Organ, ...]


class OrgansBelow(Query[OrganList], on="PublicOrgan", zh="查询下级机构"):
    """An organ and those in being that answer to it, of all types or one, as of a day; without one,
    today. A government's departments and the governments below it both answer to it."""

    organ_id: Identifier
    type: OrganType | None = None
    as_of: date | None = None


# Posts

Role = Annotated[str, validate.Regexp(r"[a-z][a-z_]{1,38}\Z"), Label("角色", "role")]
Roles = Annotated[
    tuple[Role, ...],
    validate.Length(max=10),
    Label("职位角色", "roles that come with the post"),
]
PostTitle = Annotated[str, validate.Length(min=2, max=100), Label("职位名称", "title of the post")]
AppointmentKind = Annotated[
    Literal["substantive", "acting"], Label("任职方式", "substantive, or acting for a time")
]


class EstablishPost(Command[Done], on="Post", zh="设立职位"):
    """Establish a post in an organ of the division. Its holder has its roles, in that organ alone;
    only such roles are given as an administrator may give."""

    division: DivisionCode
    organ: Identifier
    title: PostTitle
    roles: Roles = ()


class PostEstablished(Event, on="Post", key="post_id", zh="职位已设立"):
    """There is a post to be held."""

    post_id: Identifier
    organ: Identifier
    roles: Roles


class AbolishPost(Transition[Done], on="Post", key="post_id", zh="撤销职位"):
    """Abolish a post that nobody holds or is to hold."""

    post_id: Identifier


class PostAbolished(Event, on="Post", key="post_id", zh="职位已撤销"):
    """Nobody is appointed to the post any more."""

    post_id: Identifier
    organ: Identifier


class Appointed(Contract):
    """The appointment that was made."""

    appointment_id: Identifier


class AppointOfficial(Transition[Appointed], on="Post", key="post_id", zh="任命"):
    """Appoint an official to a post from a day on, up to but not on `valid_to` (Civil Servant Law);
    without a day, at once.

    A post has one substantive holder at a time. Somebody acts (代理、主持工作) while there is no
    holder or the holder is absent, up to a day that must be given, or until a holder begins.
    """

    post_id: Identifier
    account: AccountName
    kind: AppointmentKind = "substantive"
    valid_from: Annotated[date | None, Label("任职日", "first day")] = None
    valid_to: Annotated[date | None, Label("终止日", "first day on which it is over")] = None
    holder_absent: Annotated[bool, Label("在任者缺勤", "the holder is absent")] = False
    basis: Basis


class AppointmentAnnounced(Event, on="Appointment", key="appointment_id", zh="任命已作出"):
    """Somebody will hold the post from that day on; persons stand in it by their principal."""

    appointment_id: Identifier
    post_id: Identifier
    holder: Identifier
    kind: AppointmentKind
    valid_from: date
    valid_to: date | None = None


class AppointmentBegan(Event, on="Appointment", key="appointment_id", zh="已到任"):
    """The holder has the post's authority in every token issued from now on."""

    appointment_id: Identifier
    post_id: Identifier
    holder: Identifier


class EndAppointment(Transition[Done], on="Appointment", key="appointment_id", zh="免职"):
    """End an appointment from a day on, without one at once: the official is relieved, resigns or
    is transferred (Civil Servant Law). One that has not begun by then is withdrawn."""

    appointment_id: Identifier
    reason: Annotated[
        Literal["relieved", "resigned", "transferred", "retired"], Label("原因", "why")
    ]
    valid_to: Annotated[date | None, Label("终止日", "first day on which it is over")] = None
    basis: Basis


class AppointmentEnded(Event, on="Appointment", key="appointment_id", zh="已离任"):
    """The post's authority ended; every session of the principal is revoked after it. `reason` is
    that of the order, or `term_over`, or `holder_began` for who acted until then."""

    appointment_id: Identifier
    post_id: Identifier
    principal: Identifier
    reason: str


class AppointmentWithdrawn(Event, on="Appointment", key="appointment_id", zh="任命已撤回"):
    """What was announced does not begin."""

    appointment_id: Identifier
    post_id: Identifier


class PostChangedHands(Event, on="Post", key="post_id", zh="职位已交接"):
    """`former` exercises the post no more, `holder` does, by this appointment; None while it is
    vacant. Every service passes the former's open work in that organ on."""

    post_id: Identifier
    organ: Identifier
    former: Identifier | None = None
    holder: Identifier | None = None
    appointment_id: Identifier | None = None


class PostPassedOn(PassedOn, on="Post", zh="职位区划已变更"):
    """A post belongs to the organ that took its organ over."""


class Holding(Contract):
    """One appointment to a post, `taken_over` what its holder took over at the beginning, by
    service."""

    appointment_id: Identifier
    version: int
    holder: Annotated[str, Label("任职人员", "who holds it, as tokens and audit name them")]
    kind: AppointmentKind
    state: Annotated[Literal["announced", "in_force", "ended", "withdrawn"], Label("状态", "state")]
    valid_from: date
    valid_to: date | None = None
    reason: str | None = None
    taken_over: Mapping[str, int]


class Post(Contract):
    """A post; vacant where no holding is in force."""

    post_id: Identifier
    version: int
    division: DivisionCode
    organ: Identifier
    title: PostTitle
    roles: Roles
    state: Literal["established", "abolished"]
    holdings: tuple[Holding, ...]


class PostList(Contract):
    """Posts, each with the holdings that were asked for."""

    posts: tuple[Post, ...]


class PostsOfOrgan(Query[PostList], on="PostList", zh="查询机构职位"):
    """The posts of an organ and who holds them today."""

    organ: Identifier


class MyPosts(Query[PostList], on="PostList", zh="我的职位"):
    """The posts that the caller holds today, the one first that a sign-in acts under."""


class AppointmentsOfPost(Query[Post], on="Post", key="post_id", zh="查询任职历史"):
    """Everybody who held the post, holds it, or is to hold it, the latest first."""

    post_id: Identifier
