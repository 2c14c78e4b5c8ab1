import hashlib
import time
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.evidence.items.descriptors import MAX_TARGETS, ItemDescriptor
from comity.evidence.items.recognised import Disagreement, ItemFormat, Recognised
from comity.evidence.recognising.recognise import HEAD, Recognition, cutter_of, recognise, sniff
from comity.evidence.recognising.runs import LINE_LIMIT
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.targets import Target, TargetKind

MAIL = b"From: <ana@Example.org>\r\nTo: b@example.net\r\nDate: Tue, 3 Nov 2026 10:00:00 +0100\r\n\r\nhello\r\n"
SECOND = MAIL.replace(b"3 Nov", b"4 Nov")
BOX = b"From ana Tue Nov  3 10:00:00 2026\n" + MAIL + b"\nFrom ana Wed Nov  4 10:00:00 2026\n" + SECOND
LOG = (
    b'10.0.0.1 - - [02/Nov/2026:23:59:59 +0000] "GET / HTTP/1.1" 200 1\n'
    b'10.0.0.2 - - [03/Nov/2026:00:30:00 +0100] "GET / HTTP/1.1" 200 1 "-" "x"\n'
    b'2001:db8::1 - ana [03/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1\n'
)
LINES = b'{"timestamp":"2026-11-03T10:00:00Z","eventName":"x"}\n{"timestamp":1793707200,"eventName":"y"}\n'
SUBSCRIBER = (
    b'{"category":"subscriber","name":"Ana","email":"ana@example.org","phone":"+351 912 345 678","ip":"10.0.0.1"}'
)
TEN = datetime(2026, 11, 3, 9, tzinfo=UTC)


def described(content: bytes, **changes: object) -> ItemDescriptor:
    facts = recognise(content)
    plain = ItemDescriptor(
        "x",
        len(content),
        hashlib.sha256(content).digest(),
        facts.media_type,
        facts.category or DataCategory.CONTENT,
        facts.first,
        facts.last,
        targets=facts.targets,
        more_targets=facts.more_targets,
    )
    return msgspec.structs.replace(plain, **changes)


# Facts -----------------------------------------------------------------------------------------------------------


def test_a_mail_shows_its_date_its_addresses_and_that_it_is_content():
    facts = recognise(MAIL)
    assert (facts.format, facts.category, facts.first, facts.last) == (
        ItemFormat.MAIL,
        DataCategory.CONTENT,
        TEN,
        TEN,
    )
    assert facts.targets == (Target(TargetKind.EMAIL, "ana@example.org"), Target(TargetKind.EMAIL, "b@example.net"))


@pytest.mark.parametrize(
    "dates",
    [
        b"",
        b"Date: yesterday\r\n",
        b"Date: Tue, 3 Nov 2026 10:00:00\r\n",
        b"Date: Tue, 31 Feb 2026 10:00:00 +0000\r\n",
        b"Date: Tue, 3 Nov 0000 10:00:00 +0000\r\n",
        b"Date: Tue, 1 Jan 0001 00:00:00 +2300\r\n",
        b"Date: Tue, 3 Nov 2026 10:00:00 +9999\r\n",
        b"Date: Tue, 3 Nov 2026 10:00:00 +0000\r\nDate: Wed, 4 Nov 2026 10:00:00 +0000\r\n",
    ],
)
def test_a_mail_with_no_date_or_two_or_none_that_can_be_read_has_no_time(dates):
    content = MAIL.replace(b"Date: Tue, 3 Nov 2026 10:00:00 +0100\r\n", dates)
    assert recognise(content).first is None
    assert recognise(content).category is DataCategory.CONTENT


def test_a_mail_whose_header_does_not_end_within_the_limit_has_no_time():
    assert recognise(MAIL.replace(b"\r\n\r\n", b"\r\nX-Pad: " + b"x" * HEAD + b"\r\n\r\n")).first is None


def test_a_date_in_the_body_is_not_the_date_of_the_mail():
    content = b"From: a@b.example\nSubject: x\n\nDate: Tue, 3 Nov 2026 10:00:00 +0000\n"
    assert recognise(content).first is None


