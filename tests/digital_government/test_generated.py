"""Items that are made up: marked, sound, the same each time, applied for by nobody, counted
nowhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from services.digital_government.domain.items import (
    CodeOfGenerated,
    is_generated,
    require_sound,
    require_within_law,
)
from services.digital_government.domain.one_things import ItemNotOffered
from services.digital_government.load import divisions_that_offer, generated_steps
from services.digital_government.models import Implementation, ItemEdition, Measure
from services.digital_government.reference.generated import BASIS, MOST, generated_items
from services.digital_government.reference.items import ITEMS
from services.digital_government.service import DigitalGovernment
from shared.context import ANONYMOUS
from shared.contracts.digital_government import (
    DefineItem,
    ItemByCode,
    ItemPublished,
    ItemsGenerated,
    ItemsOffered,
    OpenApplication,
)
from shared.contracts.identity_data import DivisionsMerged, TerritoryMove
from shared.loading import load
from shared.settings import load_settings
from shared.testing.harness import ServiceHarness
from tests.contracts import sample_items as sample
from tests.counting import measured

NUMBER = 30
OFFERED = ItemsOffered(division=sample.COUNTY)
ALL = ItemsOffered(division=sample.COUNTY, generated=True)


@pytest.fixture
def government(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    made = make_service(DigitalGovernment)
    sample.offer(made)
    load(made.runtime, generated_steps(NUMBER, [sample.COUNTY, "33"]))
    made.settle()
    return made


def test_all_that_can_be_generated_are_sound_and_differ() -> None:
    items = list(generated_items(MOST))
    assert len(items) + len(ITEMS) >= 2961
    assert len({one.definition.name for one in items}) == len({one.code for one in items}) == MOST
    for one in items:
        assert is_generated(one.code)
        assert one.definition.legal_basis == BASIS
        require_sound(one.definition)
        require_within_law(one.definition, one.terms)
    assert not any(is_generated(code) for code in ITEMS)


def test_the_same_seed_gives_the_same_and_more_begin_with_fewer() -> None:
    assert list(generated_items(50)) == list(generated_items(80))[:50]
    assert list(generated_items(50, seed=2)) != list(generated_items(50))
    with pytest.raises(ValueError, match="at most"):
        list(generated_items(MOST + 1))


def test_a_province_has_a_hundred_and_two_divisions_that_offer() -> None:
    places = divisions_that_offer(load_settings(profile="embedded"))
    assert len(places) == 102
    assert places[0] == "33"


def test_they_are_shown_where_they_are_asked_for_alone(government: ServiceHarness) -> None:
    (true,) = government.execute(OFFERED, ANONYMOUS).items
    assert true.matter == sample.CODE
    found = government.execute(ALL, ANONYMOUS).items
    assert len(found) == NUMBER + 1
    made_up = next(one for one in found if is_generated(one.matter))
    item = government.execute(ItemByCode(code=made_up.matter), ANONYMOUS)
    assert item.definition.legal_basis == BASIS


def test_nobody_applies_for_what_is_made_up(government: ServiceHarness) -> None:
    order = OpenApplication(matter="gen_00001", division=sample.COUNTY)
    with pytest.raises(ItemNotOffered):
        government.execute(order, sample.APPLICANT)


def test_nobody_defines_an_item_that_would_be_taken_for_one(government: ServiceHarness) -> None:
    order = DefineItem(code="gen_99999", definition=sample.DEFINITION, effective=date(2026, 3, 2))
    with pytest.raises(CodeOfGenerated):
        government.execute(order, sample.PROVINCE)


def test_they_are_told_of_at_once_and_counted_nowhere(government: ServiceHarness) -> None:
    told = government.told(ItemsGenerated)
    assert [(one.division, one.number) for one in told] == [(sample.COUNTY, NUMBER), ("33", NUMBER)]
    (published,) = government.told(ItemPublished)
    assert published.matter == sample.CODE
    values = measured(government, Measure)
    offered = {place[1]: n for place, n in values.items() if place[0] == "items_offered"}
    assert offered == {sample.COUNTY: 1}


def test_a_second_run_adds_nothing_and_a_larger_one_what_is_missing(
    government: ServiceHarness,
) -> None:
    assert load(government.runtime, generated_steps(NUMBER, [sample.COUNTY, "33"])) == 0
    load(government.runtime, generated_steps(NUMBER + 10, [sample.COUNTY]))
    codes = sa.select(ItemEdition.code)
    assert len(government.rows(codes)) == NUMBER + 10 + 1
    lists = sa.select(Implementation.id).where(Implementation.division == sample.COUNTY)
    assert len(government.rows(lists)) == NUMBER + 10 + 1


def test_a_merger_of_divisions_counts_none_of_them(government: ServiceHarness) -> None:
    merged = DivisionsMerged(
        merger_id="m-1",
        division="3301",
        effective=date(2026, 3, 2),
        moves=(TerritoryMove(from_code=sample.COUNTY, to_code=sample.ELSEWHERE),),
    )
    government.deliver(merged, division="3301")
    government.settle()
    values = measured(government, Measure)
    offered = {place[1]: n for place, n in values.items() if place[0] == "items_offered"}
    assert offered == {sample.COUNTY: 0, sample.ELSEWHERE: 1}
