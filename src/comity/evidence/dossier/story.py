"""What a dossier says to people: the same rows for its PDF and for its plain-text index.

A story adds nothing: every row comes from an act, from the directory or from an item's descriptor. Only the clocks are
given, because the law is not part of what a verifier knows. The pages are covered by the export act's seal; the checks
never read them.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from msgspec import Struct

from comity.acts.bodies import (
    DisclosureDecided,
    DisclosureRequested,
    ExhibitHandedOver,
    ExhibitTakenIn,
    HoldConfirmed,
)
from comity.acts.matters import ScopePart
from comity.acts.redaction_bodies import ItemRedacted
from comity.acts.seal_format import Approval
from comity.evidence.dossier.custody import Custody, custody_of
from comity.evidence.dossier.custody_certificate import Rereading
from comity.evidence.dossier.format import ActOnFile, DossierHeader
from comity.evidence.dossier.words import count, plain, sentence, size_words, told
from comity.evidence.dossier.write import ExhibitContents
from comity.evidence.items.descriptors import unframe
from comity.trust.directory import Directory
from comity.trust.seals import OpenedSeal, read_sealed
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import ActId, AuthorityId, ExhibitId
from comity.vocabulary.instants import Instant, Period, rfc3339

ITEMS_NAMED = 200
"""Items of one exhibit that the pages list; the rest are counted and stand in items.jsonl."""


class PartyRow(Struct, frozen=True):
    """One authority that acted or was addressed."""

    id: str
    name: str
    country: str
    kinds: str


class StepRow(Struct, frozen=True):
    """One act: when it was filed, who did what towards whom, who approved it, and its id."""

    filed_at: Instant
    issuer: str
    to: str
    what: str
    approved: str
    instrument: str
    act: str
    direction: str


class PartRow(Struct, frozen=True):
    """One part of what was asked to be disclosed, and what became of it."""

    label: str
    scope: str
    decision: str
    ground: str
    reasons: str


class HoldRow(Struct, frozen=True):
    """One hold, or an intake without one: who has it, its root, how much, and until when."""

    exhibit: str
    custodian: str
    root: str
    items: int
    size: str
    since: Instant
    until: Instant | None = None


class ItemRow(Struct, frozen=True):
    """One item of the dossier, by its number there."""

    number: int
    name: str
    size: str
    kind: str
    period: str
    sha256: str


class ExhibitRow(Struct, frozen=True):
    """One exhibit in the dossier; `items` are the first of `count`, `kept_out` those with a redacted copy in their place."""

    exhibit: str
    hold_root: str
    count: int
    size: str
    withheld: str
    quarantined: str
    kept_out: int
    items: tuple[ItemRow, ...]


class CopyRow(Struct, frozen=True):
    """One redacted copy in the dossier: what is missing in it, and where its original is."""

    derived: str
    exhibit: str
    missing: str
    original: str
    size: str
    sha256: str
    act: str


class CustodyRow(Struct, frozen=True):
    """One event in the chain of custody, with the act that shows it."""

    at: Instant
    exhibit: str
    holder: str
    what: str
    act: str


class ClockRow(Struct, frozen=True):
    """One legal time limit as the exporter's law files explain it."""

    name: str
    started: Instant
    due: Instant | None
    state: str
    citation: str
    explanation: str = ""


class Story(Struct, frozen=True):
    """Everything the pages show."""

    case: str
    authority: str
    authority_name: str
    exported_at: Instant
    purpose: str
    root_digest: str
    parties: tuple[PartyRow, ...]
    steps: tuple[StepRow, ...]
    parts: tuple[PartRow, ...]
    holds: tuple[HoldRow, ...]
    exhibits: tuple[ExhibitRow, ...]
    custody: tuple[CustodyRow, ...]
    clocks: tuple[ClockRow, ...]
    copies: tuple[CopyRow, ...] = ()


