"""How far an intake is, in one line, for whoever waits at a terminal."""

from comity.evidence.dossier.words import count, size_words
from comity.evidence.items.exhibits import PacedProgress

_MINUTE, _HOUR = 60, 3600


def progress_words(paced: PacedProgress) -> str:
    """Items and files, bytes of how many, rate, and time left where anything can be said of it."""
    far, total = paced.far, paced.total
    files = f"{far.files:,} of {count(total.files, 'file')}" if total else count(far.files, "file")
    size = f"{size_words(far.size)} of {size_words(total.size)}" if total else size_words(far.size)
    words = [f"{files} ({count(far.items, 'item')})", size]
    if paced.rate:
        words.append(f"{size_words(paced.rate)}/s")
    if paced.seconds_left is not None:
        words.append(f"{_duration(paced.seconds_left)} left")
    return ", ".join(words)


def _duration(seconds: int) -> str:
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min {seconds % _MINUTE:02} s"
    return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE:02} min"
