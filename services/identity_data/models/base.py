"""Base of the tables of identity_data."""

from __future__ import annotations

import sqlalchemy as sa

from shared import storage


class Model(storage.Model):
    """Base of this service's tables."""

    __abstract__ = True
    metadata = sa.MetaData()
