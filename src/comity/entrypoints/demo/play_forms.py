"""The step of the demo in which a partner without a node gets an act on paper, and reads it back."""

from comity.acts.classes import ActType
from comity.bootstrap.papers import papers
from comity.entrypoints.demo.cast import PT
from comity.entrypoints.demo.play import Stage
from comity.forms.packaged import packaged_forms
from comity.forms.readings import Reading
from comity.forms.terms import Language
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.identifiers import ActId

_ALTERED = 3000
"""A byte in the middle of the pages."""


def paper(stage: Stage) -> None:
    """After step 3: the request that was sent, once more on paper."""
    stage.timeline.note("the same request for a partner who has no node:")
    send_on_paper(stage, str(stage.acts(PT, ActType.PRESERVATION_REQUESTED)[0]["act"]))


def send_on_paper(stage: Stage, act: ActId, officer: str = "pt.silva", language: Language = Language.GERMAN) -> Reading:
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
    altered = bytearray(form)
    altered[_ALTERED] ^= 1
    line.refused("a partner", "the same file with one byte altered", _told(bytes(altered), fingerprint))
    return reading


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
