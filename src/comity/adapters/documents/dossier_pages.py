"""The pages of a dossier as a PDF, set by typst from a template of ours and a story as data."""

from comity.adapters.documents.typesetting import set_pages
from comity.evidence.dossier.story import Story


def render_dossier(story: Story) -> bytes:
    """The PDF of a story: archival, tagged, the same bytes each time (see `comity.adapters.documents.typesetting`).

    A letter that the built-in fonts can't show is written as its code; the index and the acts in the same dossier have it
    as it is. Raises `BrokenInputError` (UNAVAILABLE) when the document can't be set at all.
    """
    return set_pages("dossier.typ", "story", story, story.exported_at)
