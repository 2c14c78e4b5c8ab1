"""kill -9 of every process, PostgreSQL included: the case goes on to its end, and nothing is lost or done twice."""

import time
from datetime import UTC, datetime

import pytest

from comity.adapters.objects.rehearsal import UnsafeFaults, UnsafeRehearsal
from comity.entrypoints.demo import play
from comity.entrypoints.demo.__main__ import STEPS
from comity.entrypoints.demo.cast import DE, PROVIDER, PT
from comity.entrypoints.demo.sample_evidence import write_sample

MESSAGES, DAYS = 120, 60
ITEMS = MESSAGES + DAYS + 1
SHORT = tuple(each for each in STEPS if each[0] != "emergency")
EMERGENCY_EVERY = 3
POSTGRES, EVERYTHING = "postgres", "everything"


@pytest.fixture(scope="session")
def evidence(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evidence")
    write_sample(folder, messages=MESSAGES, days=DAYS, log_lines=2000, blob_mib=48)
    return folder


@pytest.fixture
def fresh(assault, evidence, tmp_path):
    """Makes a fresh case, in which one item too much is handed over, another's date is a lie, and a transfer breaks off."""

    def make():
        stage = assault.stage(evidence, tmp_path / "out")
        lies = dict.fromkeys(play.misdated(stage), datetime(2026, 10, 15, tzinfo=UTC))
        folder = assault.federation.endpoints[PROVIDER].folder
        UnsafeRehearsal(folder).write(UnsafeFaults(play.slipped_in(stage), lies, break_off_after=3 << 20))
        return stage

    return make


@pytest.fixture
def finish(assault, evidence, inspection):
    """Plays steps of a case and sees that all is as if nobody had been killed."""
    size = sum(path.stat().st_size for path in evidence.iterdir())

    def play_to_the_end(stage, steps, before=lambda _name: None):
        for name, step in steps:
            before(name)
            assault.persist(stage, step)
            if name == "dossier":
                with assault.truce:
                    assault.mend(time.monotonic())
                    inspection.await_quiet(assault.federation)
                    inspection.assert_main_case(stage, ITEMS, size)
        with assault.truce:
            assault.mend(time.monotonic())
            inspection.await_quiet(assault.federation)
            inspection.assert_nothing_lost_or_doubled(assault.federation)
            inspection.assert_clean(assault.federation)

    return play_to_the_end


@pytest.fixture(autouse=True)
def _told(assault, request):
    yield
    figures = assault.figures
    assault.say(
        f"{request.node.name}: so far {figures.kills} kills, {figures.recoveries} recoveries, the longest"
        f" {figures.longest:.1f} s; {figures.repeated} times a step was done again"
    )


def test_each_process_is_killed_at_each_boundary_of_the_case(assault, targets, fresh, finish):
    def kill_each(name: str) -> None:
        for target in targets:
            assault.mend(assault.strike(target))
        assault.say(f"all were killed before: {name}")

    finish(fresh(), STEPS, kill_each)


@pytest.mark.parametrize("victims", ["whoever works", "all below"])
def test_kills_in_the_middle_of_long_operations(assault, fresh, finish, blow, victims):
    """Whoever works is killed, and whom it works with; then PostgreSQL, or everything."""
    stage = fresh()
    folders = {name: endpoint.folder / "evidence" for name, endpoint in assault.federation.endpoints.items()}

    def begun(name, part):
        return lambda: any((folders[name] / part).iterdir())

    def hit(node, instead, what, when=lambda: True):
        return blow(node if victims == "whoever works" else instead, what, when)

    moments = {
        "send": [hit(PT, EVERYTHING, "between approval and delivery")],
        "hold": [hit(PROVIDER, POSTGRES, "during the intake", begun(PROVIDER, "incoming"))],
        "disclose": [
            hit(PROVIDER, EVERYTHING, "while the exhibit is assembled", begun(PROVIDER, "incoming")),
            hit(PROVIDER, POSTGRES, "while de takes over", begun(DE, "transfers")),
            hit(DE, EVERYTHING, "while de takes over", begun(DE, "transfers")),
            hit(DE, POSTGRES, "while pt takes over", begun(PT, "transfers")),
            hit(PT, EVERYTHING, "while pt takes over", begun(PT, "transfers")),
            hit(PT, POSTGRES, "while pt examines", begun(PT, "incoming")),
        ],
        "look": [hit(PT, POSTGRES, "while an item is opened")],
        "dossier": [hit(PT, POSTGRES, "during the export", after(0.3))],
        "dispose": [hit(PT, POSTGRES, "during the disposal", after(0.05))],
    }

    def attacked(name, step):
        def run(each):
            with assault.attacking(*moments.pop(name, ())):
                assault.persist(each, step)

        return name, run

    finish(stage, [attacked(name, step) for name, step in SHORT])


def after(seconds):
    """True so long after it was first asked."""
    asked = []

    def passed():
        asked.append(time.monotonic())
        return asked[-1] - asked[0] >= seconds

    return passed


def test_deaths_between_steps_that_follow_each_other_at_once(assault, fresh, finish, death):
    """At exact instants that a kill from outside hardly ever hits."""
    hold, assembling, taking, disposing = (
        f"comity.casework.custody.{each}" for each in ("hold", "hand_over", "take_over", "dispose")
    )
    records = "comity.adapters.postgres"
    moments = {
        "draft and approve": [
            death(PT, "comity.adapters.keys.case_keys:FileCaseKeys.ensure"),
            death(PT, f"{records}.drafts:PostgresDrafts.drop", "before"),
        ],
        "send": [],
        "hold": [
            death(PROVIDER, f"{hold}:keep_intake"),
            death(PROVIDER, f"{hold}:keep_intake"),
            death(PROVIDER, f"{hold}:keep_intake"),
            death(PROVIDER, f"{hold}:file_own", "before"),
            death(PROVIDER, f"{hold}:file_own", "after"),
        ],
        "disclose": [
            death(PROVIDER, f"{assembling}:keep_packed", "before"),
            death(PROVIDER, f"{assembling}:keep_packed", "after"),
            death(PROVIDER, f"{assembling}:file_own", "after"),
            death(DE, f"{taking}:fetch", "after"),
            death(DE, f"{taking}:keep_packed", "after"),
            death(DE, f"{taking}:file_own", "after"),
            death(PT, f"{taking}:keep_packed", "before"),
            death(PT, f"{taking}:keep_packed", "after"),
            death(PT, f"{taking}:keep_packed", "after", 2),
            death(PT, f"{taking}:file_own", "before"),
            death(PT, f"{taking}:file_own", "after"),
        ],
        "dispose": [
            death(PT, f"{disposing}:file_own", "after"),
        ],
    }

    def attacked(name, step):
        def run(each):
            with assault.dying_at(*moments.pop(name, ())):
                assault.persist(each, step)

        return name, run

    finish(fresh(), [attacked(name, step) for name, step in SHORT])


def test_kills_at_random_instants(assault, kills, seed, fresh, finish):
    assault.say(f"{kills} kills at random instants; the same again: --kills-seed {seed}")
    with assault.at_random(kills, seed) as enough:
        number = 0
        while not enough.is_set():
            number += 1
            steps = STEPS if number % EMERGENCY_EVERY == 0 else SHORT
            finish(fresh(), steps, lambda name, number=number: assault.say(f"case {number}: {name}"))
