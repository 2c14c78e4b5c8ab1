"""A stream taken in over real HTTP and from a real pipe: cut anywhere and begun again it is one hold, and half of one is none."""

import contextlib
import hashlib
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from comity.acts.classes import ActType
from comity.bootstrap.running import books
from comity.casework.bench.reading import payload_of, state_of
from comity.casework.custody.exhibits import held, unfinished_intake
from comity.casework.upkeep.sweeping import sweep
from comity.entrypoints.demo.federation import free_ports
from comity.entrypoints.streams import COMMAND
from comity.vocabulary.errors import BrokenInputError

CASE = "d4" * 16
DATA = b"\x00" + random.Random(4).randbytes(700_000)
LEE = "provider.lee"

_SERVE = """
import sys
from pathlib import Path
import msgspec
from comity.bootstrap.running import open_node
from comity.casework.upkeep.standing import take_stand
from comity.config import load_settings
from comity.entrypoints.serving import server
folder, url, port = sys.argv[1:]
settings = load_settings(Path(folder)).model_copy(update={"listen_port": int(port)})
node = open_node(settings, url)
take_stand(node.bench, settings.witnesses, node.mark)
room = node.bench.evidence
room._rules = msgspec.structs.replace(room._rules, seal_after=0.0)
web = server(node)
web.prepare()
print("ready", flush=True)
web.serve()
"""


def framed(data: bytes, piece: int = 65_536) -> bytes:
    """In chunks, with the end."""
    pieces = (data[at : at + piece] for at in range(0, len(data), piece))
    return b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in pieces) + b"0\r\n\r\n"


class Sender:
    """Sends streams for one order to one node, byte by byte as the test wants it."""

    def __init__(self, port: int, token: str, order: str, name: str = "dump.img") -> None:
        self.port, self.token = port, token
        self.command = json.dumps({"order": order, "name": name, "office": "provider-desk"})

    def head(self, *lines: str, path: str = "holds", token: str | None = None, command: str | None = None) -> bytes:
        words = [
            f"POST /api/streams/{path} HTTP/1.1",
            "Host: node",
            f"Authorization: Bearer {self.token if token is None else token}",
            f"{COMMAND}: {self.command if command is None else command}",
            *(lines or ("Transfer-Encoding: chunked",)),
        ]
        return ("\r\n".join(words) + "\r\n\r\n").encode()

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def told(self, wire: bytes, head: bytes | None = None) -> tuple[int, dict]:
        """The answer to a client that sends so much and then no more."""
        with self.connected() as client:
            client.sendall((head or self.head()) + wire)
            client.shutdown(socket.SHUT_WR)
            answer = http.client.HTTPResponse(client)
            answer.begin()
            said = answer.status, json.loads(answer.read())
            assert client.recv(1) == b"", "the connection has another answer"
            return said


@pytest.fixture
def order(world) -> str:
    return world.order(CASE)


@pytest.fixture
def sender(desk, order) -> Sender:
    room = desk.world.node.bench.evidence
    room._rules = msgspec.structs.replace(room._rules, seal_after=0.0)
    return Sender(desk.port, desk.token(LEE), order)


def kinds(world) -> list[ActType]:
    return [step.type for step in state_of(world.node.bench, CASE).steps]


def content_of(world, taken: dict) -> dict[str, bytes]:
    """Everything in the confirmed hold, by name; and the hold can be disclosed, and the whole node is sound."""
    bench = world.node.bench
    exhibit, identity = held(bench, taken["exhibit"])
    everything = bench.evidence.held_items(exhibit, identity)
    found = {each.descriptor.name: each.descriptor.sha256 for each in everything}
    assert world.disclose(CASE, taken["act"])
    return found


def test_cut_at_many_bytes_of_the_wire_and_sent_again_it_is_held_as_if_never_cut(world, sender, what_is_wrong):
    wire = framed(DATA)
    for cut in (0, 1, 3, 70_000, 131_000, 300_001, 300_000, len(wire) - 7, len(wire) - 4, len(wire) - 1):
        status, said = sender.told(wire[:cut])
        assert (status, said["code"]) == (503, "unavailable")
        assert said["do"]
        assert ActType.HOLD_CONFIRMED not in kinds(world)
    sealed = kinds(world).count(ActType.SEGMENT_SEALED)
    assert sealed > 2
    status, taken = sender.told(wire)
    assert status == 200
    assert (taken["intake"]["items"], taken["intake"]["size"]) == (1, len(DATA))
    assert kinds(world).count(ActType.HOLD_CONFIRMED) == 1
    body = payload_of(world.node.bench, taken["act"]).body
    assert (body.root, body.items, body.size) == (taken["intake"]["root"], 1, len(DATA))
    assert content_of(world, taken) == {"dump.img": hashlib.sha256(DATA).digest()}
    assert what_is_wrong(world.check()) == {}


