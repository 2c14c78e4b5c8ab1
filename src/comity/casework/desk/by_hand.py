"""By hand: what goes to a partner without a node, and what it answers on paper, each on record with the file's hash.

A partner without a node is listed in the directory with a contact and no endpoint. Nothing is tried towards it: an officer
sends the signed form and says so, and then the delivery counts as sent. What comes back is the partner's word on paper. It is
recorded as this office's own word about it, approved by a second officer, starts and meets the clocks that the partner's act would, and is nowhere taken for an
act of the partner's.

A partner that has a node gets acts through it. Something is recorded as sent otherwise only beside the record that the
instrument asks for (`alternative-means-recorded`, over the same file); its node still gets the act.
"""

import hashlib

from msgspec import Struct

from comity.acts.bodies import AnyBody
from comity.acts.classes import ActType
from comity.acts.order_bodies import AlternativeMeansRecorded
from comity.acts.paper_bodies import PaperAnswerRecorded, SentByHand
from comity.acts.payload import Author, Payload
from comity.cases.state import CaseState
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE, blocking
from comity.casework.bench.reading import payload_of, state_of, stored_act
from comity.casework.bench.rights import allowed
from comity.casework.bench.sequencer import RefusedError
from comity.casework.bench.workbench import Workbench
from comity.casework.desk.draft import Drafted, judged, keep_draft
from comity.casework.desk.scans import keep_scan
from comity.casework.ports.access import Action, OfficerRef, Resource
from comity.law.grounds import check_ground
from comity.vocabulary.categories import PaperMeans
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, Digest, OfficeId
from comity.vocabulary.instants import Instant

_REFUSING = frozenset({ActType.REQUEST_REFUSED, ActType.NON_EXECUTION_STATED})


