"""What a node answers, as a person reads it on a terminal. Ids stand in full and alone on their line: they are copied."""

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from comity.acts.payload import Payload
from comity.casework.custody.consult import ItemLine
from comity.casework.custody.hold import Taken
from comity.casework.custody.review_match import MatchLine
from comity.casework.desk.approve import Approved
from comity.casework.desk.case_alarms import CaseAlarm
from comity.casework.desk.casebook import ActText, CaseFile, CaseLine, ClockLine, DeliveryLine, TimelineLine
from comity.casework.desk.draft import Drafted
from comity.casework.ports.delivery import DeliveryState
from comity.entrypoints.cli.law_docket_pages import dues_in_words
from comity.entrypoints.cli.safe_text import safe
from comity.entrypoints.cli.telling import gap_table, plain
from comity.evidence.dossier.words import count, size_words
from comity.evidence.items.descriptors import ItemDescriptor

_INDENT = "    "
_OPEN_ENDED = "without a fixed end"


def print_json(value: object) -> None:
    """The value as indented JSON on standard output."""
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def say(*lines: str) -> None:
    """Plain lines on standard output."""
    for line in lines:
        typer.echo(safe(line))


def moment(instant: datetime | None) -> str:
    """An instant to the second, in UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if instant else "not known"


def print_cases(cases: Iterable[CaseLine]) -> None:
    """One line for each case, latest first; then what of them wants a person."""
    listed = list(cases)
    table = _table("Case", "Phase", "Acts", "Latest act")
    oldest = datetime.min.replace(tzinfo=UTC)
    for each in sorted(listed, key=lambda case: case.latest or oldest, reverse=True):
        table.add_row(each.case, each.phase.value, str(each.acts), moment(each.latest) if each.latest else "none yet")
    if table.row_count:
        _console().print(table)
    else:
        say("no cases yet")
    for each in listed:
        if each.alarms:
            _heading(f"Alarms in case {each.case}")
            print_alarms(each.alarms)


def print_alarms(alarms: Iterable[CaseAlarm]) -> None:
    """Each alarm of a case; of a limit its rule, its end on the clocks of both sides, and what follows."""
    for each in alarms:
        say(f"{each.code}  since {moment(each.since)}")
        if each.line:
            clock = each.line.clock
            follows = clock.consequence_text or clock.consequence
            doubt = " (how it is counted is unverified)" if clock.citation.verified and not clock.verified else ""
            say(
                f"{_INDENT}{clock.text}",
                f"{_INDENT}{clock.id}: {clock.citation.in_words()}{doubt}",
                f"{_INDENT}due {'; '.join(dues_in_words(each.line))}",
                *([f"{_INDENT}what follows: {follows}"] if follows else []),
                f"{_INDENT}set going by act {clock.started_by}",
            )


def print_case(file: CaseFile) -> None:
    """The whole case: where it stands, what happened, what it holds, which clocks run."""
    state = file.state
    say(f"case {state.case}  {state.phase.value}")
    if file.alarms:
        _heading("Alarms")
        print_alarms(file.alarms)
    _heading("Timeline")
    for line in file.timeline:
        _print_step(line)
    _heading("Matters")
    for matter in state.matters.values():
        say(f"{matter.procedure.value}: {matter.stage.value}  ({matter.instrument} {matter.measure})".rstrip())
        say(f"{_INDENT}opened by {matter.opened_by}")
        for part in matter.decisions:
            said = "granted" if part.granted else f"refused ({part.ground}): {part.reasons}"
            say(f"{_INDENT}part {part.label}: {said}")
        for condition in matter.conditions:
            say(f"{_INDENT}condition {condition.code}: {condition.text}".rstrip(": "))
    _print_holdings(file)
    if file.clocks:
        _heading("Clocks")
        print_clocks(file.clocks, traced=False)


def print_clocks(clocks: Iterable[ClockLine], *, traced: bool) -> None:
    """Each clock: where it stands and when it ends; with every step of the counting where `traced`."""
    for each in clocks:
        due = f"due {moment(each.due)}" if each.due else _OPEN_ENDED
        say(f"{each.state.value}  {each.kind}  {due}  {each.citation}")
        say(f"{_INDENT}{each.text}")
        if each.follows:
            say(f"{_INDENT}therefore now: {each.follows} ({each.consequence})")
        elif each.consequence:
            say(f"{_INDENT}otherwise: {each.consequence}")
        for step in each.trace if traced else ():
            say(f"{_INDENT}- {step}")


def print_act(text: ActText) -> None:
    """One act in full, who approved it, and how far it is on its way."""
    approved = (f"approved {approval.officer} ({approval.office})" for approval in text.approvals)
    sent = (f"sent     {line}" for line in delivery_lines(text.deliveries))
    print_payload(text.payload, f"act      {text.act}", after=(*approved, *sent))


def print_payload(payload: Payload, *before: str, after: Iterable[str] = ()) -> None:
    """What an act says: head, with more lines before and after, and body, as the JSON that is sealed."""
    say(f"{payload.act.type.value}  {payload.issuer} -> {', '.join(payload.to) or 'nobody else'}")
    head = [*before, f"case     {payload.case}", f"at       {moment(payload.at)}"]
    head.append(f"basis    {payload.act.instrument}, {payload.act.urgency.value}")
    head += [f"answers  {answered}" for answered in payload.re]
    if payload.author:
        head.append(f"author   {payload.author.officer} ({payload.author.office})")
    say(*(f"{_INDENT}{line}" for line in (*head, *after)))
    say(*msgspec.json.format(msgspec.json.encode(payload.body), indent=2).decode().splitlines())


def print_items(items: Iterable[ItemLine]) -> None:
    """Each item that may be opened: its id, and what it says about itself."""
    for each in items:
        say(each.item)
        _say_what_it_is(each.descriptor)


def print_match(items: Iterable[MatchLine]) -> None:
    """Each item that an order matches: where it stands, its id, and what it says about itself."""
    for each in items:
        say(f"{each.item}  {each.standing.value}{f' ({each.reason.value})' if each.reason else ''}")
        _say_what_it_is(each.descriptor)


def _say_what_it_is(item: ItemDescriptor) -> None:
    when = f"{moment(item.first)} to {moment(item.last)}" if item.first else "time not known"
    say(
        f"{_INDENT}{item.name}",
        f"{_INDENT}{item.category.value}, {size_words(item.size)}, {item.media_type}, {when}",
    )


def print_drafted(drafted: Drafted) -> None:
    """The draft's id and challenge, what the law advises, and what to do next."""
    say(f"draft      {drafted.draft}", f"case       {drafted.case}", f"challenge  {drafted.challenge}")
    if drafted.advice:
        say("", "advice (nothing here keeps it from being sent):")
        _console().print(gap_table(drafted.advice))
    say("", "Next: another officer reads exactly these bytes, and approves them:")
    say(f"  comity case read-draft {drafted.draft}", f"  comity case approve {drafted.draft} ...")


