"""The only place that chooses adapters: a node's folder becomes a workbench, and what the entrypoints need around it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from comity.adapters.access.cedar import CedarAccess, packaged_policies
from comity.adapters.clock import SystemClock, UnsafeShiftedClock
from comity.adapters.directory_files import DirectoryFiles
from comity.adapters.keys.case_keys import FileCaseKeys
from comity.adapters.keys.head_mark import FileHeadMark
from comity.adapters.keys.keyring import Keyring
from comity.adapters.keys.node_keys import FileNodeKeys
from comity.adapters.objects.age_cipher import AgeCipher
from comity.adapters.objects.intake import IntakeRules
from comity.adapters.objects.local import LocalEvidenceStore
from comity.adapters.objects.rehearsal import UnsafeRehearsal
from comity.adapters.objects.room import ObjectsEvidenceRoom
from comity.adapters.peers.http import HttpPeers, PeerLimits
from comity.adapters.postgres.settings import configure
from comity.adapters.publishing import PublishedFiles
from comity.adapters.randomness import SystemRandomness
from comity.cases.house import house_case
from comity.casework.check_ports import Books
from comity.casework.directories import DirectoryInForce
from comity.casework.duties import next_due
from comity.casework.export_ports import Publishing
from comity.casework.head_signing import HeadSigner
from comity.casework.legality import observer
from comity.casework.ports import Clock
from comity.casework.secrecy import CaseCipher
from comity.casework.sequencer import Sequencer
from comity.casework.workbench import Workbench
from comity.config import NodeSettings
from comity.exchange.hpke import HpkeCipher
from comity.law.packaged import packaged_law

if TYPE_CHECKING:
    from comity.adapters.postgres.records import PostgresRecords


@dataclass(frozen=True)
class Node:
    """A node, ready to serve and to work."""

    settings: NodeSettings
    bench: Workbench
    records: "PostgresRecords"
    keyring: Keyring
    key_files: FileNodeKeys
    mark: FileHeadMark
    directories: DirectoryFiles
    publishing: Publishing
    damaged_keys: Callable[[], Sequence[int]]
    rehearsal: UnsafeRehearsal | None = None
    work: threading.Event = field(default_factory=threading.Event)

    def wake(self) -> None:
        """Something may have become due: the schedule looks at once instead of at its next tick."""
        self.work.set()


def peer_limits(settings: NodeSettings) -> PeerLimits:
    """What a peer may cost this node."""
    limits = settings.limits
    return PeerLimits(
        connect=limits.peer_connect_seconds,
        read=limits.peer_read_seconds,
        whole=limits.peer_answer_seconds,
        connections=limits.peer_connections,
    )


def evidence_room(
    store: LocalEvidenceStore, random: SystemRandomness, rehearsal: UnsafeRehearsal | None
) -> ObjectsEvidenceRoom:
    """The room over that store; one that rehearses faults only where the settings say so."""
    if rehearsal is None:
        return ObjectsEvidenceRoom(store, AgeCipher(), random)
    rules = IntakeRules(unsafe_describe=rehearsal.describe)
    return ObjectsEvidenceRoom(store, AgeCipher(), random, rules, unsafe_extra=rehearsal.slips_in)


def books(node: Node) -> Books:
    """The node's rows as of one instant, and its key store's places: for the check of the whole system and the sweep."""
    from comity.adapters.postgres.books import PostgresBooks

    return PostgresBooks(node.bench.me, node.damaged_keys)


def clock_of(settings: NodeSettings) -> Clock:
    """The machine's clock, or the shifted one of a rehearsal."""
    if settings.unsafe_clock_offset_file is None:
        return SystemClock()
    return UnsafeShiftedClock(SystemClock(), settings.unsafe_clock_offset_file)


def open_node(settings: NodeSettings, database_url: str) -> Node:
    """The node in that folder over that database. Nothing is signed before `comity.casework.standing.take_stand`."""
    configure(database_url)
    # Django's models can be imported only after it was configured.
    from comity.adapters.postgres.records import PostgresRecords

    me, folder = settings.authority, settings.folder
    clock, random = clock_of(settings), SystemRandomness()
    key_files = FileNodeKeys(settings.keys_folder)
    keys = key_files.load()
    case_keys = FileCaseKeys(folder / "case-keys", keys.wrapping, random)
    case_keys.ensure([house_case(me)])
    cipher = CaseCipher(case_keys, random)
    records = PostgresRecords(me)
    directories = DirectoryFiles(folder / "directory")
    directory = DirectoryInForce(directories.newest(clock.now()), records.cases, cipher.open_act)
    directory.refresh()
    keyring = Keyring(key_files, me, directory, clock.now)
    sign_head = HeadSigner(keyring.ledger_key)
    law = packaged_law()
    sequencer = Sequencer(
        records=records,
        keys=case_keys,
        cipher=cipher,
        clock=clock,
        random=random,
        sign=sign_head,
        observe=observer(law, me),
        next_due=lambda view: next_due(law, directory(), me, view),
    )
    store = LocalEvidenceStore(folder / "evidence")
    rehearsal = UnsafeRehearsal(folder) if settings.unsafe_rehearsal else None
    bench = Workbench(
        me=me,
        clock=clock,
        random=random,
        records=records,
        case_keys=case_keys,
        cipher=cipher,
        sequencer=sequencer,
        law=law,
        directory=directory,
        seal_key=keyring.seal_key,
        agreement=HpkeCipher(),
        agreement_keys=keyring.agreement_keys,
        sign_head=sign_head,
        evidence=evidence_room(store, random, rehearsal),
        store=store,
        peers=HttpPeers(peer_limits(settings), settings.tls_authorities),
        access=CedarAccess(me, packaged_policies()),
    )
    return Node(
        settings,
        bench,
        records,
        keyring,
        key_files,
        FileHeadMark(settings.keys_folder),
        directories,
        PublishedFiles(directories),
        case_keys.damaged,
    )
