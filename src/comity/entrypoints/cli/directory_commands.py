"""`comity directory …`: the keeper's side of the directory that all nodes trust."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from comity.trust.directory_founder import Edition

app = typer.Typer(
    no_args_is_help=True,
    help="Keep the directory: the signed register of who takes part, with their offices and keys.",
)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The keeper's folder.", show_default=False)]
Entries = Annotated[
    list[Path],
    typer.Argument(metavar="ENTRY...", help="Entries of authorities: entry.json of each node.", show_default=False),
]
Days = Annotated[int, typer.Option(min=1, max=3650, help="Days until the version expires.")]


@app.command("found")
def found(folder: Folder, entries: Entries, *, days: Days = 365) -> None:
    """Found a directory: new keys in DIR/keys, version 1 in DIR/published, the root to pin in DIR/root.json."""
    from comity.entrypoints.cli import directory_keeper as keeper

    listed = [keeper.read_entry(path) for path in entries]
    _print_edition(folder, keeper.found(folder, listed, datetime.now(UTC), timedelta(days=days)))
    typer.echo("\nGive root.json to every node and tell its digest over another channel. Keep DIR/keys apart and safe.")


@app.command("publish")
def publish(
    folder: Folder,
    entries: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[ENTRY]...", help="Entries that are new or changed.", show_default=False),
    ] = None,
    *,
    remove: Annotated[
        list[str] | None, typer.Option(help="An authority that is no longer listed.", show_default=False)
    ] = None,
    days: Days = 365,
) -> None:
    """Publish the next version in DIR/published: authorities added, replaced or removed, or just a later expiry."""
    from comity.entrypoints.cli import directory_keeper as keeper

    listed = [keeper.read_entry(path) for path in entries or ()]
    life = timedelta(days=days)
    _print_edition(folder, keeper.publish(folder, listed, remove or (), datetime.now(UTC), life))


@app.command("rotate-root")
def rotate_root(folder: Folder, *, days: Days = 365) -> None:
    """Publish the next version under a new root with new keys. Nodes follow from the root they pinned; root.json stays."""
    from comity.entrypoints.cli import directory_keeper as keeper

    _print_edition(folder, keeper.rotate_root(folder, datetime.now(UTC), timedelta(days=days)))


@app.command("partner")
def partner(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name in the directory.", show_default=False)],
    *,
    title: Annotated[str, typer.Option(help="What it is called.", show_default=False)],
    country: Annotated[str, typer.Option(help="ISO 3166-1 alpha-2.", show_default=False)],
    contact: Annotated[str, typer.Option(help="The e-mail or postal address that acts go to.", show_default=False)],
    zone: Annotated[str, typer.Option(help="Its time zone, e.g. Europe/Oslo.", show_default=False)],
    language: Annotated[list[str], typer.Option(help="ISO 639; may be repeated.", show_default=False)],
    office: Annotated[str, typer.Option(help="The kind of its office.")] = "central-authority",
    phone: Annotated[str, typer.Option(help="The number to call back, got from elsewhere than its letters.")] = "",
    out: Annotated[Path, typer.Option(help="The entry to write.", show_default=False)],
) -> None:
    """Write the entry of an authority that has no node: acts go to it by hand, as signed forms, and it answers on paper."""
    from comity.entrypoints.cli import directory_keeper as keeper

    listed = {
        "id": name,
        "name": title,
        "country": country,
        "calendar": country,
        "kinds": ["state"],
        "contact": contact,
        "callback_phone": phone,
        "time_zone": zone,
        "languages": language,
        "offices": [{"id": office, "kind": office}],
    }
    out.write_bytes(keeper.partner_entry(listed))
    typer.echo(f"wrote {out}: publish it with comity directory publish")


@app.command("trust")
def trust(
    folder: Folder,
    *,
    out: Annotated[Path, typer.Option(help="The file to write.", show_default=False)],
    witness: Annotated[
        list[str] | None,
        typer.Option(help="An authority to rely on as a witness; all with a witness key without.", show_default=False),
    ] = None,
    threshold: Annotated[int, typer.Option(min=1, help="How many of them must have co-signed.")] = 1,
    timestamp_roots: Annotated[
        Path | None,
        typer.Option(help="PEM file with roots of time-stamp authorities whose stamps count.", show_default=False),
    ] = None,
) -> None:
    """Write the trust anchor that readers of dossiers need (comity verify --trust)."""
    from comity.entrypoints.cli import directory_keeper as keeper
    from comity.trust.anchors import write_anchor

    now = datetime.now(UTC)
    edition = keeper.edition_of(folder, now)
    anchor = keeper.anchor_of(edition, witness or (), threshold, now)
    if timestamp_roots is not None:
        anchor = keeper.with_timestamp_roots(anchor, timestamp_roots)
    out.write_bytes(write_anchor(anchor))
    policy = anchor.witness_policy
    typer.echo(f"wrote {out}: directory root {sha256(edition.root).hexdigest()}")
    typer.echo(
        f"{policy.threshold} of {len(policy.witnesses)} witnesses: {', '.join(w.name for w in policy.witnesses)}"
    )


def _print_edition(folder: Path, edition: "Edition") -> None:
    typer.echo(f"directory version {edition.version}: {', '.join(sorted(edition.entries))}")
    typer.echo(f"published in {folder / 'published'}")
    typer.echo(f"root         {folder / 'root.json'}")
    typer.echo(f"root digest  {sha256(edition.root).hexdigest()}")
