"""How the command line says no: one form for everything that goes wrong as expected.

Everything goes to standard error, so that standard output stays what was asked for. Text that came from elsewhere is never
read as markup and never as a control sequence.
"""

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from comity.entrypoints.cli.exits import ExitCode
from comity.entrypoints.cli.safe_text import safe
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Gap, Refusal

_AGAIN = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.BEHIND_WITNESSES})
_WIDE = 160


def tell_broken(error: BrokenInputError) -> ExitCode:
    """Says what happened, what was found, what was expected, and what to do."""
    _tell("Not done", error.code, error.what, {"found": error.found, "expected": error.expected, "do": error.do})
    return ExitCode.UNAVAILABLE if error.code in _AGAIN else ExitCode.FAILED


def tell_refusal(refusal: Refusal) -> ExitCode:
    """Says why not: every gap in one table, each with the provision that demands it."""
    _tell("Refused", refusal.code, refusal.what, {"do": refusal.do})
    if refusal.gaps:
        _console().print(gap_table(refusal.gaps))
    return ExitCode.REFUSED


def tell_system(error: OSError) -> ExitCode:
    """Says what the operating system would not do: a file that can't be written, a port that is taken."""
    where = " -> ".join(str(each) for each in (error.filename, error.filename2) if each is not None)
    what = f"the operating system says: {error.strerror or str(error) or type(error).__name__}"
    _tell("Not done", "operating-system", what, {"found": where})
    return ExitCode.FAILED


def tell_done(what: str) -> None:
    """Says on standard error what was done, where standard output is for something else."""
    _console().print(plain(what), soft_wrap=True)


def tell_missing_extra(module: str) -> ExitCode:
    """Says that the base install has only the verifier, in one line."""
    _console().print(
        Text(f"This command needs the node: pip install 'comity[node]' (the module {module} is not installed)."),
        soft_wrap=True,
    )
    return ExitCode.NEEDS_NODE_EXTRA


def gap_table(gaps: tuple[Gap, ...]) -> Table:
    """One row for each gap: where, what, and by which article."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("Field", overflow="fold")
    table.add_column("What is missing or wrong", overflow="fold")
    table.add_column("Provision", overflow="fold")
    for gap in gaps:
        table.add_row(plain(gap.field), plain(gap.message), plain(gap.citation))
    return table


def plain(text: str) -> Text:
    """Text that rich prints and never interprets, safe for a terminal."""
    return Text(safe(text))


def _tell(kind: str, code: str, what: str, more: Mapping[str, str]) -> None:
    console = _console()
    console.print(Text.assemble((f"{kind}: ", "bold red"), plain(what), f" [{code}]"), soft_wrap=True)
    for label, value in more.items():
        for line in value.splitlines():
            console.print(Text.assemble(f"  {label:<9}", plain(line)), soft_wrap=True)


def _console() -> Console:
    console = Console(stderr=True, highlight=False)
    return console if console.is_terminal else Console(stderr=True, highlight=False, width=_WIDE)
