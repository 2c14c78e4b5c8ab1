"""The officers' desk of a real node, over HTTP: what is approved can be read before, and what may not be read is not."""

import hashlib
import threading

import pytest

from comity.acts.payload import Payload, act_id, read_payload
from comity.casework.bench.readings import ReadingsAsked, list_readings
from comity.casework.desk.approve import Approved, ApproveDraft, approve
from comity.casework.desk.casebook import CasePage, list_cases, read_act, read_case
from comity.casework.desk.draft import Drafted
from comity.casework.desk.drafts import DiscardDraft, Discarded, discard_draft, list_drafts, read_draft
from comity.casework.desk.search import Search, search
from comity.casework.ports.access import OfficerRef
from comity.casework.ports.journal import Read
from comity.casework.ports.paging import Paging
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode, Refusal
from comity.vocabulary.targets import TargetKind
from comity.vocabulary.wire import from_b64url

ME, LEE, KIM = "provider", "provider.lee", "provider.kim"


def officer(name: str = LEE, *kinds: OfficeKind) -> OfficerRef:
    held = kinds or (OfficeKind.PROVIDER_DESK,)
    return OfficerRef(name, ME, {kind.value: kind for kind in held})


INSPECTOR = officer("provider.data-protection", OfficeKind.OVERSIGHT)


@pytest.fixture(scope="module")
def refuse(desk_server):
    """Drafts a refusal of a request of `pt`, as lee."""
    return desk_server.refuse


@pytest.fixture
def drafted(refused_draft) -> Drafted:
    return refused_draft


def approval(world, draft_id: str, name: str = KIM) -> ApproveDraft:
    device = world.credentials.authenticator(ME, name)
    return ApproveDraft(draft_id, device.approve(draft_id, "approve", officer=name, office="provider-desk"))


def reads(world, **asked) -> list[tuple[str, Read, str | None]]:
    page = list_readings(world.node.bench, INSPECTOR, ReadingsAsked(**asked))
    return [(line.officer, line.what, line.case) for line in page.lines]


# Drafts ---------------------------------------------------------------------------------------------------------------


def test_the_bytes_of_a_draft_are_those_that_its_approval_signs_and_its_act_has(world, drafted):
    shown = read_draft(world.node.bench, officer(KIM), drafted.draft)
    data = from_b64url(shown.data)
    assert (act_id(data), read_payload(data), shown.challenge) == (drafted.draft, shown.payload, drafted.challenge)
    (done,) = approve(world.node.bench, officer(KIM), [approval(world, drafted.draft)])
    assert isinstance(done, Approved)
    filed = read_act(world.node.bench, officer(KIM), drafted.draft)
    assert filed.payload == shown.payload
    assert hashlib.sha256(data).hexdigest() == filed.act


def test_a_draft_is_seen_by_its_author_and_by_who_may_approve_it_and_by_nobody_else(world, drafted):
    bench = world.node.bench
    for who in (officer(LEE), officer(KIM), officer(LEE, OfficeKind.POLICE), officer(KIM, OfficeKind.JUDGE)):
        assert [line.draft for line in list_drafts(bench, who, Paging()).lines] == [drafted.draft]
        assert read_draft(bench, who, drafted.draft).draft == drafted.draft
    for kind in (OfficeKind.POLICE, OfficeKind.PROSECUTOR, OfficeKind.OVERSIGHT, OfficeKind.FILTER_TEAM):
        assert list_drafts(bench, officer(KIM, kind), Paging()).lines == ()
        for said in (
            read_draft(bench, officer(KIM, kind), drafted.draft),
            discard_draft(bench, officer(KIM, kind), DiscardDraft(drafted.draft)),
        ):
            assert isinstance(said, Refusal)
            assert said.code == "not-permitted"
    without = OfficerRef(KIM, ME, {})
    assert [
        each.code for each in (list_drafts(bench, without, Paging()), read_draft(bench, without, drafted.draft))
    ] == ["office-not-held"] * 2


