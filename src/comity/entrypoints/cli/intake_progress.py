"""How far an intake is, on the terminal's error stream, while the node takes data in; nothing where nobody is looking."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from comity.entrypoints.cli.client import NodeClient
from comity.evidence.dossier_words import count, size_words
from comity.evidence.exhibits import Progress
from comity.vocabulary.errors import BrokenInputError

_PAUSE_S = 2.0


@contextmanager
def shown_progress(node: NodeClient) -> Iterator[None]:
    """Asks the node every two seconds, in a thread of its own, until the work inside is done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    done = threading.Event()
    with console.status("taking in ...") as status:

        def watch() -> None:
            while not done.wait(_PAUSE_S):
                try:
                    far = node.get(Progress, "intake")
                except BrokenInputError:
                    continue
                status.update(f"taking in: {count(far.items, 'item')}, {size_words(far.size)}")

        watching = threading.Thread(target=watch, name="progress", daemon=True)
        watching.start()
        try:
            yield
        finally:
            done.set()
            watching.join(timeout=_PAUSE_S)
