"""Acts that a command has its node seal and file at once."""

from msgspec import Struct

from comity.entrypoints.cli.client import NodeClient
from comity.entrypoints.cli.pages import print_json, say
from comity.vocabulary.identifiers import ActId


class Filed(Struct, frozen=True):
    """An act that was sealed and filed at once."""

    act: ActId


def file_and_tell(node: NodeClient, path: str, command: object, done: str, *, json: bool) -> None:
    """The act is in the node's ledger when this returns; what was done and the act's id are on standard output."""
    filed = node.post(Filed, path, command)
    print_json(filed) if json else say(f"{done}  {filed.act}")
