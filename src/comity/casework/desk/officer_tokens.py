"""Officers' tokens: made, shown once, kept as a hash, and gone by themselves after a while; or at once, when they are revoked."""

from datetime import datetime, timedelta
from hashlib import sha256

from msgspec import Struct

from comity.casework.bench.workbench import Workbench
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import Digest, OfficerId
from comity.vocabulary.wire import b64url

_TOKEN_BYTES = 32


class IssuedToken(Struct, frozen=True):
    """A token, to be shown this once, and until when it counts."""

    token: str
    until: datetime


def issue_token(bench: Workbench, officer: OfficerId, life: timedelta, longest: timedelta) -> IssuedToken:
    """A new token of an officer whom the directory lists. Raises `BrokenInputError`: NOT_FOUND, NOT_ALLOWED for too long a life."""
    bench.directory().officer(bench.me, officer)
    if not timedelta() < life <= longest:
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "a token does not live that long here",
            found=f"{life / timedelta(hours=1):g} hours",
            expected=f"more than 0 and at most {longest / timedelta(hours=1):g} hours (the setting token_hours)",
        )
    token, now = b64url(bench.random.take(_TOKEN_BYTES)), bench.clock.now()
    bench.records.officer_tokens.add(officer, hash_of(token), now, now + life)
    return IssuedToken(token, now + life)


def revoke_tokens(bench: Workbench, officer: OfficerId | None) -> int:
    """None of the officer's tokens counts from now on, or of anybody's; how many did. Needs no directory: officers leave."""
    now = bench.clock.now()
    return bench.records.officer_tokens.revoke(officer, now)


def hash_of(token: str) -> Digest:
    """What is kept of a token: it is random, so that its hash tells nothing of it."""
    return sha256(token.encode()).hexdigest()
