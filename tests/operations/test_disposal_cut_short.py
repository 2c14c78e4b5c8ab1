"""A disposal that a kill cuts short is finished by whichever worker is alive, whoever was at it."""

import pytest

from comity.cases.state import Phase
from comity.casework import dispose as disposing
from comity.entrypoints.worker import tidying
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class Killed(BaseException):
    """Nothing catches it."""


def die(*_arguments: object) -> None:
    raise Killed


@pytest.fixture
def worker(world, monkeypatch):
    """A worker's tidying that has seen the node idle before, and looks without pauses."""
    monkeypatch.setattr(tidying, "_LOOKS", 0.0)
    tidy = tidying.Tidying(world.node)

    def turns(number: int) -> None:
        for _ in range(number):
            tidy.look()
            tidy.turn()
            tidy._errand.wait(30)

    turns(2)
    return turns


def dying_at(world, step):
    bench = world.node.bench
    return {
        "the key": (type(bench.case_keys), "destroy"),
        "the objects": (disposing, "destroy"),
        "the rows": (type(bench.records), "dispose"),
    }[step]


@pytest.mark.parametrize("step", ["the key", "the objects", "the rows"])
def test_a_worker_that_was_alive_all_the_while_finishes_what_another_process_began(
    world, worker, monkeypatch, what_is_wrong, step
):
    case = world.cases["held"]
    objects = len(world.objects())
    holder, name = dying_at(world, step)
    with monkeypatch.context() as dying:
        dying.setattr(holder, name, die)
        with pytest.raises(Killed):
            world.close_and_dispose(case)
    cases = world.node.bench.records.cases
    assert cases.view(case).phase is Phase.DISPOSED
    assert cases.half_disposed() == [case]
    worker(1)
    assert cases.half_disposed() == [case], "what was seen once may be under way"
    worker(1)
    assert cases.half_disposed() == []
    assert world.value("SELECT count(*) FROM comity_act WHERE case_id = %s", bytes.fromhex(case)) == 1
    assert len(world.objects()) < objects
    with pytest.raises(BrokenInputError) as gone:
        world.node.bench.case_keys.key(case)
    assert gone.value.code is ErrorCode.KEY_DESTROYED
    world.publish()
    assert what_is_wrong(world.check()) == {}


def test_a_disposal_that_came_to_its_end_is_left_alone(world, worker, caplog):
    world.close_and_dispose(world.cases["held"])
    assert world.node.bench.records.cases.half_disposed() == []
    with caplog.at_level("INFO"):
        worker(3)
    assert "cut short" not in caplog.text
