"""Negative vectors of redacted copies (checks 9 and 11): another copy, another original, a missing act, an item kept out for nothing."""

import struct
import zlib

import msgspec
import pytest

from comity.acts.custody_bodies import ItemOpened
from comity.acts.matters import LeftOut, Removed
from comity.acts.redaction_bodies import LiftingDecided, PaperDecision, RedactionLifted
from comity.evidence.archive import bag
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import DossierHeader, DossierItem, ExhibitSeal
from comity.evidence.dossier.words import LEFT_OUT
from comity.evidence.redaction.files import Picture, write_pdf, write_png
from comity.vocabulary.categories import LeftOutReason, RemovalKind, RemovalReason

INVALID = Verdict.INVALID


def _exhibit(workshop, name="mail"):
    return workshop.exhibit(name, 12, 7, content=lambda number: f"letter {number}\n".encode() * 20)


def _shop(make_workshop, workshop, **redaction):
    """The case, one item of it redacted, and the dossier made after that."""
    shop = make_workshop(workshop.new_federation(), (_exhibit(workshop),))
    exhibit = next(iter(shop.federation.exhibits))
    shop.derived = shop.federation.redact(exhibit, 2, **redaction)
    shop.held = exhibit
    return _exported(shop)


def _exported(shop):
    shop.dossier = shop.federation.dossier()
    shop.files = shop.unpack(shop.dossier)
    return shop


@pytest.fixture(scope="module")
def beside(make_workshop, workshop):
    """A copy lies beside its original."""
    return _shop(make_workshop, workshop)


@pytest.fixture(scope="module")
def instead(make_workshop, workshop):
    """A copy lies in the place of its original: a provisional redaction stands."""
    return _shop(make_workshop, workshop, provisional=True)


def _act_of(shop):
    return next(name for name, sealed in shop.federation.sealed.items() if shop.derived.encode() in _payload(sealed))


def _payload(sealed):
    from comity.trust.seals import read_sealed

    return msgspec.json.encode(read_sealed(sealed).payload)


def _kept_out(shop, change):
    """The exhibit's seal with what it keeps out changed."""
    return shop.rewritten(
        layout.seal_path(shop.held),
        ExhibitSeal,
        lambda seal: msgspec.structs.replace(seal, kept_out=tuple(map(change, seal.kept_out))),
    )


def test_a_copy_beside_its_original_is_valid_and_told(beside):
    report = beside.federation.verify(beside.dossier)
    assert report.verdict is Verdict.VALID
    assert any("its original lies beside it" in finding.what for finding in report.checks[8].detail)


def test_a_copy_in_the_place_of_its_original_is_valid_and_the_original_is_nowhere_in_the_dossier(instead):
    report = instead.federation.verify(instead.dossier)
    assert report.verdict is Verdict.VALID
    assert any("its original is kept out and proves itself" in finding.what for finding in report.checks[8].detail)
    items = instead.files[layout.items_path(instead.held)].splitlines()
    assert len(items) == 6
    assert not any(data == b"letter 2\n" * 20 for data in instead.files.values())


@pytest.mark.parametrize("shop", ["beside", "instead"])
def test_a_copy_with_other_bytes_is_named(shop, request):
    made = request.getfixturevalue(shop)
    path = layout.derived_path(made.derived)
    report = made.federation.verify(made.altered({path: made.files[path][::-1]}))
    assert (report.decided_by, report.deciding.file) == (9, path)
    assert "not the one that its act made" in report.deciding.what


@pytest.mark.parametrize("shop", ["beside", "instead"])
def test_a_copy_whose_act_is_missing_is_of_unknown_origin(shop, request):
    made = request.getfixturevalue(shop)
    dossier = made.altered(made.without(_act_of(made)))
    report = made.federation.verify(dossier)
    assert made.failing(dossier)[9] is INVALID
    findings = {(finding.what, finding.file) for finding in report.checks[8].detail}
    assert ("no act of the exporter made this redacted copy", layout.derived_path(made.derived)) in findings


def test_an_item_kept_out_without_its_act_is_a_fault_of_its_own(instead):
    report = instead.federation.verify(instead.altered(instead.without(_act_of(instead))))
    said = "an item is kept out of which no provisional redaction stands"
    assert said in {finding.what for finding in report.checks[8].detail}


def test_a_copy_that_is_missing_is_a_fault(beside):
    path = layout.derived_path(beside.derived)
    assert beside.failing(beside.altered({path: None})) == {2: INVALID, 9: INVALID}


