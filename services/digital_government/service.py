"""The table of contents of digital_government: every handler, by name."""

from __future__ import annotations

from services.digital_government import commands, indicators, queries, subscribers
from services.digital_government.models import Model
from shared.service import service


@service(Model, shows=indicators.SHOWS)
class DigitalGovernment:
    """数字政府: service items, cases, one-things and their ratings."""

    name = "digital_government"

    submit_one_thing = commands.submit_one_thing
    rate_one_thing = commands.rate_one_thing

    accept_case = commands.accept_case
    request_supplement = commands.request_supplement
    supplement_case = commands.supplement_case
    suspend_case = commands.suspend_case
    resume_case = commands.resume_case
    decide_case = commands.decide_case
    withdraw_case = commands.withdraw_case

    items_offered = queries.items_offered
    one_thing_progress = queries.one_thing_progress
    case_by_id = queries.case_by_id
    cases_of_organ = queries.cases_of_organ

    settle_decided_matter = subscribers.settle_decided_matter
    settle_withdrawn_matter = subscribers.settle_withdrawn_matter
    begin_matters_of_enterprise = subscribers.begin_matters_of_enterprise
    note_corrected_fact = subscribers.note_corrected_fact
    remind_of_case = subscribers.remind_of_case
    mark_case_overdue = subscribers.mark_case_overdue
    begin_passing = subscribers.begin_passing
    follow_items = subscribers.follow_items
    pass_open_work_on = subscribers.pass_open_work_on
    hear_of_new_holder = subscribers.hear_of_new_holder
    hand_cases_over = subscribers.hand_cases_over
    follow_merged_person = subscribers.follow_merged_person
    follow_separated_person = subscribers.follow_separated_person
    move_references = subscribers.move_references

    count_item = indicators.count_item
    uncount_item = indicators.uncount_item
    count_submitted_case = indicators.count_submitted_case
    count_decided_case = indicators.count_decided_case
    count_completed_one_thing = indicators.count_completed_one_thing
    count_rating = indicators.count_rating
