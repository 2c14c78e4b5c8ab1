"""Asking a peer for this node's own acts: what a restored backup has forgotten, others still have.

The asker shows a ticket; the holder answers with acts that the asker itself had issued and sent to it, encrypted to the
asker's agreement key. A ticket that is overheard gives the listener a ciphertext. Who answers need not be proven: each act
carries the asker's own seal. Acts come in pages, newest first, by their place in the holder's ledger.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from comity.exchange.hpke import (
    KEY_ID_BYTES,
    EnvelopeCipher,
    HybridPrivateKey,
    HybridPublicKey,
    Purpose,
    binding,
    choose_key,
)
from comity.exchange.tickets import judge_ticket, read_ticket, seal_ticket
from comity.trust.directory import Directory
from comity.trust.jws import Sealer
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.instants import Instant

PAGE_ACTS = 64
PAGE_LIMIT = 12 << 20
"""Bytes of one answer; acts of the largest size fit by the handful, and a page holds fewer of them."""

_TICKET = "comity-issued-v1"


class IssuedTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """The asker's statement to the holder: show me my own acts that you filed since then, before that place."""

    ticket: str
    asker: AuthorityId
    holder: AuthorityId
    since: Instant
    before: int | None
    at: Instant


class IssuedPage(Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """Sealed acts as they were received. `before` is where the next page begins; None when there is none."""

    acts: Annotated[tuple[bytes, ...], Meta(max_length=PAGE_ACTS)]
    before: int | None


def issue_issued_ticket(
    sealer: Sealer, *, asker: AuthorityId, holder: AuthorityId, since: datetime, before: int | None, at: datetime
) -> str:
    """A ticket for one page, for the request's header."""
    return seal_ticket(sealer, IssuedTicket(_TICKET, asker, holder, since, before, at), at=at)


def verify_issued_ticket(text: str, *, directory: Directory, holder: AuthorityId, at: datetime) -> IssuedTicket:
    """1. It is such a ticket. 2. It names this holder. 3. It is of now, and sealed by the asker it names.

    Raises `BrokenInputError`: oversized, malformed, duplicate-key (1), not-addressed (2), key-not-valid, unknown-sender,
    bad-seal (3).
    """
    # 1
    ticket, opened = read_ticket(text, IssuedTicket)
    if ticket.ticket != _TICKET:
        raise BrokenInputError(ErrorCode.MALFORMED, "this is no ticket for issued acts", expected=_TICKET)
    # 2
    if ticket.holder != holder:
        raise BrokenInputError(
            ErrorCode.NOT_ADDRESSED, "the ticket is for another holder", found=ticket.holder, expected=holder
        )
    # 3
    judge_ticket(opened, directory=directory, asker=ticket.asker, stated_at=ticket.at, at=at)
    return ticket


def seal_page(page: IssuedPage, *, asker: AuthorityId, key: HybridPublicKey, cipher: EnvelopeCipher) -> bytes:
    """The page for the asker's eyes."""
    info = binding(Purpose.ISSUED_ACTS, asker, key)
    return key.key_id + cipher.encrypt(msgspec.msgpack.encode(page), key, info)


def open_page(
    data: bytes, *, asker: AuthorityId, keys: Mapping[bytes, HybridPrivateKey], cipher: EnvelopeCipher
) -> IssuedPage:
    """The page in these bytes; nothing in it is verified yet.

    Raises `BrokenInputError`: oversized, cannot-decrypt, malformed.
    """
    if len(data) > PAGE_LIMIT + (1 << 16):
        raise BrokenInputError(ErrorCode.OVERSIZED, "the answer is too large", found=f"{len(data)} bytes")
    key = choose_key(keys, data[:KEY_ID_BYTES])
    plain = cipher.decrypt(data[KEY_ID_BYTES:], key, binding(Purpose.ISSUED_ACTS, asker, key.public))
    try:
        return msgspec.msgpack.decode(plain, type=IssuedPage)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BrokenInputError(ErrorCode.MALFORMED, "this is no page of acts", found=str(error)) from None
