"""Time stamps on checkpoints: a real authority (openssl) over HTTP gives them, openssl judges them, and nothing waits for it."""

import base64
import io
import shutil
import subprocess
import threading
import time
import warnings
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest
from cryptography.utils import CryptographyDeprecationWarning

from comity.acts.care_bodies import TimestampCameLate
from comity.adapters.alarm_board import FileAlarmBoard
from comity.adapters.timestamps import FileStampedHeads, HttpTimestampAuthorities
from comity.casework.bench.reading import filed_acts
from comity.casework.dossier.export import ExportCase, export
from comity.casework.ports.access import OfficerRef
from comity.casework.ports.alarms import AlarmCode
from comity.casework.ports.timestamp import StampedHead, TimestampTerms
from comity.casework.upkeep.timestamp import Stamping, stamp_newest, stamped_text
from comity.evidence.archive.read import read_archive
from comity.evidence.checks.verify import verify_dossier
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.stamps import Stamps
from comity.evidence.dossier.timestamp_tokens import Standing, read_token
from comity.trust.anchors import PinnedWitness, WitnessPolicy, trust_anchor
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url

CASE = "a1" * 16
OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not on this machine")
_NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
_CONFIG = """
[tsa]
default_tsa = t
[t]
serial = ./serial
signer_cert = ./tsa.pem
certs = ./ca.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.2
digests = sha256, sha512
"""


