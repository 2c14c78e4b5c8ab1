"""Officers' tokens on the node's machine: made, and revoked at once."""

from datetime import timedelta
from pathlib import Path

from comity.casework.desk.officer_tokens import IssuedToken, issue_token, revoke_tokens
from comity.entrypoints.cli.node_processes import opened_node
from comity.vocabulary.identifiers import OfficerId


def new_token(folder: Path, officer: OfficerId, hours: float | None) -> IssuedToken:
    """A new token of an officer whom the directory lists; only its hash is kept. Lives as long as the settings say, or less."""
    with opened_node(folder) as node:
        longest = timedelta(hours=node.settings.token_hours)
        return issue_token(node.bench, officer, longest if hours is None else timedelta(hours=hours), longest)


def revoked(folder: Path, officer: OfficerId | None) -> int:
    """How many tokens counted until now, of that officer or of everybody."""
    with opened_node(folder) as node:
        return revoke_tokens(node.bench, officer)
