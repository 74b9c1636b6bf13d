"""Matters between organs: submitted, accepted, supplemented, consented to, decided, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from services.party_government.commands.ladders import ladder_of
from services.party_government.domain.internal_matters import (
    MatterKind,
    NoCompetentOrgan,
    Role,
    UnfitMatter,
    require_consents,
)
from services.party_government.domain.ladder import RUNG_ZH, Step, Told, Urgency
from services.party_government.models import InternalMatter, KnownOrgan, MatterHandling
from services.party_government.models.internal_matters import answers_of, handling_id
from services.party_government.reference.internal_matters import KINDS
from shared.context import Context
from shared.contracts.party_government import (
    AcceptInternalMatter,
    AnswerMatterConsent,
    DecideInternalMatter,
    RequestMatterSupplement,
    SubmitInternalMatter,
    SupplementInternalMatter,
    WithdrawInternalMatter,
)
from shared.divisions import contains
from shared.handling import handles, on_timer

STEP: Final = "climb_matter_ladder"


# The organ that submits


@handles(SubmitInternalMatter)
def submit_internal_matter(order: SubmitInternalMatter, context: Context) -> InternalMatter:
    """Submit a matter to the organ that decides it; raises `UnfitMatter`, `MaterialsMissing`,
    `NoCompetentOrgan`."""
    kind = _kind_of(order)
    given = [one.material for one in order.materials]
    kind.require_known(given)
    kind.require_given((one.code for one in kind.materials), given)
    applicant = _in_being([order.organ], context)[order.organ]
    parts = _parts_of(kind, order, applicant, context)
    matter = context.unit.add(
        InternalMatter(
            id=f"im-{context.new_id()}",
            division=applicant.division,
            organ=applicant.id,
            kind=kind.code,
            title=order.title,
            content=order.content,
            materials=[one.dump() for one in order.materials],
            submitted_at=context.now,
        )
    )
    decider, *others = _lay_before(parts, matter, kind, context)
    matter.submit(decider.organ, [one.organ for one in others], context.actor.id)
    decider.await_acceptance(context.now)
    _await_next_step(decider, context)
    return matter


def _kind_of(order: SubmitInternalMatter) -> MatterKind:
    kind = KINDS.get(order.kind)
    if kind is None:
        raise UnfitMatter(fields={"kind": [f"One of: {', '.join(KINDS)}."]})
    if kind.receiver == (order.receiver is None):
        fault = "Name the organ that receives." if kind.receiver else "This kind has no receiver."
        raise UnfitMatter(fields={"receiver": [fault]})
    return kind


def _parts_of(
    kind: MatterKind, order: SubmitInternalMatter, applicant: KnownOrgan, context: Context
) -> list[tuple[KnownOrgan, Role]]:
    """Who does what, whoever decides first. Neither the applicant nor the organ that decides is
    asked for consent."""
    decider = kind.decided_by(applicant.id, applicant.division)
    if decider is None:
        raise NoCompetentOrgan(organ=f"{applicant.division}-{kind.organ_kind}")
    place = decider.partition("-")[0]
    roles = {decider: Role.DECIDE}
    if order.receiver is not None:
        if order.receiver == applicant.id:
            raise UnfitMatter(fields={"receiver": ["Another organ than the one that submits."]})
        roles.setdefault(order.receiver, Role.RECEIVE)
    for one in kind.consents:
        roles.setdefault(f"{place}-{one}", Role.CONSENT)
    roles.pop(applicant.id, None)
    organs = _in_being(roles, context)
    for organ in organs.values():
        if not contains(place, organ.division):
            fault = f"An organ of {place} or below it, where the organ that decides is."
            raise UnfitMatter(fields={"receiver": [fault]})
    return [(organs[organ], role) for organ, role in roles.items()]


def _in_being(ids: Iterable[str], context: Context) -> dict[str, KnownOrgan]:
    """These organs; raises `NoCompetentOrgan` for the first that is not there."""
    ids = list(ids)
    found = context.unit.reference(KnownOrgan, *ids)
    for one in ids:
        if one not in found or not found[one].is_in_being(context.today):
            raise NoCompetentOrgan(organ=one)
    return found


def _lay_before(
    parts: list[tuple[KnownOrgan, Role]], matter: InternalMatter, kind: MatterKind, context: Context
) -> list[MatterHandling]:
    return [
        context.unit.add(
            MatterHandling(
                id=handling_id(matter.id, number),
                division=organ.division,
                organ=organ.id,
                matter=matter.id,
                role=role.value,
                days=kind.promised_days if role is Role.DECIDE else kind.consent_days,
                steps=ladder_of(Urgency.ROUTINE, organ.division, context).to_json(),
            )
        )
        for number, (organ, role) in enumerate(parts)
    ]


@handles(SupplementInternalMatter)
def supplement_internal_matter(
    matter: InternalMatter, order: SupplementInternalMatter, context: Context
) -> None:
    """Give all that was wanted; raises `MatterInWrongState`, `UnfitMatter`, `MaterialsMissing`."""
    given = [one.material for one in order.materials]
    kind = KINDS[matter.kind]
    kind.require_known(given)
    kind.require_given((one["material"] for one in matter.wanted), given)
    matter.supplement(order.materials, context.actor.id, context.now)
    for handling in _handlings_of(matter, context):
        handling.resume(context.now)
        _catch_up(handling, matter, context)


@handles(WithdrawInternalMatter)
def withdraw_internal_matter(
    matter: InternalMatter, order: WithdrawInternalMatter, context: Context
) -> None:
    """Take it back, so that nobody has anything to do about it; raises `MatterInWrongState`."""
    matter.withdraw(order.reason, context.actor.id, context.now)
    for handling in _handlings_of(matter, context):
        handling.end()
        context.unit.cancel(STEP, handling.id, context)


# The organs that handle it


@handles(AcceptInternalMatter)
def accept_internal_matter(
    handling: MatterHandling, order: AcceptInternalMatter, context: Context
) -> None:
    """Begin the promised days and ask for every consent; raises `NotYoursToDecide`,
    `MatterInWrongState`, and `NoCompetentOrgan` where an organ to be asked has ended."""
    handling.require_decides()
    matter = context.unit.get(InternalMatter, handling.matter)
    matter.accept(handling.organ, context.actor.id, context.now)
    handling.accept(context.now)
    _await_next_step(handling, context)
    others = [one for one in _handlings_of(matter, context) if not one.decides]
    _in_being((one.organ for one in others), context)
    for one in others:
        one.ask(context.now)
        _await_next_step(one, context)


@handles(RequestMatterSupplement)
def request_matter_supplement(
    handling: MatterHandling, order: RequestMatterSupplement, context: Context
) -> None:
    """Tell all that is missing and stop the clocks; raises `NotYoursToDecide`, `UnfitMatter`,
    `MatterInWrongState`, `MatterSupplementAlreadyRequested`."""
    handling.require_decides()
    matter = context.unit.get(InternalMatter, handling.matter)
    KINDS[matter.kind].require_known([one.material for one in order.wanted])
    matter.request_supplement(order.wanted, handling.organ, context.actor.id, context.now)
    for one in _handlings_of(matter, context):
        one.pause(context.now)
        context.unit.cancel(STEP, one.id, context)


@handles(AnswerMatterConsent)
def answer_matter_consent(
    handling: MatterHandling, order: AnswerMatterConsent, context: Context
) -> None:
    """Consent or object; raises `NotYoursToConsent`, `MatterInWrongState`,
    `ObjectionNeedsOpinion`."""
    handling.answer(order.agreed, order.opinion, context.now)
    matter = context.unit.get(InternalMatter, handling.matter)
    matter.hear(handling.organ, order.agreed, order.opinion, context.actor.id, context.now)
    context.unit.cancel(STEP, handling.id, context)


@handles(DecideInternalMatter)
def decide_internal_matter(
    handling: MatterHandling, order: DecideInternalMatter, context: Context
) -> None:
    """Grant or refuse; raises `NotYoursToDecide`, `MatterInWrongState`, `ConsentsAwaited`,
    `ConsentRefused`."""
    handling.require_decides()
    matter = context.unit.get(InternalMatter, handling.matter)
    matter.require_decidable()
    require_consents(answers_of(_handlings_of(matter, context)), order.outcome)
    matter.decide(order.outcome, order.reasons, handling.organ, context.actor.id, context.now)
    handling.decide(matter, context.now)
    context.unit.cancel(STEP, handling.id, context)


def _handlings_of(matter: InternalMatter, context: Context) -> list[MatterHandling]:
    return context.unit.find_all(MatterHandling, MatterHandling.matter == matter.id)


# The ladder


@on_timer(STEP)
def climb_matter_ladder(handling: MatterHandling, context: Context) -> None:
    """Climb the rung that was reached, and wait for the next one."""
    if handling.due is None:
        return
    matter = context.unit.get(InternalMatter, handling.matter)
    _climb(handling, matter, context)
    _await_next_step(handling, context)


def _catch_up(handling: MatterHandling, matter: InternalMatter, context: Context) -> None:
    """After its clock stood still: climb to where it is if it was late before, and go on."""
    if handling.due is None:
        return
    if handling.due <= context.now:
        _climb(handling, matter, context)
    _await_next_step(handling, context)


def _climb(handling: MatterHandling, matter: InternalMatter, context: Context) -> None:
    step = handling.ladder.step_at(handling.climbs_from(context.now), context.now)
    if step is not None and handling.climb(step.rung, _told(handling, matter, step, context)):
        matter.note_escalation(handling.organ, RUNG_ZH[step.rung], context.now)


def _await_next_step(handling: MatterHandling, context: Context) -> None:
    following = handling.ladder.next_after(handling.climbs_from(context.now), context.now)
    if following is not None:
        context.unit.arm(STEP, handling.id, following, context)


def _told(
    handling: MatterHandling, matter: InternalMatter, step: Step, context: Context
) -> list[str]:
    """Who must know: the organ's superior, and from the last rung on whoever submitted it."""
    told: list[str] = []
    if step.tells is not Told.ORGAN:
        known = context.unit.reference(KnownOrgan, handling.organ)
        told += [one.parent for one in known.values() if one.parent is not None]
    if step.tells is Told.ISSUER and matter.organ not in told:
        told.append(matter.organ)
    return told