def tell(
    header: DossierHeader,
    acts: Mapping[ActId, bytes],
    directory: Directory,
    exhibits: Mapping[ExhibitId, ExhibitContents],
    *,
    root_digest: str,
    purpose: str = "",
    clocks: Sequence[ClockRow] = (),
    rereadings: Mapping[ExhibitId, Sequence[Rereading]] = MappingProxyType({}),
) -> Story:
    """The story of a dossier. `acts` are sealed bytes as kept; `root_digest` is the SHA-256 of the federation's root.json.

    `rereadings` are what the exporter's own thread says of what it stores, oldest first.

    Raises `BrokenInputError` where an act can't be read: such a dossier would be invalid anyway.
    """
    opened = {name: read_sealed(sealed) for name, sealed in acts.items()}
    filed = [
        ActOnFile(line.act, opened[line.act].payload, line.direction, line.filed_at, opened[line.act].sealed_at)
        for line in header.acts
    ]
    custody = custody_of(filed, header.authority)
    return Story(
        case=header.case,
        authority=header.authority,
        authority_name=_name(directory, header.authority),
        exported_at=header.exported_at,
        purpose=plain(purpose),
        root_digest=root_digest,
        parties=_parties(filed, directory, header.authority),
        steps=tuple(_step(act, opened[act.id], directory) for act in filed),
        parts=_parts(filed),
        holds=_holds(filed),
        exhibits=tuple(_exhibit(name, exhibits[name], filed, custody) for name in sorted(exhibits)),
        custody=_custody(custody, [*_reread(custody, header.authority, rereadings)]),
        clocks=tuple(clocks),
        copies=_copies(filed, header, exhibits),
    )


def _name(directory: Directory, authority: AuthorityId) -> str:
    return plain(directory.authority(authority).name) if directory.knows(authority) else authority


def _parties(acts: Sequence[ActOnFile], directory: Directory, exporter: AuthorityId) -> tuple[PartyRow, ...]:
    names = {exporter, *(act.issuer for act in acts), *(to for act in acts for to in act.payload.to)}
    rows = []
    for name in sorted(names):
        if directory.knows(name):
            entry = directory.authority(name)
            kinds = ", ".join(kind.value for kind in entry.kinds)
            rows.append(PartyRow(name, plain(entry.name), entry.country, kinds))
        else:
            rows.append(PartyRow(name, name, "", "not in this version of the directory"))
    return tuple(rows)


def _step(act: ActOnFile, opened: OpenedSeal, directory: Directory) -> StepRow:
    payload = act.payload
    return StepRow(
        filed_at=act.filed_at,
        issuer=payload.issuer,
        to=", ".join(payload.to),
        what=sentence(payload),
        approved=", ".join(_approver(act, approval, directory) for approval in opened.approvals),
        instrument=payload.act.instrument,
        act=act.id,
        direction=act.direction.value,
    )


def _approver(act: ActOnFile, approval: Approval, directory: Directory) -> str:
    """The officer, and that no person's device was involved where the directory says so."""
    try:
        known = directory.credential(act.issuer, approval.officer, approval.credential, act.sealed_at)
    except BrokenInputError:
        return f"{approval.officer} (credential unknown)"
    return f"{approval.officer} (software authenticator)" if known.software else approval.officer


def _parts(acts: Sequence[ActOnFile]) -> tuple[PartRow, ...]:
    asked = [part for act in acts if isinstance(act.body, DisclosureRequested) for part in act.body.scope]
    decided = {part.label: part for act in acts if isinstance(act.body, DisclosureDecided) for part in act.body.parts}
    rows = []
    for part in asked:
        decision = decided.get(part.label)
        said = "not decided" if decision is None else "granted" if decision.granted else "refused"
        ground, reasons = (decision.ground, decision.reasons) if decision else ("", "")
        rows.append(PartRow(plain(part.label), _scope(part), said, plain(ground), plain(reasons)))
    return tuple(rows)


