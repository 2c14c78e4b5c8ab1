"""What the bucket's library has no words for: signatures, uploads that nobody ended, and answers that make no sense."""

import os
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import urllib3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from comity.adapters.objects import bucket_requests
from comity.adapters.objects.bucket import BucketEvidenceStore
from comity.adapters.objects.bucket_requests import BucketRequests
from comity.vocabulary.errors import BrokenInputError, ErrorCode

KEY = "objects/ab/" + "ab" * 32
CLOSED = "<!DOCTYPE x [<!ENTITY a 'aaaa'>]><ListMultipartUploadsResult>&a;</ListMultipartUploadsResult>"


@pytest.fixture
def begun(terms, bucket_server):
    """Uploads that were begun and nobody ends, by their keys."""

    def begin(*keys: str) -> None:
        for key in keys:
            place = f"{bucket_server}/{terms.bucket}/{key}"
            started = urllib3.request("POST", f"{place}?uploads").data.decode()
            name = started.partition("<UploadId>")[2].partition("</UploadId>")[0]
            assert urllib3.request("PUT", f"{place}?partNumber=1&uploadId={name}", body=os.urandom(10)).status == 200

    return begin


@pytest.fixture
def open_uploads(terms, bucket_server):
    """Keys of the uploads that are open now."""

    def look() -> list[str]:
        listed = urllib3.request("GET", f"{bucket_server}/{terms.bucket}?uploads").data.decode()
        return sorted(each.partition("</Key>")[0] for each in listed.split("<Key>")[1:])

    return look


def test_a_request_is_signed_as_others_sign_it(terms, monkeypatch):
    """The judge is the signer of another client of the protocol."""
    sent = []
    monkeypatch.setattr(
        urllib3.PoolManager, "request", lambda _self, method, url, **more: sent.append((method, url, more)) or None
    )
    awkward = msgspec.structs.replace(terms, prefix="a b+c", secret="s/e+c=ret", region="eu-south-2")
    for body in (b"", b"<Retention/>"):
        BucketRequests(awkward)._send("PUT", f"a b+c/{KEY}", {"versionId": "a/b=c d", "retention": ""}, body)
        method, url, more = sent.pop()
        ours = more["headers"].pop("Authorization")
        request = AWSRequest(method, url, headers=dict(more["headers"]), data=body)
        signer = S3SigV4Auth(Credentials("account", "s/e+c=ret"), "s3", "eu-south-2")
        request.context["timestamp"] = more["headers"]["x-amz-date"]
        text = signer.string_to_sign(request, signer.canonical_request(request))
        assert ours.endswith(f"Signature={signer.signature(text, request)}")


def test_what_a_kill_left_of_an_upload_is_removed_with_what_is_left_over(bucket_store, terms, begun, open_uploads):
    begun(f"{terms.prefix}/{KEY}", f"{terms.prefix}/{KEY[:-1]}c")
    assert bucket_store.sweep(lambda _: True) == 2
    assert open_uploads() == []


def test_an_upload_that_may_be_under_way_elsewhere_is_left_alone(terms, tmp_path, wire, begun, open_uploads):
    begun(f"{terms.prefix}/{KEY}")
    now = datetime.now(UTC)
    wire.retell = lambda answer: answer.replace(b"2010-11-10T20:48:33.000Z", told.encode())
    store = BucketEvidenceStore(tmp_path / "far", msgspec.structs.replace(terms, endpoint=wire.address))
    told = (now - timedelta(days=2) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert store.sweep(lambda _: True) == 0
    assert open_uploads() == [f"{terms.prefix}/{KEY}"]
    told = (now - timedelta(days=2, hours=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    assert store.sweep(lambda _: True) == 1
    assert open_uploads() == []


def test_uploads_of_another_node_of_the_bucket_are_left_alone(bucket_store, terms, begun, open_uploads):
    begun(f"{terms.prefix}-of-another/{KEY}", f"other/{KEY}", KEY)
    bucket_store.sweep(lambda _: True)
    assert len(open_uploads()) == 3


def test_an_upload_that_ended_meanwhile_hurts_nobody(terms, begun):
    begun(f"{terms.prefix}/{KEY}")
    requests = BucketRequests(terms)
    (upload,) = requests.uploads("objects/")
    requests.abort(upload)
    requests.abort(upload)
    assert list(requests.uploads("objects/")) == []


@pytest.mark.parametrize("answer", [b"", b"<html><p>Welcome", CLOSED.encode(), b"<a><Upload/></a>"])
def test_an_answer_that_is_none_is_no_empty_list(terms, wire, answer):
    wire.retell = lambda _: answer
    asked = BucketRequests(msgspec.structs.replace(terms, endpoint=wire.address))
    with pytest.raises(BrokenInputError) as caught:
        list(asked.uploads("objects/"))
    assert caught.value.code is ErrorCode.UNAVAILABLE


@pytest.mark.parametrize("fault", ["cut-down", "busy"])
def test_a_request_is_tried_again_and_not_for_ever(terms, wire, fault):
    asked = BucketRequests(msgspec.structs.replace(terms, endpoint=wire.address))
    wire.plan(fault, "GET", times=2)
    assert list(asked.uploads("objects/")) == []
    wire.plan(fault, "GET")
    with pytest.raises(BrokenInputError) as caught:
        list(asked.uploads("objects/"))
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert wire.count("GET", fault=fault) <= 2 + 1 + bucket_requests.RETRIES