def test_a_mailbox_spans_all_its_messages_and_one_undated_message_makes_it_undated():
    assert (recognise(BOX).first, recognise(BOX).last) == (TEN, TEN + timedelta(days=1))
    undated = BOX + b"\nFrom x\nFrom: a@b.example\nSubject: y\n\nhi\n"
    assert recognise(undated).first is None


def test_an_access_log_shows_the_span_of_its_lines_in_utc():
    facts = recognise(LOG)
    assert facts.category is DataCategory.TRAFFIC
    assert facts.first == datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
    assert facts.last == datetime(2026, 11, 3, 12, tzinfo=UTC)
    assert facts.targets[-1] == Target(TargetKind.IPV6, "2001:0db8:0000:0000:0000:0000:0000:0001")


def test_one_line_that_cannot_be_dated_makes_a_log_undated():
    assert recognise(LOG + b"something else\n").first is None


def test_empty_lines_do_not_make_a_log_undated():
    assert recognise(LOG + b"\n  \n").first is not None


def test_a_dated_log_keeps_lines_without_a_time_with_the_entry_before():
    facts = recognise(b"2026-11-03 10:00:00,123 +0000 ERROR x\n  at y\n2026-11-03T11:00:00Z z\n")
    assert (facts.format, facts.category) == (ItemFormat.DATED_LOG, None)
    assert facts.last == datetime(2026, 11, 3, 11, tzinfo=UTC)


def test_a_log_whose_times_have_no_zone_stays_opaque():
    assert recognise(b"2026-11-03 10:00:00 INFO x\n").format is ItemFormat.OPAQUE


def test_json_lines_show_times_as_text_and_as_numbers():
    facts = recognise(LINES)
    assert (facts.category, facts.first, facts.last) == (
        DataCategory.TRAFFIC,
        datetime(2026, 11, 3, 10, tzinfo=UTC),
        datetime(2026, 11, 3, 12, tzinfo=UTC),
    )


def test_messages_in_json_lines_are_content():
    facts = recognise(b'{"ts":1793700000,"from":"a","to":"b","text":"hi"}\n' + LINES)
    assert facts.category is DataCategory.CONTENT


def test_a_subscriber_record_shows_its_category_and_identifiers_and_no_time():
    facts = recognise(SUBSCRIBER)
    assert (facts.format, facts.category, facts.first) == (ItemFormat.RECORD, DataCategory.SUBSCRIBER, None)
    assert facts.targets == (
        Target(TargetKind.EMAIL, "ana@example.org"),
        Target(TargetKind.PHONE, "351912345678"),
        Target(TargetKind.IPV4, "10.0.0.1"),
    )


def test_identifiers_are_cut_at_the_limit_and_that_is_said():
    lines = b"".join(
        b'10.0.%d.1 - - [03/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 1\n' % number
        for number in range(MAX_TARGETS + 1)
    )
    facts = recognise(lines)
    assert len(facts.targets) == MAX_TARGETS
    assert facts.more_targets


@pytest.mark.parametrize("content", [b"", b"\x00" * 9, b"hello\n", b"\xff\xfe", b"{", b"[1]", b"null", b"From \n"])
def test_anything_else_is_opaque(content):
    facts = recognise(content)
    assert (facts.format, facts.category, facts.first) == (ItemFormat.OPAQUE, None, None)


# Hostile input ---------------------------------------------------------------------------------------------------

FRAGMENTS = st.sampled_from(
    [MAIL, BOX, LOG, LINES, SUBSCRIBER, b"From ", b"\n\nFrom ", b"\n", b"\r\n", b"{", b'"', b"\0"]
)
CONTENT = st.lists(FRAGMENTS | st.binary(max_size=40), max_size=8).map(b"".join)


def in_pieces(content: bytes, size: int) -> Recognised:
    recognition = Recognition()
    for at in range(0, len(content), size):
        recognition.feed(content[at : at + size])
    return recognition.finish()


@settings(max_examples=300)
@given(CONTENT, st.integers(1, 200))
def test_facts_do_not_depend_on_how_the_content_arrives(content, size):
    assert in_pieces(content, size) == recognise(content)