def _scope(part: ScopePart) -> str:
    words = [", ".join(category.value for category in part.categories)]
    if part.period is not None:
        words.append(_period(part.period))
    if part.names:
        words.append("named: " + ", ".join(plain(name, 120) for name in part.names[:10]))
    if part.targets:
        words.append("of: " + ", ".join(f"{each.kind.value} {plain(each.value, 120)}" for each in part.targets[:10]))
    return "; ".join(words)


def _period(period: Period) -> str:
    return _span(period.start, period.end)


def _holds(acts: Sequence[ActOnFile]) -> tuple[HoldRow, ...]:
    rows = []
    for act in acts:
        body = act.body
        if isinstance(body, HoldConfirmed):
            rows.append(
                HoldRow(
                    body.exhibit, act.issuer, body.root, body.items, size_words(body.size), body.effected_at, body.until
                )
            )
        elif isinstance(body, ExhibitTakenIn):
            taken_at = act.payload.at
            rows.append(HoldRow(body.exhibit, act.issuer, body.root, body.items, size_words(body.size), taken_at))
    return tuple(rows)


def _exhibit(name: ExhibitId, contents: ExhibitContents, acts: Sequence[ActOnFile], custody: Custody) -> ExhibitRow:
    seal = contents.seal
    given = [act.body for act in acts if isinstance(act.body, ExhibitHandedOver) and act.body.exhibit == name]
    withheld = given[-1].withheld if given else ()
    aside = [each for each in custody.quarantines if each.exhibit == name]
    items = []
    for item in islice(contents.items(), ITEMS_NAMED):
        descriptor = unframe(item.frame)
        period = "" if descriptor.first is None or descriptor.last is None else _span(descriptor.first, descriptor.last)
        items.append(
            ItemRow(
                number=item.number,
                name=plain(descriptor.name, 160),
                size=size_words(descriptor.size),
                kind=f"{descriptor.category.value}, {plain(descriptor.media_type, 80)}",
                period=period,
                sha256=descriptor.sha256.hex(),
            )
        )
    return ExhibitRow(
        exhibit=name,
        hold_root=seal.hold_root,
        count=seal.items,
        size=size_words(seal.size),
        withheld="; ".join(f"{part.items:,} {part.reason.value}" for part in withheld) or "none",
        quarantined="; ".join(f"{each.items:,} {each.code.value} by {each.authority}" for each in aside) or "none",
        kept_out=len(seal.kept_out),
        items=tuple(items),
    )


def _copies(
    acts: Sequence[ActOnFile], header: DossierHeader, exhibits: Mapping[ExhibitId, ExhibitContents]
) -> tuple[CopyRow, ...]:
    out = {each.item for exhibit in exhibits.values() for each in exhibit.seal.kept_out}
    there = frozenset(header.derived)
    return tuple(
        CopyRow(
            derived=body.derived,
            exhibit=body.exhibit,
            missing="; ".join(f"{each.kind} in {count(each.places, 'place')} ({each.reason})" for each in body.removed)
            or f"the names of {count(body.persons, 'person')}",
            original="kept out: a provisional redaction stands"
            if body.item in out
            else f"beside it, SHA-256 {body.original}",
            size=size_words(body.size),
            sha256=body.digest,
            act=act.id,
        )
        for act in acts
        if isinstance(body := act.body, ItemRedacted) and body.derived in there
    )


def _span(first: Instant, last: Instant) -> str:
    return told(first) if first == last else f"{told(first)} to {told(last)}"


def _reread(
    custody: Custody, authority: AuthorityId, rereadings: Mapping[ExhibitId, Sequence[Rereading]]
) -> Iterator[CustodyRow]:
    """One row for each exhibit that was read again since it came: how often, and what was found last."""
    came = {each.exhibit: each.taken_at for each in custody.hand_overs if each.taker == authority}
    for exhibit, at in came.items():
        rounds = [each for each in rereadings.get(exhibit, ()) if at is not None and each.begun_at >= at]
        if rounds:
            last = rounds[-1]
            what = f"{last.what} ({count(len(rounds), 'round')} since it came, by acts of its own that are not in this dossier)"
            yield CustodyRow(last.at, exhibit, authority, what, last.act)


