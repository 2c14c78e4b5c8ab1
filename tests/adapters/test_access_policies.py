"""Who may do what, as one table a lawyer can read, and every way in which a question must end in no."""

import itertools
import threading

import cedarpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.acts.classes import ActType
from comity.adapters.access.cedar import CedarAccess, PolicyTexts, packaged_policies
from comity.casework.ports.access import Action, Allowed, DenialCode, Denied, OfficerRef, Resource
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.procedures import Procedure

# contact point, prosecutor, judge, police, central authority, provider desk, oversight, filter team
TABLE = """
                                  | cp | pr | ju | po | ca | pd | ov | ft |
draft    preservation-requested   | x  | x  |    | x  |    |    |    |    |
draft    preservation-ordered     | x  | x  | x  | x  | x  |    |    |    |
draft    request-refused          | x  |    | x  |    | x  | x  |    |    |
draft    disclosure-requested     | x  | x  |    | x  |    |    |    |    |
draft    disclosure-decided       |    |    | x  |    | x  |    |    |    |
draft    disclosure-ordered       | x  |    | x  |    | x  |    |    |    |
draft    production-ordered       |    | x  | x  | x  |    |    |    |    |
draft    production-validated     |    | x  | x  |    |    |    |    |    |
approve  preservation-requested   | x  | x  |    |    |    |    |    |    |
approve  preservation-ordered     | x  | x  | x  | x  | x  |    |    |    |
approve  request-refused          | x  |    | x  |    | x  | x  |    |    |
approve  disclosure-requested     |    | x  | x  |    |    |    |    |    |
approve  disclosure-decided       |    |    | x  |    |    |    |    |    |
approve  disclosure-ordered       |    |    | x  |    | x  |    |    |    |
approve  production-ordered       |    | x  | x  | x  |    |    |    |    |
approve  production-validated     |    | x  | x  |    |    |    |    |    |
file     preservation-confirmed   | x  |    |    |    | x  |    |    |    |
file     exhibit-received         | x  | x  |    |    | x  |    |    |    |
file     order-reasoned           |    | x  |    | x  |    |    |    |    |
file     production-withdrawn     |    | x  | x  | x  |    |    |    |    |
file     segment-sealed           |    |    |    |    |    | x  |    |    |
file     hold-confirmed           |    |    |    |    |    | x  |    |    |
file     exhibit-taken-in         |    |    |    |    |    | x  |    |    |
file     exhibit-handed-over      |    |    |    |    |    | x  |    |    |
file     exhibit-destroyed        |    |    |    |    |    | x  |    |    |
file     review-requested         |    |    |    |    |    |    | x  |    |
file     review-concluded         |    |    |    |    |    |    | x  |    |
draft    grounds-raised           |    | x  | x  |    | x  |    |    |    |
draft    enforcement-requested    |    | x  | x  |    |    |    |    |    |
draft    enforcement-decided      |    | x  | x  |    | x  |    |    |    |
draft    compliance-required      |    | x  | x  |    | x  |    |    |    |
draft    penalty-decided          |    | x  | x  |    | x  |    |    |    |
draft    court-review-decided     |    |    | x  |    |    |    |    |    |
approve  grounds-raised           |    | x  | x  |    |    |    |    |    |
approve  enforcement-requested    |    | x  | x  |    |    |    |    |    |
approve  enforcement-decided      |    | x  | x  |    |    |    |    |    |
approve  compliance-required      |    | x  | x  |    |    |    |    |    |
approve  penalty-decided          |    | x  | x  |    |    |    |    |    |
approve  court-review-decided     |    |    | x  |    |    |    |    |    |
file     authority-notified       |    | x  | x  | x  |    |    |    |    |
file     no-ground-raised         |    | x  | x  |    |    |    |    |    |
file     non-execution-stated     |    |    |    |    |    | x  |    |    |
file     clarification-requested  | x  | x  | x  |    | x  | x  |    |    |
file     clarification-given      | x  | x  | x  | x  | x  |    |    |    |
file     non-execution-accepted   |    | x  | x  |    |    |    |    |    |
file     order-reviewed           |    | x  | x  |    |    |    |    |    |
file     deadline-set             |    | x  | x  |    |    |    |    |    |
file     preservation-extended    |    | x  | x  | x  |    |    |    |    |
file     follow-up-confirmed      |    | x  | x  | x  |    |    |    |    |
file     preservation-released    | x  | x  | x  | x  | x  |    |    |    |
file     objection-raised         |    |    |    |    |    | x  |    |    |
file     court-review-requested   |    | x  | x  |    |    |    |    |    |
file     consultation-requested   |    | x  | x  |    |    |    |    |    |
file     waiver-requested         |    | x  | x  |    |    |    |    |    |
file     third-country-asked      |    | x  | x  |    |    |    |    |    |
file     controller-informed      |    |    |    |    |    | x  |    |    |
file     remedy-lodged            |    | x  | x  |    |    |    |    |    |
file     costs-claimed            |    |    |    |    |    | x  |    |    |
file     costs-reimbursed         |    | x  | x  |    |    |    |    |    |
file     person-informed          |    | x  | x  | x  |    |    |    |    |
file     information-delayed      |    | x  | x  |    |    |    |    |    |
file     use-restricted           |    | x  | x  | x  | x  |    |    |    |
file     alternative-means-recorded| x  | x  | x  | x  | x  | x  |    |    |
file     sent-by-hand             | x  | x  | x  | x  | x  | x  |    |    |
draft    redaction-lifted         |    | x  | x  |    | x  |    |    |    |
approve  redaction-lifted         |    | x  | x  |    | x  |    |    |    |
draft    lifting-decided          |    |    | x  |    |    |    |    |    |
approve  lifting-decided          |    |    | x  |    |    |    |    |    |
draft    paper-answer-recorded    | x  | x  | x  | x  | x  |    |    |    |
approve  paper-answer-recorded    | x  | x  | x  | x  | x  |    |    |    |
file     request-acknowledged     | x  | x  | x  |    | x  |    |    |    |
file     delay-announced          | x  | x  | x  |    | x  |    |    |    |
hold                              |    |    |    |    |    | x  |    |    |
decide                            |    |    | x  |    |    |    |    |    |
order                             | x  |    | x  |    | x  |    |    |    |
hand-over                         | x  |    |    |    | x  | x  |    |    |
take-over                         | x  | x  |    |    | x  |    |    |    |
validate                          |    | x  | x  |    |    |    |    |    |
withdraw                          |    | x  | x  | x  |    |    |    |    |
open-item                         |    | x  |    | x  |    |    |    |    |
open-item in quarantine           |    |    |    |    |    |    |    | x  |
list-quarantine                   |    |    |    |    |    |    |    | x  |
open-quarantine                   |    |    |    |    |    |    |    | x  |
decide-quarantine                 |    |    |    |    |    |    |    | x  |
export                            |    | x  |    |    | x  |    |    |    |
close                             | x  | x  |    |    | x  | x  | x  |    |
dispose                           |    | x  |    |    | x  | x  | x  |    |
review                            |    |    |    |    |    |    | x  |    |
read-case investigation           | x  | x  | x  | x  | x  | x  |    |    |
read-case quarantine              | x  | x  | x  | x  | x  | x  |    | x  |
read-case review                  | x  | x  | x  |    | x  | x  | x  |    |
read-case housekeeping            | x  | x  | x  |    | x  | x  | x  |    |
read-case none                    | x  | x  | x  | x  | x  | x  | x  |    |
list-items investigation          |    | x  |    | x  |    |    |    |    |
list-items quarantine             |    | x  |    | x  |    |    |    |    |
list-items review                 |    | x  |    | x  |    |    |    |    |
list-items housekeeping           |    | x  |    | x  |    |    |    |    |
list-items none                   |    | x  |    | x  |    |    |    |    |
inspect-readings                  |    |    |    |    |    |    | x  |    |
read-statistics                   |    | x  | x  |    | x  | x  | x  |    |
redact                            |    | x  |    |    |    |    |    |    |
redact in quarantine              |    |    |    |    |    |    |    | x  |
copy-out                          |    | x  |    |    |    |    |    |    |
return-exhibit                    |    | x  |    |    | x  |    |    |    |
lift-redaction                    |    |    | x  |    |    |    |    |    |
set-legal-hold                    | x  | x  | x  |    | x  | x  | x  |    |
lift-legal-hold                   |    | x  | x  |    | x  | x  | x  |    |
set-screen                        |    | x  | x  |    | x  |    |    |    |
lift-screen                       |    |    | x  |    |    |    |    | x  |
open-names                        |    |    | x  |    |    |    |    | x  |
set-retention                     |    | x  | x  |    | x  | x  | x  |    |
trace-copies                      |    | x  | x  |    | x  | x  | x  |    |
witness                           |    |    |    |    |    |    | x  |    |
rotate-keys                       | x  |    |    |    | x  | x  | x  |    |
manage-node                       | x  |    |    |    | x  | x  | x  |    |
"""

