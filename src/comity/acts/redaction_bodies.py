"""The bodies of the acts about derived items; see `comity.acts.bodies` for how they may change."""

from msgspec import Struct

from comity.acts.body import Body
from comity.acts.classes import ActType
from comity.acts.matters import Removed, StoredObject
from comity.vocabulary.identifiers import ActId, Digest, ExhibitId


class ItemRedacted(Body, frozen=True, tag=ActType.ITEM_REDACTED.value):
    """An item was made anew without what a reader may not see. The original stays as it was committed.

    `item` is the original's leaf hash, `original` the SHA-256 of its content; `derived` names the new item, whose content
    has `digest` and `size` and which lies encrypted in `stored`. `removed` says what is missing by kind, reason and places;
    `persons` how many bear another name, by a table under a key of its own, for a court or a filter team. While a `provisional` one stands,
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


class PaperDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """What a court decided, on paper: by its name, the SHA-256 and size of the file, and the scan as it is kept under the case key."""

    court: str
    file: Digest
    size: int
    scan: ExhibitId


class LiftingDecided(Body, frozen=True, tag=ActType.LIFTING_DECIDED.value):
    """A court tells the node of another authority that a provisional redaction there, by its id, stands no longer."""

    derived: ExhibitId
    decision: str


class RedactionLifted(Body, frozen=True, tag=ActType.REDACTION_LIFTED.value):
    """A court decided that a redaction stands no longer, or who is who in it may be known; `decision` is the reference of what it decided.

    `decided_by` is the act by which the court of another authority said so, `on_paper` what came of it otherwise. Without
    either, the judge who approved this act decided.
    """

    derived: ExhibitId
    decision: str
    decided_by: ActId | None = None
    on_paper: PaperDecision | None = None


RedactionBody = ItemRedacted | RedactionLifted | LiftingDecided
