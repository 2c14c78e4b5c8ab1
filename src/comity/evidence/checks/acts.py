"""Checks 4 and 5: every act is the one its name says, sealed by its issuer, and approved by a second person where it has to be."""

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from comity.acts.bodies import DossierExported
from comity.acts.payload import Payload
from comity.acts.redaction_bodies import RedactionLifted
from comity.acts.rules import NEEDS_APPROVAL
from comity.acts.seal_format import SEALED_LIMIT
from comity.evidence.checks.directory import Registers
from comity.evidence.checks.verdicts import Check, Examination
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import ActDirection, ActLine, ActOnFile, DossierHeader
from comity.evidence.dossier.read import Dossier
from comity.evidence.dossier.words import LEFT_OUT, told
from comity.evidence.dossier.words import count as number
from comity.trust.approvals import ApprovalFinding, verify_approvals
from comity.trust.grades import grade_approval, grade_seal
from comity.trust.jws import SealFinding
from comity.trust.seals import OpenedSeal, read_sealed, verify_seals
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import ActId

SEALS_NUMBER, SEALS_NAME = 4, "seals"
APPROVALS_NUMBER, APPROVALS_NAME = 5, "approvals"

APPROVING = frozenset({"approve", "validate"})
"""Purposes of an assertion that make it an approval of the step itself. Append only."""


class LoadedActs(Struct, frozen=True):
    """The acts that could be read, in the order of the ledger, with their seals not yet judged."""

    acts: tuple[ActOnFile, ...]
    opened: Mapping[ActId, OpenedSeal]

    def named(self, act: ActId) -> ActOnFile | None:
        """The act of that id, or None."""
        return next((each for each in self.acts if each.id == act), None)


def load_acts(dossier: Dossier) -> tuple[LoadedActs, Examination]:
    """The acts of the dossier, with check 4 begun: what can't be read or is another act is a fault already."""
    examination = Examination(SEALS_NUMBER, SEALS_NAME)
    acts: list[ActOnFile] = []
    opened: dict[ActId, OpenedSeal] = {}
    for line in dossier.header.acts:
        path = layout.act_path(line.act)
        try:
            act = read_sealed(dossier.read(path, limit=SEALED_LIMIT))
        except BrokenInputError as error:
            examination.fault(f"an act cannot be read: {error.what}", file=path, found=error.found)
            continue
        if act.id != line.act:
            examination.fault(
                "an act's content is not the one its name says", file=path, found=act.id, expected=line.act
            )
            continue
        _check_place(line, act.payload, dossier.header, examination)
        acts.append(ActOnFile(act.id, act.payload, line.direction, line.filed_at, act.sealed_at))
        opened[act.id] = act
    return LoadedActs(tuple(acts), opened), examination


def _check_place(line: ActLine, payload: Payload, header: DossierHeader, examination: Examination) -> None:
    """An act that is the exporter's own, or was sent to it, is of this case and cannot pass for an enclosure."""
    me = header.authority
    own = payload.issuer == me
    fits = {
        ActDirection.ISSUED: own,
        ActDirection.RECEIVED: not own and me in payload.to,
        ActDirection.ENCLOSED: not own,
    }
    if not fits[line.direction]:
        examination.fault(
            f"an act is listed as {line.direction}, which it cannot be",
            file=layout.act_path(line.act),
            found=f"from {payload.issuer} to {', '.join(payload.to) or 'nobody'}",
            expected=f"{line.direction} by or to {me}",
        )
    if payload.case != header.case and line.direction is not ActDirection.ENCLOSED:
        examination.fault(
            "an act belongs to another case", file=layout.act_path(line.act), found=payload.case, expected=header.case
        )


def check_seals(
    loaded: LoadedActs,
    exported: OpenedSeal | None,
    header: DossierHeader,
    registers: Registers,
    examination: Examination,
) -> Check:
    """Check 4.

    Steps:
        1. Every act is the SHA-256 its file is named after, of this case, and came in as the header says (`load_acts`).
        2. Its seals are the ones it names, each by its issuer's key as the directory had it then (RFC 7515, RFC 8037).
        3. The key was still valid when the act was filed; otherwise only a witness could tell that it was not back-dated.
           Nor does the newest directory version in the dossier say that it had ended before.
        4. The export act is the exporter's, about this case, and sealed the same way.
        5. The legal grade of every seal is shown.
    """
    grades: Counter[tuple[str, str, str]] = Counter()
    for act in loaded.acts:
        path = layout.act_path(act.id)
        # 2.
        findings = _seals(loaded.opened[act.id], registers, act, path, examination)
        for finding in findings:
            # 3.
            if not finding.still_valid:
                examination.doubt(
                    "an act was filed after its seal key had ended: whether it was sealed before, only its issuer says",
                    file=path,
                    found=f"sealed at {told(finding.sealed_at)}, filed at {told(act.filed_at)}",
                )
            _check_hindsight(finding, registers, path, examination)
            # 5.
            graded = grade_seal(finding, registers.of(act.payload.directory))
            grades[finding.authority, graded.grade, graded.words] += 1
    # 4.
    if exported is not None:
        _check_export(exported, header, registers, examination)
    for (authority, grade, words), count in sorted(grades.items()):
        examination.remark(f"{authority}: {number(count, 'seal')} of {grade} grade ({words})")
    return examination.close(
        f"Every act is unaltered and carries the seal of the authority that issued it ({len(loaded.acts):,} of them)."
    )


