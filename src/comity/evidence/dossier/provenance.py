"""The provenance of a dossier's exhibits as CASE/UCO JSON-LD, which other forensic tools read.

The graph says what the acts say, in the terms of the Cyber-investigation Analysis Standard Expression (CASE 1.4) and the
Unified Cyber Ontology (UCO 1.4): every act is an investigative action, informed by the acts it answers; every exhibit has
a provenance record; every item is a file with its size and its SHA-256. A redacted copy is a file as well, with a record of
its own: the act of redacting has the original as its object and the copy as its result, and a relationship says that the copy
is derived from it. Identifiers are made from act and exhibit ids, so the same dossier always gives the same bytes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from uuid import NAMESPACE_URL, uuid5

from comity.acts.bodies import ExhibitHandedOver, ExhibitReceived, ExhibitTakenIn, HoldConfirmed
from comity.acts.redaction_bodies import ItemRedacted
from comity.evidence.dossier.format import DossierItem, act_path, content_path, derived_path
from comity.evidence.dossier.story import CopyRow, Story
from comity.evidence.dossier.words import count, plain, size_words
from comity.evidence.dossier.write import ExhibitContents
from comity.evidence.items.descriptors import unframe
from comity.trust.seals import read_sealed
from comity.vocabulary.identifiers import ActId, ExhibitId
from comity.vocabulary.instants import rfc3339

ITEMS_NAMED = 10_000
"""Items of one exhibit in the graph, which is one JSON document; the rest stand in items.jsonl, and the graph says how many."""

_NAMESPACE = uuid5(NAMESPACE_URL, "urn:comity:dossier")

_CONTEXT = {
    "kb": "urn:comity:dossier:",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

_Node = dict[str, object]


def provenance(story: Story, acts: Mapping[ActId, bytes], exhibits: Mapping[ExhibitId, ExhibitContents]) -> bytes:
    """The JSON-LD document, UTF-8. `acts` are sealed bytes as kept."""
    graph = [*_organizations(story), *_actions(story, acts)]
    for name in sorted(exhibits):
        graph.extend(_exhibit(name, exhibits[name]))
    listed = {node["@id"] for node in graph}
    graph.extend(node for node in _copies(story, acts) if node["@id"] not in listed)
    investigation: _Node = {
        "@id": _id("investigation", story.case),
        "@type": "case-investigation:Investigation",
        "uco-core:name": f"Case {story.case}",
        "uco-core:description": _told(exhibits),
        "uco-core:object": [{"@id": node["@id"]} for node in graph],
    }
    document = {"@context": _CONTEXT, "@graph": [investigation, *graph]}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _told(exhibits: Mapping[ExhibitId, ExhibitContents]) -> str:
    """How many of all items the graph names, so that nobody takes what it leaves out for what is not there."""
    items = sum(each.seal.items for each in exhibits.values())
    left = sum(_left_out(each) for each in exhibits.values())
    if not left:
        return f"This graph names every item of the dossier: {items:,}"
    return (
        f"This graph names {items - left:,} of the {count(items, 'item')} in the dossier and leaves {left:,} out; the "
        "items.jsonl of each exhibit lists all of them"
    )


def _left_out(contents: ExhibitContents) -> int:
    return max(0, contents.seal.items - ITEMS_NAMED)


def _organizations(story: Story) -> Iterator[_Node]:
    for party in story.parties:
        yield {
            "@id": _id("organization", party.id),
            "@type": "uco-identity:Organization",
            "uco-core:name": party.name,
            "uco-core:description": f"{party.id}, {party.country}, {party.kinds}",
        }


def _actions(story: Story, acts: Mapping[ActId, bytes]) -> Iterator[_Node]:
    shown = {row.act for row in story.copies}
    for step in story.steps:
        opened = read_sealed(acts[step.act])
        node: _Node = {
            "@id": _id("investigative-action", step.act),
            "@type": "case-investigation:InvestigativeAction",
            "uco-core:name": opened.payload.act.type.value,
            "uco-core:description": f"{step.issuer} {step.what} ({act_path(step.act)})",
            "uco-action:performer": {"@id": _id("organization", step.issuer)},
            "uco-action:startTime": _time(rfc3339(opened.payload.at)),
            "uco-action:endTime": _time(rfc3339(opened.sealed_at)),
        }
        informed = [{"@id": _id("investigative-action", act)} for act in opened.payload.re if act in acts]
        if informed:
            node["case-investigation:wasInformedBy"] = informed
        body = opened.payload.body
        if isinstance(body, ExhibitHandedOver | ExhibitReceived | HoldConfirmed | ExhibitTakenIn):
            node["uco-core:tag"] = [f"exhibit {body.exhibit}"]
        if isinstance(body, ItemRedacted) and step.act in shown:
            node["uco-action:object"] = [{"@id": _id("file", body.item)}]
            node["uco-action:result"] = [{"@id": _id("file", body.derived)}]
        yield node


def _exhibit(name: ExhibitId, contents: ExhibitContents) -> Iterator[_Node]:
    files: Sequence[_Node] = [_file(name, item) for item in islice(contents.items(), ITEMS_NAMED)]
    seal = contents.seal
    more = _left_out(contents)
    yield {
        "@id": _id("provenance-record", name),
        "@type": "case-investigation:ProvenanceRecord",
        "case-investigation:exhibitNumber": name,
        "uco-core:description": (
            f"{count(seal.items, 'item')}, {size_words(seal.size)}; held under the Merkle root {seal.hold_root} of {seal.hold_exhibit}"
            + (f"; {count(more, 'item')} left out of this graph and listed in items.jsonl" if more else "")
        ),
        "uco-core:object": [{"@id": file["@id"]} for file in files],
    }
    yield from files


def _copies(story: Story, acts: Mapping[ActId, bytes]) -> Iterator[_Node]:
    """The redacted copies. An original that is not among the files named so far, or kept out, is known by its hash alone."""
    originals: set[str] = set()
    for row in story.copies:
        body = read_sealed(acts[row.act]).payload.body
        if not isinstance(body, ItemRedacted):
            continue
        if body.item not in originals:
            originals.add(body.item)
            yield {
                "@id": _id("file", body.item),
                "@type": "uco-observable:File",
                "uco-core:hasFacet": [_content(body.item, body.original)],
            }
        yield from _copy(row, body)


def _copy(row: CopyRow, body: ItemRedacted) -> Iterator[_Node]:
    path = derived_path(body.derived)
    file = _located(
        body.derived, path, body.size, _content(body.derived, body.digest, body.media_type, body.size), path
    )
    yield file
    yield {
        "@id": _id("provenance-record", body.derived),
        "@type": "case-investigation:ProvenanceRecord",
        "case-investigation:exhibitNumber": body.derived,
        "uco-core:description": f"redacted copy of an item of {body.exhibit}; missing: {row.missing}; made by {act_path(row.act)}",
        "uco-core:object": [{"@id": file["@id"]}],
    }
    yield {
        "@id": _id("relationship", body.derived),
        "@type": "uco-observable:ObservableRelationship",
        "uco-core:source": {"@id": file["@id"]},
        "uco-core:target": {"@id": _id("file", body.item)},
        "uco-core:kindOfRelationship": "Derived_From",
        "uco-core:isDirectional": True,
    }


def _file(exhibit: ExhibitId, item: DossierItem) -> _Node:
    descriptor = unframe(item.frame)
    leaf = item.leaf_hash().hex()
    content = _content(leaf, descriptor.sha256.hex(), plain(descriptor.media_type), descriptor.size)
    return _located(leaf, descriptor.name, descriptor.size, content, content_path(exhibit, item.number))


def _located(key: str, name: str, size: int, content: _Node, path: str) -> _Node:
    """A file under its name, with its content, and where it lies in the dossier."""
    return {
        "@id": _id("file", key),
        "@type": "uco-observable:File",
        "uco-core:hasFacet": [
            {
                "@id": _id("file-facet", key),
                "@type": "uco-observable:FileFacet",
                "uco-observable:fileName": plain(name.rpartition("/")[2] or name),
                "uco-observable:filePath": plain(name),
                "uco-observable:sizeInBytes": size,
            },
            content,
        ],
        "uco-core:externalReference": [
            {
                "@id": _id("external-reference", key),
                "@type": "uco-core:ExternalReference",
                "uco-core:externalIdentifier": path,
                "uco-core:definingContext": "path in this dossier",
            }
        ],
    }


def _content(key: str, sha256: str, media_type: str = "", size: int | None = None) -> _Node:
    known: _Node = {"uco-observable:mimeType": media_type} if media_type else {}
    if size is not None:
        known["uco-observable:sizeInBytes"] = size
    return {
        "@id": _id("content-data-facet", key),
        "@type": "uco-observable:ContentDataFacet",
        **known,
        "uco-observable:hash": [
            {
                "@id": _id("hash", key),
                "@type": "uco-types:Hash",
                "uco-types:hashMethod": "SHA256",
                "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": sha256},
            }
        ],
    }


def _time(text: str) -> _Node:
    return {"@type": "xsd:dateTime", "@value": text}


def _id(kind: str, name: str) -> str:
    """`kb:` and a name-based UUID (RFC 9562 version 5): a label that repeats, not a commitment."""
    return f"kb:{kind}-{uuid5(_NAMESPACE, f'{kind} {name}')}"