def test_a_discarded_draft_is_approved_by_nobody_and_everyone_learns_who_discarded_it(world, drafted):
    bench = world.node.bench
    assert discard_draft(bench, officer(LEE), DiscardDraft(drafted.draft)) == Discarded(drafted.draft, drafted.case)
    (late,) = approve(bench, officer(KIM), [approval(world, drafted.draft)])
    assert isinstance(late, BrokenInputError)
    assert (late.code, late.what) == (ErrorCode.NOT_FOUND, "that draft was discarded")
    assert LEE in late.found
    for again in (
        lambda: discard_draft(bench, officer(KIM), DiscardDraft(drafted.draft)),
        lambda: read_draft(bench, officer(KIM), drafted.draft),
    ):
        with pytest.raises(BrokenInputError, match="that draft was discarded"):
            again()
    assert list_drafts(bench, officer(LEE), Paging()).lines == ()


def test_a_draft_that_became_an_act_is_no_draft_any_more(world, drafted):
    bench = world.node.bench
    approve(bench, officer(KIM), [approval(world, drafted.draft)])
    for asked in (
        lambda: read_draft(bench, officer(), drafted.draft),
        lambda: discard_draft(bench, officer(), DiscardDraft(drafted.draft)),
    ):
        with pytest.raises(BrokenInputError) as caught:
            asked()
        assert caught.value.code is ErrorCode.OUT_OF_ORDER


def test_a_draft_left_behind_by_a_crash_after_its_act_was_filed_is_not_listed_and_not_discarded(world, drafted):
    bench = world.node.bench
    kept = bench.records.drafts.get(drafted.draft)
    approve(bench, officer(KIM), [approval(world, drafted.draft)])
    bench.records.drafts.keep(kept)
    assert list_drafts(bench, officer(), Paging()).lines == ()
    with pytest.raises(BrokenInputError, match="an act already"):
        discard_draft(bench, officer(), DiscardDraft(drafted.draft))


def test_of_discarding_and_approving_at_the_same_moment_exactly_one_happens(world, refuse):
    from django.db import connection

    bench, outcomes = world.node.bench, []
    for number in range(6):
        made = refuse(world, f"f{number}" * 16)
        gate = threading.Barrier(2)

        def discarding(name: str = made.draft, gate: threading.Barrier = gate) -> None:
            gate.wait()
            try:
                outcomes.append(("discard", discard_draft(bench, officer(), DiscardDraft(name))))
            except BrokenInputError as error:
                outcomes.append(("discard", error))
            finally:
                connection.close()

        thread = threading.Thread(target=discarding)
        thread.start()
        prepared = approval(world, made.draft)
        gate.wait()
        outcomes.append(("approve", approve(bench, officer(KIM), [prepared])[0]))
        thread.join(30)
        filed = bool(bench.records.ledger.find([made.draft]))
        won = {what for what, outcome in outcomes[-2:] if isinstance(outcome, Approved | Discarded)}
        assert won == ({"approve"} if filed else {"discard"})


# Reading --------------------------------------------------------------------------------------------------------------


def test_an_office_reads_only_the_cases_it_may_and_lists_only_those(world):
    bench = world.node.bench
    held, review = world.cases["held"], world.cases["review"]
    listed = {
        kind: {line.case for line in list_cases(bench, officer(LEE, kind), Paging()).lines} for kind in OfficeKind
    }
    assert {held, review} <= listed[OfficeKind.PROVIDER_DESK]
    assert held in listed[OfficeKind.POLICE]
    assert review not in listed[OfficeKind.POLICE]
    assert review in listed[OfficeKind.OVERSIGHT]
    assert held not in listed[OfficeKind.OVERSIGHT]
    assert listed[OfficeKind.FILTER_TEAM] == set()
    inspector = officer(LEE, OfficeKind.OVERSIGHT)
    for said in (read_case(bench, inspector, held), read_act(bench, inspector, world.known["order"])):
        assert isinstance(said, Refusal)
        assert said.code == "not-permitted"


