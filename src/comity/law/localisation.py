"""Localisation: what must stay in a country, by an office's own files, asked before it goes anywhere else."""

from collections.abc import Collection, Iterator
from datetime import date

from comity.law.answers import cite_own
from comity.law.corpus import Law
from comity.law.retention_rows import OfficeFile, Staying
from comity.vocabulary.categories import DataCategory
from comity.vocabulary.errors import Gap


def must_stay(
    law: Law, country: str, instrument: str, categories: Collection[DataCategory] | None, on: date
) -> tuple[Gap, ...]:
    """The rules against its going to that country (ISO 3166-1 alpha-2, "" where it is not said), each as a gap.

    `categories` is None for material whose categories are not known: then every rule about some of them is one about it.
    """
    return tuple(
        Gap(
            rule.id,
            "country",
            f"{rule.text}; it stays in {rule.country}",
            cite_own(office, rule).in_words(),
            rule.verified,
        )
        for office, rule in _in_force(law, on)
        if rule.country != country
        and rule.is_about(frozenset({instrument}))
        and (not rule.categories or categories is None or not set(categories).isdisjoint(rule.categories))
    )


def stored_outside(law: Law, region: str, on: date) -> tuple[Gap, ...]:
    """The rules against a store in that region: it is none of those that a rule names as lying in its country."""
    return tuple(
        Gap(
            rule.id,
            "evidence_region",
            f"{rule.text}; stores in {rule.country}: {_named(rule)}",
            cite_own(office, rule).in_words(),
            rule.verified,
        )
        for office, rule in _in_force(law, on)
        if region not in rule.regions
    )


def _named(rule: Staying) -> str:
    return ", ".join(rule.regions) or "none is named"


def _in_force(law: Law, on: date) -> Iterator[tuple[OfficeFile, Staying]]:
    for office in law.offices.values():
        for rule in office.stay:
            if rule.holds_on(on):
                yield office, rule
