"""The bytes of the case key file: a header of one slot, then slots of 128 bytes, one per case, that never move.

Header: magic (8), version (2), slot size (2), zeros (4), store id (16), key check (32), CRC-32 of all before (4), zeros to 96;
then two little-endian counters of 8 bytes that change all the time and so stand outside the check: `generation` at 96 and
`committed` at 104.

Slot: state (1), format (1), zeros (2), case (16), CRC-32 of the case (4), nonce (12), wrapped key (48), CRC-32 of all before
(4), zeros to 128. The case has its own check, so that a slot whose key part was torn still says whose it is.

A counter and a slot each lie within one disk sector: a power cut leaves them old or new. The format does not rely on it.
Append only: a new meaning takes a new state or a new format number.
"""

import struct
import zlib
from enum import IntEnum

from msgspec import Struct

SLOT = 128
MAGIC = b"COMITYCK"
VERSION = 1
GENERATION_AT = 96
COMMITTED_AT = 104
COUNTER = struct.Struct("<Q")
NONCE = 12
WRAPPED = 48
CASE = 16

_HEADER = struct.Struct("<8sHH4x16s32s")
_IDENTITY = struct.Struct("<BBxx16sI")
_SLOT = struct.Struct("<BBxx16sI12s48s")
_CHECK = struct.Struct("<I")


class SlotState(IntEnum):
    """First byte of a slot. Four bits or more apart, so that rot in a bit or two never turns one state into another."""

    LIVE = 0xA5
    DESTROYING = 0x3C
    DESTROYED = 0x5A
    VOID = 0xC3


_STATES = frozenset(SlotState)
_DYING = (SlotState.DESTROYING, SlotState.DESTROYED)


class Header(Struct, frozen=True):
    """What the file says of itself. `key_check` tells whether a key-encryption key is the one that wrapped the slots."""

    store: bytes
    key_check: bytes


class Slot(Struct, frozen=True):
    """One case's slot, whole."""

    state: SlotState
    case: bytes
    nonce: bytes = bytes(NONCE)
    wrapped: bytes = bytes(WRAPPED)


def pack_header(header: Header) -> bytes:
    """The first 128 bytes of a new file, both counters zero."""
    body = _HEADER.pack(MAGIC, VERSION, SLOT, header.store, header.key_check)
    return (body + _CHECK.pack(zlib.crc32(body))).ljust(SLOT, b"\0")


def parse_header(raw: bytes) -> Header | None:
    """The header, or None when these bytes are not a whole one of this version."""
    if len(raw) < SLOT:
        return None
    magic, version, slot, store, key_check = _HEADER.unpack_from(raw)
    (check,) = _CHECK.unpack_from(raw, _HEADER.size)
    whole = check == zlib.crc32(raw[: _HEADER.size])
    return Header(store, key_check) if whole and (magic, version, slot) == (MAGIC, VERSION, SLOT) else None


def pack_slot(slot: Slot) -> bytes:
    """The 128 bytes of a slot."""
    body = _SLOT.pack(slot.state, VERSION, slot.case, zlib.crc32(slot.case), slot.nonce, slot.wrapped)
    return (body + _CHECK.pack(zlib.crc32(body))).ljust(SLOT, b"\0")


def parse_slot(raw: bytes) -> Slot | None:
    """The slot, or None when it is torn or damaged.

    A slot whose destruction had begun is DESTROYING whatever became of the rest, as long as its case can be read: its
    key must not come back.
    """
    if len(raw) != SLOT:
        return None
    state, _, case, _, nonce, wrapped = _SLOT.unpack_from(raw)
    (check,) = _CHECK.unpack_from(raw, _SLOT.size)
    if check == zlib.crc32(raw[: _SLOT.size]) and state in _STATES:
        return Slot(SlotState(state), case, nonce, wrapped)
    return Slot(SlotState.DESTROYING, case) if state in _DYING and parse_case(raw) is not None else None


def parse_case(raw: bytes) -> bytes | None:
    """Whose slot this is, also when the rest is damaged; None for a void slot and where not even that can be read."""
    state, _, case, check = _IDENTITY.unpack_from(raw)
    return case if state != SlotState.VOID and check == zlib.crc32(case) else None
