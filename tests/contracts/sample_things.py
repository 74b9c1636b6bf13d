"""Editions of the delivered items and of enterprise start-up, as records without a database."""

from __future__ import annotations

from datetime import date

from services.digital_government.models import BasicItem, ItemEdition, ThingCatalogue
from services.digital_government.reference.items import ITEMS, THINGS

EDITIONS = {
    code: ItemEdition.of(
        BasicItem(id=code, division="33", edition=1), one.definition, date(2021, 1, 1), ""
    )
    for code, one in ITEMS.items()
}
STARTUP = ThingCatalogue(id="enterprise_startup", division="33").compose(
    THINGS["enterprise_startup"], ""
)
