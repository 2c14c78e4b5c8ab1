"""The step of the demo in which a partner without a node is asked and answers: a form by e-mail there, a letter back."""

from base64 import b64encode
from hashlib import sha256

import typst
from msgspec.structs import replace

from comity.acts.bodies import PreservationRequested
from comity.acts.classes import ActType
from comity.acts.matters import DataSought
from comity.bootstrap.papers import papers
from comity.entrypoints.demo.cast import NORWAY, PT
from comity.entrypoints.demo.play import BUDAPEST, Json, Stage, body_of, preservation, show_clocks
from comity.forms.packaged import packaged_forms
from comity.forms.readings import Reading
from comity.forms.terms import Language
from comity.vocabulary.categories import DataCategory, PaperMeans
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import ActId
from comity.vocabulary.targets import Target, TargetKind

_ALTERED = 3000
"""A byte in the middle of the pages."""

_LETTER = """#set document(title: "Letter"); #set text(size: 12pt)
#v(2cm)
*24/7 contact point of Norway (demo)*

To: Ministerio Publico (demo)

Your request `{act}`

The data named in it are held with Example Hosting AS (demo) since {since}.
"""


def paper(stage: Stage) -> None:
    """After step 3: a second account lies with a provider in Norway, whose authority has no node."""
    line = stage.timeline
    line.note("a second account lies in Norway, whose authority has no node: the directory lists an address instead")
    if not _asked(stage):
        stage.approved(
            "pt.silva",
            "pt.costa",
            lambda officer: officer.draft(BUDAPEST, _request(), case=stage.case, to=[NORWAY]),
        )
    act = _asked(stage)[-1]
    line.happened(
        "pt.costa",
        "approved a request to Norway too (Article 29): nothing is tried over the network",
        f"act {act[:12]}",
    )
    send_on_paper(stage, act)
    if not stage.acts(PT, ActType.SENT_BY_HAND):
        _record_sending(stage, act)
    if not stage.acts(PT, ActType.PAPER_ANSWER_RECORDED):
        _record_answer(stage, act)
    _read_back(stage)
    show_clocks(stage, PT, ("bc29.min",))


def send_on_paper(
    stage: Stage, act: ActId, officer: str = "pt.silva", language: Language = Language.ENGLISH
) -> Reading:
    """The act as a form in the demo's folder (`form.pdf`) and on one page (`summary.pdf`), read back with no node.

    Raises `RuntimeError` when the form does not read back into the same act, or an altered one is taken for good.
    """
    line, client = stage.timeline, stage.officer(officer).client
    asked = {"act": act, "language": language.value}
    form, headers = client.call("POST", "/api/forms", asked)
    page, _ = client.call("POST", "/api/summaries", asked)
    (stage.out / "form.pdf").write_bytes(form)
    (stage.out / "summary.pdf").write_bytes(page)
    line.happened(officer, "the act as a signed PDF, the act itself inside", headers["Comity-Form"])
    fingerprint = _read(form, "").fingerprint
    reading = _read(form, fingerprint)
    if reading.act != act or reading.standing != "valid":
        raise RuntimeError(f"the form does not read back: {reading.standing}")
    line.happened(
        "a partner", "read it with no node, and has the same act", f"seal {fingerprint[:16]} told by telephone"
    )
    for check in reading.checks:
        line.note(f"{check.name.value:<12} {check.standing.value:<14} {check.words}")
    altered = bytearray(form)
    altered[_ALTERED] ^= 1
    line.refused("a partner", "the same file with one byte altered", _told(bytes(altered), fingerprint))
    return reading


def _request() -> PreservationRequested:
    account = DataSought((Target(TargetKind.EMAIL, "invoices@hosting.example"),), (DataCategory.TRAFFIC,))
    return replace(
        preservation(),
        data=account,
        custodian=None,
        location="Example Hosting AS (demo), Norway",
        link_to_offence="The mailbox passed the redirected invoices on to this account.",
    )


def _asked(stage: Stage) -> list[ActId]:
    """The requests that went to the partner."""
    requests = stage.acts(PT, ActType.PRESERVATION_REQUESTED)
    return [str(line["act"]) for line in requests if NORWAY in str(line["to"])]


def _record_sending(stage: Stage, act: ActId) -> None:
    silva, form = stage.officer("pt.silva"), (stage.out / "form.pdf").read_bytes()
    words = {"act": act, "to": NORWAY, "office": silva.office, "means": PaperMeans.E_MAIL.value}
    sent = silva.client.post("/api/sendings", {**words, "file": sha256(form).hexdigest(), "size": len(form)})
    stage.timeline.happened(
        "pt.silva", "recorded that form.pdf went to Norway by e-mail", f"SHA-256 {str(sent['file'])[:16]}"
    )


def _record_answer(stage: Stage, act: ActId) -> None:
    """The partner's letter, made up here, and what the officer who got it says of it."""
    since = str(body_of(stage, PT, str(stage.acts(PT, ActType.SENT_BY_HAND)[-1]["act"]))["sent_at"])
    letter = typst.compile(_LETTER.format(act=act[:16], since=since).encode(), ignore_system_fonts=True)
    (stage.out / "answer.pdf").write_bytes(letter)
    words: Json = {
        "answers": act,
        "partner": NORWAY,
        "counts_as": ActType.PRESERVATION_CONFIRMED.value,
        "scan": b64encode(letter).decode(),
        "effected_at": since,
    }
    stage.approved(
        "pt.silva",
        "pt.costa",
        lambda officer: officer.client.post("/api/paper-answers", {**words, "office": officer.office}),
    )
    stage.timeline.happened(
        "pt.silva", "recorded the answer, a letter: the data are held", "pt's own word, with the scan (answer.pdf)"
    )
    stage.timeline.happened("pt.costa", "approved the record, which nobody files alone")


def _read_back(stage: Stage) -> None:
    record = str(stage.acts(PT, ActType.PAPER_ANSWER_RECORDED)[-1]["act"])
    scan, _ = stage.officer("pt.silva").client.call("POST", "/api/paper-scans", {"act": record})
    if scan != (stage.out / "answer.pdf").read_bytes():
        raise RuntimeError("the scan is not the letter that came")
    stage.timeline.happened(
        "pt.silva", "read the scan back: the letter, byte for byte", f"SHA-256 {sha256(scan).hexdigest()[:16]}"
    )


def _read(form: bytes, fingerprint: str) -> Reading:
    return papers().read(form, packaged_forms(), lambda _issuer, found: found == fingerprint if fingerprint else None)


def _told(form: bytes, fingerprint: str) -> str:
    try:
        reading = _read(form, fingerprint)
    except BrokenInputError as error:
        return error.what
    if reading.standing == "valid":
        raise RuntimeError("an altered form was taken for good")
    return next(each.words for each in reading.checks if each.standing == reading.standing)
