"""Redacted copies, a part of check 9: each is the one that an act made, of an item that was held.

Copy and original are tied by the act: it names the copy's hash and the hash of the original's leaf. The original proves itself
by that leaf, whether the dossier shows it or, because a provisional redaction stands, only its place under the hold. That a
copy of pictures has nothing in it but pictures is read here, to its last byte. What was taken out of what is seen, and that
nothing else was, is the word of whoever made the copy until both are laid side by side.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from comity.acts.redaction_bodies import ItemRedacted, LiftingDecided, RedactionLifted
from comity.evidence.checks.verdicts import Examination
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import ActOnFile
from comity.evidence.dossier.read import Dossier
from comity.evidence.dossier.words import count
from comity.evidence.redaction.files import JPEG, PDF, PNG, read_pictures
from comity.vocabulary.categories import RemovalKind
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import ActId, AuthorityId, Digest

_SHORT = 8
_PICTURES = frozenset({JPEG, PDF, PNG})
_OF_PICTURES = frozenset({RemovalKind.REGION, RemovalKind.UNSEEN})
"""What is removed from pictures only, and leaves pictures alone."""
_LARGEST = 80 << 20
"""Bytes of a copy that is read here; one of pictures is never as large."""


class Redactions(Struct, frozen=True):
    """The exporter's acts of redacting, in the order of its ledger. Items are named by the hashes of their leaves."""

    made: tuple[tuple[ActId, ItemRedacted], ...]
    items: frozenset[Digest]
    standing: frozenset[Digest]
    lifted: tuple[tuple[ActId, RedactionLifted], ...] = ()
    decided: Mapping[ActId, tuple[AuthorityId, LiftingDecided]] = {}


def redactions_of(acts: Sequence[ActOnFile], authority: AuthorityId) -> Redactions:
    """What was redacted; `standing` are items with a provisional redaction that no act lifts."""
    own = [act for act in acts if act.issuer == authority]
    lifted = tuple((act.id, act.body) for act in own if isinstance(act.body, RedactionLifted))
    no_more = {body.derived for _, body in lifted}
    made = tuple((act.id, act.body) for act in own if isinstance(act.body, ItemRedacted))
    return Redactions(
        made=made,
        items=frozenset(body.item for _, body in made),
        standing=frozenset(body.item for _, body in made if body.provisional and body.derived not in no_more),
        lifted=lifted,
        decided={
            act.id: (act.issuer, act.body)
            for act in acts
            if isinstance(act.body, LiftingDecided) and act.issuer != authority
        },
    )


def check_derived(
    dossier: Dossier, redactions: Redactions, originals: Mapping[Digest, bytes | None], examination: Examination
) -> None:
    """Examine every redacted copy; `originals` are the redacted items proven so far, with their contents' SHA-256 if shown.

    Steps:
        1. Each copy was made by an act of the exporter's.
        2. It has the size and the SHA-256 that the act says.
        3. A copy of pictures holds pictures and nothing else: no text, no metadata, no earlier state.
        4. Its original was held, and where the dossier shows it, is the one that the act says.
        5. What lifted a provisional redaction is told: the judge who approved it, an act of another authority's, or a paper.
    """
    # 1.
    by_act = {body.derived for _, body in redactions.made}
    for derived in dossier.header.derived:
        if derived not in by_act:
            examination.fault(
                "no act of the exporter made this redacted copy",
                file=layout.derived_path(derived),
                expected="an item-redacted act that names it",
                do="treat it as a paper of unknown origin",
            )
    there = frozenset(dossier.header.derived)
    for act, body in redactions.made:
        if body.derived in there:
            if _check_copy(dossier, body, examination):  # 2.
                _check_pictures(dossier, body, examination)  # 3.
            _check_original(act, body, originals, examination)  # 4.
        else:
            examination.remark(
                "a redacted copy that an act speaks of is not in the dossier",
                file=layout.act_path(act),
                found=body.derived,
            )
    # 5.
    for act, lifting in redactions.lifted:
        _check_lifting(act, lifting, redactions.decided, examination)


def _check_lifting(
    act: ActId,
    body: RedactionLifted,
    decided: Mapping[ActId, tuple[AuthorityId, LiftingDecided]],
    examination: Examination,
) -> None:
    by = "by the judge who approved that"
    if body.decided_by is not None:
        court, cited = decided.get(body.decided_by, ("", None))
        if cited is None or cited.derived != body.derived:
            examination.fault(
                "a redaction was lifted by a decision that is not among the acts",
                file=layout.act_path(act),
                found=body.decided_by,
                expected="an act of another authority by which its court decided on this redaction",
            )
            return
        by = f"by a court of {court}, whose act is here"
    elif body.on_paper is not None:
        by = f"by a court's decision on paper, as the exporter itself recorded: SHA-256 {body.on_paper.file}"
    examination.remark(
        f"redacted copy {body.derived[:_SHORT]}: the redaction was lifted {by}", file=layout.act_path(act)
    )


def _check_copy(dossier: Dossier, body: ItemRedacted, examination: Examination) -> bool:
    path = layout.derived_path(body.derived)
    file = dossier.file(path)
    found = f"{file.size} bytes, SHA-256 {file.digest.hex()}" if file else "no file"
    expected = f"{body.size} bytes, SHA-256 {body.digest}"
    if found != expected:
        examination.fault(
            "a redacted copy is not the one that its act made",
            file=path,
            found=found,
            expected=expected,
            do="treat the copy as altered",
        )
    return found == expected


def _check_pictures(dossier: Dossier, body: ItemRedacted, examination: Examination) -> None:
    if body.media_type not in _PICTURES and not any(each.kind in _OF_PICTURES for each in body.removed):
        return
    path = layout.derived_path(body.derived)
    try:
        read_pictures(dossier.read(path, limit=_LARGEST))
    except BrokenInputError as error:
        examination.fault(
            "a redacted copy holds more than the pictures that are seen in it",
            file=path,
            found=error.what,
            expected="pixels alone, in a PNG, a JPEG or a PDF of such",
            do="do not pass it on: what was to be removed may still be in it",
        )


def _check_original(
    act: ActId, body: ItemRedacted, originals: Mapping[Digest, bytes | None], examination: Examination
) -> None:
    path = layout.derived_path(body.derived)
    if body.item not in originals:
        examination.fault(
            "the original of a redacted copy is no item of the exhibits here",
            file=path,
            found=body.item,
            expected="an item that is listed, or kept out and proven",
        )
        return
    shown = originals[body.item]
    if shown is not None and shown.hex() != body.original:
        examination.fault(
            "a redacted copy was made of another content than that of its original",
            file=path,
            found=body.original,
            expected=shown.hex(),
        )
    gone = f"something is missing in {count(sum(each.places for each in body.removed), 'place')}"
    named = f"{count(body.persons, 'person')} under another name"
    changed = ", ".join([*([gone] if body.removed else []), *([named] if body.persons else [])])
    where = (
        "its original lies beside it"
        if shown is not None
        else "its original is kept out and proves itself all the same"
    )
    examination.remark(f"redacted copy {body.derived[:_SHORT]}: {changed}; {where}", file=layout.act_path(act))
