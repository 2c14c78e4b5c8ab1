"""Pictures and PDF are redacted by the same plan as text, as items of their own and as parts of a mail."""

from email.message import EmailMessage

import pytest

from comity.acts.matters import Removed
from comity.evidence.items.recognised import ItemFormat
from comity.evidence.recognising.recognise import HEAD, sniff
from comity.evidence.redaction.files import JPEG, PDF, PNG, read_pdf
from comity.evidence.redaction.pictures import GIF, TIFF, WEBP, Region
from comity.evidence.redaction.redact import Person, Plan, Removal, derive
from comity.vocabulary.categories import RemovalKind, RemovalReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode

HEALTH, THIRD = RemovalReason.HEALTH, RemovalReason.THIRD_PARTY
CORNER = Region(1, 0, 0, 50, 50)


def mail(tools, **declared) -> bytes:
    """A text, a PDF with the word on its page, and a picture of it."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Ana <ana@example.org>", "rui@example.net", "papers"
    message["Date"] = "Sat, 3 Oct 2026 10:00:00 +0000"
    message.set_content("see what is attached")
    kind, _, subtype = declared.get("pdf", "application/pdf").partition("/")
    message.add_attachment(
        tools.write_pdf(tools.Hostile()), maintype=kind, subtype=subtype, filename=f"{tools.WORD}.pdf"
    )
    message.add_attachment(tools.saved(tools.picture(), "PNG"), maintype="image", subtype="png", filename="a.png")
    return message.as_bytes()


def test_the_act_can_say_how_many_regions_for_which_reason_and_that_the_rest_of_the_file_is_gone(tools, imaging):
    plan = Plan((Removal(HEALTH, regions=(tools.BOX, CORNER)), Removal(THIRD, regions=(Region(1, 900, 900, 9, 9),))))
    derived = derive(tools.write_pdf(tools.Hostile()), PDF, plan, imaging)
    assert derived.media_type == PDF
    assert set(derived.removed) == {
        Removed(RemovalKind.REGION, HEALTH, 2),
        Removed(RemovalKind.REGION, THIRD, 1),
        Removed(RemovalKind.UNSEEN, RemovalReason.FORM, 1),
    }


@pytest.mark.parametrize(
    "plan",
    [
        Plan((Removal(HEALTH, words=("Ana",)),)),
        Plan((Removal(HEALTH, columns=("a",), regions=(CORNER,)),)),
        Plan((Removal(HEALTH, regions=(CORNER,)),), (Person("person-1", ("Ana",)),)),
        Plan(),
    ],
)
def test_words_and_persons_are_not_looked_for_in_pixels_and_nobody_is_made_to_think_so(tools, imaging, plan):
    with pytest.raises(BrokenInputError) as caught:
        derive(tools.write_pdf(tools.Hostile()), PDF, plan, imaging)
    assert caught.value.code is ErrorCode.UNKNOWN_TYPE


@pytest.mark.parametrize("media_type", ["text/plain", "text/csv", "message/rfc822"])
def test_regions_of_a_text_are_an_error(imaging, media_type):
    plan = Plan((Removal(HEALTH, regions=(CORNER,)),))
    with pytest.raises(BrokenInputError) as caught:
        derive(b"From: a\nTo: b\n\nAna", media_type, plan, imaging)
    assert caught.value.code is ErrorCode.NOT_FOUND
    assert caught.value.found == "region"


@pytest.mark.parametrize(
    ("form", "media_type"), [("TIFF", TIFF), ("PNG", PNG), ("JPEG", JPEG), ("GIF", GIF), ("WEBP", WEBP)]
)
def test_an_intake_tells_every_form_that_can_be_drawn(tools, form, media_type):
    content = tools.saved(tools.picture(), form)
    assert sniff(content[:HEAD], complete=True) == (ItemFormat.OPAQUE, media_type)


def test_one_part_of_a_mail_is_made_anew_alone(tools, imaging):
    plan = Plan((Removal(THIRD, regions=(tools.BOX,)),), attachment="2")
    derived = derive(mail(tools), "message/rfc822", plan, imaging)
    assert derived.media_type == PDF
    assert len(read_pdf(derived.content)) == 1
    assert not tools.keeps(derived.content)
    assert derive(mail(tools), "message/rfc822", plan, imaging) == derived


def test_a_part_is_what_its_bytes_are_whatever_the_mail_says(tools, imaging):
    plan = Plan((Removal(THIRD, regions=(tools.BOX,)),), attachment="2")
    told = derive(mail(tools, pdf="text/plain"), "message/rfc822", plan, imaging)
    assert told == derive(mail(tools), "message/rfc822", plan, imaging)


def test_a_picture_in_a_mail_is_made_anew_alone(tools, imaging):
    plan = Plan((Removal(THIRD, regions=(Region(1, 50, 50, 200, 40),)),), attachment="3")
    assert derive(mail(tools), "message/rfc822", plan, imaging).media_type == PNG


def test_the_mail_made_plain_tells_the_numbers_of_its_parts_and_has_none_of_them(tools, imaging):
    derived = derive(mail(tools), "message/rfc822", Plan((Removal(THIRD, fields=("from",)),)), imaging)
    assert derived.content.decode().count("--- part ") == 3
    assert "--- part 2 ---\n[removed: form]" in derived.content.decode()
    assert not tools.keeps(derived.content)


@pytest.mark.parametrize("number", ["4", "0", "1.1", "x"])
def test_a_part_that_is_not_there_is_an_error(tools, imaging, number):
    plan = Plan((Removal(THIRD, regions=(CORNER,)),), attachment=number)
    with pytest.raises(BrokenInputError) as caught:
        derive(mail(tools), "message/rfc822", plan, imaging)
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_only_a_mail_has_parts(tools, imaging):
    plan = Plan((Removal(THIRD, regions=(CORNER,)),), attachment="1")
    with pytest.raises(BrokenInputError) as caught:
        derive(tools.write_pdf(tools.Hostile()), PDF, plan, imaging)
    assert caught.value.code is ErrorCode.NOT_FOUND
