"""The closed vocabularies of forms: for whom a copy is, in which language, and what kind of value a field shows."""

from enum import StrEnum


class Audience(StrEnum):
    """Who reads a copy of a form. Append only: copies that left a node name theirs."""

    REQUESTED_AUTHORITY = "requested-authority"
    ISSUING_AUTHORITY = "issuing-authority"
    ENFORCING_AUTHORITY = "enforcing-authority"
    PROVIDER = "provider"
    PERSON = "person"


class Language(StrEnum):
    """The languages every label and every code is there in (BCP 47). Append only, with a complete file of words."""

    ENGLISH = "en"
    FRENCH = "fr"
    GERMAN = "de"
    SPANISH = "es"
    PORTUGUESE = "pt"
    ITALIAN = "it"
    POLISH = "pl"
    ARABIC = "ar"

    @property
    def right_to_left(self) -> bool:
        """Whether its pages run from right to left."""
        return self is Language.ARABIC


class FieldKind(StrEnum):
    """How a field's value is shown. Append only: form files name these.

    `words` are an author's own, in the author's language; `name` is an identifier as it is; `code` is looked up in the
    words of the language; `choice` is the first of a field's options that fits the act. `options` are those of each item.
    """

    WORDS = "words"
    NAME = "name"
    NUMBER = "number"
    CODE = "code"
    FLAG = "flag"
    MOMENT = "moment"
    SPAN = "span"
    TARGETS = "targets"
    ITEMS = "items"
    PARTS = "parts"
    REASONS = "reasons"
    CHOICE = "choice"
    OPTIONS = "options"
    PARTY = "party"
    EARLIER = "earlier"