def test_a_copy_that_the_header_does_not_name_is_a_file_too_many(beside):
    changed = beside.rewritten(layout.HEADER, DossierHeader, lambda h: msgspec.structs.replace(h, derived=()))
    report = beside.federation.verify(beside.altered(changed))
    assert (report.decided_by, report.deciding.file) == (2, layout.derived_path(beside.derived))


def test_a_copy_named_twice_makes_no_header(beside):
    named = f'"{beside.derived}"'
    header = beside.files[layout.HEADER].replace(named.encode(), f"{named},{named}".encode())
    files = {bag.BASE + path: data for path, data in (beside.files | {layout.HEADER: header}).items()}
    report = beside.federation.verify(beside.zip(files))
    assert (report.decided_by, report.deciding.file) == (2, layout.HEADER)


@pytest.mark.parametrize(
    ("twist", "words"),
    [
        ({"item": "ab" * 32}, "no item of the exhibits here"),
        ({"original": "cd" * 32}, "made of another content"),
        ({"size": 5}, "not the one that its act made"),
        ({"digest": "ef" * 32}, "not the one that its act made"),
    ],
    ids=["another item", "another content", "another size", "another copy"],
)
def test_a_link_to_something_else_is_a_fault(make_workshop, workshop, twist, words):
    shop = _shop(make_workshop, workshop, **twist)
    report = shop.federation.verify(shop.dossier)
    assert (report.decided_by, report.deciding.file) == (9, layout.derived_path(shop.derived))
    assert words in report.deciding.what


def test_an_act_that_names_another_item_than_is_kept_out_is_a_fault(make_workshop, workshop):
    shop = _shop(make_workshop, workshop, provisional=True, item="ab" * 32)
    report = shop.federation.verify(shop.dossier)
    assert {finding.what for finding in report.checks[8].detail} >= {
        "an item is kept out of which no provisional redaction stands",
        "the original of a redacted copy is no item of the exhibits here",
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda out: msgspec.structs.replace(out, item="ab" * 32),
        lambda out: msgspec.structs.replace(out, leaf=out.leaf + 1),
        lambda out: msgspec.structs.replace(out, segment=9),
        lambda out: msgspec.structs.replace(out, path=out.path[:-1]),
        lambda out: msgspec.structs.replace(out, path=(bytes(32), *out.path[1:])),
    ],
    ids=["leaf", "place", "segment", "shorter path", "other path"],
)
def test_an_item_kept_out_that_was_not_held_is_a_fault(instead, change):
    dossier = instead.altered(_kept_out(instead, change))
    report = instead.federation.verify(dossier)
    assert (report.decided_by, report.deciding.file) == (9, layout.seal_path(instead.held))


def test_an_item_kept_out_twice_is_a_fault(instead):
    changed = instead.rewritten(
        layout.seal_path(instead.held),
        ExhibitSeal,
        lambda seal: msgspec.structs.replace(seal, kept_out=seal.kept_out * 2),
    )
    assert instead.failing(instead.altered(changed)) == {9: INVALID, 11: INVALID}


def test_an_item_that_is_simply_left_out_does_not_add_up(instead):
    changed = instead.rewritten(
        layout.seal_path(instead.held), ExhibitSeal, lambda seal: msgspec.structs.replace(seal, kept_out=())
    )
    assert instead.failing(instead.altered(changed)) == {9: INVALID, 11: INVALID}


def test_an_item_both_shown_and_kept_out_is_a_fault(instead):
    """The exporter's act says that nobody opens the original, and there it lies."""
    shown = _exhibit(instead)
    item = list(shown.items())[2]
    lines = [
        msgspec.json.decode(x, type=DossierItem) for x in instead.files[layout.items_path(instead.held)].splitlines()
    ]
    lines.append(msgspec.structs.replace(item, number=len(lines)))
    content = b"".join(shown.content(2))
    dossier = instead.altered(
        {
            layout.items_path(instead.held): b"".join(msgspec.json.encode(each) + b"\n" for each in lines),
            layout.content_path(instead.held, len(lines) - 1): content,
            **instead.rewritten(
                layout.seal_path(instead.held),
                ExhibitSeal,
                lambda seal: msgspec.structs.replace(seal, items=seal.items + 1, size=seal.size + len(content)),
            ),
        }
    )
    report = instead.federation.verify(dossier)
    assert {finding.what for finding in report.checks[8].detail} >= {
        "the original of a provisional redaction lies in the dossier",
        "an item stands twice",
    }
    assert set(instead.failing(dossier)) == {9, 11}


