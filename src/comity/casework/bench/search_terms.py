"""What a case can be found by: the identifiers its acts are aimed at, in their normal form."""

from collections.abc import Iterator

from comity.acts.bodies import PreservationOrdered, PreservationRequested, ProductionOrdered
from comity.acts.payload import Payload


def terms(payload: Payload) -> Iterator[str]:
    """One term per target, `kind:value`."""
    body = payload.body
    if isinstance(body, PreservationRequested | PreservationOrdered | ProductionOrdered) and body.data is not None:
        for target in body.data.targets:
            yield f"{target.kind}:{target.value}"
