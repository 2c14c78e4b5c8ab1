"""Negative vectors, one group per numbered check: each alters one thing and fails exactly that check.

Where a test packs the dossier again, the exporter's own seal stands over the result (it vouches for it): what is left to
catch the change is then the check under test alone.
"""

import msgspec
import pytest

from comity.acts import bodies as b
from comity.acts.custody_bodies import ItemOpened
from comity.acts.matters import NotTakenIn, SkippedCount
from comity.evidence.archive import bag
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.dossier import format as layout
from comity.vocabulary.categories import SkipReason
from comity.vocabulary.wire import b64url, encode, from_b64url

INVALID, OPEN = Verdict.INVALID, Verdict.INDETERMINATE


def only(number, outcome=INVALID):
    return {number: outcome}


# 2 bag ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["data/dossier.pdf", "data/index.txt", "data/provenance.jsonld"])
def test_2_pages_changed_after_the_export_are_not_what_the_exporter_vouched_for(workshop, path):
    dossier = workshop.altered({path: b"He did it."}, vouch=False)
    assert workshop.failing(dossier) == only(2)


def test_2_a_file_that_the_header_does_not_speak_of(workshop):
    assert workshop.failing(workshop.altered({"data/extra.txt": b"psst"})) == only(2)


def test_2_a_missing_page(workshop):
    assert workshop.failing(workshop.altered({"data/dossier.pdf": None})) == only(2)


def test_2_a_manifest_that_leaves_a_file_out(workshop):
    files = {bag.BASE + path: data for path, data in workshop.files.items()}
    lines = files[bag.BASE + bag.MANIFEST].splitlines(keepends=True)
    files[bag.BASE + bag.MANIFEST] = b"".join(lines[:-1])
    report = workshop.federation.verify(workshop.zip(files))
    assert report.decided_by == 2
    assert report.deciding.file.startswith("data/")


@pytest.mark.parametrize("name", [bag.DECLARATION, bag.INFORMATION, bag.MANIFEST, bag.TAG_MANIFEST])
def test_2_a_tag_file_changed_or_missing(workshop, name):
    files = {bag.BASE + path: data for path, data in workshop.files.items()}
    assert workshop.failing(workshop.zip(files | {bag.BASE + name: files[bag.BASE + name] + b"\n"}))[2] is INVALID
    del files[bag.BASE + name]
    assert workshop.failing(workshop.zip(files))[2] is INVALID


def test_2_a_file_outside_the_bag(workshop):
    files = {bag.BASE + path: data for path, data in workshop.files.items()} | {"readme.txt": b"open me"}
    report = workshop.federation.verify(workshop.zip(files))
    assert (report.decided_by, report.deciding.file) == (2, "readme.txt")


def test_2_an_unreadable_header_leaves_the_other_checks_open(workshop):
    files = {bag.BASE + path: data for path, data in workshop.files.items()} | {bag.BASE + layout.HEADER: b"{}"}
    failing = workshop.failing(workshop.zip(files))
    assert failing == {2: INVALID} | dict.fromkeys(range(3, 13), OPEN)


def test_2_without_an_export_act_nobody_vouches_for_the_selection(workshop):
    files = {path: data for path, data in workshop.files.items() if path != layout.EXPORT_ACT}
    assert workshop.failing(workshop.federation.pack(files, vouch=False)) == only(2, OPEN)


def test_2_an_act_of_another_kind_in_the_place_of_the_export_act_vouches_for_nothing(workshop):
    left_out = NotTakenIn((SkippedCount(SkipReason.LINK, 1),), "0" * 64)
    now = workshop.federation.now
    hold = b.HoldConfirmed("5" * 32, "0" * 64, 1, 2, 3, now, now, left_out)
    files = workshop.files | {layout.EXPORT_ACT: workshop.federation.sealed_act("pt", hold)[1]}
    assert workshop.failing(workshop.federation.pack(files, vouch=False)) == only(2)


def test_2_leaving_an_act_out_is_noticed(workshop):
    dossier = workshop.altered(workshop.without(workshop.acts.opened), vouch=False)
    assert workshop.failing(dossier) == only(2)


# 3 directory ---------------------------------------------------------------------------------------------------------


