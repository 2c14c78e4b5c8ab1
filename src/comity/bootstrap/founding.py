"""Making a node: its folder, its keys, its settings; and what it has to publish so that others can list it."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from comity.adapters.keys.node_key_format import KeyKind
from comity.adapters.keys.node_keys import FileNodeKeys
from comity.adapters.private_files import open_folder, replace_private
from comity.adapters.randomness import SystemRandomness
from comity.config import SETTINGS_FILE
from comity.trust.directory_format import (
    AuthorityEntry,
    AuthorityKind,
    DatedCertificate,
    DatedKey,
    OfficeEntry,
    OfficerEntry,
)
from comity.trust.keys import seal_certificate
from comity.vocabulary.identifiers import AuthorityId
from comity.vocabulary.wire import b64url

_CERTIFICATE_LIFE = timedelta(days=3 * 365)


class NodePlan(Struct, frozen=True):
    """What a node shall be: who it is, where it listens, who works there, who witnesses it."""

    authority: AuthorityId
    name: str
    country: str
    kind: AuthorityKind
    zone: str
    languages: tuple[str, ...]
    port: int
    offices: tuple[OfficeEntry, ...]
    officers: tuple[OfficerEntry, ...]
    witnesses: tuple[AuthorityId, ...] = ()
    threshold: int = 0
    host: str = "127.0.0.1"
    endpoint: str = ""
    checkpoint_seconds: int = 60
    padding_multiple: int = 64
    token_hours: int = 12
    rehearsal: bool = False
    intake_folders: tuple[str, ...] = ("intake",)
    quarantine_days: int | None = None

    @property
    def public_endpoint(self) -> str:
        """Where peers reach the node."""
        return self.endpoint or f"http://{self.host}:{self.port}"

    def entry(self) -> AuthorityEntry:
        """What a directory says of it, but for its keys."""
        return AuthorityEntry(
            id=self.authority,
            name=self.name,
            country=self.country,
            kinds=(self.kind,),
            endpoint=self.public_endpoint,
            time_zone=self.zone,
            calendar=self.country,
            languages=self.languages,
            offices=self.offices,
            officers=self.officers,
        )


def make_node(folder: Path, plan: NodePlan, at: datetime) -> AuthorityEntry:
    """The node's folder with fresh keys and settings; and its entry for the directory.

    Raises `BrokenInputError(NOT_ALLOWED)` where there is a node already: keys are never overwritten.
    """
    open_folder(folder)
    keys = FileNodeKeys(folder / "keys").generate(SystemRandomness())
    replace_private(folder / SETTINGS_FILE, _settings(plan).encode())
    since = at - timedelta(minutes=1)
    certificate = seal_certificate(
        keys.seal,
        plan.authority,
        not_before=since,
        not_after=at + _CERTIFICATE_LIFE,
        serial=int.from_bytes(SystemRandomness().take(8)),
    )

    def dated(kind: KeyKind) -> DatedKey:
        return DatedKey(public=b64url(keys.public(kind)), valid_from=since)

    return replace(
        plan.entry(),
        seal_certificates=(DatedCertificate(der=b64url(certificate), valid_from=since),),
        ledger_keys=(dated(KeyKind.LEDGER),),
        witness_keys=(dated(KeyKind.WITNESS),),
        agreement_keys=(dated(KeyKind.AGREEMENT),),
    )


def _settings(plan: NodePlan) -> str:
    folders = ", ".join(json.dumps(each) for each in plan.intake_folders)
    witnesses = ", ".join(f'"{each}"' for each in plan.witnesses)
    lines = [
        f'authority = "{plan.authority}"',
        f'public_endpoint = "{plan.public_endpoint}"',
        f'listen_host = "{plan.host}"',
        f"listen_port = {plan.port}",
        f"witnesses = [{witnesses}]",
        f"witness_threshold = {plan.threshold}",
        f"checkpoint_seconds = {plan.checkpoint_seconds}",
        f"padding_multiple = {plan.padding_multiple}",
        f"token_hours = {plan.token_hours}",
        f"intake_folders = [{folders}]",
    ]
    if plan.quarantine_days is not None:
        lines.append(f"quarantine_days = {plan.quarantine_days}")
    if plan.rehearsal:
        lines += ["unsafe_rehearsal = true", 'unsafe_clock_offset_file = "../clock-offset"']
    return "\n".join(lines) + "\n"
