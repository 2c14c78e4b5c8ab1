"""What an ending must not leave behind, nor take with it: openings of a review, acts of an authority that left, remainders."""

from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path

from comity.acts.review_bodies import ReviewAnswered
from comity.bootstrap.copying import copies
from comity.casework.upkeep.directory_watch import follow_directory
from comity.entrypoints.operations import tidy
from comity.trust.directory_founder import DirectoryFounder, Edition, derived_seeds
from comity.trust.seals import read_sealed


def test_disposing_of_a_review_case_leaves_none_of_what_was_opened_for_it(world, what_is_wrong):
    case = world.cases["review"]
    acts = [read_sealed(world.node.bench.cipher.open_act(each)) for each in world.node.bench.records.cases.acts(case)]
    (openings,) = [each.payload.body.openings for each in acts if isinstance(each.payload.body, ReviewAnswered)]
    assert world.node.bench.store.size(openings.digest)
    world.close_and_dispose(case)
    assert world.node.bench.store.size(openings.digest) is None
    assert what_is_wrong(world.check(deep=False)) == {}
    certificate = [
        read_sealed(world.node.bench.cipher.open_act(each)) for each in world.node.bench.records.cases.acts(case)
    ]
    assert [each.payload.body.objects for each in certificate] == [1]


def test_acts_of_an_authority_that_has_left_the_directory_are_judged_by_the_version_they_were_made_under(
    world, what_is_wrong
):
    entries = dict(world.directory().authorities)
    countries = sorted({each.country.lower() for each in entries.values()})
    founder = DirectoryFounder(derived_seeds(bytes(32), countries))
    published = world.folder / "directory"
    files = {str(path.relative_to(published)): path.read_bytes() for path in published.rglob("*") if path.is_file()}
    roots = (files["metadata/1.root.json"],)
    second = founder.amend(
        Edition(1, files, roots, entries), [], removed=["de"], expires=world.now() + timedelta(days=365)
    )
    for name, data in second.files.items():
        (world.folder / "second" / name).parent.mkdir(parents=True, exist_ok=True)
        (world.folder / "second" / name).write_bytes(data)
    node = world.node
    node.directories.take(world.folder / "second", world.now())
    assert follow_directory(node.bench, node.versions) is not None
    assert not world.directory().knows("de")
    assert 9 not in what_is_wrong(world.check(deep=True))
    assert node.bench.directory.as_of(1).knows("de")


def test_tidying_by_hand_removes_what_nothing_refers_to_and_nothing_else(world, monkeypatch, what_is_wrong):
    before = len(world.objects())
    stray = world.node.bench.store.put(b"nobody refers to this")
    monkeypatch.setattr(tidy, "node_database", lambda _settings: nullcontext(world.url))
    told: list[str] = []
    swept = tidy.tidy_folder(world.folder / "provider", told.append)
    assert (swept.removed, swept.waits) == (1, False)
    assert told == ["cleared of what was left of them: 0 disposed cases", "1 object removed"]
    assert world.node.bench.store.size(stray.digest) is None
    assert len(world.objects()) == before
    assert what_is_wrong(world.check(deep=False)) == {}


def test_a_relative_place_for_backups_is_a_place(world, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    taken = copies(world.node.settings, world.url).back_up(Path("backups"), at=world.now(), entries=1)
    assert list((tmp_path / "backups").rglob(f"*{taken.name}*"))
