"""What of a case's acts the clocks of a law look at: kept beside the case, or read from the acts again for another law."""

from collections.abc import Sequence

import msgspec

from comity.acts.paper_bodies import PaperAnswerRecorded
from comity.cases.state import Direction, FiledAct
from comity.casework.bench.reading import filed_acts
from comity.casework.bench.views import CaseView, Observe, rebuild
from comity.casework.bench.workbench import Workbench
from comity.law.corpus import Law
from comity.law.history import PastAct, past_act, past_on_paper
from comity.vocabulary.identifiers import AuthorityId


def observer(law: Law, me: AuthorityId) -> Observe:
    """What of an act the legal clocks look at. Received acts count from when they came; the law says which time counts.

    Of an answer on paper it is the act that it amounts to.
    """

    def observe(filed: FiledAct) -> PastAct:
        if isinstance(filed.payload.body, PaperAnswerRecorded):
            return past_on_paper(law, filed.id, filed.payload, filed.payload.body)
        received = filed.filed_at if me in filed.payload.to or filed.direction is Direction.RECEIVED else None
        return past_act(law, filed.id, filed.payload, received_at=received)

    return observe


def history_under(bench: Workbench, view: CaseView, *laws: Law) -> Sequence[PastAct]:
    """The case's history with all that the clocks of these laws look at: read from the acts where less is kept of them."""
    history: Sequence[PastAct] = view.history
    for law in laws:
        if any(_looks_further(law, past) for past in history):
            observe = observer(law, bench.me)
            seen = {filed.id: observe(filed).facts for filed in filed_acts(bench, view.state.case)}
            history = [
                msgspec.structs.replace(past, facts={**past.facts, **seen.get(past.act, {})}) for past in history
            ]
    return history


def view_under(bench: Workbench, view: CaseView) -> CaseView:
    """The view as the case's acts make it under the law in force: read from them again where its clocks look at something else."""
    if all(_kept(bench.law, past) == set(past.facts) for past in view.past):
        return view
    return rebuild(view.state.case, filed_acts(bench, view.state.case), observer(bench.law, bench.me))


def _looks_further(law: Law, past: PastAct) -> bool:
    return not _kept(law, past) <= set(past.facts)


def _kept(law: Law, past: PastAct) -> set[str]:
    instrument = law.instruments.get(past.instrument)
    return set(instrument.kept.get(past.type, ())) if instrument else set()
