"""The ledger against itself: whether the leaves as stored lead to the head, and the entries to the leaves."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from multiprocessing.pool import AsyncResult, Pool

from msgspec import Struct

from comity.adapters.postgres.ledger_reader import RUN_LEAVES, PostgresLedger
from comity.casework.ledger_ports import LedgerHead
from comity.ledger.entries import LEAF_SIZE, leaves_of
from comity.ledger.tree import RunMapper, root_of, run_root, split_run
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_AHEAD = 8
"""Runs that wait for a process: 16 MiB."""


class LedgerCheck(Struct, frozen=True):
    """What the leaves as stored come to, beside what the head says; `false_entries` are places whose entry is another."""

    root: bytes
    head: LedgerHead
    false_entries: tuple[int, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the leaves hash to the head's root and every entry that was looked at makes its leaf."""
        return self.root == self.head.root and not self.false_entries


def spread(pool: Pool) -> RunMapper:
    """A mapper over the pool's processes that reads ahead a little, in the caller's thread and over its connection."""

    def mapper(function: Callable[[bytes], bytes], runs: Iterable[bytes]) -> Iterator[bytes]:
        under_way: deque[AsyncResult[bytes]] = deque()
        for run in runs:
            under_way.append(pool.apply_async(function, (run,)))
            if len(under_way) > _AHEAD:
                yield under_way.popleft().get()
        for result in under_way:
            yield result.get()

    return mapper


def verify_ledger(ledger: PostgresLedger, mapper: RunMapper = map) -> LedgerCheck:
    """Recomputes the root from every stored leaf. `mapper` may use many processes (`spread`).

    1. Read the head.
    2. Read the leaves it counts, run by run, and hash each run to a node of the tree.
    3. Hash the nodes to the root.

    Raises:
        BrokenInputError: store-damaged when leaves are missing.
    """
    # 1
    head = ledger.head()
    # 2
    nodes = list(mapper(partial(run_root, leaf_size=LEAF_SIZE), ledger.leaf_runs(head.size)))
    # 3
    return LedgerCheck(root_of(nodes), head)


def verify_entries(ledger: PostgresLedger) -> LedgerCheck:
    """As `verify_ledger`, and also makes every leaf anew from its entry: act, class and salts.

    Raises:
        BrokenInputError: store-damaged when leaves or entries are missing.
    """
    head = ledger.head()
    entries = ledger.entries(0, head.size)
    nodes: list[bytes] = []
    false: list[int] = []
    for number, run in enumerate(ledger.leaf_runs(head.size)):
        nodes.append(run_root(run, LEAF_SIZE))
        stored = split_run(run, LEAF_SIZE)
        made = leaves_of(list(islice(entries, len(stored))))
        if len(made) != len(stored):
            raise BrokenInputError(ErrorCode.STORE_DAMAGED, "the ledger lacks entries", found=f"{len(made)} of a run")
        first = number * RUN_LEAVES
        false += [first + place for place, pair in enumerate(zip(stored, made, strict=True)) if pair[0] != pair[1]]
    return LedgerCheck(root_of(nodes), head, tuple(false))
