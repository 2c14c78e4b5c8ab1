"""Step 8: orders issued in an emergency without prior validation; one validated in time, one not; and the overseer's proof."""

import time
from datetime import timedelta
from pathlib import Path

from comity.acts import bodies as b
from comity.acts.classes import ActType
from comity.acts.matters import Contact, DataSought, Offence
from comity.entrypoints.demo.cast import OVERSIGHT, PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError, Officer
from comity.entrypoints.demo.play import Json, Stage, body_of, show_clocks
from comity.entrypoints.demo.sample_evidence import NEEDLE_ACCOUNT, write_subscriber
from comity.vocabulary.categories import DataCategory, EmergencyGround, OfficeKind, Urgency
from comity.vocabulary.identifiers import ActId, AuthorityId, CaseId
from comity.vocabulary.targets import Target, TargetKind

REGULATION = "EU-2023-1543"
MARK = "without-validation"


def emergency(stage: Stage) -> None:
    """Both orders, the forty-eight hours, and the proof that there was no third."""
    line = stage.timeline
    line.step(8, "Emergency", "Regulation (EU) 2023/1543 Article 4(5): an order issued without prior validation")
    _content_is_impossible(stage)
    first = _order_and_produce(stage, "first")
    show_clocks(stage, PT, ("tl-08",), first)
    _validate(stage, first)
    second = _order_and_produce(stage, "second")
    _miss(stage, second)
    for authority in (PT, PROVIDER):
        _review(stage, authority)


def _content_is_impossible(stage: Stage) -> None:
    ramos = stage.officer("pt.ramos")
    try:
        ramos.draft(REGULATION, _order((DataCategory.CONTENT,)), to=[PROVIDER], urgency=Urgency.EMERGENCY)
    except NodeRefusedError as refused:
        gaps = refused.refusal.get("gaps")
        first = gaps[0] if isinstance(gaps, list) and gaps else {}
        stage.timeline.refused(
            "pt police", "the same for content data can't even be drafted", f"{first.get('citation')}"
        )


def _order_and_produce(stage: Stage, which: str) -> CaseId:
    """Issued by the police, produced by the provider, taken over by pt; the case's id."""
    case = stage.emergencies.get(which) or _reasoned(stage)
    stage.emergencies[which] = case
    if not stage.acts(PT, ActType.PRODUCTION_ORDERED, case):
        _issue(stage, case)
    order = stage.await_act(PROVIDER, ActType.PRODUCTION_ORDERED, case)
    kim = stage.officer("provider.kim")
    if not stage.acts(PROVIDER, ActType.EXHIBIT_TAKEN_IN, case):
        source = str(_subscriber_folder(stage))
        kim.client.post("/api/productions", {"order": order, "source": source, "office": kim.office})
    if not stage.acts(PROVIDER, ActType.EXHIBIT_HANDED_OVER, case):
        taken = body_of(stage, PROVIDER, stage.await_act(PROVIDER, ActType.EXHIBIT_TAKEN_IN, case))
        kim.client.post("/api/releases", {"order": order, "office": kim.office, "exhibit": taken["exhibit"]})
    stage.await_act(PROVIDER, ActType.EXHIBIT_RECEIVED, case)
    stage.timeline.happened(
        "pt police", f"{which} order for subscriber data issued, produced and taken over", f"case {case[:12]}"
    )
    return case


def _reasoned(stage: Stage) -> CaseId:
    """The reasons that the police keep on file: they open the case."""
    ramos = stage.officer("pt.ramos")
    reasoned = b.OrderReasoned("A person is missing and in danger; the account is the only trace.", "Demo summary.")
    grounds = ramos.file(REGULATION, reasoned, urgency=Urgency.EMERGENCY)
    return str(_payload(ramos, grounds)["case"])


def _issue(stage: Stage, case: CaseId) -> None:
    draft = stage.officer("pt.ramos").draft(
        REGULATION,
        _order((DataCategory.SUBSCRIBER,)),
        case=case,
        to=[PROVIDER],
        re=[stage.await_act(PT, ActType.ORDER_REASONED, case)],
        urgency=Urgency.EMERGENCY,
    )
    stage.officer("pt.rocha").approve(str(draft["draft"]))


