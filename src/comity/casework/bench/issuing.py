"""From words to an act of this node: compose the payload, seal its exact bytes, file it where it may follow."""

from collections.abc import Callable, Sequence

from comity.acts.bodies import AnyBody
from comity.acts.classes import ActClass
from comity.acts.payload import Author, Payload, act_id, read_payload, type_of, write_payload
from comity.acts.seal_format import Approval
from comity.cases.evolve import admit, evolve
from comity.cases.parties import not_executing
from comity.cases.state import CaseState, Direction, FiledAct
from comity.casework.bench.legality import blocking, findings_of
from comity.casework.bench.sequencer import Committed, Decision, Desk, Intent, NewAct, RefusedError, known_cases
from comity.casework.bench.workbench import Workbench
from comity.law.marks import marks
from comity.law.terms import Side
from comity.trust.seals import seal, write_sealed
from comity.vocabulary.categories import Urgency
from comity.vocabulary.errors import Refusal
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId

SEALS = ("EdDSA",)
"""The algorithms this node seals with."""

_NONCE = 16


def compose(
    bench: Workbench,
    *,
    case: CaseId,
    body: AnyBody,
    instrument: str,
    to: Sequence[AuthorityId] = (),
    re: Sequence[ActId] = (),
    urgency: Urgency = Urgency.ORDINARY,
    author: Author | None = None,
) -> Payload:
    """The payload of a new act of this node, now. `re[0]` is the act it answers; the rest are related acts."""
    at = bench.clock.now()
    return Payload(
        v=1,
        issuer=bench.me,
        to=tuple(to),
        case=case,
        nonce=bench.random.take(_NONCE).hex(),
        at=at,
        directory=bench.directory().version,
        re=tuple(re),
        act=ActClass(type_of(body), instrument, urgency, marks(bench.law, instrument, body, at=at)),
        seals=SEALS,
        author=author,
        body=body,
        law=bench.law.version,
    )


def seal_act(
    bench: Workbench,
    payload: bytes,
    approvals: Sequence[Approval] = (),
    enclosing: Sequence[ActId] = (),
    stated: Payload | None = None,
) -> NewAct:
    """The act under the node's seal, over exactly these payload bytes and approvals.

    `stated` is what the bytes were read as, where that was done already.
    """
    stated = stated or read_payload(payload)
    sealed = seal(payload, bench.seal_key(), at=bench.clock.now(), approvals=tuple(approvals), stated=stated)
    return NewAct(
        act_id(payload),
        stated,
        write_sealed(sealed),
        Direction.ISSUED,
        tuple(enclosing),
        tuple(approvals),
        without_node(bench, stated),
    )


def without_node(bench: Workbench, payload: Payload) -> frozenset[AuthorityId]:
    """The act's addressees that no node of theirs can be sent to: people send it to them."""
    directory = bench.directory()
    return frozenset(peer for peer in payload.to if directory.by_hand(peer))


def never(_state: CaseState) -> bool:
    """Nothing says that it was done before."""
    return False


def intent_to_file(acts: Sequence[NewAct], done: Callable[[CaseState], bool] = never) -> Intent:
    """All of the acts or none; refused when one may not follow. An act already filed is left alone.

    `done` says of the first act's case, under its lock, that what the acts are for has been done already: then none is filed.
    """

    def decide(desk: Desk) -> Decision:
        if done(desk.state(acts[0].payload.case)):
            return Decision()
        states: dict[CaseId, CaseState] = {}
        fresh = [act for act in acts if not desk.known(act.id)]
        for act in fresh:
            case = act.payload.case
            state = states.get(case) or desk.state(case)
            refusal = not_executing(state, act.payload) or admit(state, act.payload)
            if refusal is not None:
                raise RefusedError(refusal)
            states[case] = evolve(state, FiledAct(act.id, act.payload, act.direction, desk.now))
        return Decision(tuple(fresh), filed=tuple(act.id for act in acts if desk.known(act.id)))

    return Intent(known_cases(acts), tuple(act.id for act in acts), decide, len(acts))


def file_own(
    bench: Workbench,
    payload: Payload,
    *more: Payload,
    enclosing: Sequence[ActId] = (),
    done: Callable[[CaseState], bool] = never,
) -> Committed:
    """Acts that need no personal approval, sealed and filed together; see `intent_to_file` for `done`.

    Raises `RefusedError` when the law finds something missing in one, or when it may not follow in its case.
    """
    for each in (payload, *more):
        gaps = blocking(findings_of(bench, each, (), Side.SENDING, each.at))
        if gaps:
            raise RefusedError(Refusal("incomplete", f"{each.act.type} lacks what its instrument demands", gaps))
    acts = [seal_act(bench, write_payload(each), (), enclosing) for each in (payload, *more)]
    return bench.sequencer.submit(intent_to_file(acts, done))


def the_act(committed: Committed) -> ActId:
    """The one act that was filed. Raises `ValueError` when it was none, or several."""
    (act,) = committed.indexes
    return act
