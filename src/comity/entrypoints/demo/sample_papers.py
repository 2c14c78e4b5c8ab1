"""Papers beside the mailbox, made up here as well: a text, a table, a picture, a PDF, and letters with counsel."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

PAPERS = "papers"
COUNSEL = f"{PAPERS}/counsel"
"""What the screen of the demo names: letters with counsel, who may not be read by whoever investigates."""

PRIVILEGED = f"{COUNSEL}/defence.txt"
"""The one of them that the filter team keeps back; the other is no more than a bill."""

_WIDTH, _HEIGHT, _DARK = 620, 877, (30, 34, 40)

_NOTE = """\
Statement of Mira Quintela-Sousa, bookkeeper.
The invoices of August were paid to the old account, those of October to the new one.
Quintela-Sousa was on sick leave from 3 to 14 October and saw none of them.
"""

_PAYMENTS = """\
date,reference,amount,message,payee
2026-11-03T08:12:00Z,2026-0388,4180.00,as agreed,Oficina Ferreira
2026-11-03T08:14:30Z,2026-0391,950.50,new account,Joana Prates
2026-11-03T16:40:12Z,2026-0393,12400.00,new account,Bruno Almeida
"""

_LETTERS = {
    PRIVILEGED: "To my counsel, in confidence: what I will say about the new account at the hearing.\n",
    f"{COUNSEL}/fees.txt": "Chambers: bill 12/2026, two hours, to be paid by 30 November 2026.\n",
}


def write_papers(folder: Path) -> None:
    """Writes the papers into a folder of their own in the folder given."""
    (folder / COUNSEL).mkdir(parents=True, exist_ok=True)
    for name, text in {f"{PAPERS}/note.txt": _NOTE, f"{PAPERS}/payments.csv": _PAYMENTS, **_LETTERS}.items():
        (folder / name).write_text(text)
    _sheet("Receipt", "paid in cash by Tiago Lemos").save(folder / PAPERS / "receipt.png")
    _sheet("Contract", "signed for the firm by Rita Moura").save(folder / PAPERS / "contract.pdf")


def _sheet(title: str, name: str) -> Image.Image:
    """A page with a title above and a line in its middle, which is what a redaction paints over."""
    sheet = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
    pen = ImageDraw.Draw(sheet)
    pen.text((60, 60), title, fill=_DARK, font=ImageFont.load_default(40))
    pen.line((60, 120, _WIDTH - 60, 120), fill=_DARK, width=2)
    pen.text((60, _HEIGHT // 2 - 14), name, fill=_DARK, font=ImageFont.load_default(24))
    pen.text((60, _HEIGHT - 110), "14 October 2026", fill=_DARK, font=ImageFont.load_default(20))
    return sheet
