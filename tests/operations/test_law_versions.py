"""The law that a node had in force: kept for good, asked about old acts, compared with today's, carried by backups.

When another one comes into force, every case is read again under it.
"""

import json
import shutil

import pytest

from comity.acts.bodies import CaseClosed
from comity.acts.payload import write_payload
from comity.adapters.law_files import LAW_VERSIONS, OWN_LAW
from comity.cases.state import Phase
from comity.casework.bench.issuing import compose, intent_to_file, seal_act
from comity.casework.bench.legality import NODE
from comity.casework.bench.reading import row_of, state_of
from comity.casework.bench.sequencer import Committed
from comity.casework.bench.views import open_view
from comity.casework.desk.advise import CompareLaw, case_docket, changes_by, opinion_on_act
from comity.casework.desk.law_versions import law_named
from comity.casework.upkeep import refold as refolding
from comity.casework.upkeep.refold import refold
from comity.entrypoints.cli.main import main
from comity.entrypoints.operations.backup import back_up
from comity.entrypoints.operations.restore import restore
from comity.law.changes import ChangeKind
from comity.law.packaged import packaged_files
from comity.vocabulary.errors import BrokenInputError, ErrorCode

FILE = "budapest.toml"
CASE, OTHER = "b1" * 16, "b2" * 16
EDITS = (
    ('must = "be-at-most"\nvalues = [90]', 'must = "be-at-most"\nvalues = [30]'),
    ('limit = "P90D"\nlimit_field = "days"\n', 'limit = "P30D"\n'),
)


class Lawful:
    """A node whose office edits a packaged file in the midst of a case, and dates nothing."""

    def __init__(self, world) -> None:
        self.world = world
        self.folder = world.folder / "provider"
        self.before = self.bench.law.version
        self.order, self.theirs = world.order(CASE, law=self.before), world.order(OTHER, law="f" * 64)
        text = packaged_files()[FILE].decode()
        for old, new in EDITS:
            assert text.count(old) == 1
            text = text.replace(old, new)
        (self.folder / OWN_LAW).mkdir()
        (self.folder / OWN_LAW / FILE).write_text(text)
        self.start()
        self.now = self.bench.law.version
        assert self.now != self.before

    @property
    def bench(self):
        return self.world.node.bench

    def start(self) -> None:
        self.world.open()
        self.world.stand()

    def opinion(self, act):
        return opinion_on_act(self.bench, self.world.officer, act)


@pytest.fixture
def office(world) -> Lawful:
    return Lawful(world)


def test_a_kept_version_whose_files_were_changed_is_not_believed(office):
    (office.folder / LAW_VERSIONS / office.before / FILE).write_bytes(b"")
    with pytest.raises(BrokenInputError) as refused:
        office.bench.laws.law(office.before)
    assert refused.value.code is ErrorCode.STORE_DAMAGED
    found = office.opinion(office.order)
    assert (found.law, found.of_its_day) == (office.now, False)
    assert "cannot be asked" in found.not_kept


def test_a_version_that_only_others_had_is_said_to_be_not_here(office):
    found = office.opinion(office.theirs)
    assert (found.law, found.of_its_day) == (office.now, False)
    assert "ffffffffffff, which this node never had in force" in found.not_kept
    unsaid = office.opinion(office.world.known["order"])
    assert "does not say by which version" in unsaid.not_kept


@pytest.mark.parametrize("name", ["", "abc", "node ", "f" * 64, "../../keys"])
def test_a_version_that_is_not_kept_cannot_be_named(office, name):
    with pytest.raises(BrokenInputError) as refused:
        law_named(office.bench, name)
    assert refused.value.code is ErrorCode.NOT_FOUND


def test_every_version_ever_in_force_is_kept_once_and_reads_back_as_itself(office):
    assert set(office.bench.laws.kept()) == {office.before, office.now}
    for version in (office.before, office.now):
        assert office.bench.laws.law(version).version == version
    shutil.rmtree(office.folder / OWN_LAW)
    office.start()
    assert office.bench.law.version == office.before
    assert set(office.bench.laws.kept()) == {office.before, office.now}


def test_an_old_act_is_asked_about_under_the_law_of_its_day_and_what_today_s_tells_otherwise_is_said(office):
    found = office.opinion(office.order)
    assert (found.law, found.in_force, found.not_kept) == (office.before, office.now, "")
    assert found.of_its_day
    assert found.findings == ()
    (told,) = found.today
    assert (told.code, told.kind, told.before) == ("bc16.days", ChangeKind.ADDED, "")
    assert told.after == "receiving blocks, sending blocks"
    (clock,) = found.clocks
    assert (clock.clock, clock.started_by) == ("bc16.max", office.order)
    assert (clock.old_due - clock.new_due).days == 60


