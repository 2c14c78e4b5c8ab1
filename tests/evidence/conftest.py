from collections.abc import Callable
from hashlib import sha256

import pytest

from comity.evidence.items.descriptors import ItemDescriptor
from comity.evidence.items.recognised import Disagreement, disagreement_of
from comity.evidence.recognising.recognise import recognise


@pytest.fixture
def disagreement() -> Callable[[ItemDescriptor, bytes], Disagreement | None]:
    """In what a descriptor contradicts an item whose content is at hand as a whole."""
    return lambda descriptor, content: disagreement_of(
        descriptor, recognise(content), len(content), sha256(content).digest()
    )
