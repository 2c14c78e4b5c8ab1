"""A node that hides an emergency order is caught: by its own witnessed ledger, or by that of whoever got the order.

pt runs for these tests from code that lies in its answers to the overseer, and in nothing else.
"""

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from comity.acts.payload import write_payload
from comity.entrypoints.demo import play_emergency
from comity.entrypoints.demo.cast import OVERSIGHT, PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import Stage
from comity.entrypoints.demo.timeline import Timeline
from comity.vocabulary.categories import DataCategory, Urgency

wire: Any = sys.modules["scenario_hostile_peer"]
eventually: Any = wire.eventually

MARKS = ("emergency", play_emergency.MARK)
"""What the law puts on the class of the demo's emergency orders."""


@pytest.fixture(scope="module")
def orders(federation: Any, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two orders without prior validation that reached the provider: their cases."""
    out = tmp_path_factory.mktemp("orders")
    stage = Stage(federation, Timeline(Console(file=io.StringIO())), out, out)
    cases = [play_emergency._reasoned(stage) for _ in range(2)]
    for case in cases:
        play_emergency._issue(stage, case)
        stage.await_act(PROVIDER, play_emergency.ActType.PRODUCTION_ORDERED, case)
    return cases


@pytest.fixture(scope="module")
def lie(federation: Any, orders: list[str]) -> Iterator[Callable[[str], None]]:
    """Makes pt lie in a way; in none while the name is empty. An honest pt runs again at the end."""
    del orders
    folder = federation.endpoints[PT].folder
    (folder / "lie").write_text("")
    federation.kill(PT)
    with (folder / "node.log").open("ab") as log:
        federation._processes[PT] = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("lying_node.py")), str(folder)],
            env=federation._environment(PT),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    federation._await(PT)
    yield (folder / "lie").write_text
    (folder / "lie").unlink()
    federation.kill(PT)
    federation.start([PT])


def concluded(federation: Any, authority: str) -> Any:
    """The finding of a review of that authority's ledger, asked for now."""
    noor = federation.officer("oversight.noor")
    words = {"authority": authority, "mark": play_emergency.MARK, "office": noor.office}
    asked = noor.client.post("/api/reviews", words)["act"]
    case = noor.client.get(f"/api/acts/{asked}")["payload"]["case"]

    def found() -> Any:
        try:
            lines = noor.client.get(f"/api/cases/{case}")["timeline"]
        except NodeRefusedError:
            return None
        return [line["act"] for line in lines if line["type"] == "review-concluded"]

    (finding,) = eventually(found, f"the review of {authority} is concluded")
    return noor.client.get(f"/api/acts/{finding}")["payload"]["body"]


def covered(federation: Any, authority: str, least: int) -> Any:
    """The finding once the co-signed head covers that many orders: a checkpoint may be an interval behind."""

    def enough() -> Any:
        finding = concluded(federation, authority)
        return finding if finding["proven"] >= least else time.sleep(1)

    return eventually(enough, f"the witnessed ledger of {authority} covers {least} orders")


def test_an_honest_node_is_proven_to_have_kept_nothing_back(federation, lie):
    lie("")
    finding = covered(federation, PT, 2)
    assert (finding["complete"], finding["code"]) == (True, "")


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("omitted", "bad-proof"),
        ("mislabelled", "bad-proof"),
        ("as_padding", "bad-proof"),
        ("replaced_by_padding", "bad-proof"),
        ("withheld", "kept-back"),
        ("swapped", "kept-back"),
    ],
)
def test_a_node_that_hides_an_order_is_caught_by_its_own_witnessed_ledger(federation, census, lie, how, code):
    lie("")
    covered(federation, PT, 2)
    lie(how)
    finding = concluded(federation, PT)
    lie("")
    assert finding["complete"] is False
    assert finding["code"] == code, finding
    census.assert_sound(OVERSIGHT)


@pytest.mark.parametrize(
    "marks", [(), ("emergency",), (play_emergency.MARK,), ("emergency", "notified", play_emergency.MARK)]
)
def test_an_order_whose_class_hides_what_an_overseer_counts_is_taken_by_nobody(census, pt, marks):
    """No review finds an order whose mark was left off: its addressee works the marks out itself, and refuses."""
    payload = pt.payload(
        play_emergency._order((DataCategory.SUBSCRIBER,)),
        instrument=play_emergency.REGULATION,
        to=[PROVIDER],
        author=("pt.ramos", "police"),
        marks=marks,
        urgency=Urgency.EMERGENCY,
    )
    data = write_payload(payload)
    with census.adds(provider=()):
        said = pt.send(PROVIDER, pt.seal(data, [pt.approval(data, "pt.rocha", "police")]))
    assert said.code == "marks-differ", said


def test_an_order_left_out_of_the_issuers_ledger_is_found_in_the_addressees(federation, census, lie, pt):
    lie("")
    before = covered(federation, PT, 2)
    assert before["complete"]
    body = play_emergency._order((DataCategory.SUBSCRIBER,))
    payload = pt.payload(
        body,
        instrument=play_emergency.REGULATION,
        to=[PROVIDER],
        author=("pt.ramos", "police"),
        marks=MARKS,
        urgency=Urgency.EMERGENCY,
    )
    data = write_payload(payload)
    act = pt.seal(data, [pt.approval(data, "pt.rocha", "police")])
    at_provider = concluded(federation, PROVIDER)["proven"]
    with census.adds(provider=[wire.named(act)], pt=()):
        assert pt.send(PROVIDER, act).receipted == (wire.named(act),)
    assert concluded(federation, PT)["complete"], "pt's own ledger shows nothing amiss"
    finding = covered(federation, PROVIDER, at_provider + 1)
    assert finding["complete"] is False
    assert finding["code"] == "left-out-by-pt", finding
    census.assert_sound(PROVIDER, OVERSIGHT)
