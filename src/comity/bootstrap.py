"""The only place that chooses adapters: a node's folder becomes a workbench, and what the entrypoints need around it."""

from dataclasses import dataclass

from comity.adapters.access.cedar import CedarPolicy
from comity.adapters.clock import SystemClock, UnsafeShiftedClock
from comity.adapters.directory_files import DirectoryFiles
from comity.adapters.keys.case_keys import FileCaseKeys
from comity.adapters.keys.head_mark import FileHeadMark
from comity.adapters.keys.keyring import Keyring
from comity.adapters.keys.node_keys import FileNodeKeys
from comity.adapters.objects.local import LocalStore
from comity.adapters.objects.room import StoredEvidence
from comity.adapters.peers.http import HttpPeers
from comity.adapters.postgres.records import PostgresRecords
from comity.adapters.postgres.settings import configure
from comity.adapters.randomness import SystemRandomness
from comity.cases.house import house_case
from comity.casework.directories import DirectoryInForce
from comity.casework.duties import next_due
from comity.casework.head_signing import HeadSigner
from comity.casework.legality import observer
from comity.casework.ports import Clock
from comity.casework.secrecy import CaseCipher
from comity.casework.sequencer import Sequencer
from comity.casework.workbench import Workbench
from comity.config import NodeSettings
from comity.exchange.hpke import HpkeCipher
from comity.law.packaged import packaged_law


@dataclass(frozen=True)
class Node:
    """A node, ready to serve and to work."""

    settings: NodeSettings
    bench: Workbench
    records: PostgresRecords
    keyring: Keyring
    key_files: FileNodeKeys
    mark: FileHeadMark
    directories: DirectoryFiles
    work: threading.Event = field(default_factory=threading.Event)

    def wake(self) -> None:
        """Something may have become due: the schedule looks at once instead of at its next tick."""
        self.work.set()


def clock_of(settings: NodeSettings) -> Clock:
    """The machine's clock, or the shifted one of a rehearsal."""
    if settings.unsafe_clock_offset_file is None:
        return SystemClock()
    return UnsafeShiftedClock(SystemClock(), settings.unsafe_clock_offset_file)


def open_node(settings: NodeSettings, database_url: str) -> Node:
    """The node in that folder over that database. Nothing is signed before `comity.casework.standing.take_stand`."""
    configure(database_url)
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
    store = LocalStore(folder / "evidence")
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
        evidence=StoredEvidence(store),
        store=store,
        peers=HttpPeers(),
        access=CedarPolicy(),
    )
    return Node(settings, bench, records, keyring, key_files, FileHeadMark(settings.keys_folder), directories)
