"""What was delivered beyond its scope, at a real node: who gets to it, how it leaves, and that destroyed means gone.

A case is played until the exhibit with one item too many and two that lie about their time has been received.
"""

import io
import shutil
import subprocess
import sysconfig
import venv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from rich.console import Console

from comity.acts import bodies as b
from comity.acts.classes import ActType
from comity.acts.matters import Condition, PartDecision, ScopePart
from comity.adapters.objects.rehearsal import UnsafeFaults, UnsafeRehearsal
from comity.casework.custody.consult import ItemPage
from comity.casework.custody.quarantine import AsideLine
from comity.entrypoints.cli.main import main
from comity.entrypoints.cli.quarantine_pages import AsideShown
from comity.entrypoints.demo import play
from comity.entrypoints.demo.cast import DE, OVERSIGHT, PROVIDER, PT
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import Stage
from comity.entrypoints.demo.play_end import dossier
from comity.entrypoints.demo.sample_evidence import write_sample
from comity.entrypoints.demo.timeline import Timeline
from comity.evidence.checks.verdicts import Verdict
from comity.evidence.checks.verify import verify_dossier
from comity.ledger.tree import leaf_hashes, root_of
from comity.trust.anchors import read_anchor
from comity.vocabulary.categories import DataCategory

FILTER = "pt.neves"
INVESTIGATORS = ("pt.marques", "pt.lopes", "pt.silva", "pt.costa", "pt.ramos")


