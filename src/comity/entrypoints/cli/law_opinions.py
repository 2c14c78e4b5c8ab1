"""What the law says about one act, asked offline or of a node, and laid out: findings first, then grounds, then notes."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from comity.casework.desk.advise import ActOpinion
from comity.entrypoints.cli.client_options import client
from comity.entrypoints.cli.law_files import law_of, read_act, state
from comity.entrypoints.cli.law_layout import Sheet
from comity.entrypoints.cli.law_versions import moved_in_words
from comity.law.calendars import day_in_words
from comity.law.corpus import Instrument
from comity.law.matters import FactValue, Participant
from comity.law.opinions import Circumstances, GroundStanding, Opinion, Told, opinion
from comity.law.terms import Severity, Side
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_WEIGHTS = {
    Severity.BLOCKS: "blocks",
    Severity.REFUSABLE: "may be refused",
    Severity.ADVISES: "look at it",
}
_STANDINGS = {
    GroundStanding.OPEN: "may refuse on",
    GroundStanding.NOT_KNOWN: "perhaps, if it reserved this (not known here)",
    GroundStanding.NOT_IN_POINT: "not against this act",
    GroundStanding.NOT_RESERVED: "not without a reservation, and it made none",
}


class Looked(Struct, frozen=True):
    """The words of the command line."""

    file: Path | None
    requesting: str
    requested: tuple[str, ...]
    addressee: OfficeKind | None
    drafted_by: OfficeKind | None
    approved_by: tuple[OfficeKind, ...] | None
    measure: str
    answering: Path | None
    facts: tuple[str, ...]
    on: datetime


def ask_opinion(looked: Looked, own: Path | None) -> Opinion:
    """The opinion on the act in the file. Raises `BrokenInputError` for what can't be read or is not said."""
    if looked.file is None:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "which act is to be checked?",
            expected="a file, or --draft DRAFT or --act ACT with --url and --token-file",
            do="comity case example preservation-requested > request.toml",
        )
    if not looked.requesting or not looked.requested:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "between which states? A draft names authorities, and without a node nobody knows where they are",
            expected="--from PT --to DE",
        )
    law = law_of(own)
    payload = read_act(looked.file, law)
    around = Circumstances(
        issuer=Participant(state(looked.requesting, "--from")),
        addressees=tuple(Participant(state(each, "--to"), looked.addressee) for each in looked.requested),
        at=looked.on,
        approvers=looked.approved_by,
        drafter=looked.drafted_by,
        measure=looked.measure or None,
        opening=read_act(looked.answering, law) if looked.answering else None,
        facts=_facts(looked.facts, law.instruments.get(payload.act.instrument)),
    )
    return opinion(law, payload, around)


def ask_node(draft: str, act: str, url: str, token_file: Path | None) -> Opinion:
    """The opinion of a node, which knows who stands where and who approved; on an act by the law of its day."""
    if not url or token_file is None:
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "which node keeps it?",
            expected="--url and --token-file (or COMITY_URL, COMITY_TOKEN_FILE)",
        )
    node = client(url, token_file)
    return node.get(Opinion, "drafts", draft, "findings") if draft else node.get(ActOpinion, "acts", act, "findings")


def _facts(said: tuple[str, ...], instrument: Instrument | None) -> Mapping[str, FactValue]:
    facts: dict[str, FactValue] = {}
    known = instrument.file.facts if instrument else {}
    for each in said:
        name, _, value = each.partition("=")
        if name not in known or not value:
            raise BrokenInputError(
                ErrorCode.MALFORMED,
                "the instrument declares no such fact, or it has no value",
                found=each,
                expected="\n".join(f"{name}=...  {words}" for name, words in known.items()) or "none",
            )
        facts[name] = {"yes": True, "true": True, "no": False, "false": False}.get(value, value)
    return facts


def print_opinion(found: Opinion) -> None:
    """All of it, the gravest first."""
    sheet = Sheet()
    named = f", {found.measure}" if found.measure else ""
    sheet.title(f"{found.act} under {found.instrument}{named}, by the law of {day_in_words(found.on.date())}")
    for side, words in ((Side.SENDING, "it can't be sent"), (Side.RECEIVING, "it can't be taken")):
        number = sum(told.weights.get(side) is Severity.BLOCKS for told in found.findings)
        sheet.line(
            f"{side.value} side: "
            + (f"{words}: {number} findings stand against it" if number else "nothing stands against it")
        )
    if found.findings:
        sheet.heading("Findings")
    for told in sorted(found.findings, key=_gravity):
        sheet.line()
        sheet.line(f"{told.field}: {told.message}", style="bold")
        sheet.labelled(_finding(told))
    for standing, words in _STANDINGS.items():
        rows = [ground for ground in found.grounds if ground.standing is standing]
        if rows:
            sheet.heading(f"Grounds of refusal: {words}")
        sheet.labelled(
            ((g.country, f"{g.code}: {g.text} [{g.article}{'' if g.verified else ', UNVERIFIED'}]") for g in rows),
            width=4,
        )
    if found.notes:
        sheet.heading("Bears on it")
    sheet.labelled((("", f"{note.text} [{note.citation}]") for note in found.notes), width=1)
    sheet.line()
    _print_day(sheet, found)
    sheet.line(f"Law {found.law[:12]}. UNVERIFIED: nobody has read that text yet; check it before you rely on it.")


def _print_day(sheet: Sheet, found: Opinion) -> None:
    """Whether this is the law that the act was made under, and what the law in force tells otherwise."""
    if isinstance(found, ActOpinion):
        _print_today(sheet, found)
    elif not found.of_its_day:
        sheet.line(
            f"NOT THE LAW IT WAS MADE UNDER: its issuer judged this act by law {str(found.made_under)[:12]}, whose files are not"
            " these. A node that had it in force keeps it: comity law check --act ACT --url ... --token-file ..."
        )


def _print_today(sheet: Sheet, found: ActOpinion) -> None:
    if found.not_kept:
        sheet.line(f"NOT THE LAW IT WAS MADE UNDER: {found.not_kept}. This is by the law in force at the node.")
    elif found.law != found.in_force:
        sheet.line(f"By law {found.law[:12]}, as its issuer judged it; in force at the node is {found.in_force[:12]}.")
    if found.today or found.clocks:
        sheet.heading("Today's law tells otherwise")
    for change in found.today:
        was, now = change.before or "not told", change.after or "no longer told"
        sheet.labelled(
            [(change.kind.value, f"{change.about}: {change.text} [{change.article}]: {was} -> {now}")], width=8
        )
    for clock in found.clocks:
        sheet.labelled(moved_in_words(clock), width=8)
    sheet.line()


def _gravity(told: Told) -> int:
    order = list(Severity)
    return min(order.index(weight) for weight in told.weights.values())


def _finding(told: Told) -> Iterator[tuple[str, str]]:
    for side, weight in told.weights.items():
        yield side.value, _WEIGHTS[weight]
    yield "stands at", (told.citation or "no provision: the law at hand does not know it")
    if not told.verified and "unverified" not in told.citation:
        yield "", "UNVERIFIED"
    if told.who_text:
        yield "to mend by", told.who_text
    yield "rule", told.code
