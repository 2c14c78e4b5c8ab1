"""When all that is stored of a case's exhibits was read again, from the acts of this node's own thread.

Those acts list what they read by root and count, and by name only what was not as it should be. A round reads everything that
is stored; so an exhibit that was here when a round began was read whole when that round ended.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from msgspec import Struct

from comity.acts.care_bodies import FixityVerified
from comity.acts.classes import ActType
from comity.acts.payload import Payload
from comity.cases.house import house_case
from comity.casework.reading import payload_of, state_of
from comity.casework.workbench import Workbench
from comity.evidence.custody_certificate import Rereading
from comity.vocabulary.identifiers import ActId, CaseId, Digest, ExhibitId
from comity.vocabulary.instants import Instant


class _Round(Struct, frozen=True):
    """A round that ended with that act: which objects were broken then, and which were put back."""

    begun_at: Instant
    at: Instant
    act: ActId
    broken: frozenset[Digest]
    mended: frozenset[Digest]


def rereadings(bench: Workbench, case: CaseId, since: Instant) -> Mapping[ExhibitId, Sequence[Rereading]]:
    """For each exhibit of the case that is kept here, the rounds since then, oldest first."""
    objects: dict[ExhibitId, set[Digest]] = {}
    for kept in bench.records.exhibits.of_case(case):
        objects.setdefault(kept.exhibit, set()).update(kept.objects)
    rounds = list(_rounds(bench, since)) if objects else []
    return {
        exhibit: [
            Rereading(
                begun_at=each.begun_at,
                at=each.at,
                authority=bench.me,
                act=each.act,
                objects=len(digests),
                broken=len(digests & each.broken),
                mended=len(digests & each.mended),
            )
            for each in rounds
        ]
        for exhibit, digests in objects.items()
    }


def _rounds(bench: Workbench, since: Instant) -> Iterator[_Round]:
    house = house_case(bench.me)
    if bench.records.cases.view(house) is None:
        return
    acts = (
        step.act for step in state_of(bench, house).steps if step.type is ActType.FIXITY_VERIFIED and step.at >= since
    )
    read = ((act, payload_of(bench, act)) for act in acts)
    for begun_at, batches in groupby(read, key=lambda each: _body(each[1]).begun_at):
        whole = [(act, payload, _body(payload)) for act, payload in batches]
        act, last, ends = whole[-1]
        if begun_at is not None and ends.last:
            bodies = [body for _, _, body in whole]
            broken = frozenset(name for body in bodies for name in (*body.damaged, *body.missing))
            mended = frozenset(name for body in bodies for name in body.repaired)
            yield _Round(begun_at, last.at, act, broken, mended)


def _body(payload: Payload) -> FixityVerified:
    if not isinstance(payload.body, FixityVerified):
        raise TypeError("an act's type says what its body is")
    return payload.body
