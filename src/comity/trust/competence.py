"""Whether an officer holds an office, and what that office is. Which kind a step needs is said by the law, not here."""

from comity.trust.directory import Directory
from comity.trust.directory_format import OfficeEntry
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId, OfficeId, OfficerId


def office_held(directory: Directory, authority: AuthorityId, officer: OfficerId, office: OfficeId) -> OfficeEntry:
    """The office, when that officer of that authority holds it by this directory version.

    Raises `BrokenInputError` (NOT_COMPETENT) when the authority, the officer or the office is unknown, or not held.
    """
    try:
        held = directory.officer(authority, officer).offices
        entry = directory.office(authority, office)
    except BrokenInputError as error:
        raise BrokenInputError(ErrorCode.NOT_COMPETENT, error.what, found=error.found) from None
    if office not in held:
        raise BrokenInputError(
            ErrorCode.NOT_COMPETENT,
            "the officer does not hold that office",
            found=f"{officer} as {office}",
            expected=", ".join(held),
        )
    return entry
