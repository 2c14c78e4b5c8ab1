"""How far an intake is, on the terminal's error stream, while the node takes data in; nothing where nobody is looking."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from comity.entrypoints.cli.client import NodeClient
from comity.entrypoints.intake_words import progress_words
from comity.evidence.items.exhibits import PacedProgress
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import ActId

_PAUSE_S = 2.0


@contextmanager
def shown_progress(node: NodeClient, order: ActId) -> Iterator[None]:
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
                    paced = node.get(PacedProgress, "intakes", order)
                except BrokenInputError:
                    continue
                status.update(f"taking in: {progress_words(paced)}")

        watching = threading.Thread(target=watch, name="progress", daemon=True)
        watching.start()
        try:
            yield
        finally:
            done.set()
            watching.join(timeout=_PAUSE_S)
