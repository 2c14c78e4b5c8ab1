"""Sealing a receipt and opening a sealed one: JWS flattened JSON (RFC 7515 section 7.2.2) under the receiver's seal key.

A receipt cannot pass for an act nor an act for a receipt: each is decoded strictly, and their fields differ.
"""

from datetime import datetime

from msgspec import Struct

from comity.acts.receipt_format import Receipt, SealedReceipt
from comity.acts.seal_format import SealSignature
from comity.trust.directory import Directory
from comity.trust.jws import Sealer, SealFinding, judge_signature, make_signature, open_signature
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url, decode, encode, from_b64url

RECEIPT_LIMIT = 4 << 20
"""Bytes of one receipt's payload: some 250 for each act of a batch."""


class OpenedReceipt(Struct, frozen=True):
    """A receipt whose seal verified. What it says of a ledger is not checked here."""

    receipt: Receipt
    seal: SealFinding


def seal_receipt(receipt: Receipt, sealer: Sealer, *, at: datetime) -> SealedReceipt:
    """The receipt under its receiver's seal, made at `at`."""
    payload = b64url(encode(receipt))
    signature = make_signature(payload, sealer, at=at)
    return SealedReceipt(payload=payload, protected=signature.protected, signature=signature.signature)


def open_receipt(sealed: SealedReceipt, directory: Directory, *, at: datetime) -> OpenedReceipt:
    """The receipt, when its receiver sealed it. `at` is the instant by which it is known to have existed.

    Steps:
        1. The payload is canonical base64url of a receipt, at most `RECEIPT_LIMIT` bytes.
        2. The header decodes and carries no approvals.
        3. The directory knows the receiver; else UNKNOWN_SENDER.
        4. The seal is judged by the steps of `comity.trust.jws.judge_signature`; it is not older than `received_at`.

    Raises `BrokenInputError`: OVERSIZED, MALFORMED, DUPLICATE_KEY, UNKNOWN_SENDER, KEY_NOT_VALID, BAD_SEAL.
    """
    # 1.
    receipt = decode(from_b64url(sealed.payload), Receipt, limit=RECEIPT_LIMIT)
    # 2.
    opened = open_signature(SealSignature(protected=sealed.protected, signature=sealed.signature))
    if opened.header.approvals:
        raise BrokenInputError(ErrorCode.MALFORMED, "a receipt carries approvals")
    # 3.
    if not directory.knows(receipt.receiver):
        raise BrokenInputError(ErrorCode.UNKNOWN_SENDER, "the directory lists no such receiver", found=receipt.receiver)
    # 4.
    finding = judge_signature(
        opened, sealed.payload, directory, authority=receipt.receiver, stated_at=receipt.received_at, at=at
    )
    return OpenedReceipt(receipt=receipt, seal=finding)
