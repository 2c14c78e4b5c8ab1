"""What looks after a node's evidence: the second store, the alarms, and re-verification, as the settings want them."""

from collections.abc import Callable
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct

from comity.adapters.alarm_board import FileAlarmBoard
from comity.adapters.fixity_journal import FileFixityJournal
from comity.adapters.objects.local import LocalEvidenceStore
from comity.adapters.objects.seconded import SecondedStore
from comity.adapters.pacing import EvenPace
from comity.adapters.timestamps import FileStampedHeads, HttpTimestampAuthorities
from comity.bootstrap.parts import evidence_store
from comity.casework.bench.workbench import Workbench
from comity.casework.ports.alarms import AlarmBoard
from comity.casework.ports.evidence import EvidenceStore
from comity.casework.ports.fixity import FixityJournal, ReferredObjects
from comity.casework.ports.timestamp import StampedHeads, TimestampTerms
from comity.casework.upkeep.fixity import FixityStores, Verifier
from comity.casework.upkeep.timestamp import Stamping
from comity.config import NodeSettings


class Verifying(Struct, frozen=True):
    """Re-verification ready to be run by one thread; `stop` ends what it is at."""

    verifier: Verifier
    stop: Callable[[], None]


def alarm_board(settings: NodeSettings) -> AlarmBoard:
    """The node's alarms, in its folder."""
    return FileAlarmBoard(settings.folder / "alarms")


def fixity_journal(settings: NodeSettings) -> FixityJournal:
    """How far re-verification has come, in the node's folder."""
    return FileFixityJournal(settings.folder / "fixity")


def guarded_store(settings: NodeSettings) -> EvidenceStore:
    """The store that the settings name, with the second one behind it where there is one."""
    store = evidence_store(settings)
    if settings.second_evidence_folder is None:
        return store
    return SecondedStore(store, LocalEvidenceStore(settings.second_evidence_folder))


def stamped_heads(settings: NodeSettings) -> StampedHeads:
    """Checkpoints with their time stamps, in the node's folder."""
    return FileStampedHeads(settings.folder / "timestamps")


def stamping(settings: NodeSettings, bench: Workbench, board: AlarmBoard) -> Stamping | None:
    """None where the settings name no authority. Raises `ValueError` for roots that are no certificates."""
    if not settings.timestamp_authorities:
        return None
    pem = settings.timestamp_roots.read_bytes() if settings.timestamp_roots else b""
    roots = tuple(each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(pem)) if pem else ()
    terms = TimestampTerms(
        urls=settings.timestamp_authorities,
        interval=settings.timestamp_seconds,
        late_after=settings.timestamp_late_seconds,
        roots=roots,
    )
    authorities = HttpTimestampAuthorities(settings.timestamp_answer_seconds)
    return Stamping(bench, authorities, stamped_heads(settings), board, terms)


def verifying(
    settings: NodeSettings, bench: Workbench, referred: ReferredObjects, board: AlarmBoard
) -> Verifying | None:
    """None where the settings want none."""
    rate = settings.fixity_bytes_per_second
    if not rate:
        return None
    store, pace = bench.store, EvenPace(rate)
    stores = FixityStores(store.first, store.second) if isinstance(store, SecondedStore) else FixityStores(store)
    interval = timedelta(hours=settings.fixity_hours)
    verifier = Verifier(bench, stores, referred, fixity_journal(settings), board, pace, interval)
    return Verifying(verifier, pace.stop)
