"""One transition table per procedure: which act may follow at which stage, and the stage it leads to.

Read from the rows of `comity.acts.rules`, where each kind of act says itself where it follows. A node sees only its own part
of a procedure: the requesting Party never sees the order to the custodian, the custodian never sees the request. So each
table has an entrance for every party that can come in, and skips what others do.
"""

from collections.abc import Mapping

from comity.acts.classes import ActType
from comity.acts.rules import RULES
from comity.vocabulary.procedures import Procedure, Stage

Table = Mapping[Stage, Mapping[ActType, Stage]]


def _table(procedure: Procedure) -> Table:
    table: dict[Stage, dict[ActType, Stage]] = {}
    for kind, rule in RULES.items():
        for move in rule.follows:
            if move.procedure is procedure:
                table.setdefault(move.at, {})[kind] = move.to
    return table


TABLES: Mapping[Procedure, Table] = {procedure: _table(procedure) for procedure in Procedure}