class RecordSending(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: this act went to this addressee by hand, then (or just now), as this file.

    `alternative` is named only where the addressee has a node.
    """

    act: ActId
    to: AuthorityId
    office: OfficeId
    means: PaperMeans
    file: Digest
    size: int
    sent_at: Instant | None = None
    alternative: ActId | None = None


class RecordAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The command: this partner answered on paper. `counts_as` is what the paper amounts to, by the kind of act; `scan` is the file.

    It came then, or just now. `grounds` are said where the partner refuses, and only there.
    """

    answers: ActId
    partner: AuthorityId
    office: OfficeId
    counts_as: ActType
    scan: bytes
    received: Instant | None = None
    grounds: tuple[str, ...] = ()
    effected_at: Instant | None = None
    until: Instant | None = None


class PaperOnRecord(Struct, frozen=True):
    """The record is in the ledger; `file` is the SHA-256 of what went."""

    act: ActId
    file: Digest


def record_sending(bench: Workbench, officer: OfficerRef, command: RecordSending) -> PaperOnRecord | Refusal:
    """The act counts as sent by hand when this returns, and nothing reminds anybody of it any more.

    1. The officer may. 2. The addressee is listed. 3. It has no node, or the record is there that its instrument asks for.
    4. It is on record, unless the case knows otherwise (`comity.cases.paper`).
    """
    # 1.
    refusal = allowed(bench, officer, Action.FILE, Resource(command.office, ActType.SENT_BY_HAND))
    if refusal is not None:
        return refusal
    sent = payload_of(bench, command.act)
    # 2. and 3.
    refusal = _unknown(bench, command.to) or _node_passed_by(bench, sent, command)
    if refusal is not None:
        return refusal
    # 4.
    at = command.sent_at or bench.clock.now()
    body = SentByHand(command.act, command.to, command.means, at, command.file, command.size, command.alternative)
    payload = _composed(bench, Author(officer.officer, command.office), sent, command.act, body)
    return _filed(bench, payload, command.file)


def record_answer(bench: Workbench, officer: OfficerRef, command: RecordAnswer) -> Drafted | Refusal:
    """The record is drafted, and the scan under the case's key, when this returns: another officer approves it like any draft.

    1. The officer may. 2. The partner is listed. 3. Its grounds are ones on which it may refuse. 4. It may follow in the case.
    5. The scan is kept, then the draft.
    """
    # 1.
    refusal = allowed(bench, officer, Action.DRAFT, Resource(command.office, ActType.PAPER_ANSWER_RECORDED))
    if refusal is not None:
        return refusal
    answered = payload_of(bench, command.answers)
    state = state_of(bench, answered.case)
    received = command.received or bench.clock.now()
    # 2. and 3.
    refusal = (
        _unknown(bench, command.partner)
        or _unsaid(command, received)
        or _grounds_unfit(bench, state, answered, command, at=received)
    )
    if refusal is not None:
        return refusal
    # 4.
    body = _answer(bench, answered, command, received)
    payload = _composed(bench, Author(officer.officer, command.office), answered, command.answers, body)
    found = judged(bench, payload)
    if isinstance(found, Refusal):
        return found
    # 5.
    keep_scan(bench, payload.case, body.scan, command.scan)
    return keep_draft(bench, officer, payload, found)


def _unknown(bench: Workbench, partner: AuthorityId) -> Refusal | None:
    if bench.directory().knows(partner):
        return None
    return Refusal(
        "unknown-partner",
        f"the directory lists no {partner}",
        do="have it listed with a contact (comity directory partner)",
    )


def _node_passed_by(bench: Workbench, sent: Payload, command: RecordSending) -> Refusal | None:
    """None for a partner without a node, or where the record of other means is over this very file."""
    if bench.directory().by_hand(command.to):
        return None if command.alternative is None else _needless()
    stored = None if command.alternative is None else stored_act(bench, command.alternative)
    if stored is not None and stored.case == sent.case:
        body = payload_of(bench, stored.id).body
        if isinstance(body, AlternativeMeansRecorded) and body.digest == command.file:
            return None
    return Refusal(
        "has-a-node",
        f"{command.to} has a node, which the act goes to",
        do="where other means were used, file an alternative-means-recorded act with the file's digest, and name it",
    )


def _needless() -> Refusal:
    return Refusal("no-channel", "no channel is prescribed towards a partner without a node", do="leave it out")


def _unsaid(command: RecordAnswer, received: Instant) -> Refusal | None:
    """None when the answer says what its kind must: grounds exactly where it refuses, and since when data are held."""
    if bool(command.grounds) != (command.counts_as in _REFUSING):
        return Refusal("grounds", "a refusal has at least one ground, by its code, and nothing else has any")
    since, held = command.effected_at, command.counts_as is ActType.PRESERVATION_CONFIRMED
    if held != (since is not None) or (since is not None and since > received):
        return Refusal(
            "effected",
            "that data are held says since when, before it came, and nothing else does",
            do="as the paper says",
        )
    return None


def _grounds_unfit(
    bench: Workbench, state: CaseState, answered: Payload, command: RecordAnswer, *, at: Instant
) -> Refusal | None:
    """None when the partner may refuse on these grounds of the measure, as its law has them."""
    if command.counts_as is not ActType.REQUEST_REFUSED:
        return None
    measure = state.measure_answered([command.answers])
    country = bench.directory().authority(command.partner).country
    asked = (
        check_ground(bench.law, answered.act.instrument, measure, code, country=country, at=at, opening=answered)
        for code in command.grounds
    )
    gaps = blocking(tuple(each for each in asked if each is not None))
    if not gaps:
        return None
    return Refusal("no-such-ground", "the partner may not refuse on that ground", gaps, do="code what the paper says")


def _answer(bench: Workbench, answered: Payload, command: RecordAnswer, received: Instant) -> PaperAnswerRecorded:
    return PaperAnswerRecorded(
        answers=command.answers,
        partner=command.partner,
        counts_as=command.counts_as,
        instrument=answered.act.instrument,
        received=received,
        file=hashlib.sha256(command.scan).hexdigest(),
        size=len(command.scan),
        scan=bench.random.take(16).hex(),
        grounds=command.grounds,
        effected_at=command.effected_at,
        until=command.until,
    )


def _composed(bench: Workbench, author: Author, about: Payload, re: ActId, body: AnyBody) -> Payload:
    return compose(
        bench, case=about.case, body=body, instrument=NODE, re=[re], urgency=about.act.urgency, author=author
    )


def _filed(bench: Workbench, payload: Payload, file: Digest) -> PaperOnRecord | Refusal:
    try:
        return PaperOnRecord(the_act(file_own(bench, payload)), file)
    except RefusedError as error:
        return error.refusal
