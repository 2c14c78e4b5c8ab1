"""`comity verify`: judge a dossier on a machine with no node, no database and no network.

Exit codes: 0 valid, 1 invalid, 2 indeterminate, 3 when there was nothing to judge (a file that can't be read, a trust
anchor that is none). Everything but 0 means: do not rely on it.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from comity.entrypoints.verify.progress import open_watched
from comity.entrypoints.verify.report import print_broken, print_report
from comity.evidence.browser.page import verifier_digest, verifier_page
from comity.evidence.checks.verdicts import Report, Verdict
from comity.evidence.checks.verify import verify_dossier
from comity.trust.anchors import ANCHOR_LIMIT, TrustAnchor, read_anchor
from comity.vocabulary.errors import BrokenInputError, ErrorCode

EXIT_CODES = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.INDETERMINATE: 2}
NOTHING_TO_JUDGE = 3

_HASHING = 2
"""Threads beside the reading: one for each of the two sums over the contents."""


def verify(
    dossier: Annotated[
        Path | None, typer.Argument(help="The dossier, as it was exported (a .zip file).", show_default=False)
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option(
            "--trust",
            help="Your trust anchor (trust.json): the directory root and the witnesses you rely on. Get it from someone "
            "you trust, not from whoever gave you the dossier. Without it the best verdict is indeterminate.",
            show_default=False,
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            help="Write the page that does the same in a browser (verify.html) to this file. Needs no dossier.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check a dossier in twelve numbered steps and say whether it can be relied on.

    The last line is the verdict: valid (exit code 0), invalid (1), or indeterminate (2) when nothing is wrong but
    something needed is missing. Exit code 3: there was nothing to judge.
    """
    try:
        if html is not None:
            _write_page(html, json=json)
            if dossier is None:
                return
        anchor = _anchor(trust)
        report = _report(_required(dossier), anchor)
    except BrokenInputError as error:
        print_broken(Console(stderr=True, highlight=False), error)
        raise typer.Exit(NOTHING_TO_JUDGE) from None
    if json:
        typer.echo(msgspec.json.encode(report).decode())
    else:
        print_report(Console(highlight=False), report, _required(dossier), trust, anchor)
    raise typer.Exit(EXIT_CODES[report.verdict])


def _required(dossier: Path | None) -> Path:
    if dossier is None:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "no dossier was named",
            expected="a .zip file, or --html and where to write the page",
            do="comity verify dossier.zip --trust trust.json",
        )
    return dossier


def _write_page(path: Path, *, json: bool) -> None:
    """Writes the page, and says its hash on the error stream where the output is for programs."""
    try:
        path.write_bytes(verifier_page())
    except OSError as error:
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            f"the page could not be written: {error.strerror or type(error).__name__}",
            found=str(path),
            expected="a file that you may write",
            do="name a file in a folder that is there",
        ) from None
    typer.echo(f"{verifier_digest()}  {path}", err=json)


def _anchor(trust: Path | None) -> TrustAnchor | None:
    if trust is None:
        return None
    try:
        with trust.open("rb") as file:
            data = file.read(ANCHOR_LIMIT + 1)
    except OSError as error:
        raise _unreadable("the trust anchor", trust, error) from None
    try:
        return read_anchor(data)
    except BrokenInputError as error:
        raise BrokenInputError(
            error.code,
            f"{trust} is not a trust anchor: {error.what}",
            found=error.found,
            expected="a trust.json with a directory root and a witness policy",
            do="check that you did not swap it with another file; get it again from someone you trust",
        ) from None


def _report(dossier: Path, anchor: TrustAnchor | None) -> Report:
    try:
        with open_watched(dossier) as source, ThreadPoolExecutor(_HASHING) as pool:
            return verify_dossier(source, anchor, datetime.now(UTC), start=lambda work: pool.submit(work).result)
    except OSError as error:
        raise _unreadable("the dossier", dossier, error) from None


def _unreadable(what: str, path: Path, error: OSError) -> BrokenInputError:
    return BrokenInputError(
        ErrorCode.NOT_FOUND,
        f"{what} could not be read: {error.strerror or type(error).__name__}",
        found=str(path),
        expected="a file that you may read",
        do="check the path",
    )
