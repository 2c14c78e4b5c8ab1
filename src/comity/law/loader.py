"""Reads instrument files into a `Law`, or says everything that is wrong with them, all files at once.

Steps:
1. each file is TOML of the right shape (`comity.law.shapes`): an instrument, the parties of one, the courts of a State, or an
   office's own rules on keeping;
2. each instrument is whole in itself (`comity.law.checks`);
3. instruments, courts and offices stand once, and party files belong to one of them;
4. the rules are compiled (`comity.law.compilation`).
A file that is wrong is refused with its name, the line as near as TOML allows, and the reason; no law is made then,
because a node that knows half its law would give wrong answers with a straight face.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from comity.law.checks import file_faults
from comity.law.compilation import compile_instrument
from comity.law.corpus import Law
from comity.law.courts import CourtFile
from comity.law.instruments import InstrumentFile, Parties, PartyFile
from comity.law.office_checks import office_faults
from comity.law.retention_rows import OfficeFile
from comity.law.shapes import Fault, read_table
from comity.law.table_files import Problem, parse_file, problem_at
from comity.vocabulary.wire import tagged_hash

_TAG = "comity-law-v1"


class MalformedLaw(Struct, frozen=True):
    """No law, and every reason why."""

    problems: tuple[Problem, ...]


class _Read(Struct, frozen=True):
    """What was read so far: files by name, and the problems of the others."""

    files: Mapping[str, bytes]
    instruments: dict[str, InstrumentFile]
    parties: dict[str, PartyFile]
    courts: dict[str, CourtFile]
    offices: dict[str, OfficeFile]
    problems: list[Problem]

    def wrong(self, file: str, fault: Fault) -> None:
        self.problems.append(problem_at(file, self.files[file], fault))


def read_instruments(files: Mapping[str, bytes]) -> Law | MalformedLaw:
    """The law in these files (by name), or everything that is wrong with them."""
    read = _Read(files=files, instruments={}, parties={}, courts={}, offices={}, problems=[])
    for name in sorted(files):
        _read_file(read, name)
    for name, file in read.instruments.items():
        for fault in file_faults(file):
            read.wrong(name, fault)
    _check_together(read)
    if read.problems:
        return MalformedLaw(problems=tuple(read.problems))
    version = version_of(files)
    return Law(
        version=version,
        instruments={
            file.instrument.id: compile_instrument(file, _parties(read, file), version)
            for file in read.instruments.values()
        },
        courts={court.court_of: court for court in read.courts.values()},
        offices={office.rules_of: office for office in read.offices.values()},
    )


def version_of(files: Mapping[str, bytes]) -> str:
    """SHA-256, hexadecimal, over names and contents of all files in the order of their names."""
    return tagged_hash(_TAG, *(part for name in sorted(files) for part in (name.encode(), files[name]))).hex()


def _read_file(read: _Read, name: str) -> None:
    """Step 1."""
    tree = parse_file(name, read.files[name])
    if isinstance(tree, Problem):
        read.problems.append(tree)
        return
    for fault in _keep(read, name, tree):
        read.wrong(name, fault)


def _keep(read: _Read, name: str, tree: dict[str, object]) -> tuple[Fault, ...]:
    """The file among those of its kind; or everything wrong with its shape."""
    if "court_of" in tree:
        court = read_table(CourtFile, tree)
        if isinstance(court, tuple):
            return court
        read.courts[name] = court
    elif "rules_of" in tree:
        office = read_table(OfficeFile, tree)
        if isinstance(office, tuple):
            return office
        read.offices[name] = office
    elif "parties_of" in tree:
        parties = read_table(PartyFile, tree)
        if isinstance(parties, tuple):
            return parties
        read.parties[name] = parties
    else:
        file = read_table(InstrumentFile, tree)
        if isinstance(file, tuple):
            return file
        read.instruments[name] = file
    return ()


def _check_together(read: _Read) -> None:
    """Step 3."""
    holders: dict[str, str] = {}
    tables: dict[str, str] = {}
    for name, file in read.instruments.items():
        known = holders.setdefault(file.instrument.id, name)
        if known != name:
            read.wrong(name, (("instrument", "id"), f"the instrument {file.instrument.id!r} stands in {known} too"))
        elif file.parties:
            tables[file.instrument.id] = name
    for name, companion in read.parties.items():
        for fault in _companion_faults(companion, holders, tables, name):
            read.wrong(name, fault)
    _check_beside(read)


def _check_beside(read: _Read) -> None:
    """Step 3, of what stands beside the instruments: courts, and rules of offices."""
    courts: dict[str, str] = {}
    for name, court in read.courts.items():
        for fault in _court_faults(court, courts, name):
            read.wrong(name, fault)
    offices: dict[str, str] = {}
    for name, office in read.offices.items():
        for fault in _office_faults(office, offices, name):
            read.wrong(name, fault)


def _office_faults(office: OfficeFile, offices: dict[str, str], name: str) -> Iterator[Fault]:
    known = offices.setdefault(office.rules_of, name)
    if known != name:
        yield ("rules_of",), f"the rules of {office.rules_of!r} stand in {known} too"
    yield from office_faults(office)


def _court_faults(court: CourtFile, courts: dict[str, str], name: str) -> Iterator[Fault]:
    known = courts.setdefault(court.court_of, name)
    if known != name:
        yield ("court_of",), f"the courts of {court.court_of!r} stand in {known} too"
    seen: set[str] = set()
    for position, want in enumerate(court.want):
        if want.source not in court.sources:
            yield ("want", position, "source"), f"the file has no source {want.source!r}"
        if want.id in seen:
            yield ("want", position, "id"), f"the id {want.id!r} is used twice"
        seen.add(want.id)


def _companion_faults(
    companion: PartyFile, holders: Mapping[str, str], tables: dict[str, str], name: str
) -> Iterator[Fault]:
    known = tables.setdefault(companion.parties_of, name)
    if companion.parties_of not in holders:
        yield ("parties_of",), f"no file holds the instrument {companion.parties_of!r}"
    if known != name:
        yield ("parties_of",), f"the parties of {companion.parties_of!r} stand in {known} too"
    if companion.parties.source not in companion.sources:
        yield ("parties", "source"), f"the file has no source {companion.parties.source!r}"
    seen: set[str] = set()
    for position, party in enumerate(companion.parties.rows):
        if party.iso in seen:
            yield ("parties", "rows", position), f"the party {party.iso!r} stands twice"
        seen.add(party.iso)


def _parties(read: _Read, file: InstrumentFile) -> Parties | None:
    """The instrument's own table, or its companion's."""
    for companion in read.parties.values():
        if companion.parties_of == file.instrument.id:
            return companion.parties
    return file.parties
