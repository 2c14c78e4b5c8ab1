"""The key of each case in one file of its own, outside the database, its write-ahead log and its backups.

To dispose of a case is to overwrite its 128 bytes here; everything encrypted under the key, wherever a copy lies, is then
unreadable. What overwriting can't promise, and the certificate of a disposal says so:
- a flash drive writes elsewhere and keeps the old cells until it reuses them (wear levelling);
- a copy-on-write file system (btrfs, ZFS, a snapshot of any) keeps the old block for as long as something refers to it;
- a copy of the file made by others (a backup of the whole disk, a virtual machine's image) is out of reach;
- a process that holds a key in memory at that instant may finish what it does with it. Cached copies are zeroed, but the
  interpreter's own copies of a byte string are freed, not zeroed, and memory may have been swapped out.
Against the first three stands the key-encryption key: the keys in the file are wrapped under it, and it lies in the folder
of the node's own keys. Keep that folder on another medium or in a security module, and an old copy of this file alone
opens nothing.
"""

import hashlib
import hmac
import logging
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from comity.adapters.keys.slot_file import SlotFile
from comity.adapters.keys.slot_format import CASE, NONCE, SLOT, Header, Slot, SlotState, parse_case, parse_slot
from comity.casework.ports.node import CaseKeys, Randomness
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import CaseId

_KEY = 32
_STORE = 16
_CACHED = 8192

_log = logging.getLogger(__name__)


