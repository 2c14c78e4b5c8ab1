"""Approving one draft over the API: which approval is sent, and what its outcome means."""

from collections.abc import Sequence
from pathlib import Path

import typer
from msgspec import Struct

from comity.acts.seal_format import Approval
from comity.casework.desk.approve import Approved, ApproveDraft
from comity.entrypoints.cli.answers import ErrorAnswer, broken
from comity.entrypoints.cli.approvals import approval_of_assertion, approval_of_software_key
from comity.entrypoints.cli.client import NodeClient
from comity.entrypoints.cli.exits import CommandRefusedError
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, OfficeId, OfficerId


class ApprovalOutcome(Struct, frozen=True):
    """What became of one approval: exactly one of the three is there."""

    approved: Approved | None = None
    refusal: Refusal | None = None
    error: ErrorAnswer | None = None


def approval_from(
    draft: ActId, *, office: OfficeId, officer: OfficerId, assertion: Path | None, software_key: Path | None
) -> Approval:
    """The approval in the one file that was given."""
    if software_key is not None and assertion is None:
        return approval_of_software_key(software_key, draft, office=office)
    if assertion is None or software_key is not None or not officer:
        raise typer.BadParameter("give either --assertion with --officer, or --unsafe-software-key")
    return approval_of_assertion(assertion, officer=officer, office=office)


def approve_draft(node: NodeClient, draft: ActId, approval: Approval, enclosing: Sequence[ActId]) -> Approved:
    """The act the draft has become. Raises what the node said instead."""
    command = ApproveDraft(draft, approval, tuple(enclosing))
    outcome, *_ = (*node.post(tuple[ApprovalOutcome, ...], "approvals", [command]), ApprovalOutcome())
    if outcome.refusal is not None:
        raise CommandRefusedError(outcome.refusal)
    if outcome.error is not None:
        raise broken(outcome.error)
    if outcome.approved is None:
        raise BrokenInputError(ErrorCode.MALFORMED, "the node's answer says nothing about the draft")
    return outcome.approved
