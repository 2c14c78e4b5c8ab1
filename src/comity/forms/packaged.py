"""The forms and words that come with this package. The one place here that reads files: package data, read whole."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from comity.forms.loader import Forms, MalformedForms, read_forms
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_SUFFIX = ".toml"


def packaged_sheets() -> Mapping[str, bytes]:
    """Every form file, by name."""
    return _folder("sheets")


def packaged_words() -> Mapping[str, bytes]:
    """Every file of words, by name."""
    return _folder("words")


@cache
def packaged_forms() -> Forms:
    """The forms of the package. Raises `BrokenInputError` (MALFORMED) with every problem in `found`."""
    forms = read_forms(packaged_sheets(), packaged_words())
    if isinstance(forms, MalformedForms):
        raise BrokenInputError(
            ErrorCode.MALFORMED,
            "the form files cannot be used",
            found="; ".join(problem.in_words() for problem in forms.problems),
            expected="form files without faults",
            do="correct the files named, each at its line",
        )
    return forms


def _folder(name: str) -> Mapping[str, bytes]:
    folder = files("comity.forms") / name
    return {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.name.endswith(_SUFFIX)}
