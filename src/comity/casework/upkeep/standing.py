"""Standing: on start a node compares its ledger with what its witnesses have seen, and with its own mark.

A restored backup is an accidental fork: the node would sign a second history from where the backup ends. Witnesses know
better, and so does a small mark kept with the keys, outside the database and its backups. One that is behind signs
nothing until `comity.casework.upkeep.restore` bridges the gap with an act that everyone sees.
"""

from collections.abc import Iterator, Sequence

from comity.casework.bench.workbench import Workbench
from comity.casework.ports.node import HeadMark
from comity.casework.upkeep.epochs import announced_epoch
from comity.ledger.checkpoints import Checkpoint, read_signed_checkpoint, verify_checkpoint
from comity.ledger.cosignatures import verify_cosignature
from comity.ledger.notes import signatures_by
from comity.ledger.origins import epoch_of, log_key, log_origin, witness_key
from comity.ledger.standing import Standing, left_behind, stand
from comity.ledger.tiles import TiledTree
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId


def take_stand(bench: Workbench, witnesses: Sequence[AuthorityId], mark: HeadMark) -> Standing:
    """Compares, and tells the head signer. Witnesses that cannot be reached now are compared at the next checkpoint.

    An epoch that nobody was told of does not count as begun: its restore broke off, and is to be bridged once more.

    1. Every witness that answers says what it has seen of this ledger, in this epoch and any later; each line is verified.
    2. The mark says what was last published from here.
    3. None of these is of a later epoch, and the largest must be a prefix of the ledger.
    """
    head = bench.records.ledger.head()
    origin = head.origin if epoch_of(head.origin) == 1 else log_origin(bench.me, announced_epoch(bench))
    seen: list[Checkpoint] = []
    # 1.
    for witness in witnesses:
        try:
            seen += _all_seen_by(bench, witness, origin)
        except BrokenInputError as error:
            if error.code is not ErrorCode.UNAVAILABLE:
                raise
            continue
    # 2.
    marked = mark.read()
    if marked is not None:
        seen.append(marked)
    # 3. Against the ledger as it is by now: other processes of the node may have added to it what a witness saw since.
    head = bench.records.ledger.head()
    tree = TiledTree(bench.records.ledger.tiles(), head.size)
    present = [each for each in seen if each.origin == origin]
    standing = left_behind(origin, head.size, seen) or stand(head.size, head.root, present, tree.root)
    bench.sign_head.stand(standing)
    return standing


def _all_seen_by(bench: Workbench, witness: AuthorityId, origin: str) -> Iterator[Checkpoint]:
    """What the witness has seen of this epoch, then of each later one up to the first it knows nothing of."""
    epoch = epoch_of(origin)
    checkpoint = _seen_by(bench, witness, origin)
    if checkpoint is not None:
        yield checkpoint
    while (later := _seen_by(bench, witness, log_origin(bench.me, epoch + 1))) is not None:
        yield later
        epoch += 1


def _seen_by(bench: Workbench, witness: AuthorityId, origin: str) -> Checkpoint | None:
    directory = bench.directory()
    note = bench.peers.seen_checkpoint(directory.authority(witness).endpoint, origin)
    if note is None:
        return None
    signed = read_signed_checkpoint(note)
    # An older head may be under keys that were replaced since, the witness's and this ledger's.
    keys = [witness_key(witness, public) for _, public in directory.witness_keys(witness)]
    own = [log_key(origin, public) for _, public in directory.ledger_keys(bench.me)]
    known = signed.note()
    if not any(signatures_by(known, key) for key in keys) or not any(signatures_by(known, key) for key in own):
        raise BrokenInputError(
            ErrorCode.BAD_CHECKPOINT, "a witness shows a head that it or this ledger never signed", found=witness
        )
    for key in keys:
        if signatures_by(known, key):
            verify_cosignature(signed, key)
    return next(verify_checkpoint(signed, key) for key in own if signatures_by(known, key))
