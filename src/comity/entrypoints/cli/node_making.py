"""Making a node from the command line: whole or not at all."""

import shutil
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from comity.bootstrap.founding import NodePlan, make_node
from comity.bootstrap.private_files import open_folder, replace_private, sync_folder
from comity.config import load_settings
from comity.entrypoints.cli.node_plans import Staff, check_plan, with_software_keys
from comity.trust.directory_format import AuthorityEntry
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import encode

ENTRY_FILE = "entry.json"
SOFTWARE_KEYS = "UNSAFE-software-keys"
OWN_INTAKE = "intake"
"""The folder in the node's own that data is taken in from, unless others are named."""


class Made(Struct, frozen=True):
    """A node that was made: its folder, its entry for the directory and the digest of that file."""

    folder: Path
    entry: Path
    digest: str
    software_keys: tuple[Path, ...]


def make(folder: Path, plan: NodePlan, staff: Staff) -> Made:
    """The node's folder with keys, settings and its entry. After an error there is no folder.

    Raises `BrokenInputError`: NOT_ALLOWED where something is already, MALFORMED for words no directory or node takes.
    """
    at = datetime.now(UTC)
    folder = folder.absolute()
    if folder.exists() and any(folder.iterdir()):
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED, "that folder holds something already", found=str(folder), expected="a new folder"
        )
    people = with_software_keys(staff, plan.authority, at) if plan.rehearsal else staff
    planned = msgspec.structs.replace(plan, offices=people.offices, officers=people.officers)
    check_plan(planned)
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    try:
        entry = make_node(new, planned, at)
        _check_settings(new)
        if OWN_INTAKE in planned.intake_folders:
            (new / OWN_INTAKE).mkdir(mode=0o700)
        digest = _write(new, entry, people)
        new.rename(folder)
        sync_folder(folder.parent)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    keys = folder / SOFTWARE_KEYS
    return Made(folder, folder / ENTRY_FILE, digest, tuple(sorted(keys.iterdir())) if keys.exists() else ())


def _check_settings(folder: Path) -> None:
    try:
        load_settings(folder)
    except BrokenInputError as error:
        raise BrokenInputError(
            error.code, error.what, found=error.found, do="correct the options or the environment and try again"
        ) from None


def _write(folder: Path, entry: AuthorityEntry, people: Staff) -> str:
    """The entry's file and the software keys; the digest of the entry's file."""
    content = msgspec.json.format(encode(entry), indent=2) + b"\n"
    (folder / ENTRY_FILE).write_bytes(content)
    if people.software_keys:
        keys = open_folder(folder / SOFTWARE_KEYS)
        for key in people.software_keys:
            replace_private(keys / f"{key.officer}.json", encode(key))
    return sha256(content).hexdigest()
