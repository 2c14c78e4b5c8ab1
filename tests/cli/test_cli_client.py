"""The client of a node's API: what a node says no with arrives whole, and the token goes nowhere it must not."""

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from comity.entrypoints.cli.client import NodeClient, read_token
from comity.entrypoints.cli.exits import CommandRefusedError, ExitCode
from comity.entrypoints.cli.receiving import receive
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class Node(ThreadingHTTPServer):
    """Answers everything with what it was told to, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.body, self.headers, self.stated = 200, b"{}", {}, None
        self.asked = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer()

    def do_POST(self):
        self.answer()

    def answer(self):
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization"), sent))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        stated = self.server.stated
        self.send_header("Content-Length", str(len(self.server.body) if stated is None else stated))
        self.end_headers()
        self.wfile.write(self.server.body)
        if stated is not None:
            self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def node():
    server = Node()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "officer.token"
    path.touch(mode=0o600)
    path.write_text("secret-token\n")
    return path


@pytest.mark.parametrize("url", ["http://node.example", "http://192.0.2.7:8443", "http://localhost.example/"])
def test_a_token_never_crosses_a_network_in_the_clear(url):
    with pytest.raises(BrokenInputError) as caught:
        NodeClient(url, "t")
    assert caught.value.code is ErrorCode.NOT_ALLOWED


@pytest.mark.parametrize("url", ["", "node.example", "ftp://127.0.0.1", "https://", "file:///etc/passwd"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(BrokenInputError) as caught:
        NodeClient(url, "t")
    assert caught.value.code is ErrorCode.MALFORMED


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_token_that_others_could_read_is_not_used(token_file, mode):
    token_file.chmod(mode)
    with pytest.raises(BrokenInputError) as caught:
        read_token(token_file)
    assert caught.value.code is ErrorCode.NOT_ALLOWED


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb\n", b"a\r\nX-Injected: 1\n", "ключ".encode()])
def test_a_token_file_holds_one_plain_line(token_file, content):
    token_file.write_bytes(content)
    with pytest.raises(BrokenInputError) as caught:
        read_token(token_file)
    assert caught.value.code is ErrorCode.MALFORMED


def test_a_name_in_a_path_stays_one_name(node):
    node.body = b'"x"'
    NodeClient(node.url, "t").get(str, "cases", "../acts?x=/%2e#y")
    assert node.asked[0][1] == "/api/cases/..%2Facts%3Fx%3D%2F%252e%23y"


def test_a_refusal_arrives_with_all_its_gaps(node):
    gaps = [{"code": "a", "field": "f", "message": "m", "citation": "Art 1", "verified": True, "new": 1}] * 3
    node.status = 422
    node.body = json.dumps({"refusal": {"code": "incomplete", "what": "w", "gaps": gaps, "do": "d"}}).encode()
    with pytest.raises(CommandRefusedError) as caught:
        NodeClient(node.url, "t").post(dict, "drafts", {})
    assert len(caught.value.refusal.gaps) == 3


def test_an_error_arrives_with_its_code_and_words(node):
    node.status = 403
    node.body = json.dumps({"code": "not-allowed", "what": "w", "found": "f", "expected": "e", "do": "d"}).encode()
    with pytest.raises(BrokenInputError) as caught:
        NodeClient(node.url, "t").get(dict, "cases")
    error = caught.value
    assert (error.code, error.what, error.found, error.expected, error.do) == (ErrorCode.NOT_ALLOWED, *"wfed")


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"code": "of-a-newer-node", "what": "w"}', b"[]", b"\xff"])
def test_an_answer_that_nobody_knows_is_still_an_error_in_words(node, body):
    node.status, node.body = 502, body
    with pytest.raises(BrokenInputError) as caught:
        NodeClient(node.url, "t").get(dict, "cases")
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert caught.value.what


def test_an_answer_of_another_form_is_not_taken_for_the_expected_one(node):
    node.body = b'{"act": 7}'
    with pytest.raises(BrokenInputError) as caught:
        NodeClient(node.url, "t").get(tuple[str, ...], "cases")
    assert caught.value.code is ErrorCode.MALFORMED


def test_a_node_that_is_away_is_said_to_be_and_trying_again_is_safe(comity, token_file):
    code, _, err = comity("case", "list", "--url", "http://127.0.0.1:1", "--token-file", token_file)
    assert code == ExitCode.UNAVAILABLE
    assert "can't be reached" in err


def test_the_token_is_sent_as_a_bearer_and_never_printed(comity, node, token_file):
    node.body = b'{"lines":[]}'
    code, out, err = comity("case", "list", "--url", node.url, "--token-file", token_file)
    assert (code, node.asked[0][2]) == (0, "Bearer secret-token")
    assert "secret-token" not in out + err


def test_what_a_node_streams_lands_in_a_closed_new_file(node, tmp_path):
    node.body, node.headers = b"content", {"Comity-Act": "a1"}
    said = receive(NodeClient(node.url, "t"), "openings", {}, tmp_path / "item")
    assert said["Comity-Act"] == "a1"
    assert (tmp_path / "item").read_bytes() == b"content"
    assert (tmp_path / "item").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["item"]


@pytest.mark.parametrize("out", ["0", "20000"])
def test_an_export_tells_how_many_exhibits_are_left_out_and_which_act_names_them(
    comity, node, token_file, tmp_path, out
):
    node.body, node.headers = b"content", {"Comity-Act": "a1", "Comity-Digest": "d1", "Comity-Left-Out": out}
    words = ("--office", "o", "--purpose", "p", "--to", str(tmp_path / "dossier.zip"))
    code, shown, _ = comity("export", "c1", "--url", node.url, "--token-file", token_file, *words)
    assert code == 0
    assert [words in shown for words in ("left out 20,000 exhibits", "comity case read a1")] == [out != "0"] * 2


def test_what_breaks_off_leaves_no_file(node, tmp_path):
    node.body, node.stated = b"half", 4096
    with pytest.raises(BrokenInputError) as caught:
        receive(NodeClient(node.url, "t"), "exports", {}, tmp_path / "dossier.zip")
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert list(tmp_path.iterdir()) == []


def test_a_json_answer_that_breaks_off_is_not_read_as_whole(node):
    node.body, node.stated = b'["a"]', 4096
    with pytest.raises(BrokenInputError) as caught:
        NodeClient(node.url, "t").get(list, "cases")
    assert caught.value.code is ErrorCode.UNAVAILABLE


def test_nothing_is_opened_where_a_file_would_be_overwritten(node, tmp_path):
    there = tmp_path / "item"
    there.write_text("mine")
    for path in (there, tmp_path / "no" / "such" / "folder"):
        with pytest.raises(BrokenInputError):
            receive(NodeClient(node.url, "t"), "openings", {}, path)
    assert node.asked == []
    assert there.read_text() == "mine"


def test_an_item_goes_to_the_terminal_only_when_asked(comity, node, token_file, tmp_path):
    node.body = b"content of the item"
    asked = ("consult", "c", "e", "i", "--url", node.url, "--token-file", token_file, "--office", "o", "--purpose", "p")
    assert comity(*asked)[0] == ExitCode.MISUSED
    assert node.asked == []
    code, out, _ = comity(*asked, "--to", tmp_path / "item")
    assert (code, out) == (0, "")


@pytest.mark.parametrize("answer", ["", "n\n", "\n"])
def test_disposing_asks_first_and_does_nothing_without_a_yes(comity, node, token_file, monkeypatch, answer):
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    code, _, _ = comity(
        *("case", "dispose", "0" * 32, "--url", node.url, "--token-file", token_file, "--office", "o", "--rule", "r")
    )
    assert code != 0
    assert node.asked == []


def test_json_on_request_is_the_answer_and_nothing_else(comity, node, token_file):
    lines = b'[{"case":"' + b"0" * 32 + b'","phase":"open","acts":1,"latest":null,"alarms":[]}]'
    node.body = b'{"lines":' + lines + b"}"
    code, out, err = comity("case", "list", "--json", "--url", node.url, "--token-file", token_file)
    assert (code, err) == (0, "")
    assert json.loads(out) == json.loads(lines)


def test_what_a_draft_lacks_is_listed_whole_on_standard_error(comity, node, token_file, tmp_path):
    gaps = [{"code": str(n), "field": f"field{n}", "message": "m", "citation": f"Art {n}"} for n in range(9)]
    node.status, node.body = 422, json.dumps({"refusal": {"code": "incomplete", "what": "w", "gaps": gaps}}).encode()
    draft = tmp_path / "draft.toml"
    draft.write_text('instrument = "X"\n')
    code, out, err = comity("case", "draft", draft, "--url", node.url, "--token-file", token_file)
    assert (code, out) == (ExitCode.REFUSED, "")
    assert all(f"field{n}" in err and f"Art {n}" in err for n in range(9))


def test_the_command_line_wins_over_the_drafts_file(comity, node, token_file, tmp_path):
    node.body = b'{"draft":"d","case":"c","challenge":"x"}'
    draft = tmp_path / "draft.toml"
    draft.write_text('case = "old"\nto = ["de"]\n')
    comity(
        "case", "draft", draft, "--case", "new", "--re", "a", "--re", "b", "--url", node.url, "--token-file", token_file
    )
    assert json.loads(node.asked[0][3]) == {"case": "new", "to": ["de"], "re": ["a", "b"]}


@pytest.mark.parametrize("file", [("d.toml", b"x"), ("d.json", b"{"), ("d.json", b"[]"), ("d.toml", b"\xff")])
def test_a_draft_that_cannot_be_read_is_not_sent(comity, node, token_file, tmp_path, file):
    path = tmp_path / file[0]
    path.write_bytes(file[1])
    code, _, err = comity("case", "draft", path, "--url", node.url, "--token-file", token_file)
    assert code == ExitCode.FAILED
    assert "comity case example" in err
    assert node.asked == []


def test_a_part_of_an_order_is_released_by_its_label_and_the_running_totals_are_said(comity, node, token_file):
    reopened = {"hand_over": "d" * 64, "items": [{"reason": "refused", "items": 2}]}
    portion = {"number": 2, "labels": ["notes"], "before": 40, "later": 3, "reopened": reopened}
    answer = {"act": "a" * 64, "exhibit": "b" * 32, "items": 5, "size": 9, "withheld": 7, "portion": portion}
    node.body = json.dumps(answer).encode()
    asked = ("--part", "notes", "--office", "provider-desk", "--url", node.url, "--token-file", token_file)
    code, out, _ = comity("case", "release", "c" * 64, *asked)
    assert code == 0
    assert json.loads(node.asked[0][3])["parts"] == ["notes"]
    assert "part 2 under this order: 45 items handed over so far, 3 still to come" in out
    assert "withheld under an earlier order, opened now: 2 refused" in out
