"""How far a one-thing is."""

from __future__ import annotations

from services.digital_government.domain.matters import MATTERS
from services.digital_government.domain.one_things import MatterState
from services.digital_government.models import Case, OneThing
from shared.context import Context
from shared.contracts.digital_government import MatterProgress, OneThingProgress, OneThingState
from shared.handling import answers


@answers(OneThingProgress)
def one_thing_progress(
    one_thing: OneThing, query: OneThingProgress, context: Context
) -> OneThingState:
    """Where each matter stands, in the order of the one-thing's definition."""
    cases = context.unit.find_all(Case, Case.one_thing_id == one_thing.id)
    by_matter = {case.matter: case for case in cases}
    return OneThingState.load(
        {
            "one_thing_id": one_thing.id,
            "version": one_thing.version,
            "thing": one_thing.thing,
            "division": one_thing.division,
            "state": one_thing.state,
            "due": one_thing.due.isoformat(),
            "provisional": one_thing.provisional,
            "matters": [
                _progress(code, one_thing.matter_states[code], by_matter.get(code)).dump()
                for code in one_thing.definition.matters
            ],
        }
    )


def _progress(matter: str, state: MatterState, case: Case | None) -> MatterProgress:
    name = MATTERS[matter].name_zh
    if case is None:
        return MatterProgress(matter=matter, name=name, state=state.value)
    return MatterProgress(
        matter=matter,
        name=name,
        case_id=case.id,
        state=case.state,
        outcome=case.outcome,
        due=case.due,
    )
