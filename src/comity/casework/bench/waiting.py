"""Waiting: an act whose predecessor has not come is kept, under a key that goes with it, until its deadline.

Whose key. An act of a case that is known here waits under the key of that case, like everything else of the case. An act of
a case that is not known here yet waits under a key of its own: nothing of the node may keep readable what a peer sent about
a case that perhaps never comes to be. That key is destroyed when the act is filed, when it is given up, and when its case is
disposed of. So no way of ending leaves words of it that open: not in the rows, nor in the write-ahead log or a base backup.

Giving up. Its sender goes on trying, and is told at each try (`comity.casework.post.receive`); should the predecessor come after
all, the next try is taken. So giving up loses nothing, and keeps nothing for ever.
"""

from collections.abc import Sequence
from datetime import datetime

from comity.acts.payload import Payload
from comity.casework.bench.sequencer import Decision, Intent
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.case import WaitingAct
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId
from comity.vocabulary.wire import tagged_hash


def own_key(act: ActId, deadline: datetime) -> CaseId:
    """The name of the key of this stay of the act: sent again after it was given up, it waits under another."""
    stay = f"{act} {int(deadline.timestamp() * 1_000_000)}"
    return tagged_hash("comity-waiting-v1", stay.encode())[:16].hex()


def keep_waiting(
    bench: Workbench, act: ActId, payload: Payload, sealed: bytes, *, known: bool, sender: AuthorityId, until: datetime
) -> WaitingAct:
    """The row to keep; `known` says whether its case is. The key is durable when this returns.

    An act that waits already keeps its row, its key and its deadline.
    """
    missing = payload.re[0]
    before = next((each for each in bench.records.cases.waiting_for([missing]) if each.id == act), None)
    if before is not None:
        return before
    key = payload.case if known else own_key(act, until)
    bench.case_keys.ensure([key])
    return WaitingAct(act, payload.case, missing, sender, bench.cipher.encrypt(key, _purpose(act), sealed), until)


def open_waiting(bench: Workbench, waiting: WaitingAct) -> bytes:
    """The act as it came. Raises `BrokenInputError`, KEY_DESTROYED where it was given up or disposed of."""
    try:
        return bench.cipher.decrypt(own_key(waiting.id, waiting.deadline), _purpose(waiting.id), waiting.sealed)
    except BrokenInputError as error:
        if error.code is not ErrorCode.NOT_FOUND:
            raise
    return bench.cipher.decrypt(waiting.case, _purpose(waiting.id), waiting.sealed)


def forget_key(bench: Workbench, waiting: WaitingAct) -> None:
    """The key of this stay is destroyed, if it has one of its own. To be called before its row goes: cut short, it is found again.

    An act that is lost between the two is one that its sender still tries to deliver.
    """
    key = own_key(waiting.id, waiting.deadline)
    try:
        bench.case_keys.key(key)
    except BrokenInputError as error:
        if error.code in (ErrorCode.NOT_FOUND, ErrorCode.KEY_DESTROYED):
            return
        raise
    bench.case_keys.destroy(key)


def forget_waiting(bench: Workbench, case: CaseId) -> None:
    """Nothing that waits in the case opens any more, but by the key of the case itself: for its disposal."""
    for waiting in bench.records.cases.waiting_in(case):
        forget_key(bench, waiting)


def give_up_waiting(bench: Workbench) -> Sequence[WaitingAct]:
    """The acts whose deadline has passed; none of them waits any longer, or opens, when this returns."""
    overdue = bench.records.cases.overdue(bench.clock.now())
    if overdue:
        for waiting in overdue:
            forget_key(bench, waiting)
        resolved = tuple(each.id for each in overdue)
        cases = tuple(sorted({each.case for each in overdue}))
        bench.sequencer.submit(Intent(cases, (), lambda _desk: Decision(resolved=resolved), len(overdue)))
    return overdue


def _purpose(act: ActId) -> str:
    return f"waiting:{act}"
