"""Check 8: others, whom the reader trusts, have seen the exporter's ledger.

The ledger alone proves order and completeness to nobody: its owner could keep two. Witnesses make that impossible, as
far as the reader trusts them; which of them, and how many, is said by the reader's anchor and never by the dossier.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from msgspec import Struct

from comity.evidence.checks.directory import Registers
from comity.evidence.checks.receipts import in_use, ledger_key
from comity.evidence.checks.verdicts import Check, Examination
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import DossierHeader
from comity.evidence.dossier.read import Dossier
from comity.evidence.dossier.words import told
from comity.ledger.checkpoints import Checkpoint, SignedCheckpoint, verify_checkpoint
from comity.ledger.cosignatures import Cosigned, verify_cosignature
from comity.ledger.notes import KeyKind, VerifierKey, signatures_by
from comity.ledger.origins import authority_of, witness_key
from comity.trust.anchors import PinnedWitness, TrustAnchor
from comity.trust.directory import Directory
from comity.trust.directory_format import DatedKey
from comity.vocabulary.errors import BrokenInputError, ErrorCode

NUMBER, NAME = 8, "witnesses"

_LATEST = int(datetime.max.replace(tzinfo=UTC).timestamp())


class Witnessed(Struct, frozen=True):
    """What is known of the checkpoint: its tree, and since when trusted witnesses bind its owner to it (None: no one)."""

    checkpoint: Checkpoint | None
    since: datetime | None


def check_witnesses(
    dossier: Dossier, head: SignedCheckpoint | BrokenInputError, registers: Registers, anchor: TrustAnchor | None
) -> tuple[Witnessed, Check]:
    """What the checkpoint is worth, and check 8.

    Steps:
        1. The checkpoint is of the exporter's ledger.
        2. A ledger key that the exporter had then signed it.
        3. No cosignature by a witness the reader trusts is false.
        4. As many of these witnesses as the reader demands have cosigned it.
    """
    examination = Examination(NUMBER, NAME)
    if isinstance(head, BrokenInputError):
        examination.fault(f"the checkpoint cannot be read: {head.what}", file=layout.CHECKPOINT, found=head.found)
        return Witnessed(None, None), examination.close("")
    witnesses = anchor.witness_policy.witnesses if anchor else ()
    # 3.
    seen = _cosigned(head, witnesses, registers, examination)
    # 1. and 2.
    _check_signature(dossier.header, head, registers, seen, examination)
    # 4.
    _check_policy(anchor, seen, examination)
    for each in seen:
        examination.remark(f"{each.witness} saw this ledger at {told(_instant(each.at))}", file=layout.CHECKPOINT)
    threshold = anchor.witness_policy.threshold if anchor else 0
    times = sorted(_instant(each.at) for each in seen)
    since = times[threshold - 1] if threshold and len(times) >= threshold else None
    return Witnessed(head.checkpoint, since), examination.close(
        f"The exporter signed its ledger of {head.checkpoint.size:,} leaves, and "
        f"{', '.join(each.witness for each in seen)} cosigned it."
    )


def _cosigned(
    head: SignedCheckpoint, witnesses: Iterable[PinnedWitness], registers: Registers, examination: Examination
) -> list[Cosigned]:
    """Each of the witnesses at most once, with the earliest time it saw the checkpoint."""
    seen = []
    for witness in witnesses:
        times = [time for key in _keys_of(witness, registers.newest) for time in _seen_by(head, key, examination)]
        if times:
            seen.append(Cosigned(witness.name, min(times)))
    return seen


class _WitnessKey(Struct, frozen=True):
    """A key that speaks for a pinned witness, and when: always (None) where no directory says otherwise."""

    key: VerifierKey
    dated: DatedKey | None


def _keys_of(witness: PinnedWitness, directory: Directory | None) -> list[_WitnessKey]:
    """The pinned key, and those that replaced it: by act, or in a later version of the directory that the root vouches for.

    Only where the directory lists the pinned key under the witness's own name; otherwise the pinned key stands alone.
    """
    pinned = VerifierKey(witness.name, KeyKind.COSIGNATURE, witness.key)
    for authority in directory.authorities if directory else ():
        listed = directory.witness_keys(authority) if directory else ()
        own = next((dated for dated, raw in listed if raw == witness.key), None)
        if own is not None and witness_key(authority, witness.key) == pinned:
            return [
                _WitnessKey(witness_key(authority, raw), dated)
                for dated, raw in listed
                if dated.valid_from >= own.valid_from
            ]
    return [_WitnessKey(pinned, None)]


def _seen_by(head: SignedCheckpoint, witness: _WitnessKey, examination: Examination) -> list[int]:
    """When the key cosigned, if it did; a false signature is a fault, one by a key that was replaced counts for nothing."""
    if not signatures_by(head.note(), witness.key):
        return []
    try:
        at = verify_cosignature(head, witness.key, _LATEST).at
    except BrokenInputError as error:
        examination.fault(
            f"the signature of the witness {witness.key.name} is false: {error.what}",
            file=layout.CHECKPOINT,
            found=error.found,
            expected=error.expected,
        )
        return []
    if witness.dated is not None and not in_use(witness.dated, _instant(at)):
        examination.remark(
            f"{witness.key.name} signed with a key that was not in use then, so it does not count",
            file=layout.CHECKPOINT,
            found=told(_instant(at)),
        )
        return []
    return [at]


def _check_signature(
    header: DossierHeader,
    head: SignedCheckpoint,
    registers: Registers,
    seen: Sequence[Cosigned],
    examination: Examination,
) -> None:
    directory = registers.newest
    if directory is None:
        examination.doubt("there is no directory that says whose key signed the checkpoint", file=layout.CHECKPOINT)
        return
    try:
        _verify_head(header, head, directory, seen)
    except BrokenInputError as error:
        examination.fault(
            f"the checkpoint is not the exporter's: {error.what}",
            file=layout.CHECKPOINT,
            found=error.found,
            expected=error.expected,
        )


def _verify_head(header: DossierHeader, head: SignedCheckpoint, directory: Directory, seen: Sequence[Cosigned]) -> None:
    owner = authority_of(head.checkpoint.origin)
    if owner != header.authority:
        raise BrokenInputError(
            ErrorCode.BAD_CHECKPOINT, "it is of another's ledger", found=owner, expected=header.authority
        )
    # The head may be older than the export, and the key it was signed with may have been replaced in between.
    filed = max((line.filed_at for line in header.acts), default=header.exported_at)
    instants = (header.exported_at, filed, *(_instant(each.at) for each in seen))
    verify_checkpoint(head, ledger_key(head, directory, owner, instants))


def _check_policy(anchor: TrustAnchor | None, seen: Sequence[Cosigned], examination: Examination) -> None:
    if anchor is None:
        examination.doubt(
            "no witnesses are named that you trust, so nobody shows that the exporter keeps only one ledger",
            file=layout.CHECKPOINT,
            do="pass a trust.json with --trust",
        )
        return
    policy = anchor.witness_policy
    signed = {each.witness for each in seen}
    missing = [witness.name for witness in policy.witnesses if witness.name not in signed]
    if len(seen) < policy.threshold:
        examination.doubt(
            f"too few of the witnesses you trust have signed: {len(seen)} of the {policy.threshold} you demand",
            file=layout.CHECKPOINT,
            found=f"missing: {', '.join(missing)}",
            expected=f"{policy.threshold} of {len(policy.witnesses)}",
            do="ask the exporter for a newer dossier, or the witness whether it refused",
        )


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
