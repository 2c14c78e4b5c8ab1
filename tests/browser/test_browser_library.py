"""The parts of the page beside their counterparts in Python: the same input, the same answer."""

import base64
import hashlib
import json
import random
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from comity.acts.payload import Payload
from comity.acts.receipt_format import Receipt, SealedReceipt
from comity.acts.seal_format import SealedAct, SealHeader
from comity.evidence.browser.shapes import shapes
from comity.evidence.dossier import format as layout
from comity.evidence.dossier.words import plain
from comity.evidence.items.descriptors import ItemDescriptor, unframe
from comity.ledger.proofs import verify_inclusion, verify_range
from comity.ledger.tree import StoredTree, leaf_hash
from comity.trust.anchors import TrustAnchor
from comity.trust.approvals import ClientData
from comity.trust.certificates import read_certificate
from comity.trust.directory_format import AuthorityEntry
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.instants import Instant
from comity.vocabulary.wire import decode, encode, from_b64, from_b64url


def b(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_sha256_in_any_pieces_is_hashlibs(lab):
    draw = random.Random(1)
    pieces = [
        [
            draw.randbytes(draw.choice([0, 1, 55, 56, 63, 64, 65, draw.randrange(5000)]))
            for _ in range(draw.randrange(6))
        ]
        for _ in range(150)
    ]
    found = lab(
        "given.map((pieces) => { const hash = new sha256_js.Sha256();"
        " for (const piece of pieces) hash.update(bytesOf(piece)); return bytes_js.hex(hash.digest()); })",
        [[b(piece) for piece in each] for each in pieces],
    )
    assert found == [hashlib.sha256(b"".join(each)).hexdigest() for each in pieces]


def test_crc32_in_any_pieces_is_zlibs(lab):
    draw = random.Random(2)
    pairs = [(draw.randbytes(draw.randrange(40)), draw.randbytes(draw.randrange(3000))) for _ in range(100)]
    found = lab(
        "given.map(([one, other]) => crc32_js.crc32(bytesOf(other), crc32_js.crc32(bytesOf(one))))",
        [[b(one), b(other)] for one, other in pairs],
    )
    assert found == [zlib.crc32(one + other) for one, other in pairs]


TIMES = [
    "2026-03-02T09:00:00Z", "2026-03-02t09:00:00z", "2026-03-02 09:00:00Z", "2026-03-02T09:00:00", "2026-03-02T09:00:00.1Z",
    "2026-03-02T09:00:00.1234567Z", "2026-03-02T09:00:00.9999999Z", "2026-03-02T09:00:60Z", "2026-03-02T24:00:00Z",
    "2026-03-02T09:00:00+01:00", "2026-03-02T09:00:00+0100", "2026-03-02T09:00:00+24:00", "2026-03-02T09:00:00-00:00",
    "2026-03-02T09:00Z", "0000-01-01T00:00:00Z", "2026-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2026-03-02T09:00:00.Z",
    "2026-03-02T09:00:00,5Z", "2026-03-02T09:00:00+23:59", "9999-12-31T23:59:59.9999999Z", "2026-03-02T09:00:00+01",
    "2026-03-02T09:00:00+01:60", " 2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z\n", "1969-12-31T23:59:59.5Z", "0001-01-01T00:00:00Z",
]  # fmt: skip


def test_times_are_read_as_msgspec_reads_them(lab):
    def micros(text: str) -> str | None:
        try:
            at = msgspec.convert(text, Instant)
        except msgspec.ValidationError:
            return None
        delta = at - datetime(1970, 1, 1, tzinfo=UTC)
        return str((delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds)

    found = lab(
        "given.map((text) => { const at = instants_js.readInstant(text); return at === null ? null : `${at}`; })", TIMES
    )
    assert dict(zip(TIMES, found, strict=True)) == {text: micros(text) for text in TIMES}


@pytest.mark.parametrize(("name", "read"), [("fromBase64url", from_b64url), ("fromBase64", from_b64)])
def test_base64_has_one_spelling_in_both(lab, name, read):
    texts = [
        "",
        "A",
        "AA",
        "AB",
        "AAA",
        "AAB",
        "AAAA",
        "AA==",
        "AB==",
        "AAA=",
        "AAB=",
        "A-A_",
        "A+A/",
        "AAAA\n",
        " AAA",
        "AA=A",
        "é",
        "-_8",
        "+/8=",
    ]

    def outcome(text: str) -> str | None:
        try:
            return read(text).hex()
        except BrokenInputError:
            return None

    found = lab(
        f"given.map((text) => {{ try {{ return bytes_js.hex(bytes_js.{name}(text)); }} catch {{ return null; }} }})",
        texts,
    )
    assert dict(zip(texts, found, strict=True)) == {text: outcome(text) for text in texts}


def samples(workshop):
    """One valid document of each shape that is decoded from JSON."""
    files = workshop.files
    sealed = msgspec.json.decode(files[layout.act_path(workshop.acts.requested)], type=SealedAct)
    receipt = files[next(path for path in files if path.startswith("data/receipts/"))]
    exhibit = next(iter(workshop.federation.exhibits))
    header = msgspec.json.decode(from_b64url(sealed.signatures[0].protected), type=SealHeader)
    acts = [msgspec.json.decode(files[path]) for path in files if path.startswith("data/acts/")]
    payloads = [from_b64url(act["payload"]) for act in acts]
    return [
        (layout.DossierHeader, files[layout.HEADER]),
        (layout.LedgerPlaces, files[layout.ENTRIES]),
        (layout.ExhibitSeal, files[layout.seal_path(exhibit)]),
        (layout.DossierItem, files[layout.items_path(exhibit)].splitlines()[0]),
        (SealedAct, files[layout.act_path(workshop.acts.requested)]),
        (SealHeader, from_b64url(sealed.signatures[0].protected)),
        (ClientData, from_b64url(header.approvals[0].client_data)),
        (SealedReceipt, receipt),
        (Receipt, from_b64url(msgspec.json.decode(receipt, type=SealedReceipt).payload)),
        (AuthorityEntry, next(data for path, data in files.items() if "/targets/pt/" in path)),
        (TrustAnchor, encode(workshop.federation.anchor())),
        *((Payload, payload) for payload in payloads),
    ]


STRANGE = ["null", "true", "0", "-1", "1.0", "1e3", "01", str(1 << 70), '""', '"x"', '"' + "0" * 64 + '"', "[]", "{}", "[[]]", '"\\ud800"', '"\\u0000"',
           '"2026-03-02T09:00:00+02:00"', '"2026-03-02T09:00:00"', '{"type":"x"}', "NaN", "-0", '"a\\/b"', '"\u202e"', "[null]", '" "']  # fmt: skip


def _with_a_value(draw: random.Random, text: str) -> bytes:
    at = draw.choice([at for at, letter in enumerate(text) if letter in ":,["])
    end = next((place for place in range(at + 1, len(text)) if text[place] in ",]}"), len(text))
    return (text[: at + 1] + draw.choice(STRANGE) + text[end:]).encode()


def _with_a_byte(draw: random.Random, text: str) -> bytes:
    data = bytearray(text.encode())
    data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data)


def _with_a_blank(draw: random.Random, text: str) -> bytes:
    at = draw.choice([at for at, letter in enumerate(text) if letter in ":,["])
    return (text[: at + 1] + draw.choice(" \t\n\r") + text[at + 1 :]).encode()


DAMAGE: tuple[Callable[[random.Random, str], bytes], ...] = (
    _with_a_value,
    _with_a_byte,
    _with_a_blank,
    lambda _draw, text: text.replace("{", '{"v":1,', 1).encode(),
    lambda _draw, text: ("{" + text[1 : text.find(",")] + "," + text[1:]).encode(),
    lambda draw, text: text.encode()[: draw.randrange(len(text))],
    lambda _draw, text: text.replace('"', '"\\u0061', 1).encode(),
)
"""One thing changed in a document: a value, a byte, a blank, a key more, a key twice, its end, a key in other spelling."""


def damaged(draw: random.Random, document: bytes) -> bytes:
    """A document with one thing changed."""
    return draw.choice(DAMAGE)(draw, document.decode())


def test_documents_of_every_shape_are_taken_and_refused_alike_with_the_same_words(lab, workshop):
    draw = random.Random(3)
    cases = []
    for shape, document in samples(workshop):
        cases.append((shape, document))
        cases += [(shape, damaged(draw, document)) for _ in range(60)]

    def outcome(shape: type, document: bytes) -> str:
        try:
            decode(document, shape, limit=1 << 20)
        except BrokenInputError as error:
            return error.what
        return "taken"

    found = lab(
        "given.map(([shape, document]) => { try { values_js.decode(bytesOf(document), shape, 1 << 20); return 'taken'; }"
        " catch (error) { return error.what ?? `${error}`; } })",
        [[shape.__name__, b(document)] for shape, document in cases],
    )
    differing = [
        (shape.__name__, document, answer, outcome(shape, document))
        for (shape, document), answer in zip(cases, found, strict=True)
        if answer != outcome(shape, document)
    ]
    assert differing == []
    assert found.count("taken") > len(samples(workshop))


def test_damaged_descriptors_are_taken_and_refused_alike(lab, workshop):
    draw = random.Random(4)
    frames = [item.frame for exhibit in workshop.federation.exhibits.values() for item in exhibit.items()]
    cases = list(frames)
    for _ in range(600):
        data = bytearray(draw.choice(frames))
        at = draw.randrange(4, len(data))
        data[at] = draw.randrange(256)
        cases.append(bytes(data))

    def outcome(frame: bytes) -> str:
        try:
            found: ItemDescriptor = unframe(frame)
        except BrokenInputError:
            return "refused"
        return f"{found.size} {found.sha256.hex()}"

    found = lab(
        "given.map((frame) => { try { const item = values_js.unpack(bytesOf(frame).subarray(4), 'ItemDescriptor');"
        " return `${item.size} ${bytes_js.hex(item.sha256)}`; } catch (error) { return error.what ? 'refused' : `${error}`; } })",
        [b(frame) for frame in cases],
    )
    assert [(case, one) for case, one in zip(cases, found, strict=True) if one != outcome(case)] == []


def test_every_shape_that_checks_more_than_its_fields_has_a_rule_here(lab):
    checked = {name for name, shape in json.loads(shapes()).items() if shape["checked"]}
    assert set(lab("Object.keys(rules_js.RULES)")) == checked


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13])
def test_proofs_hold_and_fail_alike(lab, size):
    tree = StoredTree([leaf_hash(bytes([number])) for number in range(size)])
    root = tree.root()
    cases: list[tuple[str, int, list[str], str]] = []
    for index in range(-1, size + 2):
        path = [node.hex() for node in tree.inclusion_path(min(max(index, 0), size - 1))]
        leaf = tree.leaves(min(max(index, 0), size - 1), min(max(index, 0), size - 1) + 1)[0].hex()
        cases += [
            (leaf, index, path, root.hex()),
            (leaf, index, path[:-1], root.hex()),
            (leaf, index, [*path, leaf], root.hex()),
        ]
        cases += [(root.hex(), index, path, root.hex())] if size > 1 else []

    def outcome(leaf: str, index: int, path: list[str], to: str) -> str:
        try:
            verify_inclusion(
                bytes.fromhex(leaf), index, size, [bytes.fromhex(node) for node in path], bytes.fromhex(to)
            )
        except BrokenInputError as error:
            return error.what
        return "holds"

    found = lab(
        f"given.map(([leaf, index, path, root]) => {{ const hex = bytes_js.fromHex; try {{ merkle_js.verifyInclusion(hex(leaf),"
        f" BigInt(index), {size}n, path.map(hex), hex(root)); return 'holds'; }} catch (error) {{ return error.what; }} }})",
        cases,
    )
    assert found == [outcome(*case) for case in cases]
    for first in range(size):
        for count in range(1, size - first + 1):
            proof = tree.range_proof(first, count)
            verify_range(tree.leaves(first, first + count), first, size, proof, root)
            given = [
                [leaf.hex() for leaf in tree.leaves(first, first + count)],
                [node.hex() for node in proof],
                root.hex(),
            ]
            call = "merkle_js.verifyRange(given[0].map(bytes_js.fromHex)"
            rest = f"{first}n, {size}n, given[1].map(bytes_js.fromHex), bytes_js.fromHex(given[2]))"
            assert lab(f"{call}, {rest}", given) is None


