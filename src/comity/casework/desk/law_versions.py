"""The versions of the law that a node has had in force: every one is kept, and an old act is asked about under its own.

An act names the version that its issuer judged it by. The node keeps the files of every version that it had in force
itself; one that only others had, because their office files are not these, is not here, and that is said.
"""

from msgspec import Struct

from comity.casework.bench.workbench import Workbench
from comity.casework.ports.access import OfficerRef, no_office
from comity.law.corpus import Law
from comity.law.packaged import packaged_law
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal

IN_FORCE = "node"
"""The word for the law that a node has in force."""

PACKAGED = "packaged"
"""The word for the law as it comes with this program."""

_SHORTEST = 8
"""Digits of a digest that are enough to name a version by."""


class KeptLaw(Struct, frozen=True):
    """Every version of the law that a node has had in force, by its digest; and the one that is."""

    versions: tuple[str, ...]
    in_force: str


def kept_law(bench: Workbench, officer: OfficerRef) -> KeptLaw | Refusal:
    """What is kept here of the law."""
    return no_office(officer) or KeptLaw(tuple(bench.laws.kept()), bench.law.version)


def law_named(bench: Workbench, name: str) -> Law:
    """The law that is in force, the packaged one, or one that is kept, by the beginning of its digest.

    Raises `BrokenInputError(NOT_FOUND)`, and what `LawVersions.law` raises.
    """
    if name == IN_FORCE:
        return bench.law
    if name == PACKAGED:
        return packaged_law()
    kept = bench.laws.kept()
    found = [each for each in kept if len(name) >= _SHORTEST and each.startswith(name)]
    if len(found) != 1:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "several versions of the law begin like that" if found else "no such version of the law is kept here",
            found=name,
            expected=", ".join(each[:12] for each in kept),
            do=f"name it by at least {_SHORTEST} digits of its digest",
        )
    return bench.law if found == [bench.law.version] else bench.laws.law(found[0])


def law_of_its_day(bench: Workbench, made_under: str | None) -> Law | Refusal:
    """The version that an act's issuer judged it by; or why it is not to be had here."""
    if made_under is None:
        return Refusal("law-not-said", "the act does not say by which version of the law its issuer judged it")
    if made_under == bench.law.version:
        return bench.law
    if made_under not in bench.laws.kept():
        return Refusal(
            "law-not-kept",
            f"its issuer judged this act by law {made_under[:12]}, which this node never had in force: its issuer has other files",
            do="ask its issuer for them",
        )
    try:
        return bench.laws.law(made_under)
    except BrokenInputError as error:
        return Refusal(
            "law-not-readable", f"law {made_under[:12]} is kept here and cannot be asked: {error.what}", do=error.do
        )
