"""HTTP to peers, against a real server on loopback that does everything a peer must not do."""

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from comity.adapters.peers.http import HttpPeers, PeerLimits
from comity.vocabulary.errors import BrokenInputError, ErrorCode

DIGEST = "ab" * 32
LIMITS = PeerLimits(connect=60.0, read=60.0, whole=60.0, answer=100_000, witness=1000, object=1_000_000)
BRIEF = replace(LIMITS, whole=1.0)
SHARP = replace(LIMITS, read=0.3)
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"


class Peer:
    """A server that answers each request with what `answer` writes; counts connections and keeps requests."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._tls = tls
        self.answer: Callable[[socket.socket], bool] = lambda connection: say(connection, b"fine")
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        self.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/node"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(60)

    def hang_up(self) -> None:
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        self.connections += 1
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            with connection, connection.makefile("rb") as reader:
                while line := reader.readline():
                    headers = {}
                    while (header := reader.readline()) not in (b"\r\n", b""):
                        name, value = header.decode().split(":", 1)
                        headers[name.lower()] = value.strip()
                    body = reader.read(int(headers.get("content-length", "0")))
                    self.requests.append((line.decode().split(" HTTP")[0], headers, body))
                    if not self.answer(connection):
                        return
        except (OSError, ValueError):
            return  # the client went away, or what it speaks is not HTTP


def say(connection: socket.socket, body: bytes) -> bool:
    connection.sendall(OK % (len(body), body))
    return True


def raw(answer: bytes, *, keep: bool = False) -> Callable[[socket.socket], bool]:
    def send(connection: socket.socket) -> bool:
        connection.sendall(answer)
        return keep

    return send


@pytest.fixture
def peer() -> Iterator[Peer]:
    server = Peer()
    yield server
    server.stop()


@pytest.fixture
def peers() -> Iterator[HttpPeers]:
    client = HttpPeers(LIMITS)
    yield client
    client.close()


@pytest.fixture
def asking() -> Iterator[Callable[[PeerLimits], HttpPeers]]:
    """Clients with limits of their own."""
    with contextlib.ExitStack() as closing:

        def make(limits: PeerLimits) -> HttpPeers:
            client = HttpPeers(limits)
            closing.callback(client.close)
            return client

        yield make


def refused(call: Callable[[], object]) -> BrokenInputError:
    with pytest.raises(BrokenInputError) as caught:
        call()
    assert caught.value.code is ErrorCode.UNAVAILABLE
    return caught.value


def drip(connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.1)


def endless(connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")


def silent(connection: socket.socket) -> bool:
    connection.recv(1)
    return False


MISBEHAVIOUR: dict[str, tuple[Callable[[socket.socket], bool], str]] = {
    "hangs up at once": (raw(b""), "RemoteDisconnected"),
    "hangs up within the status line": (raw(b"HTTP/1.1 200"), "length ''"),
    "speaks something else": (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "BadStatusLine"),
    "hangs up within the body": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), "IncompleteRead"),
    "hangs up within a chunk": (raw(b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"10\r\nhalf"), "IncompleteRead"),
    "hangs up between chunks": (raw(b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"4\r\nhalf\r\n"), "IncompleteRead"),
    "sends a chunk of no length": (raw(b"HTTP/1.1 200 OK\r\n" + CHUNKED + b"zz\r\nhalf"), "IncompleteRead"),
    "states no length": (raw(b"HTTP/1.1 200 OK\r\n\r\nuntil the end"), "length ''"),
    "states a negative length": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), "length '-5'"),
    "states two lengths": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nfives"), "InvalidHeader"),
    "states a huge length": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), "length '99999999999'"),
    "compresses": (raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf"), "compressed"),
    "has nothing to say": (raw(b"HTTP/1.1 204 No Content\r\n\r\n"), "HTTP 204"),
    "is busy": (raw(b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"), "HTTP 503"),
    "knows no such path": (raw(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"), "HTTP 404"),
    "redirects": (raw(b"HTTP/1.1 307 Go\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"), "HTTP 307"),
    "sends headers without end": (raw(b"HTTP/1.1 200 OK\r\n" + b"h: x\r\n" * 500 + b"\r\n"), "headers"),
    "sends chunks without end": (endless, "more than 100000 bytes"),
    "drips": (drip, "bytes so far"),
    "keeps one waiting": (silent, "timed out"),
}
PATIENCE = {"drips": BRIEF, "keeps one waiting": SHARP}


@pytest.mark.parametrize("behaviour", MISBEHAVIOUR)
def test_a_misbehaving_peer_is_unavailable_and_the_error_says_how(
    peer: Peer, asking: Callable[[PeerLimits], HttpPeers], behaviour: str
) -> None:
    peer.answer, found = MISBEHAVIOUR[behaviour]
    peers = asking(PATIENCE.get(behaviour, LIMITS))
    error = refused(lambda: peers.post_envelope(peer.endpoint, b"envelope"))
    assert found in error.found
    assert "0x" not in error.found
    assert peer.endpoint in error.what


def test_a_redirect_is_not_followed(peer: Peer, peers: HttpPeers) -> None:
    peer.answer = raw(
        b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:%d/x\r\nContent-Length: 0\r\n\r\n" % peer.port, keep=True
    )
    refused(lambda: peers.post_envelope(peer.endpoint, b"envelope"))
    refused(lambda: peers.add_checkpoint(peer.endpoint, b"request"))
    refused(lambda: list(peers.pull(peer.endpoint, DIGEST, "t", 0)))
    assert [line for line, _, _ in peer.requests] == [
        "POST /node/exchange/envelopes",
        "POST /node/witness/add-checkpoint",
        f"GET /node/exchange/objects/{DIGEST}",
    ]


def test_a_peer_that_is_down_is_unavailable(peers: HttpPeers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = refused(lambda: peers.post_envelope(f"http://127.0.0.1:{port}", b"envelope"))
    assert "refused" in error.found


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "node.example",
        "ftp://node.example",
        "file:///etc/passwd",
        "https://",
        "https://user:word@node.example",
        "https://node.example/?x=1",
        "https://node.example/#x",
        "https://node.example/\r\nX: y",
        "https://node example/",
        "https://nöde.example/",
    ],
)
def test_an_endpoint_that_is_no_node_address_is_refused(peers: HttpPeers, endpoint: str) -> None:
    for call in (
        lambda: peers.post_envelope(endpoint, b""),
        lambda: peers.add_checkpoint(endpoint, b""),
        lambda: peers.pull(endpoint, DIGEST, "ticket", 0),
    ):
        with pytest.raises(BrokenInputError) as caught:
            call()
        assert caught.value.code is ErrorCode.MALFORMED


@pytest.mark.parametrize(
    ("digest", "ticket", "start"),
    [("ab" * 31, "t", 0), ("AB" * 32, "t", 0), ("../" + "a" * 61, "t", 0), (DIGEST, "", 0), (DIGEST, "a\r\nb", 0),
     (DIGEST, "é", 0), (DIGEST, "a" * 8193, 0), (DIGEST, "t", -1)],
)  # fmt: skip
def test_an_object_is_asked_for_only_in_the_proper_form(
    peer: Peer, peers: HttpPeers, digest: str, ticket: str, start: int
) -> None:
    with pytest.raises(BrokenInputError) as caught:
        peers.pull(peer.endpoint, digest, ticket, start)
    assert caught.value.code is ErrorCode.MALFORMED
    assert peer.requests == []


def test_an_envelope_arrives_as_it_is_and_the_answer_comes_back(peer: Peer, peers: HttpPeers) -> None:
    assert peers.post_envelope(peer.endpoint + "/", b"\x00envelope") == b"fine"
    line, headers, body = peer.requests[0]
    assert (line, body) == ("POST /node/exchange/envelopes", b"\x00envelope")
    assert headers["content-type"] == "application/octet-stream"
    assert headers["accept-encoding"] == "identity"


def test_a_connection_is_used_again(peer: Peer, peers: HttpPeers) -> None:
    for _ in range(5):
        peers.post_envelope(peer.endpoint, b"envelope")
    assert peer.connections == 1


def test_a_connection_on_which_something_went_wrong_is_not_used_again(peer: Peer, peers: HttpPeers) -> None:
    peer.answer = raw(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", keep=True)
    refused(lambda: peers.post_envelope(peer.endpoint, b"envelope"))
    peer.answer = lambda connection: say(connection, b"fine")
    assert peers.post_envelope(peer.endpoint, b"envelope") == b"fine"
    assert peer.connections == 2


def test_a_peer_that_hung_up_in_between_is_connected_to_anew(peer: Peer, peers: HttpPeers) -> None:
    assert peers.post_envelope(peer.endpoint, b"envelope") == b"fine"
    peer.hang_up()
    time.sleep(0.05)
    assert peers.post_envelope(peer.endpoint, b"envelope") == b"fine"


@pytest.mark.parametrize("status", [200, 400, 403, 404, 409, 422])
def test_a_witness_answer_comes_back_with_its_status(peer: Peer, peers: HttpPeers, status: int) -> None:
    peer.answer = raw(b"HTTP/1.1 %d X\r\nContent-Length: 3\r\n\r\n42\n" % status)
    assert peers.add_checkpoint(peer.endpoint, b"old 7\n") == (status, b"42\n")


def test_a_witness_that_is_broken_has_not_answered(peer: Peer, peers: HttpPeers) -> None:
    peer.answer = raw(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")
    refused(lambda: peers.add_checkpoint(peer.endpoint, b"old 7\n"))
    peer.answer = lambda connection: say(connection, b"x" * 1001)
    refused(lambda: peers.add_checkpoint(peer.endpoint, b"old 7\n"))


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(peer: Peer, peers: HttpPeers) -> None:
    whole = bytes(range(256)) * 2000

    def half(connection: socket.socket) -> bool:
        start = int(peer.requests[-1][1].get("range", "bytes=0-")[6:-1])
        status = (
            b"206 Partial\r\nContent-Range: bytes %d-%d/%d" % (start, len(whole) - 1, len(whole))
            if start
            else b"200 OK"
        )
        connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(whole) - start))
        connection.sendall(whole[start : start + 100_000])
        return False

    peer.answer = half
    got = b""
    breaks = 0
    while len(got) < len(whole):
        try:
            for portion in peers.pull(peer.endpoint, DIGEST, "ticket.1", len(got)):
                got += portion
        except BrokenInputError as error:
            assert error.code is ErrorCode.UNAVAILABLE  # noqa: PT017
            breaks += 1
    assert got == whole
    assert breaks == 5
    assert all(headers["comity-ticket"] == "ticket.1" for _, headers, _ in peer.requests)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfrom",
        b"HTTP/1.1 206 P\r\nContent-Length: 4\r\n\r\nfrom",
        b"HTTP/1.1 206 P\r\nContent-Range: bytes 0-3/4\r\nContent-Length: 4\r\n\r\nfrom",
        b"HTTP/1.1 206 P\r\nContent-Range: bytes 10-12/20\r\nContent-Length: 3\r\n\r\nfro",
        b"HTTP/1.1 206 P\r\nContent-Range: bytes 10-12/*\r\nContent-Length: 3\r\n\r\nfro",
        b"HTTP/1.1 416 R\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_peer_that_does_not_go_on_where_asked_is_refused(peer: Peer, peers: HttpPeers, answer: bytes) -> None:
    peer.answer = raw(answer)
    refused(lambda: list(peers.pull(peer.endpoint, DIGEST, "t", 10)))


def test_an_object_beyond_the_limit_is_cut_off(peer: Peer, peers: HttpPeers) -> None:
    peer.answer = endless
    got = 0

    def read() -> None:
        nonlocal got
        for portion in peers.pull(peer.endpoint, DIGEST, "t", 0):
            got += len(portion)

    refused(read)
    assert got <= LIMITS.object


def test_a_transfer_given_up_half_way_closes_its_connection(peer: Peer, peers: HttpPeers) -> None:
    peer.answer = lambda connection: say(connection, b"x" * 900_000)
    transfer = peers.pull(peer.endpoint, DIGEST, "t", 0)
    assert next(transfer)
    transfer.close()  # type: ignore[attr-defined]
    peer.answer = lambda connection: say(connection, b"fine")
    assert peers.post_envelope(peer.endpoint, b"envelope") == b"fine"
    assert peer.connections == 2


def _certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "node")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "node.pem"
    pem.write_bytes(certificate.public_bytes(Encoding.PEM))
    both = folder / "both.pem"
    both.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return pem, context


def test_a_certificate_nobody_vouches_for_is_refused_and_a_known_one_believed(tmp_path: Path) -> None:
    pem, context = _certificate(tmp_path)
    server = Peer(context)
    believing, doubting = HttpPeers(LIMITS, pem), HttpPeers(LIMITS)
    try:
        assert "CERTIFICATE_VERIFY_FAILED" in refused(lambda: doubting.post_envelope(server.endpoint, b"x")).found
        assert server.requests == []
        wrong_name = server.endpoint.replace("127.0.0.1", "localhost")
        assert "SSL" in refused(lambda: believing.post_envelope(wrong_name, b"x")).found
        assert believing.post_envelope(server.endpoint, b"x") == b"fine"
    finally:
        believing.close()
        doubting.close()
        server.stop()


def test_https_is_never_tried_as_http(peer: Peer, asking: Callable[[PeerLimits], HttpPeers]) -> None:
    refused(lambda: asking(SHARP).post_envelope(peer.endpoint.replace("http:", "https:"), b"x"))
    assert peer.requests == []
