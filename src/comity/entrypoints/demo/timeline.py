"""What the demo prints: numbered steps, one line for each thing that happened, and how long it took."""

import time
from datetime import datetime

from rich.console import Console
from rich.markup import escape


class Timeline:
    """Writes to the terminal as things happen. Times are of the demo's start, in seconds."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._start = time.monotonic()

    def title(self, text: str) -> None:
        """The demo's heading."""
        self._console.print()
        self._console.print(f"[bold]{escape(text)}[/bold]")

    def step(self, number: int, name: str, about: str) -> None:
        """A numbered step begins."""
        self._console.print()
        self._console.print(f"[bold cyan]{number:>2}. {escape(name)}[/bold cyan]  {escape(about)}")

    def happened(self, who: str, what: str, detail: str = "") -> None:
        """Something was done."""
        self._line("green", "+", who, what, detail)

    def refused(self, who: str, what: str, detail: str = "") -> None:
        """Something was refused, as it must be."""
        self._line("yellow", "x", who, what, detail)

    def note(self, text: str) -> None:
        """A remark, e.g. progress of something long."""
        self._console.print(f"           [dim]{escape(text)}[/dim]")

    def clock(self, text: str, trace: tuple[str, ...]) -> None:
        """A legal clock and how its end was counted."""
        self._console.print(f"           [magenta]clock[/magenta] {escape(text)}")
        for line in trace:
            self._console.print(f"                 [dim]{escape(line)}[/dim]")

    def _line(self, colour: str, sign: str, who: str, what: str, detail: str) -> None:
        seconds = time.monotonic() - self._start
        text = f"{seconds:7.1f}s [{colour}]{sign}[/{colour}] [bold]{escape(who):<20}[/bold] {escape(what)}"
        self._console.print(text + (f"  [dim]{escape(detail)}[/dim]" if detail else ""))


def due_words(due: datetime | None) -> str:
    """A due time as a person reads it, or that there is no number."""
    return f"{due:%d %B %Y %H:%M} UTC" if due else "no number of days"
