"""A realistic mailbox and web access log, made up here: the data that the demo's provider holds.

Everything is invented: names, addresses (RFC 2606 and RFC 5737 ranges) and words. The same seed gives the same files.
"""

import random
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

SUBJECTS = (
    "Invoice 2026-{n:04d}",
    "Re: transfer to the new account",
    "Delivery on {day}",
    "Your password was changed",
    "Meeting notes",
    "Re: Re: the other mailbox",
    "Holiday pictures",
)
PEOPLE = (
    "ana.ferreira@mail.example",
    "j.krueger@mail.example",
    "billing@supplier.example",
    "no-reply@bank.example",
    "mira@family.example",
)
PATHS = ("/inbox", "/login", "/settings/forwarding", "/attachments/{n}", "/logout", "/search?q=invoice")
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0)", "curl/8.9.1")

NEEDLE_ACCOUNT = "bruno.almeida@mail.example"
"""The account the demo's case is about; planted so that a disposal can be searched for it."""

NEEDLE_SENTENCE = "the blue suitcase stands in locker 4417"
"""A sentence in one of the mails, searched for after the disposal."""

_SEED = 20260818


def write_sample(
    folder: Path, *, messages: int = 400, days: int = 60, log_lines: int = 6000, blob_mib: int = 24
) -> None:
    """Writes `mailbox.mbox`, `access.log` and one large attachment archive into the folder."""
    chance = random.Random(_SEED)  # noqa: S311 - made-up data, not secrets
    folder.mkdir(parents=True, exist_ok=True)
    start = datetime(2026, 9, 20, tzinfo=UTC)
    _write_mailbox(folder / "mailbox.mbox", chance, start, messages, days)
    _write_log(folder / "access.log", chance, start, log_lines, days)
    _write_archive(folder / "attachments.bin", chance, blob_mib)


def write_subscriber(folder: Path) -> None:
    """Writes the subscriber record that an emergency order asks for."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "subscriber.json").write_text(
        '{"record": "subscriber", "account": "' + NEEDLE_ACCOUNT + '", "name": "Bruno Almeida",'
        ' "phone": "351210000000", "registered": "2024-02-11T09:14:00Z", "service": "mail, basic"}\n'
    )


def _write_mailbox(path: Path, chance: random.Random, start: datetime, messages: int, days: int) -> None:
    moments = sorted(start + timedelta(seconds=chance.randrange(days * 86400)) for _ in range(messages))
    with path.open("wb") as mailbox:
        for number, moment in enumerate(moments):
            sender = chance.choice(PEOPLE)
            mailbox.write(f"From {sender} {moment:%a %b %d %H:%M:%S %Y}\n".encode())
            mailbox.write(_message(chance, number, sender, moment).as_bytes())
            mailbox.write(b"\n")


def _message(chance: random.Random, number: int, sender: str, moment: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = NEEDLE_ACCOUNT
    message["Date"] = format_datetime(moment)
    message["Message-ID"] = f"<{number}.{chance.randrange(10**9)}@mail.example>"
    message["Subject"] = chance.choice(SUBJECTS).format(n=number, day=f"{moment:%A}")
    words = ["Please look at this before Friday.", "As agreed on the phone.", "See the attachment.", "Thank you."]
    if number % 50 == 17:  # noqa: PLR2004 - a few messages carry the sentence, none of them the first
        words.append(f"Remember: {NEEDLE_SENTENCE}.")
    message.set_content(
        "\n".join(chance.sample(words, k=len(words))) + f"\n\n-- \n{sender.split('@', maxsplit=1)[0]}\n"
    )
    return message


def _write_log(path: Path, chance: random.Random, start: datetime, lines: int, days: int) -> None:
    moments = sorted(start + timedelta(seconds=chance.randrange(days * 86400)) for _ in range(lines))
    with path.open("w") as log:
        for number, moment in enumerate(moments):
            address = f"203.0.113.{chance.randrange(1, 40)}" if chance.random() < 0.8 else "198.51.100.7"  # noqa: PLR2004 - made-up data
            request = chance.choice(PATHS).format(n=number)
            stamp = moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
            log.write(
                f'{address} - {NEEDLE_ACCOUNT} [{stamp}] "GET {request} HTTP/1.1" 200 {chance.randrange(200, 90000)}'
                f' "-" "{chance.choice(AGENTS)}"\n'
            )


def _write_archive(path: Path, chance: random.Random, size_mib: int) -> None:
    with path.open("wb") as archive:
        for _ in range(size_mib):
            archive.write(chance.randbytes(1 << 20))
