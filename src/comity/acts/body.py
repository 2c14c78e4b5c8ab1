"""What every body of an act has in common; apart from the bodies, so that they can stand in more than one module."""

from msgspec import Struct


class Body(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """What every body has in common: nothing but its tag."""
