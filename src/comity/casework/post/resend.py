"""Resend: what a peer's restored ledger has forgotten is sent to it again.

The reaction comes before the peer's act is answered. If it is cut short, the peer has no receipt, sends its act again, and
the reaction is made up for: nothing has to be remembered beside the deliveries. Done twice it does nothing more, because
what was sent again stands under a receipt of the new epoch.
"""

from collections.abc import Iterable
from datetime import datetime

from comity.acts.bodies import LedgerRestored
from comity.casework.bench.workbench import Workbench
from comity.casework.post.arrivals import Arrived
from comity.ledger.origins import log_origin


def send_again(bench: Workbench, arrived: Iterable[Arrived], at: datetime) -> int:
    """Deliveries that are due again because one of these acts says that its issuer lost them; how many they are.

    1. In the epoch that the backup was of, the issuer lost every leaf from the backup's size on. 2. Of epochs between
    that one and the new one it may have lost everything; an act that it still has is known there by its id.
    """
    due = 0
    for act in arrived:
        body, issuer = act.payload.body, act.payload.issuer
        if isinstance(body, LedgerRestored):
            for epoch in range(body.from_epoch, body.epoch):
                # 1. 2.
                first_lost = body.size if epoch == body.from_epoch else 0
                due += bench.records.outbox.resend(issuer, log_origin(issuer, epoch), first_lost, at)
    return due
