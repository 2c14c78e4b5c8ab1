"""Lists of items that are opened together: what none may look like, asked for or in an act, is refused as it is read."""

import pytest

from comity.acts.custody_bodies import LISTED_AT_ONCE, ItemOpened
from comity.casework.custody.consult import OpenItems
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.wire import decode, encode

CASE, EXHIBIT, DERIVED = "c" * 32, "e" * 32, "d" * 32
ITEM, OTHER = "1" * 64, "2" * 64
PURPOSE = "same-investigation"


@pytest.mark.parametrize(
    "items",
    [(), (ITEM, OTHER, ITEM), (ITEM, "1" * 63), tuple(f"{n:064x}" for n in range(LISTED_AT_ONCE + 1))],
    ids=["none", "twice", "no-id", "too-many"],
)
def test_a_list_that_no_act_could_have_is_not_even_asked_for(items):
    said = {"case": CASE, "exhibit": EXHIBIT, "items": items, "office": "desk"}
    with pytest.raises(BrokenInputError):
        decode(encode(said), OpenItems, limit=1 << 20)


@pytest.mark.parametrize(
    "changed",
    [
        {"listed": [ITEM]},
        {"listed": [OTHER, ITEM]},
        {"listed": [ITEM, ITEM]},
        {"listed": None},
        {"listed": [ITEM, OTHER], "derived": DERIVED},
        {"listed": [ITEM, OTHER], "names": True},
    ],
)
def test_an_act_that_lists_items_as_no_node_would_is_refused(changed):
    said = {"type": "item-opened", "exhibit": EXHIBIT, "item": ITEM, "purpose": PURPOSE, "reasons": ""}
    decode(encode({**said, "listed": [ITEM, OTHER]}), ItemOpened, limit=1 << 20)
    with pytest.raises(BrokenInputError):
        decode(encode({**said, **changed}), ItemOpened, limit=1 << 20)
