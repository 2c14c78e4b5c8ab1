"""Makes `.venv` from the committed lock: `python3 tools/setup_environment.py [base|node|dev]`. Standard library only.

What flows. `requirements/*.txt` (exported from `uv.lock`, every file with its hash) are installed by uv when there is one,
else by pip. The package itself, and what comes as source only, is built by builders that are in the lock too. Where
packages come from is the machine's own matter: pip's settings hold, and uv is told of the index they name.

What fails. While it works, a mark stands in `.venv`; whoever finds the mark starts afresh, so an interrupted run needs no
repair by hand. When uv fails, pip tries. What pip says is kept and shown only when it fails.

When it does nothing. A record in `.venv` holds what was installed, from which lock, where, and for which Python. While it
fits, a run takes a few hundredths of a second; two runs at the same time wait for each other.
"""

import compileall
import configparser
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RECORD = VENV / "comity-setup.json"
UNFINISHED = VENV / "comity-setup.unfinished"
REQUIREMENTS = ROOT / "requirements"

SETS = ("base", "node", "dev")  # each holds the one before it
SAY_EVERY_SECONDS = 10.0
LINES_SHOWN_ON_FAILURE = 25
NOT_INHERITED = (
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_REQUIRE_VIRTUALENV",
    "VIRTUAL_ENV",
    "PYTHONHOME",
)


class StepFailedError(Exception):
    """A program ended with an error; the message is the last of what it said."""


def say(line: str) -> None:
    """One line for the reader, at once."""
    print(f"setup: {line}", flush=True)


def fingerprint(chosen: str) -> str:
    """What an environment depends on: its files, what pyproject says of the package, this Python, and where it stands."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    parts = [
        (REQUIREMENTS / f"{chosen}.txt").read_text("utf-8"),
        (REQUIREMENTS / "build.txt").read_text("utf-8"),
        json.dumps([project["build-system"], project["project"]], sort_keys=True),
        str(sys.version_info[:2]),
        str(ROOT),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def recorded() -> tuple[str, bool] | None:
    """The set that stands in `.venv`, whole, and whether it is from the lock of today."""
    if UNFINISHED.exists() or not PYTHON.exists() or not RECORD.exists():
        return None
    record = json.loads(RECORD.read_text("utf-8"))
    return record["set"], record["fingerprint"] == fingerprint(record["set"])


@contextmanager
def alone() -> Iterator[None]:
    """One run at a time; the others wait."""
    with (REQUIREMENTS / "build.txt").open() as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another setup is running in this folder; waiting for it")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def run(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a program to its end, with a line now and then; raises `StepFailedError` with the last it said."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            while True:
                try:
                    process.wait(SAY_EVERY_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    say(f"  ... {time.monotonic() - started:.0f} s")
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode:
            said.seek(0)
            lines = [line for line in said if not line.startswith("WARNING: ")]
            raise StepFailedError("".join(lines[-LINES_SHOWN_ON_FAILURE:]).rstrip())


def pip_index() -> str | None:
    """The package index named in the pip settings of this machine, which uv does not read by itself."""
    if address := os.environ.get("PIP_INDEX_URL"):
        return address
    home = Path.home()
    pages = [Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf"]
    if own := os.environ.get("PIP_CONFIG_FILE"):
        pages.append(Path(own))
    settings = configparser.RawConfigParser()
    settings.read(pages, "utf-8")
    return settings.get("global", "index-url", fallback=None)


def environment_for_programs() -> dict[str, str]:
    """This process's environment without what would send packages elsewhere, and with the index for uv."""
    environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & environment.keys() and (index := pip_index()):
        environment["UV_DEFAULT_INDEX"] = index
    return environment


def begin(*, keep: bool) -> None:
    """An empty `.venv` folder or the one that stands, marked as unfinished."""
    if VENV.exists() and not (keep and PYTHON.exists() and not UNFINISHED.exists()):
        shutil.rmtree(VENV)
    VENV.mkdir(exist_ok=True)
    UNFINISHED.touch()
    RECORD.unlink(missing_ok=True)


