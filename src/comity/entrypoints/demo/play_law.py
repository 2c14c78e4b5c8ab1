"""What a prosecutor and a receiving authority ask the law: before anything is sent, and while the clocks of a case run."""

from datetime import UTC, date, datetime

import msgspec

from comity.acts.bodies import PreservationRequested
from comity.acts.classes import ActClass
from comity.acts.payload import Payload, type_of
from comity.entrypoints.demo.officers import Client
from comity.entrypoints.demo.play import BUDAPEST, Stage, preservation
from comity.entrypoints.demo.timeline import Timeline
from comity.law.clock_run import ClockStatus
from comity.law.docket import Docket, DocketLine
from comity.law.matters import Participant
from comity.law.opinions import Circumstances, GroundStanding, opinion
from comity.law.packaged import packaged_law
from comity.law.questions import Question
from comity.law.routes import Routes, Way, routes
from comity.law.terms import Aim, Side
from comity.vocabulary.categories import DataCategory, OfficeKind, Urgency
from comity.vocabulary.identifiers import CaseId

_BEST, _FEW = 3, 4
_ENDED = frozenset({ClockStatus.MET, ClockStatus.PASSED, ClockStatus.ENDED})


def ways(stage: Stage) -> None:
    """Before step 1: which way may be gone, what it takes, and what both sides would say of a draft with a gap."""
    now = datetime.now(UTC)
    stage.timeline.step(0, "Law", "which ways are open, what each takes and when it ends, and why others are closed")
    show_routes(stage.timeline, on=now.date())
    stage.timeline.note("comity law check: a preservation request without its facts, seen from both sides")
    show_findings(stage.timeline, preservation(), BUDAPEST, at=now)


def docket(stage: Stage) -> None:
    """After step 4: where every limit of the case stands at the requested authority."""
    stage.timeline.note(
        "comity law clocks: every limit of the case that still asks for something, in both sides' zones"
    )
    show_docket(stage.timeline, stage.officer("de.weber").client, stage.case)


def show_routes(line: Timeline, *, on: date, requested: str = "DE") -> Routes:
    """Shows which ways are open for subscriber data, the fastest first, what the best one takes, and why others are closed."""
    question = Question(
        aim=Aim.DISCLOSE,
        requesting="PT",
        requested=requested,
        on=on,
        categories=(DataCategory.SUBSCRIBER,),
        max_penalty_years=5,
        issuing=OfficeKind.PROSECUTOR,
        provider_in=(requested,),
        data_in=(requested,),
        consent=False,
        public_data=False,
    )
    found = routes(packaged_law(), question)
    line.note(f"comity law routes: subscriber data, PT to {requested}, a prosecutor asks")
    for number, way in enumerate(found.open[:_BEST], 1):
        line.happened("law", f"{number}. {way.title}", _in_words(way))
    for way in found.open[:1]:
        for needed in way.prerequisites[:_FEW]:
            met = {True: "yes", False: "NO", None: "see to it"}[needed.met]
            line.note(f"needs {needed.text} [{needed.citation.article}]: {met}")
    for way in found.closed[:_FEW]:
        reason = way.reasons()[0]
        line.refused("law", f"closed: {way.title}", f"{reason.message} [{reason.citation.in_words()}]")
    return found


def _in_words(way: Way) -> str:
    by = f"by {way.by:%d %B %Y}" if way.by else "at once" if way.expeditious else "no limit stated"
    doubt = "" if way.verified else ", unverified in part"
    return f"{way.citation.cited_as}, {way.citation.article}; {by}{doubt}"


def show_findings(line: Timeline, body: PreservationRequested, instrument: str, *, at: datetime) -> None:
    """Shows everything the law has against a request with its facts left out, at both sides, and the grounds of refusal."""
    payload = Payload(
        v=1,
        issuer="pt",
        to=("de",),
        case="0" * 32,
        nonce="0" * 32,
        at=at,
        directory=1,
        re=(),
        act=ActClass(type_of(body), instrument, Urgency.URGENT),
        seals=("EdDSA",),
        author=None,
        body=msgspec.structs.replace(body, facts=""),
    )
    around = Circumstances(issuer=Participant("PT"), addressees=(Participant("DE"),), at=at)
    found = opinion(packaged_law(), payload, around)
    for told in found.findings:
        weights = ", ".join(f"{side.value}: {weight.value}" for side, weight in told.weights.items())
        line.refused("law", told.message, f"{told.citation}; {weights}; to mend by {told.who_text}")
    for ground in found.grounds:
        if ground.standing is GroundStanding.OPEN:
            line.note(f"{ground.country} may refuse on {ground.code} [{ground.citation}]")


def show_docket(line: Timeline, client: Client, case: CaseId) -> Docket:
    """Shows every limit of the case at that node that still asks for something, with its end in both sides' zones."""
    found = msgspec.json.decode(client.call("GET", f"/api/cases/{case}/clocks")[0], type=Docket)
    for each in found.lines:
        if each.clock.state not in _ENDED and each.clock.legal_due is not None:
            clock = each.clock
            doubt = "" if clock.verified else " (unverified)"
            line.clock(
                f"{clock.state.value}: {clock.text}, {_ends(each)}, {clock.citation.in_words()}{doubt}", clock.trace
            )
    return found


def _ends(line: DocketLine) -> str:
    ends = [due.strftime(f"%d %B %H:%M {line.zones[side]}") for side in Side if (due := line.due_in(side))]
    return "due " + " = ".join(dict.fromkeys(ends))