def _seals(
    opened: OpenedSeal, registers: Registers, act: ActOnFile, path: str, examination: Examination
) -> tuple[SealFinding, ...]:
    try:
        return verify_seals(opened, registers.of(opened.payload.directory), at=act.filed_at)
    except BrokenInputError as error:
        note = examination.doubt if error.code is ErrorCode.DIRECTORY_UNKNOWN else examination.fault
        note(
            f"the seal of {opened.payload.issuer} cannot be relied on: {error.what}",
            file=path,
            found=error.found,
            expected=error.expected,
        )
        return ()


def _check_hindsight(finding: SealFinding, registers: Registers, path: str, examination: Examination) -> None:
    """A key that was found to be stolen is ended in a later version, for a time before acts that named an earlier one."""
    newest = registers.newest
    try:
        if newest is not None:
            newest.seal_certificate(finding.authority, finding.x5t, finding.sealed_at)
    except BrokenInputError as error:
        examination.doubt(
            f"a later version of the directory says that the seal's key was not valid then: {error.what}",
            file=path,
            found=error.found,
            expected=error.expected,
        )


def _check_export(exported: OpenedSeal, header: DossierHeader, registers: Registers, examination: Examination) -> None:
    payload = exported.payload
    if (payload.issuer, payload.case) != (header.authority, header.case):
        examination.fault(
            "the export act is another authority's or about another case",
            file=layout.EXPORT_ACT,
            found=f"{payload.issuer}, case {payload.case}",
            expected=f"{header.authority}, case {header.case}",
        )
    for each in payload.body.left_out if isinstance(payload.body, DossierExported) else ():
        examination.remark(
            f"nothing of exhibit {each.exhibit[:8]} is shown: {LEFT_OUT[each.reason]}", file=layout.EXPORT_ACT
        )
    act = ActOnFile(exported.id, payload, ActDirection.ISSUED, exported.sealed_at, exported.sealed_at)
    _seals(exported, registers, act, layout.EXPORT_ACT, examination)


def check_approvals(loaded: LoadedActs, registers: Registers) -> Check:
    """Check 5.

    Steps:
        1. Every approval is a WebAuthn assertion over exactly this act, by a credential that the directory listed for
           that officer then, and that serves nothing else.
        2. Every act that demands, decides or refuses has an author, and an approval by another officer.
        3. What lifts a redaction by an act was approved by a judge: that act, or the one of another authority that it cites.
        4. Who approved with what is counted; software authenticators are named as such.
    """
    examination = Examination(APPROVALS_NUMBER, APPROVALS_NAME)
    lifting = [(act.id, act.body) for act in loaded.acts if isinstance(act.body, RedactionLifted)]
    judged = {body.decided_by or act for act, body in lifting if body.on_paper is None}
    kinds: Counter[tuple[str, str]] = Counter()
    needed = 0
    for act in loaded.acts:
        path = layout.act_path(act.id)
        # 1.
        try:
            findings = verify_approvals(loaded.opened[act.id], registers.of(act.payload.directory))
        except BrokenInputError as error:
            note = examination.doubt if error.code is ErrorCode.DIRECTORY_UNKNOWN else examination.fault
            note(f"an approval does not hold: {error.what}", file=path, found=error.found, expected=error.expected)
            continue
        # 2.
        if act.payload.act.type in NEEDS_APPROVAL:
            needed += 1
            _require_second_officer(act, findings, path, examination)
        # 3.
        if act.id in judged:
            _require_judge(act, findings, path, examination)
        # 4.
        kinds.update((finding.authority, grade_approval(finding).words) for finding in findings)
    for (authority, words), count in sorted(kinds.items()):
        examination.remark(f"{authority}: {number(count, 'approval')} by {words}")
    return examination.close(
        "Every act that demands or decides something was approved in person by an officer who did not write it "
        f"({needed:,} of them)."
    )


def _require_second_officer(
    act: ActOnFile, findings: Sequence[ApprovalFinding], path: str, examination: Examination
) -> None:
    author = act.payload.author
    approvers = [finding.officer for finding in findings if finding.purpose in APPROVING]
    if author is None:
        examination.fault(f"a {act.payload.act.type} act names no author, so nobody can be another officer", file=path)
    elif not approvers:
        examination.fault(
            f"a {act.payload.act.type} act carries no approval",
            file=path,
            found=f"author {author.officer}, no approval",
            expected="an approval by another officer",
        )
    elif all(officer == author.officer for officer in approvers):
        examination.fault(
            f"a {act.payload.act.type} act was approved only by the officer who wrote it",
            file=path,
            found=author.officer,
            expected="an approval by another officer",
        )


def _require_judge(act: ActOnFile, findings: Sequence[ApprovalFinding], path: str, examination: Examination) -> None:
    kinds = [finding.office_kind for finding in findings if finding.purpose in APPROVING]
    if OfficeKind.JUDGE not in kinds:
        examination.fault(
            f"a {act.payload.act.type} act lifts a redaction, and no judge approved it",
            file=path,
            found=f"approved as {', '.join(kinds) or 'nobody'}",
            expected="an approval by an officer in a judge's office",
        )
