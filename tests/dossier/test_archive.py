"""The canonical archive: one way to write it, and nothing that differs from it is read."""

import hashlib
import io
import itertools
import random
import struct
import subprocess
import sys
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.evidence.archive.format import (
    Entry,
    NotCanonicalError,
    closing_records,
    directory_record,
    local_header,
    require_name,
)
from comity.evidence.archive.read import read_archive
from comity.evidence.archive.sums import at_once
from comity.evidence.archive.write import ArchiveWriter

FILES = {"a/b.txt": b"hello", "a/c.bin": b"", "b": bytes(range(256))}

names = st.lists(
    st.text("abcxyz019_-", min_size=1, max_size=8).filter(lambda name: not name.startswith(("com", "lpt"))),
    min_size=1,
    max_size=3,
).map("/".join)


def packed(files):
    target = io.BytesIO()
    archive = ArchiveWriter(target)
    for name in sorted(files):
        archive.add(name, len(files[name]), (files[name],))
    archive.finish()
    return target.getvalue()


def refused(data, start=at_once):
    with pytest.raises(NotCanonicalError) as caught:
        read_archive(io.BytesIO(data), start)
    return caught.value


def test_every_single_flipped_bit_is_refused():
    data = packed(FILES)
    for position in range(8 * len(data)):
        altered = bytearray(data)
        altered[position // 8] ^= 1 << position % 8
        refused(bytes(altered))


def test_every_truncation_is_refused():
    data = packed(FILES)
    for length in range(len(data)):
        refused(data[:length])


@pytest.mark.parametrize("place", ["before", "between", "after"])
def test_a_byte_before_between_or_after_is_refused(place):
    data = packed(FILES)
    at = {"before": 0, "between": len(local_header("a/b.txt", 5, 0)) + 5, "after": len(data)}[place]
    refused(data[:at] + b"\x00" + data[at:])


def test_a_flipped_bit_in_a_file_names_the_file():
    data = bytearray(packed(FILES))
    data[data.index(b"hello")] ^= 1
    assert refused(bytes(data)).file == "a/b.txt"


@pytest.fixture(params=["at once", "beside"])
def start(request):
    """Where the sums over the contents are made."""
    with ThreadPoolExecutor(2) as pool:
        yield at_once if request.param == "at once" else lambda work: pool.submit(work).result


def test_of_several_faults_the_first_in_the_archive_is_named_however_large_the_files_are(start):
    """The sums are made behind the reading, which by then may have come upon what is wrong further on."""
    large = {f"f{number}": bytes([number]) * (3 << 20) for number in range(3)}
    whole = packed(large)
    starts = [whole.index(content[:64]) for content in large.values()]
    for first, last in itertools.combinations(range(3), 2):
        data = bytearray(whole)
        data[starts[first] + 7] ^= 1
        assert refused(bytes(data[:-1]), start).file == f"f{first}"
        for further in (starts[last] + 7, starts[last] - 1):  # its content, its header
            data[further] ^= 1
            found = refused(bytes(data), start)
            assert (found.file, found.what) == (f"f{first}", "the content is not the one that was packed")


def test_hashes_made_beside_the_reading_are_those_of_the_contents(start):
    contents = {f"f{number}": random.Random(number).randbytes(size) for number, size in enumerate((0, 1, 5 << 20, 9))}
    read = read_archive(io.BytesIO(packed(contents)), start)
    assert {name: file.digest for name, file in read.files.items()} == {
        name: hashlib.sha256(content).digest() for name, content in contents.items()
    }


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "..",
        "a/../b",
        "./a",
        "a//b",
        "a/",
        "a\\b",
        "A",
        "a\x00b",
        "a b",
        "\u00e4",
        "a.",
        ".a",
        "con",
        "a/nul.txt",
        "nul.tar.gz/a",
        "a/con/b",
        "com1",
        "c:",
        "a\n",
        "x" * 241,
        "a/" + "x" * 161,
    ],
)
def test_a_name_that_some_file_system_could_take_for_another_is_refused(name):
    with pytest.raises(NotCanonicalError):
        require_name(name)
    with pytest.raises(NotCanonicalError):
        ArchiveWriter(io.BytesIO()).add(name, 0, ())


def raw(entries):
    """An archive of these (name, content) pairs without the writer's rules."""
    data, listed = b"", []
    for name, content in entries:
        listed.append(Entry(name, len(content), zipfile.crc32(content), len(data)))
        data += local_header(name, len(content), listed[-1].crc) + content
    directory = b"".join(map(directory_record, listed))
    return data + directory + closing_records(len(listed), len(data), len(directory))


@pytest.mark.parametrize(
    "entries",
    [
        [("b", b""), ("a", b"")],
        [("a", b""), ("a", b"")],
        [("a", b""), ("a/b", b"")],
        [("a", b"x"), ("a-b", b""), ("a/b/c", b"")],
        [("../a", b"")],
        [("A", b"")],
    ],
    ids=["descending", "twice", "file and folder", "file and far folder", "parent", "upper case"],
)
def test_an_archive_that_breaks_the_order_or_the_rules_of_names_is_refused(entries):
    refused(raw(entries))


def test_an_ordinary_zip_of_the_same_files_is_refused():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in sorted(FILES.items()):
            archive.writestr(name, content)
    refused(target.getvalue())