@pytest.mark.parametrize("length", [len(DATA), len(DATA) + 1])
def test_a_body_of_a_stated_length_is_whole_when_all_of_it_came(world, sender, length):
    status, _ = sender.told(DATA, sender.head(f"Content-Length: {length}"))
    assert status == (200 if length == len(DATA) else 503)
    assert (ActType.HOLD_CONFIRMED in kinds(world)) is (status == 200)


@pytest.mark.parametrize("wire", [b"zz\r\n", framed(DATA)[:-5] + b"x\r\n\r\n", b"5\r\nhelloworld"])
def test_framing_that_is_none_confirms_nothing(world, sender, wire):
    status, said = sender.told(wire)
    assert (status, said["code"]) == (503, "unavailable")
    assert ActType.HOLD_CONFIRMED not in kinds(world)


def test_a_stream_that_begins_differently_is_refused_in_words_and_nothing_is_lost(world, sender):
    wire = framed(DATA)
    sender.told(wire[:400_000])
    before = kinds(world)
    status, said = sender.told(framed(b"\x01" + DATA[1:]))
    assert (status, said["code"]) == (400, "id-differs")
    assert all(said[name] for name in ("what", "found", "expected", "do"))
    assert kinds(world) == before
    other = Sender(sender.port, sender.token, json.loads(sender.command)["order"], "another name")
    assert other.told(wire)[1]["code"] == "id-differs"
    assert sender.told(wire)[0] == 200


def test_an_empty_stream_confirms_nothing_and_leaves_nothing(world, sender, order):
    for head in (sender.head(), sender.head("Content-Length: 0")):
        status, said = sender.told(b"0\r\n\r\n" if b"chunked" in head else b"", head)
        assert (status, said["code"]) == (404, "not-found")
    assert kinds(world) == [ActType.PRESERVATION_ORDERED]
    assert unfinished_intake(world.node.bench, CASE, order) is None


HIDDEN = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


def test_whoever_may_not_is_told_before_a_byte_is_taken_and_the_bytes_are_no_requests(world, sender):
    nowhere = sender.command.replace(json.loads(sender.command)["order"], "00" * 32)
    heads = {
        403: sender.head(token="nobody"),
        400: sender.head(command='{"order": "00"}'),
        404: sender.head(command=nowhere),
    }
    for status, head in heads.items():
        assert sender.told(HIDDEN * 3, head)[0] == status
    assert kinds(world) == [ActType.PRESERVATION_ORDERED]


@pytest.mark.parametrize("name", ["", "n" * 5000, None, "\ud800"])
def test_a_name_that_is_none_is_refused(world, sender, order, name):
    command = json.dumps({"order": order, "name": name, "office": "provider-desk"})
    assert sender.told(framed(DATA), sender.head(command=command))[0] == 400
    assert kinds(world) == [ActType.PRESERVATION_ORDERED]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\nb", "ключ/\U0001f512", "n" * 4096])
def test_a_hostile_name_is_only_a_name(world, desk, sender, order, name):
    status, taken = Sender(desk.port, sender.token, order, name).told(framed(DATA))
    assert status == 200
    assert content_of(world, taken) == {name: hashlib.sha256(DATA).digest()}


def test_a_full_store_loses_nothing_that_is_sealed(world, sender, monkeypatch):
    from comity.vocabulary.errors import ErrorCode

    wire = framed(DATA)
    sender.told(wire[:300_000])
    before = kinds(world)

    def full(*_):
        raise BrokenInputError(ErrorCode.STORE_FULL, "the evidence store is full")

    store = type(world.node.bench.evidence._store)
    monkeypatch.setattr(store, "put", full)
    assert sender.told(wire)[1]["code"] == "store-full"
    assert kinds(world) == before
    monkeypatch.undo()
    assert sender.told(wire)[0] == 200


def test_a_second_stream_beside_the_first_is_refused(sender):
    wire = framed(DATA)
    with sender.connected() as first:
        first.sendall(sender.head() + wire[:300_000])
        _await_claim(sender)
        status, said = sender.told(wire)
        assert (status, said["refusal"]["code"]) == (422, "intake-under-way")
        first.sendall(wire[300_000:])
        answer = http.client.HTTPResponse(first)
        answer.begin()
        assert answer.status == 200


