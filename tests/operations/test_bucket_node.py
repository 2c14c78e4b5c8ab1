"""A node whose evidence lies in a bucket works as every other does, and leaves nothing there that it disposed of."""

import shutil

import pytest
import urllib3
from obstore.store import S3Store

from comity.vocabulary.errors import BrokenInputError, ErrorCode

SETTINGS = """
evidence_endpoint = "{endpoint}"
evidence_bucket = "evidence-of-provider"
evidence_account = "account"
"""


@pytest.fixture
def bucket(bucket_server):
    """The bucket as its owner sees it."""
    urllib3.request("PUT", f"{bucket_server}/evidence-of-provider")
    return S3Store(
        "evidence-of-provider",
        endpoint=bucket_server,
        region="us-east-1",
        access_key_id="account",
        secret_access_key="secret",
        client_options={"allow_http": True},
    )


@pytest.fixture
def moved(world, bucket, bucket_server):
    """The world after its node's evidence was moved to the bucket."""
    folder = world.folder / "provider"
    with (folder / "node.toml").open("a") as settings:
        settings.write(SETTINGS.format(endpoint=bucket_server))
    (folder / "bucket-secret").write_text("secret\n")
    (folder / "bucket-secret").chmod(0o600)
    for path in world.objects():
        bucket.put(f"provider/objects/{path.parent.name}/{path.name}", path)
    shutil.rmtree(folder / "evidence")
    world.node.bench.case_keys.close()
    world.open()
    world.stand()
    return world


def keys_of(bucket) -> set[str]:
    return {each["path"] for portion in bucket.list() for each in portion}


def test_evidence_is_held_disclosed_checked_and_disposed_of_in_a_bucket(moved, bucket, what_is_wrong):
    before = keys_of(bucket)
    case = "b7" * 16
    held = moved.hold(moved.order(case))
    moved.disclose(case, held.act)
    moved.send_out()
    moved.publish()
    assert len(keys_of(bucket)) > len(before)
    assert all(key.startswith("provider/objects/") for key in keys_of(bucket))
    assert what_is_wrong(moved.check()) == {}
    local = (moved.folder / "provider" / "evidence").rglob("*")
    assert {path.name for path in local if path.is_file()} <= {"lock"}
    disposed = moved.close_and_dispose(case)
    assert any("older versions" in each.what for each in disposed.certificate.unreachable)
    assert keys_of(bucket) == before
    moved.publish()
    assert what_is_wrong(moved.check()) == {}


def test_an_object_that_the_bucket_lost_is_a_finding(moved, bucket, what_is_wrong):
    bucket.delete(min(keys_of(bucket)))
    assert what_is_wrong(moved.check()) != {}


def test_a_secret_that_others_may_read_is_refused(moved):
    (moved.folder / "provider" / "bucket-secret").chmod(0o644)
    with pytest.raises(BrokenInputError) as caught:
        moved.open()
    assert caught.value.code is ErrorCode.NOT_ALLOWED
