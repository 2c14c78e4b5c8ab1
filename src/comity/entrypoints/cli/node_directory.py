"""Taking a directory version into use at a node: verified from the pinned root on, kept, and named in the ledger."""

from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from comity.bootstrap.database import has_database
from comity.bootstrap.directories import directories_of, is_pinned, read_folder
from comity.bootstrap.parts import clock_of
from comity.casework.upkeep.directory_seen import name_directory
from comity.config import NodeSettings, load_settings
from comity.entrypoints.cli.node_processes import standing_node
from comity.trust.directory_tuf import verify_directory
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, Digest

FIRST_ROOT = Path("metadata") / "1.root.json"


class TakenIntoUse(Struct, frozen=True):
    """A version in use: its number, who is listed, the pinned root; whether it was pinned now, unseen by anybody else.

    `act` names the version in the ledger; None where there is no database yet, or it is named already.
    """

    version: int
    authorities: tuple[str, ...]
    root: Digest
    pinned_now: bool
    unchecked: bool
    act: ActId | None


def take_into_use(folder: Path, published: Path, root: Path | None) -> TakenIntoUse:
    """1. The root is the pinned one, or is pinned now. 2. The version is verified and kept. 3. It is named in the ledger.

    Raises `BrokenInputError`: NOT_ALLOWED for another root than the pinned one, BAD_DIRECTORY, DIRECTORY_EXPIRED.
    """
    settings = load_settings(folder)
    files = directories_of(settings)
    at = clock_of(settings).now()
    if not published.is_dir():
        raise BrokenInputError(
            ErrorCode.NOT_FOUND, "there is no such folder", found=str(published), expected="a published directory"
        )
    # 1.
    pinned_now = not is_pinned(settings)
    if pinned_now or root is not None:
        chosen = _read(root or published / FIRST_ROOT)
        if pinned_now:
            verify_directory(read_folder(published), root=chosen, at=at)
        files.pin(chosen)
    # 2.
    directory = files.take(published, at)
    # 3.
    return TakenIntoUse(
        version=directory.version,
        authorities=tuple(sorted(directory.authorities)),
        root=sha256(files.root()).hexdigest(),
        pinned_now=pinned_now,
        unchecked=pinned_now and root is None,
        act=_named(folder, settings),
    )


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise BrokenInputError(
            ErrorCode.NOT_FOUND, "there is no root to pin", found=str(path), do="give it with --root"
        )
    return path.read_bytes()


def _named(folder: Path, settings: NodeSettings) -> ActId | None:
    """The act in the ledger, where there is one already; a new node files it when it is first served."""
    if not has_database(settings):
        return None
    with standing_node(folder) as node:
        return name_directory(node.bench)
