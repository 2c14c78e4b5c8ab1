"""Two processes of one node start at the same time, and both see that the directory version is not named yet."""

import dataclasses

from comity.acts.classes import ActType
from comity.casework.bench.reading import filed_acts
from comity.casework.upkeep import directory_seen
from comity.casework.upkeep.directory_seen import is_directory_named, name_directory


def named(world) -> list[str]:
    acts = filed_acts(world.node.bench, world.house("provider"))
    return [act.id for act in acts if act.payload.act.type == ActType.DIRECTORY_SEEN]


def test_the_version_in_use_is_named_once_though_another_process_names_it_in_between(world, monkeypatch):
    bench = world.node.bench
    assert not is_directory_named(bench)
    before = named(world)
    other = dataclasses.replace(bench)
    file_own = directory_seen.file_own
    first: list[str | None] = []

    def late(bench, payload, **more):
        if not first:
            first.append(None)
            first[0] = name_directory(other)
        return file_own(bench, payload, **more)

    monkeypatch.setattr(directory_seen, "file_own", late)
    assert name_directory(bench) is None
    assert named(world) == [*before, first[0]]
    assert is_directory_named(bench)
    assert name_directory(other) is None
