"""A stream cut anywhere and given again is held as one that was never cut; another one, or half of one, is never held for it."""

import gzip
import io
import os
import random
from itertools import pairwise

import msgspec
import pytest

from comity.adapters.objects.chunk_pipeline import LEAST_CHUNK
from comity.adapters.objects.segment_sealing import read_index
from comity.evidence.items.descriptors import unframe
from comity.evidence.items.exhibits import HeldExhibit, IntakeTerms
from comity.evidence.recognising.recognise import HEAD
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class Feed(io.BytesIO):
    """Comes in uneven pieces, sometimes not at all for a while; breaks off after so many bytes, if it is told to."""

    def __init__(self, data: bytes, cut: int | None = None, *, seed: int = 1) -> None:
        super().__init__(data if cut is None else data[:cut])
        self.length = None
        self._breaks = cut is not None
        self._chance = random.Random(seed)

    def readinto(self, view):
        if self._chance.random() < 0.1:
            return None
        size = super().readinto(view[: self._chance.randrange(1, 50_000)])
        if not size and self._breaks:
            raise ConnectionError("the connection ended before the body did")
        return size


class KilledError(Exception):
    """Stands for the end of the process: nothing after it runs."""


class Custodian:
    """Takes one stream in, as often as it takes."""

    def __init__(self, desk, name: str = "feed") -> None:
        self.desk, self.name = desk, name
        self.identity, self.seals = desk.room.new_identity(), []

    def take(self, stream, name: str = "", on_segment=None):
        listener = on_segment or self.seals.append
        return self.desk.room.take_in_stream(
            name or self.name, stream, self.identity, listener, terms=IntakeTerms(), resume=tuple(self.seals)
        )

    def killed_after(self, stream, segments: int) -> None:
        """The process ends right after so many more segments, as soon as they are kept."""
        left = iter(range(segments - 1))

        def on_segment(seal):
            self.seals.append(seal)
            if next(left, None) is None:
                raise KilledError

        with pytest.raises(KilledError):
            self.take(stream, on_segment=on_segment)

    def held(self) -> HeldExhibit:
        return HeldExhibit("1" * 32, tuple(self.seals))

    def items(self) -> dict[str, bytes]:
        disclosed, new = self.desk.disclose(self.held(), self.identity)
        found = self.desk.contents(disclosed.packed, new)
        assert len(found) == disclosed.packed.items
        return found

    def described(self) -> list:
        indexes = [read_index(self.desk.store, self.desk.cipher, self.identity, seal) for seal in self.seals]
        return sorted(
            (unframe(item.frame) for index in indexes for item in index.items),
            key=lambda each: each.name,
        )

    def sealed_bytes(self) -> int:
        """How far the stream is safe."""
        index = read_index(self.desk.store, self.desk.cipher, self.identity, self.seals[-1])
        return index.unfinished.size

    def nothing_lies_about(self) -> bool:
        named = {stored.digest for seal in self.seals for stored in (*seal.objects, seal.index)}
        return set(self.desk.store.digests()) == named


@pytest.fixture
def custodian(make_desk):
    rules = make_desk().settings["rules"]
    eager = msgspec.structs.replace(rules, seal_after=-1.0)
    return Custodian(make_desk("eager", rules=eager))


def opaque(size: int = 3 * LEAST_CHUNK + 77) -> bytes:
    return b"\x00" + random.Random(size).randbytes(size - 1)


def mailbox(messages: int = 40) -> bytes:
    return "\n".join(
        f"From a\nFrom: a@example.org\nDate: {n % 28 + 1} Nov 2026 10:00:00 +0000\n\n{'x' * (n * 311 % 9_000)}{n}\n"
        for n in range(messages)
    ).encode()


def table(rows: int = 3_000) -> bytes:
    lines = (f"2026-11-{n // 200 + 1:02}T10:00:00Z,{n},{'y' * (n % 60)}" for n in range(rows))
    return ("time,number,text\n" + "\n".join(lines) + "\n").encode()


