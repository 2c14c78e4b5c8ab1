"""What an officer begins a draft with: every example is an act the law finds complete, every form names every field."""

import tomllib
from datetime import UTC, datetime

import msgspec
import pytest

from comity.acts.classes import ActClass, ActType
from comity.acts.payload import Author, Payload, type_of
from comity.acts.rules import RULES, Making
from comity.casework.desk.draft import WriteAct
from comity.entrypoints.cli.act_examples import example_of, filled_in
from comity.entrypoints.cli.act_forms import form_of, form_types
from comity.law.answers import blocking
from comity.law.findings import findings
from comity.law.matters import Participant
from comity.law.packaged import packaged_law
from comity.law.terms import Side
from comity.vocabulary.categories import OfficeKind

COUNTRIES = {"pt": "PT", "de": "DE", "provider": "DE"}
MEASURES = {
    "preservation-confirmed": "expedited-preservation",
    "request-refused": "stored-data-assistance",
    "disclosure-decided": "stored-data-assistance",
    "order-reasoned": "production",
    "production-validated": "production",
    "production-withdrawn": "production",
}
"""The measure of the matter that such an act belongs to, where it names none itself."""


def read(act_type):
    return msgspec.convert(tomllib.loads(example_of(act_type)), WriteAct)


def payload(command, issuer):
    return Payload(
        v=1,
        issuer=issuer,
        to=command.to,
        case="0" * 32,
        nonce="0" * 32,
        at=datetime(2026, 11, 21, 15, tzinfo=UTC),
        directory=1,
        re=(),
        act=ActClass(type_of(command.body), command.instrument, command.urgency),
        seals=("EdDSA",),
        author=Author("an.officer", command.office),
        body=command.body,
    )


@pytest.mark.parametrize("act_type", sorted(filled_in()))
def test_an_example_is_of_its_own_type_and_of_a_known_form(act_type):
    assert type_of(read(act_type).body) == act_type


@pytest.mark.parametrize("act_type", sorted(filled_in()))
def test_the_law_finds_nothing_missing_in_an_example(act_type):
    command = read(act_type)
    issuer = "de" if command.to in (("pt",), ("provider",)) and command.instrument == "CETS185" else "pt"
    act = payload(command, issuer)
    found = findings(
        packaged_law(),
        act,
        side=Side.SENDING,
        issuer=Participant(COUNTRIES[issuer]),
        addressees=tuple(
            Participant(COUNTRIES[each], OfficeKind.PROVIDER_DESK if each == "provider" else None)
            for each in command.to
        ),
        at=act.at,
        approvers=None,
        drafter=OfficeKind.POLICE if command.office == "police" else None,
        measure=getattr(command.body, "measure", None) or MEASURES[act_type],
    )
    assert [each.message for each in blocking(found)] == []


def test_every_act_an_officer_writes_has_an_example_or_a_form():
    made = {kind for kind, rule in RULES.items() if rule.making in (Making.BY_STEP, Making.PREPARED)}
    assert {*form_types(), *made} == set(ActType)
    assert not made & set(form_types())
    assert filled_in() <= set(form_types())


@pytest.mark.parametrize("act_type", sorted(form_types()))
def test_a_form_is_toml_and_names_every_field(act_type):
    form = form_of(act_type)
    body = tomllib.loads(form)["body"]
    fields = {field.encode_name: field.required for field in msgspec.structs.fields(form_types()[act_type])}
    assert body.keys() - {"type"} == {name for name, required in fields.items() if required}
    left_out = [name for name, required in fields.items() if not required]
    assert all(f"# {name} = " in form or f"# [body.{name}]" in form for name in left_out)


@pytest.mark.parametrize("act_type", sorted(form_types()))
def test_a_form_with_every_field_filled_in_is_toml_too(act_type):
    head, _, body = form_of(act_type).partition("[body]")
    filled = head + "[body]" + body.replace("\n# ", "\n")
    fields = {field.encode_name for field in msgspec.structs.fields(form_types()[act_type])}
    assert tomllib.loads(filled)["body"].keys() - {"type"} == fields


def test_an_act_that_nobody_writes_by_hand_has_no_form(comity):
    code, _, err = comity("case", "example", "ledger-restored")
    assert code == 1
    assert "preservation-requested" in err


def test_the_types_are_listed_without_a_name(comity):
    code, out, _ = comity("case", "example")
    assert code == 0
    assert len(out.splitlines()) == len(form_types())