KINDS = dict(
    zip(
        ("cp", "pr", "ju", "po", "ca", "pd", "ov", "ft"),
        (
            OfficeKind.CONTACT_POINT,
            OfficeKind.PROSECUTOR,
            OfficeKind.JUDGE,
            OfficeKind.POLICE,
            OfficeKind.CENTRAL_AUTHORITY,
            OfficeKind.PROVIDER_DESK,
            OfficeKind.OVERSIGHT,
            OfficeKind.FILTER_TEAM,
        ),
        strict=True,
    )
)
ABOUT_DRAFTS = (Action.APPROVE, Action.READ_DRAFT, Action.DISCARD_DRAFT)
"""Whoever may approve a draft may read it before, and discard it."""
ABOUT_ACTS = (Action.DRAFT, *ABOUT_DRAFTS, Action.FILE)
ABOUT_CASES = (Action.READ_CASE, Action.LIST_ITEMS)
CASES = {
    "investigation": (("disclosure", "preservation"), False),
    "quarantine": (("production",), True),
    "review": (("review",), False),
    "housekeeping": (("housekeeping",), False),
    "none": (("none",), False),
}
LOOKS = (Action.OPEN_ITEM, Action.REDACT, Action.COPY_OUT)
ASIDE = (Action.LIST_QUARANTINE, Action.OPEN_QUARANTINE, Action.DECIDE_QUARANTINE)
BESIDE = (Action.LIFT_SCREEN, Action.OPEN_NAMES)
"""What a judge does beside the filter team."""


