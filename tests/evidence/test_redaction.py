import base64
import re
import shutil
import subprocess
import time
from email.message import EmailMessage
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.acts.matters import Removed
from comity.evidence.redaction import redact as redaction
from comity.evidence.redaction.pictures import Imaging
from comity.evidence.redaction.redact import Derived, Person, Plan, Removal, mark
from comity.vocabulary.categories import RemovalKind, RemovalReason
from comity.vocabulary.errors import BrokenInputError, ErrorCode

THIRD, HEALTH = RemovalReason.THIRD_PARTY, RemovalReason.HEALTH
NAME = "Ana Sílva"
TABLE = b"timestamp,from,to,diagnosis,text\n2026-11-03T10:00:00Z,ana@example.org,b@example.net,asthma,hello Rui\n2026-11-03T11:00:00Z,ana@example.org,c@example.net,,bye\n"


class Blind(Imaging):
    """Draws nothing: text is never drawn."""


def derive(content: bytes, media_type: str, plan: Plan) -> Derived:
    return redaction.derive(content, media_type, plan, Blind())


def words(*wanted: str, reason: RemovalReason = THIRD) -> Plan:
    return Plan((Removal(reason, words=wanted),))


def text_of(derived: Derived) -> str:
    return derived.content.decode()


def assert_gone(derived: Derived, *removed: str) -> None:
    """Raw search in the forms an examiner tries, and `strings` where it is there."""
    content = derived.content
    for word in removed:
        raw = word.encode()
        for form in (raw, raw.lower(), raw.upper(), word.encode("utf-16-le"), word.encode("utf-16-be")):
            assert form not in content
        assert raw.lower() not in content.lower()
        assert base64.b64encode(raw).rstrip(b"=")[:-1] not in content
        assert quote(word).encode() not in content
    if strings := shutil.which("strings"):
        for encoding in ("s", "l", "b"):
            seen = subprocess.run(
                [strings, "-a", "-n", "2", "-e", encoding], input=content, capture_output=True, check=True
            )
            assert not any(word.encode().lower() in seen.stdout.lower() for word in removed)


# Text ------------------------------------------------------------------------------------------------------------


def test_a_word_is_replaced_by_its_reason_and_counted():
    derived = derive(b"Ana met Rui, and Ana left.", "text/plain", words("Ana"))
    assert text_of(derived) == f"{mark(THIRD)} met Rui, and {mark(THIRD)} left."
    assert derived.removed == (Removed(RemovalKind.WORDS, THIRD, 2),)
    assert_gone(derived, "Ana")


@pytest.mark.parametrize(
    "spelt",
    [
        "ana silva",
        "ANA SÍLVA",
        "Ana Si\u0301lva",
        "A\u200bna Síl\u00adva",
        "\uff21na Sílva",
        "Ana\nSílva",
        "Ana \t Sílva",
        "\u202eAna\u202c Sílva",
        "A\x00na Sílva",
        "Ana\u00a0Sílva",
    ],
)
def test_a_word_is_found_however_it_is_written(spelt):
    derived = derive(f"it was {spelt}.".encode(), "text/plain", words(NAME))
    assert text_of(derived) == f"it was {mark(THIRD)}."


@pytest.mark.parametrize(
    "hidden",
    [
        base64.b64encode(b"dear Ana Silva, hello").decode(),
        base64.b64encode(b"ear Ana Silva, hello").decode(),
        base64.b64encode(b"ar Ana Silva, hello").decode(),
        b"Ana Silva".hex(),
        quote("Ana Silva"),
        "".join(f"%{byte:02x}" for byte in b"Ana Silva"),
        "".join(f"&#{byte};" for byte in b"Ana Silva"),
        "".join(f"&#x{byte:x};" for byte in b"Ana Silva"),
        "".join(f"\\u{byte:04x}" for byte in b"Ana Silva"),
    ],
)
def test_a_word_that_also_stands_encoded_stops_the_whole(hidden):
    with pytest.raises(BrokenInputError) as caught:
        derive(f"Ana Silva wrote {hidden}".encode(), "text/plain", words("Ana Silva"))
    assert caught.value.code is ErrorCode.NOT_ALLOWED
    assert "Ana" not in str(caught.value)


def test_the_mark_is_as_long_for_a_letter_as_for_a_page():
    short = derive(b"x ab y", "text/plain", words("ab"))
    long = derive(b"x " + b"ab" * 500 + b" y", "text/plain", words("ab" * 500))
    assert short.content == long.content


def test_overlapping_words_are_removed_as_one_and_leave_no_end_behind():
    derived = derive(b"Anabela Silva", "text/plain", words("Anabela", "bela Silva"))
    assert "Silva" not in text_of(derived)
    assert "bela" not in text_of(derived)


def test_a_word_that_the_mark_is_made_of_can_be_removed():
    assert text_of(derive(b"a party", "text/plain", words("party"))) == f"a {mark(THIRD)}"


def test_what_cannot_be_seen_does_not_go_along():
    derived = derive("vis\u200bible \u202ehidden\x1b[8m\x00 \U000e0041 Ana".encode(), "text/plain", words("Ana"))
    assert text_of(derived) == f"visible hidden[8m  {mark(THIRD)}"


