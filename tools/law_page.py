"""Writes docs/law-rules.md, every rule of the packaged law with citation, source and standing: python tools/law_page.py."""

from collections.abc import Iterator
from pathlib import Path

from comity.law.checks import provisions
from comity.law.corpus import Instrument
from comity.law.explain import clock_in_words, note_in_words
from comity.law.instruments import ClockRule, Note
from comity.law.packaged import packaged_law
from comity.law.rows import Provision

PAGE = Path(__file__).parents[1] / "docs" / "law-rules.md"

_HEAD = """# Every rule of the packaged law

Made by `tools/law_page.py` from `src/comity/law/instruments`; change the files there. How to read, add and verify a rule
is said in [law.md](law.md). A rule marked **unverified** rests on a text that nobody has read yet, and says so wherever it is
shown. No number stands where the law states none.

"""

_TEXTS = ("title", "message", "text")


def page() -> str:
    """The whole page."""
    law = packaged_law()
    instruments = sorted(law.instruments.values(), key=lambda each: each.head.id)
    return _HEAD + _summary(instruments) + "".join(_instrument(each) for each in instruments)


def unverified(instrument: Instrument) -> int:
    """How many of its rules rest on text nobody read."""
    return sum(not row.verified for _, row in provisions(instrument.file))


def _summary(instruments: list[Instrument]) -> str:
    rows = "".join(
        f"| {each.head.id} | {each.head.title} | {len(list(provisions(each.file)))} | {unverified(each)} | {_standing(each)} |\n"
        for each in instruments
    )
    return f"| instrument | title | rules | unverified | in force |\n|---|---|---|---|---|\n{rows}\n"


def _standing(instrument: Instrument) -> str:
    span = instrument.head.application
    if span.since_unknown:
        return "yes, since when is not known here"
    return f"since {span.start.isoformat()}" if span.start else "**no**"


def _instrument(instrument: Instrument) -> str:
    head, table = instrument.head, instrument.party_table
    about = f"## {head.id}: {head.title}\n\nFacts as of {head.as_of.isoformat()}, file of {head.edition.isoformat()}."
    if head.application.note:
        about += f" {head.application.note[0].upper()}{head.application.note[1:]}."
    if table:
        doubt = "" if table.verified else ", unverified"
        rest = "" if table.complete else "; nothing is known of the others"
        about += f" {len(table.rows)} States in its party table, as of {table.as_of.isoformat()}{doubt}{rest}."
    sources = "".join(f"- `{key}`: {source.title}\n" for key, source in sorted(instrument.file.sources.items()))
    rows = "".join(_row(kind, row) for kind, row in _ordered(instrument))
    return f"{about}\n\n{sources}\n| rule | kind | article | says | source | verified |\n|---|---|---|---|---|---|\n{rows}\n"


def _ordered(instrument: Instrument) -> Iterator[tuple[str, Provision]]:
    for where, row in provisions(instrument.file):
        yield str(where[0]), row


def _row(kind: str, row: Provision) -> str:
    dated = "".join(f" {word} {day.isoformat()}" for word, day in (("from", row.since), ("until", row.until)) if day)
    standing = "yes" if row.verified else "**unverified**"
    return f"| {row.id} | {kind}{dated} | {row.article} | {_says(row)} | {row.source} | {standing} |\n"


def _says(row: Provision) -> str:
    if isinstance(row, ClockRule):
        text = clock_in_words(row)
    elif isinstance(row, Note):
        text = note_in_words(row)
    else:
        text = next((str(getattr(row, name)) for name in _TEXTS if getattr(row, name, "")), "")
        codes = getattr(row, "codes", ())
        text = text or ", ".join(code.code for code in codes) or str(getattr(row, "mark", ""))
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"wrote {PAGE.name}")