def _await_claim(sender: Sender) -> None:
    """Until the first stream is being taken in: what it has sealed is told to who asks."""
    order = json.loads(sender.command)["order"]

    def known() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", sender.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("GET", f"/api/intakes/{order}", headers={"Authorization": f"Bearer {sender.token}"})
            return connection.getresponse().status == 200

    _await(known)


# By command, from a real pipe ---------------------------------------------------------------------------------------------


@pytest.fixture
def hold(desk, order, sender, tmp_path):
    """Starts `comity case hold --from -` with a pipe for its standard input. Nothing of it outlives the block that it is for."""
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text(sender.token)

    @contextlib.contextmanager
    def start(*more: str, stdin=subprocess.PIPE, of: str = order) -> Iterator[subprocess.Popen]:
        words = ["case", "hold", of, "--url", f"http://127.0.0.1:{desk.port}", "--token-file", str(token)]
        words += ["--office", "provider-desk", "--json", *more]
        with subprocess.Popen(
            [sys.executable, "-m", "comity.entrypoints.cli.main", *words],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if not name.startswith("COMITY_")},
        ) as command:
            try:
                yield command
            finally:
                command.kill()  # else a failure would wait for the end of a pipe that has none

    return start


def test_from_a_pipe_by_command_under_the_name_that_is_documented(world, hold):
    with hold("--from", "-") as command:
        out, err = command.communicate(DATA, timeout=120)
    assert command.returncode == 0, err
    assert content_of(world, json.loads(out)) == {"standard-input": hashlib.sha256(DATA).digest()}


def test_a_killed_command_confirms_nothing_and_the_same_command_goes_on(world, hold, order, what_is_wrong):
    with hold("--from", "-", "--name", "disk") as command:
        command.stdin.write(DATA[:400_000])
        command.stdin.flush()
        _await(lambda: ActType.SEGMENT_SEALED in kinds(world))
        command.kill()
    _await(lambda: _is_free(world, order))
    assert ActType.HOLD_CONFIRMED not in kinds(world)
    with hold("--from", "-", "--name", "disk") as again:
        out, err = again.communicate(DATA, timeout=120)
    assert again.returncode == 0, err
    assert content_of(world, json.loads(out)) == {"disk": hashlib.sha256(DATA).digest()}
    assert what_is_wrong(world.check()) == {}


def test_a_command_that_is_refused_says_why_though_its_pipe_is_endless(hold):
    with Path("/dev/zero").open("rb") as endless, hold("--from", "-", of="00" * 32, stdin=endless) as command:
        _, err = command.communicate(timeout=120)
    assert command.returncode != 0
    assert b"not-found" in err


def test_a_name_is_for_a_stream(hold, tmp_path):
    with hold("--from", str(tmp_path), "--name", "x") as command:
        _, err = command.communicate(timeout=120)
    assert command.returncode == 2
    assert b"--name" in err


def _is_free(world, order: str) -> bool:
    with world.node.bench.intakes.claim(order) as free:
        return free


def _await(reached) -> None:
    deadline = time.monotonic() + 120
    while not reached():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.05)


# The server's end ---------------------------------------------------------------------------------------------------------


def test_a_server_killed_in_the_middle_goes_on_behind_what_it_sealed(world, order, sender, what_is_wrong):
    (port,) = free_ports(1)
    folder = world.folder / "provider"
    serve = [sys.executable, "-c", _SERVE, str(folder), world.url, str(port)]
    mortal = Sender(port, sender.token, order)
    wire = framed(DATA)
    for cut in (200_000, 450_000):
        before = kinds(world).count(ActType.SEGMENT_SEALED)
        with subprocess.Popen(serve, stdout=subprocess.PIPE, cwd=Path(folder).parent) as process:
            try:
                assert process.stdout.readline() == b"ready\n"
                with mortal.connected() as client:
                    client.sendall(mortal.head() + wire[:cut])
                    _await(lambda before=before: kinds(world).count(ActType.SEGMENT_SEALED) > before)
                    process.send_signal(signal.SIGKILL)
            finally:
                process.kill()
        assert ActType.HOLD_CONFIRMED not in kinds(world)
    status, taken = sender.told(wire)
    assert status == 200, taken
    assert (taken["intake"]["items"], taken["intake"]["size"]) == (1, len(DATA))
    assert content_of(world, taken) == {"dump.img": hashlib.sha256(DATA).digest()}
    sweep(world.node.bench, books(world.node))
    assert what_is_wrong(world.check()) == {}