SMALL_RSA = 1024


def certificate(key: Any, digest: Any) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pt")])
    begins, ends = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7).not_valid_before(begins).not_valid_after(ends)
    return builder.sign(key, digest).public_bytes(Encoding.DER)


def test_seals_of_every_algorithm_verify_alike_and_other_keys_are_refused(lab):
    data = b"protected.payload"
    edwards, curve = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
    large = rsa.generate_private_key(65537, 2048)
    r, s = decode_dss_signature(curve.sign(data, ec.ECDSA(hashes.SHA256())))
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    other_salt = padding.PSS(padding.MGF1(hashes.SHA256()), 20)
    cases = [
        (certificate(edwards, None), edwards.sign(data)),
        (certificate(curve, hashes.SHA256()), r.to_bytes(32) + s.to_bytes(32)),
        (certificate(curve, hashes.SHA256()), curve.sign(data, ec.ECDSA(hashes.SHA256()))),
        (certificate(large, hashes.SHA256()), large.sign(data, pss, hashes.SHA256())),
        (certificate(large, hashes.SHA256()), large.sign(data, other_salt, hashes.SHA256())),
        (certificate(large, hashes.SHA256()), large.sign(data, padding.PKCS1v15(), hashes.SHA256())),
        (certificate(ec.generate_private_key(ec.SECP384R1()), hashes.SHA256()), b""),
        (certificate(rsa.generate_private_key(65537, SMALL_RSA), hashes.SHA256()), b""),
    ]
    cases += [(der, signature[:-1] + bytes([signature[-1] ^ 1])) for der, signature in cases if signature]
    cases += (
        [(der + b"\x00", b""), (der[:-1], b""), (b"", b""), (b"\x30\x80\x00\x00", b"")] if (der := cases[0][0]) else []
    )

    def outcome(der: bytes, signature: bytes) -> str:
        try:
            read = read_certificate(der)
        except BrokenInputError:
            return "refused"
        return f"{read.algorithm} {read.x5t} {str(read.verifies(signature, data)).lower()}"

    found = lab(
        "await Promise.all(given.map(async ([der, signature]) => { try {"
        " const read = await certificates_js.readCertificate(bytesOf(der));"
        " const holds = await read.verifies(bytesOf(signature), new TextEncoder().encode('protected.payload'));"
        " return `${read.seals} ${read.x5t} ${holds}`; } catch (error) { return error.what ? 'refused' : `${error}`; } }))",
        [[b(der), b(signature)] for der, signature in cases],
    )
    assert found == [outcome(*case) for case in cases]
    assert sum(answer.endswith("true") for answer in found) == 3