class Authority:
    """A time-stamp authority of its own: a root, a signer, and `openssl ts -reply` behind HTTP on loopback."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder = folder
        self.wait = threading.Event()
        self.wait.set()
        self.answer = self.reply
        self.asked = 0
        self._made()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/tsa"

    def _made(self):
        self.run("req", "-x509", *_NEW_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Root")
        self.run("req", *_NEW_KEY, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Stamping")
        (self.folder / "ext").write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext", "-days", "30"]
        self.run("x509", "-req", "-in", "tsa.csr", *signed, "-out", "tsa.pem")
        (self.folder / "serial").write_text("01")
        (self.folder / "tsa.cnf").write_text(_CONFIG)

    def run(self, *arguments):
        command = [OPENSSL, *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=120).stdout

    @property
    def root(self):
        pem = (self.folder / "ca.pem").read_text()
        return base64.b64decode("".join(pem.splitlines()[1:-1]))

    def reply(self, question):
        (self.folder / "q.tsq").write_bytes(question)
        self.run("ts", "-reply", "-config", "tsa.cnf", "-section", "t", "-queryfile", "q.tsq", "-out", "r.tsr")
        return 200, (self.folder / "r.tsr").read_bytes()

    def judges(self, response, stamped):
        """What `openssl ts -verify` says of the response over these bytes."""
        (self.folder / "judged.tsr").write_bytes(response)
        (self.folder / "stamped").write_bytes(stamped)
        command = [OPENSSL, "ts", "-verify", "-data", "stamped", "-in", "judged.tsr", "-CAfile", "ca.pem"]
        return subprocess.run(command, cwd=self.folder, check=False, capture_output=True, timeout=120).returncode == 0

    def _handler(self):
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                question = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked += 1
                authority.wait.wait(120)
                status, body = authority.answer(question)
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def close(self):
        self.wait.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    authority = Authority(tmp_path_factory.mktemp("tsa") / "one")
    yield authority
    authority.close()


@pytest.fixture
def authority(shared):
    shared.wait.set()
    shared.answer, shared.asked = shared.reply, 0
    return shared


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    other = Authority(tmp_path_factory.mktemp("tsa") / "other")
    yield other
    other.close()


@pytest.fixture
def stamping(world, authority, tmp_path):
    return Stamping(
        bench=world.node.bench,
        authorities=HttpTimestampAuthorities(60),
        heads=FileStampedHeads(tmp_path / "timestamps"),
        board=FileAlarmBoard(tmp_path / "alarms"),
        terms=TimestampTerms((authority.url,), interval=1, late_after=300, roots=(authority.root,)),
    )


def with_(stamping, **changes):
    return msgspec.structs.replace(stamping, **changes)


def late_acts(world):
    found = (filed.payload.body for filed in filed_acts(world.node.bench, world.house("provider")))
    return [body for body in found if isinstance(body, TimestampCameLate)]


def dossier_of(world, heads):
    world.publish()
    world.node.publishing._heads = heads
    officer = OfficerRef("provider.prosecutor", "provider", {"prosecutor": OfficeKind.PROSECUTOR})
    made = export(world.node.bench, world.node.publishing, officer, ExportCase(CASE, "prosecutor", "the court"))
    return b"".join(made.content)


def anchor_of(world, *roots):
    witness = world.played["oversight"].keys.witness_key()
    policy = WitnessPolicy(1, (PinnedWitness("oversight", b64url(witness.public)),))
    anchor = trust_anchor(world.node.directories.root(), policy)
    return msgspec.structs.replace(anchor, timestamp_authorities=tuple(map(b64url, roots)))


def said(dossier, anchor):
    report = verify_dossier(io.BytesIO(dossier), anchor, datetime.now(UTC))
    return report, [finding.what for finding in report.checks[11].detail]


def test_a_witnessed_checkpoint_is_stamped_and_openssl_accepts_the_stamp(stamping, authority):
    (token,) = stamp_newest(stamping)
    assert (token.authority, token.standing) == ("CN=Stamping", Standing.ANCHORED)
    head = stamping.heads.newest()
    assert authority.judges(head.responses[authority.url], stamped_text(head.note))
    assert not authority.judges(head.responses[authority.url], stamped_text(head.note) + b"x")
    assert stamping.board.standing() == ()


def test_a_checkpoint_is_stamped_once_by_each_authority(stamping, authority):
    assert len(stamp_newest(stamping)) == 1
    assert stamp_newest(stamping) == ()
    assert authority.asked == 1


def test_the_next_checkpoint_waits_for_its_interval(world, stamping, authority):
    slow = with_(stamping, terms=msgspec.structs.replace(stamping.terms, interval=3600))
    stamp_newest(slow)
    world.publish()
    assert stamp_newest(slow) == ()
    time.sleep(1.1)
    assert len(stamp_newest(stamping)) == 1
    assert authority.asked == 2


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (lambda _q: (503, b"later"), "unavailable"),
        (lambda _q: (302, b""), "unavailable"),
        (lambda _q: (200, b""), "malformed"),
        (lambda _q: (200, b"<html>welcome</html>"), "malformed"),
        (lambda _q: (200, bytes(1 << 20)), "oversized"),
        (lambda _q: (200, b"\x30\x84\xff\xff\xff\xff" + bytes(100)), "malformed"),
        (lambda _q: (200, b"\x30\x05\x30\x03\x02\x01\x02"), "malformed"),
    ],
    ids=["away", "redirect", "nothing", "a page", "endless", "lengths that lie", "a rejection"],
)
def test_an_authority_that_fails_is_an_alarm_until_it_answers(stamping, authority, answer, detail, caplog):
    authority.answer = answer
    assert stamp_newest(stamping) == ()
    (alarm,) = stamping.board.standing()
    assert (alarm.code, alarm.subject, alarm.detail) == (AlarmCode.TIMESTAMPS_FAILING, authority.url, detail)
    assert "ALARM timestamps-failing" in caplog.text
    authority.answer = authority.reply
    assert len(stamp_newest(stamping)) == 1
    assert stamping.board.standing() == ()


def test_an_old_answer_to_another_question_is_not_taken(stamping, authority):
    stale = []

    def replay(question):
        stale.append(authority.reply(question))
        return stale[0]

    authority.answer = replay
    assert len(stamp_newest(stamping)) == 1
    time.sleep(1.1)
    fresh = with_(stamping, heads=FileStampedHeads(stamping.heads._folder.parent / "others"))
    assert stamp_newest(fresh) == ()
    assert [alarm.detail for alarm in stamping.board.standing()] == ["id-differs"]


def test_a_stamp_by_a_stranger_is_not_kept_where_roots_are_set(stamping, authority, stranger):
    authority.answer = stranger.reply
    assert stamp_newest(stamping) == ()
    assert stamping.heads.newest().responses == {}
    assert [alarm.detail for alarm in stamping.board.standing()] == ["bad-seal"]


def test_an_authority_that_says_nothing_is_given_up_in_time_and_the_others_are_asked(stamping, authority, stranger):
    authority.wait.clear()
    terms = TimestampTerms((authority.url, stranger.url), interval=1, late_after=300)
    came = stamp_newest(with_(stamping, authorities=HttpTimestampAuthorities(8), terms=terms))
    assert len(came) == 1
    assert [alarm.subject for alarm in stamping.board.standing()] == [authority.url]


def test_no_work_waits_for_an_authority(world, authority):
    from comity.entrypoints.worker import stamps

    authority.wait.clear()
    settings = world.node.settings.model_copy(
        update={"timestamp_authorities": (authority.url,), "timestamp_answer_seconds": 60}
    )
    object.__setattr__(world.node, "settings", settings)
    work = stamps.Stamps(world.node)
    work.turn()
    work.turn()
    world.publish()
    assert work._errand.busy
    authority.wait.set()
    work._errand.wait(60)
    assert FileStampedHeads(world.folder / "provider" / "timestamps").newest().responses


def test_a_late_stamp_is_kept_and_is_an_act(world, stamping, authority):
    size, note = world.node.bench.records.ledger.witnessed()
    wanted = world.now() - timedelta(hours=2)
    stamping.heads.begin(StampedHead(size, note, wanted))
    waiting = with_(stamping, terms=msgspec.structs.replace(stamping.terms, interval=1 << 20))
    (token,) = stamp_newest(waiting)
    (act,) = late_acts(world)
    assert (act.authority, act.size, act.wanted_at, act.stamped_at) == (authority.url, size, wanted, token.at)
    assert authority.url in stamping.heads.newest().responses


def test_a_stamp_in_time_is_no_act(world, stamping):
    stamp_newest(stamping)
    assert late_acts(world) == []


def test_one_asks_at_a_time(stamping):
    with stamping.heads.claim() as mine, FileStampedHeads(stamping.heads._folder).claim() as other:
        assert (mine, other) == (True, False)


def test_a_token_over_something_else_and_a_token_with_a_flipped_byte_are_refused(stamping, authority):
    stamp_newest(stamping)
    head = stamping.heads.newest()
    response, stamped = head.responses[authority.url], stamped_text(head.note)
    with pytest.raises(BrokenInputError) as caught:
        read_token(response, stamped + b"x", (authority.root,))
    assert caught.value.code is ErrorCode.ID_DIFFERS
    # Serial numbers that no certificate may have are warned of by a library.
    warnings.simplefilter("ignore", CryptographyDeprecationWarning)
    for place in range(0, len(response), 7):
        bent = response[:place] + bytes([response[place] ^ 1]) + response[place + 1 :]
        try:
            token = read_token(bent, stamped, (authority.root,))
        except BrokenInputError:
            continue
        # Outside what is signed, such as in a certificate that was not needed.
        assert token == read_token(response, stamped, (authority.root,))


def test_a_dossier_carries_the_stamps_and_says_what_they_are_worth(world, stamping, authority, stranger):
    world.publish()
    stamp_newest(stamping)
    dossier = dossier_of(world, stamping.heads)
    archive = read_archive(io.BytesIO(dossier))
    stamp = archive.read("dossier/timestamps/00.tsr", limit=1 << 20)
    text = archive.read("dossier/data/ledger/checkpoint.txt", limit=1 << 20)
    assert authority.judges(stamp, b"".join(text.splitlines(keepends=True)[:3]))
    report, words = said(dossier, anchor_of(world, authority.root))
    assert any("CN=Stamping saw this ledger at" in each for each in words)
    assert report.checks[1].outcome == "valid"
    plainly, words = said(dossier, anchor_of(world))
    assert any("counts for nothing, because the trust anchor names no time-stamp authority" in each for each in words)
    foreign, words = said(dossier, anchor_of(world, stranger.root))
    assert any("counts for nothing: the time stamp is not genuine, or not of an authority" in each for each in words)
    assert report.verdict == plainly.verdict == foreign.verdict


def test_a_dossier_without_stamps_says_nothing_of_them(world, stamping):
    report, words = said(dossier_of(world, stamping.heads), anchor_of(world))
    assert not any("stamp" in each for each in words)
    assert report.checks[11].outcome == "valid"


def test_an_act_that_was_filed_after_a_trusted_stamp_is_a_fault(world, stamping, monkeypatch):
    from comity.evidence.checks import verify as checks

    early = Stamps((), datetime(2020, 1, 1, tzinfo=UTC))
    dossier = dossier_of(world, stamping.heads)
    monkeypatch.setattr(checks, "read_stamps", lambda *_: early)
    report, words = said(dossier, anchor_of(world))
    assert report.checks[11].outcome == "invalid"
    assert any("after an authority that is trusted stamped the ledger" in each for each in words)


def test_stamps_are_in_the_order_of_the_archive():
    assert layout.stamp_path(0) == "timestamps/00.tsr"
    assert "tagmanifest-sha256.txt" < layout.stamp_path(0) < layout.VERIFIER
