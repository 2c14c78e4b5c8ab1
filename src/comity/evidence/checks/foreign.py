"""What others packed: a BagIt bag (RFC 8493) or an age file, judged by our own strict reading before it enters custody.

A bag proves that nothing in it changed since it was packed, by hashes that whoever packs can make anew: it does not prove
who packed it. So a sound bag is `valid` as a bag, and no more is said of it.
"""

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from comity.evidence.age.header import HEADER_LIMIT, read_header
from comity.evidence.checks.verdicts import Check, Examination, Report, Verdict, report_on
from comity.vocabulary.errors import BrokenInputError

TAG_LIMIT = 64 << 20
"""Bytes of one manifest or other tag file that is read."""

MOST_FILES = 1_000_000

STRONG = ("sha256", "sha384", "sha512")
ALGORITHMS = ("md5", "sha1", "sha224", *STRONG)

MANIFEST = re.compile(r"(tag)?manifest-([a-z0-9]{1,16})\.txt\Z")
_DECLARATION = re.compile(rb"BagIt-Version: (\d)\.(\d{1,2})\r?\nTag-File-Character-Encoding: (UTF-8|utf-8)\r?\n?\Z")
_LINE = re.compile(r"([0-9A-Fa-f]{32,128})[ \t]+\*?(\S[^\r\n]*)\Z")
_OXUM = re.compile(r"^Payload-Oxum:[ \t]*(\d{1,19})\.(\d{1,19})[ \t]*\r?$", re.MULTILINE)
_ESCAPED = re.compile(r"%(0[AaDd]|25)")
_UNSAFE = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|\A[~/\\]|\A[A-Za-z]:|(?:\A|[/\\])\.{0,2}(?:[/\\]|\Z)")


class ForeignFile(Struct, frozen=True):
    """A file as it lies there: its size in bytes and its hashes, in hexadecimal, by the algorithms asked for."""

    size: int
    hashes: Mapping[str, str]


class Foreign(Struct, frozen=True):
    """A folder as it lies there. `tags` are the contents of the files that tell of others; `left_out` is what was not read."""

    files: Mapping[str, ForeignFile]
    tags: Mapping[str, bytes]
    left_out: Sequence[str] = ()


def judge_bag(found: Foreign) -> Report:
    """The verdict on a folder that should be a bag.

    1. It declares itself a bag (section 2.1.1). 2. Every path that a manifest names is safe and named once (2.1.3, 5).
    3. The manifests name every file of the payload, and every file they name is there. 4. Every hash is right, by an
    algorithm that still proves something. 5. The tag manifests' files are there and right (2.2.1). 6. Nothing is to be
    fetched from elsewhere (2.2.3), and size and count are those said (2.2.2).
    """
    judging = _Judging(found)
    checks = [judging.declared(), judging.paths()]
    # What has unsafe paths is not looked at any further.
    if checks[-1].outcome is Verdict.VALID:
        checks += [judging.complete(), judging.fixed(), judging.tags(), judging.said()]
    return report_on(checks)


def judge_age(head: bytes) -> Report:
    """The verdict on an age file: that it begins as one. What is inside nobody has seen."""
    examination = Examination(1, "age")
    try:
        read_header(head[:HEADER_LIMIT])
    except BrokenInputError as error:
        examination.doubt(f"the file's header is of another form than we read: {error.what}", found=error.found)
    examination.doubt("the file was not opened", do="have whoever can open it do so, and import what is inside")
    return report_on([examination.close("")])


def is_age(head: bytes) -> bool:
    """Whether a file begins as an age file does."""
    return head.startswith(b"age-encryption.org/v1\n")


def is_safe(path: str) -> bool:
    """Whether a path stays below where it is: relative, without steps up, without control characters, on any system."""
    return bool(path) and _UNSAFE.search(path) is None


