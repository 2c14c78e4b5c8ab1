"""The thread about the copies that one holder has of a case: derived from both, so that the same question has one place."""

from comity.vocabulary.identifiers import AuthorityId, CaseId
from comity.vocabulary.wire import tagged_hash


def copies_thread(asker: AuthorityId, holder: AuthorityId, about: CaseId) -> CaseId:
    """The id of the thread in which the asker asks this holder for copies of that case."""
    return tagged_hash("comity-copies-v1", asker.encode(), holder.encode(), bytes.fromhex(about))[:16].hex()