EXPECTED = (None, DenialCode.NOT_PERMITTED, DenialCode.QUARANTINED, DenialCode.COURT_NEEDED)


def permitted() -> set[tuple[str, OfficeKind]]:
    head, *rows = TABLE.strip("\n").split("\n")
    columns = [KINDS[name.strip()] for name in head.split("|")[1:-1]]
    return {
        (each, column)
        for row in rows
        for column, cell in zip(columns, row.split("|")[1:-1], strict=True)
        if cell.strip()
        for each in meant(" ".join(row.split("|")[0].split()))
    }


def meant(name: str) -> list[str]:
    first, _, act = name.partition(" ")
    return [f"{action} {act}" for action in ABOUT_DRAFTS] if first == "approve" else [name]


def questions() -> list[tuple[str, Action, Resource]]:
    acts = [
        (f"{action} {act}", action, Resource("office", act, "pt.other")) for action in ABOUT_ACTS for act in ActType
    ]
    looks = [
        (f"{action}{name}", action, Resource("office", quarantined=shut, purpose_stated=True))
        for action in LOOKS
        for name, shut in (("", False), (" in quarantine", True))
    ]
    closed = Resource("office", investigates=False, works_on_case=False, purpose_stated=True)
    shut = [(str(action), action, closed) for action in (*ASIDE, *BESIDE)]
    cases = [
        (f"{action} {name}", action, Resource("office", procedures=procedures, quarantined=aside))
        for action in ABOUT_CASES
        for name, (procedures, aside) in CASES.items()
    ]
    about = (*ABOUT_ACTS, *ABOUT_CASES, *ASIDE, *LOOKS, *BESIDE)
    steps = [(str(action), action, Resource("office")) for action in Action if action not in about]
    return acts + looks + shut + cases + steps


def officer(kind: OfficeKind = OfficeKind.PROSECUTOR, name: str = "pt.costa", authority: str = "pt") -> OfficerRef:
    return OfficerRef(name, authority, {"office": kind})


@pytest.fixture(scope="module")
def access() -> CedarAccess:
    return CedarAccess("pt", packaged_policies())


def code(answer: Allowed | Denied) -> DenialCode | None:
    return answer.code if isinstance(answer, Denied) else None


def test_the_table_and_the_policies_say_the_same(access: CedarAccess) -> None:
    allowed = set()
    for (name, action, resource), kind in itertools.product(questions(), OfficeKind):
        answer = access.decide(officer(kind), action, resource)
        assert code(answer) in EXPECTED, (name, kind, answer)
        if isinstance(answer, Allowed):
            allowed.add((name, kind))
    assert allowed == permitted()


