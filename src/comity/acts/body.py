"""What bodies of acts have in common; apart from the bodies, so that they can stand in more than one module."""

from msgspec import Struct

from comity.vocabulary.identifiers import ActId, MeasureId


class Body(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What every body has in common: nothing but its tag."""


class UnderMeasure(Body, frozen=True):
    """A body that names the measure of its instrument; an act without one is under the measure of the act it answers."""

    measure: MeasureId


class AboutOrder(Body, frozen=True):
    """A body that says something about an order, named by its act."""

    order: ActId


def measure_of(body: Body) -> MeasureId | None:
    """The measure that the body names, or None."""
    return body.measure if isinstance(body, UnderMeasure) else None
