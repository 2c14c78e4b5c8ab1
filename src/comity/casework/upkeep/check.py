"""Check: the invariants of one whole node, numbered, from the rows as they are at one instant.

```
 1 ledger          leaves make the head; tiles agree; the head is signed; witnesses saw this very ledger
 2 acts            no act without its entry, no entry without its act, each under its own class
 3 views           rebuilt from the acts they come out identical
 4 search tokens   those the acts explain, and no others
 5 custody         no evidence without an act that brought it; every object there is, and is what it was
 6 clocks          no clock without an act that started it; what is due next follows from the acts
 7 deliveries      one for each addressee of each act issued; what was delivered has its receipt
 8 keys            a live case has its key, a disposed one has none; no slot of the key store is damaged
 9 seals           of every act, with its approvals (deep only)
10 waiting         no act waits past its deadline
11 directory       the version in force has not expired
```

Every kind of damage is told by one check (see `comity.casework.upkeep.check_cases`). `deep` also verifies every seal, approval,
receipt and cosignature, and hashes every object; without it those are believed. The node may go on working meanwhile:
rows are read as of one instant, and what stands in the evidence store for work under way is left alone. Cases are read a
portion at a time; what is held in memory throughout is 32 bytes for each object that is referred to.
"""

from comity.acts.receipt_format import Receipt, SealedReceipt
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.check import Books, ReceiptRow
from comity.casework.upkeep.check_cases import CaseExamination, CaseFindings
from comity.casework.upkeep.check_custody import CustodyExamination
from comity.casework.upkeep.check_findings import CheckResult, Findings
from comity.casework.upkeep.check_ledger import LedgerPass
from comity.casework.upkeep.directory_watch import Freshness, directory_standing
from comity.exchange.receipts import verify_receipt
from comity.trust.receipts import RECEIPT_LIMIT
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import decode, from_b64url


def check(bench: Workbench, books: Books, *, deep: bool) -> tuple[CheckResult, ...]:
    """The eleven checks, in order. Changes nothing; finds, and does not raise, what is wrong with the node's own rows.

    Raises `BrokenInputError(UNAVAILABLE)` when the database or the evidence store cannot be read at all.
    """
    ledger, custody, waiting = Findings(1, "ledger"), Findings(5, "custody"), Findings(10, "waiting acts")
    directory = Findings(11, "directory")
    found = CaseFindings()
    with books.snapshot():
        LedgerPass(bench, books, ledger, found.acts, deep=deep).run()
        cases = CaseExamination(bench, found, deep=deep)
        evidence = CustodyExamination(bench, custody, deep=deep)
        _examine_cases(books, cases, evidence)
        evidence.close(books.stray_exhibits())
        _check_loose_entries(bench, books, cases, found.acts)
        if deep:
            _check_receipts(bench, books, found.deliveries)
        _check_keys(books, found.keys)
        _check_waiting(bench, waiting)
        _check_directory(bench, directory)
    return tuple(
        each.result()
        for each in (
            ledger,
            found.acts,
            found.views,
            found.tokens,
            custody,
            found.clocks,
            found.deliveries,
            found.keys,
            found.seals,
            waiting,
            directory,
        )
    )


def _examine_cases(books: Books, cases: CaseExamination, evidence: CustodyExamination) -> None:
    for rows in books.cases():
        opened = cases.examine(rows)
        if opened is not None:
            evidence.examine(opened)
        else:
            for exhibit in rows.exhibits:
                evidence.refer(exhibit)
    cases.remark_not_refolded()


def _check_loose_entries(bench: Workbench, books: Books, cases: CaseExamination, found: Findings) -> None:
    """Entries whose act is not here are those of disposed cases, as many as the certificates say.

    Where a certificate was lost with what a restored backup had forgotten, nobody can say how many they were.
    """
    loose = 0
    for entry in books.loose_entries(bench.records.ledger.head().size):
        loose += entry.act not in cases.missing
    if loose < cases.certified or (loose > cases.certified and not cases.uncertified):
        found.problem(f"{loose} entries have no act here; certificates of disposal account for {cases.certified}")


def _check_receipts(bench: Workbench, books: Books, found: Findings) -> None:
    for row in books.receipts():
        found.count()
        try:
            _verify_receipt(bench, row)
        except BrokenInputError as error:
            found.problem(f"a receipt of {row.peer} for act {row.acts[0][0]} does not hold: {error.code}")


def _verify_receipt(bench: Workbench, row: ReceiptRow) -> None:
    """The receipt holds as of when it was kept, and says of each act delivered under it what the delivery's row says."""
    sealed = decode(row.sealed, SealedReceipt, limit=2 * RECEIPT_LIMIT)
    said = decode(from_b64url(sealed.payload), Receipt, limit=RECEIPT_LIMIT)
    opened = verify_receipt(
        sealed,
        directory=bench.directory(),
        receiver=row.peer,
        sender=bench.me,
        expected=[each.act for each in said.acts],
        at=row.kept_at,
    )
    leaves = {act: opened.receipt.first + place for place, act in enumerate(opened.acts)}
    if opened.checkpoint.origin != row.origin or any(leaves.get(act) != leaf for act, leaf in row.acts):
        raise BrokenInputError(ErrorCode.ID_DIFFERS, "the receipt is not the one of these deliveries")


def _check_keys(books: Books, found: Findings) -> None:
    for number in books.damaged_keys():
        found.problem(f"slot {number} of the key store is damaged")


def _check_waiting(bench: Workbench, found: Findings) -> None:
    for act in bench.records.cases.overdue(bench.clock.now()):
        found.count()
        found.problem(f"act {act.id} of {act.sender} still waits for {act.missing}; its deadline was {act.deadline}")


def _check_directory(bench: Workbench, found: Findings) -> None:
    standing = directory_standing(bench)
    found.count()
    if standing.freshness is Freshness.EXPIRED:
        found.problem(f"version {standing.version} expired at {standing.expires.isoformat()}; no newer one is in force")
    elif standing.freshness is Freshness.EXPIRES_SOON:
        found.remark(f"version {standing.version} expires at {standing.expires.isoformat()}")
