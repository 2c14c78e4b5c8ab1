"""The envelope: how acts cross the network so that only their recipient can read them, and the answer comes back alike.

**What flows.** A node has acts for a peer. It puts up to 512 of them in one bundle (`comity.exchange.bundle`), together
with the third parties' acts that they enclose and 32 fresh random bytes, the reply key. The bundle is deflated and
encrypted with HPKE to the peer's agreement key; one POST carries it:

    CMTY | version 1 | key id (8) | HPKE share (1120) | deflated bundle + tag

The peer answers on the same connection with receipts, waiting acts and rejections, deflated and encrypted under a key
derived from the reply key:

    CMTA | version 1 | salt (32) | deflated answer + tag

**What holds it together.** HPKE's `info` covers purpose, version, recipient and the recipient's key, so an envelope
opens for one reader, as one thing. The answer's key is derived from the reply key, the digest of the whole envelope as
it was sent, both parties' names and a salt of its own; so an answer belongs to one envelope and one direction. The reply
key travels inside the hybrid encryption: the way back is as safe against a quantum computer as the way there, without
a second key encapsulation and its 1.1 kB.

The salt is not decoration. A network that delivers one envelope twice makes the peer answer twice, with different words
and times, under the same reply key. With the key alone, both answers would share a keystream and a one-time
authenticator key, and the second answer would give away the first. Each answer therefore brings 32 random bytes.

**What an envelope does not prove.** Anyone may encrypt to a public key, so `sender` is a claim until the acts' seals are
verified. Two rules keep the claim harmless. An act whose issuer is not the bundle's sender is set aside, so a courier
can bring only what the named sender itself sealed for this recipient. And the answer tells nothing but what became of
those very acts; a stranger who holds them learns the salts of their leaves, which open nothing else in the ledger.
Lengths are not hidden: an observer sees how much two nodes write to each other, as with any encrypted connection. Nor can
lengths be used to guess words across cases, as attacks on compressed web pages do: those need the same secret sent many
times beside changing guesses, and an act is sent until it is receipted, then never again.

**What happens on failure.** A lost POST or answer is sent again, in a new envelope with a new reply key. An act is known
by the digest of its payload, so it takes effect once and is receipted as often as it is asked for. A damaged envelope is
refused as a whole and nothing of it is kept: its parts cannot be told from an attacker's. A sound envelope with one bad
act in it loses that act only; the answer says which and why, and the rest goes through. What is set aside here
(`OpenedEnvelope.rejected`) goes into the answer next to what later steps reject. The refusal of a whole envelope is a bare
HTTP error that anyone on the way could have written: the sender takes it as one more failed attempt, tries with smaller
bundles until the act at fault stands alone, and tells its operator.

**How it catches up.** A peer that was away for hours finds the outbox full; the sender empties it a bundle at a time
(`comity.exchange.delivery`), in the order in which the acts were sealed, so that predecessors come first.

**Where the next editor will break it.** The version byte stands for the layout, the order of fields in the bundle, both
dictionaries and the HPKE suite. Change any of them only together with a new version, and keep reading the old one until
no peer writes it.
"""

import hashlib
from collections.abc import Mapping

from msgspec import Struct

from comity.acts.receipt_format import ActRejected
from comity.exchange.bundle import BUNDLE_LIMIT, ActHead, Bundle, head, pack, sealed_payload, unpack
from comity.exchange.hpke import (
    KEY_ID_BYTES,
    OVERHEAD,
    EnvelopeCipher,
    HybridPrivateKey,
    HybridPublicKey,
    Purpose,
    binding,
    choose_key,
)
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId, Digest

MAGIC = b"CMTY"
VERSION = 1
HEADER_BYTES = len(MAGIC) + 1 + KEY_ID_BYTES

ENVELOPE_LIMIT = HEADER_BYTES + OVERHEAD + BUNDLE_LIMIT
"""Bytes of one POST. A web server may refuse more than this before reading it."""


class SealedEnvelope(Struct, frozen=True):
    """`data` is what to POST; `digest` is its SHA-256, which the answer is bound to."""

    data: bytes
    digest: Digest


class OpenedEnvelope(Struct, frozen=True):
    """What was in an envelope, before any seal is verified.

    `bundle.acts` are those whose words name the bundle's sender and recipient, or cannot be read (the strict reader says
    why); `rejected` says what became of the others.
    """

    bundle: Bundle
    digest: Digest
    rejected: tuple[ActRejected, ...]


