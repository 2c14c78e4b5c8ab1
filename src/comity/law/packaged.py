"""The instrument files that come with this package. The one place here that reads files: package data, and golden cases."""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from comity.law.corpus import Law
from comity.law.golden import Outcome, run_cases
from comity.law.loader import MalformedLaw, read_instruments
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_FOLDER = "instruments"
_SUFFIX = ".toml"


def packaged_files() -> Mapping[str, bytes]:
    """Every instrument file of the package, by name."""
    folder = files("comity.law") / _FOLDER
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(_SUFFIX)}


def files_with(own: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files of the package, with an office's own (bilateral treaties, national law) added or replacing."""
    return {**packaged_files(), **own}


def packaged_law(own: Mapping[str, bytes] | None = None) -> Law:
    """The law of the package, with an office's own files laid over it. Raises as `law_in`."""
    return law_in(files_with(own or {}))


def law_in(files: Mapping[str, bytes]) -> Law:
    """The law in exactly these files, by name. Raises `BrokenInputError(MALFORMED)` with every problem in `found`."""
    law = read_instruments(files)
    if isinstance(law, MalformedLaw):
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "the instrument files cannot be used",
            found="\n".join(problem.in_words() for problem in law.problems),
            expected="instrument files without faults",
            do="correct the files named, each at its line",
        )
    return law


def run_golden_cases(folder: Traversable, own: Mapping[str, bytes] | None = None) -> tuple[Outcome, ...]:
    """Every golden case in the TOML files of a folder (a `pathlib.Path` will do), asked of the packaged law and `own`."""
    texts = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(_SUFFIX)}
    return run_cases(texts, packaged_law(own))
