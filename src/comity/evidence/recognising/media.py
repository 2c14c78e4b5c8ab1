"""Media types by how content begins, for what is told from its first bytes alone.

The numbers are those that each format's own description gives; a start that several formats share is told apart by what
follows it. Office documents are told by the members of the ZIP that they are (`comity.evidence.recognising.archives`).
"""

from collections.abc import Mapping

from comity.evidence.recognising.archives import GZIP, ZIP
from comity.evidence.recognising.stores import MEDIA_TYPE as STORE

_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"SQLite format 3\x00", STORE),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"OggS", "application/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (b"{\\rtf", "application/rtf"),
    (b"bplist00", "application/x-bplist"),
    (b"EVF\x09\x0d\x0a\xff\x00", "application/x-ewf"),
    (b"\x1f\x8b", GZIP),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"<?xml", "application/xml"),
)
_STARTING = tuple({start[:1] for start, _ in _STARTS})
"""One look for most content, which begins like none of them."""

_RIFF_FORMS: Mapping[bytes, str] = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS: Mapping[bytes, str] = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
}
_PAGES = (b"<!doctype html", b"<html")


def media_type_of(head: bytes) -> str | None:
    """The media type of content that begins so, or None where its beginning does not tell."""
    if head[:4] == b"RIFF":
        return _RIFF_FORMS.get(head[8:12], "application/x-riff")
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[:64].lstrip().lower().startswith(_PAGES):
        return "text/html"
    if not head.startswith(_STARTING):
        return None
    return next((media_type for start, media_type in _STARTS if head.startswith(start)), None)
