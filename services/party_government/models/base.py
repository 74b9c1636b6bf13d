"""Base of the tables of party_government."""

from __future__ import annotations

import sqlalchemy as sa

from shared import storage


class Model(storage.Model):
    """Base of this service's tables."""

    __abstract__ = True
    metadata = sa.MetaData()
