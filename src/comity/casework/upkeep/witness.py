"""Witness: co-sign another node's ledger head when it extends everything co-signed before; refuse a fork, and keep it.

The new state, its signature included, is durable before the signature leaves: a crash in between costs the log a second
try, and can never lead to two signatures on two histories. A log that was restored asks for the note that is kept here.
"""

from msgspec import Struct

from comity.acts.bodies import LAST_EPOCH
from comity.casework.bench.workbench import Workbench
from comity.ledger.checkpoints import Checkpoint
from comity.ledger.cosignatures import cosign
from comity.ledger.notes import Signer, VerifierKey
from comity.ledger.origins import authority_of, epoch_of, log_key, log_origin
from comity.ledger.witness import (
    Accepted,
    Conflict,
    Epochs,
    WitnessRefusal,
    WitnessRefusalCode,
    WitnessState,
    consider_epoch,
    read_add_checkpoint,
)

_CODES = {"text": "text/plain; charset=utf-8", "size": "text/x.tlog.size"}


class WitnessAnswer(Struct, frozen=True):
    """An HTTP answer of the witness protocol (C2SP tlog-witness)."""

    status: int
    body: str
    media_type: str = _CODES["text"]


def add_checkpoint(bench: Workbench, body: bytes, *, key: VerifierKey, sign: Signer) -> WitnessAnswer:
    """The answer to one add-checkpoint request. Raises `BrokenInputError` for a request that is none."""
    request = read_add_checkpoint(body)
    head = request.signed.checkpoint
    authority = authority_of(head.origin)
    directory = bench.directory()
    if not directory.knows(authority):
        return _refused(WitnessRefusal(WitnessRefusalCode.UNKNOWN_ORIGIN, "the directory lists no such authority"))
    if epoch_of(head.origin) > LAST_EPOCH:
        return _refused(WitnessRefusal(WitnessRefusalCode.UNKNOWN_ORIGIN, "no ledger is restored that often"))
    keys = [log_key(head.origin, raw) for _, raw in directory.ledger_keys(authority)]
    outcome: list[WitnessAnswer] = []

    def change(known: tuple[int, bytes, str] | None) -> tuple[int, bytes, str] | None:
        state = WitnessState(known[0], known[1]) if known else None
        decided = consider_epoch(state, _other_epochs(bench, head), request, keys)
        if not isinstance(decided, Accepted):
            outcome[:] = [_declined(decided)]
            return None
        line = cosign(head, key, sign, int(bench.clock.now().timestamp()))
        outcome[:] = [WitnessAnswer(200, line.line())]
        return head.size, head.root, request.signed.with_signatures((line,)).encode()

    bench.records.witnessed_logs.update(head.origin, change)
    return outcome[0]


def _other_epochs(bench: Workbench, head: Checkpoint) -> Epochs:
    """What was co-signed here of the log's other epochs, as far as it matters for this head."""
    authority, epoch = authority_of(head.origin), epoch_of(head.origin)
    before = [log_origin(authority, each) for each in range(epoch - 1, 0, -1)]
    after = [log_origin(authority, each) for each in range(epoch + 1, LAST_EPOCH + 1)]
    logs = bench.records.witnessed_logs
    ties = logs.largest(before, head.size)
    return Epochs(
        ties=tuple(WitnessState(*ties[origin]) for origin in before if origin in ties),
        earlier=bool(logs.known(before)),
        later=bool(logs.known(after)),
    )


def _declined(decided: Conflict | WitnessRefusal) -> WitnessAnswer:
    if isinstance(decided, Conflict):
        return WitnessAnswer(409, decided.body(), _CODES["size"])
    return _refused(decided)


def _refused(refusal: WitnessRefusal) -> WitnessAnswer:
    return WitnessAnswer(refusal.status, f"{refusal.code}: {refusal.what}\n")
