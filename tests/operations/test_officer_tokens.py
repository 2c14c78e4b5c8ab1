"""Officers' tokens at a real node: they end by themselves, they are revoked at once, and nothing of them lies in the database."""

from datetime import timedelta
from hashlib import sha256

import pytest

from comity.casework.desk.officer_tokens import issue_token, revoke_tokens
from comity.vocabulary.errors import BrokenInputError, ErrorCode

LEE, KIM = "provider.lee", "provider.kim"
DAY = timedelta(hours=12)


def reads(desk, token: str) -> bool:
    status, content, _ = desk.call("GET", "/api/cases", token=token)
    assert status in (200, 403)
    assert status == 200 or b'"not-allowed"' in content
    return status == 200


def issue(desk, officer: str = LEE, life: timedelta = DAY) -> str:
    return issue_token(desk.world.node.bench, officer, life, DAY).token


def test_a_token_ends_by_itself_when_its_time_is_over(desk):
    token, short = issue(desk), issue(desk, life=timedelta(hours=1))
    assert reads(desk, token)
    assert reads(desk, short)
    (desk.world.folder / "clock-offset").write_text(str(2 * 3600))
    assert reads(desk, token)
    assert not reads(desk, short)
    (desk.world.folder / "clock-offset").write_text(str(13 * 3600))
    assert not reads(desk, token)


def test_revoking_an_officers_tokens_ends_all_of_them_at_once_and_no_others(desk):
    first, second, other = issue(desk), issue(desk), issue(desk, KIM)
    assert revoke_tokens(desk.world.node.bench, LEE) == 2
    assert [reads(desk, each) for each in (first, second, other)] == [False, False, True]
    assert revoke_tokens(desk.world.node.bench, None) == 1
    assert not reads(desk, other)
    assert reads(desk, issue(desk)), "a new token counts"


def test_the_database_holds_a_hash_and_nothing_that_opens(desk):
    token = issue(desk)
    rows = desk.world.value("SELECT string_agg(t::text, ' ') FROM comity_officertoken t")
    assert token not in rows
    assert sha256(token.encode()).hexdigest() in rows
    assert not reads(desk, sha256(token.encode()).hexdigest())


@pytest.mark.parametrize(
    "header", ["", "Bearer ", "Basic x", "bearer x", "Bearer x y", "Bearer é".encode().decode("latin-1")]
)
def test_what_is_no_token_opens_nothing(desk, header):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=30)
    try:
        connection.request("GET", "/api/cases", headers={"Authorization": header} if header else {})
        assert connection.getresponse().status == 403
    finally:
        connection.close()


@pytest.mark.parametrize("life", [timedelta(), timedelta(seconds=-1), DAY + timedelta(seconds=1)])
def test_no_token_lives_longer_than_the_settings_say(world, life):
    with pytest.raises(BrokenInputError) as caught:
        issue_token(world.node.bench, LEE, life, DAY)
    assert caught.value.code is ErrorCode.NOT_ALLOWED


def test_only_officers_whom_the_directory_lists_get_a_token_and_anybodys_are_revoked(world):
    with pytest.raises(BrokenInputError) as caught:
        issue_token(world.node.bench, "provider.nobody", DAY, DAY)
    assert caught.value.code is ErrorCode.NOT_FOUND
    assert revoke_tokens(world.node.bench, "provider.nobody") == 0
