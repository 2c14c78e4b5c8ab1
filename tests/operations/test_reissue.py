"""A node shows acts to whoever issued them and to nobody else; and files its own again, once, when others show them."""

from datetime import timedelta

import pytest

from comity.bootstrap.running import filed_acts
from comity.casework.upkeep.reissue import fetch_back, lost_since, show_issued
from comity.exchange.bundle import sealed_payload
from comity.exchange.hpke import HpkeCipher, HybridPublicKey
from comity.exchange.issued import IssuedPage, issue_issued_ticket, open_page, seal_page
from comity.vocabulary.errors import BrokenInputError, ErrorCode


@pytest.fixture
def asked(world):
    """What the node shows to a played authority that asks, all pages of it."""

    def ask(name: str, sealer_of: str = "", days: int = 2) -> list[bytes]:
        played, bench = world.played[name], world.node.bench
        acts, before = [], None
        while True:
            ticket = issue_issued_ticket(
                world.played[sealer_of or name].keys.seal_key(),
                asker=name,
                holder="provider",
                since=world.now() - timedelta(days=days),
                before=before,
                at=world.now(),
            )
            data = show_issued(bench, filed_acts(world.node), ticket)
            page = open_page(data, asker=name, keys=played.keys.agreement_keys(), cipher=HpkeCipher())
            acts += page.acts
            if page.before is None:
                return acts
            before = page.before

    return ask


def test_an_authority_is_shown_its_own_acts_and_no_other(asked):
    for name in ("de", "oversight"):
        issued = {sealed_payload(each) for each in asked(name)}
        assert issued
        assert all(f'"issuer":"{name}"'.encode() in each for each in issued)
    assert asked("pt") == []


def test_nobody_is_shown_anothers_acts(asked):
    with pytest.raises(BrokenInputError) as refused:
        asked("de", sealer_of="pt")
    assert refused.value.code is ErrorCode.KEY_NOT_VALID


def test_what_was_filed_before_the_instant_asked_for_is_not_shown(world, asked):
    path = world.folder / "clock-offset"
    path.write_text(str(10 * 86_400))
    assert asked("de", days=2) == []
    assert asked("de", days=11)


def test_a_node_that_was_never_restored_asks_for_nothing(world):
    assert lost_since(world.node.bench, filed_acts(world.node)) is None


def test_a_peer_that_shows_foreign_or_forged_acts_makes_the_node_file_nothing(world, asked):
    bench = world.node.bench
    foreign = asked("de")[:3]
    before = world.value("SELECT count(*) FROM comity_act")

    def issued(_endpoint: str, _ticket: str) -> bytes:
        key = HybridPublicKey(bench.directory().agreement_key("provider", world.now()))
        page = IssuedPage((*foreign, b"no act at all", foreign[0][:-9]), None)
        return seal_page(page, asker="provider", key=key, cipher=HpkeCipher())

    bench.peers.issued = issued
    back = fetch_back(bench, world.now() - timedelta(days=2))
    assert (back.filed, back.left) == ((), ())
    assert world.value("SELECT count(*) FROM comity_act") == before


def test_own_acts_that_are_here_already_are_not_filed_twice(world):
    bench = world.node.bench
    own = world.value("SELECT id FROM comity_act WHERE direction = 'issued' LIMIT 1")
    sealed = bench.cipher.open_act(bench.records.cases.act(bytes(own).hex()))

    def issued(_endpoint: str, _ticket: str) -> bytes:
        key = HybridPublicKey(bench.directory().agreement_key("provider", world.now()))
        return seal_page(IssuedPage((sealed,), None), asker="provider", key=key, cipher=HpkeCipher())

    bench.peers.issued = issued
    assert fetch_back(bench, world.now() - timedelta(days=2)).filed == ()
