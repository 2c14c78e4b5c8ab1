"""A real browser, driven over its own debugging protocol through two pipes: no driver program and no package is needed.

The protocol is Chrome's (DevTools Protocol): JSON messages, each ended by a zero byte, in on descriptor 3, out on 4.
"""

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--headless",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)
# Puts the pipes where the browser looks for them, by way of numbers that can't collide, and becomes the browser.
_LAUNCH = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for number, end in enumerate(ends, 3):
    os.dup2(end, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
PATIENCE = 180.0
"""Seconds for one answer."""

CHECK = """new Promise((done) => {
  const ended = () => ["done", "broken"].includes(document.body.dataset.state);
  new MutationObserver((_, all) => ended() && (all.disconnect(), done())).observe(document.body, { attributes: true });
  document.getElementById("check").click();
})"""
"""Presses the button of `verify.html` and waits until the page has come to an end."""

READ = """({
  state: document.body.dataset.state,
  verdict: document.getElementById("banner").className,
  meaning: document.getElementById("meaning").textContent,
  checks: [...document.querySelectorAll("#checks tbody tr")].map((row) => ({
    number: Number(row.cells[0].textContent),
    name: row.cells[1].textContent,
    outcome: row.className,
    what: row.querySelector(".what").textContent,
    file: row.querySelector(".file")?.textContent ?? "",
  })),
})"""
"""What `verify.html` shows then: state, verdict, what it means, and every check."""


def find() -> str | None:
    """The path of a browser on this machine, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class BrowserError(Exception):
    """The browser answered with an error, or not at all."""


class Browser:
    """One headless browser with one page. Close it. Raises `BrowserError` where it does not start."""

    def __init__(self, program: str, folder: Path) -> None:
        into, self._write = os.pipe()
        self._read, out = os.pipe()
        arguments = [program, *SWITCHES, f"--user-data-dir={folder}"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # the browser's sandbox refuses to start as root
        launcher = [sys.executable, "-c", _LAUNCH, str(into), str(out)]
        self._process = subprocess.Popen(
            [*launcher, *arguments, "about:blank"],
            pass_fds=(into, out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(into)
        os.close(out)
        self._numbers = itertools.count(1)
        self._rest = b""
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        try:
            self._attach()
        except (BrowserError, OSError) as error:
            self.close()
            raise BrowserError(f"the browser does not start: {error}") from None

    def _attach(self) -> None:
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "DOM", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def close(self) -> None:
        """Ends the browser, and waits until it is gone."""
        self._session = None
        try:
            self.ask("Browser.close")
        except (BrowserError, OSError):
            self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._read)
        os.close(self._write)

    def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """The answer to one command; events that come before it are kept in `events`."""
        number = next(self._numbers)
        message: dict[str, object] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = self._message(deadline)
            if answer.get("id") != number:
                self.events.append(answer)
                continue
            if "error" in answer:
                raise BrowserError(f"{method}: {answer['error']}")
            return dict(answer["result"])

    def _message(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            piece = os.read(self._read, 1 << 16) if ready else b""
            if not piece:
                raise BrowserError("the browser does not answer")
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(text))

    def open(self, path: Path) -> None:
        """Opens a file from disk, as a reader does, and waits until it is loaded."""
        self.events.clear()
        self.ask("Page.navigate", url=path.as_uri())
        self.run("new Promise((done) => document.readyState === 'complete' ? done() : addEventListener('load', done))")

    def run(self, expression: str) -> Any:
        """The value of an expression in the page; a promise is waited for. Raises `BrowserError` where it throws."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"].get("exception", answer["exceptionDetails"])))
        return answer["result"].get("value")

    def choose(self, selector: str, *files: Path) -> None:
        """Puts files into a file input, as if a person had chosen them."""
        found = self.ask("Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})")
        self.ask("DOM.setFileInputFiles", files=[str(file) for file in files], objectId=found["result"]["objectId"])

    def picture(self, path: Path, *, width: int, height: int, dark: bool = False, whole: bool = True) -> None:
        """A picture of the page as it looks in a window of that size; the whole page, or only what the window shows."""
        self.look(width=width, height=height, dark=dark)
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def look(self, *, width: int, height: int, dark: bool = False, media: str = "") -> None:
        """Sets the window's size, the colours that the reader prefers, and the medium (`print`)."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", media=media, features=[scheme])