@settings(max_examples=300)
@given(CONTENT, st.integers(1, 200))
def test_cutting_loses_no_byte_and_does_not_depend_on_how_the_content_arrives(content, size):
    item_format, _ = sniff(content[:HEAD], complete=True)
    cutters = [cutter_of(item_format), cutter_of(item_format)]
    if cutters[0] is None:
        return
    whole = [*cutters[0].feed(content), *cutters[0].finish()]
    pieces = [piece for at in range(0, len(content), size) for piece in cutters[1].feed(content[at : at + size])]
    pieces += cutters[1].finish()
    assert b"".join(data for _, data in pieces) == content
    assert joined(pieces) == joined(whole)
    assert pieces[0][0] is not None


def joined(pieces: list[tuple[str | None, bytes]]) -> list[tuple[str, bytes]]:
    parts: list[tuple[str, bytes]] = []
    for name, data in pieces:
        if name is not None:
            parts.append((name, b""))
        parts[-1] = (parts[-1][0], parts[-1][1] + data)
    return parts


@pytest.mark.parametrize(
    "content",
    [
        b"From " * 400_000,
        b"\n\nFrom " * 300_000,
        b"From a\nFrom: a\nTo: b\n\n" + b"\n\nFrom " * 300_000,
        b"From: a\nTo: b\n" + b" fold\n" * 300_000,
        b"From: " + b"a" * 2_000_000,
        b"From: a\nTo: " + b"a@" * 1_000_000,
        b"1 2 " + b" [" * 1_000_000,
        b"a b " + b"[0" * 1_000_000,
        LOG + b"x" * 2_000_000,
        LOG + b"\n" * 2_000_000,
        LINES + b"[" * 2_000_000,
        LINES + b'{"timestamp":' + b"9" * 60_000 + b"}\n",
        b"[" * 2_000_000,
        b'{"a":' * 300_000,
        b'{"timestamp":1e999}\n' * 10_000,
        b'{"timestamp":"' + b"0" * 60_000 + b'"}\n',
        b"2026-11-03T10:00:00Z" + b" " * 2_000_000,
        b"9999-12-31T23:59:59-23:59 x\n" * 1_000,
        b"0001-01-01T00:00:00+23:59 x\n" * 1_000,
    ],
)
def test_hostile_content_takes_bounded_time(content):
    begun = time.process_time()
    facts = recognise(content)
    item_format, _ = sniff(content[:HEAD], complete=len(content) < HEAD)
    cutter = cutter_of(item_format)
    if cutter is not None:
        assert sum(len(data) for _, data in [*cutter.feed(content), *cutter.finish()]) == len(content)
    assert time.process_time() - begun < 10
    assert len(facts.targets) <= MAX_TARGETS


# Cutting ---------------------------------------------------------------------------------------------------------


def parts(content: bytes) -> list[tuple[str, bytes]]:
    cutter = cutter_of(sniff(content[:HEAD], complete=True)[0])
    assert cutter is not None
    return joined([*cutter.feed(content), *cutter.finish()])


def test_a_mailbox_is_cut_into_its_messages_each_with_its_own_time():
    cut = parts(BOX)
    assert [name for name, _ in cut] == ["000001", "000002"]
    assert [recognise(data).first for _, data in cut] == [TEN, TEN + timedelta(days=1)]


def test_a_log_is_cut_by_day_and_its_undated_lines_apart():
    cut = parts(LOG + b"garbage\n" + LOG.splitlines(keepends=True)[0])
    assert [name for name, _ in cut] == [
        "2026-11-02/000001",
        "2026-11-03/000002",
        "undated/000003",
        "2026-11-02/000004",
    ]
    assert recognise(cut[2][1]).first is None
    assert recognise(cut[1][1]).first == datetime(2026, 11, 3, 12, tzinfo=UTC)


def test_a_source_of_unknown_form_stays_whole():
    assert cutter_of(sniff(b"hello", complete=True)[0]) is None


