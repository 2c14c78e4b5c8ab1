"""Review: an oversight body proves from a witnessed ledger how many acts of a kind there are, and that it saw them all.

1. The overseer asks, for the head that it co-signed itself. 2. The node opens the class of every leaf up to that head,
and shows the acts that bear the mark. 3. The overseer recomputes every leaf and the root, so that none can be left out or
called something else, and matches each leaf of the class with its act. Padding leaves are opened to their seed: no act
can be passed off as padding. An act that was never entered is found at its addressee, whose ledger is reviewed alike.
"""

from collections.abc import Mapping

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from msgspec import Struct

from comity.acts.bodies import ReviewAnswered, ReviewConcluded, ReviewRequested
from comity.acts.classes import ActType
from comity.casework.issuing import compose, file_own
from comity.casework.legality import NODE
from comity.casework.pulling import fetch_whole
from comity.casework.reading import payload_of, sealed_acts
from comity.casework.workbench import Workbench
from comity.exchange.hpke import HybridPublicKey, Purpose
from comity.exchange.wrapped_keys import unwrap_key, wrap_key
from comity.ledger.entries import act_commitment
from comity.ledger.openings import (
    ClassOpening,
    ShownAct,
    match_acts,
    verify_openings,
    verify_padding_opening,
)
from comity.ledger.origins import log_origin
from comity.trust.seals import read_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId

_NONCE = bytes(12)
"""One key, one message: the key is fresh for every answer."""


class Opened(Struct, frozen=True, array_like=True):
    """One leaf: its class opened; the other salt for padding; the act itself where it bears the mark."""

    opening: ClassOpening
    salt: bytes = b""
    sealed: bytes = b""


def request_review(bench: Workbench, authority: AuthorityId, mark: str) -> ActId | Refusal:
    """Asks the authority to open its ledger up to the head this node last co-signed."""
    seen = bench.records.witnessed_logs.get(log_origin(authority))
    if seen is None:
        return Refusal(
            "not-witnessed", "this node has co-signed no head of that ledger yet", do="wait for a checkpoint"
        )
    body = ReviewRequested(mark, seen[0], seen[1].hex())
    payload = compose(bench, case=bench.random.take(16).hex(), body=body, instrument=NODE, to=[authority])
    return next(iter(file_own(bench, payload).indexes))


def answer_review(bench: Workbench, request: ActId) -> ActId:
    """Opens every leaf's class up to the head asked for, and shows the acts with the mark, to the overseer only."""
    asked = payload_of(bench, request)
    if not isinstance(asked.body, ReviewRequested):
        raise BrokenInputError(ErrorCode.MALFORMED, "this act asks for no review", found=asked.act.type)
    mark = asked.body.mark
    leaves = []
    shown = 0
    for entry in bench.records.ledger.entries(0, asked.body.size):
        opening = ClassOpening(act_commitment(entry.salt, entry.act), entry.class_salt, entry.act_class)
        if entry.act_class.type is ActType.PADDING:
            leaves.append(Opened(opening, entry.salt))
        elif mark in entry.act_class.marks:
            shown += 1
            leaves.append(Opened(opening, entry.salt, _shown(bench, entry.act)))
        else:
            leaves.append(Opened(opening))
    key = bench.random.take(32)
    stored = bench.store.put(ChaCha20Poly1305(key).encrypt(_NONCE, msgspec.msgpack.encode(leaves), request.encode()))
    wrapped = wrap_key(
        key,
        purpose=Purpose.REVIEW_KEY,
        recipient=asked.issuer,
        recipient_key=HybridPublicKey(bench.directory().agreement_key(asked.issuer, bench.clock.now())),
        subject=request.encode(),
        cipher=bench.agreement,
    )
    body = ReviewAnswered(mark, asked.body.size, stored, wrapped, shown)
    payload = compose(bench, case=asked.case, body=body, instrument=NODE, to=[asked.issuer], re=[request])
    return next(iter(file_own(bench, payload).indexes))


def _shown(bench: Workbench, act: ActId) -> bytes:
    """The act itself, or nothing when its case was disposed of: the leaf stays proven, its words are gone."""
    try:
        return next(iter(sealed_acts(bench, [act]).values()))
    except BrokenInputError as error:
        if error.code in (ErrorCode.KEY_DESTROYED, ErrorCode.NOT_FOUND):
            return b""
        raise


def conclude_review(bench: Workbench, answer: ActId, request: ActId) -> ActId:
    """The finding: how many acts of the class the ledger proves, and whether every one of them was shown."""
    asked, answered = payload_of(bench, request).body, payload_of(bench, answer)
    if not isinstance(asked, ReviewRequested) or not isinstance(answered.body, ReviewAnswered):
        raise BrokenInputError(ErrorCode.MALFORMED, "these acts are no review", found=answer)
    sealed = fetch_whole(bench, answered.issuer, answer, answered.body.openings)
    key = unwrap_key(
        answered.body.key,
        purpose=Purpose.REVIEW_KEY,
        recipient=bench.me,
        keys=bench.agreement_keys(),
        subject=request.encode(),
        cipher=bench.agreement,
    )
    finding = examine(
        ChaCha20Poly1305(key).decrypt(_NONCE, sealed, request.encode()),
        asked.mark,
        bytes.fromhex(asked.root),
        asked.size,
    )
    payload = compose(
        bench, case=answered.case, body=finding, instrument=NODE, to=[answered.issuer], re=[answer, request]
    )
    return next(iter(file_own(bench, payload).indexes))


def examine(openings: bytes, mark: str, root: bytes, size: int) -> ReviewConcluded:
    """The finding on these openings against the head that the overseer co-signed; pure.

    1. They lead to the root: every leaf has the class it is opened as. 2. No act is passed off as padding. 3. Each leaf
    of the class was shown its own act.
    """
    leaves = msgspec.msgpack.decode(openings, type=list[Opened])
    classes = [leaf.opening for leaf in leaves]
    try:
        # 1.
        verify_openings(classes, root, size)
        # 2.
        for leaf in leaves:
            if leaf.opening.act_class.type is ActType.PADDING:
                verify_padding_opening(leaf.opening, leaf.salt, leaf.opening.class_salt)
    except BrokenInputError as error:
        return ReviewConcluded(mark, size, 0, complete=False, code=str(error.code))
    # 3.
    found = match_acts(classes, mark, _acts(leaves))
    return ReviewConcluded(
        mark, size, found.proven, complete=found.complete, code="" if found.complete else "kept-back"
    )


def _acts(leaves: list[Opened]) -> Mapping[int, ShownAct]:
    shown = {}
    for place, leaf in enumerate(leaves):
        if leaf.sealed:
            opened = read_sealed(leaf.sealed)
            shown[place] = ShownAct(opened.id, opened.payload.act, leaf.salt)
    return shown
