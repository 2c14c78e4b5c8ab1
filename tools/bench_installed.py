"""Processes that are measured are as they are installed.

Bytecode is made, and boto3 is not found, which comes with the tests: securesystemslib takes it up wherever it lies, for
signing by a cloud's key store, which nothing here does.
"""

import os
from pathlib import Path


def measure_as_installed(folder: Path) -> None:
    """Holds for every process started from here on, for as long as the folder stands."""
    hidden = folder / "hidden"
    hidden.mkdir()
    (hidden / "boto3.py").write_text("raise ImportError")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ |= {"PYTHONPATH": str(hidden), "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
