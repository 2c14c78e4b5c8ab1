"""Each of the published Merkle vectors, as one test."""

import json
from base64 import b64decode
from pathlib import Path

import pytest

from comity.ledger.proofs import (
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from comity.vocabulary.errors import BrokenInputError, ErrorCode

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "merkle" / "testdata"
FILES = sorted(VECTORS.rglob("*.json"))


def _bytes(text):
    return b64decode(text or "")


def _check(kind, vector):
    proof = [_bytes(node) for node in vector["proof"] or []]
    if kind == "inclusion":
        leaf, root = _bytes(vector["leafHash"]), _bytes(vector["root"])
        verify_inclusion(leaf, vector["leafIdx"], vector["treeSize"], proof, root)
    elif kind == "consistency":
        roots = _bytes(vector["root1"]), _bytes(vector["root2"])
        verify_consistency(vector["size1"], vector["size2"], proof, *roots)
    elif kind == "subtreeinclusion":
        leaf, root = _bytes(vector["leafHash"]), _bytes(vector["root"])
        place = vector["leafIdx"], vector["start"], vector["end"]
        verify_subtree_inclusion(leaf, *place, path=proof, subtree_root=root)
    else:
        place = vector["start"], vector["end"], vector["size"]
        roots = {"subtree_root": _bytes(vector["root1"]), "root": _bytes(vector["root2"])}
        verify_subtree_consistency(*place, proof=proof, **roots)


@pytest.mark.skipif(not FILES, reason="the published vectors are not beside this checkout (../shared/vectors/merkle)")
def test_all_518_published_vectors_are_present():
    assert len(FILES) == 518


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(VECTORS)))
def test_published_vector_is_accepted_or_rejected_as_it_says(file):
    kind = file.relative_to(VECTORS).parts[0]
    vector = json.loads(file.read_bytes())
    if vector["wantErr"]:
        with pytest.raises(BrokenInputError) as caught:
            _check(kind, vector)
        assert caught.value.code is ErrorCode.BAD_PROOF
    else:
        _check(kind, vector)
