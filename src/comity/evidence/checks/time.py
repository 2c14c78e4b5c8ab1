"""Check 12: nothing happened before what it answers, and nothing is dated after others had seen it.

Clocks differ. More than five minutes are worth a word; they change no verdict as long as some honest clock could have
told it so. Impossible is only what one party says against itself, or against witnesses the reader trusts.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

from comity.evidence.checks.acts import LoadedActs
from comity.evidence.checks.verdicts import Check, Examination
from comity.evidence.checks.witnesses import Witnessed
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.custody import SKEW
from comity.evidence.dossier.format import ActDirection, ActOnFile, DossierHeader
from comity.evidence.dossier.stamps import Stamps
from comity.evidence.dossier.words import told
from comity.trust.seals import OpenedSeal
from comity.vocabulary.identifiers import ActId

NUMBER, NAME = 12, "time"


def check_time(
    *,
    header: DossierHeader,
    loaded: LoadedActs,
    exported: OpenedSeal | None,
    indexes: Mapping[ActId, int],
    witnessed: Witnessed,
    stamps: Stamps,
    at: datetime,
) -> Check:
    """Check 12; `at` is the reader's present.

    Steps:
        1. An act stands in the ledger after the acts it answers; one that answers another was not sealed long before it.
        2. The exporter's own clock went forward along its own ledger.
        3. An act was filed about when it was sealed.
        4. No act in the witnessed ledger is dated after its witnesses saw it.
        5. The export came last, and is not in the reader's future.
        6. What time stamps of the checkpoint say; they only add to what is known (`comity.evidence.dossier.stamps`).
    """
    examination = Examination(NUMBER, NAME)
    acts = {act.id: act for act in loaded.acts}
    for act in loaded.acts:
        # 1.
        for name in act.payload.re:
            if name in acts:
                _check_answer(act, acts[name], indexes, examination)
        # 3. and 4.
        _check_instants(act, witnessed.since, examination)
    # 2.
    for before, after in pairwise(loaded.acts):
        if before.filed_at - after.filed_at > SKEW:
            examination.fault(
                "the exporter filed an act earlier than the one before it in its own ledger",
                file=layout.act_path(after.id),
                found=told(after.filed_at),
                expected=f"not before {told(before.filed_at)}",
            )
    # 5.
    _check_export(header, loaded, exported, at, examination)
    # 6.
    for act in loaded.acts:
        _check_stamped(act, stamps.earliest, examination)
    for remark in stamps.remarks:
        examination.remark(remark.what, file=remark.file, found=remark.found)
    return examination.close("Every step follows the one it answers, and no date contradicts a witness.")


def _check_stamped(act: ActOnFile, stamped: datetime | None, examination: Examination) -> None:
    if stamped is not None and act.direction is not ActDirection.ENCLOSED and act.filed_at - stamped > SKEW:
        examination.fault(
            "an act was filed after an authority that is trusted stamped the ledger it is in",
            file=layout.act_path(act.id),
            found=told(act.filed_at),
            expected=f"not after {told(stamped)}",
        )


def _check_answer(act: ActOnFile, answered: ActOnFile, indexes: Mapping[ActId, int], examination: Examination) -> None:
    path = layout.act_path(act.id)
    own, other = indexes.get(act.id), indexes.get(answered.id)
    together = ActDirection.ENCLOSED not in (act.direction, answered.direction)
    if together and own is not None and other is not None and own < other:
        examination.fault(
            "an act stands in the ledger before the act it answers",
            file=path,
            found=f"leaf {own}",
            expected=f"after leaf {other}",
        )
    if answered.sealed_at - act.sealed_at > SKEW:
        examination.remark(
            f"the clocks of {act.issuer} and {answered.issuer} differ: an answer is dated before what it answers",
            file=path,
            found=told(act.sealed_at),
            expected=f"not before {told(answered.sealed_at)}",
        )


def _check_instants(act: ActOnFile, since: datetime | None, examination: Examination) -> None:
    path = layout.act_path(act.id)
    if act.sealed_at - act.filed_at > SKEW:
        note = examination.fault if act.direction is ActDirection.ISSUED else examination.remark
        note(
            "an act was filed before it was sealed"
            if act.direction is ActDirection.ISSUED
            else f"the clock of {act.issuer} was ahead of the exporter's: an act was filed before it was sealed",
            file=path,
            found=f"filed at {told(act.filed_at)}",
            expected=f"not before {told(act.sealed_at)}",
        )
    if since is not None and max(act.sealed_at, act.filed_at) - since > SKEW:
        examination.fault(
            "an act is dated after witnesses had seen it in the ledger",
            file=path,
            found=f"sealed at {told(act.sealed_at)}, filed at {told(act.filed_at)}",
            expected=f"by {told(since)}",
        )


def _check_export(
    header: DossierHeader, loaded: LoadedActs, exported: OpenedSeal | None, at: datetime, examination: Examination
) -> None:
    last = max((act.filed_at for act in loaded.acts), default=header.exported_at)
    if last - header.exported_at > SKEW:
        examination.fault(
            "the dossier says it was exported before its last act was filed",
            file=layout.HEADER,
            found=told(header.exported_at),
            expected=f"not before {told(last)}",
        )
    if exported is not None and abs(exported.sealed_at - header.exported_at) > SKEW:
        examination.remark(
            "the export act was sealed at another time than the header states",
            file=layout.EXPORT_ACT,
            found=told(exported.sealed_at),
            expected=told(header.exported_at),
        )
    if header.exported_at - at > SKEW:
        examination.remark(
            "by the clock of this machine the dossier was exported in the future: one of the two clocks is wrong",
            file=layout.HEADER,
            found=told(header.exported_at),
            expected=f"by {told(at)}",
        )
