"""Negative vectors of redacted copies (checks 9 and 11): another copy, another original, a missing act, an item kept out for nothing."""

import msgspec
import pytest

from comity.acts.bodies import ItemOpened
from comity.acts.redaction_bodies import LiftingDecided, PaperDecision, RedactionLifted
from comity.evidence import bag
from comity.evidence import dossier_format as layout
from comity.evidence.dossier_format import DossierHeader, DossierItem, ExhibitSeal
from comity.evidence.verdicts import Verdict

INVALID = Verdict.INVALID


def _exhibit(workshop, name="mail"):
    return workshop.exhibit(name, 12, 7, content=lambda number: f"letter {number}\n".encode() * 20)


def _shop(make_workshop, workshop, **redaction):
    """The case, one item of it redacted, and the dossier made after that."""
    shop = make_workshop(workshop.new_federation(), (_exhibit(workshop),))
    exhibit = next(iter(shop.federation.exhibits))
    shop.derived = shop.federation.redact(exhibit, 2, **redaction)
    shop.held = exhibit
    return _exported(shop)


def _exported(shop):
    shop.dossier = shop.federation.dossier()
    shop.files = shop.unpack(shop.dossier)
    return shop


@pytest.fixture(scope="module")
def beside(make_workshop, workshop):
    """A copy lies beside its original."""
    return _shop(make_workshop, workshop)


@pytest.fixture(scope="module")
def instead(make_workshop, workshop):
    """A copy lies in the place of its original: a provisional redaction stands."""
    return _shop(make_workshop, workshop, provisional=True)


def _act_of(shop):
    return next(name for name, sealed in shop.federation.sealed.items() if shop.derived.encode() in _payload(sealed))


def _payload(sealed):
    from comity.trust.seals import read_sealed

    return msgspec.json.encode(read_sealed(sealed).payload)


def _kept_out(shop, change):
    """The exhibit's seal with what it keeps out changed."""
    return shop.rewritten(
        layout.seal_path(shop.held),
        ExhibitSeal,
        lambda seal: msgspec.structs.replace(seal, kept_out=tuple(map(change, seal.kept_out))),
    )


def test_a_copy_beside_its_original_is_valid_and_told(beside):
    report = beside.federation.verify(beside.dossier)
    assert report.verdict is Verdict.VALID
    assert any("its original lies beside it" in finding.what for finding in report.checks[8].detail)


def test_a_copy_in_the_place_of_its_original_is_valid_and_the_original_is_nowhere_in_the_dossier(instead):
    report = instead.federation.verify(instead.dossier)
    assert report.verdict is Verdict.VALID
    assert any("its original is kept out and proves itself" in finding.what for finding in report.checks[8].detail)
    items = instead.files[layout.items_path(instead.held)].splitlines()
    assert len(items) == 6
    assert not any(data == b"letter 2\n" * 20 for data in instead.files.values())


@pytest.mark.parametrize("shop", ["beside", "instead"])
def test_a_copy_with_other_bytes_is_named(shop, request):
    made = request.getfixturevalue(shop)
    path = layout.derived_path(made.derived)
    report = made.federation.verify(made.altered({path: made.files[path][::-1]}))
    assert (report.decided_by, report.deciding.file) == (9, path)
    assert "not the one that its act made" in report.deciding.what


@pytest.mark.parametrize("shop", ["beside", "instead"])
def test_a_copy_whose_act_is_missing_is_of_unknown_origin(shop, request):
    made = request.getfixturevalue(shop)
    dossier = made.altered(made.without(_act_of(made)))
    report = made.federation.verify(dossier)
    assert made.failing(dossier)[9] is INVALID
    findings = {(finding.what, finding.file) for finding in report.checks[8].detail}
    assert ("no act of the exporter made this redacted copy", layout.derived_path(made.derived)) in findings


def test_an_item_kept_out_without_its_act_is_a_fault_of_its_own(instead):
    report = instead.federation.verify(instead.altered(instead.without(_act_of(instead))))
    said = "an item is kept out of which no provisional redaction stands"
    assert said in {finding.what for finding in report.checks[8].detail}


