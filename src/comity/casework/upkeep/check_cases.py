"""Checks 2 to 4, 6, 7 and 9, case by case: acts and entries, views, search tokens, clocks, deliveries, seals.

Each kind of damage is told by one check. So what a check needs is settled before it is asked: a case whose key or acts
are not in order is told by checks 8 and 2 and left out of the others, which could only repeat it in other words.
"""

from collections import Counter
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from comity.acts.bodies import CaseDisposed
from comity.acts.payload import act_id
from comity.cases.state import CaseState, Direction, FiledAct, Phase
from comity.casework.bench.histories import observer
from comity.casework.bench.legality import case_clocks
from comity.casework.bench.search_terms import terms
from comity.casework.bench.views import CaseView, open_view, rebuild
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.case import StoredView
from comity.casework.ports.check import CaseRows, FiledRow
from comity.casework.post.arrivals import check_approvals
from comity.casework.upkeep.check_findings import Findings
from comity.casework.upkeep.outlook import outlook
from comity.law.clock_run import ClockStatus
from comity.trust.directory import Directory
from comity.trust.seals import OpenedSeal, read_sealed, verify_seals
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import ActId
from comity.vocabulary.wire import from_b64url


class OpenedCase(Struct, frozen=True):
    """A case whose acts all open: with each act's seal, in the order of the ledger, and the view they lead to."""

    rows: CaseRows
    acts: tuple[tuple[FiledAct, OpenedSeal], ...]
    view: CaseView


class CaseFindings:
    """The findings that cases add to, by the number of their check."""

    def __init__(self) -> None:
        self.acts = Findings(2, "acts and entries")
        self.views = Findings(3, "views")
        self.tokens = Findings(4, "search tokens")
        self.clocks = Findings(6, "clocks")
        self.deliveries = Findings(7, "deliveries")
        self.keys = Findings(8, "keys")
        self.seals = Findings(9, "seals")


