"""`comity custody`: what was done to an exhibit, on the terminal or as a certificate to hand in."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from comity.entrypoints.cli.client_options import AsJson, Exhibit, TokenFile, Url, client

if TYPE_CHECKING:
    from comity.evidence.dossier.custody_certificate import Certificate, CertificatePage

app = typer.Typer()

PANEL = "For officers (through their node)"
_INDENT = "    "


@app.command("custody", rich_help_panel=PANEL)
def custody(
    exhibit: Exhibit,
    *,
    url: Url,
    token_file: TokenFile,
    pdf: Annotated[
        Path | None,
        typer.Option(help="Write the certificate as a PDF to this file, which must not exist.", show_default=False),
    ] = None,
    json: AsJson = False,
) -> None:
    """Show everything that was done to an exhibit, from the acts alone: by whom, when, on which legal basis, and every gap.

    With --pdf, as a certificate of one page for each exhibit, with its timeline drawn. It explains; what proves anything is
    the dossier (comity export).
    """
    from comity.casework.dossier.certify_custody import CertifyCustody
    from comity.entrypoints.cli.pages import print_json, say
    from comity.entrypoints.cli.receiving import receive
    from comity.evidence.dossier.custody_certificate import Certificate

    node = client(url, token_file)
    if pdf is not None:
        receive(node, "certificates", CertifyCustody(exhibit), pdf)
        say(f"certificate  {pdf}")
        return
    found = node.get(Certificate, "exhibits", exhibit, "custody")
    print_json(found) if json else _print(found)


def _print(certificate: "Certificate") -> None:
    from comity.entrypoints.cli.pages import moment, say

    for page in certificate.pages:
        say(f"exhibit  {page.exhibit}", f"held by  {page.holder}", "")
        for touch in page.touches:
            times = f" ({touch.number} times, until {moment(touch.until)})" if touch.number > 1 else ""
            say(f"{moment(touch.at)}  {touch.authority}: {touch.what}{times}")
            if touch.kind == "folded":
                continue
            who = f"{touch.officer} ({touch.office})" if touch.officer else "the node itself"
            say(f"{_INDENT}{who}; {touch.citation}")
            say(f"{_INDENT}before  {touch.before or 'not told'}", f"{_INDENT}after   {touch.after or 'not told'}")
            say(f"{_INDENT}act     {touch.act}")
        _print_findings(page)


def _print_findings(page: "CertificatePage") -> None:
    from comity.entrypoints.cli.pages import say

    for finding in page.findings:
        say(f"{'open' if finding.open else 'GAP'}: {finding.what}  (act {finding.act})")
    if page.more_findings:
        say(f"and {page.more_findings} more findings")
    say("" if page.findings else "no gap", "")
