"""The thread about the copies that one holder has of a case, or of what came under one order of it: each question has one place."""

from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId
from comity.vocabulary.wire import tagged_hash


def copies_thread(asker: AuthorityId, holder: AuthorityId, about: CaseId, order: ActId | None = None) -> CaseId:
    """The id of the thread in which the asker asks this holder for copies of that case, or of what came under that order."""
    asked = [asker.encode(), holder.encode(), bytes.fromhex(about), *([bytes.fromhex(order)] if order else [])]
    return tagged_hash("comity-copies-v1", *asked)[:16].hex()