def test_a_case_s_clocks_are_counted_by_any_version_kept(office):
    def due(law):
        found = case_docket(office.bench, office.world.officer, CASE, law=law)
        (line,) = [each for each in found.lines if each.clock.id == "bc16.max"]
        return found.law, line.clock.legal_due

    (old, first), (new, second) = due(office.before[:8]), due("node")
    assert (old, new) == (office.before, office.now)
    assert first > second


def test_any_two_versions_kept_are_compared_with_what_that_does_to_open_cases(office):
    command = CompareLaw(old=office.before[:12], new="node")
    found = changes_by(office.bench, office.world.officer, command)
    assert (found.old, found.new) == (office.before, office.now)
    assert {rule.id for rule in found.rules} == {"bc16.days", "bc16.max"}
    assert CASE in {clock.case for clock in found.clocks}


@pytest.mark.parametrize("new", ["node", "old"])
def test_a_draft_is_laid_over_the_packaged_law_alone_and_not_left_unread(office, new):
    files = {FILE: (office.folder / OWN_LAW / FILE).read_text()}
    command = CompareLaw(files, "packaged", office.before[:12] if new == "old" else new)
    assert changes_by(office.bench, office.world.officer, command).code == "files-unused"


def test_backups_carry_the_kept_law_and_the_office_s_own_and_a_restore_puts_them_back(office, tmp_path, monkeypatch):
    monkeypatch.setenv("COMITY_DATABASE", office.world.url)
    place, said = tmp_path / "backups", []
    back_up(office.folder, place, said.append)
    shutil.rmtree(office.folder / LAW_VERSIONS)
    shutil.rmtree(office.folder / OWN_LAW)
    office.bench.case_keys.close()
    restore(office.folder, place, None, said.append)
    office.start()
    assert office.bench.law.version == office.now
    assert set(office.bench.laws.kept()) == {office.before, office.now}
    assert office.opinion(office.order).law == office.before


def test_a_file_that_the_office_took_out_since_does_not_come_back(office, tmp_path, monkeypatch):
    monkeypatch.setenv("COMITY_DATABASE", office.world.url)
    place, said = tmp_path / "backups", []
    back_up(office.folder, place, said.append)
    (office.folder / OWN_LAW / FILE).unlink()
    office.bench.case_keys.close()
    restore(office.folder, place, None, said.append)
    office.start()
    assert office.bench.law.version == office.before


def test_the_command_line_tells_it_too(office, desk, tmp_path, capsys):
    token = tmp_path / "token"
    token.write_text(desk.token("provider.lee"))
    token.chmod(0o600)
    node = ("--url", f"http://127.0.0.1:{desk.port}", "--token-file", str(token))

    def said(*words: str) -> str:
        assert main(["law", *words, *node]) == 0
        return " ".join(capsys.readouterr().out.split())

    assert f"{office.now} in force" in said("versions")
    assert json.loads(said("versions", "--json"))["in_force"] == office.now
    told = said("check", "--act", office.order)
    assert f"in force at the node is {office.now[:12]}" in told
    assert "an order lasts ninety days at most" in told
    assert "was running" in told
    assert "bc16.days" in said("diff", office.before[:8], "node")
    assert f"Law {office.before[:12]}" in said("clocks", "--case", CASE, "--law", office.before[:8])


# Another law comes into force -----------------------------------------------------------------------------------------


def told(office, law=None) -> list[str]:
    return [row.case for row in office.bench.records.cases.under_another_law(law or office.now, (), 100)]


def limit(office) -> object:
    """Until when the order of the case has the provider keep the data, by what the case's row says without being opened."""
    (due,) = [each for each in row_of(office.bench, CASE).limits if each.clock == "bc16.max"]
    return due


def recent(office) -> list[str]:
    return [each.row.case for each in office.bench.records.cases.recent(None, 100)]


def test_every_case_is_read_again_once_and_alarms_are_told_by_the_law_in_force(office, what_is_wrong):
    assert {CASE, OTHER, office.world.cases["held"]} <= set(told(office))
    before, order = limit(office), recent(office)
    waiting = office.world.check()
    assert what_is_wrong(waiting) == {}
    assert "were read under another version of the law" in " ".join(waiting[5].problems)
    assert refold(office.bench) == len(order) - 1, "all but the case that is disposed of"
    assert told(office) == []
    assert (before.legal - limit(office).legal).days == 60
    assert recent(office) == order
    checked = office.world.check()
    assert what_is_wrong(checked) == {}
    assert not any(each.problems for each in checked)
    assert refold(office.bench) == 0


