"""What must stay in a country goes nowhere else: in no hand-over, in no dossier, and in no store outside."""

import dataclasses
from datetime import date
from pathlib import Path

import pytest

from comity.acts import bodies as b
from comity.acts.matters import ScopePart
from comity.casework.custody.hand_over import Release, release
from comity.casework.custody.staying import require_store_inside
from comity.casework.dossier.leaving import against_leaving
from comity.law.packaged import packaged_law
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import BrokenInputError, ErrorCode

CASE = "a1" * 16
TEMPLATE = (Path(__file__).resolve().parents[2] / "law" / "template" / "office.toml").read_text("utf-8")


def law_of(country: str, categories: str = '["content"]'):
    text = TEMPLATE.replace('country = "XA" ', f'country = "{country}" ').replace('["content"]', categories)
    return packaged_law({"office.toml": text.encode()})


def bench_of(world, country: str, categories: str = '["content"]'):
    return dataclasses.replace(world.node.bench, law=law_of(country, categories))


def ordered(world, categories=tuple(DataCategory)) -> str:
    """`de` orders a further disclosure from the hold."""
    hold = world.known["hold"]
    body = b.DisclosureOrdered("production-order", hold, (ScopePart("further", categories),))
    return world.deliver_to_us("de", CASE, body, approver="de.richter", re=[hold])


def country_of(world, name: str) -> str:
    return world.directory().authority(name).country


def test_what_must_stay_is_handed_over_to_nobody_outside_and_the_rule_is_named(world):
    order = ordered(world)
    before = len(world.objects())
    refusal = release(bench_of(world, "XX"), world.officer, Release(order, "provider-desk"))
    assert refusal.code == "stays"
    assert [(gap.code, gap.field) for gap in refusal.gaps] == [("xa.stay", "country")]
    assert "Filing rules (Lilliput), Section 9" in refusal.what
    assert country_of(world, "de") in refusal.what
    assert len(world.objects()) == before, "nothing is assembled for it"


def test_it_is_handed_over_within_the_country_and_where_the_rule_is_about_other_material(world):
    order = ordered(world, (DataCategory.TRAFFIC,))
    outside = release(bench_of(world, "XX", '["content", "traffic"]'), world.officer, Release(order, "provider-desk"))
    assert outside.code == "stays"
    given = release(bench_of(world, "XX"), world.officer, Release(order, "provider-desk"))
    assert given.items >= 0


def test_the_country_is_that_of_whoever_takes_it(world):
    order = ordered(world)
    bench = bench_of(world, country_of(world, "de"))
    assert release(bench, world.officer, Release(order, "provider-desk")).items > 0


@pytest.mark.parametrize("state", ["", "XB"])
def test_no_dossier_takes_it_along_to_another_state_or_to_none_in_particular(world, state):
    refusal = against_leaving(bench_of(world, "XX"), CASE, state, despite_gaps=True)
    assert refusal.code == "stays"


def test_a_dossier_goes_to_the_state_itself_and_one_without_exhibits_anywhere(world):
    assert against_leaving(bench_of(world, "XX"), CASE, "XX", despite_gaps=True) is None
    assert against_leaving(bench_of(world, "XX"), world.cases["review"], "", despite_gaps=False) is None
    assert against_leaving(world.node.bench, CASE, "", despite_gaps=False) is None


def test_a_node_does_not_start_over_a_store_outside():
    on = date(2026, 11, 22)
    with pytest.raises(BrokenInputError) as caught:
        require_store_inside(law_of("XX"), "us-east-1", on)
    assert caught.value.code is ErrorCode.LAW_UNMET
    assert "Section 9" in caught.value.expected
    require_store_inside(law_of("XX"), "xa-central-1", on)
    require_store_inside(packaged_law(), "us-east-1", on)


def test_a_node_whose_bucket_lies_outside_does_not_open(world):
    folder = world.folder / "provider"
    with (folder / "node.toml").open("a") as settings:
        settings.write(
            '\nevidence_endpoint = "http://127.0.0.1:9"\nevidence_bucket = "evidence"\nevidence_account = "account"\n'
        )
    (folder / "law").mkdir(exist_ok=True)
    (folder / "law" / "office.toml").write_text(TEMPLATE, "utf-8")
    with pytest.raises(BrokenInputError) as caught:
        world.open()
    assert (caught.value.code, caught.value.found) == (ErrorCode.LAW_UNMET, "evidence_region us-east-1")
