"""Who is asking: an officer's bearer token, looked up by its hash."""

from comity.casework.bench.workbench import Workbench
from comity.casework.desk.officer_tokens import hash_of
from comity.casework.ports.access import OfficerRef
from comity.casework.ports.record import OfficerTokens
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class Login:
    """Turns an Authorization header into an officer of this node, with the offices the directory gives today."""

    def __init__(self, bench: Workbench, tokens: OfficerTokens) -> None:
        self._bench = bench
        self._tokens = tokens

    def officer(self, header: str) -> OfficerRef:
        """The officer; raises `BrokenInputError(NOT_ALLOWED)` without saying whether the token is unknown, old or revoked."""
        scheme, _, token = header.partition(" ")
        shown = scheme == "Bearer" and token
        name = self._tokens.find(hash_of(token), self._bench.clock.now()) if shown else None
        if name is None:
            raise BrokenInputError(
                ErrorCode.NOT_ALLOWED,
                "this needs an officer's token that counts now",
                expected="Authorization: Bearer <token>",
                do="ask the node's administrator for a new one: comity node token",
            )
        return officer_of(self._bench, name)


def officer_of(bench: Workbench, name: str) -> OfficerRef:
    """The officer with the offices and their kinds as the directory in force lists them."""
    directory = bench.directory()
    entry = directory.officer(bench.me, name)
    kinds = {office: directory.office(bench.me, office).kind for office in entry.offices}
    return OfficerRef(officer=name, authority=bench.me, offices=kinds)
