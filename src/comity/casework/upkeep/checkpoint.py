"""Checkpoint: at fixed intervals the ledger is padded, its head signed, and witnesses are asked to co-sign it.

Padding makes size and time tell nothing about how much was filed between two checkpoints. A witness that cannot be
reached is asked again at the next interval; work never waits for it.
"""

from collections.abc import Sequence

from msgspec import Struct

from comity.casework.bench.workbench import Workbench
from comity.casework.ports.node import HeadMark
from comity.casework.upkeep.epochs import introduce
from comity.ledger.checkpoints import SignedCheckpoint, read_signed_checkpoint
from comity.ledger.cosignatures import verify_cosignature
from comity.ledger.entries import SALT_SIZE, Entry, padding_entry, padding_needed
from comity.ledger.notes import NoteSignature, read_signature_lines
from comity.ledger.origins import witness_key
from comity.ledger.tiles import TiledTree
from comity.ledger.witness import AddCheckpoint, read_conflict
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId

_OK, _CONFLICT = 200, 409

_SKEW = 300
"""Seconds a witness's clock may be ahead of ours."""


class Published(Struct, frozen=True):
    """A checkpoint that went out: who co-signed it, and who could not or would not, with the reason."""

    size: int
    cosigned: tuple[AuthorityId, ...]
    missing: tuple[tuple[AuthorityId, str], ...]


def checkpoint(
    bench: Workbench, *, mark: HeadMark, multiple: int, witnesses: Sequence[AuthorityId], threshold: int
) -> Published:
    """Pads, signs, marks, has the head co-signed, and keeps it when at least `threshold` witnesses did."""
    kept = bench.records.ledger.witnessed()
    previous = kept[0] if kept else 0
    head = bench.records.ledger.pad(
        lambda size: padding(bench, padding_needed(size, multiple, previous)), bench.sign_head
    )
    signed = read_signed_checkpoint(head.note)
    mark.write(signed.checkpoint)
    lines: list[NoteSignature] = []
    missing: list[tuple[AuthorityId, str]] = []
    for witness in witnesses:
        try:
            lines.append(_ask(bench, witness, signed, previous))
        except BrokenInputError as error:
            missing.append((witness, str(error.code)))
    if len(lines) >= threshold:
        bench.records.ledger.keep_witnessed(head.size, signed.with_signatures(tuple(lines)).encode())
    lost = {witness for witness, _ in missing}
    return Published(head.size, tuple(each for each in witnesses if each not in lost), tuple(missing))


def padding(bench: Workbench, count: int) -> list[Entry]:
    """Leaves that nobody can tell from others without their opening.

    Their seed is their class salt, so that whoever is shown the other salt can prove that no act hides behind them.
    """
    salts = [(bench.random.take(SALT_SIZE), bench.random.take(SALT_SIZE)) for _ in range(count)]
    return [padding_entry(class_salt, salt, class_salt) for salt, class_salt in salts]


def _ask(bench: Workbench, witness: AuthorityId, signed: SignedCheckpoint, old: int) -> NoteSignature:
    """One witness's line.

    1. Ask from where we last stood together, and on conflict from where it stands. 2. After a restore, show it where the
    new epoch began, and ask again. 3. Verify.
    """
    now = bench.clock.now()
    directory = bench.directory()
    endpoint = directory.authority(witness).endpoint

    def offer(extends: int, head: SignedCheckpoint) -> tuple[int, bytes]:
        return _offer(bench, endpoint, extends, head)

    # 1.
    status, body = offer(old, signed)
    # 2.
    if status != _OK:
        status, body = introduce(bench, signed, old, offer) or (status, body)
    if status != _OK:
        raise BrokenInputError(
            ErrorCode.BEHIND_WITNESSES if status == _CONFLICT else ErrorCode.BAD_CHECKPOINT,
            f"the witness {witness} does not co-sign this head",
            found=f"HTTP {status}",
            do="compare this node's ledger with what the witness has seen before anything else is signed",
        )
    # 3.
    (line,) = read_signature_lines(body.decode())
    key = witness_key(witness, directory.witness_key(witness, now))
    verify_cosignature(SignedCheckpoint(signed.checkpoint, (line,)), key, int(now.timestamp()) + _SKEW)
    return line


def _offer(bench: Workbench, endpoint: str, old: int, signed: SignedCheckpoint) -> tuple[int, bytes]:
    status, body = bench.peers.add_checkpoint(endpoint, _request(bench, old, signed))
    if status == _CONFLICT and body.strip().isdigit():
        stands = read_conflict(body.decode()).size
        status, body = bench.peers.add_checkpoint(endpoint, _request(bench, stands, signed))
    return status, body


def _request(bench: Workbench, old: int, signed: SignedCheckpoint) -> bytes:
    size = signed.checkpoint.size
    if old > size:
        raise BrokenInputError(
            ErrorCode.BEHIND_WITNESSES,
            "a witness has seen more than this ledger has",
            found=str(size),
            expected=str(old),
        )
    proof = TiledTree(bench.records.ledger.tiles(), size).consistency_proof(old, size) if old else ()
    return AddCheckpoint(old, proof, signed).encode()
