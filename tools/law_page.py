"""Writes the pages of rules: python tools/law_page.py.

docs/law-rules.md has every rule of the packaged law with citation, source and standing; docs/law-unverified.md those that
nobody has read in their text yet.
"""

from collections.abc import Iterator
from pathlib import Path

from comity.law.checks import provisions
from comity.law.corpus import Instrument
from comity.law.explain import clock_in_words, note_in_words
from comity.law.instruments import ClockRule, Note
from comity.law.packaged import packaged_law
from comity.law.rows import Provision

PAGE = Path(__file__).parents[1] / "docs" / "law-rules.md"
DOUBTS = PAGE.with_name("law-unverified.md")

_HEAD = """# Every rule of the packaged law

Made by `tools/law_page.py` from `src/comity/law/instruments`; change the files there. How to read, add and verify a rule
is said in [law.md](law.md). A rule marked **unverified** rests on a text that nobody has read yet, and says so wherever it is
shown. No number stands where the law states none.

"""

_DOUBTS_HEAD = """# What nobody has read yet

Made by `tools/law_page.py` from the instrument files. Each of these rests on a secondary source or on memory; it ships with
`verified = false`, and every place that shows it says so. To verify one, see [law.md](law.md); every other rule of
[law-rules.md](law-rules.md) was read in the operative text. Nothing is known of the courts of any State: profiles are an office's
own. Of reservations and declarations only the depositary's flags are known, unless a party's row says more.

"""

_TEXTS = ("title", "message", "text")


def page() -> str:
    """The whole page."""
    law = packaged_law()
    instruments = sorted(law.instruments.values(), key=lambda each: each.head.id)
    return _HEAD + _summary(instruments) + "".join(_instrument(each) for each in instruments)


def doubts() -> str:
    """The page of what is unverified: rules, party tables, ways of counting, and from when an instrument applies."""
    law = packaged_law()
    instruments = sorted(law.instruments.values(), key=lambda each: each.head.id)
    total = sum(unverified(each) for each in instruments)
    rules = sum(len(list(provisions(each.file))) for each in instruments)
    rows = "".join(
        f"| {each.head.id} | {len(list(provisions(each.file)))} | {unverified(each)} | {_other_doubts(each)} |\n"
        for each in instruments
    )
    table = f"| instrument | rules | unverified | besides |\n|---|---|---|---|\n{rows}| all | {rules} | {total} | |\n\n"
    return _DOUBTS_HEAD + table + "".join(_doubtful(each) for each in instruments)


def _other_doubts(instrument: Instrument) -> str:
    """What is unverified and no rule."""
    table, counting = instrument.party_table, instrument.file.counting
    bases = sum(not basis.verified for each in counting for basis in each.basis)
    found = [
        "from when it applies" if not instrument.head.application.verified else "",
        "the table of parties" if table and not table.verified else "",
        f"{bases} steps of counting" if bases else "",
    ]
    return ", ".join(each for each in found if each)


def _doubtful(instrument: Instrument) -> str:
    rows = "".join(
        f"| {row.id} | {kind} | {row.article} | {row.source} | {_says(row)} |\n"
        for kind, row in _ordered(instrument)
        if not row.verified
    )
    bases = "".join(
        f"| {counting.id} | counting: {basis.on.value} | {basis.article} | {basis.source} | {basis.text} |\n"
        for counting in instrument.file.counting
        for basis in counting.basis
        if not basis.verified
    )
    if not rows and not bases:
        return ""
    head = "| rule | kind | article | source | says |\n|---|---|---|---|---|\n"
    return f"## {instrument.head.id}: {instrument.head.title}\n\n{head}{rows}{bases}\n"


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
    for place, text in ((PAGE, page()), (DOUBTS, doubts())):
        place.write_text(text, "utf-8")
        print(f"wrote {place.name}")
