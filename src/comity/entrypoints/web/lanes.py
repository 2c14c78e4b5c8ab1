"""Lanes: threads that answer requests, set apart by what is asked, so that nobody's load holds up somebody else's work.

Officers have their lane, other nodes theirs, and the transfer of exhibits, which may take hours, has a third. Within a lane
remote addresses take turns, and none may hold more than its share of the threads.
"""

import logging
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

log = logging.getLogger("comity.web")

_GLANCE = 0.05


class Fare(Protocol):
    """What a lane carries."""

    @property
    def address(self) -> str:
        """Where it comes from."""
        ...

    def break_off(self) -> None:
        """Whoever waits for its other end waits no longer."""
        ...


T = TypeVar("T", bound=Fare)


class Lane(Generic[T]):
    """`threads` at most answer at a time, at most `share` of them for one address."""

    def __init__(self, name: str, *, threads: int, share: int, answer: Callable[[T], None]) -> None:
        self._share = max(1, share)
        self._answer = answer
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, deque[T]] = OrderedDict()
        self._busy: Counter[str] = Counter()
        self._under_way: set[T] = set()
        self._open = True

    def put(self, fare: T) -> None:
        """It is answered when its turn comes."""
        with self._lock:
            self._waiting.setdefault(fare.address, deque()).append(fare)
            self._call()

    def stop(self, patience: float) -> None:
        """What waits is dropped; what is under way has `patience` seconds, and is broken off then."""
        with self._lock:
            self._open = False
            self._pool.shutdown(wait=False, cancel_futures=True)
        deadline = time.monotonic() + patience
        while self._under_way and time.monotonic() < deadline:
            time.sleep(_GLANCE)
        with self._lock:
            for fare in self._under_way:
                fare.break_off()

    def _call(self) -> None:
        if self._open:
            self._pool.submit(self._next).add_done_callback(_tell)

    def _next(self) -> None:
        fare = self._take()
        if fare is None:
            return
        try:
            self._answer(fare)
        finally:
            self._done(fare)

    def _take(self) -> T | None:
        """The first of the address whose turn it is; None when every address that waits has its share already."""
        with self._lock:
            for address, waiting in self._waiting.items():
                if self._busy[address] < self._share:
                    fare = waiting.popleft()
                    self._waiting.move_to_end(address)
                    if not waiting:
                        del self._waiting[address]
                    self._busy[address] += 1
                    self._under_way.add(fare)
                    return fare
        return None

    def _done(self, fare: T) -> None:
        with self._lock:
            self._under_way.discard(fare)
            self._busy[fare.address] -= 1
            if not self._busy[fare.address]:
                del self._busy[fare.address]
            # Its address may have been passed over while it had its share.
            if fare.address in self._waiting:
                self._call()


def _tell(future: Future[None]) -> None:
    error = None if future.cancelled() else future.exception()
    if error is not None:
        log.error("answering broke off: %s", type(error).__name__)
