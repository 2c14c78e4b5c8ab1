"""The bodies of the acts about partners without a node: what went to them by hand, and what came back on paper.

Both are the own word of the office that records them and nobody else's: a partner who answers on paper has sealed nothing.
What ties the word to the paper is the hash of the very file. The rule of `comity.acts.bodies` holds: fields are appended,
with defaults; none is renamed or removed.
"""

from comity.acts.body import Body
from comity.acts.classes import ActType
from comity.vocabulary.categories import PaperMeans
from comity.vocabulary.identifiers import ActId, AuthorityId, Digest, ExhibitId, InstrumentId
from comity.vocabulary.instants import Instant

PAPER_ANSWERS = frozenset(
    {
        ActType.REQUEST_ACKNOWLEDGED,
        ActType.DELAY_ANNOUNCED,
        ActType.PRESERVATION_CONFIRMED,
        ActType.HOLD_CONFIRMED,
        ActType.REQUEST_REFUSED,
        ActType.NON_EXECUTION_STATED,
    }
)
"""What a partner can say on paper: nothing by which evidence changes hands, since no seal comes with it."""


class SentByHand(Body, frozen=True, tag=ActType.SENT_BY_HAND.value):
    """An act was sent to an addressee otherwise than by its node: how, when, and which file (SHA-256, `size` in bytes).

    `alternative` is the record that the instrument asks for where a prescribed channel was not used.
    """

    act: ActId
    partner: AuthorityId
    means: PaperMeans
    sent_at: Instant
    file: Digest
    size: int
    alternative: ActId | None = None


class PaperAnswerRecorded(Body, frozen=True, tag=ActType.PAPER_ANSWER_RECORDED.value):
    """A partner answered on paper: which act, when it came, and what the paper amounts to, by the kind of act.

    `instrument` is that of the answered act; `grounds` are its codes where the partner refuses. `effected_at` is since when data
    are held, `until` until when a delay is thought to last, as far as the paper says. `file` is the SHA-256 of the scan, which
    is kept as `scan` under the case key.
    """

    answers: ActId
    partner: AuthorityId
    counts_as: ActType
    instrument: InstrumentId
    received: Instant
    file: Digest
    size: int
    scan: ExhibitId
    grounds: tuple[str, ...] = ()
    effected_at: Instant | None = None
    until: Instant | None = None


PaperBody = SentByHand | PaperAnswerRecorded
