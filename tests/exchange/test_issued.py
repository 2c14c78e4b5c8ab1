"""Asking for one's own acts: only the asker can ask, only now, and only the asker can read the answer."""

from datetime import timedelta

import pytest

from comity.exchange.hpke import HpkeCipher
from comity.exchange.issued import (
    IssuedPage,
    issue_issued_ticket,
    open_page,
    seal_page,
    verify_issued_ticket,
)
from comity.exchange.pull import issue_ticket, verify_ticket
from comity.vocabulary.errors import BrokenInputError, ErrorCode

CIPHER = HpkeCipher()


def ticket(world, sealer=None, **changed) -> str:
    fields = {"asker": "pt", "holder": "de", "since": world.at - timedelta(days=2), "before": None, "at": world.at}
    return issue_issued_ticket(sealer or world.pt.sealer, **(fields | changed))


def verify(world, text, **changed):
    return verify_issued_ticket(text, **({"directory": world.directory, "holder": "de", "at": world.at} | changed))


def refused(action, *arguments, **named) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        action(*arguments, **named)
    return caught.value.code


def test_a_ticket_says_who_asks_whom_from_when_on(world):
    shown = verify(world, ticket(world, before=7))
    assert (shown.asker, shown.holder, shown.before) == ("pt", "de", 7)
    assert shown.since == world.at - timedelta(days=2)


def test_nobody_asks_for_anothers_acts(world):
    assert refused(verify, world, ticket(world, world.de.sealer)) is ErrorCode.KEY_NOT_VALID
    assert refused(verify, world, ticket(world, asker="nobody")) is ErrorCode.UNKNOWN_SENDER


def test_a_ticket_for_one_holder_is_none_for_another(world):
    assert refused(verify, world, ticket(world), holder="provider") is ErrorCode.NOT_ADDRESSED


@pytest.mark.parametrize("off", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_a_ticket_of_another_time_is_refused(world, off):
    assert refused(verify, world, ticket(world), at=world.at + off) is ErrorCode.KEY_NOT_VALID


def test_a_ticket_for_an_object_is_none_for_acts_nor_the_other_way_round(world):
    fetch = issue_ticket(world.pt.sealer, puller="pt", holder="de", hand_over="ab" * 32, wanted="cd" * 32, at=world.at)
    assert refused(verify, world, fetch) is ErrorCode.MALFORMED
    known = {"directory": world.directory, "holder": "de", "wanted": "cd" * 32, "at": world.at}
    assert refused(verify_ticket, ticket(world), **known) is ErrorCode.MALFORMED


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c.d", "x" * 5000, "e30.e30.e30"])
def test_what_is_no_ticket_is_refused(world, text):
    assert refused(verify, world, text) in (ErrorCode.MALFORMED, ErrorCode.OVERSIZED)


def test_only_the_asker_reads_the_answer(world):
    page = IssuedPage((b"one act", b"another"), 12)
    sealed = seal_page(page, asker="pt", key=world.pt.agreement.public, cipher=CIPHER)
    assert open_page(sealed, asker="pt", keys=world.pt.keys, cipher=CIPHER) == page
    assert b"one act" not in sealed
    assert refused(open_page, sealed, asker="pt", keys=world.de.keys, cipher=CIPHER) is ErrorCode.CANNOT_DECRYPT
    assert refused(open_page, sealed, asker="de", keys=world.pt.keys, cipher=CIPHER) is ErrorCode.CANNOT_DECRYPT
    for cut in (0, 5, 40, len(sealed) - 1):
        assert (
            refused(open_page, sealed[:cut], asker="pt", keys=world.pt.keys, cipher=CIPHER) is ErrorCode.CANNOT_DECRYPT
        )
    spoilt = bytearray(sealed)
    spoilt[-1] ^= 1
    assert refused(open_page, bytes(spoilt), asker="pt", keys=world.pt.keys, cipher=CIPHER) is ErrorCode.CANNOT_DECRYPT


def test_an_answer_that_is_too_large_is_not_even_decrypted(world):
    assert refused(open_page, bytes(20 << 20), asker="pt", keys=world.pt.keys, cipher=CIPHER) is ErrorCode.OVERSIZED
