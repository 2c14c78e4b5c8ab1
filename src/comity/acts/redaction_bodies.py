"""The bodies of the acts about derived items; see `comity.acts.bodies` for how they may change."""

from comity.acts.body import Body
from comity.acts.classes import ActType
from comity.acts.matters import Removed, StoredObject
from comity.vocabulary.identifiers import Digest, ExhibitId


class ItemRedacted(Body, frozen=True, tag=ActType.ITEM_REDACTED.value):
    """An item was made anew without what a reader may not see. The original stays as it was committed.

    `item` is the original's leaf hash, `original` the SHA-256 of its content; `derived` names the new item, whose content
    has `digest` and `size` and which lies encrypted in `stored`. `removed` says what is missing by kind, reason and places;
    `persons` how many bear another name, by a table that is sealed under the case key. While a `provisional` one stands,
    nobody at this node opens the original: a court can lift that. `aside` says that the original lay in quarantine.
    `attachment` is the part of a mail that alone was made anew, by its number; `original` is the whole mail's hash even so.
    """

    exhibit: ExhibitId
    item: Digest
    original: Digest
    derived: ExhibitId
    digest: Digest
    size: int
    media_type: str
    stored: StoredObject
    removed: tuple[Removed, ...]
    persons: int = 0
    provisional: bool = False
    aside: bool = False
    attachment: str = ""


class RedactionLifted(Body, frozen=True, tag=ActType.REDACTION_LIFTED.value):
    """A court decided that a provisional redaction stands no longer; `decision` is the reference of what it decided."""

    derived: ExhibitId
    decision: str


RedactionBody = ItemRedacted | RedactionLifted
