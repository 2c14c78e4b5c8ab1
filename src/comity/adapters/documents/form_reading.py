"""Reads a form's PDF back: from bytes that a stranger sent to the act that was sealed, with one finding for each step.

What flows. The bytes are limited, then parsed strictly; the signature is checked over the whole file; the certificate must
have been issued by the seal certificate beside it; the act inside must be sealed under a certificate that is there too; and
the pages are set again from that act and must be the same bytes, so that nobody can put one text before the eyes of a reader
and another act in the file. What was added with the signature may be the signature and nothing else.

What fails. A file that is no PDF, is encrypted or too large is an error. Everything else is a finding, and the act is handed
back whatever the verdict: a partner may want to see what a bad file says. Whether the seal certificate is the authority's own
is not in the file: without a fingerprint or a directory the best verdict is indeterminate.
"""

import hashlib
import io
import logging
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping

from asn1crypto import parser, x509  # type: ignore[import-untyped]  # has no types
from msgspec import Struct
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from comity.adapters.documents.form_files import enclosed_files
from comity.adapters.documents.form_pages import render_form, typesetter
from comity.adapters.documents.form_revisions import brought_alone
from comity.adapters.documents.pdf_sealing import FIELD
from comity.forms.loader import Forms
from comity.forms.making import ACT_FILE, OTHER_FILE, Kind, made_from, read_kind
from comity.forms.readings import Checked, CheckName, Reading, Standing, whole
from comity.trust.certificates import SealCertificate, load_x509, read_certificate, thumbprint
from comity.trust.seals import OpenedSeal, read_sealed
from comity.vocabulary.errors import BrokenInputError, ErrorCode

FORM_LIMIT = 16 << 20
"""Bytes of one PDF: the act inside has at most two mebibytes, and the fonts less."""

# What a parser of strangers' files may raise besides its own error; anything else is a defect and shall be seen.
_UNREADABLE = (
    *(PdfError, SigningError, ValueError, KeyError, TypeError, IndexError, AttributeError),
    *(RecursionError, OverflowError, NotImplementedError, struct.error, zlib.error, OSError),
)


class _File(Struct, frozen=True):
    """The PDF, parsed: its one signature, what is enclosed, what it says it is, and what set its pages."""

    data: bytes
    reader: PdfFileReader
    signature: EmbeddedPdfSignature | None
    signatures: int
    enclosed: Mapping[str, bytes]
    kind: Kind | None
    typesetter: str


def read_form(data: bytes, forms: Forms, *, pinned: Callable[[str, str], bool | None]) -> Reading:
    """The reading of a PDF.

    `pinned` is asked with the issuer of the act and the SHA-256 of the seal certificate, in hexadecimal: whether that
    certificate is the issuer's own; None where nobody knows.

    Raises `BrokenInputError`: OVERSIZED, MALFORMED (also for an encrypted file).
    """
    file = _parsed(data)
    certificates = _certificates(file)
    signer = _issuer_of_signer(file, certificates)
    acts = {name: _opened(content) for name, content in file.enclosed.items()}
    act = acts.get(ACT_FILE)
    fingerprint = hashlib.sha256(signer.der).hexdigest() if signer else ""
    checks = (
        _signature(file),
        _coverage(file),
        _certificate(signer, file, acts),
        _enclosures(file),
        *(_sealed(name, opened, certificates) for name, opened in acts.items()),
        _pages(file, forms),
        _pinned(act, fingerprint, pinned),
        Checked(CheckName.GRADE, Standing.VALID, "technical: not a qualified signature or seal"),
    )
    return Reading(
        standing=whole(checks),
        checks=checks,
        kind=file.kind,
        act=act.id if act else None,
        issuer=act.payload.issuer if act else None,
        signed_by=_common_name(signer) if signer else "",
        fingerprint=fingerprint,
        sealed=file.enclosed,
    )


def _parsed(data: bytes) -> _File:
    if len(data) > FORM_LIMIT:
        raise BrokenInputError(
            ErrorCode.OVERSIZED,
            "the PDF is too large for a form",
            found=f"{len(data)} bytes",
            expected=f"at most {FORM_LIMIT}",
        )
    # The parser logs what it finds in strangers' files; findings are ours to tell.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=True)
        if reader.encrypted:
            raise BrokenInputError(
                ErrorCode.MALFORMED, "the PDF is encrypted", do="ask the sender for the form as it was made"
            )
        signatures = list(reader.embedded_signatures)
        info = _info(reader)
        return _File(
            data=data,
            reader=reader,
            signature=signatures[0] if len(signatures) == 1 else None,
            signatures=len(signatures),
            enclosed=enclosed_files(reader),
            kind=read_kind(str(info.get("/Keywords", ""))),
            typesetter=str(info.get("/Creator", "")),
        )
    except _UNREADABLE as error:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "that is no PDF that can be read", found=type(error).__name__
        ) from None


