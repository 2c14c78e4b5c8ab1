"""The question a prosecutor asks before anything is drafted: which ways are there, from where to where, for what?

What is not known is left out: it then neither opens nor closes a route, but is said to be established first.
"""

from datetime import date

from msgspec import Struct

from comity.law.rows import Country
from comity.law.terms import Aim
from comity.vocabulary.categories import DataCategory, OfficeKind, Urgency


class Question(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One question. `requested` is the state whose authority or provider would be asked.

    `data_in` is where the data lie, `provider_in` where the provider or its representative is, `provider_serves` where it
    offers services. The `..._here` facts are about the requesting state: an offence committed, a person residing there.
    `offence` is a code of an instrument's list.
    """

    aim: Aim
    requesting: Country
    requested: Country
    on: date
    requesting_territory: str = ""
    requested_territory: str = ""
    categories: tuple[DataCategory, ...] = ()
    offence: str = ""
    max_penalty_years: int | None = None
    issuing: OfficeKind | None = None
    urgency: Urgency = Urgency.ORDINARY
    data_in: tuple[Country, ...] = ()
    provider_in: tuple[Country, ...] = ()
    provider_serves: tuple[Country, ...] = ()
    offence_here: bool | None = None
    resident_here: bool | None = None
    person_of_requested: bool | None = None
    consent: bool | None = None
    public_data: bool | None = None
    privileged: bool | None = None
    for_public_authority: bool | None = None
    treaty_between: bool | None = None
