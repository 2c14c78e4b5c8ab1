"""The command line as a newcomer meets it: quick, without a node, and never with a traceback for what is expected."""

import re
import subprocess
import sys

import pytest

from comity.entrypoints.cli.exits import ExitCode
from comity.entrypoints.cli.main import NODE_EXTRA, app

WITHOUT_THE_EXTRA = f"""
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {set(NODE_EXTRA)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from comity.entrypoints.cli.main import main
sys.exit(main(sys.argv[1:]))
"""

JUDGING = {"tuf", "pyrage", "webauthn"}


def python(program, *arguments):
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False, timeout=240
    )


def commands(group, path=()):
    """Every command's words, groups walked through."""
    from typer.main import get_group

    click = get_group(group)

    def walk(one, words):
        inside = getattr(one, "commands", None)
        if inside is None:
            yield words
            return
        for name, each in inside.items():
            yield from walk(each, (*words, name))

    return list(walk(click, path))


def loaded(program, *arguments, out_of):
    """What a program has loaded of these at its end."""
    said = f"import sys; print('\\nloaded', *sorted({set(out_of)!r} & set(sys.modules)))"
    return python(f"{program}\n{said}", *arguments).stdout.splitlines()[-1].split()[1:]


def test_help_imports_no_part_of_a_node_and_no_cryptography():
    program = "from comity.entrypoints.cli.main import main; main(['--help'])"
    assert loaded(program, out_of={*NODE_EXTRA, "pydantic", "cryptography", *JUDGING}) == []


def test_a_command_that_says_little_loads_nothing_that_draws():
    assert loaded("import comity.entrypoints.cli.main", out_of={"rich", "cryptography"}) == []


def test_an_officers_command_loads_no_part_of_a_node(tmp_path):
    token = tmp_path / "token"
    token.touch(mode=0o600)
    token.write_text("token")
    program = "import sys; from comity.entrypoints.cli.main import main; assert main(sys.argv[1:]) == 4"
    words = ("case", "list", "--url", "http://127.0.0.1:9", "--token-file", str(token))
    assert loaded(program, *words, out_of={*NODE_EXTRA, *JUDGING}) == []


def test_a_node_that_is_opened_loads_nothing_that_it_may_never_use():
    program = "import comity.bootstrap.running, comity.entrypoints.cli.node_processes"
    assert loaded(program, out_of={"obstore", "PIL", "pypdfium2", "pyhanko", "typst", "webauthn", "rich"}) == []


@pytest.mark.parametrize("words", commands(app), ids=" ".join)
def test_every_command_explains_itself(comity, words):
    code, out, err = comity(*words, "--help")
    assert (code, err) == (0, "")
    assert f"comity {' '.join(words)}" in out
    shown = re.sub(r"\W+", " ", out)
    assert len(shown.split()) > 10


def test_help_names_where_each_kind_of_reader_begins(comity):
    out = comity("--help")[1]
    shown = " ".join(out.split())
    assert all(each in shown for each in ("For everyone", "For officers", "For operators", "comity verify --help"))


def test_a_command_that_is_none_is_a_misuse_and_no_traceback(comity):
    code, _, err = comity("nonsense")
    assert code == ExitCode.MISUSED
    assert "Traceback" not in err


@pytest.mark.parametrize("words", [("--help",), ("verify", "--help"), ("law", "instruments"), ("case", "example")])
def test_what_needs_no_node_works_on_the_base_install(words):
    done = python(WITHOUT_THE_EXTRA, *words)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "words",
    [
        ("node", "serve", "nowhere"),
        ("node", "worker", "nowhere"),
        ("node", "token", "nowhere", "x"),
        ("node", "recover", "nowhere"),
        ("check", "nowhere"),
        ("backup", "nowhere", "--to", "x"),
        ("restore", "nowhere", "--from", "x"),
        ("keys", "rotate", "nowhere", "seal"),
    ],
    ids=" ".join,
)
def test_what_needs_the_node_says_so_in_one_line_on_the_base_install(words):
    done = python(WITHOUT_THE_EXTRA, *words)
    assert done.returncode == ExitCode.NEEDS_NODE_EXTRA
    assert done.stderr.startswith("This command needs the node: pip install 'comity[node]'")
    assert done.stderr.count("\n") == 1


def test_a_module_of_ours_that_is_missing_is_not_taken_for_the_missing_extra(monkeypatch):
    from comity.entrypoints.cli import main as entry

    def broken(**_):
        raise ModuleNotFoundError("No module named 'comity.gone'", name="comity.gone")

    monkeypatch.setattr(entry, "app", broken)
    with pytest.raises(ModuleNotFoundError):
        entry.main([])


def test_verify_keeps_its_own_exit_codes(comity, tmp_path):
    code, _, err = comity("verify", tmp_path / "none.zip")
    assert code == 3
    assert "Nothing was judged" in err
