"""`make demo`: four nodes on this machine, one case from an urgent hold to a dossier a court can verify, and its end."""

import argparse
import logging
import shutil
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from comity.bootstrap.rehearsing import UnsafeFaults, UnsafeRehearsal
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import PROVIDER
from comity.entrypoints.demo.federation import Federation
from comity.entrypoints.demo.play import Stage
from comity.entrypoints.demo.play_emergency import emergency
from comity.entrypoints.demo.play_end import dispose, dossier, look
from comity.entrypoints.demo.play_filter import filter_aside, screen
from comity.entrypoints.demo.play_forms import paper
from comity.entrypoints.demo.play_law import docket, ways
from comity.entrypoints.demo.play_redact import certify, redact
from comity.entrypoints.demo.play_rolling import disclose_in_parts
from comity.entrypoints.demo.sample_evidence import write_sample
from comity.entrypoints.demo.sample_papers import write_papers
from comity.entrypoints.demo.timeline import Timeline

STEPS = (
    ("ways", ways),
    ("draft and approve", play.draft_and_approve),
    ("send", play.send),
    ("paper", paper),
    ("hold", play.hold),
    ("docket", docket),
    ("request", play.request_disclosure),
    ("screen", screen),
    ("disclose", disclose_in_parts),
    ("filter", filter_aside),
    ("emergency", emergency),
    ("look", look),
    ("redact", redact),
    ("custody", certify),
    ("dossier", dossier),
    ("dispose", dispose),
)

_BREAK_OFF = 3 << 20


def main() -> int:
    """Plays the case and stops everything it started; the exit status says whether all went as it must."""
    asked = _arguments()
    logging.getLogger("comity").setLevel(logging.ERROR)
    out = asked.out.resolve()
    shutil.rmtree(out / "nodes", ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    evidence = _evidence(asked.evidence, out)
    timeline = Timeline()
    timeline.title(
        "Comity demo: one case, four nodes (pt, de, provider, oversight); everything below is real but the people"
    )
    timeline.note(
        "UNSAFE parts of this rehearsal, shown as such: software authenticators, http on loopback, a moved clock"
    )
    signal.signal(signal.SIGTERM, _end)
    with Federation.found(out / "nodes") as federation:
        timeline.note("an embedded PostgreSQL is up; four databases, roles, key folders and ports are made")
        federation.start()
        timeline.note(
            "four nodes answer: " + ", ".join(f"{name} {each.url}" for name, each in federation.endpoints.items())
        )
        stage = Stage(federation, timeline, evidence, out)
        _rehearse_faults(stage)
        for _, step in STEPS:
            step(stage)
        timeline.title("Done: every step went as it must.")
        timeline.note(f"verify it yourself: comity verify {asked.out}/dossier.zip --trust {asked.out}/trust.json")
        timeline.note(f"or in a browser: open {asked.out}/verify.html and give it the same two files")
        if asked.serve:
            _leave_up(federation, timeline)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="comity demo", description=__doc__)
    parser.add_argument(
        "--evidence", type=Path, help="folder to be preserved; without it, a mailbox, a log and papers are made up"
    )
    parser.add_argument("--out", type=Path, default=Path("demo"), help="where everything is put")
    parser.add_argument("--serve", action="store_true", help="leave the nodes up at the end, until Ctrl-C")
    return parser.parse_args()


def _evidence(given: Path | None, out: Path) -> Path:
    if given is not None:
        if not given.is_dir() or not any(given.iterdir()):
            sys.exit(f"{given} is no folder with anything in it; EVIDENCE must name the folder to be preserved")
        return given.resolve()
    folder = out / "sample"
    write_sample(folder)
    write_papers(folder)
    return folder


def _rehearse_faults(stage: Stage) -> None:
    """The provider's node hands over an item too much, lies about another's date, and one transfer breaks off."""
    folder = stage.federation.endpoints[PROVIDER].folder
    faults = UnsafeFaults(
        slip_in=play.slipped_in(stage),
        misdated=dict.fromkeys(play.misdated(stage), datetime(2026, 10, 15, tzinfo=UTC)),
        break_off_after=_BREAK_OFF,
    )
    UnsafeRehearsal(folder).write(faults)


def _leave_up(federation: Federation, timeline: Timeline) -> None:
    timeline.note(
        "the nodes stay up; officers' tokens are in " + str(federation.folder / "officers") + "; Ctrl-C stops all"
    )
    try:
        signal.pause()
    except KeyboardInterrupt:
        timeline.note("stopping")


def _end(_signal: int, _frame: object) -> None:
    raise SystemExit(143)


if __name__ == "__main__":
    sys.exit(main())
