"""What can be recorded of paper in a case: what was sent by hand, and what a partner without a node answered.

A paper answer is this node's own word about a partner's. It leads the matter to where the act would lead that the paper amounts
to, and nowhere that act could not follow.
"""

from comity.acts.paper_bodies import PAPER_ANSWERS, PaperAnswerRecorded, SentByHand
from comity.acts.payload import Payload
from comity.cases.placing import placed_by
from comity.cases.state import CaseState, Direction, Paper, Step
from comity.cases.transitions import TABLES
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId
from comity.vocabulary.procedures import Stage


def sending_refused(body: SentByHand, state: CaseState, payload: Payload) -> Refusal | None:
    """None when the sending can be recorded.

    1. The act is this node's, and for that addressee. 2. It was sent after it was issued, and not in the time to come. 3. The same
    sending was not recorded before.
    """
    # 1.
    step = _issued_to(state, body.act, body.partner)
    if step is None:
        return Refusal(
            "not-its-act", f"this node issued no such act of this case to {body.partner}", do="name one of its acts"
        )
    # 2.
    if not step.at <= body.sent_at <= payload.at:
        return Refusal(
            "not-then",
            "an act is sent after it was issued, and recorded after it was sent",
            do="correct when it was sent",
        )
    # 3.
    sent = (body.act, body.partner, body.sent_at, body.file)
    if any((each.about, each.partner, each.at, each.file) == sent for each in state.papers):
        return Refusal("recorded-before", "this sending is on record already")
    return None


def answer_refused(body: PaperAnswerRecorded, state: CaseState, payload: Payload) -> Refusal | None:
    """None when the answer can be recorded.

    1. What it answers went to that partner by hand. 2. It came after that, and not in the time to come. 3. It is not on record.
    4. It amounts to an act that answers, under the same instrument, and that could follow now.
    """
    # 1.
    sent = [
        each
        for each in state.papers
        if each.counts_as is None and (each.about, each.partner) == (body.answers, body.partner)
    ]
    step = _issued_to(state, body.answers, body.partner)
    if not sent or step is None:
        return Refusal(
            "not-sent",
            f"that act did not go to {body.partner} by hand",
            do="record the sending first (comity case sent-by-hand)",
        )
    # 2.
    if not min(each.at for each in sent) <= body.received <= payload.at:
        return Refusal(
            "not-then",
            "an answer comes after what it answers was sent, and is recorded after it came",
            do="correct the time",
        )
    # 3.
    if any(_same(each, body) for each in state.papers):
        return Refusal("recorded-before", "that answer of this partner to this act is on record already")
    # 4.
    if body.counts_as not in PAPER_ANSWERS or body.instrument != step.instrument:
        return Refusal(
            "no-such-answer",
            f"a paper can't amount to {body.counts_as} under {body.instrument}",
            do=f"one of {', '.join(sorted(PAPER_ANSWERS))}, under {step.instrument}",
        )
    if stage_after(body, state, payload) is None:
        return Refusal("out-of-order", f"{body.counts_as} can't follow there now", do="read the case")
    return None


def stage_after(body: PaperAnswerRecorded, state: CaseState, payload: Payload) -> Stage | None:
    """Where the act that the paper amounts to would lead the matter it answers; None where it can't follow."""
    placed = placed_by(state, payload)
    if placed is None:
        return None
    matter = state.matters[placed.matter]
    return TABLES[matter.procedure][matter.stage].get(body.counts_as)


def _issued_to(state: CaseState, act: ActId, partner: AuthorityId) -> Step | None:
    return next(
        (step for step in state.steps if step.act == act and step.direction is Direction.ISSUED and partner in step.to),
        None,
    )


def _same(known: Paper, body: PaperAnswerRecorded) -> bool:
    """The same file again, or the same thing said again."""
    if known.counts_as is None or (known.about, known.partner) != (body.answers, body.partner):
        return False
    return known.file == body.file or known.counts_as is body.counts_as
