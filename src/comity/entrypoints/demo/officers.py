"""The officers' own side: software authenticators (shown as such everywhere) and a client of their node's API."""

import http.client
import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from comity.acts.bodies import AnyBody
from comity.casework.desk.draft import APPROVE
from comity.trust.directory_format import ApprovalCredential
from comity.trust.software_authenticator import UnsafeSoftwareAuthenticator
from comity.vocabulary.categories import Urgency
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId, OfficerId
from comity.vocabulary.wire import tagged_hash

_TIMEOUT = 600


class NodeRefusedError(Exception):
    """The node said no; `answer` is what it said, `status` the HTTP status."""

    def __init__(self, status: int, answer: dict[str, object]) -> None:
        super().__init__(f"HTTP {status}: {json.dumps(answer)}")
        self.status = status
        self.answer = answer

    @property
    def refusal(self) -> dict[str, object]:
        """The refusal's fields, or the error's."""
        found = self.answer.get("refusal", self.answer)
        return found if isinstance(found, dict) else {}


class Credentials:
    """The demo's authenticators, all from one seed that is kept in the demo's folder."""

    def __init__(self, seed: bytes, since: datetime) -> None:
        self._seed = seed
        self._since = since

    def authenticator(self, authority: AuthorityId, officer: OfficerId) -> UnsafeSoftwareAuthenticator:
        """The officer's authenticator: for approvals only, under an approval-only name."""
        host = f"approve.{authority}.localhost"
        seed = tagged_hash("comity-demo-officer-v1", self._seed, officer.encode())
        return UnsafeSoftwareAuthenticator(seed, rp_id=host, origin=f"http://{host}")

    def listed(self, authority: AuthorityId, officer: OfficerId) -> ApprovalCredential:
        """What the directory says of it."""
        return self.authenticator(authority, officer).credential(valid_from=self._since)


class Client:
    """JSON over HTTP to one node as one officer. Connections are made anew each time: nodes are killed in tests."""

    def __init__(self, endpoint: str, token: str) -> None:
        self._address = urlsplit(endpoint).netloc
        self._token = token

    def call(self, method: str, path: str, body: object = None) -> tuple[bytes, http.client.HTTPMessage]:
        """The answer's bytes and headers; raises `NodeRefusedError` for any status but 200."""
        connection = http.client.HTTPConnection(self._address, timeout=_TIMEOUT)
        try:
            data = None if body is None else msgspec.json.encode(body)
            headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != http.client.OK:
            try:
                said = json.loads(content)
            except ValueError:
                said = {"code": "unreadable", "what": content[:200].decode("utf-8", "replace")}
            raise NodeRefusedError(answer.status, said)
        return content, answer.headers

    def get(self, path: str) -> dict[str, object]:
        """A JSON object."""
        found = json.loads(self.call("GET", path)[0])
        return found if isinstance(found, dict) else {"list": found}

    def post(self, path: str, body: object) -> dict[str, object]:
        """A JSON object, or the list in one."""
        found = json.loads(self.call("POST", path, body)[0])
        return found if isinstance(found, dict) else {"list": found}


class Officer:
    """One officer at work: writes, approves, looks."""

    def __init__(
        self, client: Client, authority: AuthorityId, name: OfficerId, office: str, credentials: Credentials
    ) -> None:
        self.client = client
        self.name = name
        self.office = office
        self._authority = authority
        self._credentials = credentials

    def draft(
        self,
        instrument: str,
        body: AnyBody,
        *,
        case: CaseId | None = None,
        to: Sequence[AuthorityId] = (),
        re: Sequence[ActId] = (),
        urgency: Urgency = Urgency.URGENT,
    ) -> dict[str, object]:
        """Drafts an act; the answer names the draft, the case and the challenge."""
        return self.client.post("/api/drafts", self._words(instrument, body, case=case, to=to, re=re, urgency=urgency))

    def file(
        self,
        instrument: str,
        body: AnyBody,
        *,
        case: CaseId | None = None,
        to: Sequence[AuthorityId] = (),
        re: Sequence[ActId] = (),
        enclosing: Sequence[ActId] = (),
        urgency: Urgency = Urgency.URGENT,
    ) -> ActId:
        """Files an act that needs no second officer."""
        words = self._words(instrument, body, case=case, to=to, re=re, urgency=urgency)
        return str(self.client.post("/api/acts", {**words, "enclosing": list(enclosing)})["act"])

    def approve(self, draft: ActId) -> dict[str, object]:
        """Approves a draft with the officer's own authenticator; raises `NodeRefusedError` when it is refused."""
        authenticator = self._credentials.authenticator(self._authority, self.name)
        approval = authenticator.approve(draft, APPROVE, officer=self.name, office=self.office)
        answer = self.client.post("/api/approvals", [{"draft": draft, "approval": approval}])
        outcomes = answer["list"]
        outcome = outcomes[0] if isinstance(outcomes, list) else {}
        if outcome.get("approved"):
            found: dict[str, object] = outcome["approved"]
            return found
        raise NodeRefusedError(422, {"refusal": outcome.get("refusal") or outcome.get("error") or {}})

    def _words(
        self,
        instrument: str,
        body: AnyBody,
        *,
        case: CaseId | None,
        to: Sequence[AuthorityId],
        re: Sequence[ActId],
        urgency: Urgency,
    ) -> dict[str, object]:
        return {
            "instrument": instrument,
            "body": body,
            "office": self.office,
            "case": case,
            "to": list(to),
            "re": list(re),
            "urgency": urgency,
        }