def test_what_a_court_has_lifted_is_shown_again(make_workshop, workshop):
    shop = make_workshop(workshop.new_federation(), (_exhibit(workshop),))
    exhibit = next(iter(shop.federation.exhibits))
    derived = shop.federation.redact(exhibit, 2, provisional=True)
    shop.federation.act("pt", RedactionLifted(derived, "order 7/26"), office="court")
    kept_out = _exported(shop).federation.verify(shop.dossier)
    assert kept_out.decided_by == 9
    assert "no provisional redaction stands" in kept_out.deciding.what
    shop.federation.exhibits[exhibit] = _exhibit(workshop)
    assert _exported(shop).failing(shop.dossier) == {}


def _lifted(make_workshop, workshop, cited=None, by="de", **twist):
    """A dossier after a lifting that cites an act of `by`, or what `cited` makes of it; what check 9 says of it.

    It was approved in the office `carried`, and what it cites in `decided`.
    """
    shop = make_workshop(workshop.new_federation(), (_exhibit(workshop),))
    exhibit = next(iter(shop.federation.exhibits))
    derived = shop.federation.redact(exhibit, 2, provisional=True)
    decision = LiftingDecided(twist.get("about", derived), "court 9/26")
    to = ("pt",) if by != "pt" else ("de",)
    act = shop.federation.act(by, decision, to=to, office=twist.get("decided", "court"))
    body = cited(derived) if cited else RedactionLifted(derived, "court 9/26", decided_by=act)
    shop.federation.act("pt", body, office=twist.get("carried", "court"))
    shop.federation.exhibits[exhibit] = _exhibit(workshop)
    report = _exported(shop).federation.verify(shop.dossier)
    return shop, [finding.what for finding in report.checks[8].detail if "lifted" in finding.what]


@pytest.mark.parametrize(("by", "twist"), [("pt", {}), ("de", {"about": "0" * 32})])
def test_a_lifting_that_cites_no_courts_word_on_this_redaction_fails(make_workshop, workshop, by, twist):
    shop, told = _lifted(make_workshop, workshop, by=by, **twist)
    assert told == ["a redaction was lifted by a decision that is not among the acts"]
    assert set(shop.failing(shop.dossier)) == {9}


@pytest.mark.parametrize(
    ("cited", "offices", "words"),
    [
        (lambda derived: RedactionLifted(derived, "9/26"), {"carried": "desk"}, "a redaction-lifted act lifts"),
        (None, {"decided": "desk"}, "a lifting-decided act lifts"),
    ],
    ids=["two prosecutors", "a decision that no judge approved"],
)
def test_a_lifting_that_no_judge_approved_fails_whatever_the_nodes_own_policy_was(
    make_workshop, workshop, cited, offices, words
):
    shop, _ = _lifted(make_workshop, workshop, cited, **offices)
    report = shop.federation.verify(shop.dossier)
    assert report.decided_by == 5
    assert [(words in each.what, each.found) for each in report.deciding.detail if each.file] == [
        (True, "approved as prosecutor")
    ]


def test_whoever_carries_out_what_a_court_decided_is_no_judge(make_workshop, workshop):
    shop, _ = _lifted(make_workshop, workshop, carried="desk")
    assert shop.failing(shop.dossier) == {}


def test_it_is_told_which_court_lifted_a_redaction_and_how_one_knows(make_workshop, workshop):
    paper = PaperDecision("Court of Appeal (demo)", "f" * 64, 12, "5" * 32)
    for cited, words in (
        (None, "by a court of de, whose act is here"),
        (lambda derived: RedactionLifted(derived, "9/26"), "by the judge who approved that"),
        (
            lambda derived: RedactionLifted(derived, "9/26", on_paper=paper),
            "as the exporter itself recorded: SHA-256 ff",
        ),
    ):
        shop, told = _lifted(make_workshop, workshop, cited)
        assert shop.failing(shop.dossier) == {}
        assert [words in each for each in told] == [True]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "something is missing in 1 place"),
        ({"removed": (), "persons": 2}, "2 persons under another name"),
        ({"persons": 1}, "something is missing in 1 place, 1 person under another name"),
    ],
    ids=["missing", "renamed", "both"],
)
def test_it_is_told_what_a_copy_lacks_and_who_bears_another_name_in_it(make_workshop, workshop, changed, words):
    shop = _shop(make_workshop, workshop, **changed)
    report = shop.federation.verify(shop.dossier)
    assert report.verdict is Verdict.VALID, report.deciding
    said = f"redacted copy {shop.derived[:8]}: {words}; its original lies beside it"
    assert said in [finding.what for finding in report.checks[8].detail]


