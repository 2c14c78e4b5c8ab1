"""A disposal that a kill cuts short is finished by whichever worker is alive, whoever was at it."""

import pytest

from comity.cases.state import Phase
from comity.casework.custody import dispose as disposing
from comity.casework.upkeep.sweeping import Swept
from comity.entrypoints.worker import tidying
from comity.vocabulary.errors import BrokenInputError, ErrorCode


class Killed(BaseException):
    """Nothing catches it."""


def die(*_arguments: object) -> None:
    raise Killed


@pytest.fixture
def tidy(world, monkeypatch):
    monkeypatch.setattr(tidying, "_LOOKS", 0.0)
    return tidying.Tidying(world.node)


@pytest.fixture
def restless(tidy):
    """Everything is looked through from the start, without pauses between the steps."""
    tidy._pause = 0.0
    tidy.begin()
    return tidy


@pytest.fixture
def worker(tidy):
    """A worker's tidying that has seen the node idle before, and looks without pauses."""

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


@pytest.mark.usefixtures("restless")
def test_an_object_that_the_disposal_was_cut_short_at_deleting_is_swept_though_the_worker_had_tidied_before(
    world, worker, monkeypatch
):
    worker(5)
    store = world.node.bench.store
    with monkeypatch.context() as dying:
        dying.setattr(type(world.node.bench.records), "dispose", die)
        with pytest.raises(Killed):
            world.close_and_dispose(world.cases["held"])
    left = store.put(b"only an act that is no more referred to this")
    worker(2)
    assert store.size(left.digest) is not None, "one look is not enough to call it nobody's"
    worker(3)
    assert store.size(left.digest) is None


def test_a_look_at_which_something_could_not_be_read_is_taken_again(world, worker, restless, monkeypatch):
    worker(5)
    store = world.node.bench.store
    left = store.put(b"nobody refers to this")
    restless.begin()
    with monkeypatch.context() as unreadable:
        unreadable.setattr(tidying, "second_look", lambda *_: Swept(0, waits=True))
        worker(3)
    assert store.size(left.digest) is not None
    worker(4)
    assert store.size(left.digest) is None


def test_beginning_again_is_not_forgotten_for_what_would_have_followed(worker, restless, monkeypatch):
    """The database was away while a look was taken: everything is looked through from the start."""
    worker(5)
    looked = []
    first = tidying.first_look

    def begun_meanwhile(*arguments):
        if looked == ["through"]:
            restless.begin()
        looked.append("first")
        first(*arguments)
        return frozenset({"0" * 64})

    monkeypatch.setattr(tidying, "clear_destroyed", lambda _: looked.append("through"))
    monkeypatch.setattr(tidying, "first_look", begun_meanwhile)
    restless.begin()
    worker(2)
    assert looked == ["through", "first", "through", "first"]
