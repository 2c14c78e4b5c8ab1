"""Text that came from elsewhere, for a terminal or a log."""

from unicodedata import category


def safe(text: str) -> str:
    """The text with every control and formatting character replaced: nothing in it moves a cursor or reverses a line."""
    return "".join("\N{REPLACEMENT CHARACTER}" if category(each) in ("Cc", "Cf") else each for each in text)
