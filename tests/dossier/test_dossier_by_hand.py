"""Acts that went by hand to an authority without a node owe no receipt; nobody else is let off by saying so."""

from datetime import UTC, datetime

import msgspec
import pytest

from comity.acts import bodies as b
from comity.acts.paper_bodies import SentByHand
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier.format import ActDirection
from comity.trust.directory_format import AuthorityEntry
from comity.trust.directory_founder import DirectoryFounder, derived_seeds
from comity.trust.directory_tuf import verify_directory
from comity.vocabulary.categories import PaperMeans

NODELESS = {
    "id": "no",
    "name": "Authority no",
    "country": "NO",
    "calendar": "NO",
    "kinds": ["state"],
    "contact": "post@authority.example",
    "time_zone": "Europe/Oslo",
    "languages": ["nb"],
}


@pytest.fixture
def with_partner(workshop):
    """A federation whose directory lists an authority without a node."""
    federation = workshop.new_federation()
    entries = [*federation.edition.entries.values(), msgspec.convert(NODELESS, AuthorityEntry)]
    founder = DirectoryFounder(derived_seeds(b"a root with a partner", ("pt", "de", "no")))
    ends = datetime(2026, 6, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    federation.edition = founder.found(entries, expires=ends[0], root_expires=ends[1])
    federation.directory = verify_directory(federation.edition.files, root=federation.edition.root, at=federation.now)
    workshop.play(federation)
    return federation


def send(federation, to, *, recorded=True):
    """An act of pt's for that authority, without a receipt, and the record that it went by hand."""
    act, sealed = federation.sealed_act("pt", b.PreservationRequested(measure="expedited-preservation"), to=(to,))
    federation.sealed[act] = sealed
    federation._file("pt", act, ActDirection.ISSUED)
    if recorded:
        federation.act("pt", SentByHand(act, to, PaperMeans.POST, federation.now, "0" * 64, 1))


def receipts(federation):
    check = federation.verify(federation.dossier()).checks[5]
    return check.outcome, " ".join(finding.what for finding in check.detail)


def test_an_act_that_went_by_hand_to_whoever_has_no_node_owes_no_receipt_and_the_reader_is_told(with_partner):
    send(with_partner, "no")
    outcome, told = receipts(with_partner)
    assert outcome is Verdict.VALID
    assert "1 act went by hand to an authority without a node, as the exporter itself recorded" in told


def test_without_the_record_the_check_stays_open(with_partner):
    send(with_partner, "no", recorded=False)
    assert receipts(with_partner)[0] is Verdict.INDETERMINATE


def test_a_record_that_an_act_went_by_hand_replaces_no_receipt_of_whoever_has_a_node(with_partner):
    send(with_partner, "de")
    outcome, told = receipts(with_partner)
    assert outcome is Verdict.INDETERMINATE
    assert "by hand" not in told
