"""Examining: every item that came is checked; what may be looked at and what may not get identities of their own."""

from msgspec import Struct
from msgspec.structs import replace

from comity.acts.matters import ScopePart
from comity.acts.quarantine_bodies import ScreenSet
from comity.casework.bench.workbench import Workbench
from comity.casework.custody.exhibits import KeptExhibit
from comity.evidence.items.exhibits import Received, SecondLook
from comity.evidence.items.scope import HeldUp


class ExaminedFor(Struct, frozen=True):
    """What an item has to be in to pass, the screens that it must not meet, and what may pass of what lay aside before.

    What falls into what is `held_up` does not pass, whatever else it falls into.
    """

    scope: tuple[ScopePart, ...]
    screens: tuple[ScreenSet, ...] = ()
    second_look: SecondLook | None = None
    held_up: HeldUp = HeldUp()


class Examined(Struct, frozen=True):
    """What an examination came to, and what opens either part of it; `aside` is None where everything passed."""

    received: Received
    passed: KeptExhibit
    aside: KeptExhibit | None


def examine(bench: Workbench, arrived: KeptExhibit, terms: ExaminedFor) -> Examined:
    """Each item against the root of the hold, the scope, its own descriptor, and the screens. Nothing of it is kept yet.

    What passed keeps the identity that it came under where nothing was put aside.
    """
    clean, shut = bench.evidence.new_identity(), bench.evidence.new_identity()
    found = bench.evidence.receive(
        arrived.packed,
        arrived.identity,
        hold_exhibit=arrived.hold_exhibit,
        hold_root=arrived.hold_root,
        scope=terms.scope,
        clean_identity=clean,
        quarantine_exhibit=bench.random.take(16).hex(),
        quarantine_recipient=bench.evidence.recipient_of(shut),
        screens=terms.screens,
        second_look=terms.second_look,
        held_up=terms.held_up,
    )
    passed = replace(arrived, identity=clean if found.repacked else arrived.identity, packed=found.accepted)
    if found.quarantined is None:
        return Examined(found, passed, None)
    origin = arrived.origin or arrived.packed.exhibit
    return Examined(found, passed, replace(arrived, identity=shut, packed=found.quarantined, origin=origin))
