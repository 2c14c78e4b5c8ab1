"""When all that is stored of a case's exhibits was read again, from the acts of this node's own thread.

Those acts list what they read by root and count, and by name only what was not as it should be. A round reads everything that
is stored; so an exhibit that was here when a round began was read whole when that round ended.
"""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from comity.acts.care_bodies import FixityVerified
from comity.acts.classes import ActType
from comity.cases.house import house_case
from comity.casework.bench.reading import sealed_acts, state_of
from comity.casework.bench.workbench import Workbench
from comity.evidence.dossier.custody_certificate import Rereading
from comity.trust.seals import read_sealed
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
    """Each round that ended, at the act that says so; what its acts name is gathered from its first on."""
    begun_at: Instant | None = None
    broken: set[Digest] = set()
    mended: set[Digest] = set()
    for act, at, body in _verified(bench, since):
        if body.begun_at != begun_at:
            begun_at, broken, mended = body.begun_at, set(), set()
        broken.update(body.damaged, body.missing)
        mended.update(body.repaired)
        if begun_at is not None and body.last:
            yield _Round(begun_at, at, act, frozenset(broken), frozenset(mended))


def _verified(bench: Workbench, since: Instant) -> Iterator[tuple[ActId, Instant, FixityVerified]]:
    """The acts in their order, read from the database at once: a case of years has thousands."""
    house = house_case(bench.me)
    if bench.records.cases.view(house) is None:
        return
    steps = state_of(bench, house).steps
    acts = [step.act for step in steps if step.type is ActType.FIXITY_VERIFIED and step.at >= since]
    for act, sealed in sealed_acts(bench, acts).items():
        payload = read_sealed(sealed).payload
        if isinstance(payload.body, FixityVerified):
            yield act, payload.at, payload.body
