"""What others packed enters custody at a node with the verdict on it, or stays outside."""

import io
import shutil

import bagit
import pytest
from rich.console import Console

from comity.acts.classes import ActType
from comity.entrypoints.demo import play_emergency
from comity.entrypoints.demo.cast import PROVIDER
from comity.entrypoints.demo.officers import NodeRefusedError
from comity.entrypoints.demo.play import Stage, body_of
from comity.entrypoints.demo.sample_evidence import write_sample
from comity.entrypoints.demo.timeline import Timeline


@pytest.fixture(scope="module")
def stage(federation, tmp_path_factory):
    out = tmp_path_factory.mktemp("import")
    write_sample(out / "sample", messages=20, log_lines=100, blob_mib=1)
    played = Stage(federation, Timeline(Console(file=io.StringIO(), width=200)), out / "sample", out)
    play_emergency.emergency(played)
    return played


def test_a_bag_is_taken_in_with_its_verdict_and_one_that_leads_out_or_was_altered_is_not(stage):
    lee = stage.officer("provider.lee")
    place = stage.evidence / "bag"
    shutil.copytree(stage.evidence, place)
    bagit.make_bag(str(place), checksums=["sha256"])
    order = stage.acts(PROVIDER, ActType.PRODUCTION_ORDERED, stage.emergencies["first"])[0]["act"]
    command = {"order": order, "source": str(place), "office": lee.office}
    imported = lee.client.post("/api/imports", command)
    assert (imported["kind"], imported["report"]["verdict"]) == ("bagit", "valid")
    assert body_of(stage, PROVIDER, imported["taken"]["act"])["items"] == imported["taken"]["intake"]["items"] > 4
    # Altered: only despite that. Leading out: never.
    (place / "data" / "added").write_bytes(b"x")
    with pytest.raises(NodeRefusedError) as refused:
        lee.client.post("/api/imports", command)
    assert refused.value.refusal["code"] == "foreign-invalid"
    assert lee.client.post("/api/imports", {**command, "despite": True})["report"]["verdict"] == "invalid"
    with (place / "manifest-sha256.txt").open("a") as manifest:
        manifest.write(f"{'0' * 64}  data/../../x\n")
    with pytest.raises(NodeRefusedError) as refused:
        lee.client.post("/api/imports", {**command, "despite": True})
    assert refused.value.refusal["code"] == "foreign-unsafe"