class CaseExamination:
    """Examines one case after the other."""

    def __init__(self, bench: Workbench, found: CaseFindings, *, deep: bool) -> None:
        self._bench = bench
        self._found = found
        self._deep = deep
        self._observe = observer(bench.law, bench.me)
        self._destroyed = frozenset(bench.case_keys.destroyed())
        self.certified = 0
        """Acts that certificates of disposal say were deleted."""
        self.uncertified = 0
        """Cases that were cleared without a certificate here: it was lost with what a restored backup had forgotten."""
        self.not_refolded = 0
        """Cases that were not read under the law in force yet: what was kept of them under another is not compared."""
        self.missing: set[ActId] = set()
        """Acts that a case's view names and that are not here."""

    def examine(self, rows: CaseRows) -> OpenedCase | None:
        """All checks of one case; None when it could not be opened, or when there is nothing in it any more.

        1. Its key. 2. Its acts. 3. Its view, search tokens, clocks and deliveries. 4. Seals, if the check is deep.
        """
        # 1.
        if not self._key_in_order(rows):
            return None
        # 2.
        opened = self._open(rows)
        if opened is None:
            return None
        # 3.
        self._check_view(opened)
        self._check_tokens(opened)
        self._check_clocks(opened)
        self._check_deliveries(opened)
        # 4.
        if self._deep:
            self._check_seals(opened)
        return opened

    def remark_not_refolded(self) -> None:
        """After all cases: how many wait to be read under the law in force."""
        if self.not_refolded:
            self._found.clocks.remark(
                f"{self.not_refolded} cases were read under another version of the law; a worker that was started under the present one reads them"
            )

    # Check 8 ------------------------------------------------------------------------------------------------------

    def _key_in_order(self, rows: CaseRows) -> bool:
        """A live case has its key; one whose key is gone has nothing left but its certificate."""
        case = rows.row.case
        self._found.keys.count()
        if case not in self._destroyed:
            if rows.row.phase is Phase.DISPOSED:
                self._found.keys.problem(f"case {case} is disposed of and its key was not destroyed")
                return False
            return self._key_readable(case)
        if rows.row.phase is not Phase.DISPOSED and (rows.acts or rows.exhibits or rows.tokens):
            self._found.keys.problem(f"the key of case {case} was destroyed and its rows are still here")
            return False
        return True

    def _key_readable(self, case: str) -> bool:
        try:
            self._bench.case_keys.key(case)
        except BrokenInputError as error:
            self._found.keys.problem(f"case {case} has no key: {error.code}")
            return False
        return True

    # Check 2 ------------------------------------------------------------------------------------------------------

    def _open(self, rows: CaseRows) -> OpenedCase | None:
        """Every act opens, is the act its row names, and stands in the ledger under its own class."""
        acts = []
        whole = True
        for filed in rows.acts:
            self._found.acts.count()
            opened = self._open_act(filed)
            if opened is None:
                whole = False
            else:
                stored = filed.stored
                acts.append((FiledAct(stored.id, opened.payload, stored.direction, stored.filed_at), opened))
        if not whole or not self._complete(rows, frozenset(each.id for each, _ in acts)):
            return None
        view = self._rebuilt(rows, [each for each, _ in acts])
        return OpenedCase(rows, tuple(acts), view)

    def _open_act(self, filed: FiledRow) -> OpenedSeal | None:
        stored = filed.stored
        try:
            opened = read_sealed(self._bench.cipher.open_act(stored))
        except BrokenInputError as error:
            self._found.acts.problem(f"act {stored.id} does not open: {error.code}")
            return None
        payload = opened.payload
        if act_id(from_b64url(opened.sealed.payload)) != stored.id or payload.case != stored.case:
            self._found.acts.problem(f"the row of act {stored.id} holds another act or is in another case")
            return None
        if filed.act_class is None:
            self._found.acts.problem(f"act {stored.id} has no entry in the ledger")
            return None
        if filed.act_class != payload.act:
            self._found.acts.problem(f"act {stored.id} stands in the ledger under another class")
            return None
        return opened

    def _complete(self, rows: CaseRows, here: frozenset[ActId]) -> bool:
        """No act that the view names is missing. A view that does not open is for check 3."""
        try:
            steps = open_view(self._bench.cipher, rows.row).state.steps
        except (BrokenInputError, msgspec.DecodeError):
            return True
        missing = {step.act for step in steps} - here
        for act in sorted(missing):
            self._found.acts.problem(f"act {act} of case {rows.row.case} is not here")
        self.missing |= missing
        return not missing

    def _rebuilt(self, rows: CaseRows, acts: list[FiledAct]) -> CaseView:
        certificates = [each.payload.body for each in acts if isinstance(each.payload.body, CaseDisposed)]
        self.certified += sum(each.acts for each in certificates)
        if rows.row.case in self._destroyed and not certificates:
            self.uncertified += 1
            return CaseView(CaseState(rows.row.case, Phase.DISPOSED))
        return rebuild(rows.row.case, acts, self._observe)

    # Check 3 ------------------------------------------------------------------------------------------------------

    def _check_view(self, opened: OpenedCase) -> None:
        """What the row says is what the acts say, compared in their encoding."""
        row = opened.rows.row
        self._found.views.count()
        try:
            stored = open_view(self._bench.cipher, row)
        except (BrokenInputError, msgspec.DecodeError) as error:
            self._found.views.problem(f"the view of case {row.case} does not open: {type(error).__name__}")
            return
        if row.phase is not opened.view.state.phase:
            self._found.views.problem(
                f"the row of case {row.case} says {row.phase}, its acts {opened.view.state.phase}"
            )
        elif msgspec.msgpack.encode(self._comparable(row, stored)) != msgspec.msgpack.encode(
            self._comparable(row, opened.view)
        ):
            self._found.views.problem(f"the view of case {row.case} is not what its acts lead to")

    def _under_the_law(self, row: StoredView) -> bool:
        return row.phase is Phase.DISPOSED or row.law == self._bench.law.version

    def _comparable(self, row: StoredView, view: CaseView) -> CaseView:
        """Without what clocks look at, where that was read under another law."""
        return view if self._under_the_law(row) else CaseView(view.state)

    # Check 4 ------------------------------------------------------------------------------------------------------

    def _check_tokens(self, opened: OpenedCase) -> None:
        case = opened.rows.row.case
        live = opened.view.state.phase is not Phase.DISPOSED
        wanted = (
            {self._bench.cipher.token(case, term) for filed, _ in opened.acts for term in terms(filed.payload)}
            if live
            else set()
        )
        self._found.tokens.count(len(wanted))
        lacking, foreign = len(wanted - opened.rows.tokens), len(opened.rows.tokens - wanted)
        if lacking or foreign:
            self._found.tokens.problem(
                f"case {case} lacks {lacking} search tokens and has {foreign} that no act explains"
            )

    # Check 6 ------------------------------------------------------------------------------------------------------

    def _check_clocks(self, opened: OpenedCase) -> None:
        """Every clock that runs was started by an act of the case; when the case is due next follows from its acts."""
        case, view = opened.rows.row.case, opened.view
        if self._under_the_law(opened.rows.row):
            self._check_outlook(opened)
        else:
            self.not_refolded += 1
        here = {filed.id for filed, _ in opened.acts}
        for clock in case_clocks(self._bench, view, self._bench.clock.now()) if view.past else ():
            if clock.state is ClockStatus.RUNNING:
                self._found.clocks.count()
                # A duty that always stands is started by no act.
                if clock.started_by and clock.started_by not in here:
                    self._found.clocks.problem(f"the clock {clock.id} runs in case {case} and no act of it started it")

    def _check_outlook(self, opened: OpenedCase) -> None:
        row, ahead = opened.rows.row, outlook(self._bench.law, self._bench.directory(), self._bench.me, opened.view)
        for what, kept, told in (
            ("due", row.next_due, ahead.next_due),
            ("a matter for people as of", row.attention, ahead.attention),
            ("under the limits", row.limits, ahead.limits),
        ):
            if kept != told:
                self._found.clocks.problem(f"case {row.case} is marked as {what} {kept}; its acts say {told}")

    # Check 7 ------------------------------------------------------------------------------------------------------

    def _check_deliveries(self, opened: OpenedCase) -> None:
        """One row for each addressee of each act issued here, and no other; what was delivered has a receipt."""
        owed = Counter(_owed(opened))
        rows = Counter((row.act, row.peer) for row in opened.rows.deliveries)
        self._found.deliveries.count(owed.total())
        for act, peer in owed - rows:
            self._found.deliveries.problem(f"act {act} is not on its way to {peer}, whom it is addressed to")
        for act, peer in rows - owed:
            self._found.deliveries.problem(f"act {act} is on its way to {peer}, whom it is not addressed to")
        for row in opened.rows.deliveries:
            if row.delivered and not row.receipted:
                self._found.deliveries.problem(f"act {row.act} counts as delivered to {row.peer} without a receipt")

    # Check 9 ------------------------------------------------------------------------------------------------------

    def _check_seals(self, opened: OpenedCase) -> None:
        """Seals and approvals verify as of the filing, by the directory that the act names."""
        for filed, act in opened.acts:
            self._found.seals.count()
            error = self._seal_error(filed, act, self._bench.directory.as_of(act.payload.directory))
            # Sealed under a newer version than it was drafted under: what came in between is in the newest.
            if error is not None and self._seal_error(filed, act, self._bench.directory()) is not None:
                self._found.seals.problem(f"the seal of act {filed.id} does not hold: {error.code}")

    @staticmethod
    def _seal_error(filed: FiledAct, act: OpenedSeal, directory: Directory) -> BrokenInputError | None:
        try:
            verify_seals(act, directory, at=filed.filed_at)
            check_approvals(directory, act)
        except BrokenInputError as error:
            return error
        return None


def _owed(opened: OpenedCase) -> Iterator[tuple[ActId, str]]:
    for filed, _ in opened.acts:
        if filed.direction is Direction.ISSUED:
            yield from ((filed.id, peer) for peer in filed.payload.to)