def install_with_uv(uv: str, chosen: str, environment: Mapping[str, str]) -> None:
    """Bring `.venv` to exactly the chosen set; raises `StepFailedError`."""
    begin(keep=True)
    if not PYTHON.exists():
        run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(VENV)], environment)
    builders, packages = (str(REQUIREMENTS / f"{name}.txt") for name in ("build", chosen))
    aim = ["--quiet", "--python", str(PYTHON)]
    locked = [*aim, "--require-hashes", "--no-build-isolation"]
    run([uv, "pip", "install", *locked, "-r", builders], environment)
    run([uv, "pip", "sync", *locked, "--compile-bytecode", builders, packages], environment)
    run([uv, "pip", "install", *aim, "--no-deps", "--no-build-isolation", "--offline", "-e", str(ROOT)], environment)


def make_venv_with_pip(environment: Mapping[str, str]) -> None:
    """An empty environment with pip in it, by `venv` or else `virtualenv`; raises `StepFailedError`."""
    makers = [[sys.executable, "-m", "venv"]]
    if program := shutil.which("virtualenv"):
        makers.append([program, "--quiet", "--python", sys.executable])
    makers.append([sys.executable, "-m", "virtualenv", "--quiet"])
    failures = []
    for maker in makers:
        try:
            run([*maker, str(VENV)], environment)
        except StepFailedError as failure:
            failures.append(f"{' '.join(maker)}: {failure}")
            begin(keep=False)
        else:
            return
    reasons = "\n".join(failures)
    raise StepFailedError(f"no environment could be made; install python3-venv (or virtualenv, or uv).\n{reasons}")


def install_with_pip(chosen: str, environment: Mapping[str, str], *, add: bool) -> None:
    """Bring `.venv` to the chosen set, afresh unless it only adds to what stands; raises `StepFailedError`."""
    begin(keep=add and (VENV / "bin" / "pip").exists())
    if not PYTHON.exists():
        make_venv_with_pip(environment)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--progress-bar", "off"]
    pip += ["--disable-pip-version-check", "--root-user-action", "ignore", "--no-deps", "--no-build-isolation"]
    for name in ("build", chosen):
        run([*pip, "--require-hashes", "-r", str(REQUIREMENTS / f"{name}.txt")], environment)
    run([*pip, "--no-index", "-e", str(ROOT)], environment)


def install(chosen: str, *, add: bool) -> None:
    """By uv when there is one and it works, else by pip; raises `StepFailedError`."""
    environment = environment_for_programs()
    count = sum("==" in line for line in (REQUIREMENTS / f"{chosen}.txt").read_text("utf-8").splitlines())
    if uv := shutil.which("uv"):
        say(f"making .venv ({chosen}: {count} packages from the lock) with uv")
        try:
            install_with_uv(uv, chosen, environment)
        except StepFailedError as failure:
            last = str(failure).splitlines()[-1:] or ["no reason given"]
            say(f"uv could not ({last[0].strip()}); going on with pip")
        else:
            return
    say(f"making .venv ({chosen}: {count} packages from the lock) with pip; a few minutes at most")
    install_with_pip(chosen, environment, add=add)


def main(arguments: Sequence[str]) -> int:
    """0 when `.venv` holds the chosen set, 1 when it could not be made, 2 for a set that is none."""
    chosen = arguments[0] if arguments else "dev"
    if chosen not in SETS:
        say(f"there is no set '{chosen}'; there are {', '.join(SETS)}")
        return 2
    started = time.monotonic()
    with alone():
        standing, current = recorded() or (None, False)
        # Who had tools for development keeps them when the lock has changed, whatever is asked for next.
        chosen = max(chosen, standing or chosen, key=SETS.index)
        # Where no bytecode is written, each command would read the whole source anew: three of its four seconds.
        compileall.compile_dir(ROOT / "src", quiet=2)
        if current and standing == chosen:
            say(f"ready (.venv, {standing})")
            return 0
        try:
            install(chosen, add=current)
        except (StepFailedError, PermissionError) as failure:
            say(
                f"failed. What was said:\n{failure}\nsetup: nothing needs cleaning up; correct the cause and run it again"
            )
            return 1
        RECORD.write_text(json.dumps({"set": chosen, "fingerprint": fingerprint(chosen)}), "utf-8")
        UNFINISHED.unlink()
    say(f"done in {time.monotonic() - started:.0f} s (.venv, {chosen})")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        say("interrupted; the next run starts afresh")
        sys.exit(130)