def test_3_a_forged_federation_agrees_with_itself_and_not_with_the_reader(workshop, make_workshop):
    forged = make_workshop(workshop.new_federation("forged"))
    assert forged.failing(forged.dossier) == {}
    failing = workshop.failing(forged.dossier)
    assert failing == {3: INVALID, 8: OPEN}
    report = workshop.federation.verify(forged.dossier)
    assert "forged" in report.deciding.what
    assert report.deciding.file.endswith("1.root.json")


def test_3_without_an_anchor_the_root_is_not_pinned(workshop):
    from io import BytesIO

    from comity.evidence.checks.verify import verify_dossier

    report = verify_dossier(BytesIO(workshop.dossier), None, workshop.federation.now)
    assert report.verdict is OPEN
    assert {check.number for check in report.checks if check.outcome is OPEN} == {3, 8}
    assert "is not pinned" in report.deciding.what


def test_3_a_directory_file_that_was_changed(workshop):
    path = next(path for path in workshop.files if path.endswith(".de.json") and "targets" in path)
    changed = workshop.files[path].replace(b"Authority de", b"Authority fr")
    failing = workshop.failing(workshop.altered({path: changed}))
    assert [number for number, outcome in failing.items() if outcome is INVALID] == [3]


def test_3_a_version_that_an_act_names_and_the_dossier_lacks_is_open(make_workshop, workshop):
    federation = workshop.new_federation()
    federation.twists[b.PreservationRequested] = {"directory": 2}
    other = make_workshop(federation)
    failing = other.failing(other.dossier)
    assert set(failing.values()) == {OPEN}
    assert 3 in failing


def test_3_an_expired_version_is_open(make_workshop, workshop):
    federation = workshop.new_federation()
    federation.now = federation.now.replace(year=2027)
    other = make_workshop(federation)
    assert other.failing(other.dossier) == only(3, OPEN)


def test_3_a_rotation_under_a_strangers_seal(make_workshop, workshop):
    federation, stranger = workshop.new_federation(), workshop.new_federation("stranger")
    stranger.now = federation.now
    name = stranger.rotate("pt", "seal")
    federation.rotations[name] = stranger.rotations[name]
    other = make_workshop(federation)
    assert other.failing(other.dossier) == only(3)


# 4 seals -------------------------------------------------------------------------------------------------------------


def resigned(sealed, change):
    act = msgspec.json.decode(sealed)
    signature = bytearray(from_b64url(act["signatures"][0]["signature"]))
    change(signature)
    act["signatures"][0]["signature"] = b64url(bytes(signature))
    return msgspec.json.encode(act)


def test_4_a_seal_that_does_not_verify(workshop):
    path = layout.act_path(workshop.acts.confirmed)

    def flip(signature):
        signature[5] ^= 1

    assert workshop.failing(workshop.altered({path: resigned(workshop.files[path], flip)})) == only(4)


def test_4_an_act_sealed_by_somebody_else(workshop):
    federation = workshop.federation
    path = layout.act_path(workshop.acts.confirmed)
    stranger = federation.sealed_act("provider", b.CaseClosed("x"))[1]
    act, other = msgspec.json.decode(workshop.files[path]), msgspec.json.decode(stranger)
    act["signatures"] = other["signatures"]
    report = federation.verify(workshop.altered({path: msgspec.json.encode(act)}))
    assert (report.decided_by, report.deciding.file) == (4, path)


def test_4_an_act_under_another_acts_name(workshop):
    first, second = layout.act_path(workshop.acts.confirmed), layout.act_path(workshop.acts.decided)
    changed = {first: workshop.files[second], second: workshop.files[first]}
    failing = workshop.failing(workshop.altered(changed))
    assert failing[4] is INVALID


def test_4_an_act_written_anew_with_a_space_in_it(workshop):
    path = layout.act_path(workshop.acts.opened)
    report = workshop.federation.verify(workshop.altered({path: b" " + workshop.files[path]}))
    assert (report.decided_by, report.deciding.file) == (4, path)


