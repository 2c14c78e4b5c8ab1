"""Whether an officer may open an item for the purpose stated, and whether the supplying party must be told of it."""

from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec

from comity.acts.matters import Condition
from comity.law.answers import Finding
from comity.law.corpus import Instrument, Law
from comity.law.instruments import Purpose
from comity.law.rows import Provision
from comity.law.terms import Severity


def may_open(
    law: Law, instrument: str, measure: str, purpose: str, conditions: Collection[str], *, at: datetime
) -> Finding | None:
    """Why an item obtained under the measure may not be opened for that purpose, or None when it may.

    `conditions` are the codes of the conditions attached to the material.
    1. A purpose must be stated, and be one the instrument knows for the measure.
    2. It must not be barred by a condition, unless another lifts the bar.
    3. Consent the instrument asks for must be there.
    """
    found = law.instruments.get(instrument)
    asked = found.measures.get(measure) if found else None
    if found is None or asked is None:
        return _refused(law, None, None, "measure.unknown", "no such measure is known here")
    # 1.
    known = [row for row in asked.admits.purposes if row.code == purpose and row.holds_on(at.date())]
    if not purpose:
        return _refused(law, found, asked.rule, "purpose.not-stated", "an item is opened only for a stated purpose")
    if not known:
        return _refused(
            law, found, asked.rule, "purpose.unknown", "the law at hand knows no such purpose for the measure"
        )
    # 2., 3.
    return _against(law, found, known[0], conditions, "this purpose")


def may_pass_on(
    law: Law, instrument: str, measure: str, conditions: Collection[str], *, at: datetime
) -> Finding | None:
    """Why an item obtained under the measure may not go on to another State, or None when it may.

    1. The measure must be known. 2. Where no rule on passing on is known, that is said: a finding that advises, unverified.
    3. Every such rule in force must be free of a bar, and have the consent it asks for.
    """
    found = law.instruments.get(instrument)
    asked = found.measures.get(measure) if found else None
    if found is None or asked is None:
        return _refused(law, None, None, "measure.unknown", "no such measure is known here")
    rows = [row for row in asked.admits.purposes if row.onward and row.holds_on(at.date())]
    if not rows:
        text = "no rule on passing on to another State is known here: ask the supplying party first"
        told = _refused(law, found, asked.rule, "purpose.onward-unknown", text)
        return msgspec.structs.replace(told, severity=Severity.ADVISES, verified=False)
    # 3.
    findings = (_against(law, found, row, conditions, "passing it on") for row in rows)
    return next((finding for finding in findings if finding is not None), None)


def barred(purpose: Purpose, conditions: Collection[str]) -> bool:
    """Whether a condition bars the purpose and none lifts the bar."""
    attached = set(conditions)
    return bool(attached & set(purpose.barred_by)) and not attached & set(purpose.lifted_by)


def tells_supplier(law: Law, instrument: str, conditions: Collection[str], *, at: datetime) -> bool:
    """Whether a condition attached to the material makes the holder tell its supplier of every opening."""
    found = law.instruments.get(instrument)
    rules = found.file.condition if found else ()
    day = at.date()
    return any(rule.tells_supplier_on_opening and rule.code in conditions and rule.holds_on(day) for rule in rules)


def unweighed(law: Law, instrument: str, conditions: Iterable[Condition], *, at: datetime) -> tuple[Condition, ...]:
    """Those conditions that the instrument has no rule for: they bind by their words alone, which a person has to read."""
    found = law.instruments.get(instrument)
    known = {rule.code for rule in (found.file.condition if found else ()) if rule.holds_on(at.date())}
    return tuple(each for each in conditions if each.code not in known)


def _against(
    law: Law, instrument: Instrument, purpose: Purpose, conditions: Collection[str], what: str
) -> Finding | None:
    """Why the conditions on the material keep it from the purpose, which is called `what`; None when they do not."""
    if barred(purpose, conditions):
        return _refused(law, instrument, purpose, "purpose.barred", f"a condition on the material bars {what}")
    if purpose.needs and not set(purpose.needs) & set(conditions):
        message = f"{what} needs the supplying party's consent"
        return _refused(law, instrument, purpose, "purpose.needs-consent", message)
    return None


def _refused(law: Law, instrument: Instrument | None, provision: Provision | None, code: str, message: str) -> Finding:
    citation = instrument.cite(provision) if instrument and provision else None
    return Finding(
        code=code,
        field="purpose",
        message=message,
        citation=citation,
        severity=Severity.BLOCKS,
        who="",
        verified=citation.verified if citation else True,
        law=law.version,
    )
