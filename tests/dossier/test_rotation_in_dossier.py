"""Keys that were replaced by act, and keys that a later directory version has ended."""

from datetime import datetime, timedelta

import msgspec
import pytest

from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.format import DossierHeader
from comity.trust.directory_founder import DirectoryFounder, derived_seeds
from comity.vocabulary.wire import encode


@pytest.mark.parametrize("kind", ["seal", "ledger", "witness"])
@pytest.mark.parametrize("name", ["pt", "de", "oversight"])
def test_acts_and_heads_under_a_replaced_key_verify(make_workshop, workshop, name, kind):
    federation = workshop.new_federation()
    federation.rotate(name, kind)
    other = make_workshop(federation)
    assert other.failing(other.dossier) == {}


def test_a_witness_that_goes_on_signing_with_a_replaced_key_does_not_count(make_workshop, workshop):
    federation = workshop.new_federation()
    federation.rotate("oversight", "witness")
    federation.now += timedelta(hours=2)
    federation._keys["oversight", "witness"] = 0
    other = make_workshop(federation)
    assert other.failing(other.dossier) == {8: Verdict.INDETERMINATE}


def test_a_witness_key_that_the_directory_does_not_know_is_taken_as_it_is_pinned(workshop):
    federation, elsewhere = workshop.new_federation(), workshop.new_federation("elsewhere")
    workshop.play(federation)
    dossier = federation.dossier()
    anchor = msgspec.structs.replace(federation.anchor(), witness_policy=elsewhere.anchor().witness_policy)
    outcomes = {check.number: check.outcome for check in federation.verify(dossier, anchor).checks}
    assert outcomes[8] is Verdict.INDETERMINATE


def test_two_replacements_in_a_row_verify(make_workshop, workshop):
    federation = workshop.new_federation()
    federation.rotate("pt", "seal")
    federation.rotate("pt", "seal")
    other = make_workshop(federation)
    assert other.failing(other.dossier) == {}
    assert len(other.federation.rotations) == 2


def test_without_the_act_that_replaced_the_key_the_new_key_is_unknown(make_workshop, workshop):
    federation = workshop.new_federation()
    name = federation.rotate("pt", "seal")
    other = make_workshop(federation)
    changed = other.rewritten(
        layout.HEADER, DossierHeader, lambda header: msgspec.structs.replace(header, rotations=())
    ) | {layout.rotation_path(name): None}
    failing = other.failing(other.altered(changed))
    assert failing == {4: Verdict.INVALID}


def test_a_key_that_a_later_version_ended_before_the_act_leaves_its_seal_open(workshop):
    federation = workshop.new_federation()
    acts = workshop.play(federation)
    founder = DirectoryFounder(derived_seeds(workshop.seed("real", "root"), ("pt", "de")))
    stolen = federation.edition.entries["de"]
    ended = msgspec.structs.replace(
        stolen.seal_certificates[0], valid_until=stolen.seal_certificates[0].valid_from + timedelta(days=1)
    )
    amended = founder.amend(
        federation.edition,
        [msgspec.structs.replace(stolen, seal_certificates=(ended,))],
        expires=datetime.fromisoformat("2026-06-01T00:00:00Z"),
    )
    files = workshop.unpack(federation.dossier())
    header = msgspec.json.decode(files[layout.HEADER], type=DossierHeader)
    files[layout.HEADER] = encode(msgspec.structs.replace(header, directories=(1, 2)))
    files |= {layout.directory_folder(2) + name: data for name, data in amended.files.items()}
    report = federation.verify(federation.pack(files))
    outcomes = {check.number: check.outcome for check in report.checks if check.outcome is not Verdict.VALID}
    assert outcomes[4] is Verdict.INDETERMINATE
    assert report.checks[3].file == layout.act_path(acts.held) or "later version" in report.checks[3].what
