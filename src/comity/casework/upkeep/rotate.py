"""Rotate: a node's key is replaced by an act sealed with the old one; everyone who receives it uses the new one from then."""

from collections.abc import Callable
from datetime import timedelta

from msgspec import Struct

from comity.acts.bodies import KeyRotated
from comity.cases.house import house_case
from comity.casework.bench.issuing import compose, file_own, the_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.workbench import Workbench
from comity.vocabulary.identifiers import ActId
from comity.vocabulary.wire import b64url

LEAD = timedelta(seconds=2)
"""Between the act and the new key's first use: the act itself must carry the old seal."""


class NewKey(Struct, frozen=True):
    """A fresh public key, raw, and for a seal key its certificate (DER)."""

    public: bytes
    certificate: bytes = b""


class Rotated(Struct, frozen=True):
    """The act that replaced the key."""

    act: ActId
    key: str


def rotate(bench: Workbench, kind: str, make: Callable[[], NewKey], use: Callable[[], None]) -> Rotated:
    """Replaces the key of that kind (seal, ledger, witness, agreement).

    1. `make` creates the new key, durably, beside the old one. 2. The act is sealed with the old key and sent to everyone.
    3. `use` puts the new key into use here; peers do when the act reaches them.
    """
    # 1.
    fresh = make()
    # 2.
    body = KeyRotated(kind, b64url(fresh.public), bench.clock.now() + LEAD, b64url(fresh.certificate))
    everyone = [name for name in bench.directory().authorities if name != bench.me]
    payload = compose(bench, case=house_case(bench.me), body=body, instrument=NODE, to=everyone)
    committed = file_own(bench, payload)
    # 3.
    use()
    return Rotated(the_act(committed), kind)
