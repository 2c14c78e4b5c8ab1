"""What the background tasks do. Each may run twice, and each failure leaves the work to be found again."""

import logging

from comity.adapters.postgres.jobs import TaskFunctions, queue_deliveries
from comity.bootstrap.running import Node
from comity.casework.checkpoint import checkpoint
from comity.casework.duties import perform
from comity.casework.send import deliver
from comity.casework.standing import take_stand
from comity.ledger.standing import Current
from comity.vocabulary.identifiers import AuthorityId

log = logging.getLogger("comity.worker")


def tasks(node: Node) -> TaskFunctions:
    """The tasks of this node, for `comity.adapters.postgres.jobs.worker_app`."""
    bench = node.bench

    def deliver_to(peer: AuthorityId) -> None:
        bench.directory.refresh()
        sent = deliver(bench, peer)
        if sent.put_back or sent.given_up:
            log.warning("deliveries to %s: %d put back, %d given up", peer, sent.put_back, sent.given_up)

    def publish() -> None:
        if not isinstance(bench.sign_head.standing, Current):
            take_stand(bench, node.settings.witnesses, node.mark)
            return
        published = checkpoint(
            bench,
            mark=node.mark,
            multiple=node.settings.padding_multiple,
            witnesses=node.settings.witnesses,
            threshold=node.settings.witness_threshold,
        )
        for witness, code in published.missing:
            log.warning("witness %s did not co-sign: %s", witness, code)

    def do_duties() -> None:
        for case in bench.records.cases.due(bench.clock.now()):
            done = perform(bench, case)
            for code in done.failed:
                log.warning("a duty in case %s failed: %s", case, code)

    def sweep() -> None:
        queue_deliveries(bench.records.outbox.peers_with_work(bench.clock.now()))

    return TaskFunctions(deliver=deliver_to, checkpoint=publish, clocks=do_duties, sweep=sweep)
