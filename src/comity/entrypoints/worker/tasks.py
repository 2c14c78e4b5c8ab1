"""What the background tasks do. Each may run twice, and each failure leaves the work to be found again."""

import logging
from functools import partial

from comity.adapters.postgres.jobs import TaskFunctions, queue_deliveries
from comity.bootstrap.running import Node
from comity.casework.bench.waiting import give_up_waiting
from comity.casework.post.send import deliver
from comity.casework.upkeep.alarm_watch import tell_skew
from comity.casework.upkeep.checkpoint import checkpoint
from comity.casework.upkeep.duties import perform
from comity.casework.upkeep.standing import take_stand
from comity.ledger.standing import Current
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId

log = logging.getLogger("comity.worker")


def tasks(node: Node) -> TaskFunctions:
    """The tasks of this node, for `comity.adapters.postgres.jobs.worker_app`."""
    return TaskFunctions(
        deliver=partial(_deliver, node),
        checkpoint=partial(_publish, node),
        clocks=partial(_do_duties, node),
        sweep=partial(_queue_what_is_due, node),
    )


def _deliver(node: Node, peer: AuthorityId) -> None:
    node.bench.directory.refresh()
    sent = deliver(node.bench, peer)
    if sent.skew is not None:
        tell_skew(node.alarms, peer, sent.skew, node.bench.clock.now())
    if sent.put_back or sent.given_up:
        log.warning("deliveries to %s: %d put back, %d given up", peer, sent.put_back, sent.given_up)


def _publish(node: Node) -> None:
    if not isinstance(node.bench.sign_head.standing, Current):
        take_stand(node.bench, node.settings.witnesses, node.mark)
        return
    published = checkpoint(
        node.bench,
        mark=node.mark,
        multiple=node.settings.padding_multiple,
        witnesses=node.settings.witnesses,
        threshold=node.settings.witness_threshold,
    )
    for witness, code in published.missing:
        log.warning("witness %s did not co-sign: %s", witness, code)
    forgotten = node.key_files.forget_retired(node.bench.clock.now())
    if forgotten:
        log.info("%d of this node's own keys, replaced long enough ago, are gone", forgotten)


def _do_duties(node: Node) -> None:
    for act in give_up_waiting(node.bench):
        log.warning("act %s of %s is given up: the act it answers, %s, did not come", act.id, act.sender, act.missing)
    for case in node.bench.records.cases.due(node.bench.clock.now()):
        try:
            failed = perform(node.bench, case).failed
        except BrokenInputError as error:
            if error.code is ErrorCode.UNAVAILABLE:
                raise
            # One case that cannot be read keeps no other from its limits.
            failed = (str(error.code),)
        for code in failed:
            log.warning("a duty in case %s failed: %s", case, code)


def _queue_what_is_due(node: Node) -> None:
    queue_deliveries(node.bench.records.outbox.peers_with_work(node.bench.clock.now()))
