"""What the courts of a State want of evidence from abroad, as data, and what of it a dossier has.

A profile is a file with `court_of` at its top, one for each State; an office keeps its own beside its instruments. Without
one nothing is known, and that is the answer: no court's practice is guessed.
"""

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct

from comity.law.rows import Cited, Country, Row, Source, Text


class DossierTrait(StrEnum):
    """What a dossier can carry. Append only."""

    SEALED_ACTS = "sealed-acts"
    QUALIFIED_SEALS = "qualified-seals"
    PERSONAL_APPROVALS = "personal-approvals"
    CUSTODY_CHAIN = "custody-chain"
    ITEM_PROOFS = "item-proofs"
    LEDGER_PROOFS = "ledger-proofs"
    WITNESSED = "witnessed"
    READABLE_REPORT = "readable-report"
    MACHINE_PROVENANCE = "machine-provenance"


class WantKind(StrEnum):
    """What kind of thing a court wants. Append only."""

    FORM = "form"
    AUTHENTICATION = "authentication"
    CUSTODY_PROOF = "custody-proof"
    INTEGRITY = "integrity"
    LANGUAGE = "language"
    DISCLOSURE = "disclosure"


class Want(Cited, frozen=True, kw_only=True):
    """One thing wanted: met when the dossier has every trait of `met_by`, in one of `languages` where any is named.

    Where neither is said, a person has to look.
    """

    kind: WantKind
    text: Text
    met_by: tuple[DossierTrait, ...] = ()
    languages: tuple[Text, ...] = ()


class CourtFile(Row, frozen=True, kw_only=True):
    """One file: the courts of one State. `cited_as` stands before an article."""

    court_of: Country
    title: Text
    cited_as: Text
    as_of: date
    sources: dict[str, Source]
    want: tuple[Want, ...] = ()


class WantStanding(StrEnum):
    """How a dossier stands to what is wanted. Append only."""

    MET = "met"
    LACKING = "lacking"
    TO_LOOK_AT = "to-look-at"


class WantTold(Struct, frozen=True):
    """One thing wanted, and how the dossier stands to it; `lacks` are traits or languages that are not there."""

    id: str
    kind: WantKind
    text: str
    citation: str
    article: str
    standing: WantStanding
    lacks: tuple[str, ...]
    verified: bool


class CourtOpinion(Struct, frozen=True):
    """What is known of the courts of a State. `known` is false where there is no profile: then nothing is said of them."""

    country: str
    known: bool
    title: str
    as_of: str
    wants: tuple[WantTold, ...]


def court_opinion(
    courts: Mapping[str, CourtFile],
    country: str,
    traits: Collection[DossierTrait],
    languages: Collection[str],
    *,
    on: date,
) -> CourtOpinion:
    """How a dossier with these traits, its words in these languages (BCP 47), stands to the courts of that State that day."""
    court = courts.get(country)
    if court is None:
        return CourtOpinion(country=country, known=False, title="", as_of="", wants=())
    wants = tuple(_told(court, want, traits, languages) for want in court.want if want.holds_on(on))
    return CourtOpinion(country=country, known=True, title=court.title, as_of=court.as_of.isoformat(), wants=wants)


def _told(court: CourtFile, want: Want, traits: Collection[DossierTrait], languages: Collection[str]) -> WantTold:
    lacks = [trait.value for trait in want.met_by if trait not in traits]
    if want.languages and not set(want.languages) & set(languages):
        lacks.append(f"in {' or '.join(want.languages)}")
    asked = want.met_by or want.languages
    standing = WantStanding.LACKING if lacks else WantStanding.MET if asked else WantStanding.TO_LOOK_AT
    mark = "" if want.verified else " (unverified)"
    return WantTold(
        id=want.id,
        kind=want.kind,
        text=want.text,
        citation=f"{court.cited_as}, {want.article}{mark}",
        article=want.article,
        standing=standing,
        lacks=tuple(lacks),
        verified=want.verified,
    )
