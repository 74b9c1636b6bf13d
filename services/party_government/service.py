"""The table of contents of party_government: every handler, by name."""

from __future__ import annotations

from services.party_government import indicators as own_measures
from services.party_government.commands import (
    alerts,
    deadlines,
    directives,
    evaluation,
    indicators,
    internal_matters,
    ladders,
    milestones,
    plans,
    policy_documents,
    rebuilding,
    receipts,
    rectification,
    tasks,
    theory,
)
from services.party_government.models import Model
from services.party_government.queries import directives as directive_queries
from services.party_government.queries import evaluation as evaluation_queries
from services.party_government.queries import indicators as indicator_queries
from services.party_government.queries import internal_matters as matter_queries
from services.party_government.queries import ladders as ladder_queries
from services.party_government.queries import policy_documents as document_queries
from services.party_government.queries import screen as screen_queries
from services.party_government.queries import supervision as supervision_queries
from services.party_government.queries import tasks as task_queries
from services.party_government.queries import theory as theory_queries
from services.party_government.queries import timeline
from services.party_government.subscribers import directives as directive_subscribers
from services.party_government.subscribers import organs, supervision
from services.party_government.subscribers import screen as screen_subscribers
from shared.service import service


@service(Model, shows=own_measures.SHOWS)
class PartyGovernment:
    """党政机关整体智治: the one screen of the whole, supervision, and the theory of the reform."""

    name = "party_government"

    adopt_ladder = ladders.adopt_ladder
    ladders_in_force = ladder_queries.ladders_in_force

    draft_directive = directives.draft_directive
    revise_draft = directives.revise_draft
    request_legality_review = directives.request_legality_review
    take_legality_review = directive_subscribers.take_legality_review
    issue_directive = directives.issue_directive
    deliver_directive = directives.deliver_directive
    recall_directive = directives.recall_directive
    withdraw_directive = directives.withdraw_directive
    close_directive = directives.close_directive
    sign_receipt = receipts.sign_receipt
    pass_directive_on = receipts.pass_directive_on
    report_handling = receipts.report_handling
    check_feedback = receipts.check_feedback
    climb_ladder = receipts.climb_ladder
    directive_by_id = directive_queries.directive_by_id
    received_directive_by_id = directive_queries.received_directive_by_id
    directives_received = directive_queries.directives_received
    receipts_of_directive = directive_queries.receipts_of_directive
    directive_progress = directive_queries.directive_progress
    criticised_organs = directive_queries.criticised_organs
    issue_policy_document = policy_documents.issue_policy_document
    amend_policy_document = policy_documents.amend_policy_document
    repeal_policy_document = policy_documents.repeal_policy_document
    restore_policy_document = policy_documents.restore_policy_document
    correct_policy_document = policy_documents.correct_policy_document
    expire_policy_document = policy_documents.expire_policy_document
    link_clause = policy_documents.link_clause
    unlink_clause = policy_documents.unlink_clause
    policy_document_by_id = document_queries.policy_document_by_id
    policy_documents = document_queries.policy_documents
    what_repeal_touches = document_queries.what_repeal_touches
    clauses_behind = document_queries.clauses_behind

    draft_scheme = evaluation.draft_scheme
    revise_scheme = evaluation.revise_scheme
    adopt_scheme = evaluation.adopt_scheme
    schemes_in_force = evaluation_queries.schemes_in_force
    evaluation_schemes = evaluation_queries.evaluation_schemes
    simulate_scheme = evaluation_queries.simulate_scheme

    open_evaluation = evaluation.open_evaluation
    compute_evaluation = evaluation.compute_evaluation
    publish_evaluation = evaluation.publish_evaluation
    freeze_evaluation = evaluation.freeze_evaluation
    correct_evaluation = evaluation.correct_evaluation
    evaluations_of_division = evaluation_queries.evaluations_of_division
    evaluation_results = evaluation_queries.evaluation_results
    computed_results = evaluation_queries.computed_results

    appeal_evaluation = evaluation.appeal_evaluation
    withdraw_appeal = evaluation.withdraw_appeal
    answer_appeal = evaluation.answer_appeal
    climb_evaluation_appeal = evaluation.climb_evaluation_appeal
    appeals_of_evaluation = evaluation_queries.appeals_of_evaluation

    one_screen = screen_queries.one_screen
    screen_changes = screen_queries.screen_changes
    rebuild_screen = rebuilding.rebuild_screen
    abandon_screen_rebuild = rebuilding.abandon_screen_rebuild
    carry_on = rebuilding.carry_on
    screen_rebuilds = screen_queries.screen_rebuilds

    define_indicator = indicators.define_indicator
    revise_indicator = indicators.revise_indicator
    withdraw_indicator = indicators.withdraw_indicator
    assign_target = indicators.assign_target
    indicator_definitions = indicator_queries.indicator_definitions
    editions_of_indicator = indicator_queries.editions_of_indicator
    targets_of_indicator = indicator_queries.targets_of_indicator
    targets_of_division = indicator_queries.targets_of_division
    indicator_tree = indicator_queries.indicator_tree
    indicator_by_division = indicator_queries.indicator_by_division
    why_this_number = indicator_queries.why_this_number
    indicator_trend = indicator_queries.indicator_trend

    register_task = tasks.register_task
    propose_plan = plans.propose_plan
    withdraw_plan = plans.withdraw_plan
    review_plan = plans.review_plan
    close_task = tasks.close_task
    end_task = tasks.end_task
    wind_task_up = tasks.wind_task_up
    climb_task_ladder = deadlines.climb_task_ladder
    open_task_reports = deadlines.open_task_reports
    open_task_meetings = deadlines.open_task_meetings
    report_milestone = milestones.report_milestone
    withdraw_milestone_report = milestones.withdraw_milestone_report
    check_milestone = milestones.check_milestone
    give_task_report = milestones.give_task_report
    tasks_of_division = task_queries.tasks_of_division
    task_tree = task_queries.task_tree
    task_timetable = task_queries.task_timetable
    route_map = task_queries.route_map
    plan_editions = task_queries.plan_editions
    reports_of_milestone = task_queries.reports_of_milestone
    task_duties_of_division = task_queries.task_duties_of_division

    submit_internal_matter = internal_matters.submit_internal_matter
    supplement_internal_matter = internal_matters.supplement_internal_matter
    withdraw_internal_matter = internal_matters.withdraw_internal_matter
    accept_internal_matter = internal_matters.accept_internal_matter
    request_matter_supplement = internal_matters.request_matter_supplement
    answer_matter_consent = internal_matters.answer_matter_consent
    decide_internal_matter = internal_matters.decide_internal_matter
    climb_matter_ladder = internal_matters.climb_matter_ladder
    matters_in_hand = matter_queries.matters_in_hand
    matters_submitted = matter_queries.matters_submitted
    internal_matter_by_id = matter_queries.internal_matter_by_id
    matter_handling_by_id = matter_queries.matter_handling_by_id
    internal_matter_kinds = matter_queries.internal_matter_kinds

    know_organs = organs.know_organs

    count_signed = own_measures.count_signed
    count_handled = own_measures.count_handled
    count_criticised = own_measures.count_criticised
    count_milestone = own_measures.count_milestone
    count_report = own_measures.count_report
    count_missed_report = own_measures.count_missed_report
    count_submitted_matter = own_measures.count_submitted_matter
    count_decided_matter = own_measures.count_decided_matter

    begin_passing = directive_subscribers.begin_passing
    pass_open_work_on = directive_subscribers.pass_open_work_on

    keep_measure = screen_subscribers.keep_measure
    know_merger = screen_subscribers.know_merger

    watch_case = supervision.watch_case
    note_acceptance = supervision.note_acceptance
    note_passing = supervision.note_passing
    alert_to_overdue_case = supervision.alert_to_overdue_case
    check_decision = supervision.check_decision
    alert_to_escalation = supervision.alert_to_escalation
    check_internal_decision = supervision.check_internal_decision
    check_reading = supervision.check_reading
    tune_alert_rule = alerts.tune_alert_rule
    dismiss_alert = alerts.dismiss_alert
    reopen_alert = alerts.reopen_alert
    order_rectification = rectification.order_rectification
    answer_order = rectification.answer_order
    accept_rectification = rectification.accept_rectification
    return_rectification = rectification.return_rectification
    withdraw_rectification = rectification.withdraw_rectification
    climb_rectification = rectification.climb_rectification
    matter_timeline = timeline.matter_timeline
    open_alerts = supervision_queries.open_alerts
    alert_rules_in_force = supervision_queries.alert_rules_in_force
    orders_of_organ = supervision_queries.orders_of_organ

    define_concept = theory.define_concept
    revise_concept = theory.revise_concept
    propose_topic = theory.propose_topic
    conclude_topic = theory.conclude_topic
    drop_topic = theory.drop_topic
    submit_practice = theory.submit_practice
    review_practice = theory.review_practice
    publish_practice = theory.publish_practice
    withdraw_practice = theory.withdraw_practice
    adopt_practice = theory.adopt_practice
    report_adoption = theory.report_adoption
    end_adoption = theory.end_adoption
    concepts = theory_queries.concepts
    practices = theory_queries.practices
    best_applications = theory_queries.best_applications
    trace_concept = theory_queries.trace_concept
