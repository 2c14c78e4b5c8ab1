"""Witness: co-sign another node's ledger head when it extends everything co-signed before; refuse a fork, and keep it.

The new state, its signature included, is durable before the signature leaves: a crash in between costs the log a second
try, and can never lead to two signatures on two histories. A log that was restored asks for the note that is kept here.
"""

from msgspec import Struct

from comity.casework.workbench import Workbench
from comity.ledger.cosignatures import cosign
from comity.ledger.notes import Signer, VerifierKey
from comity.ledger.origins import authority_of, log_key
from comity.ledger.witness import (
    Accepted,
    Conflict,
    WitnessRefusal,
    WitnessRefusalCode,
    WitnessState,
    consider,
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
    keys = [log_key(head.origin, raw) for _, raw in directory.ledger_keys(authority)]
    outcome: list[WitnessAnswer] = []

    def change(known: tuple[int, bytes, str] | None) -> tuple[int, bytes, str] | None:
        state = WitnessState(known[0], known[1]) if known else None
        decided = consider(state, request, keys)
        if not isinstance(decided, Accepted):
            outcome[:] = [_declined(decided)]
            return None
        line = cosign(head, key, sign, int(bench.clock.now().timestamp()))
        outcome[:] = [WitnessAnswer(200, line.line())]
        return head.size, head.root, request.signed.with_signatures((line,)).encode()

    bench.records.witnessed_logs.update(head.origin, change)
    return outcome[0]


def _declined(decided: Conflict | WitnessRefusal) -> WitnessAnswer:
    if isinstance(decided, Conflict):
        return WitnessAnswer(409, decided.body(), _CODES["size"])
    return _refused(decided)


def _refused(refusal: WitnessRefusal) -> WitnessAnswer:
    return WitnessAnswer(refusal.status, f"{refusal.code}: {refusal.what}\n")
