"""The custody certificate: every touch with its hashes, gaps as findings, one page for each exhibit whatever anybody says."""

import re
import zlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from comity.acts import bodies as b
from comity.acts.classes import ActType
from comity.acts.custody_bodies import ExhibitReturned, ItemCopied, ItemOpened
from comity.adapters.documents.custody_pages import render_certificate
from comity.evidence.dossier.custody_certificate import (
    MOST_FINDINGS,
    MOST_TOUCHES,
    CertificateFinding,
    Rereading,
    certificate_of,
)
from comity.evidence.dossier.format import ActOnFile
from comity.evidence.dossier.words import plain
from comity.vocabulary.errors import BrokenInputError

AT = datetime(2026, 5, 1, tzinfo=UTC)
HOSTILE = [
    '#eval("1 + 1") #read("/etc/passwd")',
    "]) #panic() [(",
    "\\u{202E} \\ = Heading *bold* $x$ <label> @ref // /* */",
    "line\nline\r\x00\x1b[31m",
    "\u202eexe.fdp\u202c \u2066hidden\u2069 \u200b",
    "\u05d1\u05d9\u05ea \u0627\u0644\u0645 \u88c1\u5224 \U0001f600",
    "W" * 4000,
    "w " * 2000,
]


def certified(acts, exhibit, **more):
    given = {
        "case": "c1" * 16,
        "authority": "pt",
        "authority_name": "Ministerio Publico",
        "made_at": AT,
        "citations": {},
        "rereadings": {},
    }
    return certificate_of(acts, exhibit, **{**given, **more})


def handed_over(acts):
    return next(act.body for act in acts if isinstance(act.body, b.ExhibitHandedOver))


@pytest.fixture(scope="module")
def acts(workshop):
    return workshop.federation.on_file("pt")


@pytest.fixture(scope="module")
def certificate(acts):
    return certified(acts, handed_over(acts).exhibit)


def pages_in(pdf):
    everything = pdf
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            everything += zlib.decompress(match[1].strip(b"\r\n"))
        except zlib.error:
            continue
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", everything))


def with_text(certificate, text):
    """The certificate with that text, as acts bring it, wherever words come from outside, and all lines a page takes."""
    text = plain(text, 110)
    page = certificate.pages[0]
    touch = msgspec.structs.replace(page.touches[-1], officer=text, office=text, what=text, citation=text)
    finding = CertificateFinding(text, touch.act)
    page = msgspec.structs.replace(
        page,
        holder=text[:110],
        touches=(touch,) * MOST_TOUCHES,
        findings=(finding,) * MOST_FINDINGS,
        more_findings=7,
    )
    return msgspec.structs.replace(certificate, authority_name=text[:200], pages=(page, page))


def test_every_touch_stands_in_order_of_time_with_its_act_and_who_did_it(certificate, acts):
    page = certificate.pages[0]
    kinds = [touch.kind for touch in page.touches]
    assert kinds[:4] == ["handed-over", "received", "handed-over", "received"]
    assert "opened" in kinds
    assert "set-aside" in kinds
    assert [touch.at for touch in page.touches] == sorted(touch.at for touch in page.touches)
    known = {act.id: act for act in acts}
    for touch in page.touches:
        author = known[touch.act].payload.author
        assert (touch.officer, touch.office) == ((author.officer, author.office) if author else ("", ""))


def test_the_second_page_is_that_of_the_hold_the_exhibit_comes_from(certificate, acts):
    assert [page.exhibit for page in certificate.pages] == [handed_over(acts).exhibit, handed_over(acts).hold_exhibit]
    assert certificate.pages[1].touches[0].kind == "taken-in"
    assert certificate.pages[1].touches[0].before == "nothing before"


def test_what_arrives_has_before_it_the_hash_that_was_given(certificate):
    given, taken = certificate.pages[0].touches[:2]
    assert given.after == taken.before == taken.after
    assert given.after.startswith("objects ")
    assert given.before.startswith("items ")


def test_opening_changes_no_hash(certificate):
    opened = next(touch for touch in certificate.pages[0].touches if touch.kind == "opened")
    assert opened.before == opened.after != ""
    assert "purpose" in opened.what