def test_the_order_of_offices_held_decides_nothing(world):
    both = (OfficeKind.FILTER_TEAM, OfficeKind.PROVIDER_DESK)
    for kinds in (both, both[::-1]):
        assert read_case(world.node.bench, officer(LEE, *kinds), world.cases["held"]).state.case == world.cases["held"]


def test_an_officer_of_no_office_reads_nothing(world):
    nobody = OfficerRef(LEE, ME, {})
    bench = world.node.bench
    for said in (
        list_cases(bench, nobody, Paging()),
        read_case(bench, nobody, world.cases["held"]),
        read_act(bench, nobody, world.known["order"]),
        search(bench, nobody, Search(TargetKind.EMAIL, "suspect@mail.example")),
        list_readings(bench, nobody, ReadingsAsked()),
    ):
        assert isinstance(said, Refusal)
        assert said.code == "office-not-held"


def test_an_officer_of_another_authority_reads_nothing_whatever_their_offices(world):
    stranger = OfficerRef("de.weber", "de", {"provider-desk": OfficeKind.PROVIDER_DESK})
    said = read_case(world.node.bench, stranger, world.cases["held"])
    assert isinstance(said, Refusal)
    assert said.code == "other-authority"


# The journal of readings ----------------------------------------------------------------------------------------------


def test_every_reading_is_on_record_once_a_minute_and_says_no_word_of_what_was_read(world):
    bench, case = world.node.bench, world.cases["held"]
    before = len(reads(world, case=case))
    for _ in range(3):
        read_case(bench, officer(), case)
    read_act(bench, officer(), world.known["order"])
    search(bench, officer(), Search(TargetKind.EMAIL, "SUSPECT@mail.example".replace("SUSPECT", "suspect")))
    kept = reads(world, case=case)[: -before or None]
    assert {(what, of) for _, what, of in kept} == {(Read.CASE, case), (Read.ACT, case), (Read.SEARCH, case)}
    assert len(kept) <= 5  # a minute may have ended meanwhile
    rows = world.value("SELECT string_agg(r::text, ' ') FROM comity_reading r")
    assert "suspect" not in rows


def test_a_search_that_finds_nothing_is_on_record_too(world):
    found = search(world.node.bench, officer(KIM), Search(TargetKind.EMAIL, "minister@government.example"))
    assert found.lines == ()
    assert (KIM, Read.SEARCH, None) in reads(world, officer=KIM)


def test_only_who_inspects_sees_the_journal(world):
    for kind in set(OfficeKind) - {OfficeKind.OVERSIGHT}:
        said = list_readings(world.node.bench, officer(LEE, kind), ReadingsAsked())
        assert isinstance(said, Refusal)
        assert said.code == "not-permitted"


def test_what_could_not_be_put_on_record_is_not_shown(world, monkeypatch):
    def broken(_readings):
        raise BrokenInputError(ErrorCode.STORE_FULL, "full")

    monkeypatch.setattr(world.node.bench.records.readings, "add", broken)
    for asked in (
        lambda: read_case(world.node.bench, officer(), world.cases["held"]),
        lambda: read_act(world.node.bench, officer(), world.known["order"]),
    ):
        with pytest.raises(BrokenInputError, match="full"):
            asked()


def test_the_journal_can_be_neither_changed_nor_shortened_and_goes_with_its_case(world):
    import psycopg

    bench, case = world.node.bench, "f9" * 16
    world.hold(world.order(case))
    for each in (case, world.cases["held"]):
        read_case(bench, officer(), each)
    others = reads(world, case=world.cases["held"])
    assert others
    for statement in ("UPDATE comity_reading SET officer = 'provider.kim'", "DELETE FROM comity_reading"):
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            world.execute(statement)
    world.send_out()
    world.close_and_dispose(case)
    assert reads(world, case=case) == []
    assert world.value('SELECT count(*) FROM comity_reading WHERE "case" = %s', bytes.fromhex(case)) == 0
    assert reads(world, case=world.cases["held"]) == others