@pytest.mark.parametrize("reason", LeftOutReason)
def test_what_nobody_may_use_is_left_out_with_its_reason(make_workshop, workshop, reason):
    shop = make_workshop(workshop.new_federation(), (_exhibit(workshop),))
    shop.federation.left_out = (LeftOut("5" * 32, reason),)
    report = _exported(shop).federation.verify(shop.dossier)
    assert report.verdict is Verdict.VALID, report.deciding
    told = [finding.what for finding in report.checks[3].detail if "is shown" in finding.what]
    assert told == [f"nothing of exhibit 55555555 is shown: {LEFT_OUT[reason]}"]


def test_who_opened_a_copy_is_told_as_that_and_not_as_opening_the_original(make_workshop, workshop):
    shop = _shop(make_workshop, workshop, provisional=True)
    (out,) = shop.federation.exhibits[shop.held].seal.kept_out
    for names in (False, True):
        shop.federation.act("pt", ItemOpened(shop.held, out.item, "trial", "", shop.derived, names), to=("de",))
    report = _exported(shop).federation.verify(shop.dossier)
    assert report.verdict is Verdict.VALID, report.deciding
    told = [finding.what for finding in report.checks[9].detail if "opened" in finding.what]
    assert [what.partition("opened ")[2].partition(" at ")[0] for what in told] == [
        "an item",
        "a redacted copy",
        "who is who in a redacted copy",
    ]
    assert "opened a redacted copy, purpose trial" in {row.what[9:] for row in shop.federation.story().custody}


def _pixels(width=4, height=3):
    return Picture(width, height, lossless=True, data=zlib.compress((b"\0" + b"\x7f" * 3 * width) * height))


def _chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _segment(marker, body):
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def _jpeg(*more):
    """A JPEG of one scan, with further segments before its tables."""
    head = _segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    frame = _segment(0xC0, b"\x08" + struct.pack(">HH", 3, 5) + b"\x03" + bytes(9))
    tables, scan = _segment(0xDB, bytes(65)) + frame + _segment(0xC4, bytes(17)), _segment(0xDA, bytes(10))
    return b"\xff\xd8" + head + b"".join(more) + tables + scan + b"\x12\xff\x00\x34\xff\xd0\x56\xff\xd9"


PNG, JPEG = write_png(_pixels()), _jpeg()
PDF = write_pdf([_pixels(), Picture(5, 3, lossless=False, data=JPEG), _pixels(7, 2)])
_END = _chunk(b"IEND", b"")
_HEAD = PNG[: 8 + 25]
_EXIF = b"Exif\0\0MM\0*\0\0\0\x08" + b"Canon of the witness"
_REGION = (Removed(RemovalKind.REGION, RemovalReason.THIRD_PARTY, 1),)
_UNSEEN = (Removed(RemovalKind.UNSEEN, RemovalReason.THIRD_PARTY, 1),)


def _pictured(make_workshop, workshop, copy, media_type, removed=_REGION, **more):
    shop = _shop(make_workshop, workshop, copy=copy, media_type=media_type, removed=removed, **more)
    return shop, shop.federation.verify(shop.dossier)


@pytest.mark.parametrize(
    ("copy", "media_type"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (PDF, "application/pdf")],
    ids=["png", "jpeg", "pdf"],
)
def test_a_copy_of_pictures_alone_is_valid(make_workshop, workshop, copy, media_type):
    assert _pictured(make_workshop, workshop, copy, media_type)[1].verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("copy", "media_type"),
    [
        (_HEAD + _chunk(b"IDAT", b"") * 200_000 + PNG[len(_HEAD) :], "image/png"),
        (write_pdf([Picture(5, 3, lossless=False, data=JPEG)] * 14_000), "application/pdf"),
    ],
    ids=["png", "pdf"],
)
def test_a_copy_of_pictures_alone_is_valid_however_many_parts_it_has(make_workshop, workshop, copy, media_type):
    assert _pictured(make_workshop, workshop, copy, media_type)[1].verdict is Verdict.VALID


