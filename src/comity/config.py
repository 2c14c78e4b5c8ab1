"""A node's settings: read once, checked whole, and never a secret among them.

They come from `node.toml` in the node's folder and from environment variables `COMITY_…`, which win. A name that nobody
knows is refused in both: a setting that is misspelt is a setting that is not in force. `docs/settings.md` is made from the
descriptions here by `tools/settings_doc.py`.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, ValidationInfo, field_validator
from pydantic import model_validator as checked_together
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from comity.vocabulary.errors import BrokenInputError, ErrorCode

SETTINGS_FILE = "node.toml"
PREFIX = "COMITY_"
FOLDER_VARIABLE = "COMITY_NODE"
"""Names the node's folder to the commands."""
CLIENT_VARIABLES = frozenset({"COMITY_URL", "COMITY_TOKEN_FILE", "COMITY_OFFICE"})
"""Those of an officer's commands (`comity.entrypoints.cli.client_options`); with the folder's the only ones with the prefix
that are no settings."""
EMBEDDED = "embedded"
LONGEST_TOKEN_HOURS = 7 * 24
"""Of a node that works: a token that was stolen ends within a week also where nobody notices."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_SECRET_PARTS = ("password", "sslpassword")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9.-]{0,62}$")]


class Limits(BaseModel):
    """What one peer or one request may cost this node."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    request_bytes: int = Field(
        default=16 << 20,
        ge=1 << 16,
        le=1 << 30,
        description="Largest body of an HTTP request that is read at all; bytes.",
    )
    desk_threads: int = Field(
        default=6, ge=1, le=256, description="Officers' requests that one process answers at the same time."
    )
    exchange_threads: int = Field(
        default=4,
        ge=1,
        le=256,
        description=(
            "Envelopes and checkpoints of other nodes that one process takes at the same time; one address has at most "
            "all but one of them."
        ),
    )
    transfer_threads: int = Field(
        default=2,
        ge=1,
        le=256,
        description="Objects that one process hands over at the same time, one address at most half of them; and as many streams "
        "that it takes in.",
    )
    connections: int = Field(
        default=512,
        ge=16,
        le=65536,
        description="Connections kept at the same time; whoever keeps the node waiting longest makes room for others.",
    )
    connections_per_address: int = Field(
        default=64,
        ge=4,
        le=65536,
        description=(
            "Of these, from one address (of IPv6: one /64). As many as `connections` where a proxy ends all of them."
        ),
    )
    request_head_seconds: float = Field(
        default=10, gt=0, le=600, description="Longest wait for a TLS handshake and a request's headers."
    )
    request_seconds: float = Field(default=120, gt=0, le=3600, description="Longest wait for a whole request.")
    slowest_bytes_per_second: int = Field(
        default=4096,
        ge=1,
        le=1 << 30,
        description="A client that sends a body, or takes an answer, more slowly loses the connection.",
    )
    slowest_transfer_bytes_per_second: int = Field(
        default=16384,
        ge=1,
        le=1 << 30,
        description="The same of objects that are handed over, and of streams that are taken in; what is broken off goes on from "
        "where it stopped.",
    )
    peer_connect_seconds: float = Field(default=3, gt=0, le=60, description="Longest wait for a connection to a peer.")
    peer_read_seconds: float = Field(
        default=30, gt=0, le=600, description="Longest wait for the next bytes of a peer's answer."
    )
    peer_answer_seconds: float = Field(
        default=120,
        gt=0,
        le=3600,
        description="Longest wait for a whole answer; the transfer of an exhibit may take any time.",
    )
    peer_connections: int = Field(default=4, ge=1, le=64, description="Connections to one peer that are kept open.")


