"""The desk on a command line: lists are paged through, and what would be approved is checked here and not believed."""

import hashlib
import json
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from comity.acts.bodies import RequestRefused
from comity.acts.classes import ActClass, ActType
from comity.acts.payload import Author, Payload, write_payload
from comity.casework.desk.draft import APPROVE
from comity.entrypoints.cli.exits import ExitCode
from comity.trust.approvals import approval_challenge
from comity.vocabulary.categories import Urgency
from comity.vocabulary.wire import b64url

CASES = [f"{number:032x}" for number in range(7)]
INSTANT = "2026-03-01T12:00:00Z"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(None)

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, sent):
        self.server.asked.append((self.path, sent))
        query = {name: each[0] for name, each in parse_qs(urlsplit(self.path).query).items()}
        said = json.dumps(self.server.said(urlsplit(self.path).path, query, sent and json.loads(sent))).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        pass


@pytest.fixture
def node():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def run(node, comity, tmp_path):
    token = tmp_path / "officer.token"
    token.touch(mode=0o600)
    token.write_text("secret")
    return lambda *words: comity(*words, "--url", f"http://127.0.0.1:{node.server_port}", "--token-file", token)


def paged(lines, limit=3):
    """Answers like a list of the node: three lines at a time, a number for a cursor."""

    def said(_path, query, sent):
        first = int((sent or query).get("after") or 0)
        more = first + limit < len(lines)
        return {"lines": lines[first : first + limit], **({"next": f"{first + limit}"} if more else {})}

    return said


def case_lines():
    return [{"case": case, "phase": "open", "acts": 1, "latest": INSTANT} for case in CASES]


@pytest.mark.parametrize(("limit", "seen", "calls"), [("0", 7, 3), ("3", 3, 1), ("4", 4, 2), ("99", 7, 3)])
def test_a_list_is_paged_through_and_no_page_is_asked_for_that_is_not_needed(node, run, limit, seen, calls):
    node.said = paged(case_lines())
    code, out, _ = run("case", "list", "--json", "--limit", limit)
    assert code == 0
    assert [line["case"] for line in json.loads(out)] == CASES[:seen]
    assert len(node.asked) == calls


def test_an_identifier_that_is_searched_for_stands_in_no_address(node, run):
    node.said = lambda _path, _query, sent: (
        {"lines": [CASES[1]], "next": CASES[1]} if not sent["after"] else {"lines": [CASES[2]]}
    )
    code, out, _ = run("case", "search", "email", "suspect@mail.example")
    assert (code, out.split()) == (0, CASES[1:3])
    assert [path for path, _ in node.asked] == ["/api/searches"] * 2
    assert all(b"suspect@mail.example" in sent for _, sent in node.asked)


def payload(reasons="The account is that of a newspaper."):
    return Payload(
        v=1,
        issuer="pt",
        to=("de",),
        case=CASES[1],
        nonce="0" * 32,
        at=datetime.fromisoformat(INSTANT),
        directory=1,
        re=(),
        act=ActClass(ActType.REQUEST_REFUSED, "CETS185", Urgency.URGENT),
        seals=("EdDSA",),
        author=Author("pt.silva", "contact-point"),
        body=RequestRefused("political-offence", reasons),
    )


def draft_text(said, **changes):
    data = write_payload(said)
    name = hashlib.sha256(data).hexdigest()
    text = {
        "draft": name,
        "case": CASES[1],
        "author": "pt.silva",
        "made_at": INSTANT,
        "data": b64url(data),
        "challenge": b64url(approval_challenge(APPROVE, name)),
        "payload": json.loads(data),
    }
    return {**text, **changes}


def test_what_would_be_approved_is_shown_from_its_bytes_and_can_be_kept(node, run, tmp_path):
    text = draft_text(payload())
    node.said = lambda *_: text
    code, out, _ = run("case", "read-draft", text["draft"], "--to", tmp_path / "bytes")
    assert code == 0
    assert "The account is that of a newspaper." in out
    assert f"sha-256    {text['draft']}" in out
    assert (tmp_path / "bytes").read_bytes() == write_payload(payload())
    again = run("case", "read-draft", text["draft"], "--to", tmp_path / "bytes")
    assert again[0] == ExitCode.FAILED


@pytest.mark.parametrize(
    "lie",
    [
        {"data": b64url(write_payload(payload("Because.")))},
        {"payload": json.loads(write_payload(payload("Because.")))},
        {"challenge": b64url(approval_challenge(APPROVE, "0" * 64))},
        {"draft": "0" * 64},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_a_node_that_shows_something_else_than_would_be_approved_is_found_out(node, run, lie):
    asked = draft_text(payload())["draft"]
    node.said = lambda *_: draft_text(payload(), **lie)
    code, out, err = run("case", "read-draft", asked)
    assert (code, out) == (ExitCode.FAILED, "")
    assert "id-differs" in err
    assert "approve nothing" in err


def test_ones_own_approvals_are_listed_with_what_to_do_about_a_strange_one(node, run):
    line = {"act": "a" * 64, "case": CASES[0], "office": "judge", "credential": "key-1", "filed_at": INSTANT}
    node.said = lambda *_: {"lines": [{**line, "type": "disclosure-decided", "to": ["pt"]}, line]}
    code, out, _ = run("approvals", "mine")
    assert code == 0
    assert "disclosure-decided  -> pt" in out
    assert "disposed of  -> nobody else" in out
    assert "You did not approve one of these?" in out
    assert node.asked == [("/api/approvals", None)]


def test_readings_are_asked_for_by_case_and_officer_and_said_without_content(node, run):
    lines = [
        {"at": INSTANT, "officer": "pt.silva", "office": "judge", "what": "act", "case": CASES[1], "subject": "a" * 64},
        {"at": INSTANT, "officer": "pt.silva", "office": "judge", "what": "search"},
    ]
    node.said = lambda *_: {"lines": lines}
    code, out, _ = run("readings", "--case", CASES[1], "--officer", "pt.silva")
    assert code == 0
    assert "pt.silva (judge)  act" in out
    assert "case     none found" in out
    assert node.asked[0][0] == f"/api/readings?case={CASES[1]}&officer=pt.silva"
