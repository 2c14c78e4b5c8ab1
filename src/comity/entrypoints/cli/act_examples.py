"""Filled-in acts to begin a draft with: one TOML file for each type that an officer writes."""

from importlib.resources import files

from comity.vocabulary.errors import BrokenInputError, ErrorCode

_FOLDER = "examples"
_SUFFIX = ".toml"


def example_types() -> list[str]:
    """The act types there is an example of, in the order of the alphabet."""
    folder = files("comity.entrypoints.cli") / _FOLDER
    return sorted(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX))


def example_of(act_type: str) -> str:
    """The example's text. Raises `BrokenInputError(NOT_FOUND)`, naming the types there are."""
    known = example_types()
    if act_type not in known:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "there is no example of that type of act",
            found=act_type,
            expected=", ".join(known),
            do="other types of act are made by the node itself or by a command of their own",
        )
    return (files("comity.entrypoints.cli") / _FOLDER / f"{act_type}{_SUFFIX}").read_text("utf-8")