@pytest.mark.parametrize("content", [b"\xff\xfeA\x00n\x00a\x00", b"caf\xe9 Ana"])
def test_text_in_an_encoding_that_is_not_sure_is_refused(content):
    with pytest.raises(BrokenInputError) as caught:
        derive(content, "text/plain", words("Ana"))
    assert caught.value.code is ErrorCode.MALFORMED


@pytest.mark.parametrize("media_type", ["application/pdf", "image/jpeg", "application/vnd.sqlite3", "application/zip"])
def test_what_cannot_be_written_anew_is_refused(media_type):
    with pytest.raises(BrokenInputError) as caught:
        derive(b"Ana", media_type, words("Ana"))
    assert caught.value.code is ErrorCode.UNKNOWN_TYPE


def test_a_word_that_is_not_there_is_an_error_and_not_a_silent_success():
    with pytest.raises(BrokenInputError) as caught:
        derive(b"Rui", "text/plain", words("Ana"))
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_too_short_a_word_is_refused():
    with pytest.raises(BrokenInputError):
        derive(b"a b", "text/plain", words("\u200ba"))


AROUND = st.text(st.characters(codec="utf-8"), max_size=60)


@settings(max_examples=300)
@given(AROUND, st.sampled_from(["Ana Silva", "müller", "12345"]), AROUND)
def test_no_text_around_it_hides_a_word(before, word, after):
    derived = derive(f"{before}{word}{after}".encode(), "text/plain", words(word))
    assert word.lower() not in text_of(derived).replace(mark(THIRD), "\0").lower()


def test_json_lines_keep_their_form():
    content = b'{"timestamp":"2026-11-03T10:00:00Z","from":"ana"}\n{"timestamp":"2026-11-03T10:00:01Z","from":"rui"}\n'
    derived = derive(content, "application/jsonl", words("ana"))
    assert derived.media_type == "application/jsonl"
    assert text_of(derived).count("\n") == 2


# Tables ----------------------------------------------------------------------------------------------------------


def test_a_column_is_removed_with_its_empty_cells_and_its_name_stays():
    derived = derive(TABLE, "text/csv", Plan((Removal(HEALTH, columns=("Diagnosis",)),)))
    names, first, second = text_of(derived).splitlines()
    assert names == "timestamp,from,to,diagnosis,text"
    assert first.split(",")[3] == second.split(",")[3] == mark(HEALTH)
    assert derived.removed == (Removed(RemovalKind.COLUMN, HEALTH, 1),)
    assert_gone(derived, "asthma")


def test_words_are_removed_from_every_cell_of_a_table():
    derived = derive(TABLE, "text/csv", words("Rui", "ana@example.org"))
    assert_gone(derived, "Rui", "ana@example.org")
    assert derived.removed == (Removed(RemovalKind.WORDS, THIRD, 3),)


def test_a_column_that_is_not_there_is_an_error():
    with pytest.raises(BrokenInputError) as caught:
        derive(TABLE, "text/csv", Plan((Removal(HEALTH, columns=("illness",)),)))
    assert caught.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize("row", [b"a,b,c,d,e,f asthma\n", b'a,"b\n', b'a,"b"c,d\n'])
def test_a_row_that_does_not_fit_its_columns_is_refused(row):
    with pytest.raises(BrokenInputError):
        derive(TABLE + row, "text/csv", Plan((Removal(HEALTH, columns=("diagnosis",)),)))


def test_a_field_with_line_ends_stays_one_cell():
    content = b'name,note\nx,"one\nasthma ""two"""\n'
    derived = derive(content, "text/csv", Plan((Removal(HEALTH, columns=("note",)),)))
    assert text_of(derived) == f"name,note\nx,{mark(HEALTH)}\n"


# Mail ------------------------------------------------------------------------------------------------------------


def mail() -> bytes:
    message = EmailMessage()
    message["From"] = "Ana Sílva <ana@example.org>"
    message["To"] = "rui@example.net"
    message["Subject"] = "Über Ana"
    message["X-Originating-IP"] = "10.9.8.7"
    message["Received"] = "from secret.example by mx"
    message.set_content("Dear Rui,\nAna Sílva is ill.\n", cte="quoted-printable")
    message.add_alternative(
        "<html><head><style>.x{display:none}</style></head><body><!-- Ana --><p>Dear Rui</p>"
        "<span style='display:none'>hidden Ana S&iacute;lva</span><img alt='Ana'></body></html>",
        subtype="html",
    )
    message.add_attachment(b"%PDF Ana", maintype="application", subtype="pdf", filename="Ana.pdf")
    return message.as_bytes()


def test_a_mail_is_written_anew_from_what_people_read():
    derived = derive(mail(), "message/rfc822", words("Ana Sílva", "Ana", "ana@example.org"))
    shown = text_of(derived)
    assert derived.media_type == "text/plain"
    assert shown.startswith(f"From: {mark(THIRD)} <{mark(THIRD)}>\nTo: rui@example.net\nSubject: Über {mark(THIRD)}\n")
    assert "Dear Rui" in shown
    assert f"hidden {mark(THIRD)}" in shown
    for hidden in ("10.9.8.7", "secret.example", "Ana.pdf", "<!--", "display", "Received", "%PDF"):
        assert hidden not in shown
    assert Removed(RemovalKind.PART, RemovalReason.FORM, 1) in derived.removed
    assert_gone(derived, "Ana", "Sílva", "ana@example.org")


