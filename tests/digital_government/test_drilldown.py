"""From the figures of government services down to the cases and one-things that they count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.digital_government.load import load_catalogue
from services.digital_government.models import Case, Measure
from services.digital_government.models.items import edition_id
from services.digital_government.service import DigitalGovernment
from shared.clocks import CHINA
from shared.context import Context, Principal
from shared.contracts.digital_government import (
    CaseById,
    CaseDecided,
    CaseSubmitted,
    ItemPublished,
    ItemWithdrawn,
)
from shared.contracts.platform import CountedRecord, RecordsBehind
from shared.drilldown import AT_ONCE
from shared.errors import InvalidInput, NotAllowed
from shared.messaging.tables import OUTBOX
from shared.testing.harness import ServiceHarness
from tests.counting import counted, measured, pages_behind, records_behind

MARCH, APRIL = "2026-03", "2026-04"
NOON = datetime(2026, 3, 2, 12, tzinfo=CHINA)
TOWN = "330106003"
ORGAN = "330106-market_regulation"
OWNER = "p-applicant"

LEADER = Principal("leader", "official", "33", "33-government", ("leader",))
OFFICER = Principal("officer", "official", "330106", ORGAN, ("case_officer",))
NEIGHBOUR = Principal("neighbour", "official", "330106", "330106-tax", ("case_officer",))
CLERK = Principal("clerk", "official", "330106", ORGAN)
OPERATOR = Principal("operator", "operator", "33")
ELSEWHERE = Principal("elsewhere", "official", "330203", "330203-government", ("leader",))
APPLICANT = Principal("account.applicant", "resident", "330106", person=OWNER)


@pytest.fixture
def government(make_service: Callable[[Any], ServiceHarness]) -> ServiceHarness:
    made = make_service(DigitalGovernment)
    made.at(NOON)
    made.act(load_catalogue)
    return made


def submit(harness: ServiceHarness, number: int, division: str = TOWN, organ: str = ORGAN) -> str:
    """A case of the applicant, submitted there; its id."""
    made = Case(
        id=f"case-{number:04}",
        division=division,
        matter="enterprise_registration",
        organ=organ,
        owner=OWNER,
        subject=OWNER,
        promised_days=1,
        submitted_at=NOON,
        establishes={},
        item_edition=edition_id("enterprise_registration", 1),
    )

    def put(context: Context) -> None:
        context.unit.add(made).submit()

    harness.act(put)
    return made.id


def decided(case_id: str, minutes: int) -> CaseDecided:
    return CaseDecided(
        case_id=case_id,
        matter="enterprise_registration",
        organ=ORGAN,
        applicant=OWNER,
        outcome="granted",
        minutes=minutes,
        in_time=minutes < 1000,
    )


def ids(records: Sequence[CountedRecord]) -> list[str]:
    return [record.id for record in records]


def test_every_measure_is_what_its_records_come_to(government: ServiceHarness) -> None:
    for number, minutes in ((1, 30), (2, 2000)):
        government.deliver(decided(submit(government, number), minutes), division=TOWN, sequence=2)
    item = {"implementation_id": f"{TOWN}-m", "division": TOWN, "visits": 0, "online": True}
    promise = {"matter": "tax_invoices", "organ": ORGAN, "statutory_days": 20, "promised_days": 1}
    government.deliver(ItemPublished.load({**item, **promise}))
    government.at(NOON + timedelta(days=31))
    government.deliver(ItemWithdrawn.load(item), sequence=2)
    government.settle()
    values = measured(government, Measure)
    assert counted(government) == values
    assert values["case_minutes", TOWN, MARCH] == 2030
    assert values["items_offered", TOWN, MARCH] == 1
    assert values["items_offered", TOWN, APRIL] == -1


def test_a_figure_leads_down_to_its_records(government: ServiceHarness) -> None:
    first, second = submit(government, 1), submit(government, 2)
    submit(government, 3, division="330106004")
    government.settle()
    seen, withheld = records_behind(government, LEADER, "cases_submitted", TOWN, MARCH)
    assert (ids(seen), withheld) == ([first, second], 0)
    told = government.envelopes(OUTBOX.c.type == CaseSubmitted.NAME)
    assert seen[0] == CountedRecord(
        kind="Case",
        id=first,
        division=TOWN,
        organ=ORGAN,
        at=NOON,
        added=1,
        event=told[0].id,
    )
    query = RecordsBehind(measure="cases_submitted", division="330106", period=MARCH)
    assert government.execute(query, LEADER).total == 3


def test_the_records_of_an_observation_come_to_its_sum(government: ServiceHarness) -> None:
    for number, minutes in ((1, 30), (2, 45)):
        government.deliver(decided(submit(government, number), minutes), division=TOWN)
    query = RecordsBehind(measure="case_minutes", division="33", period=MARCH)
    answer = government.execute(query, LEADER)
    assert [record.added for record in answer.records] == [30, 45]
    assert answer.total == 75


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [(LEADER, 3), (OFFICER, 2), (NEIGHBOUR, 1), (CLERK, 0), (OPERATOR, 0)],
    ids=lambda one: getattr(one, "id", None),
)
def test_a_record_is_shown_to_whom_the_query_of_it_would_be_answered(
    government: ServiceHarness, viewer: Principal, seen: int
) -> None:
    made = [submit(government, 1), submit(government, 2)]
    made.append(submit(government, 3, organ=NEIGHBOUR.organ))
    government.settle()
    records, withheld = records_behind(government, viewer, "cases_submitted", "330106", MARCH)
    assert (len(records), withheld) == (seen, 3 - seen)
    for case_id in made:
        if case_id in ids(records):
            government.execute(CaseById(case_id=case_id), viewer)
        else:
            with pytest.raises(NotAllowed):
                government.execute(CaseById(case_id=case_id), viewer)


@pytest.mark.parametrize("viewer", [ELSEWHERE, APPLICANT], ids=lambda one: one.id)
def test_whoever_may_not_see_the_screen_there_is_refused(
    government: ServiceHarness, viewer: Principal
) -> None:
    query = RecordsBehind(measure="cases_submitted", division="330106", period=MARCH)
    with pytest.raises(NotAllowed):
        government.execute(query, viewer)


def test_no_person_is_named(government: ServiceHarness) -> None:
    submit(government, 1)
    government.settle()
    query = RecordsBehind(measure="cases_submitted", division="33", period=MARCH)
    assert OWNER not in str(government.execute(query, LEADER).dump())


def test_a_case_that_passed_on_is_still_behind_the_figure_of_before(
    government: ServiceHarness,
) -> None:
    case_id = submit(government, 1)
    government.settle()

    def pass_on(context: Context) -> None:
        context.unit.get(Case, case_id).pass_to("330105004")

    government.act(pass_on)
    government.settle()
    seen, _ = records_behind(government, LEADER, "cases_submitted", "330106", MARCH)
    assert [(one.id, one.division) for one in seen] == [(case_id, TOWN)]
    assert seen[0].organ == "330105-market_regulation"
    # The case is another's now, and its officers see no more than that it was counted.
    assert records_behind(government, OFFICER, "cases_submitted", "330106", MARCH) == ([], 1)
    assert records_behind(government, LEADER, "cases_submitted", "330105", MARCH) == ([], 0)


def test_pages_follow_each_other_and_leave_nothing_out(government: ServiceHarness) -> None:
    towns = (TOWN, "330106004", "330106")
    made = [submit(government, n, towns[n % 3]) for n in range(2 * AT_ONCE + 7)]
    government.settle()
    pages = pages_behind(government, LEADER, "cases_submitted", "33", MARCH)
    assert [len(page.records) for page in pages] == [AT_ONCE, AT_ONCE, 7]
    assert [page.total for page in pages] == [len(made), None, None]
    records = [record for page in pages for record in page.records]
    assert sorted(ids(records)) == made
    assert [one.division for one in records] == sorted(one.division for one in records)


def test_a_page_takes_as_many_statements_however_many_records_it_has(
    government: ServiceHarness,
) -> None:
    submit(government, 1)
    government.settle()
    few = statements_for(government)
    for number in range(2, AT_ONCE):
        submit(government, number)
    government.settle()
    assert statements_for(government) == few == 3


def statements_for(harness: ServiceHarness) -> int:
    """How many statements the first page takes."""
    seen: list[str] = []

    def note(*heard: Any) -> None:
        seen.append(heard[2])

    sa.event.listen(harness.runtime.read, "before_cursor_execute", note)
    query = RecordsBehind(measure="cases_submitted", division="33", period=MARCH)
    assert harness.execute(query, LEADER).withheld == 0
    sa.event.remove(harness.runtime.read, "before_cursor_execute", note)
    return len([one for one in seen if "counted" in one or "case_" in one])


def test_an_event_that_comes_again_is_counted_once(government: ServiceHarness) -> None:
    case_id = submit(government, 1)
    government.settle()
    for _ in range(2):
        government.deliver(decided(case_id, 30), division=TOWN, event_id="decided-1", sequence=2)
    assert ids(records_behind(government, LEADER, "cases_decided", "33", MARCH)[0]) == [case_id]


@pytest.mark.parametrize(
    "wrong", [{"period": "2026"}, {"division": "44"}, {"measure": "Cases"}, {"after": "33"}]
)
def test_what_is_no_leaf_of_a_figure_is_refused(
    government: ServiceHarness, wrong: dict[str, str]
) -> None:
    right = {"measure": "cases_submitted", "division": "33", "period": MARCH}
    with pytest.raises(InvalidInput) as refusal:
        RecordsBehind.load({**right, **wrong})
    assert set(refusal.value.fields) == set(wrong)


def test_a_measure_of_another_service_has_no_records_here(government: ServiceHarness) -> None:
    query = RecordsBehind(measure="policies_matched", division="33", period=MARCH)
    answer = government.execute(query, LEADER)
    assert (answer.records, answer.withheld, answer.total, answer.next) == ((), 0, 0, None)
