"""Everything a use case works with: the node's name, its ports, its law and its directory. Put together in `bootstrap`."""

from collections.abc import Callable
from dataclasses import dataclass

from comity.casework.access import AccessPolicy
from comity.casework.evidence_ports import EvidenceRoom
from comity.casework.ports import CaseKeys, Clock, Peers, Randomness, Records
from comity.casework.secrecy import CaseCipher
from comity.casework.sequencer import Sequencer
from comity.exchange.hpke import EnvelopeCipher
from comity.law.instruments import Law
from comity.trust.directory import Directory
from comity.trust.keys import SealKey
from comity.vocabulary.identifiers import AuthorityId


@dataclass(frozen=True)
class Workbench:
    """One node's ports. `directory` gives the directory now in force, rotations by act included."""

    me: AuthorityId
    zone: str
    clock: Clock
    random: Randomness
    records: Records
    case_keys: CaseKeys
    cipher: CaseCipher
    sequencer: Sequencer
    law: Law
    directory: Callable[[], Directory]
    seal_key: Callable[[], SealKey]
    agreement: EnvelopeCipher
    evidence: EvidenceRoom
    peers: Peers
    access: AccessPolicy
