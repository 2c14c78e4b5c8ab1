"""Exports in the forms that providers really use: arrays of objects, UTF-16, marks before the text."""

import codecs
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.evidence.items.recognised import ItemFormat
from comity.evidence.recognising.recognise import HEAD, Recognition, cutter_of, recognise, sniff
from comity.vocabulary.categories import DataCategory

MESSAGES = [
    {"timestamp": f"2026-11-{day:02}T10:00:00Z", "from": "ana@example.org", "body": text}
    for day, text in [(2, "}{][ \\ \"'"), (2, "ü\U0001f600"), (3, "[{"), (4, "plain"), (4, "")]
]
ARRAYS = {
    "plain": json.dumps(MESSAGES).encode(),
    "compact": json.dumps(MESSAGES, separators=(",", ":"), ensure_ascii=False).encode(),
    "indented": json.dumps(MESSAGES, indent=2).encode() + b"\n",
    "marked": codecs.BOM_UTF8 + json.dumps(MESSAGES, indent="\t").encode(),
}
TABLE = "timestamp,from,text\r\n" + "".join(
    f'2026-11-{day:02}T10:00:00Z,ana@example.org,"{text}"\r\n'
    for day, text in [(2, "ü"), (2, "a\nb"), (3, "\U0001f600")]
)
LOG = "".join(f'10.0.0.1 - - [{day:02}/Nov/2026:10:00:00 +0000] "GET /ü HTTP/1.1" 200 1\n' for day in (2, 2, 3))
WIDE = {
    f"{name}-{encoding}": ("\ufeff" + text).encode(encoding)
    for encoding in ("utf-16-le", "utf-16-be")
    for name, text in {"table": TABLE, "log": LOG, "array": json.dumps(MESSAGES, indent=1)}.items()
}


