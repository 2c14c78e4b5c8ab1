"""What the second revision of a form's PDF may change: it adds one signature that cannot be seen, and nothing else.

A signature is appended to the pages as a second revision. Whoever signs could put other pages into that revision: they
would be covered by the signature and shown by every program, while the first revision is as it was. So the second one is
compared with the first, object by object.
"""

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

_OF_A_SIGNATURE = frozenset({"/AcroForm", "/Perms", "/Metadata"})


def brought_alone(reader: PdfFileReader) -> bool:
    """Whether the last revision only adds the one signature.

    Steps:
        1. The catalogue is the same but for the form, its certification, and the file's description of itself.
        2. Of the objects that were there, only that description and one page are written anew.
        3. The page has got one annotation, and is else the same.
        4. That annotation is a signature field without an extent.

    Raises what `pyhanko` raises for a file that contradicts itself.
    """
    before, after = (reader.get_historical_resolver(number) for number in (0, 1))
    # 1.
    if not _same_but(before.root, after.root, _OF_A_SIGNATURE) or "/AcroForm" in before.root:
        return False
    # 2.
    known = {each for each in reader.xrefs.explicit_refs_in_revision(1) if not before.is_ref_unassignable(each)}
    pages = [each for each in known if not _describes(each, before)]
    if len(pages) != 1:
        return False
    # 3.
    old, new = before(pages[0]), after(pages[0])
    if not _same_but(old, new, frozenset({"/Annots"})) or "/Annots" in old or old.get("/Type") != "/Page":
        return False
    # 4.
    notes = new["/Annots"]
    return (
        len(notes) == 1 and notes[0].get("/FT") == "/Sig" and [float(each) for each in notes[0]["/Rect"]] == [0.0] * 4
    )


def _describes(reference: generic.Reference, before: HistoricalResolver) -> bool:
    """Whether the object is the catalogue, compared above, or what the file says of itself."""
    there = before(reference)
    if isinstance(there, generic.StreamObject):
        return bool(there.get("/Type") == "/Metadata")
    kinds = ("/Title", "/Producer", "/Creator")
    return isinstance(there, generic.DictionaryObject) and (
        there.get("/Type") == "/Catalog" or (any(key in there for key in kinds) and "/Type" not in there)
    )


def _same_but(old: object, new: object, beside: frozenset[str]) -> bool:
    if not isinstance(old, generic.DictionaryObject) or not isinstance(new, generic.DictionaryObject):
        return False
    names = (set(old.keys()) | set(new.keys())) - beside
    return all(key in old and key in new and old.raw_get(key) == new.raw_get(key) for key in names)
