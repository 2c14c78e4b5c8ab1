"""Everything a use case works with: the node's name, its ports, its law and its directory. Put together in `bootstrap`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from comity.casework.bench.directories import DirectoryInForce
from comity.casework.bench.head_signing import HeadSigner
from comity.casework.bench.secrecy import CaseCipher
from comity.casework.bench.sequencer import Sequencer
from comity.casework.ports.access import AccessPolicy
from comity.casework.ports.evidence import EvidenceRoom, EvidenceStore
from comity.casework.ports.intake import Intakes
from comity.casework.ports.law import LawVersions
from comity.casework.ports.node import CaseKeys, Clock, Peers, Randomness
from comity.casework.ports.record import Records
from comity.evidence.redaction.pictures import Imaging
from comity.exchange.hpke import EnvelopeCipher, HybridPrivateKey
from comity.law.corpus import Law
from comity.trust.keys import SealKey
from comity.vocabulary.identifiers import AuthorityId


@dataclass(frozen=True)
class OwnRules:
    """What the office rules for itself where no law gives a number. `quarantine_days`: None sets no term.

    `copies_answer_days` is how long others have to say what became of their copies before they are asked again.
    `clock_lead` is how long before its stricter end people are told of a limit of the law. `unsafe_seals`: acts go under a seal of a
    lower grade than their law demands, which is told and keeps nobody from sending; in a rehearsal only.
    """

    quarantine_days: int | None = None
    copies_answer_days: int = 30
    clock_lead: timedelta = timedelta(hours=48)
    unsafe_seals: bool = False


@dataclass(frozen=True)
class Workbench:
    """One node's ports. `directory` gives the directory now in force, rotations by act included."""

    me: AuthorityId
    clock: Clock
    random: Randomness
    records: Records
    case_keys: CaseKeys
    cipher: CaseCipher
    sequencer: Sequencer
    law: Law
    laws: LawVersions
    directory: DirectoryInForce
    seal_key: Callable[[], SealKey]
    agreement: EnvelopeCipher
    agreement_keys: Callable[[], Mapping[bytes, HybridPrivateKey]]
    sign_head: HeadSigner
    evidence: EvidenceRoom
    store: EvidenceStore
    intakes: Intakes
    peers: Peers
    access: AccessPolicy
    imaging: Imaging
    intake_folders: tuple[Path, ...]
    own_rules: OwnRules = OwnRules()
