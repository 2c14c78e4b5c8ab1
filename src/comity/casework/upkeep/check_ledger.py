"""Check 1: the ledger is what its head says. The leaves are made anew from act, class and salts, and the tree from them.

The whole ledger is read once, in runs. On the way the tree passes through the size of every witnessed checkpoint: there
its root must be the one that witnesses signed, or this is not the ledger they saw.
"""

from itertools import islice

from comity.casework.bench.workbench import Workbench
from comity.casework.ports.check import Books
from comity.casework.ports.ledger import LedgerHead
from comity.casework.upkeep.check_findings import Findings
from comity.ledger.checkpoints import Checkpoint, SignedCheckpoint, read_signed_checkpoint, verify_checkpoint
from comity.ledger.cosignatures import cosigned_by
from comity.ledger.entries import LEAF_SIZE, PADDING_CLASS, Entry, leaves_of, padding_act
from comity.ledger.origins import log_key, witness_key
from comity.ledger.tiles import TILE_HEIGHT, TILE_WIDTH, RightEdge, TileAddress, extend
from comity.ledger.tree import HASH_SIZE, leaf_hashes, split_run
from comity.vocabulary.errors import BrokenInputError


class LedgerPass:
    """One reading of the ledger: check 1, and for check 2 whether what passes as padding is padding."""

    def __init__(self, bench: Workbench, books: Books, ledger: Findings, acts: Findings, *, deep: bool) -> None:
        self._bench = bench
        self._books = books
        self._ledger = ledger
        self._acts = acts
        self._deep = deep
        self._tiles = books.tiles()
        self._edge = RightEdge()
        directory = bench.directory()
        self._witnesses = [
            witness_key(name, public) for name in directory.authorities for _, public in directory.witness_keys(name)
        ]

    def run(self) -> None:
        """Reads the ledger once.

        1. The head is signed by this node's ledger key. 2. Every entry makes its stored leaf. 3. The leaves make the
        stored tiles. 4. At each witnessed size they make the witnessed root. 5. They make the head's root, and nothing
        stands beyond it.
        """
        head = self._bench.records.ledger.head()
        # 1.
        self._check_head(head)
        # 2. to 4.
        try:
            self._check_leaves(head)
        except BrokenInputError as error:
            self._ledger.problem(f"the ledger cannot be read to its end: {error.what} {error.found}".rstrip())
            return
        # 5.
        if self._edge.root() != head.root:
            self._ledger.problem(f"the leaves do not make the head's root over {head.size} leaves")
        self._check_right_edge()
        beyond = self._books.beyond(head.size)
        if beyond:
            self._ledger.problem(f"{beyond} entries or tiles stand beyond the head of {head.size} leaves")

    def _check_head(self, head: LedgerHead) -> None:
        if not head.note and not head.size:
            return
        try:
            signed = read_signed_checkpoint(head.note)
            if signed.checkpoint != Checkpoint(head.origin, head.size, head.root):
                self._ledger.problem("the signed head is of another size or root than the head's row")
            self._verify_signed(signed)
        except BrokenInputError as error:
            self._ledger.problem(f"the head's signature does not hold: {error.what}")

    def _verify_signed(self, signed: SignedCheckpoint) -> None:
        """Some ledger key of this node signed it; raises `BrokenInputError` otherwise."""
        failure: BrokenInputError | None = None
        for _, public in self._bench.directory().ledger_keys(self._bench.me):
            try:
                verify_checkpoint(signed, log_key(signed.checkpoint.origin, public))
            except BrokenInputError as error:
                failure = error
            else:
                return
        if failure is not None:
            raise failure

    def _check_leaves(self, head: LedgerHead) -> None:
        entries = self._bench.records.ledger.entries(0, head.size)
        witnessed = self._books.witnessed()
        mark = next(witnessed, None)
        for run in self._books.leaf_runs(head.size):
            stored = split_run(run, LEAF_SIZE)
            self._check_entries(list(islice(entries, len(stored))), stored)
            start = self._edge.size
            while mark is not None and mark[0] <= start + len(stored):
                self._grow(stored[self._edge.size - start : mark[0] - start])
                self._check_witnessed(mark[1])
                mark = next(witnessed, None)
            self._grow(stored[self._edge.size - start :])
        if mark is not None:
            self._ledger.problem(f"a checkpoint of {mark[0]} leaves was witnessed; the ledger has {head.size}")

    def _check_entries(self, entries: list[Entry], stored: list[bytes]) -> None:
        self._ledger.count(len(stored))
        first = self._edge.size
        if len(entries) != len(stored):
            self._ledger.problem(f"{len(stored) - len(entries)} entries are missing from {first} on")
            return
        for place, (made, leaf) in enumerate(zip(leaves_of(entries), stored, strict=True), first):
            if made != leaf:
                self._ledger.problem(f"entry {place} is not the one its leaf commits to")
        for place, entry in enumerate(entries, first):
            if entry.act_class == PADDING_CLASS and entry.act != padding_act(entry.class_salt):
                self._acts.problem(f"entry {place} passes as padding and is none")

    def _grow(self, leaves: list[bytes]) -> None:
        if not leaves:
            return
        extension = extend(self._edge, leaf_hashes(leaves))
        for address, hashes in extension.tiles.items():
            if address.width == TILE_WIDTH:
                self._check_tile(address, hashes)
        self._edge = extension.edge

    def _check_tile(self, address: TileAddress, hashes: bytes) -> None:
        try:
            stored = self._tiles.read(address.level, address.index)
        except BrokenInputError:
            self._ledger.problem(f"{address.path()} is missing")
            return
        if stored != hashes:
            self._ledger.problem(f"{address.path()} does not hold the hashes of its leaves")

    def _check_right_edge(self) -> None:
        for level, hashes in enumerate(self._edge.partial):
            if hashes:
                index = self._edge.size >> TILE_HEIGHT * (level + 1)
                self._check_tile(TileAddress(level, index, len(hashes) // HASH_SIZE), hashes)

    def _check_witnessed(self, note: str) -> None:
        size = self._edge.size
        try:
            signed = read_signed_checkpoint(note)
            if signed.checkpoint.size != size or signed.checkpoint.root != self._edge.root():
                self._ledger.problem(f"witnesses signed another root for {size} leaves than the ledger has")
            if self._deep:
                self._verify_signed(signed)
                cosigned_by(signed, self._witnesses)
        except BrokenInputError as error:
            self._ledger.problem(f"the witnessed checkpoint of {size} leaves does not hold: {error.what}")
