"""The tables of this service: none of its own beside those that the platform keeps."""

from __future__ import annotations

import sqlalchemy as sa

from shared import storage


class Model(storage.Model):
    """Base of this service's tables."""

    __abstract__ = True
    metadata = sa.MetaData()
