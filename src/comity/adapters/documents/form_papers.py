"""What forms need from the world: setting, signing, reading. See `comity.casework.desk.forms`."""

import io
from datetime import datetime

from pyhanko.pdf_utils.reader import PdfFileReader

from comity.adapters.documents.form_pages import render_form, render_summary
from comity.adapters.documents.form_reading import read_form
from comity.adapters.documents.pdf_sealing import sign_pdf
from comity.casework.desk.forms import Papers, Pins
from comity.casework.ports.node import Randomness
from comity.forms.loader import Forms
from comity.forms.making import Made
from comity.forms.readings import Reading
from comity.forms.views import FormView
from comity.trust.keys import SealKey

_SHORT = 16
"""Letters of an act's name that tell it from others."""


class PdfPapers(Papers):
    """Pages by typst, signatures by pyHanko."""

    def __init__(self, random: Randomness) -> None:
        """`random` is for the keys that forms are signed with, each used once."""
        self._random = random

    def form(self, made: Made, seal: SealKey, *, at: datetime, others: tuple[bytes, ...]) -> bytes:
        """See the port."""
        named = f"form of act {made.view.act[:_SHORT]}"
        return sign_pdf(render_form(made), named, seal, at=at, take=self._random.take, others=others)

    def summary(self, view: FormView, seal: SealKey, *, at: datetime) -> tuple[bytes, int]:
        """See the port."""
        pdf = render_summary(view)
        pages = int(PdfFileReader(io.BytesIO(pdf)).root["/Pages"]["/Count"])
        return sign_pdf(pdf, f"summary of act {view.act[:_SHORT]}", seal, at=at, take=self._random.take), pages

    def read(self, data: bytes, forms: Forms, pins: Pins) -> Reading:
        """See the port."""
        return read_form(data, forms, pinned=pins)
