"""Acts to begin a draft with: filled-in examples for the main steps, and a blank form for every other act."""

from importlib.resources import files

from comity.entrypoints.cli.act_forms import form_of, form_types
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_FOLDER = "examples"
_SUFFIX = ".toml"


def filled_in() -> frozenset[str]:
    """The act types there is a filled-in example of."""
    folder = files("comity.entrypoints.cli") / _FOLDER
    return frozenset(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX))


def listed_types() -> list[str]:
    """One line for each type that an officer writes: its name, and whether it comes filled in."""
    examples = filled_in()
    return [f"{name:<28}{'filled-in example' if name in examples else 'blank form'}" for name in form_types()]


def example_of(act_type: str) -> str:
    """The filled-in example, or the blank form. Raises `BrokenInputError(NOT_FOUND)`, naming the types there are."""
    if act_type in filled_in():
        return (files("comity.entrypoints.cli") / _FOLDER / f"{act_type}{_SUFFIX}").read_text("utf-8")
    if act_type in form_types():
        return form_of(act_type)
    raise BrokenInputError(
        ErrorCode.NOT_FOUND,
        "no officer writes that type of act by hand",
        found=act_type,
        expected=", ".join(form_types()),
        do="other types of act are made by the node itself or by a command of their own",
    )
