"""What other nodes call: envelopes, objects, checkpoints. Parse, call one use case, answer."""

from collections.abc import Callable, Iterator
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path
from django.views import View

from comity.bootstrap.running import Node, filed_acts
from comity.casework.post.receive import receive
from comity.casework.post.serving import serve_object
from comity.casework.upkeep.reissue import show_issued
from comity.casework.upkeep.witness import add_checkpoint
from comity.entrypoints.api.answers import broken
from comity.entrypoints.api.lengths import oversized
from comity.exchange.envelope import ENVELOPE_LIMIT
from comity.ledger.origins import authority_of, witness_key
from comity.vocabulary.errors import BrokenInputError

READ_LIMIT = 1 << 20
"""Bytes of a request to a witness, and of an object that are read at a time."""


class NodeView(View):
    """A view over one node; errors become answers with a stable code."""

    node: Node = cast("Node", None)  # always given by `as_view`, which wants the attribute to exist

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answers, whatever goes wrong with the input."""
        try:
            return super().dispatch(request, *args, **kwargs)
        except BrokenInputError as error:
            return broken(error)


class Envelopes(NodeView):
    """POST /exchange/envelopes: many acts in, one encrypted answer out."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Receives an envelope."""
        answer = receive(self.node.bench, _body(request, ENVELOPE_LIMIT))
        self.node.wake()
        return HttpResponse(answer, content_type="application/octet-stream")


class Objects(NodeView):
    """GET /exchange/objects/<digest>: ciphertext for whom a hand-over names, from any byte on."""

    def get(self, request: HttpRequest, digest: str) -> HttpResponseBase:
        """Serves an object or the rest of it."""
        served = serve_object(
            self.node.bench, digest, request.headers.get("Comity-Ticket", ""), request.headers.get("Range")
        )
        headers = {"Content-Length": str(served.length), "Accept-Ranges": "bytes"}
        if served.content_range:
            headers["Content-Range"] = served.content_range
        return StreamingHttpResponse(
            _portions(served.read, served.close, self._break_off()),
            status=206 if served.content_range else 200,
            content_type="application/octet-stream",
            headers=headers,
        )

    def _break_off(self) -> int:
        return self.node.rehearsal.take_break_off() if self.node.rehearsal is not None else 0


class Issued(NodeView):
    """POST /exchange/issued: a node's own acts, back to that node alone, after it has lost them."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Shows a page of them."""
        answer = show_issued(self.node.bench, filed_acts(self.node), request.headers.get("Comity-Ticket", ""))
        return HttpResponse(answer, content_type="application/octet-stream")


class AddCheckpoint(NodeView):
    """POST /witness/add-checkpoint (C2SP tlog-witness)."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Co-signs, or says why not."""
        key = self.node.keyring.witness_key()
        answer = add_checkpoint(
            self.node.bench,
            _body(request, READ_LIMIT),
            key=witness_key(self.node.bench.me, key.public),
            sign=key.sign,
        )
        return HttpResponse(answer.body, status=answer.status, content_type=answer.media_type)


class Seen(NodeView):
    """GET /witness/seen?origin=: the newest head of a log that this node co-signed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The co-signed note, 404 when there is none."""
        origin = str(request.GET.get("origin", ""))
        authority_of(origin)
        known = self.node.bench.records.witnessed_logs.get(origin)
        if known is None:
            return HttpResponse("nothing co-signed of that log\n", status=404, content_type="text/plain")
        return HttpResponse(known[2], content_type="text/plain; charset=utf-8")


class Head(NodeView):
    """GET /ledger/checkpoint: the newest witnessed head of this node's ledger."""

    def get(self, request: HttpRequest) -> HttpResponse:  # noqa: ARG002 - Django calls it with the request
        """The witnessed note, 404 before the first."""
        kept = self.node.bench.records.ledger.witnessed()
        if kept is None:
            return HttpResponse("nothing witnessed yet\n", status=404, content_type="text/plain")
        return HttpResponse(kept[1], content_type="text/plain; charset=utf-8")


def exchange_urls(node: Node) -> list[URLPattern]:
    """The paths that peers and witnesses use."""
    return [
        path("exchange/envelopes", Envelopes.as_view(node=node)),
        path("exchange/issued", Issued.as_view(node=node)),
        path("exchange/objects/<str:digest>", Objects.as_view(node=node)),
        path("witness/add-checkpoint", AddCheckpoint.as_view(node=node)),
        path("witness/seen", Seen.as_view(node=node)),
        path("ledger/checkpoint", Head.as_view(node=node)),
    ]


def _body(request: HttpRequest, limit: int) -> bytes:
    """The whole body, refused by its stated length before it is read."""
    stated = request.headers.get("Content-Length", "")
    if not stated.isdigit() or int(stated) > limit:
        raise oversized(f"{stated[:20]} bytes" if stated else "no stated length", limit)
    return request.read(int(stated))


def _portions(read: Callable[[int], bytes], close: Callable[[], None], break_off: int) -> Iterator[bytes]:
    """The object's bytes; in a rehearsal, `break_off` bytes of them and then a connection that drops."""
    sent = 0
    try:
        while portion := read(min(READ_LIMIT, break_off - sent) if break_off else READ_LIMIT):
            yield portion
            sent += len(portion)
            if sent == break_off:
                raise ConnectionAbortedError("UNSAFE rehearsal: the connection drops here")
    finally:
        close()