def test_a_copy_that_is_missing_is_a_fault(beside):
    path = layout.derived_path(beside.derived)
    assert beside.failing(beside.altered({path: None})) == {2: INVALID, 9: INVALID}


def test_a_copy_that_the_header_does_not_name_is_a_file_too_many(beside):
    changed = beside.rewritten(layout.HEADER, DossierHeader, lambda h: msgspec.structs.replace(h, derived=()))
    report = beside.federation.verify(beside.altered(changed))
    assert (report.decided_by, report.deciding.file) == (2, layout.derived_path(beside.derived))


def test_a_copy_named_twice_makes_no_header(beside):
    named = f'"{beside.derived}"'
    header = beside.files[layout.HEADER].replace(named.encode(), f"{named},{named}".encode())
    files = {bag.BASE + path: data for path, data in (beside.files | {layout.HEADER: header}).items()}
    report = beside.federation.verify(beside.zip(files))
    assert (report.decided_by, report.deciding.file) == (2, layout.HEADER)


@pytest.mark.parametrize(
    ("twist", "words"),
    [
        ({"item": "ab" * 32}, "no item of the exhibits here"),
        ({"original": "cd" * 32}, "made of another content"),
        ({"size": 5}, "not the one that its act made"),
        ({"digest": "ef" * 32}, "not the one that its act made"),
    ],
    ids=["another item", "another content", "another size", "another copy"],
)
def test_a_link_to_something_else_is_a_fault(make_workshop, workshop, twist, words):
    shop = _shop(make_workshop, workshop, **twist)
    report = shop.federation.verify(shop.dossier)
    assert (report.decided_by, report.deciding.file) == (9, layout.derived_path(shop.derived))
    assert words in report.deciding.what


def test_an_act_that_names_another_item_than_is_kept_out_is_a_fault(make_workshop, workshop):
    shop = _shop(make_workshop, workshop, provisional=True, item="ab" * 32)
    report = shop.federation.verify(shop.dossier)
    assert {finding.what for finding in report.checks[8].detail} >= {
        "an item is kept out of which no provisional redaction stands",
        "the original of a redacted copy is no item of the exhibits here",
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda out: msgspec.structs.replace(out, item="ab" * 32),
        lambda out: msgspec.structs.replace(out, leaf=out.leaf + 1),
        lambda out: msgspec.structs.replace(out, segment=9),
        lambda out: msgspec.structs.replace(out, path=out.path[:-1]),
        lambda out: msgspec.structs.replace(out, path=(bytes(32), *out.path[1:])),
    ],
    ids=["leaf", "place", "segment", "shorter path", "other path"],
)
def test_an_item_kept_out_that_was_not_held_is_a_fault(instead, change):
    dossier = instead.altered(_kept_out(instead, change))
    report = instead.federation.verify(dossier)
    assert (report.decided_by, report.deciding.file) == (9, layout.seal_path(instead.held))


def test_an_item_kept_out_twice_is_a_fault(instead):
    changed = instead.rewritten(
        layout.seal_path(instead.held),
        ExhibitSeal,
        lambda seal: msgspec.structs.replace(seal, kept_out=seal.kept_out * 2),
    )
    assert instead.failing(instead.altered(changed)) == {9: INVALID, 11: INVALID}


def test_an_item_that_is_simply_left_out_does_not_add_up(instead):
    changed = instead.rewritten(
        layout.seal_path(instead.held), ExhibitSeal, lambda seal: msgspec.structs.replace(seal, kept_out=())
    )
    assert instead.failing(instead.altered(changed)) == {9: INVALID, 11: INVALID}


def test_an_item_both_shown_and_kept_out_is_a_fault(instead):
    """The exporter's act says that nobody opens the original, and there it lies."""
    shown = _exhibit(instead)
    item = list(shown.items())[2]
    lines = [
        msgspec.json.decode(x, type=DossierItem) for x in instead.files[layout.items_path(instead.held)].splitlines()
    ]
    lines.append(msgspec.structs.replace(item, number=len(lines)))
    content = b"".join(shown.content(2))
    dossier = instead.altered(
        {
            layout.items_path(instead.held): b"".join(msgspec.json.encode(each) + b"\n" for each in lines),
            layout.content_path(instead.held, len(lines) - 1): content,
            **instead.rewritten(
                layout.seal_path(instead.held),
                ExhibitSeal,
                lambda seal: msgspec.structs.replace(seal, items=seal.items + 1, size=seal.size + len(content)),
            ),
        }
    )
    report = instead.federation.verify(dossier)
    assert {finding.what for finding in report.checks[8].detail} >= {
        "the original of a provisional redaction lies in the dossier",
        "an item stands twice",
    }
    assert set(instead.failing(dossier)) == {9, 11}


