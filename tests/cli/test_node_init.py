"""Making a node by hand: whole or not at all, its keys closed, its entry as the directory takes it."""

import json

import pytest

from comity.config import load_settings
from comity.entrypoints.cli.approvals import approval_of_software_key
from comity.entrypoints.cli.directory_keeper import read_entry
from comity.trust.directory_format import AuthorityEntry
from comity.vocabulary.identifiers import ActId

DRAFT: ActId = "ab" * 32
INIT = ("--authority", "pt", "--name", "Office", "--country", "PT", "--kind", "state", "--zone", "Europe/Lisbon")


def init_words(folder, *more):
    return ("node", "init", folder, *INIT, "--language", "pt", *more)


def test_a_new_node_has_settings_keys_and_an_entry(init):
    folder = init("pt", "--port", "18001")
    assert load_settings(folder).listen_port == 18001
    entry = read_entry(folder / "entry.json")
    assert isinstance(entry, AuthorityEntry)
    assert [len(keys) for keys in (entry.ledger_keys, entry.witness_keys, entry.agreement_keys)] == [1, 1, 1]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (folder / "keys").iterdir()} == {0o600}


def test_the_next_steps_are_told_with_the_nodes_own_names(comity, tmp_path):
    code, out, _ = comity(*init_words(tmp_path / "pt", "--office", "duty=contact-point", "--officer", "pt.a=duty"))
    assert code == 0
    for words in (f"comity node directory {tmp_path / 'pt'}", f"comity node serve {tmp_path / 'pt'}", "pt.a"):
        assert words in out


def test_a_folder_that_holds_something_is_left_alone(comity, tmp_path):
    (tmp_path / "pt").mkdir()
    (tmp_path / "pt" / "mine").write_text("mine")
    assert comity(*init_words(tmp_path / "pt"))[0] == 1
    assert [path.name for path in (tmp_path / "pt").iterdir()] == ["mine"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("--zone", "Europe/Nowhere"),
        ("--zone", "../../etc/passwd"),
        ("--country", "pt"),
        ("--authority", "PT office"),
        ("--language", "Portuguese"),
        ("--office", "duty"),
        ("--office", "duty=dutiful"),
        ("--officer", "pt.a=nowhere"),
        ("--officer", "pt.a"),
        ("--credential", "pt.a=none.json"),
        ("--endpoint", "http://node.example"),
        ("--threshold", "1"),
        ("--witness", "pt"),
    ],
    ids=" ".join,
)
def test_what_no_directory_or_node_takes_leaves_nothing_behind(comity, tmp_path, wrong):
    code, _, err = comity(*init_words(tmp_path / "pt", *wrong))
    assert code == 1
    assert err.startswith("Not done: ")
    assert list(tmp_path.iterdir()) == []


def test_a_credential_of_somebody_who_is_no_officer_is_refused(comity, tmp_path, init):
    entry = json.loads((init("de", country="DE") / "entry.json").read_text())
    credential = tmp_path / "credential.json"
    credential.write_text(json.dumps(entry["officers"][0]["credentials"][0]))
    code, _, err = comity(*init_words(tmp_path / "pt", "--credential", f"pt.x={credential}"))
    assert (code, (tmp_path / "pt").exists()) == (1, False)
    assert "pt.x" in err


def test_a_passkey_that_was_registered_elsewhere_is_listed(comity, tmp_path, init):
    listed = json.loads((init("de", country="DE") / "entry.json").read_text())["officers"][0]["credentials"][0]
    credential = tmp_path / "credential.json"
    credential.write_text(json.dumps(listed))
    people = ("--office", "duty=contact-point", "--officer", "pt.a=duty", "--credential", f"pt.a={credential}")
    assert comity(*init_words(tmp_path / "pt", *people))[0] == 0
    assert read_entry(tmp_path / "pt" / "entry.json").officers[0].credentials[0].id == listed["id"]


def test_only_a_rehearsal_has_software_keys_and_they_are_named_unsafe(comity, init, tmp_path):
    assert comity(*init_words(tmp_path / "real"))[0] == 0
    assert not list((tmp_path / "real").glob("*UNSAFE*"))
    folder = init("pt")
    assert {path.stat().st_mode & 0o777 for path in (folder / "UNSAFE-software-keys").iterdir()} == {0o600}
    entry = read_entry(folder / "entry.json")
    assert [each.credentials[0].software for each in entry.officers] == [True, True]


def test_a_software_key_approves_as_the_credential_that_the_entry_lists(init):
    folder = init("pt")
    approval = approval_of_software_key(folder / "UNSAFE-software-keys" / "pt.one.json", DRAFT, office="contact-point")
    listed = read_entry(folder / "entry.json").officers[0].credentials[0]
    assert (approval.officer, approval.credential) == ("pt.one", listed.id)


def test_each_node_has_keys_of_its_own(init):
    one, two = (read_entry(init(name) / "entry.json") for name in ("pt", "es"))
    assert one.ledger_keys != two.ledger_keys
    assert one.officers[0].credentials != two.officers[0].credentials


def test_data_are_taken_in_from_the_nodes_own_folder_unless_others_are_named(comity, init, tmp_path):
    folder = init("pt")
    assert load_settings(folder).intake_folders == (folder / "intake",)
    assert (folder / "intake").is_dir()
    comity(*init_words(tmp_path / "es", "--intake", tmp_path / "data"))
    assert load_settings(tmp_path / "es").intake_folders == (tmp_path / "data",)
