"""What a case can be found by: the identifiers its acts are aimed at, in their normal form."""

from collections.abc import Iterator

from comity.acts.matters import DataSought
from comity.acts.payload import Payload


def terms(payload: Payload) -> Iterator[str]:
    """One term per target, `kind:value`."""
    sought = getattr(payload.body, "data", None)
    if isinstance(sought, DataSought):
        for target in sought.targets:
            yield f"{target.kind}:{target.value}"
