"""The thread of a node's own acts: rotations, directory versions, restores. It is never disposed of."""

from functools import lru_cache

from comity.vocabulary.identifiers import AuthorityId, CaseId
from comity.vocabulary.wire import tagged_hash


@lru_cache(4096)
def house_case(authority: AuthorityId) -> CaseId:
    """The id of that authority's house case; the same at every node."""
    return tagged_hash("comity-house-case-v1", authority.encode())[:16].hex()