def test_setting_items_aside_leaves_another_hash_which_every_later_touch_has(certificate, acts):
    named = [act.body.remaining for act in acts if isinstance(act.body, b.ExhibitReceived)][-1]
    received, aside, opened = certificate.pages[0].touches[3:]
    assert received.after == f"objects {named}" != received.before
    assert (aside.kind, aside.before, aside.after) == ("set-aside", received.after, received.after)
    assert (opened.before, opened.after) == (aside.after, aside.after)


def test_a_whole_chain_has_no_finding(certificate):
    assert [page.findings for page in certificate.pages] == [(), ()]


def test_it_is_held_by_its_last_taker_alone_and_the_hold_by_its_custodian(certificate):
    assert [page.holder for page in certificate.pages] == ["pt", "provider"]


def test_it_is_held_by_its_giver_until_a_takers_act(acts):
    def until(number):
        left = [act for act in acts if isinstance(act.body, b.ExhibitHandedOver | b.ExhibitReceived)][number:]
        return certified([act for act in acts if act not in left], handed_over(acts).exhibit).pages[0].holder

    assert [until(number) for number in (1, 2, 3)] == ["provider", "de", "de"]


def test_what_was_given_back_is_held_by_its_giver(acts):
    last = max(acts, key=lambda act: act.payload.at)
    received = [act.body for act in acts if isinstance(act.body, b.ExhibitReceived)][-1]
    back = msgspec.structs.replace(
        last.payload,
        issuer="pt",
        at=last.payload.at + timedelta(days=1),
        body=ExhibitReturned(received.exhibit, received.hand_over, received.objects_root, 7, "not-needed", 2),
        act=msgspec.structs.replace(last.payload.act, type=ActType.EXHIBIT_RETURNED),
        to=("de",),
    )
    page = certified([*acts, ActOnFile("ee" * 32, back, last.direction, back.at, back.at)], received.exhibit).pages[0]
    assert page.holder == "de"
    aside = next(touch for touch in page.touches if touch.kind == "set-aside")
    assert page.touches[-1].before == aside.after != f"objects {received.objects_root}"


def test_a_takers_act_that_is_missing_is_a_finding_on_the_page(acts):
    without = [act for act in acts if not isinstance(act.body, b.ExhibitReceived)]
    page = certified(without, handed_over(acts).exhibit).pages[0]
    assert any("no taker's act" in finding.what for finding in page.findings)


def test_other_objects_than_were_given_are_a_finding_on_the_page(acts):
    def twisted(act):
        if not isinstance(act.body, b.ExhibitReceived):
            return act
        body = msgspec.structs.replace(act.body, objects_root="0" * 64)
        return msgspec.structs.replace(act, payload=msgspec.structs.replace(act.payload, body=body))

    page = certified([twisted(act) for act in acts], handed_over(acts).exhibit).pages[0]
    assert any("other objects" in finding.what for finding in page.findings)


def test_destruction_ends_a_holding_and_leaves_no_hash(acts):
    last = max(acts, key=lambda act: act.payload.at)
    exhibit = handed_over(acts).exhibit
    gone = msgspec.structs.replace(
        last.payload,
        issuer="pt",
        at=last.payload.at + timedelta(days=1),
        body=b.ExhibitDestroyed(exhibit, "order-withdrawn", 12),
        act=msgspec.structs.replace(last.payload.act, type=ActType.EXHIBIT_DESTROYED),
    )
    end = ActOnFile("ee" * 32, gone, last.direction, gone.at, gone.at)
    page = certified([*acts, end], exhibit).pages[0]
    assert page.touches[-1].kind == "destroyed"
    assert page.touches[-1].after == "destroyed"
    assert "pt" not in page.holder.split(", ")


def test_ten_thousand_openings_are_one_line_and_hide_nothing(acts):
    opening = next(act for act in acts if isinstance(act.body, ItemOpened))
    many = [msgspec.structs.replace(opening, id=f"{n:064x}") for n in range(10_000)]
    page = certified([*acts, *many], handed_over(acts).exhibit).pages[0]
    assert any(touch.number == 10_001 for touch in page.touches)
    assert {"handed-over", "received"} <= {touch.kind for touch in page.touches}