def test_4_an_act_of_another_direction_than_it_can_have(workshop):
    def enclose(header):
        lines = [
            msgspec.structs.replace(line, direction=layout.ActDirection.ENCLOSED)
            if line.act == workshop.acts.opened
            else line
            for line in header.acts
        ]
        return msgspec.structs.replace(header, acts=tuple(lines))

    changed = workshop.rewritten(layout.HEADER, layout.DossierHeader, enclose)
    assert workshop.failing(workshop.altered(changed)) == only(4)


def test_4_an_export_act_by_another_authority(workshop):
    files = dict(workshop.files)
    manifest = files[bag.MANIFEST]
    import hashlib

    files[layout.EXPORT_ACT] = workshop.federation.export_act(hashlib.sha256(manifest).hexdigest(), "de")
    assert workshop.failing(workshop.federation.pack(files, vouch=False)) == only(4)


def test_4_a_seal_by_a_key_that_was_replaced_before(make_workshop, workshop):
    federation = workshop.new_federation()
    old = federation.seal_key("pt")
    federation.rotate("pt", "seal")
    federation.twists[ItemOpened] = {"sealer": old}
    other = make_workshop(federation)
    assert other.failing(other.dossier) == only(4)


# 5 approvals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("twist", [{"approver": "costa"}, {"approver": None}, {"author": "silva"}])
def test_5_an_act_approved_by_its_author_or_by_nobody(make_workshop, workshop, twist):
    federation = workshop.new_federation()
    federation.twists[b.PreservationRequested] = twist
    other = make_workshop(federation)
    assert other.failing(other.dossier) == only(5)


def test_5_an_approval_of_another_act(make_workshop, workshop):
    federation = workshop.new_federation()
    federation.approve_instead = "0" * 64
    other = make_workshop(federation)
    assert other.failing(other.dossier) == only(5)


# 6 receipts ----------------------------------------------------------------------------------------------------------


def test_6_a_receipt_of_another_act(workshop):
    first = layout.receipt_path(workshop.acts.requested, "de")
    second = layout.receipt_path(workshop.acts.opened, "de")
    assert workshop.failing(workshop.altered({first: workshop.files[second]})) == only(6)


def test_6_a_missing_receipt_is_open(workshop):
    path = layout.receipt_path(workshop.acts.requested, "de")
    assert workshop.failing(workshop.altered({path: None})) == only(6, OPEN)


def test_6_a_receipt_that_the_exporter_wrote_itself(workshop):
    federation = workshop.federation
    path = layout.receipt_path(workshop.acts.requested, "de")
    forged = federation.receipt(workshop.acts.requested, "pt", "de")
    assert workshop.failing(workshop.altered({path: forged})) == only(6)


def test_6_a_receipt_with_a_false_proof(workshop):
    import hashlib

    from comity.acts.receipt_format import Receipt, SealedReceipt
    from comity.trust.receipts import seal_receipt

    path = layout.receipt_path(workshop.acts.opened, "de")
    sealed = msgspec.json.decode(workshop.files[path], type=SealedReceipt)
    receipt = msgspec.json.decode(from_b64url(sealed.payload), type=Receipt)
    false = msgspec.structs.replace(receipt, proof=(hashlib.sha256(b"x").hexdigest(), *receipt.proof[1:]))
    again = seal_receipt(false, workshop.federation.seal_key("de"), at=receipt.received_at)
    assert workshop.failing(workshop.altered({path: encode(again)})) == only(6)


def test_6_two_checkpoints_of_one_size_and_different_roots(workshop):
    federation = workshop.new_federation()
    acts = workshop.play(federation)
    node = federation.nodes["de"]
    honest = list(node.entries)
    last = next(name for name, peer in reversed(federation.receipts) if peer == "de")
    place = next(index for index, entry in enumerate(honest) if entry.act == last)
    other_history = list(reversed(honest[: place + 1]))
    node.entries = other_history
    federation.receipts[acts.requested, "de"] = federation.receipt(acts.requested, "de", "pt")
    node.entries = honest[: place + 1]
    federation.receipts[last, "de"] = federation.receipt(last, "de", "pt")
    node.entries = honest
    report = federation.verify(federation.dossier())
    assert report.decided_by == 6
    assert "two ledgers" in report.deciding.what


# 7 ledger ------------------------------------------------------------------------------------------------------------


