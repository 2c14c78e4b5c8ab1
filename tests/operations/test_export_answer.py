"""What is said beside a dossier, however much of the case stays out of it."""

from comity.acts.matters import LeftOut
from comity.casework.dossier.export import Exported
from comity.entrypoints.api.node_routes import _sent
from comity.vocabulary.categories import LeftOutReason


def test_the_headers_of_an_export_do_not_grow_with_the_exhibits_that_stay_out():
    out = tuple(LeftOut(f"{number:032x}", LeftOutReason.STANDSTILL) for number in range(10_000))
    sent = _sent(Exported("a" * 32, "b" * 64, 3, iter([b"abc"]), out))
    assert sent["Comity-Left-Out"] == "10000"
    assert max(map(len, sent.headers.values())) < 100
    assert b"".join(sent) == b"abc"