def test_items_opened_by_one_act_are_told_with_their_number_and_each_counts_where_openings_are_folded(acts):
    exhibit, end = handed_over(acts).exhibit, max(act.payload.at for act in acts)
    listed = tuple(f"{n:064x}" for n in range(12))
    joint = one_more(acts, ItemOpened, end + timedelta(hours=1), 1, listed=listed)
    touch = certified([*acts, joint], exhibit).pages[0].touches[-1]
    assert (touch.what.partition(",")[0], touch.number) == ("opened 12 items", 1)
    page = certified([*busy(acts), joint], exhibit).pages[0]
    assert sum(touch.number for touch in page.touches if touch.kind in ("opened", "folded")) == 61 + 12


def one_more(acts, kind, at, name, **changes):
    """The first act with such a body once more, as another act at another time."""
    act = next(act for act in acts if isinstance(act.body, kind))
    body = msgspec.structs.replace(act.body, **changes)
    payload = msgspec.structs.replace(act.payload, at=at, body=body)
    return msgspec.structs.replace(act, id=f"{name:064x}", payload=payload, filed_at=at)


def busy(acts):
    """The case with sixty openings for changing purposes around a hand-over back and forth, and what it began with."""
    end = max(act.payload.at for act in acts)
    openings = [
        one_more(acts, ItemOpened, end + timedelta(minutes=n), n, purpose=("trial", "inquiry")[n % 2])
        for n in range(60)
    ]
    between = end + timedelta(minutes=30, seconds=1)
    return [
        *acts,
        *openings,
        one_more(acts, b.ExhibitHandedOver, between, 100),
        one_more(acts, b.ExhibitReceived, between, 101),
    ]


MOVES = (b.ExhibitHandedOver, b.ExhibitReceived, b.ItemsQuarantined)


def test_no_touch_that_moves_the_exhibit_is_left_out_or_folded_however_many_others_there_are(acts):
    exhibit = handed_over(acts).exhibit
    page = certified(busy(acts), exhibit).pages[0]
    moves = {act.id for act in busy(acts) if isinstance(act.body, MOVES) and act.body.exhibit == exhibit}
    assert moves <= {touch.act for touch in page.touches if touch.kind in ("handed-over", "received", "set-aside")}
    assert len(moves) >= 7
    assert len(page.touches) <= MOST_TOUCHES


def test_what_is_folded_is_counted_by_kind_between_the_touches_that_move_the_exhibit(acts):
    page = certified(busy(acts), handed_over(acts).exhibit).pages[0]
    assert sum(touch.number for touch in page.touches if touch.kind in ("opened", "folded")) == 61
    folded = [touch for touch in page.touches if touch.kind == "folded"]
    assert [touch.what for touch in folded] == ["opened 32 times", "opened 29 times"]
    assert all(touch.at < touch.until for touch in folded)
    assert [touch.before for touch in folded] == [touch.after for touch in folded] != ["", ""]
    assert [touch.at for touch in page.touches] == sorted(touch.at for touch in page.touches)


def test_copies_are_folded_only_when_folding_the_quiet_touches_is_not_enough(acts):
    end, exhibit = max(act.payload.at for act in acts), handed_over(acts).exhibit
    copied = ItemCopied(exhibit, "1" * 64, "2" * 64, 7, "disk", "laboratory")

    def copies(number):
        shape = next(act for act in acts if isinstance(act.body, ItemOpened))
        for n in range(number):
            at = end + timedelta(hours=2, minutes=n)
            of_kind = msgspec.structs.replace(shape.payload.act, type=ActType.ITEM_COPIED)
            payload = msgspec.structs.replace(shape.payload, at=at, body=copied, act=of_kind)
            yield msgspec.structs.replace(shape, id=f"{1000 + n:064x}", payload=payload)

    few = certified([*busy(acts), *copies(1)], exhibit).pages[0]
    assert [touch.kind for touch in few.touches if touch.kind in ("folded", "copied")] == ["folded", "folded", "copied"]
    many = certified([*busy(acts), *copies(20)], exhibit).pages[0]
    assert many.touches[-1].what == "opened 29 times, copied 20 times"
    assert (many.touches[-1].before, many.touches[-1].after) == ("", "")


