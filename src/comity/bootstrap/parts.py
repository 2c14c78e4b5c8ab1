"""Parts of a node that its settings shape: clock, limits towards peers, and the room where evidence lies."""

from datetime import timedelta

from comity.adapters.clock import SystemClock, UnsafeShiftedClock
from comity.adapters.objects.age_cipher import AgeCipher
from comity.adapters.objects.intake import IntakeRules
from comity.adapters.objects.local import LocalEvidenceStore
from comity.adapters.objects.rehearsal import UnsafeRehearsal
from comity.adapters.objects.room import ObjectsEvidenceRoom
from comity.adapters.peers.http import PeerLimits
from comity.adapters.private_files import read_private
from comity.adapters.randomness import SystemRandomness
from comity.casework.bench.workbench import OwnRules
from comity.casework.ports.evidence import EvidenceStore
from comity.casework.ports.node import Clock
from comity.config import NodeSettings

_SECRET_LIMIT = 1024
"""Bytes of a file with an account's secret."""


def own_rules(settings: NodeSettings) -> OwnRules:
    """What the office rules for itself where no law gives a number."""
    return OwnRules(
        quarantine_days=settings.quarantine_days,
        copies_answer_days=settings.copies_answer_days,
        clock_lead=timedelta(hours=settings.clock_lead_hours),
        unsafe_seals=settings.unsafe_rehearsal,
    )


def peer_limits(settings: NodeSettings) -> PeerLimits:
    """What a peer may cost this node."""
    limits = settings.limits
    return PeerLimits(
        connect=limits.peer_connect_seconds,
        read=limits.peer_read_seconds,
        whole=limits.peer_answer_seconds,
        connections=limits.peer_connections,
    )


def evidence_store(settings: NodeSettings) -> EvidenceStore:
    """The store that the settings name: a bucket, or the node's own folder. In that, a bucket's objects wait to go up."""
    folder = settings.folder / "evidence"
    endpoint, bucket, account = settings.evidence_endpoint, settings.evidence_bucket, settings.evidence_account
    if endpoint is None or bucket is None or account is None:
        return LocalEvidenceStore(folder)
    from comity.adapters.objects.bucket import BucketEvidenceStore
    from comity.adapters.objects.bucket_requests import BucketTerms

    secret = read_private(settings.evidence_secret_file, limit=_SECRET_LIMIT).decode("ascii", "replace").strip()
    terms = BucketTerms(
        bucket=bucket,
        prefix=settings.authority,
        endpoint=endpoint,
        region=settings.evidence_region,
        account=account,
        secret=secret,
        lock=timedelta(days=settings.evidence_lock_days),
    )
    return BucketEvidenceStore(folder, terms)


def evidence_room(
    store: EvidenceStore, random: SystemRandomness, rehearsal: UnsafeRehearsal | None
) -> ObjectsEvidenceRoom:
    """The room over that store; one that rehearses faults only where the settings say so."""
    if rehearsal is None:
        return ObjectsEvidenceRoom(store, AgeCipher(), random)
    rules = IntakeRules(unsafe_describe=rehearsal.describe)
    return ObjectsEvidenceRoom(store, AgeCipher(), random, rules, unsafe_extra=rehearsal.slips_in)


def clock_of(settings: NodeSettings) -> Clock:
    """The machine's clock, or the shifted one of a rehearsal."""
    if settings.unsafe_clock_offset_file is None:
        return SystemClock()
    return UnsafeShiftedClock(SystemClock(), settings.unsafe_clock_offset_file)
