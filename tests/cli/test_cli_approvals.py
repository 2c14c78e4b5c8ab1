"""Approvals on the command line: what a passkey's client made is handed on unread, and nothing else is taken for one."""

import json

import pytest

from comity.casework.desk.draft import APPROVE
from comity.entrypoints.cli.approvals import LIMIT, approval_of_assertion, approval_of_software_key
from comity.vocabulary.errors import BrokenInputError, ErrorCode

ASSERTION = {
    "id": "Y3JlZA",
    "rawId": "Y3JlZA",
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {
        "authenticatorData": "YXV0aA",
        "clientDataJSON": "Y2xpZW50",
        "signature": "c2ln",
        "userHandle": None,
    },
}


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "assertion.json"
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    return write


def test_an_assertion_of_a_browser_becomes_the_officers_approval(file):
    approval = approval_of_assertion(file(ASSERTION), officer="pt.costa", office="judge")
    assert (approval.officer, approval.office, approval.purpose) == ("pt.costa", "judge", APPROVE)
    assert (approval.credential, approval.authenticator_data) == ("Y3JlZA", "YXV0aA")
    assert (approval.client_data, approval.signature) == ("Y2xpZW50", "c2ln")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"{}", {**ASSERTION, "response": {}}, {**ASSERTION, "id": 7}, {"id": "x"}],
    ids=str,
)
def test_what_is_no_assertion_is_refused_in_words(file, content):
    with pytest.raises(BrokenInputError) as caught:
        approval_of_assertion(file(content), officer="pt.costa", office="judge")
    assert caught.value.code is ErrorCode.MALFORMED


def test_a_registration_is_not_taken_for_an_assertion(file):
    registration = {"id": "x", "response": {"attestationObject": "YQ", "clientDataJSON": "Yg"}}
    with pytest.raises(BrokenInputError):
        approval_of_assertion(file(registration), officer="pt.costa", office="judge")


def test_a_file_beyond_every_assertion_is_not_read(file):
    with pytest.raises(BrokenInputError) as caught:
        approval_of_assertion(file(b" " * (LIMIT + 1)), officer="a", office="b")
    assert caught.value.code is ErrorCode.OVERSIZED


@pytest.mark.parametrize("extra", [{"more": 1}, {"seed": "not hex"}])
def test_a_software_key_file_is_read_strictly(file, extra):
    key = {"unsafe": "u", "officer": "pt.a", "seed": "00" * 32, "rp_id": "approve.x", "origin": "https://approve.x"}
    with pytest.raises(BrokenInputError) as caught:
        approval_of_software_key(file({**key, **extra}), "ab" * 32, office="judge")
    assert caught.value.code is ErrorCode.MALFORMED


@pytest.mark.parametrize(
    "given",
    [(), ("--assertion", "a.json"), ("--assertion", "a.json", "--officer", "x", "--unsafe-software-key", "b.json")],
)
def test_exactly_one_way_of_approving_is_given(comity, given):
    code, _, err = comity(
        *("case", "approve", "ab" * 32, "--url", "http://127.0.0.1:1", "--token-file", "t", "--office", "o", *given)
    )
    assert code == 2
    assert "--unsafe-software-key" in err