STREAMS = {"opaque": opaque(), "mailbox": mailbox(), "table": table(), "archive": gzip.compress(opaque(), mtime=0)}


@pytest.mark.parametrize("form", STREAMS)
def test_cut_at_many_places_and_given_again_it_is_held_as_if_it_had_never_been_cut(custodian, make_desk, form):
    data = STREAMS[form]
    whole = Custodian(make_desk("whole"))
    uncut = whole.take(Feed(data))
    cuts = sorted({1, HEAD - 1, HEAD, HEAD + 1, len(data) - 1, *range(0, len(data), len(data) // 9)})
    for seed, cut in enumerate(cuts):
        with pytest.raises(BrokenInputError) as caught:
            custodian.take(Feed(data, cut, seed=seed))
        assert caught.value.code is ErrorCode.UNAVAILABLE
        assert custodian.nothing_lies_about()
    intake = custodian.take(Feed(data, seed=99))
    assert (intake.items, intake.size) == (uncut.items, uncut.size)
    assert custodian.nothing_lies_about()
    assert custodian.described() == whole.described()
    assert custodian.items() == whole.items()


@pytest.mark.parametrize("form", STREAMS)
@pytest.mark.parametrize("seed", range(3))
def test_killed_after_any_segment_it_goes_on_behind_the_last_sealed_byte(custodian, make_desk, form, seed):
    data, chance = STREAMS[form], random.Random(seed)
    whole = Custodian(make_desk("whole"))
    whole.take(Feed(data))
    far = [0]
    for _ in range(4):
        custodian.killed_after(Feed(data, seed=seed), chance.randrange(1, 4))
        far.append(custodian.sealed_bytes())
    assert all(later > earlier for earlier, later in pairwise(far)), far
    custodian.take(Feed(data, seed=seed))
    assert custodian.described() == whole.described()
    assert custodian.items() == whole.items()


@pytest.mark.parametrize("form", STREAMS)
def test_killed_between_its_last_segment_and_the_confirmation_it_is_read_again_and_nothing_added(custodian, form):
    data = STREAMS[form]
    first = custodian.take(Feed(data))
    before = tuple(custodian.seals)
    again = custodian.take(Feed(data, seed=5))
    assert tuple(custodian.seals) == before
    assert (again.root, again.items, again.segments) == (first.root, first.items, first.segments)


@pytest.mark.parametrize("form", STREAMS)
@pytest.mark.parametrize("where", ["first byte", "last sealed byte", "shorter", "empty"])
def test_a_stream_that_begins_differently_is_refused_and_nothing_is_lost(custodian, make_desk, form, where):
    data = STREAMS[form]
    custodian.killed_after(Feed(data), 2)
    sealed, before = custodian.sealed_bytes(), tuple(custodian.seals)
    other = {
        "first byte": bytes([data[0] ^ 1]) + data[1:],
        "last sealed byte": data[: sealed - 1] + bytes([data[sealed - 1] ^ 1]) + data[sealed:],
        "shorter": data[: sealed - 1],
        "empty": b"",
    }[where]
    with pytest.raises(BrokenInputError) as caught:
        custodian.take(Feed(other))
    error = caught.value
    assert error.code is (ErrorCode.NOT_FOUND if where == "empty" else ErrorCode.ID_DIFFERS)
    assert all((error.what, error.found, error.expected, error.do))
    assert tuple(custodian.seals) == before
    assert custodian.nothing_lies_about()
    intake, whole = custodian.take(Feed(data)), Custodian(make_desk("whole"))
    assert intake.items == whole.take(Feed(data)).items
    assert custodian.items() == whole.items()


@pytest.mark.parametrize("form", STREAMS)
def test_another_stream_of_the_same_form_adds_no_item_before_it_is_found_out(custodian, form):
    """The timer of sealing runs all the while: items of the wrong stream must not be sealed with it."""
    data = STREAMS[form]
    with pytest.raises(BrokenInputError):
        custodian.take(Feed(data, len(data) - 1))
    before = tuple(custodian.seals)
    other = {"opaque": mailbox(200), "mailbox": mailbox(200)[9:].replace(b"x", b"z"), "table": b"time,n\n" + data[17:]}
    other["archive"] = other["opaque"]
    with pytest.raises(BrokenInputError):
        custodian.take(Feed(other[form] + data))
    assert tuple(custodian.seals) == before


@pytest.mark.parametrize("form", ["opaque", "mailbox"])
def test_a_stream_that_goes_on_behind_its_former_end_is_no_continuation(custodian, form):
    custodian.take(Feed(STREAMS[form]))
    before = tuple(custodian.seals)
    with pytest.raises(BrokenInputError) as caught:
        custodian.take(Feed(STREAMS[form] + b"more"))
    assert caught.value.code is ErrorCode.ID_DIFFERS
    assert tuple(custodian.seals) == before
    assert custodian.take(Feed(STREAMS[form])).segments == len(before)


def test_another_name_is_another_stream(custodian):
    custodian.killed_after(Feed(STREAMS["opaque"]), 1)
    with pytest.raises(BrokenInputError) as caught:
        custodian.take(Feed(STREAMS["opaque"]), name="other")
    assert caught.value.code is ErrorCode.ID_DIFFERS
    assert len(custodian.seals) == 1


def test_what_there_is_of_a_stream_that_never_comes_again_is_taken_in_as_a_file(custodian, tmp_path):
    custodian.killed_after(Feed(STREAMS["mailbox"]), 2)
    (tmp_path / "rest").write_bytes(b"\x00what was saved of it")
    whole = custodian.desk.room.take_in(
        tmp_path / "rest",
        custodian.identity,
        custodian.seals.append,
        terms=IntakeTerms(),
        resume=tuple(custodian.seals),
    )
    found = custodian.items()
    assert len(found) == whole.items > 1
    assert found["rest"] == b"\x00what was saved of it"


def test_an_empty_stream_is_no_item(custodian):
    with pytest.raises(BrokenInputError) as caught:
        custodian.take(Feed(b""))
    assert caught.value.code is ErrorCode.NOT_FOUND
    assert custodian.seals == []
    assert custodian.nothing_lies_about()


def test_a_full_store_loses_nothing_that_is_sealed(custodian, monkeypatch):
    data, put, left = STREAMS["opaque"], custodian.desk.store.put, iter(range(4))

    def full(*args):
        if next(left, None) is None:
            raise BrokenInputError(ErrorCode.STORE_FULL, "the evidence store is full")
        return put(*args)

    monkeypatch.setattr(custodian.desk.store, "put", full)
    with pytest.raises(BrokenInputError) as caught:
        custodian.take(Feed(data))
    assert caught.value.code is ErrorCode.STORE_FULL
    monkeypatch.undo()
    assert custodian.nothing_lies_about()
    custodian.take(Feed(data))
    assert custodian.items() == {"feed": data}


class Stalled:
    """Gives something, then nothing until it is released."""

    length = None

    def __init__(self) -> None:
        self.given = self.released = False

    def readinto(self, view):
        if self.given:
            return 0 if self.released else None
        self.given = True
        size = min(len(view), 100_000)
        view[:size] = bytes(size)
        return size


def test_a_stalled_stream_does_not_hold_up_sealing(custodian):
    stream, seals = Stalled(), []

    def on_segment(_seal):
        seals.append(stream.released)
        stream.released = True

    intake = custodian.take(stream, on_segment=on_segment)
    assert seals[0] is False
    assert (intake.items, intake.size) == (1, 100_000)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\nb\x00\x1b[2J", "n" * 4096, "%2e%2e", "\u202egnp.exe"])
def test_a_hostile_name_is_a_name(desk, name):
    custodian = Custodian(desk, name)
    data = os.urandom(1000)
    custodian.take(Feed(data))
    assert custodian.items() == {name: data}