def test_what_a_court_has_lifted_is_shown_again(make_workshop, workshop):
    shop = make_workshop(workshop.new_federation(), (_exhibit(workshop),))
    exhibit = next(iter(shop.federation.exhibits))
    derived = shop.federation.redact(exhibit, 2, provisional=True)
    shop.federation.act("pt", RedactionLifted(derived, "order 7/26"))
    kept_out = _exported(shop).federation.verify(shop.dossier)
    assert kept_out.decided_by == 9
    assert "no provisional redaction stands" in kept_out.deciding.what
    shop.federation.exhibits[exhibit] = _exhibit(workshop)
    assert _exported(shop).failing(shop.dossier) == {}


def _lifted(make_workshop, workshop, cited=None, by="de", **twist):
    """A dossier after a lifting that cites an act of `by`, or what `cited` makes of it; what check 9 says of it."""
    shop = make_workshop(workshop.new_federation(), (_exhibit(workshop),))
    exhibit = next(iter(shop.federation.exhibits))
    derived = shop.federation.redact(exhibit, 2, provisional=True)
    decision = LiftingDecided(twist.pop("about", derived), "court 9/26")
    act = shop.federation.act(by, decision, to=("pt",) if by != "pt" else ("de",))
    shop.federation.act("pt", cited(derived) if cited else RedactionLifted(derived, "court 9/26", decided_by=act))
    shop.federation.exhibits[exhibit] = _exhibit(workshop)
    report = _exported(shop).federation.verify(shop.dossier)
    return shop, [finding.what for finding in report.checks[8].detail if "lifted" in finding.what]


@pytest.mark.parametrize(("by", "twist"), [("pt", {}), ("de", {"about": "0" * 32})])
def test_a_lifting_that_cites_no_courts_word_on_this_redaction_fails(make_workshop, workshop, by, twist):
    shop, told = _lifted(make_workshop, workshop, by=by, **twist)
    assert told == ["a redaction was lifted by a decision that is not among the acts"]
    assert set(shop.failing(shop.dossier)) == {9}


def test_it_is_told_which_court_lifted_a_redaction_and_how_one_knows(make_workshop, workshop):
    paper = PaperDecision("Court of Appeal (demo)", "f" * 64, 12, "5" * 32)
    for cited, words in (
        (None, "by a court of de, whose act is here"),
        (lambda derived: RedactionLifted(derived, "9/26"), "by the judge who approved that"),
        (
            lambda derived: RedactionLifted(derived, "9/26", on_paper=paper),
            "as the exporter itself recorded: SHA-256 ff",
        ),
    ):
        shop, told = _lifted(make_workshop, workshop, cited)
        assert shop.failing(shop.dossier) == {}
        assert [words in each for each in told] == [True]


def test_who_opened_a_copy_is_told_as_that_and_not_as_opening_the_original(make_workshop, workshop):
    shop = _shop(make_workshop, workshop, provisional=True)
    (out,) = shop.federation.exhibits[shop.held].seal.kept_out
    for names in (False, True):
        shop.federation.act("pt", ItemOpened(shop.held, out.item, "trial", "", shop.derived, names), to=("de",))
    report = _exported(shop).federation.verify(shop.dossier)
    assert report.verdict is Verdict.VALID, report.deciding
    told = [finding.what for finding in report.checks[9].detail if "opened" in finding.what]
    assert [what.partition("opened ")[2].partition(" at ")[0] for what in told] == [
        "an item",
        "a redacted copy",
        "who is who in a redacted copy",
    ]
    assert "opened a redacted copy, purpose trial" in {row.what[9:] for row in shop.federation.story().custody}
