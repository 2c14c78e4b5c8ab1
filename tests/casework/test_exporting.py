"""Export takes long: what is decided meanwhile about what a dossier shows keeps it from going out."""

from types import SimpleNamespace

import pytest
from msgspec.structs import replace

from comity.acts.classes import ActType
from comity.cases.state import CaseState, CustodyState, Exhibit, Matter, Phase
from comity.casework.bench.sequencer import RefusedError
from comity.casework.dossier import export as exporting
from comity.casework.dossier.export import ExportCase, export
from comity.casework.ports.access import OfficerRef
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.procedures import Procedure, Stage

CASE, SHOWN, OTHER, ORDER, ACT, DIGEST = "c" * 32, "e" * 32, "f" * 32, "a" * 64, "d" * 64, "1" * 64
OFFICER = OfficerRef("pt.marques", "pt", {"desk": OfficeKind.PROSECUTOR})
MATTER = Matter(ORDER, Procedure.PRODUCTION, Stage.RECEIVED, "CETS185", "production")
HELD = Exhibit(SHOWN, CustodyState.HELD, ORDER, 3, "0" * 64, "de", ORDER, ORDER)
FOUND = CaseState(CASE, matters={ORDER: MATTER}, exhibits={SHOWN: HELD, OTHER: replace(HELD, exhibit=OTHER)})


class Scratch:
    """What is written is kept nowhere."""

    size = 0

    def __init__(self):
        self.closed = False

    def pieces(self):
        return iter(())

    def close(self):
        self.closed = True


@pytest.fixture
def exported(monkeypatch):
    """Exports a case that shows one exhibit, which is this by the time that the act is to be filed."""
    scratch = Scratch()

    def make(by_then):
        def file_own(_bench, _payload, done):
            return SimpleNamespace(indexes={} if done(by_then) else {ACT: 0})

        for name, instead in {
            "allowed": lambda *_: None,
            "against_leaving": lambda *_, **__: None,
            "view_of": lambda *_: SimpleNamespace(state=FOUND),
            "_prove": lambda *_: None,
            "left_out": lambda *_: (),
            "_contents": lambda *_, **__: SimpleNamespace(exhibits={SHOWN: None}),
            "compose": lambda *_, **words: words["body"],
            "file_own": file_own,
            "sealed_acts": lambda _bench, acts: dict.fromkeys(acts, b""),
            "write_dossier": lambda _scratch, _contents, act: act(DIGEST) or DIGEST,
        }.items():
            monkeypatch.setattr(exporting, name, instead)
        return export(None, SimpleNamespace(scratch=lambda: scratch), OFFICER, ExportCase(CASE, "desk", "court"))

    make.scratch = scratch
    return make


def withdrawn(state):
    return replace(state, matters={ORDER: replace(MATTER, stage=Stage.WITHDRAWN)})


def restricted(state):
    return replace(state, exhibits={**state.exhibits, SHOWN: replace(HELD, restricted_by=ACT)})


def redacted(state):
    return replace(state, steps=(SimpleNamespace(type=ActType.ITEM_REDACTED, act=ACT),))


def disposed(state):
    return CaseState(state.case, Phase.DISPOSED)


@pytest.mark.parametrize("decided", [withdrawn, restricted, redacted, disposed])
def test_nothing_goes_out_that_was_taken_back_restricted_or_redacted_while_it_was_packed(exported, decided):
    with pytest.raises(RefusedError) as caught:
        exported(decided(FOUND))
    assert (caught.value.refusal.code, exported.scratch.closed) == ("changed-meanwhile", True)


def test_what_happens_to_others_and_looks_at_what_is_shown_keep_no_dossier_back(exported):
    others = {SHOWN: replace(HELD, openings=5), OTHER: replace(HELD, exhibit=OTHER, restricted_by=ACT)}
    assert exported(replace(FOUND, exhibits=others)).act == ACT