@pytest.fixture(scope="module")
def stage(federation: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    out = tmp_path_factory.mktemp("quarantine")
    write_sample(out / "sample", messages=40, log_lines=500, blob_mib=1)
    stage = Stage(federation, Timeline(Console(file=io.StringIO(), width=200)), out / "sample", out)
    rehearsal = UnsafeRehearsal(federation.endpoints[PROVIDER].folder)
    lies = dict.fromkeys(play.misdated(stage), datetime(2026, 10, 15, tzinfo=UTC))
    rehearsal.write(UnsafeFaults(slip_in=play.slipped_in(stage), misdated=lies))
    for step in (play.draft_and_approve, play.send, play.hold, play.request_disclosure, play.disclose):
        step(stage)
    yield stage
    rehearsal.write(UnsafeFaults())


@pytest.fixture(scope="module")
def exhibit(stage: Stage) -> str:
    (name,) = stage.reader(PT).client.get(f"/api/cases/{stage.case}")["state"]["exhibits"]
    return str(name)


def told(stage: Stage, kind: ActType, node: str = PT) -> list[Any]:
    return [play.body_of(stage, node, str(line["act"])) for line in stage.acts(node, kind)]


def words(stage: Stage, exhibit: str, officer: Any, **more: object) -> dict[str, object]:
    return {"case": stage.case, "exhibit": exhibit, "office": officer.office, **more}


def refused(call: Callable[[], object]) -> Any:
    with pytest.raises(NodeRefusedError) as caught:
        call()
    return caught.value.refusal["code"]


def listed(stage: Stage) -> list[Any]:
    neves = stage.officer(FILTER)
    content, _ = neves.client.call("GET", f"/api/quarantine?office={neves.office}")
    return list(msgspec.json.decode(content))


def aside_rows(stage: Stage) -> list[tuple[bytes, str]]:
    query = "SELECT exhibit, role FROM comity_exhibitkey WHERE \"case\" = decode(%s, 'hex') ORDER BY role"
    with psycopg.connect(stage.federation.endpoints[PT].database) as connection:
        return [(bytes(row[0]), str(row[1])) for row in connection.execute(query, [stage.case])]


def root_in_store(stage: Stage, exhibit: str) -> str:
    """The root over the objects of what may be looked at of the exhibit, from their bytes as they lie in the store."""
    query = (
        "SELECT digest FROM comity_exhibitobject JOIN comity_exhibitkey ON key_id = comity_exhibitkey.id "
        "WHERE exhibit = decode(%s, 'hex') AND role = 'received' ORDER BY place"
    )
    with psycopg.connect(stage.federation.endpoints[PT].database) as connection:
        _manifest, *objects = [bytes(row[0]).hex() for row in connection.execute(query, [exhibit])]
    stored = {path.name: path for path in stage.federation.endpoints[PT].folder.rglob("*") if path.is_file()}
    return root_of(leaf_hashes(sha256(stored[name].read_bytes()).digest() for name in objects)).hex()


def test_the_takers_act_names_the_objects_that_lie_in_the_store_once_items_were_set_aside(stage, exhibit):
    (received,) = (each for each in told(stage, ActType.EXHIBIT_RECEIVED) if each["opened"])
    assert received["remaining"] == root_in_store(stage, exhibit) != received["objects_root"]
    custody: Any = stage.officer("pt.lopes").client.get(f"/api/exhibits/{exhibit}/custody")
    touches = [touch for touch in custody["pages"][0]["touches"] if touch["authority"] == PT]
    assert touches[0]["before"] == f"objects {received['objects_root']}"
    assert {touch["after"] for touch in touches} == {f"objects {received['remaining']}"}


@pytest.mark.parametrize("name", INVESTIGATORS)
def test_whoever_works_on_the_case_or_investigates_is_kept_out_and_each_try_is_on_record(stage, exhibit, name):
    officer = stage.officer(name)
    tries = len(told(stage, ActType.OPENING_REFUSED))
    assert refused(lambda: officer.client.get(f"/api/quarantine?office={officer.office}")) in (
        "investigator",
        "not-permitted",
    )
    look = words(stage, exhibit, officer, purpose="scope-review")
    assert refused(lambda: officer.client.post("/api/quarantine-looks", look)) in ("investigator", "not-permitted")
    decide = words(stage, exhibit, officer, decision="destroy", reason="not-covered")
    assert refused(lambda: officer.client.post("/api/quarantine-decisions", decide)) in (
        "investigator",
        "not-permitted",
    )
    assert len(told(stage, ActType.OPENING_REFUSED)) == tries + 1


@pytest.mark.parametrize("purpose", ["", "curiosity", "same-investigation"])
def test_a_filter_officer_without_a_purpose_of_a_filter_team_sees_nothing(stage, exhibit, purpose):
    neves = stage.officer(FILTER)
    look = words(stage, exhibit, neves, purpose=purpose)
    assert refused(lambda: neves.client.post("/api/quarantine-looks", look)) == "no-purpose"
    assert told(stage, ActType.OPENING_REFUSED)[-1]["purpose"] == purpose
    assert told(stage, ActType.QUARANTINE_OPENED) == []


def test_the_list_counts_and_says_when_the_office_itself_wants_it_gone(stage, exhibit):
    (line,) = [each for each in listed(stage) if each["case"] == stage.case]
    assert (line["exhibit"], line["items"]) == (exhibit, 3)
    assert dict(line["codes"]) == {"out-of-scope": 1, "descriptor-differs": 2}
    (term,) = told(stage, ActType.QUARANTINE_TERM_SET)
    assert (term["rule"], term["days"]) == ("office-rule", 90)
    assert line["until"] == term["until"]
    # The worker looks at the case when the term is over.
    due = "SELECT next_due FROM comity_case WHERE id = decode(%s, 'hex')"
    with psycopg.connect(stage.federation.endpoints[PT].database) as connection:
        ((at,),) = connection.execute(due, [stage.case]).fetchall()
    assert at == datetime.fromisoformat(term["until"])
    assert stage.acts(DE, ActType.QUARANTINE_TERM_SET) == []


def looked(stage: Stage, exhibit: str) -> tuple[AsideLine, ...]:
    neves = stage.officer(FILTER)
    look = words(stage, exhibit, neves, purpose="scope-review")
    content, _ = neves.client.call("POST", "/api/quarantine-looks", look)
    return msgspec.json.decode(content, type=AsideShown).lines


def test_a_look_for_a_purpose_shows_what_was_put_aside_and_is_on_record(stage, exhibit):
    before = len(told(stage, ActType.QUARANTINE_OPENED))
    lines = looked(stage, exhibit)
    names = {each.descriptor.name for each in lines}
    assert names == {*play.misdated(stage), *(name for name in names if name.startswith("access.log/2026-10-02/"))}
    assert sorted(each.code for each in lines) == ["descriptor-differs", "descriptor-differs", "out-of-scope"]
    neves = stage.officer(FILTER)
    one = words(stage, exhibit, neves, purpose="scope-review", item=lines[0].item)
    content, _ = neves.client.call("POST", "/api/quarantine-openings", one)
    assert any(content in path.read_bytes() for path in stage.evidence.iterdir())
    acts = told(stage, ActType.QUARANTINE_OPENED)
    assert [each["item"] for each in acts[before:]] == [None, lines[0].item]
    assert stage.acts(DE, ActType.QUARANTINE_OPENED) == []


def command(stage: Stage, name: str, folder: Path, *words: object) -> int:
    officer = stage.officer(name)
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(officer.client._token)
    options = ["--url", stage.federation.endpoints[PT].url, "--token-file", token, "--office", officer.office]
    return main([str(each) for each in ("quarantine", *words, *options)])


def test_the_same_on_the_command_line(stage, exhibit, tmp_path, capsys):
    assert command(stage, FILTER, tmp_path, "list") == 0
    assert exhibit in capsys.readouterr().out
    assert command(stage, FILTER, tmp_path, "open", stage.case, exhibit, "--purpose", "scope-review") == 0
    shown = capsys.readouterr().out
    item = next(line.item for line in looked(stage, exhibit))
    assert item in shown
    file = tmp_path / "item"
    one = ("open", stage.case, exhibit, "--purpose", "scope-review", "--item", item, "--to", file)
    assert command(stage, FILTER, tmp_path, *one) == 0
    assert file.stat().st_size > 0
    capsys.readouterr()
    assert command(stage, FILTER, tmp_path, "decide", stage.case, exhibit) != 0
    assert command(stage, FILTER, tmp_path, "decide", stage.case, exhibit, "--destroy", "whim") != 0
    for name in ("pt.marques", "pt.ramos"):
        assert command(stage, name, tmp_path, "open", stage.case, exhibit, "--purpose", "scope-review") != 0
        assert command(stage, name, tmp_path, "decide", stage.case, exhibit, "--destroy", "not-covered") != 0
        assert "quarantine" in capsys.readouterr().err


def decided(stage: Stage, exhibit: str, *, purpose: str = "grant-review", **more: object) -> Any:
    neves = stage.officer(FILTER)
    return neves.client.post("/api/quarantine-decisions", words(stage, exhibit, neves, purpose=purpose, **more))


@pytest.mark.parametrize("purpose", ["", "curiosity", "same-investigation"])
def test_a_filter_officer_without_a_purpose_of_a_filter_team_decides_nothing(stage, exhibit, purpose, census):
    with census.adds(pt=()):
        destroy = {"decision": "destroy", "reason": "not-covered", "purpose": purpose}
        assert refused(lambda: decided(stage, exhibit, **destroy)) == "no-purpose"


def copied(stage: Stage, exhibit: str, item: str, **how: object) -> Any:
    """A redacted copy by the filter team of an item that lies aside."""
    neves = stage.officer(FILTER)
    asked = words(stage, exhibit, neves, item=item, aside=True, purpose="privilege-review", **how)
    return neves.client.post("/api/redactions", asked)


def copy_read(stage: Stage, name: str, derived: str, purpose: str) -> tuple[bytes, Any]:
    officer = stage.officer(name)
    asked = {"case": stage.case, "derived": derived, "office": officer.office, "purpose": purpose}
    content, headers = officer.client.call("POST", "/api/derived-openings", asked)
    return bytes(content), headers


def in_log(each: AsideLine) -> bool:
    return each.descriptor is not None and each.descriptor.name.startswith("access.log/")


def test_a_filter_team_redacts_what_lies_aside_and_nothing_else_and_stays_a_filter_team(stage, exhibit):
    lines = looked(stage, exhibit)
    log = next(each.item for each in lines if in_log(each))
    mail = next(each.item for each in lines if not in_log(each))
    neves, marques = stage.officer(FILTER), stage.officer("pt.marques")
    # 1. Nothing of the case, also when it calls it quarantined; no investigator in quarantine.
    page = marques.client.get(f"/api/cases/{stage.case}/exhibits/{exhibit}")
    lies: Any = next(each for each in page["lines"])["item"]
    removals = [{"reason": "privilege", "words": ["GET"]}]
    ordinary = words(stage, exhibit, neves, item=lies, removals=removals, purpose="same-investigation")
    assert refused(lambda: neves.client.post("/api/redactions", ordinary)) == "not-permitted"
    with pytest.raises(NodeRefusedError) as caught:
        copied(stage, exhibit, lies, removals=removals)
    assert caught.value.refusal["code"] == "not-found"
    theirs = words(stage, exhibit, marques, item=log, removals=removals, aside=True, purpose="privilege-review")
    assert refused(lambda: marques.client.post("/api/redactions", theirs)) == "investigator"
    # 2. Two copies; each is an act of looking, then one of redacting, and de hears of neither.
    for item, removed in ((log, removals), (mail, [{"reason": "privilege", "fields": ["subject"]}])):
        made = copied(stage, exhibit, item, removals=removed)
        assert play.body_of(stage, PT, made["act"])["aside"] is True
        assert play.body_of(stage, PT, made["opening"])["item"] == item
        # 3. The copy lies where its original lies.
        content, said = copy_read(stage, FILTER, made["derived"], "privilege-review")
        assert (b"[removed: privilege]" in content, said["Comity-Supplier-Told"]) == (True, "false")
        for purpose in ("privilege-review", "same-investigation"):
            assert (
                refused(lambda made=made, purpose=purpose: copy_read(stage, "pt.marques", made["derived"], purpose))
                == "investigator"
            )
    assert stage.acts(DE, ActType.ITEM_OPENED) == []
    # 4. Still of the filter team.
    assert looked(stage, exhibit)


def test_nothing_is_released_but_under_a_further_grant(stage, exhibit, census):
    release = {"decision": "release", "reason": "supplementary-grant"}
    others = [None, "0" * 64]
    others += [
        str(line["act"])
        for kind in (ActType.DISCLOSURE_DECIDED, ActType.DISCLOSURE_REQUESTED)
        for line in stage.acts(PT, kind)
    ]
    with census.adds(pt=()):
        for grant in others:
            assert refused(lambda grant=grant: decided(stage, exhibit, grant=grant, **release)) == "no-extension"
        assert refused(lambda: decided(stage, exhibit, decision="destroy", reason="term-over")) == "no-such-reason"


def supplement(stage: Stage, *parts: ScopePart) -> str:
    """A further request of pt's for these parts of the hold, which de grants; the act of the grant at pt."""
    grants = len(stage.acts(PT, ActType.DISCLOSURE_DECIDED))
    held = stage.await_act(PT, ActType.PRESERVATION_CONFIRMED)

    def ask(officer: Any) -> Any:
        body = msgspec.structs.replace(_request(officer, held), scope=parts)
        return officer.draft(play.BUDAPEST, body, case=stage.case, to=[DE], re=[held])

    stage.approved("pt.marques", "pt.lopes", ask)
    stage.await_act(DE, ActType.DISCLOSURE_REQUESTED, count=grants + 1)
    request = str(stage.acts(DE, ActType.DISCLOSURE_REQUESTED)[-1]["act"])
    body = b.DisclosureDecided(
        tuple(PartDecision(part.label, granted=True) for part in parts), (Condition("account-of-use"),)
    )
    stage.approved(
        "de.vogel",
        "de.richter",
        lambda officer: officer.draft(play.BUDAPEST, body, case=stage.case, to=[PT], re=[request]),
    )
    stage.await_act(PT, ActType.DISCLOSURE_DECIDED, count=grants + 1)
    return str(stage.acts(PT, ActType.DISCLOSURE_DECIDED)[-1]["act"])


def _request(officer: Any, held: str) -> b.DisclosureRequested:
    return b.DisclosureRequested(
        measure="stored-data-assistance",
        hold=held,
        requesting=play._contact(officer),
        offence=play._offence(),
        facts=play.FACTS,
        necessity="The log of that day shows where the intruder came from.",
        purpose="same-investigation",
    )


def test_a_grant_that_covers_none_of_it_releases_none_of_it(stage, exhibit, census):
    grant = supplement(stage, ScopePart("elsewhere", (DataCategory.SUBSCRIBER,)))
    before = aside_rows(stage)
    with census.adds(pt=()):
        release = {"decision": "release", "reason": "supplementary-grant", "grant": grant}
        assert refused(lambda: decided(stage, exhibit, **release)) == "not-covered"
    assert aside_rows(stage) == before


def test_a_further_grant_releases_what_it_covers_and_the_supplier_hears_a_count_and_a_code(stage, exhibit, census):
    grant = supplement(
        stage, ScopePart("the log of one day", (DataCategory.TRAFFIC,), names=("access.log/2026-10-02",))
    )
    outcome = decided(stage, exhibit, decision="release", reason="supplementary-grant", grant=grant)
    assert (outcome["items"], outcome["left"]) == (1, 2)
    stage.await_act(DE, ActType.QUARANTINE_RESOLVED)
    (notice,) = told(stage, ActType.QUARANTINE_RESOLVED, DE)
    assert {name: value for name, value in notice.items() if name not in ("type", "exhibit")} == {
        "decision": "release",
        "reason": "supplementary-grant",
        "items": 1,
        "objects": 0,
    }
    marques = stage.officer("pt.marques")
    content, _ = marques.client.call("GET", f"/api/cases/{stage.case}/exhibits/{outcome['released']}")
    (line,) = msgspec.json.decode(content, type=ItemPage).lines
    assert line.descriptor.name.startswith("access.log/2026-10-02/")
    look = words(stage, outcome["released"], marques, item=line.item, purpose="same-investigation", reasons="")
    content, _ = marques.client.call("POST", "/api/openings", look)
    assert content in (stage.evidence / "access.log").read_bytes()
    left = looked(stage, exhibit)
    assert {each.descriptor.name for each in left} == set(play.misdated(stage))
    # The copy of what was released has come into the case with it, and is no more for the filter team; the other has not.
    log, mail = (each["derived"] for each in told(stage, ActType.ITEM_REDACTED))
    content, _ = copy_read(stage, "pt.marques", log, "same-investigation")
    assert b"[removed: privilege]" in content
    assert play.body_of(stage, PT, stage.seen(PT, ActType.ITEM_OPENED)[-1]["act"])["exhibit"] == outcome["released"]
    assert refused(lambda: copy_read(stage, FILTER, log, "privilege-review")) == "not-permitted"
    assert refused(lambda: copy_read(stage, "pt.marques", mail, "same-investigation")) == "investigator"
    census.assert_sound(PT)


def test_the_custody_of_what_was_released_begins_with_the_decision_and_goes_back_to_the_hold(stage, exhibit):
    lopes = stage.officer("pt.lopes")
    released = next(each["released"] for each in told(stage, ActType.QUARANTINE_DECIDED) if each["released"])
    pages: Any = lopes.client.get(f"/api/exhibits/{released}/custody")["pages"]
    assert pages[0]["touches"][0]["kind"] == "received"
    assert "quarantine" in pages[0]["touches"][0]["what"]
    assert pages[0]["touches"][0]["after"] == f"objects {root_in_store(stage, released)}"
    assert pages[0]["holder"] == PT
    assert not [finding for page in pages for finding in page["findings"] if not finding["open"]]
    assert len(pages) == 2
    came: Any = lopes.client.get(f"/api/exhibits/{exhibit}/custody")["pages"]
    assert [touch["what"] for touch in came[0]["touches"] if touch["kind"] == "set-aside"][-1].endswith(
        "(supplementary-grant)"
    )


def test_what_was_released_once_is_not_released_again(stage, exhibit):
    grant = str(stage.acts(PT, ActType.DISCLOSURE_DECIDED)[-1]["act"])
    release = {"decision": "release", "reason": "supplementary-grant", "grant": grant}
    assert refused(lambda: decided(stage, exhibit, **release)) == "not-covered"


@pytest.fixture(scope="module")
def exported(stage: Stage) -> Path:
    """The dossier of the case as the node exports it."""
    dossier(stage)
    return stage.out / "dossier.zip"


def test_a_dossier_with_released_items_holds_before_the_verifier(stage, exported):
    anchor = read_anchor((stage.out / "trust.json").read_bytes())
    report = verify_dossier(io.BytesIO(exported.read_bytes()), anchor, datetime.now(UTC) + timedelta(days=30))
    assert report.verdict is Verdict.VALID, report.deciding


@pytest.fixture
def bag(exported: Path, tmp_path: Path) -> Path:
    """The exported dossier, unpacked."""
    shutil.unpack_archive(exported, tmp_path)
    return tmp_path / "dossier"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has the judges' own libraries and none of our code, as on a machine that never saw it."""
    place = tmp_path_factory.mktemp("judges")
    venv.create(place, with_pip=False, symlinks=True)
    (libraries,) = place.glob("lib/python3.*/site-packages")
    (libraries / "judges.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    python = place / "bin" / "python"
    if alone(python, "-I", "-c", "import comity").returncode == 0:
        pytest.skip("our code is installed beside the judges' libraries")
    return python


def alone(*command: Path | str) -> subprocess.CompletedProcess[str]:
    """The program with an empty environment."""
    return subprocess.run([*command], env={}, capture_output=True, text=True, check=False)


def script(name: str) -> Path:
    return Path(sysconfig.get_path("scripts")) / name


def test_bagit_as_a_program_accepts_the_exported_dossier_where_our_code_is_not(bag, elsewhere):
    done = alone(elsewhere, "-I", script("bagit.py"), "--validate", bag)
    assert done.returncode == 0, done.stderr
    assert "is valid" in done.stderr


def test_bagit_as_a_program_refuses_it_with_one_byte_more(bag, elsewhere):
    with (bag / "data/index.txt").open("ab") as index:
        index.write(b"!")
    assert alone(elsewhere, "-I", script("bagit.py"), "--validate", bag).returncode != 0


@pytest.mark.parametrize("manifest", ["manifest-sha256.txt", "tagmanifest-sha256.txt"])
def test_sha256sum_accepts_the_exported_dossier_and_no_other_bytes(bag, manifest):
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("this machine has no sha256sum")

    def accepts() -> bool:
        command = [tool, "-c", "--strict", "--quiet", manifest]
        return subprocess.run(command, env={}, cwd=bag, capture_output=True, check=False).returncode == 0

    assert accepts()
    name = (bag / manifest).read_text().splitlines()[0].split("  ", 1)[1]
    with (bag / name).open("ab") as altered:
        altered.write(b"!")
    assert not accepts()


def test_case_validate_accepts_the_graph_of_the_exported_dossier_where_our_code_is_not(bag, elsewhere):
    done = alone(elsewhere, "-I", script("case_validate"), bag / "data/provenance.jsonld")
    assert (done.returncode, "Conforms: True" in done.stdout) == (0, True), done.stderr
    graph = (bag / "data/provenance.jsonld").read_bytes()
    assert b'"uco-observable:sizeInBytes":' in graph
    (bag / "spoilt.jsonld").write_bytes(
        graph.replace(b'"uco-observable:sizeInBytes":', b'"uco-observable:sizeInFeet":')
    )
    assert alone(elsewhere, "-I", script("case_validate"), bag / "spoilt.jsonld").returncode != 0


def test_pdfsig_accepts_the_pages_of_the_exported_dossier(bag, poppler):
    said = alone(poppler("pdfsig"), bag / "data/dossier.pdf").stdout
    assert "Signature is Valid" in said
    assert "Total document signed" in said


def test_destroyed_is_gone_from_the_disk_certified_and_not_to_be_seen_by_anybody(stage, exhibit, census):
    folder = Path(stage.federation.endpoints[PT].folder) / "evidence"
    before = {path for path in folder.rglob("*") if path.is_file()}
    outcome = decided(stage, exhibit, decision="destroy", reason="not-covered", reasons="not asked for")
    assert (outcome["items"], outcome["left"]) == (2, 0)
    certificate = told(stage, ActType.QUARANTINE_RESOLVED)[-1]
    assert (certificate["decision"], certificate["items"]) == ("destroy", 2)
    gone = before - {path for path in folder.rglob("*") if path.is_file()}
    assert certificate["objects"] == len(gone) > 0
    # The copy of what was destroyed is gone too; that of what was released stays with it.
    assert sorted(role for _, role in aside_rows(stage)) == ["derived", "received", "received"]
    neves = stage.officer(FILTER)
    look = words(stage, exhibit, neves, purpose="scope-review")
    assert refused(lambda: neves.client.post("/api/quarantine-looks", look)) == "nothing-aside"
    assert refused(lambda: decided(stage, exhibit, decision="destroy", reason="not-covered")) == "nothing-aside"
    assert stage.case not in {each["case"] for each in listed(stage)}
    for needle in play.misdated(stage):
        assert not any(needle.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    stage.await_act(DE, ActType.QUARANTINE_RESOLVED, count=2)
    census.assert_sound(PT, DE, OVERSIGHT)
