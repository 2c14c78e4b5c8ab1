"""Names of things that travel between nodes.

Append only: an identifier's form never changes once acts that carry it are in a ledger.
"""

from typing import Annotated

from msgspec import Meta

Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
Hex64 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Slug = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9.-]{0,62}\Z")]

ActId = Hex64
"""SHA-256 of an act's payload bytes, lower-case hexadecimal."""

CaseId = Hex32
"""128 random bits chosen by the authority that opened the case."""

ExhibitId = Hex32
"""128 random bits chosen by the authority that took the exhibit in or assembled it."""

Digest = Hex64
"""SHA-256 of some bytes, lower-case hexadecimal."""

AuthorityId = Slug
"""An authority's name in the directory, e.g. `pt`."""

OfficerId = Slug
"""An officer's name in the directory, unique within the authority, e.g. `pt.costa`."""

OfficeId = Slug
"""An office within an authority, e.g. `contact-point`, `prosecutor`, `judge`."""

InstrumentId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./-]{0,62}\Z")]
"""A legal instrument's identifier, as its law file states it, e.g. `CETS185`."""

MeasureId = Slug
"""A measure within an instrument, e.g. `expedited-preservation`."""