def test_grades_are_those_of_the_vectors_of_trust(lab, module_beside):
    grades = module_beside("trust/test_grades.py")
    full, sequence = grades.FULL, grades.sequence
    listed, advanced = grades.listed(), grades.listed(grades.IssuerGrade.ADVANCED)
    cases = [
        (grades.issue(statements=full), [listed]),
        (grades.issue(statements=full), []),
        (grades.issue(statements=full, issuer="pt", key=grades.NODE), [listed]),
        (grades.issue(statements=full, key=grades.NODE), [listed]),
        (grades.issue(statements=full), [advanced]),
        (grades.issue(statements=full), [grades.listed(ca=False)]),
        *(
            (grades.issue(statements=statements), [listed])
            for statements in (
                None,
                b"",
                b"\x30\x03\x02\x01\x01",
                full[:-3],
                sequence(grades.SSCD, grades.ESEAL),
                sequence(grades.COMPLIANCE, grades.ESEAL),
                sequence(grades.COMPLIANCE, grades.SSCD),
                sequence(grades.COMPLIANCE, grades.SSCD, grades.ESIGN),
            )
        ),
    ]
    expected = [grades.grade(der, *issuers) for der, issuers in cases]
    found = lab(
        "await Promise.all(given.map(async ([der, issuers]) => { const seal = { certificate: bytesOf(der), authority: 'pt',"
        " sealedAt: instants_js.readInstant('2026-03-01T00:00:00Z') };"
        " const graded = await grades_js.gradeSeal(seal, { trustedIssuers: () => issuers });"
        " return [graded.grade, graded.words]; }))",
        [[b(der), [{"der": each.der, "grade": each.grade.value} for each in issuers]] for der, issuers in cases],
    )
    assert found == [[graded.grade.value, graded.words] for graded in expected]


