"""The decision of a witness (C2SP tlog-witness): cosign this head of a log, or not.

A witness keeps one size and root for each log, the last it cosigned, and cosigns only what extends it. So whoever sees
two checkpoints with cosignatures of one honest witness knows that they belong to one history. Nothing here stores or
signs: the caller reads the state, asks `consider`, writes the new state and only then cosigns, all under one lock of that
log. Between reading and writing no other request for the log may be served, or an older head could overwrite a newer.

A node that was restored from a backup goes on under a new origin, its next epoch. So that this is no way to begin a new
history, a witness remembers heads of the earlier epochs, ties the first head of a new one to them (`consider_epoch`), and
cosigns nothing of an epoch that is over. What a restore may lose is then exactly what it says: the leaves behind the
first head of the new epoch.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from comity.ledger.checkpoints import Checkpoint, SignedCheckpoint, read_signed_checkpoint, read_size, verify_checkpoint
from comity.ledger.notes import NOTE_LIMIT, VerifierKey, signatures_by
from comity.ledger.proofs import verify_consistency
from comity.ledger.tree import require_hashes
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64, from_b64

MAX_PROOF = 63
"""Hashes of a consistency proof; more are never needed for sizes below 2**63 (tlog-witness, add-checkpoint)."""

REQUEST_LIMIT = NOTE_LIMIT + (4 << 10)
"""Bytes of an add-checkpoint request: the note, and at most 63 lines of 45 bytes with the old size before it."""


class AddCheckpoint(Struct, frozen=True, forbid_unknown_fields=True):
    """A log's request: cosign `signed`, which extends the tree of `old_size` leaves as `proof` shows."""

    old_size: int
    proof: tuple[bytes, ...]
    signed: SignedCheckpoint

    def encode(self) -> bytes:
        """The request body (tlog-witness, add-checkpoint)."""
        proof = "".join(f"{b64(node)}\n" for node in self.proof)
        return f"old {self.old_size}\n{proof}\n{self.signed.encode()}".encode()


def read_add_checkpoint(body: bytes) -> AddCheckpoint:
    """The request in this body, in its one spelling; nothing in it is verified yet.

    1. At most `REQUEST_LIMIT` bytes of UTF-8.
    2. The first line gives the old size.
    3. At most 63 lines follow, each one hash; a blank line ends them.
    4. The rest is a signed checkpoint.

    Raises:
        BrokenInputError: oversized or malformed; the answer is 400.
    """
    # 1
    if len(body) > REQUEST_LIMIT:
        raise BrokenInputError(ErrorCode.OVERSIZED, "the request is too large", found=f"{len(body)} bytes")
    try:
        head, blank, note = body.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise BrokenInputError(ErrorCode.MALFORMED, "the request is not UTF-8") from None
    # 2
    old, *lines = head.split("\n")
    if not old.startswith("old ") or not blank:
        raise BrokenInputError(ErrorCode.MALFORMED, "the request has no old size or no blank line")
    # 3
    if len(lines) > MAX_PROOF:
        raise BrokenInputError(
            ErrorCode.OVERSIZED, "the consistency proof is too long", found=f"{len(lines)}", expected=f"{MAX_PROOF}"
        )
    proof = tuple(from_b64(line) for line in lines)
    require_hashes(proof, ErrorCode.MALFORMED)
    # 4
    return AddCheckpoint(read_size(old.removeprefix("old ")), proof, read_signed_checkpoint(note))


class WitnessState(Struct, frozen=True, forbid_unknown_fields=True):
    """The last head of one log that the witness cosigned."""

    size: int
    root: bytes


class Accepted(Struct, frozen=True):
    """The head extends everything cosigned before: store `state` durably, then cosign `checkpoint`."""

    state: WitnessState
    checkpoint: Checkpoint


class Conflict(Struct, frozen=True):
    """The log does not know what was cosigned last: `size` leaves. Answer 409 with `body`; the log asks again."""

    size: int

    def body(self) -> str:
        """The answer's body, of type `text/x.tlog.size`."""
        return f"{self.size}\n"


def read_conflict(body: str) -> Conflict:
    """The conflict in a witness's answer; raises `BrokenInputError` (malformed)."""
    return Conflict(read_size(body.removesuffix("\n")))


class WitnessRefusalCode(StrEnum):
    """Why a witness does not cosign. Append only."""

    UNKNOWN_ORIGIN = "unknown-origin"
    BAD_SIGNATURE = "bad-signature"
    OLD_SIZE_LARGER = "old-size-larger"
    FORK = "fork"
    BAD_PROOF = "bad-proof"
    EPOCH_OVER = "epoch-over"
    UNTIED_EPOCH = "untied-epoch"


_STATUS = {
    WitnessRefusalCode.UNKNOWN_ORIGIN: 404,
    WitnessRefusalCode.BAD_SIGNATURE: 403,
    WitnessRefusalCode.OLD_SIZE_LARGER: 400,
    WitnessRefusalCode.FORK: 409,
    WitnessRefusalCode.BAD_PROOF: 422,
    WitnessRefusalCode.EPOCH_OVER: 422,
    WitnessRefusalCode.UNTIED_EPOCH: 422,
}


