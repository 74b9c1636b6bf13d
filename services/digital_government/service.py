"""The table of contents of digital_government: every handler, by name."""

from __future__ import annotations

from services.digital_government import indicators
from services.digital_government.commands import (
    applications,
    cases,
    concerns,
    items,
    one_things,
    ratings,
    visits,
)
from services.digital_government.models import Model
from services.digital_government.queries import applications as application_queries
from services.digital_government.queries import cases as case_queries
from services.digital_government.queries import concerns as concern_queries
from services.digital_government.queries import items as item_queries
from services.digital_government.queries import one_things as one_thing_queries
from services.digital_government.queries import ratings as rating_queries
from services.digital_government.queries import visits as visit_queries
from services.digital_government.subscribers import cases as case_subscribers
from services.digital_government.subscribers import handovers, mergers
from services.digital_government.subscribers import one_things as one_thing_subscribers
from shared.service import service


@service(Model, shows=indicators.SHOWS)
class DigitalGovernment:
    """数字政府: service items, cases, one-things and their ratings."""

    name = "digital_government"

    define_item = items.define_item
    revise_item = items.revise_item
    cancel_item = items.cancel_item
    take_effect = items.take_effect
    end_item = items.end_item
    claim_item = items.claim_item
    revise_terms = items.revise_terms
    publish_item = items.publish_item
    withdraw_item = items.withdraw_item
    declare_held_document = items.declare_held_document
    item_by_code = item_queries.item_by_code
    drawing_of_procedure = item_queries.drawing_of_procedure

    open_application = applications.open_application
    attach_material = applications.attach_material
    keep_answers = applications.keep_answers
    submit_application = applications.submit_application
    discard_application = applications.discard_application
    discard_forgotten = applications.discard_forgotten
    application_by_id = application_queries.application_by_id
    material_of_application = application_queries.material_of_application
    affairs_of_person = application_queries.affairs_of_person

    define_one_thing = one_things.define_one_thing
    revise_one_thing = one_things.revise_one_thing
    one_things_offered = one_thing_queries.one_things_offered
    one_thing_by_code = one_thing_queries.one_thing_by_code
    open_one_thing = applications.open_one_thing
    submit_one_thing = one_things.submit_one_thing

    rate_one_thing = ratings.rate_one_thing
    rate_case = ratings.rate_case
    report_correction = ratings.report_correction
    record_call_back = ratings.record_call_back
    appeal_rating = ratings.appeal_rating
    decide_rating_appeal = ratings.decide_rating_appeal
    mark_correction_overdue = ratings.mark_correction_overdue
    rating_by_id = rating_queries.rating_by_id
    ratings_to_correct = rating_queries.ratings_to_correct
    ratings_to_call_back = rating_queries.ratings_to_call_back
    published_ratings = rating_queries.published_ratings

    publish_timetable = visits.publish_timetable
    book_visit = visits.book_visit
    cancel_visit = visits.cancel_visit
    check_in = visits.check_in
    take_number = visits.take_number
    call_next = visits.call_next
    end_visit = visits.end_visit
    miss_visit = visits.miss_visit
    close_visit = visits.close_visit
    rate_visit = visits.rate_visit
    visit_by_id = visit_queries.visit_by_id
    visits_of_person = visit_queries.visits_of_person
    queue_of_hall = visit_queries.queue_of_hall
    free_periods = visit_queries.free_periods
    call_board = visit_queries.call_board

    raise_concern = concerns.raise_concern
    answer_concern = concerns.answer_concern
    pass_concern = concerns.pass_concern
    ask_back = concerns.ask_back
    add_to_concern = concerns.add_to_concern
    reopen_concern = concerns.reopen_concern
    withdraw_concern = concerns.withdraw_concern
    escalate_concern = concerns.escalate_concern
    stop_waiting = concerns.stop_waiting
    concern_by_id = concern_queries.concern_by_id
    concerns_of_organ = concern_queries.concerns_of_organ
    concerns_of_person = concern_queries.concerns_of_person
    published_answers = concern_queries.published_answers

    accept_case = cases.accept_case
    request_supplement = cases.request_supplement
    supplement_case = cases.supplement_case
    suspend_case = cases.suspend_case
    resume_case = cases.resume_case
    decide_case = cases.decide_case
    withdraw_case = cases.withdraw_case
    give_review = cases.give_review
    decline_case = cases.decline_case
    deliver_result = cases.deliver_result
    transfer_case = cases.transfer_case
    end_tolerance = cases.end_tolerance

    items_offered = item_queries.items_offered
    one_thing_progress = one_thing_queries.one_thing_progress
    case_by_id = case_queries.case_by_id
    cases_of_organ = case_queries.cases_of_organ
    cases_received = case_queries.cases_received
    reviews_of_organ = case_queries.reviews_of_organ

    settle_decided_matter = one_thing_subscribers.settle_decided_matter
    settle_withdrawn_matter = one_thing_subscribers.settle_withdrawn_matter
    revoke_undone_matter = one_thing_subscribers.revoke_undone_matter
    settle_revoked_matter = one_thing_subscribers.settle_revoked_matter
    begin_matters_of_enterprise = one_thing_subscribers.begin_matters_of_enterprise
    note_corrected_fact = case_subscribers.note_corrected_fact
    remind_of_case = case_subscribers.remind_of_case
    mark_case_overdue = case_subscribers.mark_case_overdue
    begin_passing = mergers.begin_passing
    follow_items = mergers.follow_items
    pass_open_work_on = mergers.pass_open_work_on
    hear_of_new_holder = handovers.hear_of_new_holder
    hand_cases_over = handovers.hand_cases_over
    follow_merged_person = mergers.follow_merged_person
    follow_separated_person = mergers.follow_separated_person
    move_references = mergers.move_references

    count_item = indicators.count_item
    uncount_item = indicators.uncount_item
    count_submitted_case = indicators.count_submitted_case
    count_decided_case = indicators.count_decided_case
    count_completed_one_thing = indicators.count_completed_one_thing
    count_rating = indicators.count_rating
    uncount_rating = indicators.uncount_rating
    count_correction = indicators.count_correction
    count_delivered_result = indicators.count_delivered_result
    count_ended_visit = indicators.count_ended_visit
    count_missed_visit = indicators.count_missed_visit
    count_raised_concern = indicators.count_raised_concern
    count_answered_concern = indicators.count_answered_concern
    count_escalated_concern = indicators.count_escalated_concern
