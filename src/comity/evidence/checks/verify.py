"""Verifying a dossier: twelve numbered checks, and one verdict.

 1 archive     every byte of the archive is the one its files determine
 2 bag         the files are the listed ones, and the exporter vouches for the list
 3 directory   the directory versions lead to the root the reader pinned
 4 seals       every act is unaltered and sealed by its issuer; the legal grade of each seal is shown
 5 approvals   what demands or decides was approved in person by a second officer
 6 receipts    addressees confirmed, from their own ledgers, what they were sent
 7 ledger      every act stands in the exporter's ledger
 8 witnesses   others, whom the reader trusts, saw that ledger
 9 items       every item is unaltered and was held
10 custody     somebody held the data at every instant
11 counts      handed over, set aside and withheld add up to what was held
12 time        nothing is dated before its cause or after its witnesses

Where the archive is not canonical or the header can't be read, nothing else can be: the remaining checks are then open
and say so. Otherwise all checks run, each on its own, so that a reader sees everything that is wrong and not only the
first.
"""

from collections.abc import Iterable
from datetime import datetime

from comity.evidence.archive.format import NotCanonicalError
from comity.evidence.archive.read import Archive, ByteSource, read_archive
from comity.evidence.archive.sums import Start, at_once
from comity.evidence.checks.acts import check_approvals, check_seals, load_acts
from comity.evidence.checks.bag import check_bag, open_bag
from comity.evidence.checks.custody import check_counts, check_custody
from comity.evidence.checks.directory import check_directory
from comity.evidence.checks.items import check_items
from comity.evidence.checks.ledger import check_ledger, read_head
from comity.evidence.checks.receipts import check_receipts
from comity.evidence.checks.time import check_time
from comity.evidence.checks.verdicts import Check, Examination, Report, Subject, report_on
from comity.evidence.checks.witnesses import check_witnesses
from comity.evidence.dossier.read import Dossier, relative
from comity.evidence.dossier.stamps import read_stamps
from comity.trust.anchors import TrustAnchor

CHECKS = (
    "archive",
    "bag",
    "directory",
    "seals",
    "approvals",
    "receipts",
    "ledger",
    "witnesses",
    "items",
    "custody",
    "counts",
    "time",
)
"""The checks by number, from 1. Append only: reports are compared over years."""


def verify_dossier(source: ByteSource, anchor: TrustAnchor | None, at: datetime, *, start: Start = at_once) -> Report:
    """The report on the dossier in this file, judged against the reader's own anchor; `at` is the reader's present.

    `start` is where contents are hashed, see `read_archive`.

    Memory is bounded by the number of files and acts, never by the size of an item. Nothing in the file makes this raise
    but the file system itself (`OSError`).
    """
    opening = Examination(1, CHECKS[0])
    try:
        archive = read_archive(source, start)
    except NotCanonicalError as error:
        opening.fault(error.what, file=relative(error.file), found=error.found, expected=error.expected, do=error.do)
        return report_on([opening.close(""), *_not_examined(2, "the archive is not as it was written")])
    first = opening.close(f"Every byte of the archive is the one its files determine ({len(archive.files):,} files).")
    dossier, bagging = open_bag(archive)
    if dossier is None:
        return report_on([first, bagging.close(""), *_not_examined(3, "the dossier's header cannot be read")])
    header = dossier.header
    subject = Subject(
        case=header.case,
        authority=header.authority,
        exported_at=header.exported_at,
        acts=len(header.acts),
        exhibits=len(header.exhibits),
        files=len(archive.files),
    )
    return report_on([first, *_examine(dossier, archive, bagging, anchor, at)], subject)


def _examine(
    dossier: Dossier, archive: Archive, bagging: Examination, anchor: TrustAnchor | None, at: datetime
) -> Iterable[Check]:
    header = dossier.header
    exported, bag = check_bag(dossier, archive, bagging)
    loaded, sealing = load_acts(dossier)
    registers, directory = check_directory(dossier, anchor, loaded.acts, header.exported_at)
    head = read_head(dossier)
    indexes, ledger = check_ledger(dossier, head)
    witnessed, witnesses = check_witnesses(dossier, head, registers, anchor)
    contained, items = check_items(dossier, loaded)
    custody, chain = check_custody(header, loaded)
    return (
        bag,
        directory,
        check_seals(loaded, exported, header, registers, sealing),
        check_approvals(loaded, registers),
        check_receipts(dossier, loaded, registers),
        ledger,
        witnesses,
        items,
        chain,
        check_counts(header, loaded, contained, custody),
        check_time(
            header=header,
            loaded=loaded,
            exported=exported,
            indexes=indexes,
            witnessed=witnessed,
            stamps=read_stamps(dossier, head, anchor),
            at=at,
        ),
    )


def _not_examined(first: int, why: str) -> list[Check]:
    checks = []
    for number in range(first, len(CHECKS) + 1):
        examination = Examination(number, CHECKS[number - 1])
        examination.doubt(f"not examined: {why}")
        checks.append(examination.close(""))
    return checks
