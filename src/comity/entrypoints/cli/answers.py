"""What a node says no with, as the client reads it."""

from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode


class ErrorAnswer(Struct, frozen=True):
    """A node's error in words; what a newer node adds is let be."""

    code: str = ""
    what: str = ""
    found: str = ""
    expected: str = ""
    do: str = ""


def broken(error: ErrorAnswer) -> BrokenInputError:
    """The error as it is raised here. A code that this version does not know counts as unavailable."""
    code = ErrorCode(error.code) if error.code in set(ErrorCode) else ErrorCode.UNAVAILABLE
    return BrokenInputError(code, error.what, found=error.found, expected=error.expected, do=error.do)
