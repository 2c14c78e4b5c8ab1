"""Custody, alarms, fixity and legal holds, from the command line through the routes to the use cases and back."""

from contextlib import contextmanager

import msgspec
import pytest

from comity.casework.ports.alarms import Alarm, AlarmCode
from comity.entrypoints.api.answers import answer
from comity.entrypoints.api.care_routes import care_routes
from comity.entrypoints.api.custody_routes import custody_routes
from comity.entrypoints.api.legal_hold_routes import legal_hold_routes
from comity.entrypoints.api.openapi import document
from comity.entrypoints.api.routing import Call
from comity.entrypoints.cli import care_commands, custody_commands, legal_hold_commands
from comity.entrypoints.cli.exits import CommandRefusedError
from comity.entrypoints.cli.main import main
from comity.vocabulary.errors import Refusal

CASE = "a1" * 16


class Routed:
    """A client whose calls end at the routes of the real node, as the officer of its world."""

    def __init__(self, world):
        self.world = world
        node = world.node
        self.routes = [*custody_routes(node), *care_routes(node), *legal_hold_routes(node.bench)]

    def _called(self, method, path, body=None):
        for route in self.routes:
            parts = route.path.removeprefix("api/").split("/")
            if route.method == method and len(parts) == len(path):
                names = {p[5:-1]: given for p, given in zip(parts, path, strict=True) if p.startswith("<")}
                if all(p.startswith("<") or p == given for p, given in zip(parts, path, strict=True)):
                    command = msgspec.json.decode(msgspec.json.encode(body), type=route.takes) if body else None
                    outcome = route.handle(Call(self.world.officer, command, names, {}, None))
                    if isinstance(outcome, Refusal):
                        raise CommandRefusedError(outcome)
                    return outcome
        raise AssertionError(path)

    def get(self, shape, *path, query=None):
        assert query is None
        return msgspec.json.decode(answer(self._called("GET", path)).content, type=shape)

    def post(self, shape, path, body):
        return msgspec.json.decode(answer(self._called("POST", (path,), body)).content, type=shape)

    @contextmanager
    def stream(self, path, body):
        found = self._called("POST", (path,), body)
        yield found.headers, iter([found.content])


@pytest.fixture
def run(world, monkeypatch, tmp_path, capsys):
    token = tmp_path / "token"
    token.write_text("x")
    for module in (care_commands, custody_commands, legal_hold_commands):
        monkeypatch.setattr(module, "client", lambda *_: Routed(world))

    def command(*words):
        code = main([*words, "--url", "http://127.0.0.1:1", "--token-file", str(token)])
        return code, capsys.readouterr().out

    return command


@pytest.fixture
def exhibit(world):
    return next(e.exhibit for e in world.node.bench.records.exhibits.of_case(CASE) if e.role == "held")


def test_the_routes_can_be_described(world):
    routed = Routed(world)
    assert len(document(routed.routes, "0")["paths"]) == len({route.path for route in routed.routes})


def test_custody_on_the_terminal_and_as_a_pdf(run, exhibit, tmp_path):
    code, said = run("custody", exhibit)
    assert code == 0
    assert "provider.lee (provider-desk)" in said
    assert "no gap" in said
    assert run("custody", exhibit, "--pdf", str(tmp_path / "custody.pdf"))[0] == 0
    assert (tmp_path / "custody.pdf").read_bytes().startswith(b"%PDF")


def test_alarms_end_with_a_code_that_a_watching_program_sees(run, world):
    assert run("alarms") == (0, "no alarm stands\n")
    world.node.alarms.sound(Alarm(AlarmCode.EVIDENCE_DAMAGED, "ab" * 32, world.now(), "damaged"))
    code, said = run("alarms")
    assert code == 1
    assert "evidence-damaged" in said
    assert "ab" * 32 in said


def test_how_far_fixity_is(run):
    code, said = run("fixity")
    assert code == 0
    assert "no round has begun yet" in said


def test_a_hold_is_set_listed_and_lifted(run):
    office = ("--office", "provider-desk")
    assert run("case", "set-hold", CASE, *office, "--reason", "appeal-pending")[0] == 0
    code, said = run("case", "holds", CASE)
    assert code == 0
    assert "appeal-pending" in said
    hold = said.split()[-1]
    assert run("case", "lift-hold", CASE, hold, *office, "--reason", "proceedings-over")[0] == 0
    assert "no legal hold stands" in run("case", "holds", CASE)[1]