def test_an_author_reads_and_discards_their_own_draft_in_whatever_office(access: CedarAccess) -> None:
    for action, kind in itertools.product((Action.READ_DRAFT, Action.DISCARD_DRAFT), OfficeKind):
        own = Resource("office", ActType.PRODUCTION_ORDERED, "pt.costa")
        assert isinstance(access.decide(officer(kind), action, own), Allowed)


def test_who_drafted_may_not_approve_whatever_their_office(access: CedarAccess) -> None:
    for act, kind in itertools.product(ActType, OfficeKind):
        assert code(access.decide(officer(kind), Action.APPROVE, Resource("office", act, "pt.costa"))) in (
            DenialCode.OWN_DRAFT,
            DenialCode.UNDECIDED,
        )


def test_an_officer_of_another_authority_may_nothing(access: CedarAccess) -> None:
    for (_, action, resource), kind in itertools.product(questions(), OfficeKind):
        answer = access.decide(officer(kind, authority="de"), action, resource)
        assert isinstance(answer, Denied)
        assert "own-authority-only" in answer.rules


def test_an_office_that_is_not_held_gives_nothing(access: CedarAccess) -> None:
    answer = access.decide(officer(), Action.READ_CASE, Resource("other-office", quarantined=False, procedures=()))
    assert code(answer) is DenialCode.OFFICE_NOT_HELD


def test_rights_of_another_office_held_do_not_count(access: CedarAccess) -> None:
    both = OfficerRef("pt.costa", "pt", {"desk": OfficeKind.POLICE, "bench": OfficeKind.JUDGE})
    assert code(access.decide(both, Action.VALIDATE, Resource("desk"))) is DenialCode.NOT_PERMITTED
    assert code(access.decide(both, Action.VALIDATE, Resource("bench"))) is None


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        (Action.APPROVE, Resource("office", ActType.PRESERVATION_REQUESTED)),
        (Action.APPROVE, Resource("office", author="pt.other")),
        (Action.APPROVE, Resource("office")),
        (Action.DRAFT, Resource("office")),
        (Action.FILE, Resource("office")),
        (Action.READ_CASE, Resource("office")),
        (Action.READ_CASE, Resource("office", quarantined=False)),
        (Action.READ_CASE, Resource("office", procedures=("review",))),
        (Action.LIST_ITEMS, Resource("office")),
        (Action.READ_DRAFT, Resource("office", ActType.PRESERVATION_REQUESTED)),
        (Action.DISCARD_DRAFT, Resource("office", author="pt.other")),
        (Action.OPEN_ITEM, Resource("office")),
        (Action.OPEN_ITEM, Resource("office", quarantined=False)),
        (Action.OPEN_ITEM, Resource("office", purpose_stated=True)),
    ],
)
def test_what_is_not_told_counts_against_the_officer(access: CedarAccess, action: Action, resource: Resource) -> None:
    for kind in OfficeKind:
        assert code(access.decide(officer(kind), action, resource)) is DenialCode.UNDECIDED


@pytest.mark.parametrize("action", LOOKS)
def test_looking_without_a_purpose_is_denied(access: CedarAccess, action: Action) -> None:
    blind = Resource("office", quarantined=False, purpose_stated=False)
    assert code(access.decide(officer(), action, blind)) is DenialCode.NO_PURPOSE


@pytest.mark.parametrize("action", LOOKS)
def test_quarantine_is_closed_to_those_who_may_look_otherwise(access: CedarAccess, action: Action) -> None:
    shut = Resource("office", quarantined=True, purpose_stated=True)
    for kind in (OfficeKind.PROSECUTOR, OfficeKind.POLICE):
        assert code(access.decide(officer(kind), action, shut)) is DenialCode.QUARANTINED


def test_whoever_is_no_judge_is_told_that_a_court_is_needed_to_lift_a_redaction(access: CedarAccess) -> None:
    for kind in set(OfficeKind) - {OfficeKind.JUDGE}:
        answer = access.decide(officer(kind), Action.LIFT_REDACTION, Resource("office"))
        assert isinstance(answer, Denied)
        assert answer.code is DenialCode.COURT_NEEDED
        assert "a judge" in answer.why


@pytest.mark.parametrize("action", ASIDE)
@pytest.mark.parametrize(("investigates", "works"), [(True, False), (False, True)])
def test_an_investigator_has_no_part_in_quarantine_whatever_office_they_hold(
    access: CedarAccess, action: Action, investigates: bool, works: bool
) -> None:
    theirs = Resource("office", investigates=investigates, works_on_case=works, purpose_stated=True)
    for kind in OfficeKind:
        assert code(access.decide(officer(kind), action, theirs)) is DenialCode.INVESTIGATOR