def test_a_huge_size_in_a_header_is_refused_without_reading_or_reserving_it():
    header = local_header("a", 1 << 62, 0)
    error = refused(header + b"x" * 100)
    assert error.file == "a"


def test_an_empty_file_and_a_text_file_are_not_archives():
    assert "not a dossier" in refused(b"").what
    assert "not a dossier" in refused(b"hello, court").what


@given(st.dictionaries(names, st.binary(max_size=50), max_size=6))
def test_what_was_written_is_read_back_and_python_reads_it_too(files):
    usable = {name: data for name, data in files.items() if not any(other.startswith(f"{name}/") for other in files)}
    data = packed(usable)
    archive = read_archive(io.BytesIO(data))
    assert {name: archive.read(name, limit=100) for name in archive.files} == usable
    with zipfile.ZipFile(io.BytesIO(data)) as judge:
        assert judge.testzip() is None
        assert {info.filename: judge.read(info) for info in judge.infolist()} == usable
        assert all(info.compress_type == zipfile.ZIP_STORED and not info.extra for info in judge.infolist())


def test_a_source_that_gives_its_bytes_in_small_pieces_is_read_the_same():
    class Dripping(io.BytesIO):
        def read(self, count=-1, /):
            return super().read(min(count, 3))

    assert list(read_archive(Dripping(packed(FILES))).files) == sorted(FILES)


def test_the_writer_refuses_content_of_another_size_than_announced():
    with pytest.raises(NotCanonicalError):
        ArchiveWriter(io.BytesIO()).add("a", 3, (b"12", b"34"))


def test_a_file_that_changes_between_two_readings_is_noticed():
    source = io.BytesIO(packed(FILES))
    archive = read_archive(source)
    source.getbuffer()[archive.files["b"].start] ^= 1
    with pytest.raises(NotCanonicalError, match="changed"):
        archive.read("b", limit=1000)


class Sparse(io.RawIOBase):
    """A file of any size that holds the given bytes at the given offsets, and zeros elsewhere."""

    def __init__(self, size, pieces):
        self._size, self._pieces, self._at = size, pieces, 0

    def seekable(self):
        return True

    def readable(self):
        return True

    def seek(self, offset, whence=0):
        self._at = {0: 0, 1: self._at, 2: self._size}[whence] + offset
        return self._at

    def tell(self):
        return self._at

    def read(self, count=-1):
        end = self._size if count < 0 else min(self._at + count, self._size)
        data = bytearray(end - self._at)
        for start, piece in self._pieces:
            for at in range(max(start, self._at), min(start + len(piece), end)):
                data[at - self._at] = piece[at - start]
        self._at = end
        return bytes(data)


@pytest.mark.parametrize("size", [0xFFFFFFFE, 0xFFFFFFFF, 0x100000000, 5 << 30])
def test_python_reads_the_directory_of_archives_larger_than_four_gibibytes(size):
    offset, entries, pieces = 0, [], []
    for name, length in (("a", 10), ("large", size), ("z", 10)):
        crc = zipfile.crc32(bytes(10))
        header = local_header(name, length, crc)
        pieces.append((offset, header))
        entries.append(Entry(name, length, crc, offset))
        offset += len(header) + length
    directory = b"".join(map(directory_record, entries))
    pieces.append((offset, directory + closing_records(len(entries), offset, len(directory))))
    total = offset + len(pieces[-1][1])
    with zipfile.ZipFile(Sparse(total, pieces)) as judge:
        found = [(info.filename, info.file_size, info.header_offset) for info in judge.infolist()]
        assert found == [(entry.name, entry.size, entry.offset) for entry in entries]
        with judge.open("z") as inside:
            assert inside.read(4) == bytes(4)


def test_more_than_65535_files_are_counted_in_zip64_and_read_by_both():
    files = {f"f/{number:06}": b"" for number in range(65_540)}
    data = packed(files)
    assert len(read_archive(io.BytesIO(data)).files) == len(files)
    with zipfile.ZipFile(io.BytesIO(data)) as judge:
        assert len(judge.infolist()) == len(files)


def test_zip64_is_used_exactly_where_a_number_does_not_fit():
    small, large = local_header("a", 0xFFFFFFFE, 0), local_header("a", 0xFFFFFFFF, 0)
    assert struct.unpack_from("<H", small, 4) == (10,)
    assert struct.unpack_from("<H", large, 4) == (45,)
    assert len(large) == len(small) + 20
    assert len(closing_records(0xFFFE, 0xFFFFFFFE, 0)) == 22
    assert all(len(closing_records(*numbers)) == 22 + 20 + 56 for numbers in ((0xFFFF, 0, 0), (1, 0xFFFFFFFF, 0)))


def test_a_large_file_is_written_and_read_in_bounded_memory(tmp_path, start):
    size, chunk = 96 << 20, bytes(1 << 20)
    path = tmp_path / "large.zip"
    tracemalloc.start()
    try:
        with path.open("w+b") as target:
            archive = ArchiveWriter(target)
            archive.add("large", size, itertools.repeat(chunk, size // len(chunk)))
            archive.finish()
            read_archive(target, start)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_the_python_command_line_unpacks_it(tmp_path):
    (tmp_path / "x.zip").write_bytes(packed(FILES))
    subprocess.run([sys.executable, "-m", "zipfile", "-e", "x.zip", "out"], cwd=tmp_path, check=True)
    assert (tmp_path / "out/a/b.txt").read_bytes() == b"hello"