@pytest.mark.parametrize(
    ("copy", "media_type"),
    [
        pytest.param(
            PNG[: -len(_END)] + _chunk(b"tEXt", b"Author\0the witness") + _END, "image/png", id="text in a PNG"
        ),
        pytest.param(_HEAD + _chunk(b"eXIf", _EXIF) + PNG[len(_HEAD) :], "image/png", id="Exif in a PNG"),
        pytest.param(PNG + b"the face", "image/png", id="bytes behind a PNG"),
        pytest.param(PNG[:-9] + b"\1" + PNG[-8:], "image/png", id="a chunk with another length"),
        pytest.param(PNG[:-1] + b"\0", "image/png", id="a chunk with another checksum"),
        pytest.param(PNG[:-4], "image/png", id="a PNG cut short"),
        pytest.param(
            write_png(msgspec.structs.replace(_pixels(), data=_pixels().data + b"face")),
            "image/png",
            id="bytes behind the pixels",
        ),
        pytest.param(
            write_png(msgspec.structs.replace(_pixels(4, 4), height=3)), "image/png", id="a row that is not shown"
        ),
        pytest.param(write_png(msgspec.structs.replace(_pixels(), height=4)), "image/png", id="a row too few"),
        pytest.param(
            write_png(msgspec.structs.replace(_pixels(), data=_pixels().data[:-5])), "image/png", id="pixels cut short"
        ),
        pytest.param(
            write_png(msgspec.structs.replace(_pixels(), data=b"face")), "image/png", id="no stream of pixels"
        ),
        pytest.param(_jpeg(_segment(0xE1, _EXIF)), "image/jpeg", id="Exif in a JPEG"),
        pytest.param(_jpeg(_segment(0xFE, b"the witness")), "image/jpeg", id="a comment in a JPEG"),
        pytest.param(JPEG.replace(b"\x12\xff\x00", b"\x12\xff\xfe"), "image/jpeg", id="a marker within the scan"),
        pytest.param(JPEG + JPEG, "image/jpeg", id="a second JPEG"),
        pytest.param(JPEG[:-2], "image/jpeg", id="a JPEG without its end"),
        pytest.param(JPEG.replace(b"JFIF\0\x01\x01\0\0\x01", b"JFIF\0\x01\x01\1\0\x48"), "image/jpeg", id="a density"),
        pytest.param(PDF + b"%%EOF\n", "application/pdf", id="a later state of a PDF"),
        pytest.param(PDF.replace(b"/Type /Catalog", b"/Type/Catalog /X"), "application/pdf", id="a word in a catalog"),
        pytest.param(
            PDF.replace(b"/P Do", b"/P Do BT (witness) Tj ET"), "application/pdf", id="text on a page of a PDF"
        ),
        pytest.param(
            write_pdf([Picture(5, 3, lossless=False, data=_jpeg(_segment(0xE1, _EXIF)))]),
            "application/pdf",
            id="Exif in a PDF",
        ),
        pytest.param(b"%PDF-1.4\n1 0 obj\n(the witness)\n%%EOF\n", "application/pdf", id="a PDF without a picture"),
        pytest.param(b"the witness", "image/png", id="no picture at all"),
    ],
)
def test_a_picture_or_pdf_that_still_carries_something_unseen_is_a_fault(make_workshop, workshop, copy, media_type):
    shop, report = _pictured(make_workshop, workshop, copy, media_type)
    assert (report.decided_by, report.deciding.file) == (9, layout.derived_path(shop.derived))
    assert report.deciding.what == "a redacted copy holds more than the pictures that are seen in it"


@pytest.mark.parametrize("removed", [_REGION, _UNSEEN], ids=["a region", "what is unseen"])
def test_a_copy_that_says_it_is_no_picture_does_not_escape_what_is_asked_of_what_was_removed(
    make_workshop, workshop, removed
):
    _, report = _pictured(make_workshop, workshop, PNG + b"the face", "application/octet-stream", removed)
    assert report.deciding.what == "a redacted copy holds more than the pictures that are seen in it"
    assert _pictured(make_workshop, workshop, PNG, "application/octet-stream", removed)[1].verdict is Verdict.VALID


def test_an_attachment_of_a_mail_that_alone_was_made_anew_is_read_as_any_picture(make_workshop, workshop):
    _, report = _pictured(make_workshop, workshop, PDF + b"the face", "application/pdf", attachment="2")
    assert report.deciding.what == "a redacted copy holds more than the pictures that are seen in it"
    assert _pictured(make_workshop, workshop, PDF, "application/pdf", attachment="2")[1].verdict is Verdict.VALID