def print_approved(approved: Approved) -> None:
    """The act that the draft has become."""
    say(f"act    {approved.act}", f"case   {approved.case}", f"entry  {approved.index} of this node's ledger")
    if approved.software:
        say("UNSAFE: approved by a software authenticator, and shown as such wherever the act is.")


def print_taken(taken: Taken) -> None:
    """What was taken in, and what was left out and why."""
    intake = taken.intake
    say(f"act      {taken.act}", f"exhibit  {taken.exhibit}", f"root     {intake.root}")
    say(f"{count(intake.items, 'item')}, {size_words(intake.size)} in {count(intake.segments, 'segment')}")
    if intake.zone:
        say(f"times that say no zone were read as those of {intake.zone}")
    for left in intake.left_out.counts if intake.left_out else ():
        say(f"left out, or changed: {left.entries} for {left.reason.value}")
    for each in intake.examples:
        say(f"{_INDENT}{each.name} ({each.reason.value})")


def delivery_lines(deliveries: Iterable[DeliveryLine]) -> Iterable[str]:
    """One line for each addressee: how far it is, what the last attempt came to and when, and when it is tried again."""
    for each in deliveries:
        words = [f"to {each.peer}: {each.state.value}"]
        if each.delivered_at:
            words.append(f"at {moment(each.delivered_at)}")
        if each.code:
            words.append(f"{each.code}, attempt {each.attempts} at {moment(each.tried_at)}")
        if each.next_at and each.state is DeliveryState.PENDING:
            words.append(f"again at {moment(each.next_at)}")
        if each.state is DeliveryState.FAILED:
            words.append("not tried again: an officer must look")
        if each.state is DeliveryState.BY_HAND:
            words.append("it has no node: send the form, then record it (comity case sent-by-hand)")
        yield "; ".join(words)


def rows(pairs: Iterable[tuple[str, str]]) -> None:
    """Two columns, the second folded on a terminal; each line of a value on a line of its own."""
    lines = [(left, right.split("\n")) for left, right in pairs]
    console = _console()
    if not console.is_terminal:
        width = max((len(left) for left, _ in lines), default=0)
        for left, (first, *more) in lines:
            say(f"{left:<{width}}  {first}", *(f"{'':<{width}}  {line}".rstrip() for line in more))
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for left, right in lines:
        grid.add_row(plain(left), Text("\n").join(plain(line) for line in right))
    console.print(grid)


def _print_step(line: TimelineLine) -> None:
    to = f" -> {', '.join(line.to)}" if line.to else ""
    sent = ", ".join(f"{peer}: {how}" for peer, how in line.delivery.items())
    say(
        f"{moment(line.filed_at)}  {line.type}  {line.issuer}{to}  ({line.direction.value}{'; ' + sent if sent else ''})"
    )
    say(f"{_INDENT}{line.act}")
    for said in delivery_lines(each for each in line.deliveries if each.code):
        say(f"{_INDENT}{said}")


def _print_holdings(file: CaseFile) -> None:
    holds, exhibits = file.state.holds.values(), file.state.exhibits.values()
    if not holds and not exhibits:
        return
    _heading("Holds and exhibits")
    for hold in holds:
        say(f"hold     {hold.exhibit}  at {hold.custodian}: {count(hold.items, 'item')}, {size_words(hold.size)}")
        say(f"{_INDENT}confirmed by {hold.confirmed_by}")
    for each in exhibits:
        aside = sum(count for _, count in each.quarantined)
        say(
            f"exhibit  {each.exhibit}  {each.state.value}: {count(each.items, 'item')}, opened {count(each.openings, 'time')}"
        )
        if aside:
            say(f"{_INDENT}{count(aside, 'item')} in quarantine, unseen")


def _heading(words: str) -> None:
    _console().print()
    _console().print(Text(words, "bold"))


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=200)
