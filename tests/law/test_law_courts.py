"""What a State's courts want is an office's own file; without one nothing is known, and nothing is guessed."""

from datetime import date
from pathlib import Path

import pytest

from comity.adapters.law_files import own_law
from comity.law.courts import DossierTrait, WantStanding, court_opinion
from comity.law.loader import MalformedLaw, read_instruments
from comity.law.packaged import packaged_files, packaged_law

TEMPLATE = Path(__file__).resolve().parents[2] / "law" / "template"
COURTS = (TEMPLATE / "courts.toml").read_bytes()
LAW = packaged_law({"courts.toml": COURTS})
TODAY = date(2026, 11, 21)
USUAL = set(DossierTrait) - {DossierTrait.QUALIFIED_SEALS}


def standings(traits, languages=("en",), on=TODAY):
    found = court_opinion(LAW.courts, "XB", traits, languages, on=on)
    return {want.id: want.standing for want in found.wants}


def test_nothing_is_said_of_a_court_that_nobody_wrote_down():
    found = court_opinion(LAW.courts, "FR", USUAL, ("en",), on=TODAY)
    assert (found.known, found.wants) == (False, ())
    assert packaged_law().courts == {}


def test_what_is_wanted_is_met_lacking_or_for_a_person_to_look_at():
    assert standings(USUAL) == {
        "xb.custody": WantStanding.MET,
        "xb.seal": WantStanding.LACKING,
        "xb.language": WantStanding.MET,
        "xb.witness": WantStanding.TO_LOOK_AT,
    }


def test_a_dossier_without_a_trait_lacks_it_by_name():
    found = court_opinion(LAW.courts, "XB", USUAL - {DossierTrait.CUSTODY_CHAIN}, ("pt",), on=TODAY)
    lacking = {want.id: want.lacks for want in found.wants if want.standing is WantStanding.LACKING}
    assert lacking == {
        "xb.custody": ("custody-chain",),
        "xb.seal": ("qualified-seals",),
        "xb.language": ("in xb or en",),
    }


def test_qualified_seals_meet_what_wants_them():
    assert standings(set(DossierTrait))["xb.seal"] is WantStanding.MET


def test_a_want_counts_from_its_day():
    assert "xb.seal" not in standings(USUAL, on=date(2023, 12, 31))


def test_what_rests_on_memory_says_so():
    found = court_opinion(LAW.courts, "XB", USUAL, ("en",), on=TODAY)
    assert [want.id for want in found.wants if not want.verified] == ["xb.language"]
    assert [want.id for want in found.wants if "(unverified)" in want.citation] == ["xb.language"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "custody-proof"', 'kind = "custody"', "Invalid enum value 'custody'"),
        ('met_by = ["qualified-seals"]', 'met_by = ["wax"]', "Invalid enum value 'wax'"),
        ('source = "memory"', 'source = "hearsay"', "no source 'hearsay'"),
        ('id = "xb.seal"', 'id = "xb.custody"', "is used twice"),
        ('court_of = "XB"', 'court_of = "Brobdingnag"', "court_of"),
        ("text = ", "words = ", "unknown key 'words'"),
    ],
)
def test_a_profile_that_is_wrong_is_refused_with_its_line(old, new, said):
    text = COURTS.decode()
    assert old in text
    found = read_instruments({**packaged_files(), "courts.toml": text.replace(old, new, 1).encode()})
    assert isinstance(found, MalformedLaw)
    told = " / ".join(problem.in_words() for problem in found.problems)
    assert said in told
    assert "courts.toml:" in told


def test_the_courts_of_a_state_stand_once():
    found = read_instruments({**packaged_files(), "a.toml": COURTS, "b.toml": COURTS})
    assert isinstance(found, MalformedLaw)
    assert [problem.reason for problem in found.problems] == ["court_of: the courts of 'XB' stand in a.toml too"]


def test_a_nodes_own_law_is_what_lies_in_its_folder(tmp_path):
    assert own_law(tmp_path) == {}
    (tmp_path / "law").mkdir()
    for name in ("treaty.toml", "national-law.toml", "courts.toml"):
        (tmp_path / "law" / name).write_bytes((TEMPLATE / name).read_bytes())
    law = packaged_law(own_law(tmp_path))
    assert {"XA-XB", "XA-CCP"} <= set(law.instruments)
    assert set(law.courts) == {"XB"}