def test_the_journal_is_paged(world):
    bench = world.node.bench
    for act in bench.records.cases.acts(world.cases["held"]):
        read_act(bench, officer(), act.id)
    seen, after = [], ""
    while True:
        page = list_readings(bench, INSPECTOR, ReadingsAsked(after=after, limit=2))
        assert len(page.lines) <= 2
        seen += page.lines
        if page.next is None:
            break
        after = page.next
    assert len(seen) == world.value("SELECT count(*) FROM comity_reading")
    assert [line.at for line in seen] == sorted((line.at for line in seen), reverse=True)


# Paging ---------------------------------------------------------------------------------------------------------------


def test_cases_are_paged_without_a_gap_or_a_repetition_also_where_most_may_not_be_read(world):
    bench = world.node.bench
    for who in (officer(), officer(LEE, OfficeKind.OVERSIGHT), officer(LEE, OfficeKind.FILTER_TEAM)):
        whole = list_cases(bench, who, Paging()).lines
        for limit in (1, 2, 3):
            paged, after = [], ""
            while True:
                page = list_cases(bench, who, Paging(after, limit))
                assert isinstance(page, CasePage)
                assert len(page.lines) <= limit
                paged += page.lines
                if page.next is None:
                    break
                after = page.next
            assert tuple(paged) == whole


def test_a_page_looks_at_a_bounded_number_of_cases_and_says_where_to_go_on(world, monkeypatch):
    from comity.casework.ports import paging

    monkeypatch.setattr(paging, "LOOKED_AT", 1)
    page = list_cases(world.node.bench, officer(LEE, OfficeKind.FILTER_TEAM), Paging(limit=1))
    assert (page.lines, page.next is not None) == ((), True)


def test_a_search_is_paged_and_finds_every_case_once(world, monkeypatch):
    import comity.casework.desk.search as searching

    monkeypatch.setattr(searching, "_PORTION", 2)
    bench = world.node.bench
    made = {f"{number:x}7" * 16 for number in range(7)}
    for case in sorted(made):
        world.order(case, "wanted@mail.example")
    found, after = [], ""
    while after is not None:
        page = search(bench, officer(), Search(TargetKind.EMAIL, "wanted@MAIL.example", after, 3))
        assert len(page.lines) <= 3
        found += page.lines
        after = page.next
    assert sorted(found) == sorted(made)
    hidden = search(bench, officer(LEE, OfficeKind.OVERSIGHT), Search(TargetKind.EMAIL, "wanted@mail.example"))
    assert hidden.lines == ()


@pytest.mark.parametrize(
    "cursor", ["x", "1", "1.", ".ab", "9" * 18 + "." + "0" * 32, "1." + "0" * 33, "-1." + "0" * 32]
)
def test_a_cursor_that_no_list_gave_is_refused(world, cursor):
    with pytest.raises(BrokenInputError) as caught:
        list_cases(world.node.bench, officer(), Paging(cursor))
    assert caught.value.code is ErrorCode.MALFORMED


# Over HTTP ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/api/cases?limit=0",
        "/api/cases?limit=1001",
        "/api/cases?limit=all",
        "/api/cases?limit=1&limit=2",
        "/api/cases?offset=3",
        "/api/readings?officer=../x",
        "/api/drafts?after=zzz",
    ],
)
def test_a_query_is_read_as_strictly_as_a_body(desk, desk_server, path):
    status, content, _ = desk.call("GET", path, token=desk.token(LEE))
    assert status == 400, content
    assert desk_server.said(content)["code"] in ("malformed", "duplicate-key")


def test_a_body_as_large_as_the_settings_promise_is_read(world, desk, desk_server):
    limit = world.node.settings.limits.request_bytes
    large = b'{"nothing":"' + b"0" * (limit - 14) + b'"}'
    assert len(large) == limit
    status, content, _ = desk.call("POST", "/api/searches", large, desk.token(LEE))
    assert (status, desk_server.said(content)["code"]) == (400, "malformed")


