"""Real artefacts: nothing is lost, and what is cut is cut where it should be."""

import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from comity.acts.matters import ScopePart
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.instants import Period

SAMPLES = (Path(__file__).parents[2].parent / "shared" / "samples" / "device-artefacts").resolve()

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"the samples are not at {SAMPLES}")


@pytest.fixture
def taken(desk):
    held, identity, intake = desk.hold(SAMPLES)
    disclosed, new = desk.disclose(held, identity)
    return desk, disclosed, new, intake, (held, identity)


def test_every_artefact_is_taken_in_whole(taken):
    desk, disclosed, new, intake, _ = taken
    found = desk.contents(disclosed.packed, new)
    assert intake.left_out is None
    assert len(found) == intake.items
    for path in SAMPLES.rglob("*"):
        if path.is_file():
            name = path.relative_to(SAMPLES).as_posix()
            parts = [key for key in found if key == name or key.startswith(f"{name}/")]
            parts.sort(key=lambda key: key.rsplit("/", 1)[-1] if key != name else "")
            assert b"".join(found[key] for key in parts) == path.read_bytes(), name


def test_logs_are_cut_by_day_and_everything_else_stays_whole(taken):
    desk, disclosed, new, _, _ = taken
    items = {each.descriptor.name: each.descriptor for each in desk.room.each_item(disclosed.packed, new)}
    parts = Counter(name.split("/20")[0].split("/undated")[0] for name in items)
    assert parts["apache_access.log"] == 6
    assert parts["aws_elb_access.log"] == 3
    assert parts["jsonl/gcp_logging.jsonl"] == 3
    assert parts["jsonl/microsoft_audit_log.jsonl"] == 2
    assert parts["gdrive_synclog/sync_log.log"] == 1
    assert all(count == 1 for name, count in parts.items() if not name.endswith((".log", ".jsonl")))
    assert items["android/mmssms.db"].media_type == "application/vnd.sqlite3"
    assert items["image.E01"].media_type == "application/x-ewf"
    assert items["apt_history.log"].first is None
    assert items["jsonl/aws_cloudtrail.jsonl/2022-02-07/000001"].category is DataCategory.TRAFFIC
    for descriptor in items.values():
        if descriptor.first is not None:
            assert 2010 < descriptor.first.year <= descriptor.last.year < 2026


def test_an_order_for_one_day_gets_the_lines_of_that_day_only(taken):
    desk, _, _, _, (held, identity) = taken
    day = Period(datetime(2016, 1, 13, tzinfo=UTC), datetime(2016, 1, 14, tzinfo=UTC))
    disclosed, new = desk.disclose(held, identity, granted=(ScopePart("day", (DataCategory.TRAFFIC,), day),))
    (lines,) = desk.contents(disclosed.packed, new).values()
    assert lines
    assert all(b"[13/Jan/2016:" in line for line in lines.splitlines())


def test_every_artefact_passes_the_takers_own_recognition(taken):
    desk, disclosed, new, _, _ = taken
    assert desk.receive(disclosed, new).received.repacked is False


_APPLE, _WEBKIT = datetime(2001, 1, 1, tzinfo=UTC), datetime(1601, 1, 1, tzinfo=UTC)
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


STORES = [
    ("android/contacts2.db", "content", "select date as at from calls", _UNIX, 1_000),
    ("android/mmssms.db", "content", "select date as at from sms", _UNIX, 1_000),
    (
        "android/twitter.db",
        "content",
        "select created as at from statuses union all select created from conversation_entries",
        _UNIX,
        1_000,
    ),
    ("android/viber_data", "content", "select date as at from calls", _UNIX, 1_000),
    (
        "chrome/History-59.0.3071.86",
        "content",
        "select visit_time as at from visits union all select start_time from downloads",
        _WEBKIT,
        1_000_000,
    ),
    ("ios/DataUsage.sqlite", "traffic", "select ZTIMESTAMP as at from ZLIVEUSAGE", _APPLE, 1),
    (
        "ios/kik.sqlite",
        "content",
        "select ZTIMESTAMP as at from ZKIKMESSAGE union all select ZRECEIVEDTIMESTAMP from ZKIKMESSAGE",
        _APPLE,
        1,
    ),
]


def ends_by_the_engine(name: str, entries: str) -> tuple[float, float]:
    connection = sqlite3.connect(f"file:{SAMPLES / name}?mode=ro&immutable=1", uri=True)
    try:
        times = sorted(at for (at,) in connection.execute(entries))
        return times[0], times[-1]
    finally:
        connection.close()


def test_stores_show_their_category_and_the_span_that_the_engine_finds(taken):
    desk, disclosed, new, _, _ = taken
    items = {each.descriptor.name: each.descriptor for each in desk.room.each_item(disclosed.packed, new)}
    for name, category, entries, epoch, unit in STORES:
        item = items[name]
        assert item.category.value == category
        for found, number in zip((item.first, item.last), ends_by_the_engine(name, entries), strict=True):
            assert abs(found - (epoch + timedelta(seconds=number / unit))) < timedelta(milliseconds=1), name


def test_what_is_an_archive_lists_its_members(taken):
    desk, disclosed, new, _, _ = taken
    items = {each.descriptor.name: each.descriptor for each in desk.room.each_item(disclosed.packed, new)}
    members = items["Document.docx"].members
    assert members.whole
    assert "word/document.xml" in {member.name for member in members.listed}
    assert items["Document.doc"].members is None
