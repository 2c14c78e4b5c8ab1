"""What a node checks of an act from outside before it looks at its own records. Numbered; every step can refuse."""

from datetime import datetime

from msgspec import Struct

from comity.acts.bodies import ExhibitHandedOver, KeyRotated
from comity.acts.payload import Payload
from comity.acts.review_bodies import ReviewRequested
from comity.acts.rules import NEEDS_APPROVAL
from comity.casework.bench.legality import blocking, findings_of
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import kept_in_another_case
from comity.exchange.delivery import RULES
from comity.law.marks import marks_of
from comity.law.terms import Side
from comity.trust.approvals import ApprovalFinding, verify_approvals
from comity.trust.competence import office_held
from comity.trust.directory import Directory
from comity.trust.directory_format import AuthorityKind
from comity.trust.seals import OpenedSeal, read_sealed, verify_seals
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId


class Arrived(Struct, frozen=True):
    """An act whose form, seal, approvals and competence were verified. `sealed` are its bytes as they came."""

    id: ActId
    payload: Payload
    sealed: bytes


def inspect(bench: Workbench, sealed: bytes, *, at: datetime, addressed: bool = True) -> Arrived:
    """The verified act in these bytes; raises `BrokenInputError` with a stable code.

    1. Form: strict, within limits, each key once. 2. Addressee: this node is named (an enclosed act need not name it).
    3. Directory: the version the act names is not newer than the one known here. 4. Seal: the exact set named, by keys
    valid then. 5. Approvals: another officer's, bound to these bytes. 6. What it wants done here can be done without
    touching what is another's. 7. Law: nothing that blocks it. 8. Its class bears the marks that its words ask for: an
    overseer counts by them, and would never learn of an act that came without.
    """
    # 1.
    opened = read_sealed(sealed)
    payload = opened.payload
    # 2.
    if addressed and bench.me not in payload.to:
        raise BrokenInputError(
            ErrorCode.NOT_ADDRESSED,
            "the act is not addressed to this node",
            found=", ".join(payload.to),
            expected=bench.me,
        )
    # 3.
    directory = bench.directory()
    if payload.directory > directory.version:
        raise BrokenInputError(
            ErrorCode.DIRECTORY_UNKNOWN,
            "the act was made under a directory version not known here",
            found=str(payload.directory),
            expected=f"at most {directory.version}",
            do="fetch the newest directory; the sender will try again",
        )
    # 4.
    findings = verify_seals(opened, directory, at=at)
    if addressed and at - opened.sealed_at > RULES.predecessor_wait and not all(each.still_valid for each in findings):
        raise BrokenInputError(
            ErrorCode.KEY_NOT_VALID,
            "the act says it was sealed long ago, with a key that has ended since",
            found=opened.sealed_at.isoformat(),
            do="have it sealed anew: whoever finds an old key could date an act back",
        )
    # 5.
    approvals = check_approvals(directory, opened)
    if addressed:
        # 6.
        _check_reach(bench, directory, opened)
        # 7.
        problems = blocking(findings_of(bench, payload, approvals, Side.RECEIVING, at, seals=findings))
        if problems:
            raise BrokenInputError(
                ErrorCode.LAW_UNMET,
                "the act does not meet what its instrument demands",
                found="; ".join(f"{gap.citation}: {gap.message}" for gap in problems),
            )
        # 8.
        _check_marks(bench, payload)
    return Arrived(opened.id, payload, sealed)


def _check_marks(bench: Workbench, payload: Payload) -> None:
    expected = marks_of(bench.law, payload)
    if payload.act.marks != expected:
        raise BrokenInputError(
            ErrorCode.MARKS_DIFFER,
            "the act's class does not bear the marks that its own words ask for",
            found=", ".join(payload.act.marks),
            expected=", ".join(expected),
            do="hold both nodes' versions of the law against each other (comity law diff)",
        )


def _check_reach(bench: Workbench, directory: Directory, opened: OpenedSeal) -> None:
    """A rotation the directory can follow; a ledger opened to an oversight body only; no exhibit of another case."""
    payload = opened.payload
    match payload.body:
        case KeyRotated() as rotation:
            directory.with_rotation(payload.issuer, rotation, opened.id, opened.sealed_at)
        case ReviewRequested():
            kinds = directory.authority(payload.issuer).kinds
            if AuthorityKind.OVERSIGHT not in kinds:
                raise BrokenInputError(
                    ErrorCode.NOT_ALLOWED,
                    "only an oversight body may ask for a review",
                    found=", ".join(kinds),
                    expected=AuthorityKind.OVERSIGHT,
                )
        case ExhibitHandedOver(exhibit=exhibit) if kept_in_another_case(bench, exhibit, payload.case):
            raise BrokenInputError(
                ErrorCode.NOT_ALLOWED, "the exhibit's name stands for an exhibit of another case here", found=exhibit
            )
        case _:
            pass


def check_approvals(directory: Directory, opened: OpenedSeal) -> tuple[ApprovalFinding, ...]:
    """Every approval verified as of the sealing, and one present from another officer than the author where one is due."""
    payload = opened.payload
    found = verify_approvals(opened, directory)
    author = payload.author
    if author is not None:
        office_held(directory, payload.issuer, author.officer, author.office)
    if payload.act.type in NEEDS_APPROVAL and not (author and any(each.officer != author.officer for each in found)):
        raise BrokenInputError(
            ErrorCode.BAD_APPROVAL,
            f"{payload.act.type} needs the personal approval of another officer than its author",
            found=f"{len(found)} approvals",
        )
    return found
