"""Every column of every table says how sensitive it is, and every table how long it is kept."""

from __future__ import annotations

from typing import get_args

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from deploy.inventory import columns
from services.identity_data.reference.resources import RESOURCES
from shared.classification import ClassifiedColumn, DataClass, columns_of
from shared.contracts.identity_data.sharing import FactName
from shared.storage import Model

COLUMNS = list(columns())
# What a column of such a name holds is that sensitive wherever it stands.
AT_LEAST = {
    "phone": DataClass.L3,
    "birth_date": DataClass.L3,
    "password_hash": DataClass.L4,
    "sealed": DataClass.L4,
}


def test_every_column_says_its_class_and_how_long_it_is_kept() -> None:
    assert len(COLUMNS) > 300
    assert [f"{owner}.{c.table}.{c.column}" for owner, c in COLUMNS if c.data_class is None] == []
    assert {f"{owner}.{c.table}" for owner, c in COLUMNS if c.retention is None} == set()


def test_what_identifies_somebody_is_graded_so_wherever_it_stands() -> None:
    graded = [one for _, one in COLUMNS if one.column in AT_LEAST]

    assert {one.column for one in graded} == AT_LEAST.keys()
    assert [one for one in graded if (one.data_class or "") < AT_LEAST[one.column]] == []


def test_an_item_of_the_catalogue_is_graded_no_lower_than_its_column() -> None:
    columns_by_item = {f"{one.table}.{one.column}": one.data_class for _, one in COLUMNS}
    items = {item.name: item.classification for one in RESOURCES for item in one.items}

    assert len(items) == len(get_args(FactName))
    assert [name for name, grade in items.items() if grade < columns_by_item[name]] == []


def test_a_column_without_a_class_is_found() -> None:
    metadata = sa.MetaData()
    sa.Table("bare", metadata, sa.Column("id", sa.String(1)))

    assert list(columns_of(metadata)) == [ClassifiedColumn("bare", "id", None, None)]


def test_a_mapped_class_without_a_retention_is_found() -> None:
    class Bare(Model, kw_only=True, eq=False):
        __abstract__ = True
        metadata = sa.MetaData()

    class Row(Bare, kw_only=True, eq=False):
        __tablename__ = "row"

        id: Mapped[str] = mapped_column(sa.String(1), primary_key=True)

    assert [one.retention for one in columns_of(Row.metadata)] == [None]