def parts_of(content: bytes, sizes=(1 << 20,)) -> list[tuple[str, bytes, bytes]]:
    """Name, opening and own bytes of each part, the content fed in pieces of these sizes in turn."""
    head = content[:HEAD]
    item_format, _ = sniff(head, complete=len(content) < HEAD)
    cutter = cutter_of(item_format, head)
    assert cutter is not None
    parts, at, turn = [], 0, 0
    pieces = []
    while at < len(content):
        pieces += cutter.feed(content[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        turn += 1
    for part, piece in [*pieces, *cutter.finish()]:
        if part is None:
            name, opening, before = parts.pop()
            parts.append((name, opening, before + piece))
        else:
            parts.append((part, cutter.opening(part), piece))
    return parts


@pytest.mark.parametrize("form", ARRAYS)
def test_an_array_of_dated_objects_is_cut_by_day_and_each_part_shows_the_same_alone(form):
    parts = parts_of(ARRAYS[form])
    assert [name for name, _, _ in parts] == ["2026-11-02/000001", "2026-11-03/000002", "2026-11-04/000003"]
    assert b"".join(piece for _, _, piece in parts) == ARRAYS[form]
    for name, opening, piece in parts:
        facts = recognise(opening + piece)
        assert (facts.format, facts.category) == (ItemFormat.JSON_ARRAY, DataCategory.CONTENT)
        assert facts.first.date().isoformat() == facts.last.date().isoformat() == name[:10]
        assert [target.value for target in facts.targets] == []


@pytest.mark.parametrize("form", WIDE)
def test_what_is_in_utf_16_is_cut_by_day_and_each_part_bears_the_mark(form):
    parts = parts_of(WIDE[form])
    assert [name[:10] for name, _, _ in parts][:2] == ["2026-11-02", "2026-11-03"]
    assert b"".join(piece for _, _, piece in parts) == WIDE[form]
    for name, opening, piece in parts:
        assert (opening + piece)[:2] == WIDE[form][:2]
        assert recognise(opening + piece).first.date().isoformat() == name[:10]
    if form.startswith("table"):
        names = WIDE[form][: len("\ufefftimestamp,from,text\r\n") * 2]
        assert [opening for _, opening, _ in parts[1:]] == [names] * (len(parts) - 1)


@given(st.sampled_from(sorted(ARRAYS | WIDE)), st.lists(st.integers(1, 40), min_size=1, max_size=5))
def test_parts_and_facts_do_not_depend_on_how_the_content_arrives(form, sizes):
    content = (ARRAYS | WIDE)[form]
    assert parts_of(content, sizes) == parts_of(content)
    recognition = Recognition()
    at = turn = 0
    while at < len(content):
        recognition.feed(content[at : at + sizes[turn % len(sizes)]])
        at += sizes[turn % len(sizes)]
        turn += 1
    assert recognition.finish() == recognise(content)


@settings(max_examples=300)
@given(st.sampled_from(sorted(ARRAYS | WIDE)), st.data())
def test_no_damage_loses_a_byte_or_dates_what_is_beside_an_object(form, data):
    content = bytearray((ARRAYS | WIDE)[form])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    content = bytes(content)
    if cutter_of(sniff(content, complete=True)[0], content) is None:
        return
    parts = parts_of(content, (data.draw(st.integers(1, 9)),))
    assert b"".join(piece for _, _, piece in parts) == content


@pytest.mark.parametrize(
    "content",
    [
        b'[{"timestamp":"2026-11-02T10:00:00Z"}, 5, {"timestamp":"2026-11-02T10:00:00Z"}]',
        b'[{"timestamp":"2026-11-02T10:00:00Z"}] {"hidden":1}',
        b'[{"timestamp":"2026-11-02T10:00:00Z"},,{"timestamp":"2026-11-02T10:00:00Z"}]',
        b'[{"timestamp":"2026-11-02T10:00:00Z"}]\n[{"timestamp":"2026-11-02T10:00:00Z"}]',
        b'[{"timestamp":"2026-11-02T10:00:00Z"},{"timestamp":"2026-11-02T10:00:00"}]',
        b'["x",{"timestamp":"2026-11-02T10:00:00Z"}]',
        b'{"a":[{"timestamp":"2026-11-02T10:00:00Z"}]}',
        b'[{"timestamp":"2026-11-02T10:00:00Z","a":"' + b"x" * HEAD + b'"}]',
    ],
)
def test_an_array_with_anything_in_doubt_has_no_time(content):
    assert recognise(content).first is None


@pytest.mark.parametrize("end", [b"\0", b"x", b"\xd8"])
def test_half_a_character_at_the_end_leaves_its_part_without_a_time(end):
    content = WIDE["table-utf-16-le"] + end
    parts = parts_of(content)
    assert b"".join(piece for _, _, piece in parts) == content
    assert recognise(parts[-1][1] + parts[-1][2]).first is None


def test_half_a_pair_goes_through_unchanged():
    content = ("\ufeff" + TABLE.replace("ü", "\ud800")).encode("utf-16-le", "surrogatepass")
    assert b"".join(piece for _, _, piece in parts_of(content)) == content
    assert recognise(content).first is not None


@pytest.mark.parametrize("mark", [codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE])
def test_a_mark_alone_is_no_export(mark):
    assert recognise(mark).format is ItemFormat.OPAQUE
    assert recognise(mark + bytes(99)).format is ItemFormat.OPAQUE


def test_a_mark_before_a_log_hides_no_time():
    assert recognise(codecs.BOM_UTF8 + LOG.encode()).first.day == 2
    assert recognise(codecs.BOM_UTF8 + b"2026-11-02T10:00:00Z started\n").first.day == 2


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 500_000,
        b"[{" * 250_000,
        b'[{"timestamp":"2026-11-02T10:00:00Z"}' + b" " * 500_000 + b"}",
        b'[{"' + b"\\" * 500_000,
    ],
)
def test_hostile_arrays_take_bounded_time(content):
    begun = time.process_time()
    recognise(content)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_row_longer_than_is_looked_at_loses_no_byte_in_utf_16(encoding):
    text = TABLE + '2026-11-04T10:00:00Z,x,"' + "a\U0001f600" * HEAD + '"\r\n2026-11-05T10:00:00Z,x,y\r\n'
    content = ("\ufeff" + text).encode(encoding)
    parts = parts_of(content, (65_537, 3))
    assert b"".join(piece for _, _, piece in parts) == content
    assert [name.split("/")[0] for name, _, _ in parts][-2:] == ["undated", "2026-11-05"]
