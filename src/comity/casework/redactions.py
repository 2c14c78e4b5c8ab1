"""Redactions that stand in a case, as its acts say."""

from comity.acts.classes import ActType
from comity.acts.redaction_bodies import ItemRedacted, RedactionLifted
from comity.cases.state import CaseState, Step
from comity.casework.reading import payload_of
from comity.casework.workbench import Workbench
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, Digest, ExhibitId


def redactions(bench: Workbench, state: CaseState) -> dict[ExhibitId, tuple[ActId, ItemRedacted]]:
    """Every derived item of the case by its id, with the act that made it."""
    found = [(step.act, payload_of(bench, step.act).body) for step in _steps(state, ActType.ITEM_REDACTED)]
    return {body.derived: (act, body) for act, body in found if isinstance(body, ItemRedacted)}


def lifted(bench: Workbench, state: CaseState) -> frozenset[ExhibitId]:
    """The derived items whose redaction a court has lifted."""
    bodies = [payload_of(bench, step.act).body for step in _steps(state, ActType.REDACTION_LIFTED)]
    return frozenset(body.derived for body in bodies if isinstance(body, RedactionLifted))


def redaction_stands(bench: Workbench, state: CaseState, exhibit: ExhibitId, item: Digest) -> Refusal | None:
    """Why an item is not opened in the original: a provisional redaction of it that no court has lifted. None else."""
    made = redactions(bench, state)
    standing = [
        derived
        for derived, (_, body) in made.items()
        if body.provisional and (body.exhibit, body.item) == (exhibit, item)
    ]
    if not standing or lifted(bench, state).issuperset(standing):
        return None
    return Refusal(
        "redacted",
        "a provisional redaction of this item stands",
        do=f"read the redacted copy {standing[-1]}, or have a court lift the redaction",
    )


def _steps(state: CaseState, kind: ActType) -> list[Step]:
    return [step for step in state.steps if step.type is kind]
