"""Whether an officer may: the question that every use case asks of the node's policy before it does anything."""

from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import Action, Denied, OfficerRef, Resource
from comity.vocabulary.errors import Refusal


def allowed(bench: Workbench, officer: OfficerRef, action: Action, resource: Resource) -> Refusal | None:
    """None when the officer holds the office and policy permits the action there."""
    decision = bench.access.decide(officer, action, resource)
    if isinstance(decision, Denied):
        return Refusal(decision.code, decision.why, do="have an officer with the competence do it")
    return None