def test_an_exhibit_that_changed_hands_more_often_than_a_page_has_lines_goes_on_over_the_next(acts):
    end = max(act.payload.at for act in acts)
    given = [one_more(acts, b.ExhibitHandedOver, end + timedelta(hours=n), n) for n in range(40)]
    found = certified([*acts, *given], handed_over(acts).exhibit)
    assert len([touch for touch in found.pages[0].touches if touch.kind == "handed-over"]) == 42
    assert pages_in(render_certificate(found)) > 2


def reread(acts, exhibit, *rounds):
    """The touches of the exhibit with these rounds of pt's: hours from its arrival to their beginning, and what was found."""
    (arrived,) = (act.payload.at for act in acts if act.issuer == "pt" and isinstance(act.body, b.ExhibitReceived))
    read = [
        Rereading(arrived + timedelta(hours=after), arrived + timedelta(hours=after + 1), "pt", f"{n:064x}", 4, **found)
        for n, (after, found) in enumerate(rounds)
    ]
    return certified(acts, exhibit, rereadings={exhibit: read}).pages[0].touches


def test_each_round_that_read_the_exhibit_again_is_a_touch_that_changes_no_hash(acts):
    touches = reread(acts, handed_over(acts).exhibit, (1, {}), (25, {}), (49, {"broken": 1, "mended": 2}), (73, {}))
    verified = [touch for touch in touches if touch.kind == "verified"]
    assert [touch.number for touch in verified] == [2, 1, 1], "rounds that found the same are one line"
    assert [touch.what for touch in verified] == [
        "read 4 objects again: all as they were",
        "read 4 objects again: 1 broken, 2 mended",
        "read 4 objects again: all as they were",
    ]
    assert {(touch.before, touch.after) for touch in verified} == {(verified[0].before,) * 2}
    assert verified[0].before.startswith("objects ")
    assert [touch.at for touch in touches] == sorted(touch.at for touch in touches)


def test_a_round_that_began_before_the_exhibit_arrived_says_nothing_of_it(acts):
    touches = reread(acts, handed_over(acts).exhibit, (-1, {}), (-0.5, {"broken": 1}))
    assert all(touch.kind != "verified" for touch in touches)


def test_an_exhibit_of_which_no_act_speaks_is_not_found(acts):
    with pytest.raises(BrokenInputError, match="no act of the case speaks of that exhibit"):
        certified(acts, "0" * 32)


@pytest.mark.parametrize("text", HOSTILE)
def test_names_in_acts_reach_the_page_bounded_and_visible(acts, text):
    def twisted(act):
        payload = act.payload
        author = payload.author and msgspec.structs.replace(payload.author, officer=text, office=text)
        return msgspec.structs.replace(act, payload=msgspec.structs.replace(payload, author=author))

    found = certified([twisted(act) for act in acts], handed_over(acts).exhibit, authority_name=text)
    words = [found.authority_name, *(touch.officer for page in found.pages for touch in page.touches)]
    assert all(len(word) < 1000 and word.isprintable() for word in words)
    assert not any(mark in word for word in words for mark in "\u202e\u2066\u200b\n\x1b")
    assert pages_in(render_certificate(found)) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_said_there_is_one_page_for_each_exhibit(certificate, text):
    pdf = render_certificate(with_text(certificate, text))
    assert pages_in(pdf) == 2


def test_it_is_archival_and_accessible_and_the_same_each_time(certificate):
    pdf = render_certificate(certificate)
    everything = pdf
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        try:
            everything += zlib.decompress(match[1].strip(b"\r\n"))
        except zlib.error:
            everything += match[1]
    assert b"pdfaid:part" in everything
    assert b"pdfuaid:part" in everything
    assert b"StructTreeRoot" in everything
    assert render_certificate(certificate) == pdf
