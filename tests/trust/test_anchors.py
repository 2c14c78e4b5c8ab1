import json

import pytest

from comity.trust.anchors import PinnedWitness, TrustAnchor, WitnessPolicy, read_anchor, trust_anchor, write_anchor
from comity.trust.keys import SigningKey
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.wire import b64url


@pytest.fixture
def anchor(world) -> TrustAnchor:
    keys = {name: b64url(SigningKey(world.seed(name)).public) for name in ("oversight", "de")}
    witnesses = tuple(PinnedWitness(name=name, public=public) for name, public in keys.items())
    return trust_anchor(world.edition.root, WitnessPolicy(threshold=1, witnesses=witnesses))


def test_an_anchor_reads_back_as_it_was_written(world, anchor) -> None:
    again = read_anchor(write_anchor(anchor))
    assert again == anchor
    assert again.root_bytes == world.edition.root
    assert again.witness_policy.witnesses[0].key == SigningKey(world.seed("oversight")).public


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"root": "not base64url="},
        {"root": ""},
        {"extra": 1},
        {"witness_policy": {"threshold": 3, "witnesses": []}},
        {"witness_policy": {"threshold": 0, "witnesses": []}},
        {"witness_policy": {"threshold": 1, "witnesses": [{"name": "a", "public": "AAAA"}]}},
        {"witness_policy": {"threshold": 1, "witnesses": [{"name": "a b", "public": "A" * 43}]}},
        {"witness_policy": {"threshold": 1, "witnesses": [{"name": "a", "public": "A" * 43}] * 2}},
        {"witness_policy": {"threshold": 2, "witnesses": [{"name": n, "public": "A" * 43} for n in ("a", "b")]}},
    ],
    ids=str,
)
def test_an_anchor_that_says_anything_else_is_refused(anchor, change) -> None:
    spoiled = json.loads(write_anchor(anchor)) | change
    with pytest.raises(BrokenInputError):
        read_anchor(json.dumps(spoiled).encode())


def test_an_anchor_that_names_a_key_twice_is_refused(anchor, refused) -> None:
    data = write_anchor(anchor)
    with refused(ErrorCode.DUPLICATE_KEY):
        read_anchor(data.replace(b'{"v":1', b'{"v":1,"v":1', 1))
