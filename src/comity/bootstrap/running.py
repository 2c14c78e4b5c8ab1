"""The only place that chooses adapters: a node's folder becomes a workbench, and what the entrypoints need around it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from comity.adapters.access.cedar import CedarAccess, packaged_policies
from comity.adapters.directory_files import DirectoryFiles, WatchedDirectories
from comity.adapters.intakes import FileIntakes
from comity.adapters.keys.case_keys import FileCaseKeys
from comity.adapters.keys.head_mark import FileHeadMark
from comity.adapters.keys.keyring import Keyring
from comity.adapters.keys.node_keys import FileNodeKeys
from comity.adapters.law_files import LawFiles
from comity.adapters.objects.rehearsal import UnsafeRehearsal
from comity.adapters.peers.http import HttpPeers
from comity.adapters.pictures.imaging import ConfinedImaging
from comity.adapters.postgres.settings import configure
from comity.adapters.publishing import PublishedFiles
from comity.adapters.randomness import SystemRandomness
from comity.bootstrap.care import alarm_board, guarded_store, stamped_heads
from comity.bootstrap.parts import clock_of, evidence_room, own_rules, peer_limits
from comity.cases.house import house_case
from comity.casework.bench.directories import DirectoryInForce
from comity.casework.bench.head_signing import HeadSigner
from comity.casework.bench.histories import observer
from comity.casework.bench.secrecy import CaseCipher
from comity.casework.bench.sequencer import Sequencer
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.staying import require_store_inside
from comity.casework.ports.alarms import AlarmBoard
from comity.casework.ports.case import CaseReader
from comity.casework.ports.check import Books
from comity.casework.ports.directory import DirectoryVersions
from comity.casework.ports.export import Publishing
from comity.casework.ports.node import Clock
from comity.casework.upkeep.alarm_watch import UndeliveredActs
from comity.casework.upkeep.outlook import outlook
from comity.casework.upkeep.reissue import FiledActs
from comity.config import NodeSettings
from comity.exchange.hpke import HpkeCipher
from comity.law.corpus import Law

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
    versions: DirectoryVersions
    publishing: Publishing
    damaged_keys: Callable[[], Sequence[int]]
    rehearsal: UnsafeRehearsal | None = None
    work: threading.Event = field(default_factory=threading.Event)

    @cached_property
    def alarms(self) -> AlarmBoard:
        """What is wrong at this node and wants a person."""
        return alarm_board(self.settings)

    def wake(self) -> None:
        """Something may have become due: the schedule looks at once instead of at its next tick."""
        self.work.set()


def open_node(settings: NodeSettings, database_url: str) -> Node:
    """The node in that folder over that database. Nothing is signed before `comity.casework.upkeep.standing.take_stand`."""
    configure(database_url)  # before Django's models are imported
    from comity.adapters.postgres.records import PostgresRecords

    me, folder, clock, random = settings.authority, settings.folder, clock_of(settings), SystemRandomness()
    key_files, (laws, law) = FileNodeKeys(settings.keys_folder), _law_in_force(settings, clock)
    case_keys, directories = _case_keys(settings, key_files, random), DirectoryFiles(folder / "directory")
    cipher, records = CaseCipher(case_keys, random), PostgresRecords(me)
    directory = _directory_in_force(directories, clock, records.cases, cipher)
    keyring = Keyring(key_files, me, directory, clock.now)
    sign_head, store = HeadSigner(keyring.ledger_key), guarded_store(settings)
    rehearsal = UnsafeRehearsal(folder) if settings.unsafe_rehearsal else None
    bench = Workbench(
        me=me,
        clock=clock,
        random=random,
        records=records,
        case_keys=case_keys,
        cipher=cipher,
        sequencer=Sequencer(
            records=records,
            keys=case_keys,
            cipher=cipher,
            clock=clock,
            random=random,
            sign=sign_head,
            observe=observer(law, me),
            outlook=lambda view: outlook(law, directory(), me, view),
            law=law.version,
        ),
        law=law,
        laws=laws,
        directory=directory,
        seal_key=keyring.seal_key,
        agreement=HpkeCipher(),
        agreement_keys=keyring.agreement_keys,
        sign_head=sign_head,
        evidence=evidence_room(store, random, rehearsal),
        store=store,
        intakes=FileIntakes(folder / "intakes"),
        peers=HttpPeers(peer_limits(settings), settings.tls_authorities),
        access=CedarAccess(me, packaged_policies()),
        imaging=ConfinedImaging(),
        intake_folders=settings.intake_folders,
        own_rules=own_rules(settings),
    )
    return Node(
        settings=settings,
        bench=bench,
        records=records,
        keyring=keyring,
        key_files=key_files,
        mark=FileHeadMark(settings.keys_folder),
        directories=directories,
        versions=WatchedDirectories(directories, settings.directory_published),
        publishing=PublishedFiles(directories, folder / "scratch", random, stamped_heads(settings)),
        damaged_keys=case_keys.damaged,
        rehearsal=rehearsal,
    )


def _law_in_force(settings: NodeSettings, clock: Clock) -> tuple[LawFiles, Law]:
    """The law in force, among all that ever was; a store outside the country that it names keeps the node from opening."""
    laws = LawFiles(settings.folder)
    law = laws.put_in_force()
    if settings.evidence_endpoint is not None:
        require_store_inside(law, settings.evidence_region, clock.now().date())
    return laws, law


def _case_keys(settings: NodeSettings, key_files: FileNodeKeys, random: SystemRandomness) -> FileCaseKeys:
    """The node's case keys, that of its own thread among them."""
    keys = FileCaseKeys(settings.folder / "case-keys", key_files.load().wrapping, random)
    keys.ensure([house_case(settings.authority)])
    return keys


def _directory_in_force(
    directories: DirectoryFiles, clock: Clock, cases: CaseReader, cipher: CaseCipher
) -> DirectoryInForce:
    """The newest version that is here, with the rotations since; older ones by their number."""
    directory = DirectoryInForce(
        directories.newest(clock.now()), cases, cipher.open_act, lambda number: directories.version(number, clock.now())
    )
    directory.refresh()
    return directory


def books(node: Node) -> Books:
    """The node's rows as of one instant, and its key store's places: for the check of the whole system and the sweep."""
    from comity.adapters.postgres.books import PostgresBooks

    return PostgresBooks(node.bench.me, node.damaged_keys)


def undelivered(node: Node) -> UndeliveredActs:
    """What the node offered to its peers in vain."""
    del node
    from comity.adapters.postgres.undelivered import PostgresUndelivered

    return PostgresUndelivered()


def filed_acts(node: Node) -> FiledActs:
    """What the node has filed, newest first."""
    del node
    from comity.adapters.postgres.filed_acts import PostgresFiledActs

    return PostgresFiledActs()