# Lies ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [MAIL, BOX, LOG, LINES, SUBSCRIBER, b"opaque"])
def test_an_honest_descriptor_agrees_with_its_content(content, disagreement):
    assert disagreement(described(content), content) is None


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"size": 1}, Disagreement.SIZE),
        ({"sha256": bytes(32)}, Disagreement.CONTENT),
        ({"category": DataCategory.TRAFFIC}, Disagreement.CATEGORY),
        ({"first": TEN - timedelta(days=1), "last": TEN - timedelta(days=1)}, Disagreement.TIME),
        ({"first": None, "last": None}, Disagreement.TIME),
        ({"last": TEN + timedelta(seconds=1)}, Disagreement.TIME),
        ({"targets": (Target(TargetKind.EMAIL, "nobody@example.org"),)}, Disagreement.TARGETS),
        ({"targets": ()}, Disagreement.TARGETS),
        ({"more_targets": True}, Disagreement.TARGETS),
    ],
)
def test_a_descriptor_that_lies_about_a_mail_is_caught(changes, differs, disagreement):
    assert disagreement(described(MAIL, **changes), MAIL) is differs


def test_a_time_claimed_for_a_mail_that_shows_none_is_a_lie(disagreement):
    content = MAIL.replace(b"Date:", b"X-Date:")
    assert disagreement(described(content, first=TEN, last=TEN), content) is Disagreement.TIME


def test_many_messages_described_as_the_first_are_a_lie(disagreement):
    assert disagreement(described(BOX, last=TEN), BOX) is Disagreement.TIME


TAIL = b'{"time":"2024-05-06T07:08:09Z","x":1}'
SHOWN = b'{"time":"2020-01-02T03:04:05Z"}'


@pytest.mark.parametrize("before", [SHOWN, b"", b"\n" + SHOWN], ids=["an object", "nothing", "an empty line"])
def test_what_stands_behind_the_limit_of_a_line_is_not_dated_by_what_stands_before_it(before):
    line = before + b" " * LINE_LIMIT + TAIL + b"\n"
    assert recognise(SHOWN + b"\n" + line).first is None
    assert recognise(line).first is None
    names = [name for name, _ in parts(SHOWN + b"\n" + line)]
    assert names == ["2020-01-02/000001", "undated/000002"]


@pytest.mark.parametrize("hidden", [TAIL, b'"x"', b"7", b"[" + TAIL + b"]"])
def test_what_stands_behind_the_limit_of_an_object_is_not_dated_by_the_object(hidden):
    for array in (b"[" + SHOWN + b",", b"[" + SHOWN + b"," + SHOWN + b","):
        assert recognise(array + b" " * LINE_LIMIT + hidden + b"]").first is None


def test_a_log_of_alternating_days_is_cut_into_no_more_parts_than_the_limit(monkeypatch):
    monkeypatch.setattr("comity.evidence.recognising.runs.MAX_PARTS", 3)
    for content in ((SHOWN + b"\n" + TAIL + b"\n") * 20, LOG * 20):
        found = parts(content)
        assert len(found) == 3
        assert b"".join(data for _, data in found) == content
        facts = recognise(found[2][1])
        assert facts.first.date() < facts.last.date()


def test_what_is_opaque_can_neither_confirm_nor_contradict(disagreement):
    content = b"\x00opaque"
    assert disagreement(described(content, category=DataCategory.TRAFFIC, first=TEN, last=TEN), content) is None


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2", "video/mp4"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", "video/quicktime"),
        (b"ID3\x04\0\0\0\0\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64\0", "audio/mpeg"),
        (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\x24\0\0\0ABCD", "application/x-riff"),
        (b"OggS\0\x02", "application/ogg"),
        (b"\x1a\x45\xdf\xa3\x01", "video/x-matroska"),
        (b"\n<!DOCTYPE HTML>\n<title>x</title>", "text/html"),
        (b"{\\rtf1 x}", "application/rtf"),
        (b"<p>no page", "text/plain"),
        (b"the word ftyp is no film", "text/plain"),
        (b"RIF", "text/plain"),
    ],
)
def test_a_media_type_is_told_by_how_content_begins_and_by_nothing_else(content, media_type):
    facts = recognise(content)
    assert (facts.format, facts.media_type) == (ItemFormat.OPAQUE, media_type)


def test_a_mark_before_utf_8_hides_no_time():
    facts = recognise(b"\xef\xbb\xbf" + LINES)
    assert facts == recognise(LINES)
    assert facts.format is ItemFormat.JSON_LINES
    assert recognise(b"\xef\xbb\xbf" + SUBSCRIBER) == recognise(SUBSCRIBER)