@pytest.mark.parametrize("action", BESIDE)
def test_a_filter_officer_who_investigates_does_neither_and_a_judge_who_knows_the_case_does(
    access: CedarAccess, action: Action
) -> None:
    theirs = Resource("office", investigates=False, works_on_case=True, purpose_stated=True)
    assert code(access.decide(officer(OfficeKind.FILTER_TEAM), action, theirs)) is DenialCode.INVESTIGATOR
    assert isinstance(access.decide(officer(OfficeKind.JUDGE), action, theirs), Allowed)
    untold = Resource("office", purpose_stated=True)
    assert code(access.decide(officer(OfficeKind.FILTER_TEAM), action, untold)) is DenialCode.UNDECIDED


def test_whoever_holds_an_office_that_investigates_opens_who_is_who_in_none(access: CedarAccess) -> None:
    theirs = Resource("office", investigates=True, works_on_case=False, purpose_stated=True)
    for kind in (OfficeKind.JUDGE, OfficeKind.FILTER_TEAM):
        assert code(access.decide(officer(kind), Action.OPEN_NAMES, theirs)) is DenialCode.INVESTIGATOR
    for kind in set(OfficeKind) - {OfficeKind.JUDGE, OfficeKind.FILTER_TEAM}:
        assert code(access.decide(officer(kind), Action.OPEN_NAMES, theirs)) is DenialCode.COURT_NEEDED


def test_who_is_who_is_opened_for_a_stated_purpose(access: CedarAccess) -> None:
    blind = Resource("office", investigates=False, works_on_case=False, purpose_stated=False)
    for kind in (OfficeKind.JUDGE, OfficeKind.FILTER_TEAM):
        assert code(access.decide(officer(kind), Action.OPEN_NAMES, blind)) is DenialCode.NO_PURPOSE


@pytest.mark.parametrize("action", [Action.OPEN_QUARANTINE, Action.DECIDE_QUARANTINE])
def test_a_filter_team_says_what_it_looks_and_decides_for(access: CedarAccess, action: Action) -> None:
    blind = Resource("office", investigates=False, works_on_case=False, purpose_stated=False)
    assert code(access.decide(officer(OfficeKind.FILTER_TEAM), action, blind)) is DenialCode.NO_PURPOSE


@pytest.mark.parametrize("action", ASIDE)
def test_who_is_not_known_to_be_no_investigator_is_denied(access: CedarAccess, action: Action) -> None:
    untold = Resource("office", purpose_stated=True)
    assert code(access.decide(officer(OfficeKind.FILTER_TEAM), action, untold)) is DenialCode.UNDECIDED


@given(st.text(max_size=30))
def test_an_unknown_action_is_denied(word: str) -> None:
    if word not in set(Action):
        answer = UNKNOWING.decide(officer(), word, Resource("office"))  # type: ignore[arg-type]
        assert code(answer) is DenialCode.UNDECIDED


UNKNOWING = CedarAccess("pt", packaged_policies())


@given(st.text(max_size=30), st.text(min_size=1, max_size=30))
def test_strange_names_never_break_out_of_their_question(name: str, author: str) -> None:
    answer = UNKNOWING.decide(
        officer(name=name), Action.APPROVE, Resource("office", ActType.PRESERVATION_REQUESTED, author)
    )
    assert isinstance(answer, Allowed) == (name != author)


SCHEMA = packaged_policies().schema
OVERFLOW = "9223372036854775807 + (if resource.quarantined then 1 else 0) > 0"


def test_a_forbid_that_fails_while_it_is_evaluated_denies() -> None:
    texts = PolicyTexts(
        SCHEMA,
        {
            "one": '@id("look") permit (principal, action == Action::"open-item", resource);\n'
            '@id("stop") @code("no-purpose") @why("stop")\n'
            f'forbid (principal, action == Action::"open-item", resource) when {{ {OVERFLOW} && resource.purpose_stated }};'
        },
    )
    failing = CedarAccess("pt", texts)
    answer = failing.decide(officer(), Action.OPEN_ITEM, Resource("office", quarantined=True, purpose_stated=False))
    assert code(answer) is DenialCode.UNDECIDED
    assert isinstance(answer, Denied)
    assert "overflow" in answer.why
    # Cedar by itself lets it pass: the forbid failed, and the permit stands.
    alone = cedarpy.is_authorized(
        {"principal": 'Officer::"a"', "action": 'Action::"open-item"', "resource": 'Item::"b"'},
        texts.policies["one"],
        [
            {"uid": {"type": "Officer", "id": "a"}, "attrs": {"authority": "pt"}, "parents": []},
            {
                "uid": {"type": "Item", "id": "b"},
                "attrs": {"authority": "pt", "quarantined": True, "purpose_stated": False},
                "parents": [],
            },
        ],
    )
    assert alone.allowed


