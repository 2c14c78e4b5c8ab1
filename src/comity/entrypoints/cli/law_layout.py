"""Answers of the law laid out for reading: at most a hand's width of text, labels on the left, long lines folded.

Text is never read as markup and never as a control sequence. What is piped has the same width as a narrow terminal.
"""

from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from comity.entrypoints.cli.telling import plain

NARROW, WIDE = 80, 100
STYLES = {
    "blocks": "bold red",
    "lapsed": "bold red",
    "refusable": "yellow",
    "suspended": "yellow",
    "running": "green",
    "open": "green",
}
"""How codes are coloured where there is colour; the word itself always stands there."""


class Sheet:
    """One answer on the terminal, written from top to bottom."""

    def __init__(self) -> None:
        console = Console(highlight=False)
        width = min(console.width, WIDE) if console.is_terminal else NARROW
        self._console = Console(highlight=False, width=width)

    def title(self, words: str) -> None:
        """The first line: what was asked."""
        self._console.print(Text(plain(words).plain, "bold"))

    def heading(self, words: str) -> None:
        """A part begins."""
        self._console.print()
        self._console.print(Text(plain(words).plain, "bold underline"))

    def line(self, words: str = "", *, indent: int = 0, style: str = "") -> None:
        """One paragraph, folded; an empty line without words."""
        if not words:
            self._console.print()
            return
        self._console.print(Padding(Text(plain(words).plain, style), (0, 0, 0, indent), expand=False))

    def labelled(self, rows: Iterable[tuple[str, str]], *, indent: int = 3, width: int = 12) -> None:
        """Labels and paragraphs in two columns; a label that repeats stands once."""
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=width, no_wrap=True)
        grid.add_column(overflow="fold")
        before = ""
        for label, words in rows:
            shown = "" if label == before else label
            grid.add_row(Text(plain(shown).plain, STYLES.get(shown, "")), plain(words))
            before = label
        if grid.row_count:
            self._console.print(Padding(grid, (0, 0, 0, indent), expand=False))
