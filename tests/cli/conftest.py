"""What the tests of the command line share: running a command in this process, and a node's folder to work on."""

import pytest

from comity.entrypoints.cli.main import main


@pytest.fixture
def comity(capsys, monkeypatch):
    """Runs one command line; gives its exit code, standard output and standard error."""
    for name in ("COMITY_URL", "COMITY_TOKEN_FILE", "COMITY_OFFICE", "COMITY_NODE", "COMITY_DATABASE"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments):
        capsys.readouterr()
        code = main([str(each) for each in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def init(comity, tmp_path):
    """Makes a rehearsing node in the test's folder; gives its folder."""

    def make(name, *more, country="PT", kind="state"):
        folder = tmp_path / name
        office = "provider-desk" if kind == "provider" else "contact-point"
        code, _, err = comity(
            *("node", "init", folder, "--authority", name, "--name", f"Office {name}", "--country", country),
            *("--kind", kind, "--zone", "Europe/Lisbon", "--language", "en", "--office", f"{office}={office}"),
            *("--officer", f"{name}.one={office}", "--officer", f"{name}.two={office}", "--rehearsal", *more),
        )
        assert code == 0, err
        return folder

    return make
