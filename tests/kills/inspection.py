"""What must hold of four nodes after everything: no act lost, none doubled, every delivery receipted, every check clean."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping

import psycopg

from comity.acts.classes import ActType
from comity.entrypoints.demo.cast import AUTHORITIES, DE, PROVIDER, PT
from comity.entrypoints.demo.federation import Federation
from comity.entrypoints.demo.play import Stage

QUIET_LIMIT = 300.0

CHECK = """
import sys
from pathlib import Path
from comity.bootstrap.running import books
from comity.casework.upkeep.check import check
from comity.entrypoints.cli.node_processes import opened_node
with opened_node(Path(sys.argv[1])) as node:
    for each in check(node.bench, books(node), deep=True):
        for problem in each.problems:
            print(each.number, each.name, problem)
"""

MAIN_CASE: Mapping[str, Mapping[ActType, int]] = {
    PT: {
        ActType.PRESERVATION_REQUESTED: 2,
        ActType.SENT_BY_HAND: 1,
        ActType.PAPER_ANSWER_RECORDED: 1,
        ActType.DISCLOSURE_REQUESTED: 1,
        ActType.EXHIBIT_RECEIVED: 2,
        ActType.ITEMS_QUARANTINED: 3,
        ActType.ITEM_REDACTED: 2,
        ActType.REDACTION_LIFTED: 1,
    },
    DE: {
        ActType.PRESERVATION_ORDERED: 1,
        ActType.PRESERVATION_CONFIRMED: 1,
        ActType.DISCLOSURE_DECIDED: 1,
        ActType.DISCLOSURE_ORDERED: 1,
        ActType.EXHIBIT_HANDED_OVER: 2,
        ActType.EXHIBIT_RECEIVED: 2,
    },
    PROVIDER: {ActType.HOLD_CONFIRMED: 1, ActType.EXHIBIT_HANDED_OVER: 2},
}
"""What each node issues in the main case, whoever was killed, whatever was repeated: the order is carried out in two parts."""


def await_quiet(federation: Federation) -> None:
    """Nothing is on its way any more."""
    deadline = time.monotonic() + QUIET_LIMIT
    while left := _under_way(federation):
        assert time.monotonic() < deadline, f"still under way: {left}"
        time.sleep(0.2)


def _under_way(federation: Federation) -> dict[str, list[tuple[object, ...]]]:
    found = {
        node: _rows(
            federation,
            node,
            "SELECT encode(act_id, 'hex'), peer, state, code FROM comity_delivery WHERE state NOT IN ('delivered', 'sent-by-hand')"
            " UNION ALL SELECT encode(id, 'hex'), sender, 'waiting', '' FROM comity_waitingact",
        )
        for node in AUTHORITIES
    }
    return {node: rows for node, rows in found.items() if rows}


def assert_nothing_lost_or_doubled(federation: Federation) -> None:
    """Each act issued stands once in the ledger of each addressee; each act received stands in its issuer's."""
    ledgers = {
        node: Counter(act for (act,) in _rows(federation, node, "SELECT encode(act, 'hex') FROM comity_ledgerentry"))
        for node in AUTHORITIES
    }
    for node in AUTHORITIES:
        assert max(ledgers[node].values()) == 1
        sent = _rows(
            federation, node, "SELECT encode(act_id, 'hex'), peer FROM comity_delivery WHERE state <> 'sent-by-hand'"
        )
        assert [(act, peer) for act, peer in sent if act not in ledgers[str(peer)]] == []
        filed = _rows(federation, node, "SELECT encode(id, 'hex'), direction FROM comity_act")
        assert [act for act, _ in filed if act not in ledgers[node]] == []
        others = [ledgers[other] for other in AUTHORITIES if other != node]
        foreign = [act for act, direction in filed if direction != "issued"]
        assert [act for act in foreign if not any(act in ledger for ledger in others)] == []


def assert_main_case(stage: Stage, items: int, size: int) -> None:
    """Each node issued exactly what the case wants of it, and everything that was given is held."""
    for node, expected in MAIN_CASE.items():
        timeline = stage.reader(node).client.get(f"/api/cases/{stage.case}")["timeline"]
        assert isinstance(timeline, list)
        issued = Counter(line["type"] for line in timeline if line["issuer"] == node and line["direction"] == "issued")
        assert {kind: issued[kind] for kind in expected} == expected, node
    held = stage.acts(PROVIDER, ActType.HOLD_CONFIRMED)
    body = stage.reader(PROVIDER).client.get(f"/api/acts/{held[0]['act']}")["payload"]["body"]  # type: ignore[index]
    assert (body["items"], body["size"]) == (items, size)
    assert len(stage.acts(PROVIDER, ActType.SEGMENT_SEALED)) == body["segments"]


def assert_clean(federation: Federation) -> None:
    """The check of the whole node finds nothing at any node, once what the kills have left over was tidied away."""
    deadline = time.monotonic() + QUIET_LIMIT
    while found := _problems(federation):
        assert time.monotonic() < deadline, found
        time.sleep(1)


def _problems(federation: Federation) -> dict[str, str]:
    """By node; all nodes are checked at once, since most of a check is the start of its process."""
    checks = {
        node: subprocess.Popen(
            [sys.executable, "-c", CHECK, str(federation.folder / node)],
            env=federation._environment(node),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for node in AUTHORITIES
    }
    found = {}
    for node, check in checks.items():
        said, failed = check.communicate()
        if check.returncode or said:
            found[node] = said + (failed[-2000:] if check.returncode else "")
    return found


def _rows(federation: Federation, node: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(federation.cluster.superuser_url(f"comity_{node}")) as connection:
        return connection.execute(query).fetchall()
