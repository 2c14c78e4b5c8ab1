"""Review: an oversight body proves from a witnessed ledger how many acts of a kind there are, and that it saw them all.

1. The overseer asks, for the head that it co-signed itself. 2. The node opens the class of every leaf up to that head,
and shows the acts that bear the mark. 3. The overseer recomputes every leaf and the root, so that none can be left out or
called something else, and matches each leaf of the class with its act. Padding leaves are opened to their seed: no act
can be passed off as padding. An act that was never entered is found at its addressee, whose ledger is reviewed alike.
"""

from collections.abc import Callable

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from msgspec import Struct
from msgspec.structs import replace

from comity.acts.classes import ActType
from comity.acts.payload import Author
from comity.acts.review_bodies import ReviewAnswered, ReviewRequested
from comity.cases.state import CaseState, Phase
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import payload_of, sealed_acts
from comity.casework.bench.rights import allowed
from comity.casework.bench.views import open_view
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.pulling import fetch_whole
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.exchange.hpke import HybridPublicKey, Purpose
from comity.exchange.wrapped_keys import unwrap_key, wrap_key
from comity.ledger.entries import Entry
from comity.ledger.openings import open_class
from comity.ledger.origins import log_origin
from comity.safeguards.ledger_review import OpenedLeaf, Shown, examine, left_out
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, OfficeId
from comity.vocabulary.procedures import Stage

_EPOCHS = 1000
_KEY = 32
_NONCE = bytes(12)
"""One key, one message: the key is fresh for every answer."""


class ReviewOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: ask an authority to open its ledger's classes; `mark` names the class whose acts are to be shown."""

    authority: AuthorityId
    mark: str
    office: OfficeId


def request_review(bench: Workbench, officer: OfficerRef, command: ReviewOrder) -> ActId | Refusal:
    """Asks the authority to open its ledger up to the head this node last co-signed."""
    refusal = allowed(bench, officer, Action.REVIEW, Resource(command.office))
    if refusal is not None:
        return refusal
    seen = _last_seen(bench, command.authority)
    if seen is None:
        return Refusal(
            "not-witnessed", "this node has co-signed no head of that ledger yet", do="wait for a checkpoint"
        )
    payload = compose(
        bench,
        case=bench.random.take(16).hex(),
        body=ReviewRequested(command.mark, seen[0], seen[1].hex()),
        instrument=NODE,
        to=[command.authority],
        author=Author(officer.officer, command.office),
    )
    return the_act(file_own(bench, payload))


def _last_seen(bench: Workbench, authority: AuthorityId) -> tuple[int, bytes, str] | None:
    """The newest head co-signed of the authority's present epoch."""
    newest = None
    for epoch in range(1, _EPOCHS):
        seen = bench.records.witnessed_logs.get(log_origin(authority, epoch))
        if seen is None:
            return newest
        newest = seen
    return newest


def answer_review(bench: Workbench, request: ActId) -> None:
    """Opens every leaf's class up to the head asked for, and shows the acts with the mark, to the overseer only."""
    asked = payload_of(bench, request)
    if not isinstance(asked.body, ReviewRequested):
        raise BrokenInputError(ErrorCode.MALFORMED, "this act asks for no review", found=asked.act.type)
    mark = asked.body.mark
    leaves = [_open(bench, entry, mark) for entry in bench.records.ledger.entries(0, asked.body.size)]
    shown = sum(1 for leaf in leaves if leaf.sealed or leaf.act)
    key = bench.random.take(_KEY)
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
    file_own(bench, payload, done=_at_stage(request, Stage.ANSWERED, Stage.CONCLUDED))


def _open(bench: Workbench, entry: Entry, mark: str) -> OpenedLeaf:
    opening = open_class(entry)
    if entry.act_class.type is ActType.PADDING:
        return OpenedLeaf(opening, entry.salt)
    if mark not in entry.act_class.marks:
        return OpenedLeaf(opening)
    try:
        return OpenedLeaf(opening, entry.salt, sealed_acts(bench, [entry.act])[entry.act])
    except BrokenInputError as error:
        if error.code in (ErrorCode.KEY_DESTROYED, ErrorCode.NOT_FOUND):
            # Its case was disposed of: the leaf stays proven, its words are gone.
            return OpenedLeaf(opening, entry.salt, act=entry.act)
        raise


def conclude_review(bench: Workbench, answer: ActId, request: ActId) -> None:
    """The finding: how many acts of the class the ledger proves, and whether every one was shown.

    What this ledger proves to have come from another authority is held against what that authority's own ledger showed.
    """
    answered = payload_of(bench, answer)
    shown = _examined(bench, answer, request)
    finding = shown.finding
    for issuer in sorted({payload.issuer for payload in shown.acts.values()} - {answered.issuer}):
        own = _shown_before(bench, issuer, finding.mark)
        if own is not None and left_out(issuer, own, shown.acts):
            finding = replace(finding, complete=False, code=f"left-out-by-{issuer}")
    payload = compose(
        bench, case=answered.case, body=finding, instrument=NODE, to=[answered.issuer], re=[answer, request]
    )
    file_own(bench, payload, done=_at_stage(request, Stage.CONCLUDED))


def _at_stage(request: ActId, *stages: Stage) -> Callable[[CaseState], bool]:
    """Whether the review that the request opened is at one of these stages."""

    def reached(state: CaseState) -> bool:
        matter = state.matters.get(request)
        return matter is not None and matter.stage in stages

    return reached


def _examined(bench: Workbench, answer: ActId, request: ActId) -> Shown:
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
    try:
        openings = ChaCha20Poly1305(key).decrypt(_NONCE, sealed, request.encode())
    except InvalidTag:
        openings = b""
    return examine(bench.law, openings, asked.mark, bytes.fromhex(asked.root), asked.size)


def _shown_before(bench: Workbench, authority: AuthorityId, mark: str) -> frozenset[ActId] | None:
    """What the authority's own ledger showed of the class when it was last reviewed; None when it never was."""
    for row in bench.records.cases.cases():
        if row.phase is Phase.DISPOSED:
            continue
        steps = {step.type: step for step in open_view(bench.cipher, row).state.steps}
        concluded, answered = steps.get(ActType.REVIEW_CONCLUDED), steps.get(ActType.REVIEW_ANSWERED)
        asked = steps.get(ActType.REVIEW_REQUESTED)
        if not (concluded and answered and asked) or answered.issuer != authority:
            continue
        shown = _examined(bench, answered.act, asked.act)
        if shown.finding.mark == mark:
            return frozenset(shown.acts)
    return None