def seal_envelope(bundle: Bundle, *, recipient_key: HybridPublicKey, cipher: EnvelopeCipher) -> SealedEnvelope:
    """Encrypt a bundle to its recipient's agreement key.

    Raises `BrokenInputError` (malformed, oversized) for a bundle that the recipient would have to refuse.
    """
    ciphertext = cipher.encrypt(pack(bundle), recipient_key, _info(bundle.recipient, recipient_key))
    data = MAGIC + bytes([VERSION]) + recipient_key.key_id + ciphertext
    return SealedEnvelope(data, _digest(data))


def open_envelope(
    data: bytes, *, recipient: AuthorityId, keys: Mapping[bytes, HybridPrivateKey], cipher: EnvelopeCipher
) -> OpenedEnvelope:
    """Open an envelope that was POSTed to this node, `recipient`, whose agreement keys are `keys` (`hpke.key_ring`).

    1. It is no larger than `ENVELOPE_LIMIT` and no smaller than its fixed parts.
    2. It is an envelope of the one version this node reads.
    3. It is for a key this node has.
    4. It decrypts with that key, as an envelope, for this node.
    5. It inflates within `BUNDLE_LIMIT` to exactly one bundle in its one encoding, whose enclosed acts are all named.
    6. The bundle itself names this node as recipient, and another as sender.
    7. Acts that another than the sender issued, or that are not addressed to this node, are set aside.

    Raises `BrokenInputError`: oversized (1, 5), malformed (1, 2, 5), cannot-decrypt (3, 4), not-addressed (6).
    """
    # 1
    _require_size(len(data))
    # 2
    if data[: len(MAGIC)] != MAGIC or data[len(MAGIC)] != VERSION:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "this is no envelope this node reads",
            found=data[: len(MAGIC) + 1].hex(),
            expected=(MAGIC + bytes([VERSION])).hex(),
        )
    # 3
    key = choose_key(keys, data[len(MAGIC) + 1 : HEADER_BYTES])
    # 4
    pressed = cipher.decrypt(data[HEADER_BYTES:], key, _info(recipient, key.public))
    # 5
    bundle = unpack(pressed)
    # 6
    if bundle.recipient != recipient or bundle.sender == recipient:
        raise BrokenInputError(
            ErrorCode.NOT_ADDRESSED,
            "the bundle is for somebody else",
            found=f"from {bundle.sender} to {bundle.recipient}",
            expected=f"from another to {recipient}",
        )
    # 7
    return _set_aside(bundle, _digest(data))


def _digest(envelope: bytes) -> Digest:
    return hashlib.sha256(envelope).hexdigest()


def _info(recipient: AuthorityId, key: HybridPublicKey) -> bytes:
    return binding(Purpose.ENVELOPE, recipient, key, MAGIC + bytes([VERSION]))


def _require_size(size: int) -> None:
    if size > ENVELOPE_LIMIT:
        raise BrokenInputError(
            ErrorCode.OVERSIZED,
            "the envelope is too large",
            found=f"{size} bytes",
            expected=f"at most {ENVELOPE_LIMIT}",
        )
    if size <= HEADER_BYTES + OVERHEAD:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "the envelope is cut short",
            found=f"{size} bytes",
            expected=f"more than {HEADER_BYTES + OVERHEAD}",
        )


def _set_aside(bundle: Bundle, digest: Digest) -> OpenedEnvelope:
    kept: list[bytes] = []
    rejected: list[ActRejected] = []
    for sealed in bundle.acts:
        found = head(sealed_payload(sealed))
        reason = _misdirected(found, bundle)
        if reason is None:
            kept.append(sealed)
        else:
            rejected.append(reason)
    opened = Bundle(bundle.sender, bundle.recipient, bundle.sent_at, bundle.reply_key, tuple(kept), bundle.enclosed)
    return OpenedEnvelope(opened, digest, tuple(rejected))


def _misdirected(found: ActHead, bundle: Bundle) -> ActRejected | None:
    if not found.issuer:
        return None
    if found.issuer != bundle.sender:
        return ActRejected(found.act, ErrorCode.UNKNOWN_SENDER, "the act's issuer did not send it", retry=False)
    if bundle.recipient not in found.to:
        return ActRejected(found.act, ErrorCode.NOT_ADDRESSED, "the act is not addressed to this node", retry=False)
    return None