def _certificates(file: _File) -> tuple[SealCertificate, ...]:
    """The seal certificates that came along with the signature."""
    return tuple(_seal_certificates(file.signature)) if file.signature else ()


def _seal_certificates(signature: EmbeddedPdfSignature) -> Iterator[SealCertificate]:
    for each in _sent_along(signature):
        try:
            yield read_certificate(each.dump())
        except BrokenInputError:
            continue  # a certificate of some other kind may go along; it vouches for nothing here


def _sent_along(signature: EmbeddedPdfSignature) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(signature.other_embedded_certs)
    except _UNREADABLE:
        return ()


def _signature(file: _File) -> Checked:
    """There is exactly one, in the field we sign, and it verifies over the digest of what it covers."""
    signature = file.signature
    if signature is None:
        return Checked(CheckName.SIGNATURE, Standing.INVALID, f"the file has {file.signatures} signatures, not one")
    try:
        named = signature.field_name == FIELD
        digest = signature.compute_digest()
        intact, valid = validate_sig_integrity(signature.signer_info, signature.signer_cert, "data", digest)
    except _UNREADABLE as error:
        return Checked(CheckName.SIGNATURE, Standing.INVALID, f"the signature cannot be read ({type(error).__name__})")
    if not (named and intact and valid):
        return Checked(CheckName.SIGNATURE, Standing.INVALID, "the signature does not verify: the file was altered")
    return Checked(CheckName.SIGNATURE, Standing.VALID, "the file is as it was signed")


def _coverage(file: _File) -> Checked:
    """The signature covers the file to its last byte, and brought nothing with it but itself."""
    if file.signature is None:
        return Checked(CheckName.COVERAGE, Standing.INVALID, "nothing is covered by a signature")
    try:
        whole = file.signature.evaluate_signature_coverage() is SignatureCoverageLevel.ENTIRE_FILE
        start, first, second, last = (int(each) for each in file.signature.byte_range)
        whole = whole and start == 0 and first < second and second + last == len(file.data)
        whole = whole and _nothing_hidden(file.signature, file.data[first:second])
        if not whole or file.reader.xrefs.total_revisions != 2:  # noqa: PLR2004 - the pages, and the signature
            return Checked(CheckName.COVERAGE, Standing.INVALID, "something was added to the file after it was signed")
        alone = brought_alone(file.reader)
    except _UNREADABLE:
        alone = False
    if not alone:
        return Checked(CheckName.COVERAGE, Standing.INVALID, "the signature brought more with it than itself")
    return Checked(CheckName.COVERAGE, Standing.VALID, "the signature covers the whole file")


def _nothing_hidden(signature: EmbeddedPdfSignature, gap: bytes) -> bool:
    """What no signature can cover is the signature: it stands there in one way, filled up with zeros."""
    content: bytes = signature.pkcs7_content
    written = content.hex().encode()
    once = gap in (b"<" + written + b">", b"<" + written.upper() + b">")
    signed, signer = signature.signed_data, signature.signer_info
    plain = signed["version"].native == "v1" and signer["version"].native == "v1" and not signer["unsigned_attrs"]
    digests = [each.dump() for each in signed["digest_algorithms"]]
    plain = plain and digests == [signer["digest_algorithm"].dump()] and not signed["crls"]
    return once and plain and not any(content[parser.peek(content) :])


def _issuer_of_signer(file: _File, certificates: tuple[SealCertificate, ...]) -> SealCertificate | None:
    """The seal certificate whose key issued the certificate that the form was signed under."""
    if file.signature is None:
        return None
    try:
        signer = load_x509(file.signature.signer_cert.dump())
        signature, outline = signer.signature, signer.tbs_certificate_bytes
    except (BrokenInputError, *_UNREADABLE):
        return None
    return next((each for each in certificates if each.verifies(signature, outline)), None)


