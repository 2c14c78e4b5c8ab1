"""The files inside a PDF, read without trust: few, small, named once, and unpacked within a limit."""

import zlib
from collections.abc import Iterator, Mapping

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from comity.acts.seal_format import SEALED_LIMIT
from comity.vocabulary.errors import BrokenInputError, ErrorCode

_DEEPEST = 4
_MOST = 8


def enclosed_files(reader: PdfFileReader) -> Mapping[str, bytes]:
    """The enclosed files by name.

    Raises `BrokenInputError`: MALFORMED when a name stands twice or the tree is not one, OVERSIZED when there are too many
    or one is larger than a sealed act.
    """
    root = reader.root
    names = root.get("/Names")
    tree = names.get("/EmbeddedFiles") if isinstance(names, generic.DictionaryObject) else None
    found: dict[str, bytes] = {}
    for name, spec in _leaves(tree, 0) if tree is not None else ():
        if name in found:
            raise BrokenInputError(ErrorCode.MALFORMED, "a file is enclosed twice under one name", found=name[:80])
        if len(found) >= _MOST:
            raise BrokenInputError(ErrorCode.OVERSIZED, "too many files are enclosed", expected=f"at most {_MOST}")
        found[name] = _content(spec)
    return found


def _leaves(node: object, depth: int) -> Iterator[tuple[str, generic.DictionaryObject]]:
    """ISO 32000-1, 7.9.6: names and values in turn, or kids."""
    if not isinstance(node, generic.DictionaryObject) or depth > _DEEPEST:
        raise _no_tree()
    listed = node.get("/Names", generic.ArrayObject())
    for position in range(0, len(listed), 2):
        spec = listed[position + 1]
        if not isinstance(spec, generic.DictionaryObject):
            raise _no_tree()
        yield str(listed[position]), spec
    kids = node.get("/Kids", generic.ArrayObject())
    for position in range(len(kids)):
        yield from _leaves(kids[position], depth + 1)


def _content(spec: generic.DictionaryObject) -> bytes:
    stream = spec["/EF"]["/F"]
    if not isinstance(stream, generic.StreamObject):
        raise _no_tree()
    raw: bytes = stream.encoded_data
    filters = stream.get("/Filter")
    if filters is None:
        content = raw
    elif filters == "/FlateDecode" or list(filters) == ["/FlateDecode"]:
        inflating = zlib.decompressobj()
        content = inflating.decompress(raw, SEALED_LIMIT + 1)
    else:
        raise _no_tree()
    if len(content) > SEALED_LIMIT:
        raise BrokenInputError(
            ErrorCode.OVERSIZED, "an enclosed file is larger than any act", expected=f"at most {SEALED_LIMIT} bytes"
        )
    return content


def _no_tree() -> BrokenInputError:
    return BrokenInputError(ErrorCode.MALFORMED, "the files inside the PDF cannot be read")