def test_a_permit_that_fails_beside_one_that_holds_denies() -> None:
    texts = PolicyTexts(
        SCHEMA,
        {
            "one": '@id("look") permit (principal, action == Action::"open-item", resource);\n'
            f'@id("also") permit (principal, action == Action::"open-item", resource) when {{ {OVERFLOW} }};'
        },
    )
    answer = CedarAccess("pt", texts).decide(
        officer(), Action.OPEN_ITEM, Resource("office", quarantined=True, purpose_stated=True)
    )
    assert code(answer) is DenialCode.UNDECIDED


def test_no_policies_permit_nothing() -> None:
    empty = CedarAccess("pt", PolicyTexts(SCHEMA, {}))
    for (_, action, resource), kind in itertools.product(questions(), OfficeKind):
        assert code(empty.decide(officer(kind), action, resource)) is DenialCode.NOT_PERMITTED


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("permit (principal", "unexpected"),
        ("permit (principal, action, resource);", "@id"),
        ('@id("a") permit (principal, action, resource); @id("a") permit (principal, action, resource);', "@id"),
        ('@id("a") @code("no-purpose") forbid (principal, action, resource);', "@why"),
        ('@id("a") @code("nonsense") @why("b") forbid (principal, action, resource);', "nonsense"),
        ('@id("a") permit (principal, action == Action::"fly", resource);', "fly"),
        ('@id("a") permit (principal in Team::"x", action, resource);', "Team"),
        ('@id("a") permit (principal, action, resource) when { resource.mood == "good" };', "mood"),
        (
            '@id("a") permit (principal, action == Action::"hold", resource) when { resource.quarantined };',
            "quarantined",
        ),
        ('@id("a") permit (principal, action == Action::"draft", resource) when { resource.act == 1 };', "types"),
        ('@id("a") permit (principal == ?principal, action, resource);', "template"),
    ],
)
def test_policies_that_do_not_fit_are_refused_before_the_first_question(policy: str, said: str) -> None:
    with pytest.raises(BrokenInputError) as caught:
        CedarAccess("pt", PolicyTexts(SCHEMA, {"bad": policy}))
    assert caught.value.code is ErrorCode.MALFORMED
    assert said in caught.value.found


def test_a_schema_that_does_not_parse_is_refused() -> None:
    with pytest.raises(BrokenInputError):
        CedarAccess("pt", PolicyTexts("entity", {}))


def test_every_kind_of_office_has_a_file_of_its_own() -> None:
    assert set(packaged_policies().policies) == {"everyone.cedar"} | {f"{kind}.cedar" for kind in OfficeKind}


def test_policies_name_only_kinds_of_acts_that_exist() -> None:
    text = "".join(packaged_policies().policies.values())
    named = {
        word
        for line in text.splitlines()
        if "Action::" not in line and "@" not in line
        for word in line.split('"')[1::2]
    }
    assert named <= {*ActType, *OfficeKind, *Procedure, "none"}


def test_answers_remembered_are_the_answers_given(access: CedarAccess) -> None:
    fresh = CedarAccess("pt", packaged_policies())
    for (_, action, resource), kind in itertools.product(questions(), OfficeKind):
        first = access.decide(officer(kind), action, resource)
        assert access.decide(officer(kind), action, resource) == first == fresh.decide(officer(kind), action, resource)


def test_remembered_answers_are_bounded_and_threads_agree() -> None:
    access = CedarAccess("pt", packaged_policies())
    wrong: list[str] = []

    def ask(thread: int) -> None:
        for n in range(1200):
            resource = Resource("office", ActType.PRESERVATION_REQUESTED, f"pt.t{thread}.n{n}")
            if not isinstance(access.decide(officer(), Action.APPROVE, resource), Allowed):
                wrong.append(resource.author)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(access._answers) == 4096