class WitnessRefusal(Struct, frozen=True):
    """The head is not cosigned. A fork or a bad proof under the log's valid signature is evidence: keep the request."""

    code: WitnessRefusalCode
    what: str

    @property
    def status(self) -> int:
        """HTTP status of the answer (tlog-witness, add-checkpoint)."""
        return _STATUS[self.code]


def consider(
    state: WitnessState | None, request: AddCheckpoint, log_keys: Sequence[VerifierKey]
) -> Accepted | Conflict | WitnessRefusal:
    """Whether the witness, having last cosigned `state` of this log, cosigns the requested head.

    `log_keys` are the keys the witness trusts for the origin, more than one while a key is being replaced.

    1. The witness knows the log.
    2. The log signed the head: one of its keys did, and no line by any of them is false.
    3. The old size is not above the head's size.
    4. A head as large as the last cosigned one has the same root; another root is a fork.
    5. The old size is the last cosigned one, 0 if there is none.
    6. The proof shows the last cosigned tree a prefix of the head; it is empty when the old tree is empty or the same.

    Step 4 stands before step 5 so that a fork is seen as one even if the log names another old size; the answer to both
    is 409.
    """
    head = request.signed.checkpoint
    known = state or WitnessState(0, b"")
    # 1, 2
    refusal = _refuse_unsigned(request.signed, log_keys)
    if refusal:
        return refusal
    # 3
    if request.old_size > head.size:
        return WitnessRefusal(WitnessRefusalCode.OLD_SIZE_LARGER, f"old size {request.old_size}, head {head.size}")
    # 4
    if known.size and head.size == known.size and head.root != known.root:
        return WitnessRefusal(WitnessRefusalCode.FORK, f"two roots for {head.size} leaves")
    # 5
    if request.old_size != known.size:
        return Conflict(known.size)
    # 6
    try:
        _verify_growth(known, head, request.proof)
    except BrokenInputError as error:
        return WitnessRefusal(WitnessRefusalCode.BAD_PROOF, error.what)
    return Accepted(WitnessState(head.size, head.root), head)


class Epochs(Struct, frozen=True, forbid_unknown_fields=True):
    """What the witness cosigned of a log's other epochs, asked for one head of one epoch.

    `ties` has for each earlier epoch, the newest first, the largest head that is not larger than the one asked for;
    `earlier` and `later` say whether it has cosigned anything of an earlier or a later epoch at all.
    """

    ties: tuple[WitnessState, ...] = ()
    earlier: bool = False
    later: bool = False


def consider_epoch(
    state: WitnessState | None, epochs: Epochs, request: AddCheckpoint, log_keys: Sequence[VerifierKey]
) -> Accepted | Conflict | WitnessRefusal:
    """As `consider`, for a log that may have other epochs than the one of this head.

    1. No later epoch was cosigned: with it, this one was over.
    2. A head of this epoch was cosigned before, or nothing of an earlier one: `consider` decides.
    3. Some head of an earlier epoch is not larger than this one, or there is nothing to tie it to.
    4. The old size is that of such a head, the largest of its epoch, and `consider` finds that this head extends it.

    The log's first head of a new epoch should be that of the restored leaves alone: every head cosigned up to there is
    then one of them. With a larger first head a tie may be asked for that the log has lost, and it is refused.
    """
    # 1
    if epochs.later:
        return _signed_or(request, log_keys, WitnessRefusalCode.EPOCH_OVER, "a later epoch of this log has begun")
    # 2
    if state is not None or not epochs.earlier:
        return consider(state, request, log_keys)
    # 3
    if not epochs.ties:
        what = "the new epoch has fewer leaves than every head cosigned before it"
        return _signed_or(request, log_keys, WitnessRefusalCode.UNTIED_EPOCH, what)
    # 4
    named = [tie for tie in epochs.ties if tie.size == request.old_size] or [epochs.ties[0]]
    outcomes = [consider(tie, request, log_keys) for tie in named]
    return next((each for each in outcomes if isinstance(each, Accepted)), outcomes[0])


def _signed_or(
    request: AddCheckpoint, log_keys: Sequence[VerifierKey], code: WitnessRefusalCode, what: str
) -> WitnessRefusal:
    """Whoever is not the log learns nothing of what was cosigned."""
    return _refuse_unsigned(request.signed, log_keys) or WitnessRefusal(code, what)


def _refuse_unsigned(signed: SignedCheckpoint, log_keys: Sequence[VerifierKey]) -> WitnessRefusal | None:
    trusted = [key for key in log_keys if key.name == signed.checkpoint.origin]
    if not trusted:
        return WitnessRefusal(WitnessRefusalCode.UNKNOWN_ORIGIN, "the log is not witnessed here")
    note = signed.note()
    signers = [key for key in trusted if signatures_by(note, key)]
    if not signers:
        return WitnessRefusal(WitnessRefusalCode.BAD_SIGNATURE, "no signature by a key of the log")
    try:
        for key in signers:
            verify_checkpoint(signed, key)
    except BrokenInputError as error:
        return WitnessRefusal(WitnessRefusalCode.BAD_SIGNATURE, error.what)
    return None


def _verify_growth(known: WitnessState, head: Checkpoint, proof: Sequence[bytes]) -> None:
    if len(proof) > MAX_PROOF or (known.size == 0 and proof):
        raise BrokenInputError(ErrorCode.BAD_PROOF, "a proof where there is nothing to prove, or too long a one")
    if known.size:
        verify_consistency(known.size, head.size, proof, known.root, head.root)
