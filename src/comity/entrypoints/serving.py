"""The web server of a node: officers' API and the exchange with other nodes, over HTTP or HTTPS."""

import logging
import signal
import threading
from collections.abc import Callable
from functools import cache

from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from comity.bootstrap.running import Node
from comity.casework.upkeep.restore import clear_destroyed
from comity.casework.upkeep.standing import take_stand
from comity.config import Limits
from comity.entrypoints.api.answers import bad_request, broken, no_such_path, unexpected
from comity.entrypoints.api.care_routes import care_routes
from comity.entrypoints.api.custody_routes import custody_routes
from comity.entrypoints.api.desk_routes import act_routes, case_routes, evidence_routes
from comity.entrypoints.api.form_routes import form_routes
from comity.entrypoints.api.import_routes import import_routes
from comity.entrypoints.api.law_routes import law_routes
from comity.entrypoints.api.legal_hold_routes import legal_hold_routes
from comity.entrypoints.api.lengths import StatedLengths
from comity.entrypoints.api.node_routes import node_routes
from comity.entrypoints.api.openapi import document
from comity.entrypoints.api.paper_routes import paper_routes
from comity.entrypoints.api.quarantine_routes import quarantine_routes
from comity.entrypoints.api.redaction_routes import redaction_routes
from comity.entrypoints.api.retention_routes import retention_routes
from comity.entrypoints.api.routing import ApiView, Route
from comity.entrypoints.api.screen_routes import screen_routes
from comity.entrypoints.api.sessions import Login
from comity.entrypoints.api.statistics_routes import statistics_routes
from comity.entrypoints.api.touch_routes import touch_routes
from comity.entrypoints.exchange_http.views import READ_LIMIT, exchange_urls
from comity.entrypoints.streams import STREAMS
from comity.entrypoints.web.arriving import Pace
from comity.entrypoints.web.gate import Room
from comity.entrypoints.web.server import GatedServer, LanePlan
from comity.entrypoints.worker.running import Worker
from comity.exchange.envelope import ENVELOPE_LIMIT
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.wire import encode

log = logging.getLogger("comity.web")

VERSION = "0.1.0"
_STREAMS = f"/{STREAMS}".encode()
_EXCHANGE = (b"/exchange/", b"/witness/", b"/ledger/")
_LARGE_REQUESTS = 4
"""Of the largest size, that may wait for their ends at a time; of smaller ones, as many as come to that."""
_TRANSFER_GRACE = 15.0


def urls(node: Node) -> list[URLPattern]:
    """All paths of the node."""
    bench = node.bench
    routes = [
        *act_routes(bench),
        *case_routes(bench),
        *evidence_routes(bench),
        *law_routes(bench),
        *node_routes(node),
        *custody_routes(node),
        *care_routes(node),
        *quarantine_routes(bench),
        *screen_routes(bench),
        *form_routes(bench),
        *paper_routes(bench),
        *legal_hold_routes(bench),
        *retention_routes(bench),
        *redaction_routes(bench),
        *import_routes(bench),
        *touch_routes(bench),
        *statistics_routes(bench),
    ]
    login, limit = Login(bench, node.records.officer_tokens), node.settings.limits.request_bytes
    by_path: dict[str, dict[str, Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, {})[route.method] = route

    @cache  # large to make, and few nodes are ever asked for it
    def described() -> bytes:
        return encode(document(routes, VERSION))

    def openapi(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(described(), content_type="application/json")

    def health(_request: HttpRequest) -> HttpResponse:
        # Nothing of the ledger: its size is not for everyone. Asking for its head shows that the database answers.
        try:
            node.bench.records.ledger.head()
        except BrokenInputError as error:
            return broken(error)
        alarms = sorted({alarm.code for alarm in node.alarms.standing()})
        return HttpResponse(encode({"authority": node.bench.me, "alarms": alarms}), content_type="application/json")

    return [
        *(path(each, ApiView.as_view(routes=mapping, login=login, limit=limit)) for each, mapping in by_path.items()),
        path("api/openapi.json", openapi),
        path("health", health),
        *exchange_urls(node),
    ]


class _Paths:
    """What Django takes for a URL configuration: anything that has `urlpatterns`, and handlers of what goes wrong."""

    def __init__(self, urlpatterns: list[URLPattern]) -> None:
        self.urlpatterns = urlpatterns
        self.handler400 = self.handler403 = bad_request
        self.handler404 = no_such_path
        self.handler500 = unexpected


def server(node: Node) -> GatedServer:
    """The server, bound to nothing yet."""
    django_settings.ROOT_URLCONF = _Paths(urls(node))
    django_settings.ALLOWED_HOSTS = ["*"]  # names are checked by acts and tickets, never by a Host header
    django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE = None  # `StatedLengths` refuses earlier, and on every path
    limits = node.settings.limits
    web = GatedServer(
        (node.settings.listen_host, node.settings.listen_port),
        StatedLengths(WSGIHandler(), limits.request_bytes, (f"/{STREAMS}",)),
        room=Room(
            connections=limits.connections,
            per_address=limits.connections_per_address,
            body=limits.request_bytes,
            waiting=_LARGE_REQUESTS * limits.request_bytes,
            narrower=(
                (b"/exchange/", min(ENVELOPE_LIMIT, limits.request_bytes)),
                (b"/witness/", min(READ_LIMIT, limits.request_bytes)),
                (_STREAMS, 0),
            ),
        ),
        pace=Pace(head=limits.request_head_seconds, whole=limits.request_seconds, rate=limits.slowest_bytes_per_second),
        lanes=_lanes(limits),
    )
    if node.settings.tls_certificate and node.settings.tls_key:
        web.secure(node.settings.tls_certificate, node.settings.tls_key)
    return web


def _lanes(limits: Limits) -> tuple[LanePlan, ...]:
    """Exhibits apart from the rest of the exchange, and that apart from the officers' desk; their streams apart from it too."""
    slowest = Pace(rate=limits.slowest_bytes_per_second)
    transfers = Pace(rate=limits.slowest_transfer_bytes_per_second, grace=_TRANSFER_GRACE)
    return (
        LanePlan(
            "transfer", (b"/exchange/objects/",), limits.transfer_threads, limits.transfer_threads // 2, transfers
        ),
        LanePlan("streams", (_STREAMS,), limits.transfer_threads, limits.transfer_threads, transfers),
        LanePlan("exchange", _EXCHANGE, limits.exchange_threads, limits.exchange_threads - 1, slowest),
        LanePlan("desk", (), limits.desk_threads, limits.desk_threads, slowest),
    )


def serve(node: Node, *, with_worker: bool, revive: Callable[[], None] | None = None) -> None:
    """Serves until SIGTERM or SIGINT. The ledger is compared with its witnesses before anything is signed.

    `revive` is called while the database is away, by the worker; see `comity.entrypoints.worker.running`.
    """
    clear_destroyed(node.bench)
    try:
        take_stand(node.bench, node.settings.witnesses, node.mark)
    except BrokenInputError as error:
        log.warning("standing not known yet: %s", error.code)
    web = server(node)
    worker = Worker(node, revive=revive) if with_worker else None
    stopping = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        stopping.set()
        threading.Thread(target=web.stop, name="stopping").start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if worker is not None:
        worker.start()
    log.info("serving on %s:%d", node.settings.listen_host, node.settings.listen_port)
    try:
        web.safe_start()
    finally:
        if worker is not None:
            worker.stop()
