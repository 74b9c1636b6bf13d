"""FastAPI with SQLAlchemy's ORM: a session per request, one uvicorn worker on uvloop.

Asynchronous with asyncpg, which proved faster here than the other common way, synchronous with
psycopg2.

It writes the rows that our service writes for an application, in one transaction, into tables of
the same definition in a database of its own. It checks the fields of the form and nothing else:
no token, no permission, no rule, no repeat.
"""

from __future__ import annotations

import hashlib
import socket
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import sqlalchemy as sa
import uvicorn
from fastapi import Depends, FastAPI, Header
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from tests.bench.turns import configuration, say

given = configuration()
url = sa.make_url(given["database_url"])
engine = create_async_engine(
    url.set(drivername="postgresql+asyncpg"), pool_size=given["connections"], max_overflow=0
)
new_session = async_sessionmaker(engine)
# Tables are read from the database before there is an event loop.
looking = sa.create_engine(url.set(drivername="postgresql+psycopg2"))
app = FastAPI()


class Base(DeclarativeBase):
    """Base of the mapped tables, which are in the database already."""


def table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    """A table as it is in the database."""
    return sa.Table(name, Base.metadata, *columns, autoload_with=looking)


class Request(Base):
    """A request that was answered."""

    __table__ = table("request")


class OneThing(Base):
    """An application for several matters."""

    __table__ = table("one_thing")


class Case(Base):
    """An application for one matter."""

    __table__ = table("case_")


class Outbox(Base):
    """An event to be published."""

    __table__ = table("outbox")


class Audit(Base):
    """Who did what."""

    # Our service chains its audit rows and counts them so; here the number only has to be new.
    number = sa.Column("sequence", sa.BigInteger, sa.Sequence("audit_number"), primary_key=True)
    __table__ = table("audit", number)


def pattern(kind: type[Base]) -> list[dict[str, Any]]:
    """The rows of this table that one application of our service wrote."""
    columns = kind.__table__.columns
    return [
        {
            name: datetime.fromisoformat(value)
            if value is not None and isinstance(columns[name].type, sa.DateTime)
            else value
            for name, value in row.items()
            if not (columns[name].primary_key and name != "id")
        }
        for row in given["rows"][kind.__table__.name]
    ]


(THING,), (CASE,), (AUDIT,) = pattern(OneThing), pattern(Case), pattern(Audit)
EVENTS = pattern(Outbox)


class Form(BaseModel):
    """What the applicant fills in."""

    reservation_id: str = Field(max_length=64)
    name: str = Field(max_length=100)
    industry: str = Field(max_length=100)
    registered_capital: int = Field(ge=0)
    address: str = Field(min_length=5, max_length=200)
    employees: int = Field(0, ge=0, le=100_000)
    bank: str = Field("中国农业银行", min_length=2, max_length=100)


class Application(BaseModel):
    """The command."""

    thing: str
    division: str = Field(pattern=r"^\d{2,12}$")
    form: Form


class Done(BaseModel):
    """The reply."""

    id: str
    version: int


async def session_of_request() -> AsyncIterator[AsyncSession]:
    """A session for as long as the request takes."""
    async with new_session() as session:
        yield session


@app.post("/api/digital_government/SubmitOneThing")
async def submit(
    application: Application,
    session: Annotated[AsyncSession, Depends(session_of_request)],
    idempotency_key: Annotated[str, Header()],
) -> Done:
    """Write the application, its case, its two events, its audit row and its request row."""
    now = datetime.now(UTC)
    thing_id, case_id = f"t-{uuid.uuid4().hex}", f"c-{uuid.uuid4().hex}"
    instants = {"created_at": now, "changed_at": now, "submitted_at": now}
    begun = {**THING["matters"]["enterprise_registration"], "case_id": case_id}
    own = {
        "id": thing_id,
        "thing": application.thing,
        "division": application.division,
        "reservation_id": application.form.reservation_id,
        "form": application.form.model_dump(),
        "matters": {**THING["matters"], "enterprise_registration": begun},
    }
    session.add(OneThing(**{**THING, **instants, **own}))
    session.add(Case(**{**CASE, **instants, "id": case_id, "one_thing_id": thing_id}))
    events = [
        event_of(row, subject, now, idempotency_key)
        for row, subject in zip(EVENTS, (thing_id, case_id), strict=True)
    ]
    session.add_all(events)
    digest = hashlib.sha256(application.model_dump_json().encode()).hexdigest()
    audited = {
        "at": now,
        "recorded_at": now,
        "cause": idempotency_key,
        "aggregate_id": thing_id,
        "digest": digest,
        "events": [event.id for event in events],
        "hash": digest,
    }
    session.add(Audit(**{**AUDIT, **audited}))
    reply = Done(id=thing_id, version=1)
    request = {"contract": "SubmitOneThing", "digest": digest, "reply": reply.model_dump()}
    session.add(Request(id=f"resident/{idempotency_key}", at=now, **request))
    await session.commit()
    return reply


def event_of(row: dict[str, Any], subject: str, now: datetime, cause: str) -> Outbox:
    """The outbox row of an event about this subject."""
    event_id = uuid.uuid4().hex
    envelope = {
        **row["envelope"],
        "id": event_id,
        "subject": f"{row['aggregate']}/{subject}",
        "time": now.isoformat(),
        "causationid": cause,
    }
    own = {"id": event_id, "aggregate_id": subject, "envelope": envelope}
    return Outbox(**{**row, **own, "at": now, "committed_at": now})


listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
say({"ready": True, "address": f"http://127.0.0.1:{listener.getsockname()[1]}"})
uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning")).run([listener])