def test_an_identifier_is_searched_for_in_a_body_and_by_no_address(desk, desk_server):
    token = desk.token(LEE)
    status, content, _ = desk.call("GET", "/api/search?kind=email&value=suspect@mail.example", token=token)
    assert (status, desk_server.said(content)["code"]) == (404, "not-found")
    status, content, _ = desk.call("POST", "/api/searches", {"kind": "email", "value": "suspect@mail.example"}, token)
    assert status == 200
    assert desk_server.said(content)["lines"] == [desk.world.cases["held"]]
    status, content, _ = desk.call("POST", "/api/searches", {"kind": "email", "value": "suspect at mail"}, token)
    assert status == 400
    assert b"suspect" not in content


def test_a_draft_is_listed_read_and_discarded_over_http(desk, refuse):
    made = refuse(desk.world)
    lee, kim = desk.officer(LEE), desk.officer(KIM)
    assert [line["draft"] for line in kim.get("/api/drafts")["lines"]] == [made.draft]
    shown = kim.get(f"/api/drafts/{made.draft}")
    assert hashlib.sha256(from_b64url(shown["data"])).hexdigest() == made.draft
    assert lee.post("/api/discards", {"draft": made.draft}) == {"draft": made.draft, "case": made.case}
    with pytest.raises(NodeRefusedError) as refused:
        kim.get(f"/api/drafts/{made.draft}")
    assert (refused.value.status, refused.value.answer["what"]) == (404, "that draft was discarded")


# Deliveries and approvals ---------------------------------------------------------------------------------------------


def test_an_officer_sees_how_far_an_act_is_on_its_way_and_why_it_did_not_arrive(world, drafted):
    bench = world.node.bench
    approve(bench, officer(KIM), [approval(world, drafted.draft)])

    def line():
        file = read_case(bench, officer(), drafted.case)
        return next(step for step in file.timeline if step.act == drafted.draft)

    (new,) = line().deliveries
    assert (new.peer, new.state, new.code, new.attempts, new.tried_at) == ("pt", "pending", "", 0, None)
    world.played["pt"].down = True
    world.send_out()
    (tried,) = line().deliveries
    assert (tried.state, tried.code, tried.attempts) == ("pending", "unavailable", 1)
    assert tried.tried_at is not None
    assert tried.next_at > tried.tried_at
    bench.records.outbox.failed("pt", [drafted.draft], "law-unmet", None, at=world.now())
    (failed,) = read_act(bench, officer(), drafted.draft).deliveries
    assert (failed.state, failed.code, failed.next_at) == ("failed", "law-unmet", None)
    assert line().delivery == {"pt": "failed: law-unmet"}


def test_an_officer_finds_every_act_that_their_own_credential_approved(desk, drafted):
    world = desk.world
    approve(world.node.bench, officer(KIM), [approval(world, drafted.draft)])
    mine = desk.officer(KIM).get("/api/approvals")
    (line,) = mine["lines"]
    assert (line["act"], line["type"], line["to"]) == (drafted.draft, "request-refused", ["pt"])
    assert line["credential"] == world.credentials.listed(ME, KIM).id
    assert desk.officer(LEE).get("/api/approvals")["lines"] == []


def test_an_approval_whose_round_failed_is_not_listed(world, drafted, monkeypatch):
    bench = world.node.bench

    def broken(*_):
        raise BrokenInputError(ErrorCode.UNAVAILABLE, "the disk is away")

    monkeypatch.setattr(bench.sequencer, "_sign", broken)
    (failed,) = approve(bench, officer(KIM), [approval(world, drafted.draft)])
    assert isinstance(failed, BrokenInputError)
    assert bench.records.approvals.of(KIM, None, 10) == []
    monkeypatch.undo()
    assert isinstance(approve(bench, officer(KIM), [approval(world, drafted.draft)])[0], Approved)
    assert [each.act for each in bench.records.approvals.of(KIM, None, 10)] == [drafted.draft]


def test_a_payload_in_an_answer_is_what_was_sealed(world, drafted):
    assert isinstance(read_draft(world.node.bench, officer(), drafted.draft).payload, Payload)
