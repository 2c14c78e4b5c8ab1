"""What a node answers when acts have reached it: signed, with proof that they are in its ledger.

One receipt covers a batch. Its leaves are neighbours in the receiver's ledger, so one range proof covers them all.
"""

from msgspec import Struct

from comity.vocabulary.errors import ErrorCode
from comity.vocabulary.identifiers import ActId, AuthorityId, Digest
from comity.vocabulary.instants import Instant


class ReceivedAct(Struct, frozen=True, forbid_unknown_fields=True):
    """One act's leaf: its salt, and the commitment to its class (both hexadecimal); enough to recompute the leaf."""

    act: ActId
    salt: Digest
    class_commitment: Digest


class Receipt(Struct, frozen=True, forbid_unknown_fields=True):
    """Acts `acts[0..n)` are the leaves `first..first+n` of the ledger whose head is `checkpoint` (a signed note).

    `proof` is the range proof, hexadecimal hashes in the order `comity.ledger.proofs` defines.
    """

    receiver: AuthorityId
    sender: AuthorityId
    received_at: Instant
    first: int
    acts: tuple[ReceivedAct, ...]
    checkpoint: str
    proof: tuple[Digest, ...]


class SealedReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """A receipt under the receiver's seal key: JWS flattened JSON."""

    payload: str
    protected: str
    signature: str


class GivenReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """A receipt, and for the sender's eyes only the salts (hexadecimal) that open each act's class, in its order.

    The salts stand beside the signed receipt and not in it: a batch mixes cases, and whoever is shown the receipt in the
    dossier of one case must not learn the classes of the others' acts by trying them.
    """

    sealed: SealedReceipt
    class_salts: tuple[Digest, ...]


class ActRejected(Struct, frozen=True, forbid_unknown_fields=True):
    """An act of the batch that was not taken, and why. `retry` says whether sending it again can help."""

    act: ActId
    code: ErrorCode
    what: str
    retry: bool


class DeliveryAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to one POST: receipts for what is in the ledger, what waits for a predecessor, what was rejected."""

    receipts: tuple[GivenReceipt, ...]
    waiting: tuple[ActId, ...]
    rejected: tuple[ActRejected, ...]
