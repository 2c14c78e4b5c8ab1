"""Settings: everything wrong is said at once, nothing unknown is let through, no secret is in the file or in an error."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from comity.config import Limits, NodeSettings, load_settings, variables
from comity.vocabulary.errors import BrokenInputError, ErrorCode

ROOT = Path(__file__).parents[2]
LEAST = 'authority = "pt"\npublic_endpoint = "https://pt.example/comity/"\n'


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def load(folder: Path, text: str = LEAST) -> NodeSettings:
    (folder / "node.toml").write_text(text)
    return load_settings(folder)


def refused(folder: Path, text: str) -> BrokenInputError:
    with pytest.raises(BrokenInputError) as caught:
        load(folder, text)
    return caught.value


def test_a_folder_without_a_node_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(BrokenInputError) as caught:
        load_settings(tmp_path)
    assert caught.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('colour = "red"', "colour"),
        ("[limits]\nspeed = 1", "limits.speed"),
        ('folder = "/"', "folder"),
        ("listen_port = 0", "listen_port"),
        ("listen_port = 70000", "70000"),
        ('listen_port = "http"', "listen_port"),
        ('database = "sqlite:///x"', "postgresql://"),
        ("checkpoint_seconds = 0", "checkpoint_seconds"),
        ("padding_multiple = 0", "padding_multiple"),
        ('witnesses = ["Über"]', "witnesses"),
        ('witnesses = ["pt"]', "own ledger"),
        ('witnesses = ["ov", "ov"]', "each once"),
        ("witness_threshold = 1", "more co-signatures"),
        ('tls_key = "key.pem"', "both or neither"),
        ('unsafe_clock_offset_file = "offset"', "only with unsafe_rehearsal"),
        ("worker_in_process = 7", "worker_in_process"),
        ("token_hours = 0", "token_hours"),
        ("token_hours = 169", "168 but in a rehearsal"),
        ('evidence_endpoint = "https://s3.example"', "all or none"),
        ('evidence_bucket = "b"\nevidence_account = "a"', "all or none"),
        ('evidence_endpoint = "http://s3.example"\nevidence_bucket = "b"\nevidence_account = "a"', "only on loopback"),
        ('evidence_endpoint = "https://a:b@s3.example"\nevidence_bucket = "b"\nevidence_account = "a"', "without user"),
        ('evidence_secret = "s3cret"', "evidence_secret"),
        ("[limits]\ndesk_threads = 0", "limits.desk_threads"),
        ("authority = 'again'", "TOML"),
        ("= 1", "TOML"),
    ],
)
def test_a_wrong_setting_is_refused_and_named(tmp_path: Path, line: str, said: str) -> None:
    error = refused(tmp_path, LEAST + line + "\n")
    assert error.code is ErrorCode.MALFORMED
    assert said in f"{error.what} {error.found}"


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "pt.example",
        "ftp://pt.example",
        "https://",
        "https://u:p@pt.example",
        "https://pt.example/?x=1",
        "http://pt.example",
    ],
)
def test_a_public_endpoint_that_peers_could_not_use_is_refused(tmp_path: Path, endpoint: str) -> None:
    assert "public_endpoint" in refused(tmp_path, f'authority = "pt"\npublic_endpoint = "{endpoint}"\n').found


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMITY_LISTN_PORT", "1")
    found = refused(tmp_path, 'listen_port = 0\ncolour = "red"\n').found
    for word in ("COMITY_LISTN_PORT", "listen_port", "colour", "authority", "public_endpoint"):
        assert word in found


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://comity:sesame@db/pt",
        "postgresql://db/pt?user=x&password=sesame",
        "postgres://c:sesame@/pt?host=/run",
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    error = refused(tmp_path, LEAST + f'database = "{url}"\n')
    assert error.code is ErrorCode.NOT_ALLOWED
    assert "sesame" not in f"{error} {error.what} {error.found} {error.expected} {error.do}"


def test_a_database_address_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMITY_DATABASE", "postgresql://comity:sesame@db/pt")
    settings = load(tmp_path)
    assert settings.database.endswith("sesame@db/pt")
    assert "sesame" not in f"{settings!r} {settings}"
    monkeypatch.setenv("COMITY_DATABASE", "mysql://comity:sesame@db/pt")
    assert "sesame" not in refused(tmp_path, LEAST).found


def test_an_unknown_variable_is_refused_whatever_its_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("comity_listen_prt", "1")
    assert "comity_listen_prt" in refused(tmp_path, LEAST).found


def test_the_variable_that_names_the_folder_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMITY_NODE", str(tmp_path))
    assert load(tmp_path).authority == "pt"


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMITY_LISTEN_PORT", "9000")
    monkeypatch.setenv("COMITY_LIMITS__DESK_THREADS", "3")
    monkeypatch.setenv("COMITY_WITNESSES", '["oversight", "de"]')
    settings = load(tmp_path, LEAST + "listen_port = 8000\n[limits]\ndesk_threads = 4\npeer_connections = 2\n")
    assert (settings.listen_port, settings.limits.desk_threads, settings.limits.peer_connections) == (9000, 3, 2)
    assert settings.witnesses == ("oversight", "de")


def test_the_least_a_node_needs_is_its_name_and_its_address(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.authority == "pt"
    assert settings.public_endpoint == "https://pt.example/comity"
    assert settings.database == "embedded"
    assert not settings.unsafe_rehearsal


def test_paths_start_at_the_nodes_folder(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST + 'tls_certificate = "tls/node.pem"\ntls_key = "/elsewhere/key.pem"\n')
    assert settings.folder == tmp_path
    assert settings.tls_certificate == tmp_path / "tls" / "node.pem"
    assert settings.tls_key == Path("/elsewhere/key.pem")
    assert settings.keys_folder == tmp_path / "keys"


def test_a_rehearsal_may_use_http_and_a_moved_clock(tmp_path: Path) -> None:
    text = (
        'authority = "pt"\npublic_endpoint = "http://pt.example"\n'
        'unsafe_rehearsal = true\nunsafe_clock_offset_file = "offset"\n'
    )
    assert load(tmp_path, text).unsafe_clock_offset_file == tmp_path / "offset"


def test_settings_can_not_be_changed(tmp_path: Path) -> None:
    settings = load(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.listen_port = 1


def test_every_setting_is_described() -> None:
    for fields in (NodeSettings.model_fields, Limits.model_fields):
        for name, field in fields.items():
            assert (field.description or "").endswith("."), name


def test_dangerous_settings_are_named_dangerous() -> None:
    named = {name for name in NodeSettings.model_fields if name.startswith("unsafe_")}
    warned = {name for name, field in NodeSettings.model_fields.items() if "UNSAFE" in (field.description or "")}
    assert named == warned


def test_the_page_of_settings_is_the_one_made_from_them() -> None:
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == generator().page(), "run tools/settings_doc.py"


def test_the_page_names_every_setting_and_its_example_loads(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert {name for name in variables() if f"`{name}`" not in page} == {"COMITY_LIMITS"}
    example = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert example is not None
    assert load(tmp_path, example[1]).limits.desk_threads == 16


def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("settings_doc", ROOT / "tools" / "settings_doc.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