def der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes([tag]) + (bytes([len(content)]) if len(content) < 128 else bytes([0x81, len(content)])) + content


def stamp(time: bytes) -> bytes:
    """A response as RFC 3161 has it, as far as its time; the signature is left out."""
    info = der(0x30, b"\x02\x01\x01", b"\x06\x01\x2a", der(0x30, b"\x04\x01\x00"), b"\x02\x01\x07", der(0x18, time))
    wrapped = der(0x30, b"\x06\x01\x2a", der(0xA0, der(0x04, info)))
    token = der(0x30, b"\x06\x01\x2a", der(0xA0, der(0x30, b"\x02\x01\x03", der(0x31), wrapped)))
    return der(0x30, der(0x30, b"\x02\x01\x00"), token)


@pytest.mark.parametrize(
    ("response", "pinned", "outcome"),
    [
        (stamp(b"20260302090500Z"), True, "valid"),
        (stamp(b"20260302085501.25Z"), True, "valid"),
        (stamp(b"20260302085400Z"), True, "indeterminate"),
        (stamp(b"20260302085400Z"), False, "valid"),
        (stamp(b"2026030208540Z"), True, "indeterminate"),
        (b"", True, "indeterminate"),
        (b"", False, "valid"),
        (stamp(b"20260302090500Z")[:-1], True, "indeterminate"),
    ],
)
def test_a_time_stamp_that_could_decide_leaves_check_12_open_and_any_other_changes_nothing(
    lab, response, pinned, outcome
):
    found = lab(
        "await (async () => { const examination = new verdicts_js.Examination(12, 'time');"
        " const at = instants_js.readInstant('2026-03-02T09:00:00Z');"
        " const dossier = { paths: () => ['timestamps/00.tsr'], read: async () => bytesOf(given[0]) };"
        " const acts = [{ id: 'x', direction: 'issued', filedAt: at }];"
        " const anchor = { timestamp_authorities: given[1] ? ['x'] : [] };"
        " await stamps_js.checkStamps(dossier, {}, anchor, acts, examination);"
        " const check = examination.close('holds'); return [check.outcome, check.detail.length]; })()",
        [b(response), pinned],
    )
    assert found == [outcome, 1]


def test_text_is_made_safe_to_show_as_on_the_terminal(page):
    texts = [
        "plain",
        "\u202eevil\x1b[31m",
        "a\nb\tc",
        "x" * 3000,
        "\u00e9\u4e2d\U0001f600",
        "\u2028\ufeff\u00ad\ue000",
        "<b>&amp;",
    ]
    for text in texts:
        path = page.folder / "trust-name.json"
        path.write_text("{}")
        page.run(
            f"(() => {{ const t = new DataTransfer(); t.items.add(new File(['{{}}'], {json.dumps(text)}));"
            " const input = document.getElementById('anchor'); input.files = t.files; input.dispatchEvent(new Event('change')); })()"
        )
        assert page.run("document.getElementById('anchor-name').textContent") == f"{plain(text)} (2 B)"
        path.unlink()
    page.reopen()