class FileCaseKeys(CaseKeys):
    """Case keys in a file: durable, shared by processes, destroyed in place. Safe for threads.

    Each key is wrapped with AES-256-GCM under the node's key-encryption key, bound to this file and its case, so that a
    slot copied elsewhere opens nothing. Opening raises `BrokenInputError`: STORE_DAMAGED when the file is shortened, has
    no header or belongs to another key-encryption key; NOT_ALLOWED when other users can read it.
    """

    def __init__(self, folder: Path, wrapping: bytes, random: Randomness) -> None:
        """`wrapping` is the 32-byte key-encryption key; `folder` is made if it does not exist."""
        self._random = random
        self._wrap = AESGCM(wrapping)
        store = random.take(_STORE)
        self._file = SlotFile(folder, Header(store, _key_check(wrapping, store)))
        self._store = self._file.header.store
        if not hmac.compare_digest(self._file.header.key_check, _key_check(wrapping, self._store)):
            self._file.close()
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED,
                "the case keys are wrapped under another key-encryption key",
                found="a case key file of another node or of an earlier key folder",
                expected="the file that belongs to this node's key folder",
                do="bring key folder and case key file of the same node together",
            )
        self._guard = threading.Lock()
        self._slots: dict[bytes, int] = {}
        self._indexed = 0
        self._cache: OrderedDict[bytes, bytearray] = OrderedDict()
        self._generation = self._file.generation()
        with self._guard:
            self._catch_up()

    def close(self) -> None:
        """Cached keys are zeroed and the file is closed."""
        with self._guard:
            self._forget_all()
            self._file.close()

    def ensure(self, cases: Collection[CaseId]) -> None:
        """See `CaseKeys.ensure`. All or none: nothing is made when one of the cases had its key destroyed."""
        wanted = list(dict.fromkeys(map(_raw, cases)))
        if not self._missing(wanted):
            return
        with self._file.locked():
            missing = self._missing(wanted)
            if missing:
                self._file.append(self._new_slots(missing))

    def key(self, case: CaseId) -> bytes:
        """See `CaseKeys.key`. STORE_DAMAGED when the case's slot was altered."""
        raw = _raw(case)
        with self._guard:
            self._drop_stale()
            cached = self._cache.get(raw)
            if cached is not None:
                self._cache.move_to_end(raw)
                return bytes(cached)
            key = self._unwrap(raw)
            self._cache[raw] = bytearray(key)
            if len(self._cache) > _CACHED:
                _zero(self._cache.popitem(last=False)[1])
            return key

    def destroy(self, case: CaseId) -> None:
        """See `CaseKeys.destroy`. A case that never had a key gets its tombstone too; a second call changes nothing."""
        raw = _raw(case)
        with self._file.locked():
            number = self._find(raw)
            if number is None:
                self._file.append([Slot(SlotState.DESTROYED, raw)])
                return
            slot = self._file.read(number)
            if slot is None or slot.state is not SlotState.DESTROYED:
                self._file.bury(number, raw)
        with self._guard:
            self._drop_stale()

    def destroyed(self) -> Collection[CaseId]:
        """See `CaseKeys.destroyed`. Reads the whole file: 128 bytes for each case there ever was."""
        dead = self._file.in_state(SlotState.DESTROYING, SlotState.DESTROYED)
        return frozenset(slot.case.hex() for _, slot in dead)

    def damaged(self) -> Sequence[int]:
        """Numbers of the slots that were confirmed once and can't be read now, for the check of the whole system."""
        return [
            start + offset // SLOT
            for start, raw in self._file.portions(0)
            for offset in range(0, len(raw), SLOT)
            if parse_slot(raw[offset : offset + SLOT]) is None
        ]

    def _missing(self, wanted: Sequence[bytes]) -> list[bytes]:
        missing = []
        for case in wanted:
            number = self._find(case)
            if number is None:
                missing.append(case)
            else:
                self._live(case, number)
        return missing

    def _new_slots(self, cases: Sequence[bytes]) -> list[Slot]:
        taken = self._random.take((_KEY + NONCE) * len(cases))
        slots = []
        for index, case in enumerate(cases):
            at = index * (_KEY + NONCE)
            key, nonce = taken[at : at + _KEY], taken[at + _KEY : at + _KEY + NONCE]
            slots.append(Slot(SlotState.LIVE, case, nonce, self._wrap.encrypt(nonce, key, self._store + case)))
        return slots

    def _find(self, case: bytes) -> int | None:
        with self._guard:
            if case not in self._slots:
                self._catch_up()
            return self._slots.get(case)

    def _live(self, case: bytes, number: int) -> Slot:
        slot = self._file.read(number)
        if slot is None or slot.case != case:
            raise BrokenInputError(
                ErrorCode.STORE_DAMAGED,
                f"the key of case {case.hex()} can't be read",
                found=f"damage in slot {number} of the case key file",
                do="look at the disk; nothing else holds this key",
            )
        if slot.state is not SlotState.LIVE:
            raise BrokenInputError(ErrorCode.KEY_DESTROYED, f"the key of case {case.hex()} was destroyed")
        return slot

    def _unwrap(self, case: bytes) -> bytes:
        if case not in self._slots:
            self._catch_up()
        if case not in self._slots:
            raise BrokenInputError(ErrorCode.NOT_FOUND, f"case {case.hex()} has no key here")
        slot = self._live(case, self._slots[case])
        try:
            return self._wrap.decrypt(slot.nonce, slot.wrapped, self._store + case)
        except InvalidTag:
            raise BrokenInputError(ErrorCode.STORE_DAMAGED, f"the key of case {case.hex()} was altered") from None

    def _catch_up(self) -> None:
        """Indexes what was added since, by any process. A slot never moves, so nothing indexed is ever read again."""
        for start, raw in self._file.portions(self._indexed):
            for offset in range(0, len(raw), SLOT):
                case = parse_case(raw[offset : offset + SLOT])
                number = start + offset // SLOT
                if case is not None:
                    self._slots.setdefault(case, number)
                elif parse_slot(raw[offset : offset + SLOT]) is None:
                    _log.error("slot %d of the case key file is damaged: its case is not known any more", number)
            self._indexed = start + len(raw) // SLOT

    def _drop_stale(self) -> None:
        """Some process destroyed a key: every key cached here is read anew, if it is still there."""
        generation = self._file.generation()
        if generation != self._generation:
            self._forget_all()
            self._generation = generation

    def _forget_all(self) -> None:
        for key in self._cache.values():
            _zero(key)
        self._cache.clear()


def _raw(case: CaseId) -> bytes:
    try:
        raw = bytes.fromhex(case)
    except ValueError:
        raw = b""
    if len(raw) != CASE or raw.hex() != case:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "this is no case id", expected="32 lower-case hexadecimal characters"
        )
    return raw


def _zero(key: bytearray) -> None:
    key[:] = bytes(len(key))


def _key_check(wrapping: bytes, store: bytes) -> bytes:
    return hmac.digest(wrapping, b"comity-case-keys-v1" + store, hashlib.sha256)