def test_7_an_act_with_another_acts_proof(workshop):
    def swap(places):
        first, second, *rest = places.places
        return layout.LedgerPlaces(
            (
                msgspec.structs.replace(first, salt=second.salt, class_commitment=second.class_commitment),
                second,
                *rest,
            )
        )

    changed = workshop.rewritten(layout.ENTRIES, layout.LedgerPlaces, swap)
    report = workshop.federation.verify(workshop.altered(changed))
    assert report.deciding.file == layout.act_path(workshop.acts.requested)
    assert workshop.failing(workshop.altered(changed)) == only(7)


def test_7_an_act_without_a_place(workshop):
    def drop(places):
        return layout.LedgerPlaces(places.places[:-1])

    changed = workshop.rewritten(layout.ENTRIES, layout.LedgerPlaces, drop)
    assert workshop.failing(workshop.altered(changed)) == only(7)


def test_7_acts_shown_in_another_order_than_the_ledger_has_them(workshop):
    def reverse(header):
        first, second, *rest = header.acts
        return msgspec.structs.replace(header, acts=(first, *rest[:1], second, *rest[1:]))

    changed = workshop.rewritten(layout.HEADER, layout.DossierHeader, reverse)
    assert workshop.failing(workshop.altered(changed)) == only(7)


# 8 witnesses ---------------------------------------------------------------------------------------------------------


def noted(workshop, change):
    lines = workshop.files[layout.CHECKPOINT].decode().splitlines(keepends=True)
    return workshop.altered({layout.CHECKPOINT: "".join(change(lines)).encode()})


def test_8_a_missing_witness_is_open(workshop):
    dossier = noted(workshop, lambda lines: [line for line in lines if "oversight" not in line])
    assert workshop.failing(dossier) == only(8, OPEN)


def test_8_a_missing_witness_that_the_reader_does_not_demand_changes_nothing(workshop):
    dossier = noted(workshop, lambda lines: [line for line in lines if "oversight" not in line])
    assert workshop.failing(dossier, workshop.federation.anchor(threshold=1)) == {}


def test_8_a_false_cosignature(workshop):
    federation = workshop.federation
    other = federation.witnessed("de").splitlines(keepends=True)
    dossier = noted(workshop, lambda lines: [*lines[:-2], *other[-2:]])
    assert workshop.failing(dossier) == only(8)


def test_8_a_checkpoint_that_the_exporter_did_not_sign(workshop):
    dossier = noted(workshop, lambda lines: [line for line in lines if "comity/pt/ledger " not in line])
    assert workshop.failing(dossier) == only(8)


def test_8_the_checkpoint_of_another_authoritys_ledger(workshop):
    other = workshop.federation.witnessed("de").encode()
    failing = workshop.failing(workshop.altered({layout.CHECKPOINT: other}))
    assert failing == {7: INVALID, 8: INVALID}


def test_8_a_checkpoint_that_is_none_leaves_the_places_unproven(workshop):
    failing = workshop.failing(workshop.altered({layout.CHECKPOINT: b"trust me\n"}))
    assert failing == {7: OPEN, 8: INVALID}


# 12 time -------------------------------------------------------------------------------------------------------------


def test_12_acts_dated_after_their_witnesses_saw_them(workshop):
    early = workshop.federation.now.replace(hour=0)
    note = workshop.federation.witnessed("pt", at=early).encode()
    assert workshop.failing(workshop.altered({layout.CHECKPOINT: note})) == only(12)


def test_12_an_exporters_clock_that_went_back(workshop):
    def back(header):
        *most, last = header.acts
        return msgspec.structs.replace(
            header, acts=(*most, msgspec.structs.replace(last, filed_at=last.filed_at.replace(hour=1)))
        )

    changed = workshop.rewritten(layout.HEADER, layout.DossierHeader, back)
    assert workshop.failing(workshop.altered(changed)) == only(12)


def test_12_clocks_of_two_parties_that_differ_are_a_remark(make_workshop, workshop):
    from datetime import timedelta

    federation = workshop.new_federation()
    federation.twists[b.PreservationConfirmed] = {"at": federation.now - timedelta(hours=2)}
    other = make_workshop(federation)
    report = other.federation.verify(other.dossier)
    assert report.verdict is Verdict.VALID
    assert any("clocks of de and pt differ" in finding.what for finding in report.checks[11].detail)
