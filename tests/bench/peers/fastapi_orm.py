"""FastAPI with SQLAlchemy's ORM, as FastAPI's own documentation does it: a session per request.

`uvicorn tests.bench.peers.fastapi_orm:app`, one worker; the database's address is in the
environment. It writes the rows that our service writes for an application, into tables of the same
definition, with the columns' content made in the same way, and checks nothing but the input.
"""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, FastAPI, Header
from pydantic import BaseModel, Field
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

TEMPLATE = json.loads(os.environ["BENCH_ROWS"])
engine = sa.create_engine(os.environ["BENCH_DATABASE_URL"], pool_size=32, max_overflow=0)
new_session = sessionmaker(engine)
app = FastAPI()


class Base(DeclarativeBase):
    """Base of the mapped tables, which are there already."""

    metadata = sa.MetaData()


def table(name: str) -> sa.Table:
    """A table as it is in the database."""
    return sa.Table(name, Base.metadata, autoload_with=engine)


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

    __table__ = table("audit")
    # The chain of the true service is not kept here; the number only has to be new.
    __table__.c.sequence.default = sa.Sequence("audit_number")


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


def session_of_request() -> Iterator[Session]:
    """A session for as long as the request takes."""
    with new_session() as session:
        yield session


@app.post("/api/digital_government/SubmitOneThing")
def submit(
    application: Application,
    session: Annotated[Session, Depends(session_of_request)],
    idempotency_key: Annotated[str, Header()],
) -> Done:
    """Write the application, its case, its events, its audit row and its request row."""
    now = datetime.now(UTC)
    thing_id, case_id = f"t-{uuid.uuid4().hex}", f"c-{uuid.uuid4().hex}"
    own = {"created_at": now, "changed_at": now}
    pattern = TEMPLATE["one_thing"][0]
    begun = {**pattern["matters"]["enterprise_registration"], "case_id": case_id}
    session.add(
        OneThing(
            **{
                **pattern,
                **own,
                "id": thing_id,
                "thing": application.thing,
                "division": application.division,
                "reservation_id": application.form.reservation_id,
                "form": application.form.model_dump(),
                "matters": {**pattern["matters"], "enterprise_registration": begun},
                "submitted_at": now,
            }
        )
    )
    session.add(
        Case(
            **{
                **TEMPLATE["case_"][0],
                **own,
                "id": case_id,
                "one_thing_id": thing_id,
                "submitted_at": now,
            }
        )
    )
    events = []
    for event, subject in zip(TEMPLATE["outbox"], (thing_id, case_id), strict=True):
        event_id = uuid.uuid4().hex
        envelope = {
            **event["envelope"],
            "id": event_id,
            "subject": f"{event['aggregate']}/{subject}",
            "time": now.isoformat(),
            "causationid": idempotency_key,
        }
        session.add(
            Outbox(
                **{
                    **event,
                    "id": event_id,
                    "aggregate_id": subject,
                    "envelope": envelope,
                    "at": now,
                    "committed_at": now,
                }
            )
        )
        events.append(event_id)
    digest = hashlib.sha256(application.model_dump_json().encode()).hexdigest()
    session.add(
        Audit(
            **{
                **TEMPLATE["audit"][0],
                "at": now,
                "recorded_at": now,
                "cause": idempotency_key,
                "aggregate_id": thing_id,
                "digest": digest,
                "events": events,
                "hash": digest,
            }
        )
    )
    reply = Done(id=thing_id, version=1)
    session.add(
        Request(
            id=f"resident/{idempotency_key}",
            contract="SubmitOneThing",
            digest=digest,
            reply=reply.model_dump(),
            at=now,
        )
    )
    session.commit()
    return reply