class _Judging:
    """One bag under judgement."""

    def __init__(self, found: Foreign) -> None:
        self._found = found
        self._manifests: dict[str, dict[str, str]] = {}
        self._tag_manifests: dict[str, dict[str, str]] = {}
        self._payload = {path for path in found.files if path.startswith("data/")}

    def declared(self) -> Check:
        examination = Examination(1, "declaration")
        match = _DECLARATION.match(self._found.tags.get("bagit.txt", b""))
        if match is None:
            examination.fault("the bag's declaration is missing or has another form", file="bagit.txt")
        elif (match[1], match[2]) not in ((b"1", b"0"), (b"0", b"97")):
            version = (match[1] + b"." + match[2]).decode()
            examination.doubt("the bag is of another version", file="bagit.txt", found=version, expected="1.0 or 0.97")
        return examination.close("It is a bag.")

    def paths(self) -> Check:
        examination = Examination(2, "paths")
        for name, content in sorted(self._found.tags.items()):
            match = MANIFEST.match(name)
            if match:
                target = self._tag_manifests if match[1] else self._manifests
                target[match[2]] = self._read(name, content, examination, payload=not match[1])
        for path in self._found.left_out:
            examination.fault("something that is no ordinary file lies in the bag", file=path)
        return examination.close("Every path stays in the bag.")

    def _read(self, name: str, content: bytes, examination: Examination, *, payload: bool) -> dict[str, str]:
        listed: dict[str, str] = {}
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            examination.fault("a manifest is not UTF-8", file=name)
            return listed
        for line in filter(None, re.split(r"\r?\n|\r", text)):
            match = _LINE.match(line)
            path = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), match[2]) if match else ""
            if match is None:
                examination.fault("a manifest has a line that cannot be read", file=name)
            elif not is_safe(path) or path.startswith("data/") != payload:
                examination.fault(
                    "a manifest names a path that leads out of where it should", file=name, found=path[:200]
                )
            elif path in listed:
                examination.fault("a manifest names a path twice", file=name, found=path[:200])
            else:
                listed[path] = match[1].lower()
        return listed

    def complete(self) -> Check:
        examination = Examination(3, "completeness")
        if not self._manifests:
            examination.fault("the bag has no manifest of its payload")
        for algorithm, listed in self._manifests.items():
            name = f"manifest-{algorithm}.txt"
            for path in sorted(self._payload - listed.keys()):
                examination.fault(
                    "a file lies in the payload that the manifest does not name", file=name, found=path[:200]
                )
            for path in sorted(listed.keys() - self._payload):
                examination.fault("a file is missing that the manifest names", file=name, found=path[:200])
        return examination.close(f"The manifests name exactly the payload's {len(self._payload):,} files.")

    def fixed(self) -> Check:
        examination = Examination(4, "fixity")
        if not set(STRONG) & self._manifests.keys():
            examination.doubt("no manifest has hashes that still prove something", expected=", ".join(STRONG))
        self._compare(self._manifests, examination)
        return examination.close("Every file of the payload is what was packed.")

    def tags(self) -> Check:
        examination = Examination(5, "tag files")
        if not self._tag_manifests:
            examination.remark("the bag has no tag manifest: its tag files are as anybody left them")
        for algorithm, listed in self._tag_manifests.items():
            for path in sorted(listed.keys() - self._found.files.keys()):
                examination.fault("a tag file is missing", file=f"tagmanifest-{algorithm}.txt", found=path[:200])
        self._compare(self._tag_manifests, examination)
        return examination.close("The tag files are what was packed.")

    def said(self) -> Check:
        examination = Examination(6, "information")
        if "fetch.txt" in self._found.files:
            examination.fault("parts of the bag are to be fetched from elsewhere; nothing is fetched", file="fetch.txt")
        said = _OXUM.search(self._found.tags.get("bag-info.txt", b"").decode("utf-8", "replace"))
        size = sum(self._found.files[path].size for path in self._payload)
        if said and (int(said[1]), int(said[2])) != (size, len(self._payload)):
            found = f"{size}.{len(self._payload)}"
            examination.fault(
                "the payload has another size or count", file="bag-info.txt", found=found, expected=said[0]
            )
        return examination.close("Size and count are those said.")

    def _compare(self, manifests: Mapping[str, Mapping[str, str]], examination: Examination) -> None:
        for algorithm, listed in manifests.items():
            if algorithm not in ALGORITHMS:
                examination.doubt("a manifest is by an algorithm that we do not know", found=algorithm)
                continue
            for path, digest in listed.items():
                file = self._found.files.get(path)
                if file is not None and file.hashes.get(algorithm) != digest:
                    examination.fault(
                        "a file is not what was packed", file=path[:200], expected=f"{algorithm} {digest}"
                    )