def _custody(custody: Custody, reread: Sequence[CustodyRow]) -> tuple[CustodyRow, ...]:
    rows = list(reread)
    rows += [CustodyRow(each.since, each.exhibit, each.holder, each.began, each.by) for each in custody.taken_in]
    rows += [
        CustodyRow(each.until, each.exhibit, each.holder, "gave the exhibit back", each.ended_by)
        for each in custody.returned
        if each.until is not None
    ]
    for each in custody.hand_overs:
        rows.append(CustodyRow(each.given_at, each.exhibit, each.giver, "handed the exhibit over", each.given))
        if each.taken_at is not None:
            rows.append(
                CustodyRow(each.taken_at, each.exhibit, each.taker, f"received it from {each.giver}", each.taken)
            )
    for opening in custody.openings:
        what = f"{plain(opening.officer)} opened {opening.seen}, purpose {plain(opening.purpose, 80)}"
        rows.append(CustodyRow(opening.at, opening.exhibit, opening.authority, what, opening.act))
    for aside in custody.quarantines:
        what = f"put {count(aside.items, 'item')} aside unseen ({aside.code})"
        rows.append(CustodyRow(aside.at, aside.exhibit, aside.authority, what, aside.act))
    return tuple(sorted(rows, key=lambda row: row.at))


def index_text(story: Story) -> str:
    """The plain-text index: who, what, when, and how to check it. Lines end in a newline; nothing in it can forge a line."""
    lines = [
        "DOSSIER",
        f"Case {story.case}",
        f"Exported by {story.authority} ({story.authority_name}) at {rfc3339(story.exported_at)}",
        "",
        "HOW TO CHECK IT",
        "  comity verify dossier.zip --trust trust.json",
        "  Get trust.json from someone you trust, not from whoever gave you the dossier.",
        "  To see that no file was damaged, any tool will do: unpack, then `sha256sum -c manifest-sha256.txt`.",
        f"  The directory's root has the SHA-256 {story.root_digest}.",
        "",
        "PARTIES",
        *(f"  {row.id}: {row.name}, {row.country} ({row.kinds})" for row in story.parties),
        "",
        "STEPS, in the order of the exporter's ledger",
    ]
    for step in story.steps:
        to = f" -> {step.to}" if step.to else ""
        lines.append(f"  {rfc3339(step.filed_at)}  {step.issuer}{to}: {step.what}")
        approved = f", approved by {step.approved}" if step.approved else ""
        lines.append(f"    {step.direction}, {step.instrument}{approved}, data/acts/{step.act}.json")
    lines += ["", "EXHIBITS"]
    for exhibit in story.exhibits:
        lines.append(
            f"  {exhibit.exhibit}: {count(exhibit.count, 'item')}, {exhibit.size}; withheld: {exhibit.withheld}; "
            f"quarantined: {exhibit.quarantined}" + (f"; kept out: {exhibit.kept_out:,}" if exhibit.kept_out else "")
        )
        lines += [f"    items/{item.number:08}.bin  {item.size}  {item.kind}  {item.name}" for item in exhibit.items]
        if exhibit.count > len(exhibit.items):
            lines.append(f"    and {exhibit.count - len(exhibit.items):,} more in items.jsonl")
    if story.copies:
        lines += ["", "REDACTED COPIES"]
    for copy in story.copies:
        lines.append(f"  data/derived/{copy.derived}.bin  {copy.size}  missing: {copy.missing}")
        lines.append(f"    original: {copy.original}; made by data/acts/{copy.act}.json")
    return "".join(f"{line}\n" for line in lines)
