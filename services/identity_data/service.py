"""The table of contents of identity_data: every handler, by name."""

from __future__ import annotations

from services.identity_data import indicators, queries, subscribers
from services.identity_data.commands import (
    access,
    agency,
    catalogue,
    consents,
    enterprises,
    guardianship,
    households,
    licences,
    mergers,
    objections,
    people,
    posts,
    registers,
    second_factor,
    sharing,
)
from services.identity_data.models import Model
from shared.service import service


@service(Model, shows=indicators.SHOWS)
class IdentityData:
    """公共数据平台: people, enterprises, licences, data sharing, divisions, organs, access."""

    name = "identity_data"

    sign_in = access.sign_in
    replace_password = access.replace_password
    renew_session = access.renew_session
    revoke_session = access.revoke_session
    move_calendar = access.move_calendar
    issue_enrolment_code = second_factor.issue_enrolment_code
    enrol_second_factor = second_factor.enrol_second_factor
    confirm_second_factor = second_factor.confirm_second_factor
    remove_second_factor = second_factor.remove_second_factor
    grant_agency = agency.grant_agency
    act_as_agent = agency.act_as_agent
    revoke_agency = agency.revoke_agency
    let_agency_expire = agency.let_agency_expire
    register_person = registers.register_person
    reserve_enterprise_name = registers.reserve_enterprise_name
    release_enterprise_name = registers.release_enterprise_name
    release_reserved_name = registers.release_reserved_name
    issue_licence = licences.issue_licence
    suspend_licence = licences.suspend_licence
    resume_licence = licences.resume_licence
    revoke_licence = licences.revoke_licence
    expire_licence = licences.expire_licence
    register_data_resource = catalogue.register_data_resource
    publish_data_resource = catalogue.publish_data_resource
    withdraw_data_resource = catalogue.withdraw_data_resource
    reclassify_item = catalogue.reclassify_item
    apply_for_data = sharing.apply_for_data
    approve_data_application = sharing.approve_data_application
    reject_data_application = sharing.reject_data_application
    renew_grant = sharing.renew_grant
    revoke_grant = sharing.revoke_grant
    expire_grant = sharing.expire_grant
    publish_consent_agreement = consents.publish_consent_agreement
    give_consent = consents.give_consent
    withdraw_consent = consents.withdraw_consent
    raise_data_objection = objections.raise_data_objection
    verify_objection = objections.verify_objection
    correct_fact = objections.correct_fact
    fetch_shared_data = sharing.fetch_shared_data
    correct_person = people.correct_person
    move_person = people.move_person
    register_death = people.register_death
    deregister_person = people.deregister_person
    restore_person = people.restore_person
    merge_persons = people.merge_persons
    separate_persons = people.separate_persons
    establish_household = households.establish_household
    add_household_member = households.add_household_member
    remove_household_member = households.remove_household_member
    name_household_head = households.name_household_head
    split_household = households.split_household
    register_guardianship = guardianship.register_guardianship
    end_guardianship = guardianship.end_guardianship
    end_at_majority = guardianship.end_at_majority
    replace_legal_representative = enterprises.replace_legal_representative
    appoint_to_enterprise = enterprises.appoint_to_enterprise
    end_enterprise_role = enterprises.end_enterprise_role
    authorise_handler = enterprises.authorise_handler
    withdraw_handler = enterprises.withdraw_handler
    end_authority = enterprises.end_authority
    merge_divisions = mergers.merge_divisions
    withdraw_merger = mergers.withdraw_merger
    bring_merger_into_force = mergers.bring_merger_into_force
    establish_post = posts.establish_post
    abolish_post = posts.abolish_post
    appoint_official = posts.appoint_official
    end_appointment = posts.end_appointment
    begin_appointment = posts.begin_appointment
    end_term = posts.end_term
    open_account = posts.open_account
    close_account = posts.close_account

    my_sessions = queries.my_sessions
    sessions_of_account = queries.sessions_of_account
    my_agencies = queries.my_agencies
    agency_by_id = queries.agency_by_id
    person_by_id = queries.person_by_id
    possible_duplicates = queries.possible_duplicates
    household_by_id = queries.household_by_id
    my_household = queries.my_household
    check_enterprise_name = queries.check_enterprise_name
    enterprise_by_credit_code = queries.enterprise_by_credit_code
    people_of_enterprise = queries.people_of_enterprise
    standing_of_applicant = queries.standing_of_applicant
    roles_of_person = queries.roles_of_person
    licence_by_id = queries.licence_by_id
    licences_of_person = queries.licences_of_person
    licence_of_case = queries.licence_of_case
    licence_catalogue = queries.licence_catalogue
    present_licence = queries.present_licence
    licence_keys = queries.licence_keys
    verify_licence = queries.verify_licence
    data_catalogue = queries.data_catalogue
    data_resource_by_id = queries.data_resource_by_id
    data_applications = queries.data_applications
    grants_of_organ = queries.grants_of_organ
    consent_agreement_by_id = queries.consent_agreement_by_id
    my_consents = queries.my_consents
    my_objections = queries.my_objections
    objections_of_organ = queries.objections_of_organ
    readers_of_my_data = queries.readers_of_my_data
    readers_of_enterprise = queries.readers_of_enterprise
    divisions_below = queries.divisions_below
    merger_by_id = queries.merger_by_id
    organ_by_id = queries.organ_by_id
    organs_below = queries.organs_below
    posts_of_organ = queries.posts_of_organ
    my_posts = queries.my_posts
    appointments_of_post = queries.appointments_of_post

    end_agencies_of_the_dead = subscribers.end_agencies_of_the_dead
    register_granted_enterprise = subscribers.register_granted_enterprise
    end_sessions = subscribers.end_sessions
    note_work_taken_over = subscribers.note_work_taken_over
    begin_passing = subscribers.begin_passing
    pass_registers_on = subscribers.pass_registers_on
    note_passed_work = subscribers.note_passed_work
    follow_merged_person = subscribers.follow_merged_person
    follow_separated_person = subscribers.follow_separated_person
    move_references = subscribers.move_references

    count_enterprise = indicators.count_enterprise
    count_reading = indicators.count_reading
