"""`comity verify` as a newcomer meets it: exit codes, the last line, and words instead of traces."""

import hashlib
import json

import pytest
import typer
from typer.testing import CliRunner

from comity.entrypoints.verify.command import verify
from comity.evidence.browser.page import verifier_page
from comity.evidence.dossier import format as layout
from comity.trust.anchors import write_anchor

app = typer.Typer()
app.command()(verify)


@pytest.fixture
def desk(workshop, tmp_path):
    """A folder with a dossier and a trust anchor, and a way to call the command there."""
    (tmp_path / "dossier.zip").write_bytes(workshop.dossier)
    (tmp_path / "trust.json").write_bytes(write_anchor(workshop.federation.anchor()))

    def call(*arguments):
        return CliRunner().invoke(app, [str(tmp_path / each) if "." in each else each for each in arguments])

    call.folder = tmp_path
    return call


def last_line(result):
    return result.stdout.rstrip().splitlines()[-1]


def test_a_valid_dossier_exits_with_0_and_says_so_in_the_last_line(desk):
    result = desk("dossier.zip", "--trust", "trust.json")
    assert result.exit_code == 0
    assert last_line(result).startswith("verdict: valid")
    assert "technical grade" in result.stdout.replace("\n", " ")
    assert "software authenticator" in result.stdout


def test_an_altered_dossier_exits_with_1_and_names_check_and_file_in_the_last_line(desk):
    data = bytearray((desk.folder / "dossier.zip").read_bytes())
    data[data.index(b"letter 2\n")] ^= 4
    (desk.folder / "dossier.zip").write_bytes(data)
    result = desk("dossier.zip", "--trust", "trust.json")
    assert result.exit_code == 1
    assert last_line(result).startswith("verdict: invalid - decided by check 1 (archive, data/exhibits/")
    assert "items/00000002.bin" in last_line(result)


def test_without_an_anchor_it_exits_with_2_and_says_what_to_do(desk):
    result = desk("dossier.zip")
    assert result.exit_code == 2
    assert last_line(result).startswith("verdict: indeterminate")
    assert "is not pinned" in " ".join(result.stdout.split())
    assert "--trust" in result.stdout


@pytest.mark.parametrize(
    "arguments", [("none.zip",), ("dossier.zip", "--trust", "none.json"), ("dossier.zip", "--trust", "dossier.zip")]
)
def test_files_that_cannot_be_read_exit_with_3_and_words(desk, arguments):
    result = desk(*arguments)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "Nothing was judged" in result.stderr
    assert "  do       " in result.stderr


def test_a_folder_in_place_of_a_file_exits_with_3(desk):
    (desk.folder / "folder.d").mkdir()
    assert desk("folder.d").exit_code == 3


def test_json_carries_every_check_and_the_verdict(desk):
    result = desk("dossier.zip", "--trust", "trust.json", "--json")
    report = json.loads(result.stdout)
    assert report["verdict"] == "valid"
    assert [check["number"] for check in report["checks"]] == list(range(1, 13))
    assert report["subject"]["case"] == "c0" * 16
    assert desk("dossier.zip", "--json").exit_code == 2


def test_text_from_a_dossier_is_neither_markup_nor_a_control_sequence(desk, workshop):
    hostile = workshop.altered({"data/[bold]x[/bold].txt".replace("[", "-").replace("]", "-").replace("/b", "b"): b""})
    (desk.folder / "dossier.zip").write_bytes(hostile)
    path = layout.act_path(workshop.acts.opened)
    broken = workshop.files[path].replace(b'"signatures"', b'"\\u001b[31m[red]"')
    (desk.folder / "broken.zip").write_bytes(workshop.altered({path: broken}))
    for name in ("dossier.zip", "broken.zip"):
        result = desk(name, "--trust", "trust.json")
        assert result.exit_code == 1
        assert "\x1b" not in result.stdout
        assert "\u202e" not in result.stdout


def test_every_line_fits_a_terminal_of_eighty_columns_but_names_and_the_verdict(desk):
    lines = desk("dossier.zip", "--trust", "trust.json").stdout.splitlines()
    too_long = [line for line in lines if len(line) > 80 and ".zip" not in line and ".json" not in line]
    assert [
        line for line in too_long if not line.lstrip().startswith(("directory root", "2 of 2", "says", "with"))
    ] == []


def test_html_writes_the_page_for_browsers_and_says_its_hash_and_needs_no_dossier(desk):
    result = desk("--html", "page.html")
    assert result.exit_code == 0
    page = (desk.folder / "page.html").read_bytes()
    assert page == verifier_page()
    assert result.stdout.split()[0] == hashlib.sha256(page).hexdigest()


def test_html_beside_a_dossier_judges_it_too_and_leaves_json_clean(desk):
    result = desk("dossier.zip", "--trust", "trust.json", "--html", "page.html", "--json")
    assert (desk.folder / "page.html").exists()
    assert json.loads(result.stdout)["verdict"] == "valid"


@pytest.mark.parametrize("arguments", [(), ("--html", "folder.d/page.html"), ("--trust", "trust.json")])
def test_with_nothing_to_judge_or_nowhere_to_write_it_exits_with_3(desk, arguments):
    result = desk(*arguments)
    assert result.exit_code == 3
    assert "Nothing was judged" in result.stderr