def _certificate(signer: SealCertificate | None, file: _File, acts: Mapping[str, OpenedSeal | None]) -> Checked:
    """A seal certificate stands behind the signature, and no certificate came along that nothing in the file needs.

    The signature does not cover the certificates beside it: one that is needed is checked by its use, and any other could be
    altered unseen.
    """
    if signer is None or file.signature is None:
        return Checked(
            CheckName.CERTIFICATE, Standing.INVALID, "no seal certificate in the file stands behind the signature"
        )
    needed = {signer.x5t, *(one.header.x5t for each in acts.values() if each for one in each.signatures)}
    if {thumbprint(each.dump()) for each in _sent_along(file.signature)} - needed:
        return Checked(CheckName.CERTIFICATE, Standing.INVALID, "a certificate came along that nothing needs")
    return Checked(CheckName.CERTIFICATE, Standing.VALID, f"signed under the seal of {_common_name(signer)}")


def _enclosures(file: _File) -> Checked:
    names = set(file.enclosed)
    if names not in ({ACT_FILE}, {ACT_FILE, OTHER_FILE}):
        found = ", ".join(sorted(name[:40] for name in names)) or "nothing"
        return Checked(
            CheckName.ENCLOSURES, Standing.INVALID, f"not the act and what it answers is enclosed, but {found!r}"
        )
    return Checked(CheckName.ENCLOSURES, Standing.VALID, ", ".join(sorted(names)))


def _opened(content: bytes) -> OpenedSeal | None:
    try:
        return read_sealed(content)
    except BrokenInputError:
        return None


def _sealed(name: str, opened: OpenedSeal | None, certificates: tuple[SealCertificate, ...]) -> Checked:
    """The act reads, and each of its seals verifies under a certificate that came along."""
    if opened is None:
        return Checked(CheckName.ACT, Standing.INVALID, f"{name[:40]} is no sealed act")
    for one in opened.signatures:
        sealer = next((each for each in certificates if each.x5t == one.header.x5t), None)
        if sealer is None:
            return Checked(CheckName.ACT, Standing.INDETERMINATE, f"{name}: its seal's certificate is not in the file")
        if not sealer.verifies(one.signature, f"{one.protected}.{opened.sealed.payload}".encode("ascii")):
            return Checked(CheckName.ACT, Standing.INVALID, f"{name}: its seal does not verify")
    return Checked(CheckName.ACT, Standing.VALID, f"{name}: act {opened.id}")


def _pages(file: _File, forms: Forms) -> Checked:
    """The pages, set again from the enclosed act, are the bytes that were signed."""
    if file.kind is None or ACT_FILE not in file.enclosed:
        return Checked(CheckName.PAGES, Standing.INVALID, "the file does not say which form it is")
    try:
        again = render_form(made_from(forms, file.kind, file.enclosed))
    except BrokenInputError as error:
        unset = error.code in (
            ErrorCode.UNAVAILABLE,
            ErrorCode.NOT_FOUND,
        )  # no typesetter here, or another version of the form
        standing = Standing.INDETERMINATE if unset else Standing.INVALID
        return Checked(CheckName.PAGES, standing, f"the pages cannot be set again from the act: {error.what}")
    if file.data.startswith(again):
        return Checked(CheckName.PAGES, Standing.VALID, "the pages are those of the act")
    ours = _creator(again)
    if file.typesetter == ours:
        return Checked(CheckName.PAGES, Standing.INVALID, "the pages are not those of the act inside")
    words = f"the pages were set by {file.typesetter[:40]!r}, here is {typesetter()}: read the act, not the pages"
    return Checked(CheckName.PAGES, Standing.INDETERMINATE, words)


def _creator(pdf: bytes) -> str:
    return str(_info(PdfFileReader(io.BytesIO(pdf))).get("/Creator", ""))


def _info(reader: PdfFileReader) -> Mapping[str, object]:
    """What the file says of itself; empty where it says nothing."""
    try:
        info = reader.trailer_view["/Info"]
    except KeyError:
        return {}
    return info if isinstance(info, generic.DictionaryObject) else {}


def _pinned(act: OpenedSeal | None, fingerprint: str, pinned: Callable[[str, str], bool | None]) -> Checked:
    known = pinned(act.payload.issuer, fingerprint) if act and fingerprint else None
    if known is None:
        words = "whose seal it is, is not known here: compare the fingerprint with the sender over another channel"
        return Checked(CheckName.PINNED, Standing.INDETERMINATE, words)
    if not known:
        return Checked(CheckName.PINNED, Standing.INVALID, "the seal is not the one that is expected")
    return Checked(CheckName.PINNED, Standing.VALID, "the seal is the one that is expected")


def _common_name(certificate: SealCertificate) -> str:
    """The name in a certificate; empty where it cannot be read. Nothing rests on it."""
    try:
        return str(x509.Certificate.load(certificate.der).subject.native.get("common_name", ""))
    except _UNREADABLE:
        return ""
