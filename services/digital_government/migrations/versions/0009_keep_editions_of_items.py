"""Keep items and one-things in editions, applications before they are cases, and reviews beside
cases."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.storage import Instant, Json, Verbatim

revision = "digital_government_0009"
down_revision = "digital_government_0008"
branch_labels = None
depends_on = None

REGISTRATION = "enterprise_registration"


def _record(name: str, *columns: sa.Column[Any], told: bool = True) -> None:
    counted = [sa.Column("event_sequence", sa.BigInteger(), nullable=False)] if told else []
    op.create_table(
        name,
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        *counted,
        *columns,
    )
    op.create_index(f"ix_{name}_division", name, ["division"])


def upgrade() -> None:
    """What is offered becomes the first edition of each item; the next load brings its content."""
    known = _known()
    op.drop_index("ix_basic_item_division", "basic_item")
    op.drop_table("basic_item")
    _record(
        "basic_item",
        sa.Column("edition", sa.BigInteger(), nullable=False),
        sa.Column("in_force", sa.BigInteger()),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("cancels", sa.Date()),
    )
    _record(
        "item_edition",
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("edition", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("theme", sa.String(40), nullable=False),
        sa.Column("legal_basis", sa.String(2000), nullable=False),
        sa.Column("effective", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("definition", Verbatim, nullable=False),
        told=False,
    )
    op.create_index("ix_item_edition_code", "item_edition", ["code"])
    with op.batch_alter_table("implementation") as table:
        table.add_column(
            sa.Column("state", sa.String(20), nullable=False, server_default="published")
        )
        table.add_column(sa.Column("edition", sa.BigInteger(), nullable=False, server_default="1"))
        table.add_column(
            sa.Column("item_edition", sa.String(80), nullable=False, server_default="")
        )
        table.add_column(
            sa.Column("online_depth", sa.BigInteger(), nullable=False, server_default="4")
        )
        table.add_column(sa.Column("address", sa.String(200)))
        table.add_column(sa.Column("enquiry_line", sa.String(30)))
        table.add_column(sa.Column("draft", Json))
    op.execute("UPDATE implementation SET item_edition = matter || '.1'")
    op.execute("UPDATE implementation SET state = 'withdrawn' WHERE ended_on IS NOT NULL")
    _record(
        "implementation_edition",
        sa.Column("implementation", sa.String(100), nullable=False),
        sa.Column("item_edition", sa.String(80), nullable=False),
        sa.Column("terms", Json, nullable=False),
        told=False,
    )
    op.create_index(
        "ix_implementation_edition_implementation", "implementation_edition", ["implementation"]
    )
    _record(
        "held_document",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("licence", sa.String(60)),
    )
    _record(
        "application",
        sa.Column("matter", sa.String(60), nullable=False),
        sa.Column("implementation", sa.String(100), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("item_edition", sa.String(80), nullable=False),
        sa.Column("thing_edition", sa.String(80), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("promised_days", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("expires", sa.Date(), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("materials", Json, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
    )
    op.create_index("ix_application_owner", "application", ["owner"])
    _record(
        "attachment",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(120), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("same_as", sa.String(100)),
        told=False,
    )
    _record(
        "case_review",
        sa.Column("case_id", sa.String(64), nullable=False),
        sa.Column("matter", sa.String(60), nullable=False),
        sa.Column("step", sa.String(40), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("by", sa.String(20), nullable=False),
        sa.Column("organ", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("due", Instant()),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("opinion", sa.String(20)),
    )
    for column in ("case_id", "organ", "owner"):
        op.create_index(f"ix_case_review_{column}", "case_review", [column])
    with op.batch_alter_table("case_") as table:
        table.add_column(
            sa.Column("item_edition", sa.String(80), nullable=False, server_default="")
        )
        for name in ("form", "materials", "steps"):
            table.add_column(sa.Column(name, Json, nullable=False, server_default="{}"))
        table.add_column(sa.Column("ruling", Json))
        table.add_column(sa.Column("tolerated", Json, nullable=False, server_default="[]"))
        table.add_column(sa.Column("tolerated_until", Instant()))
        table.add_column(sa.Column("delivery", Json))
        for name in ("materials_reused", "materials_brought"):
            table.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE case_ SET item_edition = matter || '.1'")
    _record("thing_catalogue", sa.Column("edition", sa.BigInteger(), nullable=False))
    _record(
        "thing_edition",
        sa.Column("code", sa.String(60), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("definition", Verbatim, nullable=False),
        told=False,
    )
    op.create_index("ix_thing_edition_code", "thing_edition", ["code"])
    with op.batch_alter_table("one_thing") as table:
        table.add_column(sa.Column("edition", sa.String(80), nullable=False, server_default=""))
        table.add_column(sa.Column("materials", Json, nullable=False, server_default="{}"))
        table.alter_column("reservation_id", existing_type=sa.String(64), nullable=True)
        # In JSONB the matters lose their order.
        table.alter_column(
            "matters", type_=Verbatim, existing_nullable=False, postgresql_using="matters::json"
        )
    op.execute("UPDATE one_thing SET edition = thing || '.1'")
    _name_matters(known)


def _known() -> dict[str, str]:
    rows = op.get_bind().execute(sa.text("SELECT id, name FROM basic_item")).all()
    return {row.id: row.name for row in rows}


def _name_matters(known: dict[str, str]) -> None:
    """What one-things of before say of their matters, as those of now do."""
    connection = op.get_bind()
    columns = (sa.column("matters", Verbatim), sa.column("form", Json))
    things = sa.table("one_thing", sa.column("id", sa.String()), *columns)
    for row in connection.execute(sa.select(things)).all():
        found, form = (
            one if isinstance(one, dict) else json.loads(one) for one in (row.matters, row.form)
        )
        sourced = {
            key: {"value": value, "source": "applicant", "as_of": None}
            for key, value in form.items()
        }
        named = {
            code: {
                **entry,
                "name": known.get(code, code),
                "edition": f"{code}.1",
                "of_enterprise": code != REGISTRATION,
                "after": [] if code == REGISTRATION else [REGISTRATION],
                "stands_with": [],
            }
            for code, entry in found.items()
        }
        changed = sa.update(things).where(things.c.id == row.id)
        connection.execute(changed.values(matters=named, form=sourced))


def downgrade() -> None:
    """Drop it; what the basic catalogue said before comes with the next load."""
    with op.batch_alter_table("one_thing") as table:
        for name in ("edition", "materials"):
            table.drop_column(name)
        table.alter_column("reservation_id", existing_type=sa.String(64), nullable=False)
        table.alter_column(
            "matters", type_=Json, existing_nullable=False, postgresql_using="matters::jsonb"
        )
    for name in (
        "thing_edition",
        "thing_catalogue",
        "case_review",
        "attachment",
        "application",
        "held_document",
    ):
        op.drop_table(name)
    op.drop_table("implementation_edition")
    op.drop_table("item_edition")
    op.drop_table("basic_item")
    with op.batch_alter_table("case_") as table:
        for name in (
            "item_edition",
            "form",
            "materials",
            "steps",
            "ruling",
            "tolerated",
            "tolerated_until",
            "delivery",
            "materials_reused",
            "materials_brought",
        ):
            table.drop_column(name)
    with op.batch_alter_table("implementation") as table:
        for name in (
            "state",
            "edition",
            "item_edition",
            "online_depth",
            "address",
            "enquiry_line",
            "draft",
        ):
            table.drop_column(name)
    op.create_table(
        "basic_item",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("division", sa.String(12), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Instant()),
        sa.Column("changed_at", Instant()),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_en", sa.String(100), nullable=False),
        sa.Column("organ_kind", sa.String(60), nullable=False),
        sa.Column("statutory_days", sa.BigInteger(), nullable=False),
        sa.Column("legal_basis", sa.String(2000), nullable=False),
    )
    op.create_index("ix_basic_item_division", "basic_item", ["division"])