def test_and_back_again(office, what_is_wrong):
    first = limit(office)
    refold(office.bench)
    shutil.rmtree(office.folder / OWN_LAW)
    office.start()
    assert set(told(office, office.before)) > {CASE, OTHER}
    refold(office.bench)
    assert limit(office) == first
    assert what_is_wrong(office.world.check()) == {}


def test_whoever_opens_a_case_before_it_was_read_again_counts_by_the_law_in_force(office):
    found = case_docket(office.bench, office.world.officer, CASE)
    (line,) = [each for each in found.lines if each.clock.id == "bc16.max"]
    assert (limit(office).legal - line.clock.legal_due).days == 60


def test_an_act_that_comes_in_between_is_kept_and_the_case_read_again_with_it(office, monkeypatch, what_is_wrong):
    refold(office.bench)
    shutil.rmtree(office.folder / OWN_LAW)  # under which no such order would be taken any more
    office.start()
    view_under, later = refolding.view_under, []

    def slow(bench, view):
        seen = view_under(bench, view)
        if view.state.case == CASE and not later:
            later.append(office.world.order(CASE, "second@mail.example", law=office.before))
            assert CASE in told(office, office.before), (
                "what was filed under the new law says nothing of the acts before it"
            )
        return seen

    monkeypatch.setattr(refolding, "view_under", slow)
    refold(office.bench)
    assert told(office, office.before) == []
    assert [step.act for step in state_of(office.bench, CASE).steps][-1] == later[0]
    assert what_is_wrong(office.world.check()) == {}


def test_a_case_that_cannot_be_read_keeps_none_of_the_others_waiting(office, caplog):
    office.world.execute("UPDATE comity_case SET view = sha256(view) WHERE id = %s", bytes.fromhex(OTHER))
    assert refold(office.bench) > 1
    assert told(office) == [OTHER]
    assert OTHER in caplog.text


def test_a_case_that_is_disposed_of_is_left_alone(office):
    gone = office.world.cases["gone"]
    row = row_of(office.bench, gone)
    refold(office.bench)
    assert row_of(office.bench, gone) == row


def test_a_process_that_was_started_under_the_former_law_leaves_cases_to_those_started_since(office):
    refold(office.bench)
    shutil.rmtree(office.folder / OWN_LAW)
    earlier = office.bench
    office.start()
    refold(office.bench)
    assert refold(earlier) == 0
    assert told(office, office.before) == []


def test_what_a_process_under_the_former_law_files_after_that_is_read_again_as_well(office, what_is_wrong):
    file = office.folder / OWN_LAW / FILE
    text = file.read_text()
    file.unlink()
    office.start()
    earlier = office.world.node
    file.write_text(text)
    office.start()
    refold(office.bench)
    present, office.world.node = office.world.node, earlier
    office.world.order(CASE, "second@mail.example", law=office.before)
    office.world.node = present
    assert told(office) == [CASE]
    refold(office.bench)
    assert told(office) == []
    assert what_is_wrong(office.world.check()) == {}


def test_an_act_of_the_same_round_is_not_lost(office, what_is_wrong):
    refold(office.bench)
    shutil.rmtree(office.folder / OWN_LAW)
    office.start()
    bench = office.bench
    payload = compose(bench, case=CASE, body=CaseClosed("done"), instrument=NODE)
    filing = intent_to_file([seal_act(bench, write_payload(payload))])
    (row,) = [each for each in bench.records.cases.under_another_law(office.before, (), 100) if each.case == CASE]
    folding = refolding.folding({(row.version + 1, CASE): open_view(bench.cipher, row)})
    for outcome in bench.sequencer.submit_all([filing, folding]):
        assert isinstance(outcome, Committed), outcome
    assert state_of(bench, CASE).phase is Phase.CLOSED
    refold(bench)
    assert told(office, office.before) == []
    assert what_is_wrong(office.world.check()) == {}


def test_the_law_in_the_folder_that_nobody_can_read_is_said(office):
    (office.folder / OWN_LAW / "a-folder.toml").mkdir()
    with pytest.raises(BrokenInputError) as refused:
        refold(office.bench)
    assert refused.value.code is ErrorCode.UNAVAILABLE
    assert "a-folder.toml" in refused.value.found
