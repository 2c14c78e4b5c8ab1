"""What a defence lawyer does with the dossier: opens the page that lies in it, gives it the file, and reads the verdict."""

import tempfile
import zipfile
from pathlib import Path

from comity.entrypoints.demo.chromium import CHECK, READ, Browser, BrowserError, find
from comity.entrypoints.demo.play import Json, Stage
from comity.evidence.archive.bag import BASE
from comity.evidence.dossier.format import VERIFIER


def in_a_browser(stage: Stage, dossier: Path, trust: Path, verdict: str) -> None:
    """Takes the page out of the dossier; where there is a Chromium, lets it judge, and says so plainly where there is none.

    Raises `RuntimeError` where the page comes to another verdict than `comity verify`.
    """
    line = stage.timeline
    page = stage.out / VERIFIER
    with zipfile.ZipFile(dossier) as archive:
        page.write_bytes(archive.read(BASE + VERIFIER))
    line.note(
        f"the same checks with nothing installed: open {page} in a browser, give it {dossier.name} and {trust.name}"
    )
    program = find()
    if program is None:
        line.note("no Chromium on this machine: the page was not run here")
        return
    try:
        shown = _judged(program, page, dossier, trust)
    except BrowserError as error:
        line.note(f"the Chromium of this machine cannot be used here, the page was not run: {error}")
        return
    said = str(shown["verdict"])
    checks = shown["checks"] if isinstance(shown["checks"], list) else []
    held = sum(1 for each in checks if each["outcome"] == "valid")
    line.happened("anyone", f"verify.html in {Path(program).name}: {said}", f"{held} of {len(checks)} checks hold")
    if said != verdict:
        raise RuntimeError(f"the page says {said}, comity verify says {verdict}")
    line.happened("anyone", f"comity verify says the same: {verdict}")


def _judged(program: str, page: Path, dossier: Path, trust: Path) -> Json:
    """What the page shows in a fresh profile, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="comity-browser-", ignore_cleanup_errors=True) as profile:
        browser = Browser(program, Path(profile))
        try:
            browser.open(page)
            browser.choose("#dossier", dossier)
            browser.choose("#anchor", trust)
            browser.run(CHECK)
            shown = browser.run(READ)
        finally:
            browser.close()
    return shown if isinstance(shown, dict) else {}
