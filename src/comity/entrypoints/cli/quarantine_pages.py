"""What a node answers a filter team, as a person reads it on a terminal."""

from collections.abc import Sequence

from msgspec import Struct

from comity.casework.custody.quarantine import AsideLine, QuarantineLine
from comity.entrypoints.cli.pages import moment, say
from comity.evidence.dossier.words import count, size_words
from comity.vocabulary.identifiers import ActId


class AsideShown(Struct, frozen=True):
    """The list of what lies aside, as the node answers it."""

    act: ActId
    lines: tuple[AsideLine, ...]


def print_quarantine(lines: Sequence[QuarantineLine]) -> None:
    """One paragraph for each exhibit of which something lies aside: counts, codes, and the term."""
    for line in lines:
        codes = ", ".join(f"{items} {code}" for code, items in line.codes)
        ends = f"destroyed at {moment(line.until)} by the office's own rule" if line.until else "no term is set"
        say(
            f"case     {line.case}",
            f"exhibit  {line.exhibit}",
            f"  {count(line.items, 'item')} aside (came: {codes}); "
            + (f"being destroyed: {line.destroying}" if line.destroying else ends),
        )
    if not lines:
        say("nothing lies in quarantine that you may see")


def print_aside(shown: AsideShown) -> None:
    """Each item that lies aside: its id, why, and what its supplier says it is."""
    for line in shown.lines:
        one = line.descriptor
        said = f"{one.name}, {one.category.value}, {size_words(one.size)}" if one else "its description cannot be read"
        say(line.item, f"    {line.code or 'not said'}: {said}")
    say("", f"on record as act {shown.act}")
