"""A node's log: one plain line for each event on standard error, and never a word of a case.

An exception's own text may quote a value, and a value may be case content: of an exception only its kind and the places
in the program are written. `BrokenInputError` alone is written with its words, which never carry case content.
"""

import logging
import traceback
from types import TracebackType

from comity.entrypoints.cli.safe_text import safe
from comity.vocabulary.errors import BrokenInputError

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_TIMES = "%Y-%m-%dT%H:%M:%S%z"

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class CaselessFormatter(logging.Formatter):
    """Formats an event on one line, without the text of its exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The event; whatever would begin a new line or move a cursor is taken out."""
        return safe(" / ".join(line.strip() for line in super().format(record).splitlines()))

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802  # the name that logging calls
        """The kind of the exception and where it passed, innermost first."""
        kind, error, trace = ei
        places = " < ".join(
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(traceback.extract_tb(trace))
        )
        said = f" ({error}; found {error.found!r})" if isinstance(error, BrokenInputError) else ""
        return f"{kind.__name__ if kind else 'no exception'}{said} at {places}"

    def formatStack(self, stack_info: str) -> str:  # noqa: N802  # the name that logging calls
        """Nothing: source lines belong into no log."""
        del stack_info
        return ""


def log_to_stderr() -> None:
    """Our own events from INFO on, everybody else's from WARNING on."""
    handler = logging.StreamHandler()
    handler.setFormatter(CaselessFormatter(_FORMAT, _TIMES))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("comity").setLevel(logging.INFO)
