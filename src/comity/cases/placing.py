"""Which act of a case another one answers: asked once, and the same answer counts for what follows and for who may say it."""

from comity.acts.payload import Payload
from comity.cases.state import CaseState, Direction, Step
from comity.cases.transitions import TABLES


def placed_by(state: CaseState, payload: Payload) -> Step | None:
    """The first act it answers whose matter lets it follow now. Enclosed acts are evidence and part of no matter."""
    taken = {step.act: step for step in state.steps if step.direction is not Direction.ENCLOSED}
    for act in payload.re:
        step = taken.get(act)
        matter = state.matters.get(step.matter) if step else None
        if step and matter and payload.act.type in TABLES[matter.procedure].get(matter.stage, {}):
            return step
    return None
