"""The node's own private keys: one file in a closed folder, replaced whole, so that no two keys of it are ever out of step.

Rotation has two halves, because the act that announces a new key is sealed with the old one and a crash may come between:
`prepare` makes the successor durable and names its public key; once the act is in the ledger, `activate` takes it into use.
Around that time the folder holds both, and the directory in force says which of them counts (`private` finds either). A node
that starts and finds a successor whose act it has filed activates it; one whose act it has not filed, it keeps.

Retired keys stay for a grace period: agreement keys because envelopes on their way were encrypted to them, signing keys for
the few minutes until the instant named in the act has come everywhere. `forget_retired` ends both.
"""

from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import msgspec

from comity.adapters.keys.node_key_format import (
    AGREEMENT_KEY,
    FORMAT,
    LIMIT,
    SEED,
    KeyFile,
    KeyKind,
    NodeKeys,
    Retired,
    all_of,
    in_memory,
    parse,
    public_of,
)
from comity.adapters.private_files import exclusive, open_folder, read_private, replace_private
from comity.casework.ports.node import Randomness
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.instants import to_utc


class FileNodeKeys:
    """The folder the keys lie in. Safe for several processes; each sees a rotation when it loads again."""

    def __init__(self, folder: Path) -> None:
        """The folder need not exist yet."""
        self._folder = folder
        self._path = folder / "node-keys.json"
        self._loaded: tuple[tuple[int, int, int], KeyFile] | None = None

    def generate(self, random: Randomness) -> NodeKeys:
        """New keys, durable when it returns. Raises `BrokenInputError(NOT_ALLOWED)` where there are keys already."""
        open_folder(self._folder)
        with self._locked():
            if self._path.exists():
                raise BrokenInputError(
                    ErrorCode.NOT_ALLOWED,
                    f"{self._folder} holds a node's keys already",
                    expected="an empty folder",
                    do="choose another folder, or rotate the keys that are there",
                )
            self._save(
                KeyFile(
                    format=FORMAT,
                    seal=random.take(SEED).hex(),
                    ledger=random.take(SEED).hex(),
                    witness=random.take(SEED).hex(),
                    agreement=random.take(AGREEMENT_KEY).hex(),
                    box=random.take(SEED).hex(),
                    wrapping=random.take(SEED).hex(),
                )
            )
        return self.load()

    def load(self) -> NodeKeys:
        """The keys in use.

        Raises `BrokenInputError`: NOT_FOUND, NOT_ALLOWED when other users can read them, MALFORMED when the file is not
        exactly of this form.
        """
        return in_memory(self._read())

    def private(self, kind: KeyKind, public: bytes) -> bytes | None:
        """The private half of that public key, be it in use, prepared or retired; None when it is not here."""
        return next((private for private in all_of(self._read(), kind) if public_of(kind, private) == public), None)

    def agreements(self) -> tuple[bytes, ...]:
        """Every agreement key an envelope may still be for, newest first. Cheap: the file is read when it changed."""
        return tuple(all_of(self._read(), KeyKind.AGREEMENT))

    def prepare(self, kind: KeyKind, random: Randomness) -> bytes:
        """The public key of the successor, which is durable when this returns; the same one until it is activated."""
        with self._locked():
            file = self._read()
            if kind not in file.next:
                fresh = random.take(AGREEMENT_KEY if kind is KeyKind.AGREEMENT else SEED)
                file = msgspec.structs.replace(file, next={**file.next, kind: fresh.hex()})
                self._save(file)
            return public_of(kind, bytes.fromhex(file.next[kind]))

    def prepared(self) -> dict[KeyKind, bytes]:
        """Public keys of the successors that wait for their act."""
        return {kind: public_of(kind, bytes.fromhex(private)) for kind, private in self._read().next.items()}

    def activate(self, kind: KeyKind, at: datetime) -> NodeKeys:
        """The successor is in use, durably; the key it replaces is retired at `at`.

        Raises `BrokenInputError(NOT_FOUND)` when no successor was prepared.
        """
        with self._locked():
            file = self._read()
            if kind not in file.next:
                raise BrokenInputError(
                    ErrorCode.NOT_FOUND, f"no successor of the {kind} key was prepared", do="prepare one first"
                )
            retired = (
                Retired(kind, getattr(file, kind.value), to_utc(at)),
                *(key for key in file.retired if not key.over(at)),
            )
            waiting = {other: private for other, private in file.next.items() if other is not kind}
            changed = {kind.value: file.next[kind], "next": waiting, "retired": retired}
            self._save(msgspec.structs.replace(file, **changed))
        return self.load()

    def rotate(self, kind: KeyKind, random: Randomness, at: datetime) -> bytes:
        """Prepares and activates at once and returns the new public key.

        For a replacement that peers learn from a directory version, not from an act sealed with the key replaced.
        """
        public = self.prepare(kind, random)
        self.activate(kind, at)
        return public

    def forget_retired(self, at: datetime) -> int:
        """Retired keys whose grace has passed are gone, durably; how many they were. Cheap while there are none."""
        if not any(key.over(at) for key in self._read().retired):
            return 0
        with self._locked():
            file = self._read()
            kept = tuple(key for key in file.retired if not key.over(at))
            if len(kept) != len(file.retired):
                self._save(msgspec.structs.replace(file, retired=kept))
            return len(file.retired) - len(kept)

    def _locked(self) -> AbstractContextManager[None]:
        return exclusive(self._folder / "node-keys.lock")

    def _read(self) -> KeyFile:
        """The file as it is now; parsed again only when it was replaced."""
        loaded = self._loaded
        status = self._path.stat() if self._path.exists() else None
        stamp = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns) if status else None
        if loaded is None or loaded[0] != stamp:
            file = parse(read_private(self._path, limit=LIMIT))
            if stamp:
                self._loaded = (stamp, file)
            return file
        return loaded[1]

    def _save(self, file: KeyFile) -> None:
        replace_private(self._path, msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n")
