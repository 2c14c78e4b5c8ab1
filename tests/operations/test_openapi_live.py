"""What the node answers is what its OpenAPI document says: every route is called, and every status it may answer is one it names."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from comity.entrypoints.api.answers import STATUS, ErrorAnswer
from comity.vocabulary.errors import ErrorCode

LEE, KIM = "provider.lee", "provider.kim"
NOWHERE = {"case": "00" * 16, "exhibit": "00" * 16, "act": "00" * 32, "draft": "00" * 32, "order": "00" * 32}
WHOLE = re.compile(r"\{(\w+)\}")


class Calls:
    """Calls a node, holds every answer against its document, and remembers which operations were called."""

    def __init__(self, desk, reader) -> None:
        self._desk = desk
        status, content, _ = desk.call("GET", "/api/openapi.json")
        assert status == 200
        self.document = reader.Document(content)
        self.whole, self.components = self.document.whole, self.document.components
        self.operations = self.document.operations
        self.called: set[tuple[str, str]] = set()

    def call(self, method: str, path: str, body: object = None, *, token: str, expect: int = 200, **names: str):
        """The answer, which is as the document says."""
        where = WHOLE.sub(lambda found: names.pop(found[1]), path)
        query = "&".join(f"{name}={value}" for name, value in names.items())
        where = f"{where}?{query}" if query else where
        status, content, headers = self._desk.call(method, where, body, token)
        assert status == expect, (method, where, content[:500])
        assert self.document.unlike(method, where, status, headers, content) == []
        self.called.add((path, method.lower()))
        return json.loads(content) if headers["Content-Type"] == "application/json" else content


@pytest.fixture(scope="module")
def reader():
    """The module that reads a document. Tests are no packages."""
    place = Path(__file__).parents[1] / "openapi_answers.py"
    spec = importlib.util.spec_from_file_location("openapi_answers", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def document(desk, reader):
    return Calls(desk, reader)


def test_every_answer_of_every_route_is_as_the_document_says(desk, document, refused_draft):
    lee, kim = desk.token(LEE), desk.token(KIM)
    world, case = desk.world, desk.world.cases["held"]
    call = document.call
    listed = call("GET", "/api/cases", token=lee, limit="2")
    call("GET", "/api/cases", token=lee, limit="1", after=listed["next"])
    call("GET", "/api/cases/{case}", token=lee, case=case)
    call("GET", "/api/cases/{case}", token=lee, case=world.cases["gone"])
    call("GET", "/api/cases/{case}", token=lee, case=world.cases["review"])
    for act in world.node.bench.records.cases.acts(case):
        call("GET", "/api/acts/{act}", token=lee, act=act.id)
    call("POST", "/api/searches", {"kind": "email", "value": "suspect@mail.example"}, token=lee)
    draft = refused_draft.draft
    call("GET", "/api/drafts", token=kim)
    call("GET", "/api/drafts/{draft}", token=kim, draft=draft)
    device = world.credentials.authenticator("provider", KIM)
    approval = device.approve(draft, "approve", officer=KIM, office="provider-desk")
    (outcome,) = call("POST", "/api/approvals", [{"draft": draft, "approval": approval}], token=kim)
    assert outcome["approved"]["act"] == draft
    (outcome,) = call("POST", "/api/approvals", [{"draft": draft, "approval": approval}], token=kim)
    assert outcome["error"]["code"] == "out-of-order"
    call("POST", "/api/discards", {"draft": draft}, token=kim, expect=400)
    call("GET", "/api/approvals", token=kim)
    call("GET", "/api/readings", token=lee, expect=422)
    call("GET", "/api/statistics", token=lee, year="2026")
    call("GET", "/api/intakes/{order}", token=lee, order=world.known["order"])


def test_what_is_not_there_not_allowed_or_not_understood_is_answered_as_the_document_says(desk, document):
    token = desk.token(LEE)
    for path, method, operation in document.operations():
        names = {each: NOWHERE[each] for each in WHOLE.findall(path)}
        # 1. Nobody in particular.
        document.call(method.upper(), path, token="", expect=403, **names)
        # 2. A body that is no JSON, and one of another shape.
        if "requestBody" in operation:
            for body in (b"{", b'{"no":"such"}', b"[[]]", b"\xff", b'{"a":1,"a":2}'):
                document.call(method.upper(), path, body, token=token, expect=400, **names)
        # 3. Names that stand for nothing, and a query that nobody knows.
        elif names:
            wants = any(each["in"] == "query" and each["required"] for each in operation["parameters"])
            document.call(method.upper(), path, token=token, expect=400 if wants else 404, **names)
        document.call(
            method.upper(), path, b"" if method == "get" else b"{}", token=token, expect=400, why="x", **names
        )
    assert {(path, method) for path, method, _ in document.operations()} == document.called


def test_a_path_is_called_as_the_document_says_and_no_other_way(desk, desk_server, document):
    token = desk.token(LEE)
    for path, methods in document.whole["paths"].items():
        where = WHOLE.sub(lambda found: NOWHERE[found[1]], path)
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - {each.upper() for each in methods}:
            status, content, headers = desk.call(method, where, token=token)
            assert (status, desk_server.said(content)["code"]) == (405, "method-not-allowed")
            assert headers["Allow"] == ", ".join(sorted(each.upper() for each in methods))


@pytest.mark.parametrize("path", ["/", "/api", "/api/nothing", "/api/cases/", "/%00", "/api/acts/x/y", "/favicon.ico"])
def test_a_path_that_is_none_is_answered_in_json(desk, document, reader, path):
    status, content, headers = desk.call("GET", path, token=desk.token(LEE))
    assert (status, headers["Content-Type"]) == (404, "application/json")
    shape = {"$ref": "#/components/schemas/ErrorAnswer"}
    assert reader.misfits(json.loads(content), shape, document.components) == []


@pytest.mark.parametrize(
    "name", ["x", "0" * 31, "0" * 33, "G" * 32, "0" * 64 + "0", "%0a" + "0" * 32, "..%2F" + "0" * 32]
)
def test_a_name_in_a_path_is_hexadecimal_or_refused(desk, name):
    status, _, headers = desk.call("GET", f"/api/cases/{name}", token=desk.token(LEE))
    assert status in (400, 404)
    assert headers["Content-Type"] == "application/json"


def test_what_nobody_expected_is_answered_in_json_and_says_nothing_of_the_case(desk, desk_server, monkeypatch):
    secret = "suspect@mail.example wrote to nobody"

    def fails(_self, _act):
        raise ValueError(secret)

    monkeypatch.setattr(type(desk.world.node.bench.records.cases), "act", fails)
    status, content, headers = desk.call("GET", "/api/acts/" + "00" * 32, token=desk.token(LEE))
    assert (status, headers["Content-Type"]) == (500, "application/json")
    assert desk_server.said(content)["code"] == "unexpected"
    assert b"suspect" not in content
    assert b"Traceback" not in content


def test_the_document_names_every_code_under_its_status_and_every_parameter_of_a_path(document):
    codes = {
        code
        for name, said in document.whole["components"]["responses"].items()
        for code in said["content"]["application/json"]["schema"]["allOf"][1]["properties"]["code"]["enum"]
        if STATUS.get(ErrorCode(code), 400) == int(name)
    }
    assert codes == set(ErrorCode)
    for path, _, operation in document.operations():
        placed = {each["name"]: each["schema"] for each in operation["parameters"] if each["in"] == "path"}
        assert set(placed) == set(WHOLE.findall(path))
        assert all(re.fullmatch(r"\^\[0-9a-f\]\{(32|64)\}\$", each["pattern"]) for each in placed.values())
    text = repr(document.whole)
    assert r"\\Z" not in text, "a pattern that ECMA-262 does not know"
    assert set(ErrorAnswer.__struct_fields__) == set(document.components["ErrorAnswer"]["properties"])


def test_a_document_and_an_export_are_said_to_be_what_they_are(document):
    paths = document.whole["paths"]
    assert list(paths["/api/exports"]["post"]["responses"]["200"]["content"]) == ["application/zip"]
    assert set(paths["/api/exports"]["post"]["responses"]["200"]["headers"]) >= {"Comity-Act", "Comity-Digest"}
    assert list(paths["/api/openings"]["post"]["responses"]["200"]["content"]) == ["application/octet-stream"]
    query = {each["name"]: each["schema"] for each in paths["/api/cases"]["get"]["parameters"] if each["in"] == "query"}
    assert (query["limit"]["maximum"], query["limit"]["default"]) == (1000, 100)
