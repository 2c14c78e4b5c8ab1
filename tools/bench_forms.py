"""Measures forms on this machine: from a sealed act to a signed PDF, and back.

Used by `tools/bench.py`; alone: `python tools/bench_forms.py`. No node and no database: setting the pages and signing them is
the whole cost.
"""

import hashlib
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from comity.acts.bodies import PreservationRequested
from comity.acts.classes import ActClass, ActType
from comity.acts.matters import Contact, DataSought, Offence
from comity.acts.payload import Payload, write_payload
from comity.bootstrap.papers import papers
from comity.forms.making import Kind, make
from comity.forms.packaged import packaged_forms
from comity.forms.terms import Audience, Language
from comity.trust.keys import SealKey, seal_certificate
from comity.trust.seals import seal, write_sealed
from comity.vocabulary.categories import DataCategory, Urgency
from comity.vocabulary.instants import Period
from comity.vocabulary.targets import Target, TargetKind

FORM_MS, HEADING_MS = 300, 60
_AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
_RUNS = 24


def measure(runs: int = _RUNS) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows of the table: name, measured, at least, heading for, how."""
    key, forms, made = _key(), packaged_forms(), papers()
    order = _request(key)
    written: list[float] = []
    read: list[float] = []
    sizes: list[int] = []
    for number in range(runs):
        kind = Kind("preservation-request", 1, Audience.REQUESTED_AUTHORITY, list(Language)[number % len(Language)])
        begun = time.perf_counter()
        pdf = made.form(make(forms, kind, order=order), key, at=_AT, others=())
        written.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        made.read(pdf, forms, lambda _issuer, _fingerprint: True)
        read.append(time.perf_counter() - begun)
        sizes.append(len(pdf))
    for name, times, how in (
        ("a form, from the sealed act to the signed PDF, median", written, f"{max(sizes) // 1024} KiB at most"),
        ("a form read back: signature, act, pages set again and compared, median", read, "the same forms"),
    ):
        most = sorted(times)[len(times) * 9 // 10] * 1e3
        spread = f"nine in ten within {most:,.0f} ms, the first {times[0] * 1e3:,.0f} ms"
        yield (
            name,
            f"{statistics.median(times) * 1e3:,.0f} ms",
            f"{FORM_MS} ms",
            f"{HEADING_MS} ms",
            f"{runs} forms over {len(Language)} languages, {how}; {spread}",
        )


def _key() -> SealKey:
    seed = hashlib.sha256(b"bench").digest()
    span = {"not_before": datetime(2026, 1, 1, tzinfo=UTC), "not_after": datetime(2036, 1, 1, tzinfo=UTC)}
    return SealKey(seed, seal_certificate(seed, "pt", **span, serial=1))


def _request(key: SealKey) -> bytes:
    """A request as people write it, about two kilobytes of words."""
    body = PreservationRequested(
        measure="expedited-preservation",
        requesting=Contact(
            "Public Prosecutor's Office", "contact-point", "On duty", "+351 210 000 000", "pt@pt.example"
        ),
        offence=Offence("computer-related-fraud", "Law 109/2009, Article 3; Penal Code, Article 221", 5),
        facts="Unknown persons took over the mailbox of a company and had invoices paid to another account. " * 12,
        data=DataSought(
            (Target(TargetKind.EMAIL, "accounts@victim.example"),),
            (DataCategory.TRAFFIC, DataCategory.CONTENT),
            Period(datetime(2026, 10, 15, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC)),
            "messages and access log of the mailbox",
        ),
        link_to_offence="The mailbox is the one that was taken over; its access log shows by whom. " * 6,
        custodian="provider",
        necessity="Access logs are overwritten after seven days.",
        intends_mutual_assistance=True,
    )
    act_class = ActClass(ActType.PRESERVATION_REQUESTED, "CETS185", Urgency.URGENT)
    payload = Payload(1, "pt", ("de",), "c0" * 16, "ab" * 16, _AT, 1, (), act_class, ("EdDSA",), None, body)
    return write_sealed(seal(write_payload(payload), key, at=_AT))


if __name__ == "__main__":
    for row in measure():
        print(" | ".join(row))