def _validate(stage: Stage, case: CaseId) -> None:
    order = stage.await_act(PT, ActType.PRODUCTION_ORDERED, case)
    if not stage.acts(PT, ActType.PRODUCTION_VALIDATED, case):
        marques = stage.officer("pt.marques")
        body = b.ProductionValidated(order, OfficeKind.PROSECUTOR)
        draft = marques.draft(REGULATION, body, case=case, to=[PROVIDER], re=[order], urgency=Urgency.EMERGENCY)
        stage.officer("pt.lopes").approve(str(draft["draft"]))
    stage.await_act(PROVIDER, ActType.PRODUCTION_VALIDATED, case)
    stage.timeline.happened("pt prosecutor", "first order validated in time")
    show_clocks(stage, PT, ("tl-08",), case)


def _miss(stage: Stage, case: CaseId) -> None:
    if not stage.acts(PT, ActType.PRODUCTION_WITHDRAWN, case):
        stage.federation.advance_clock(timedelta(hours=50))
        stage.timeline.note("all clocks go forward by 50 hours; nobody validates the second order")
    stage.await_act(PROVIDER, ActType.PRODUCTION_WITHDRAWN, case)
    stage.timeline.happened("pt", "second order withdrawn at once: the forty-eight hours have passed")
    stage.await_act(PT, ActType.EXHIBIT_DESTROYED, case)
    stage.await_act(PROVIDER, ActType.EXHIBIT_DESTROYED, case)
    stage.timeline.happened("pt and provider", "the data obtained were destroyed where they lay, keys first")


def _review(stage: Stage, authority: AuthorityId) -> None:
    """Asked again until the co-signed head covers both orders: a checkpoint may be an interval behind."""
    noor = stage.officer("oversight.noor")
    deadline = time.monotonic() + stage.patience
    while time.monotonic() < deadline:
        try:
            asked = noor.client.post("/api/reviews", {"authority": authority, "mark": MARK, "office": noor.office})
        except NodeRefusedError:
            time.sleep(1)
            continue
        case = str(_payload(noor, str(asked["act"]))["case"])
        finding = body_of(stage, OVERSIGHT, stage.await_act(OVERSIGHT, ActType.REVIEW_CONCLUDED, case))
        if int(str(finding["proven"])) >= 2:  # noqa: PLR2004 - both orders
            stage.timeline.happened(
                "oversight",
                f"proved from {authority}'s witnessed ledger: {finding['proven']} such orders, all shown, no third",
                f"{finding['size']} leaves opened by class; {'complete' if finding['complete'] else 'not complete'}",
            )
            return
        time.sleep(1)
    raise TimeoutError(f"the review of {authority} did not cover both orders in time")


def _order(categories: tuple[DataCategory, ...]) -> b.ProductionOrdered:
    return b.ProductionOrdered(
        measure="production",
        issuing_kind=OfficeKind.POLICE,
        issuing=Contact("Policia Judiciaria (demo)", "police", "pt.ramos", phone="351210000002"),
        data=DataSought((Target(TargetKind.EMAIL, NEEDLE_ACCOUNT),), categories),
        offence=Offence("kidnapping", "Penal code (demo) section 160", max_penalty_years=8),
        emergency=EmergencyGround.LIFE_INTEGRITY_SAFETY,
        emergency_reasons="The missing person's life is in danger.",
        without_validation=True,
        validation_unobtainable="No judge or prosecutor could be reached in time at night.",
        domestic_equivalent="Code of criminal procedure (demo) section 252a",
    )


def _subscriber_folder(stage: Stage) -> Path:
    folder = stage.federation.folder / "subscriber"
    write_subscriber(folder)
    return folder


def _payload(officer: Officer, act: ActId) -> Json:
    found = officer.client.get(f"/api/acts/{act}")["payload"]
    return found if isinstance(found, dict) else {}