class NodeSettings(BaseSettings):
    """All settings of one node. Made by `load_settings`; a value, never changed while the process lives."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, validate_default=True
    )

    folder: Path = Field(description="The node's folder. Given to the command that starts it, never in the file.")
    authority: Name = Field(description="The authority's name in the directory, e.g. `pt`.")
    public_endpoint: str = Field(
        description="Where peers reach this node, as the directory says; https, or http on loopback and in rehearsals."
    )
    database: str = Field(
        default=EMBEDDED,
        repr=False,
        description=(
            "`embedded` for a PostgreSQL of the node's own, or `postgresql://…`. A password belongs into a PostgreSQL "
            "password file or, at worst, into the environment; in the file it is refused."
        ),
    )
    keys_folder: Path = Field(
        default=Path("keys"),
        description=(
            "Folder of the node's own private keys, mode 0700. On another medium than the case keys, an old copy of "
            "those alone opens nothing. Relative paths start at the node's folder."
        ),
    )
    intake_folders: tuple[Path, ...] = Field(
        default=(Path("intake"),),
        description=(
            "Folders that data may be taken in from; an officer can name nothing outside them. Relative paths start at "
            "the node's folder."
        ),
    )
    evidence_endpoint: str | None = Field(
        default=None,
        description=(
            "Where evidence lies: https://… of a server of the S3 protocol. Not set: in the node's folder. Backups of the "
            "node then leave evidence to the bucket's own."
        ),
    )
    evidence_bucket: Name | None = Field(
        default=None, description="Bucket there; this node's objects begin with the authority's name."
    )
    evidence_region: str = Field(default="us-east-1", min_length=1, description="Region of that bucket.")
    evidence_account: str | None = Field(
        default=None,
        description="Access key id of an account that may read, write, list and delete there, and no more.",
    )
    evidence_secret_file: Path = Field(
        default=Path("bucket-secret"),
        description="File with that account's secret key and nothing else, mode 0600. From the node's folder on.",
    )
    evidence_lock_days: int = Field(
        default=0,
        ge=0,
        le=3650,
        description=(
            "How long the bucket itself refuses to delete what was stored or read again (object lock), also to its owner; "
            "days. Renewed while anything refers to an object, so that it ends at most so long after a disposal. 0: no lock."
        ),
    )
    second_evidence_folder: Path | None = Field(
        default=None,
        description=(
            "Folder, best on another machine's disk, with a second copy of everything stored: filled by re-verification, "
            "and what is broken is put back from it. None: no second copy. Relative paths start at the node's folder."
        ),
    )
    fixity_bytes_per_second: int = Field(
        default=4 << 20,
        ge=0,
        le=1 << 40,
        description="Rate at which everything stored is read again and held against its hash; bytes. 0: never.",
    )
    fixity_hours: int = Field(
        default=24,
        ge=1,
        le=24 * 366,
        description="Shortest time from the beginning of one such round to the beginning of the next; hours.",
    )
    listen_host: str = Field(default="127.0.0.1", min_length=1, description="Address the node listens on.")
    listen_port: int = Field(default=8443, ge=1, le=65535, description="Port the node listens on.")
    tls_certificate: Path | None = Field(
        default=None, description="PEM file with the node's TLS certificate and its chain; none where a proxy ends TLS."
    )
    tls_key: Path | None = Field(default=None, description="PEM file with the private key of that certificate.")
    tls_authorities: Path | None = Field(
        default=None,
        description="PEM file of the only certificate authorities believed of peers; the system's where not set.",
    )
    directory_published: Path | None = Field(
        default=None,
        description=(
            "Folder with the published directory (`metadata/`, `targets/`), e.g. a copy that is kept in step with its "
            "keeper's. A running node takes a newer version from there within seconds, verified from the pinned root on."
        ),
    )
    checkpoint_seconds: int = Field(
        default=60,
        ge=1,
        le=3600,
        description="Between two checkpoints of the ledger; fixed, so that time tells nothing.",
    )
    padding_multiple: int = Field(
        default=64,
        ge=1,
        le=65536,
        description="A checkpoint's size is a multiple of this many leaves, so that size tells little. 1: no padding.",
    )
    quarantine_days: int | None = Field(
        default=None,
        ge=1,
        le=3650,
        description=(
            "Days after which what was put aside is destroyed, unless the filter team decides before. The "
            "office's own rule: no instrument here gives a number, so there is none unless the office sets it."
        ),
    )
    copies_answer_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description=(
            "Days that others have to say what became of their copies of a case that was disposed of, before they are asked "
            "again and then people are told. The office's own term: no instrument gives one."
        ),
    )
    clock_lead_hours: int = Field(
        default=48,
        ge=0,
        le=8760,
        description=(
            "Hours before the stricter end of a limit of the law that this node must meet, or that it relies on, from which on "
            "an alarm tells of it. From that end on, and once it has passed, it is told of in any case."
        ),
    )
    witnesses: tuple[Name, ...] = Field(
        default=(), description="Authorities that are asked to co-sign every checkpoint."
    )
    witness_threshold: int = Field(
        default=0, ge=0, le=64, description="Co-signatures a checkpoint needs before it is published as witnessed."
    )
    token_hours: int = Field(
        default=12,
        ge=1,
        le=10 * 366 * 24,
        description="Longest life of a token that an officer's programs call the node with; at most 168 but in a rehearsal.",
    )
    timestamp_authorities: tuple[str, ...] = Field(
        default=(),
        description="URLs of time-stamp authorities (RFC 3161) that are asked to stamp checkpoints; http or https.",
    )
    timestamp_roots: Path | None = Field(
        default=None,
        description=(
            "PEM file with root certificates that their stamps must lead to. None: stamps are kept unexamined, and readers "
            "judge them. Relative paths start at the node's folder."
        ),
    )
    timestamp_seconds: int = Field(
        default=3600, ge=1, le=86400 * 31, description="Shortest time between two checkpoints that are stamped."
    )
    timestamp_late_seconds: int = Field(
        default=300, ge=1, le=86400 * 31, description="A stamp that comes so much later is put on record as late."
    )
    timestamp_answer_seconds: float = Field(
        default=10, gt=0, le=600, description="Longest wait for an authority's whole answer."
    )
    worker_in_process: bool = Field(
        default=True,
        description="Whether the web process also delivers, checkpoints and watches clocks; false with workers apart.",
    )
    limits: Limits = Field(default=Limits(), description="What one peer or one request may cost this node.")
    unsafe_rehearsal: bool = Field(
        default=False,
        description="UNSAFE. This node only rehearses: software approvals, http, a moved clock and lower seals are let through.",
    )
    unsafe_clock_offset_file: Path | None = Field(
        default=None, description="UNSAFE. File with whole seconds that are added to the clock; only in a rehearsal."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given to the command wins over the environment, and that over the file; nothing else is read."""
        del dotenv_settings, file_secret_settings
        folder = Path(init_settings()["folder"])
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, folder / SETTINGS_FILE)

    @field_validator(
        "keys_folder",
        "second_evidence_folder",
        "timestamp_roots",
        "evidence_secret_file",
        "tls_certificate",
        "tls_key",
        "tls_authorities",
        "directory_published",
        "unsafe_clock_offset_file",
        mode="after",
    )
    @classmethod
    def _from_the_folder_on(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        return path and info.data["folder"] / path

    @field_validator("intake_folders", mode="after")
    @classmethod
    def _all_from_the_folder_on(cls, paths: tuple[Path, ...], info: ValidationInfo) -> tuple[Path, ...]:
        return tuple(info.data["folder"] / path for path in paths)

    @field_validator("database", mode="after")
    @classmethod
    def _is_a_database(cls, text: str) -> str:
        if text != EMBEDDED and urlsplit(text).scheme not in ("postgresql", "postgres"):
            raise ValueError("must be `embedded` or begin with postgresql://")
        return text

    @field_validator("public_endpoint", "evidence_endpoint", mode="after")
    @classmethod
    def _is_an_endpoint(cls, text: str | None) -> str | None:
        if text is None:
            return None
        url = urlsplit(text)
        if url.scheme not in ("https", "http") or not url.hostname or url.username or url.query or url.fragment:
            raise ValueError("must be https://host[:port][/path], without user, query or fragment")
        return text.rstrip("/")

    @checked_together(mode="after")
    def _fits_together(self) -> Self:
        wrong = [message for fails, message in _rules(self) if fails]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def load_settings(folder: Path) -> NodeSettings:
    """The settings of the node in that folder, all of them checked.

    Raises `BrokenInputError`: NOT_FOUND where there is no `node.toml`, NOT_ALLOWED for a secret in it, MALFORMED with
    everything that is wrong at once.
    """
    _refuse_secrets(_read_file(folder / SETTINGS_FILE))
    wrong = [f"{name}: no such setting" for name in sorted(_unknown_variables(os.environ))]
    try:
        settings = NodeSettings(folder=folder.absolute())  # type: ignore[call-arg]  # the rest comes from its sources
    except ValidationError as error:
        wrong += [_say(each["loc"], each["msg"], each["input"]) for each in error.errors(include_url=False)]
    else:
        if not wrong:
            return settings
    raise BrokenInputError(
        ErrorCode.MALFORMED,
        "the node's settings are wrong",
        found="; ".join(wrong),
        expected="settings as docs/settings.md lists them",
        do=f"mend {folder / SETTINGS_FILE} or the environment",
    )


def variables() -> frozenset[str]:
    """The environment variables that are settings."""
    nested = {f"{PREFIX}LIMITS__{name.upper()}" for name in Limits.model_fields}
    return frozenset({PREFIX + name.upper() for name in NodeSettings.model_fields} - {PREFIX + "FOLDER"} | nested)


def _rules(settings: NodeSettings) -> tuple[tuple[bool, str], ...]:
    """What must hold between settings: (whether it fails, what is said then)."""
    url, bucket = urlsplit(settings.public_endpoint), urlsplit(settings.evidence_endpoint or "")
    of_bucket = (settings.evidence_endpoint, settings.evidence_bucket, settings.evidence_account)
    witnesses = settings.witnesses
    return (
        (
            url.scheme == "http" and url.hostname not in _LOOPBACK and not settings.unsafe_rehearsal,
            "public_endpoint: http only on loopback or in a rehearsal",
        ),
        (
            bucket.scheme == "http" and bucket.hostname not in _LOOPBACK,
            "evidence_endpoint: http only on loopback",
        ),
        (
            any(of_bucket) and not all(of_bucket),
            "evidence_endpoint, evidence_bucket, evidence_account: all or none",
        ),
        (
            settings.evidence_lock_days > 0 and not (any(of_bucket) and settings.fixity_bytes_per_second),
            "evidence_lock_days: only for a bucket, and with fixity_bytes_per_second, by which locks are renewed",
        ),
        (
            (settings.tls_certificate is None) != (settings.tls_key is None),
            "tls_certificate, tls_key: both or neither",
        ),
        (
            settings.token_hours > LONGEST_TOKEN_HOURS and not settings.unsafe_rehearsal,
            f"token_hours: at most {LONGEST_TOKEN_HOURS} but in a rehearsal, whose clock is moved",
        ),
        (len(set(witnesses)) != len(witnesses), "witnesses: each once"),
        (
            any(not _is_web(each) for each in settings.timestamp_authorities),
            "timestamp_authorities: must be http://… or https://…, without user",
        ),
        (settings.authority in witnesses, "witnesses: a node is no witness of its own ledger"),
        (
            settings.witness_threshold > len(witnesses),
            "witness_threshold: more co-signatures than there are witnesses",
        ),
        (
            settings.unsafe_clock_offset_file is not None and not settings.unsafe_rehearsal,
            "unsafe_clock_offset_file: only with unsafe_rehearsal",
        ),
    )


def _is_web(text: str) -> bool:
    url = urlsplit(text)
    return url.scheme in ("http", "https") and bool(url.hostname) and not url.username


def _read_file(path: Path) -> Mapping[str, object]:
    if not path.is_file():
        raise BrokenInputError(
            ErrorCode.NOT_FOUND,
            "there is no node in this folder",
            found=f"no {path}",
            expected=SETTINGS_FILE,
            do="make one with: comity node init",
        )
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenInputError(ErrorCode.MALFORMED, f"{path} is not TOML", found=str(error)) from None


def _refuse_secrets(file: Mapping[str, object]) -> None:
    if "folder" in file:
        raise BrokenInputError(
            ErrorCode.MALFORMED, "the file can't name the folder that it lies in", found="folder", do="take it out"
        )
    url = urlsplit(str(file.get("database", "")))
    if url.password or any(part in parse_qs(url.query) for part in _SECRET_PARTS):
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            f"{SETTINGS_FILE} holds a password",
            found="a password in `database`",
            expected="no secret in this file",
            do=f"change that password, then use a PostgreSQL password file or {PREFIX}DATABASE",
        )


def _unknown_variables(environment: Mapping[str, str]) -> set[str]:
    given = {name for name in environment if name.upper().startswith(PREFIX)}
    return {
        name
        for name in given
        if name.upper() not in variables() | CLIENT_VARIABLES | {FOLDER_VARIABLE, PREFIX + "LIMITS"}
    }


def _say(place: tuple[int | str, ...], message: str, given: object) -> str:
    name = ".".join(map(str, place))
    shown = "" if name in ("", "database") or message == "Field required" else f", found {str(given)[:60]!r}"
    return f"{name}: {message}{shown}".removeprefix(": ")
