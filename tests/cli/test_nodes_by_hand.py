"""Two nodes run by hand through the command line: made, listed, served, and an act drafted, approved and delivered.

Each step is what a person types, in processes of their own, over real embedded databases.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from hashlib import sha256

import pytest

from comity.adapters.postgres.embedded import EmbeddedCluster
from comity.entrypoints.cli.exits import ExitCode

PATIENCE_S = 90
PEOPLE = {"pt": ("silva", "costa"), "de": ("weber", "keller")}
COUNTRY = {"pt": "PT", "de": "DE"}


def comity(*arguments, cwd, **variables):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COMITY_")}
    return subprocess.run(
        [sys.executable, "-m", "comity.entrypoints.cli.main", *map(str, arguments)],
        cwd=cwd,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def done(*arguments, cwd, **variables):
    result = comity(*arguments, cwd=cwd, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_for(true):
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


class Office:
    """One node, its process and its officers' tokens."""

    def __init__(self, home, name, port):
        self.home, self.name, self.port = home, name, port
        self.processes = []

    def make(self, other):
        officers = [f"--officer={self.name}.{each}=contact-point" for each in PEOPLE[self.name]]
        done(
            *("node", "init", self.name, "--authority", self.name, "--name", f"Office of {self.name}"),
            *("--country", COUNTRY[self.name], "--kind", "state", "--zone", "Europe/Lisbon", "--language", "en"),
            *("--port", self.port, "--office", "contact-point=contact-point", *officers),
            *("--witness", other, "--threshold", "1", "--checkpoint-seconds", "1", "--rehearsal"),
            cwd=self.home,
        )

    def start(self, *words):
        with (self.home / f"{self.name}.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "comity.entrypoints.cli.main", "node", *words],
                    cwd=self.home,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        codes = [process.wait(timeout=PATIENCE_S) for process in self.processes]
        self.processes.clear()
        return codes

    def token(self, officer):
        path = self.home / f"{self.name}.{officer}.token"
        path.touch(mode=0o600)
        path.write_text(done("node", "token", self.name, f"{self.name}.{officer}", cwd=self.home))
        return path

    def case(self, officer, *words):
        return comity(
            *("case", *words),
            cwd=self.home,
            COMITY_URL=f"http://127.0.0.1:{self.port}",
            COMITY_TOKEN_FILE=str(self.home / f"{self.name}.{officer}.token"),
            COMITY_OFFICE="contact-point",
        )

    def log(self):
        return (self.home / f"{self.name}.log").read_text()


@pytest.fixture(scope="module")
def offices(tmp_path_factory):
    home = tmp_path_factory.mktemp("by-hand")
    ports = free_ports(2)
    pt, de = (Office(home, name, port) for name, port in zip(("pt", "de"), ports, strict=True))
    pt.make("de")
    de.make("pt")
    done("directory", "found", "keeper", "pt/entry.json", "de/entry.json", cwd=home)
    for name in ("pt", "de"):
        done("node", "directory", name, "keeper/published", "--root", "keeper/root.json", cwd=home)
    try:
        pt.start("serve", "pt", "--no-worker")
        pt.start("worker", "pt")
        de.start("serve", "de")
        wait_for(lambda: answers(pt.port) and answers(de.port))
        for officer in PEOPLE["pt"]:
            pt.token(officer)
        de.token("weber")
        yield pt, de
    finally:
        for office in (pt, de):
            for process in office.processes:
                process.kill()
                process.wait()
            EmbeddedCluster(home / office.name / "postgres").stop()


def test_an_act_is_drafted_approved_delivered_and_read_at_the_other_end(offices):
    pt, de = offices
    # 1. A draft that lacks something is refused with every gap, each with its article.
    example = done("case", "example", "preservation-requested", cwd=pt.home)
    (pt.home / "request.toml").write_text(example)
    (pt.home / "empty.toml").write_text(example.partition("facts =")[0] + "intends_mutual_assistance = true\n")
    refused = pt.case("silva", "draft", "empty.toml")
    assert refused.returncode == ExitCode.REFUSED
    for field, article in (("facts", "29(2)(b)"), ("data.targets", "29(2)(c)"), ("necessity", "29(2)(e)")):
        assert any(field in line and article in line for line in refused.stderr.splitlines())
    # 2. A whole one is drafted; who wrote it may not approve it; somebody else reads its very bytes, and may.
    drafted = json.loads(pt.case("silva", "draft", "request.toml", "--json").stdout)
    assert drafted["draft"] in pt.case("costa", "drafts").stdout
    shown = pt.case("costa", "read-draft", drafted["draft"], "--to", "to-approve.bin").stdout
    assert "accounts@victim.example" in shown
    assert sha256((pt.home / "to-approve.bin").read_bytes()).hexdigest() == drafted["draft"]
    keys = pt.home / "pt" / "UNSAFE-software-keys"
    own = pt.case("silva", "approve", drafted["draft"], "--unsafe-software-key", str(keys / "pt.silva.json"))
    assert (own.returncode, "own-draft" in own.stderr) == (ExitCode.REFUSED, True)
    approved = pt.case("costa", "approve", drafted["draft"], "--unsafe-software-key", str(keys / "pt.costa.json"))
    assert approved.returncode == 0, approved.stderr
    assert "UNSAFE: approved by a software authenticator" in approved.stdout
    assert "that draft is an act already" in pt.case("costa", "discard-draft", drafted["draft"]).stderr
    # 3. It arrives, and is read whole.
    wait_for(lambda: de.case("weber", "show", drafted["case"]).returncode == 0)
    text = de.case("weber", "read", drafted["draft"]).stdout
    assert "preservation-requested  pt -> de" in text
    assert "approved pt.costa (contact-point)" in text
    assert "accounts@victim.example" in text
    # 4. The sender sees it delivered, and finds the case by the identifier.
    wait_for(lambda: "de: delivered" in pt.case("silva", "show", drafted["case"]).stdout)
    assert pt.case("silva", "search", "email", "accounts@VICTIM.example").stdout.strip() == drafted["case"]


def test_the_directory_version_in_use_is_named_in_the_ledger_once(offices):
    pt, de = offices
    for office in (pt, de):
        listed = json.loads(office.case(PEOPLE[office.name][0], "list", "--json").stdout)
        shown = [
            json.loads(office.case(PEOPLE[office.name][0], "show", one["case"], "--json").stdout) for one in listed
        ]
        types = [step["type"] for each in shown for step in each["timeline"] if step["issuer"] == office.name]
        assert types.count("directory-seen") == 1


def test_a_discarded_draft_is_gone_and_who_discarded_it_is_told(offices):
    pt, _ = offices
    drafted = json.loads(pt.case("silva", "draft", "request.toml", "--json").stdout)
    assert pt.case("costa", "discard-draft", drafted["draft"]).returncode == 0
    key = pt.home / "pt" / "UNSAFE-software-keys" / "pt.costa.json"
    late = pt.case("costa", "approve", drafted["draft"], "--unsafe-software-key", str(key))
    assert (late.returncode, "pt.costa at" in late.stderr) == (ExitCode.FAILED, True)


def test_a_revoked_token_opens_nothing_and_a_new_one_does(offices):
    pt, _ = offices
    assert "1 tokens revoked" in done("node", "revoke", "pt", "pt.silva", cwd=pt.home)
    assert "counts now" in pt.case("silva", "list").stderr
    pt.token("silva")
    assert pt.case("silva", "list").returncode == 0
    neither = comity("node", "revoke", "pt", cwd=pt.home)
    assert neither.returncode == ExitCode.MISUSED


def test_a_token_is_for_officers_whom_the_directory_lists(offices):
    refused = comity("node", "token", "pt", "pt.nobody", cwd=offices[0].home)
    assert (refused.returncode, refused.stdout) == (ExitCode.FAILED, "")
    assert "no such officer" in refused.stderr


def test_a_rotated_seal_is_used_at_once_and_believed_by_the_peer(offices):
    pt, de = offices
    assert "the seal key is replaced" in done("keys", "rotate", "pt", "seal", cwd=pt.home)
    time.sleep(3)  # the new key counts two seconds after the act
    drafted = json.loads(pt.case("silva", "draft", "request.toml", "--json").stdout)
    key = pt.home / "pt" / "UNSAFE-software-keys" / "pt.costa.json"
    assert pt.case("costa", "approve", drafted["draft"], "--unsafe-software-key", str(key)).returncode == 0
    wait_for(lambda: de.case("weber", "show", drafted["case"]).returncode == 0)


def test_a_node_that_is_not_behind_is_not_recovered(offices):
    refused = comity("node", "recover", "pt", cwd=offices[0].home)
    assert (refused.returncode, "not-behind" in refused.stderr) == (ExitCode.REFUSED, True)


def test_the_check_of_both_nodes_is_clean(offices):
    for office in offices:
        said = done("check", office.name, cwd=office.home)
        assert [line.split()[1] for line in said.splitlines()] == ["ok"] * 11


def test_the_log_names_no_one_that_the_case_is_about(offices):
    for office in offices:
        log = office.log()
        assert "serving on" in log
        assert "Traceback" not in log
        assert not [needle for needle in ("victim", "accounts@", "Penal Code") if needle in log]


def test_sigterm_ends_every_process_cleanly_and_the_last_one_stops_the_database(offices):
    for office in offices:
        codes = office.stop()
        assert set(codes) == {0}
        assert "stopped" in office.log()
        assert not EmbeddedCluster(office.home / office.name / "postgres").is_running()
