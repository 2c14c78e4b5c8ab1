"""What goes wrong with input, as data: a stable code for machines, and for people what was found and expected.

Three kinds of "no" exist and are never mixed: a `Refusal` is an expected answer and a value; a `BrokenInputError` is an
exception, because the input is not what it claims to be; a verification has a verdict (see `comity.evidence.checks.verdicts`).
"""

from enum import StrEnum

from msgspec import Struct


class ErrorCode(StrEnum):
    """Stable codes of broken input. Append only: a code is never reused or renamed, machines depend on it."""

    OVERSIZED = "oversized"
    MALFORMED = "malformed"
    DUPLICATE_KEY = "duplicate-key"
    UNKNOWN_TYPE = "unknown-type"
    NOT_ADDRESSED = "not-addressed"
    UNKNOWN_SENDER = "unknown-sender"
    BAD_SEAL = "bad-seal"
    SEAL_SET_DIFFERS = "seal-set-differs"
    KEY_NOT_VALID = "key-not-valid"
    BAD_APPROVAL = "bad-approval"
    NOT_COMPETENT = "not-competent"
    CANNOT_DECRYPT = "cannot-decrypt"
    BAD_PROOF = "bad-proof"
    BAD_CHECKPOINT = "bad-checkpoint"
    FORK = "fork"
    DIRECTORY_UNKNOWN = "directory-unknown"
    PREDECESSOR_MISSING = "predecessor-missing"
    LAW_UNMET = "law-unmet"
    OUT_OF_ORDER = "out-of-order"
    ID_DIFFERS = "id-differs"
    STORE_FULL = "store-full"
    STORE_DAMAGED = "store-damaged"
    NOT_FOUND = "not-found"
    NOT_ALLOWED = "not-allowed"
    BEHIND_WITNESSES = "behind-witnesses"
    KEY_DESTROYED = "key-destroyed"
    UNAVAILABLE = "unavailable"
    BAD_DIRECTORY = "bad-directory"
    DIRECTORY_EXPIRED = "directory-expired"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    UNEXPECTED = "unexpected"
    MARKS_DIFFER = "marks-differ"


class BrokenInputError(Exception):
    """Input that is not what it claims to be, or a part of the machine that cannot do what it must.

    Never carries case content: its text may be logged.
    """

    def __init__(self, code: ErrorCode, what: str, *, found: str = "", expected: str = "", do: str = "") -> None:
        super().__init__(f"{code}: {what}")
        self.code = code
        self.what = what
        self.found = found
        self.expected = expected
        self.do = do


class Gap(Struct, frozen=True):
    """One thing a draft or an act lacks or may not say, with the provision that demands it."""

    code: str
    field: str
    message: str
    citation: str
    verified: bool = True


class Refusal(Struct, frozen=True):
    """An expected "no": every reason at once, each with its provision."""

    code: str
    what: str
    gaps: tuple[Gap, ...] = ()
    do: str = ""
