"""What lies ahead of a case, by its acts, the law and the directory alone, so that a rebuilt view has the same outlook.

The clocks are counted once, as of the latest act, and three things follow: when the node itself owes something, from when
on the keeping of the case is a matter for people, and which limits of the law people are told about.
"""

from comity.cases.state import Phase
from comity.casework.bench.places import calendars_of
from comity.casework.bench.retention_standing import attention
from comity.casework.bench.views import CaseView
from comity.casework.desk.limits_due import limits_due
from comity.casework.ports.case import Outlook
from comity.casework.upkeep.duties import next_due
from comity.law.clocks import clocks
from comity.law.corpus import Law
from comity.trust.directory import Directory
from comity.vocabulary.identifiers import AuthorityId


def outlook(law: Law, directory: Directory, me: AuthorityId, view: CaseView) -> Outlook:
    """The case's outlook after its latest act; a disposed case has none."""
    state = view.state
    if state.phase is Phase.DISPOSED or not state.steps:
        return Outlook()
    latest = max(step.filed_at for step in state.steps)
    found = clocks(law, view.history, at=latest, calendars=calendars_of(directory, me, state))
    return Outlook(
        next_due(state, found, latest),
        attention(law, me, state, found, latest),
        limits_due(me, state, found),
    )