SEPARATOR = b"From ana@example.org Sat Oct  3 10:00:00 2026\n"
SECOND = b"From: Ana <ana@example.org>\nDate: Sat, 3 Oct 2026 10:00:00 +0000\nContent-Transfer-Encoding: base64\n\n"


@pytest.mark.parametrize("between", [b"\n", b"", b"\r\n"])
@pytest.mark.parametrize("lead", [b"", b"\n\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("kind", ["application/mbox", "message/rfc822"])
def test_a_mailbox_of_several_mails_is_refused_and_nothing_of_the_second_shows(kind, lead, between):
    first = b"From: Ana <ana@example.org>\nSubject: one\n\nhello\n"
    second = SEPARATOR + SECOND + base64.encodebytes(b"Ana was here")
    with pytest.raises(BrokenInputError, match="several mails") as caught:
        derive(lead + SEPARATOR + first + between + second, kind, Plan((Removal(THIRD, fields=("from",)),)))
    assert caught.value.code is ErrorCode.UNKNOWN_TYPE


def test_a_line_of_a_mailbox_between_the_fields_of_a_mail_is_refused():
    content = SEPARATOR + b"From: Ana <ana@example.org>\n" + SEPARATOR + b"\nhello\n"
    with pytest.raises(BrokenInputError, match="several mails"):
        derive(content, "application/mbox", Plan((Removal(THIRD, fields=("from",)),)))


@pytest.mark.parametrize("lead", [b"", b"\r\n"])
@pytest.mark.parametrize("kind", ["application/mbox", "message/rfc822"])
def test_the_line_that_begins_a_mail_in_a_mailbox_never_goes_along(kind, lead):
    content = lead + SEPARATOR + SECOND + base64.encodebytes(b"a plain text") + b"\n"
    derived = derive(content, kind, Plan((Removal(THIRD, fields=("from",)),)))
    assert_gone(derived, "ana@example.org")
    assert "a plain text" in text_of(derived)


def test_a_sentence_that_starts_with_from_makes_no_mailbox():
    content = SEPARATOR + b"From: Ana <ana@example.org>\nSubject: one\n\nwe meet\nFrom now on\n"
    assert "From now on" in text_of(derive(content, "application/mbox", words("ana@example.org")))


def test_fields_and_parts_of_a_mail_are_removed_as_a_whole():
    derived = derive(
        mail(), "message/rfc822", Plan((Removal(THIRD, fields=("From", "subject"), parts=("1.1", "1.2")),))
    )
    assert re.findall(r"^(?:From|Subject): (.*)$", text_of(derived), re.MULTILINE) == [mark(THIRD)] * 2
    assert_gone(derived, "Ana", "ill.", "Dear")
    assert Removed(RemovalKind.PART, THIRD, 2) in derived.removed


@pytest.mark.parametrize(
    "content",
    [
        b"From: a\nTo: b\nContent-Type: text/plain; charset=no-such\n\nAna",
        b"From: a\nTo: b\nContent-Type: text/plain; charset=utf-7\n\n+AEEAbgBh Ana",
        b"From: =?utf-8?b?QW5h?= <x\nTo: b\nSubject: =?x?q?Ana?=\n\nAna",
        b"From: a\nTo: b\nContent-Transfer-Encoding: base64\n\nQW5h!!!! Ana",
        b"From: a\nTo: b\nContent-Type: text/html\n\n<p>A<b>n</b>a &#65;na Ana</p>",
        b"From: a\nTo: Ana\nContent-Type: multipart/mixed; boundary=x\n\n--x\n" * 300,
    ],
)
def test_no_hostile_mail_lets_a_word_through(content):
    assert_gone(derive(content, "message/rfc822", words("Ana")), "Ana")


# Persons ---------------------------------------------------------------------------------------------------------


def test_a_person_bears_one_other_name_for_all_spellings():
    plan = Plan(persons=(Person("person-1", (NAME, "ana@example.org")), Person("person-2", ("Rui",))))
    derived = derive(f"{NAME} <ana@example.org> wrote to Rui and rui".encode(), "text/plain", plan)
    assert text_of(derived) == "[person-1] <[person-1]> wrote to [person-2] and [person-2]"
    assert (derived.persons, derived.removed) == (("person-1", "person-2"), ())
    assert_gone(derived, NAME, "ana@example.org", "Rui")


@pytest.mark.parametrize(
    "content",
    [b"Ana " * 200_000, ("\u200b" * 300_000 + "Ana").encode(), b"A" * 2_000_000 + b" Ana", b" " * 1_000_000 + b"Ana"],
)
def test_hostile_text_takes_bounded_time(content):
    begun = time.process_time()
    derive(content, "text/plain", words("Ana"))
    assert time.process_time() - begun < 10
