"""What the commands about a node's folder say when they are done, and what comes next."""

from collections.abc import Sequence
from pathlib import Path

from comity.entrypoints.cli.node_directory import TakenIntoUse
from comity.entrypoints.cli.node_making import Made
from comity.vocabulary.identifiers import OfficerId


def told_of_new_node(made: Made, officers: Sequence[OfficerId]) -> str:
    """Where everything is, and the four steps to a node that works."""
    folder = made.folder
    somebody = officers[0] if officers else "OFFICER"
    lines = [
        f"Made a node in {folder}",
        f"  settings  {folder / 'node.toml'}",
        f"  keys      {folder / 'keys'}  (back them up apart from the rest; nobody else may read them)",
        f"  entry     {made.entry}",
        f"  digest    {made.digest}  (SHA-256 of the entry)",
    ]
    if made.software_keys:
        lines.append(f"  UNSAFE    {made.software_keys[0].parent}: software authenticators, for rehearsals only")
    lines += [
        "",
        "Next:",
        "  1. Give the entry to your directory's keeper, and its digest over another channel.",
        "       the keeper: comity directory found DIR entry.json...   or: comity directory publish DIR entry.json",
        "  2. Take the directory they publish into use:",
        f"       comity node directory {folder} PUBLISHED --root root.json",
        "  3. Serve:",
        f"       comity node serve {folder}",
        "  4. Give each officer a token:",
        f"       (umask 077; comity node token {folder} {somebody} > {somebody}.token)",
    ]
    return "\n".join(lines)


def told_of_directory(folder: Path, taken: TakenIntoUse) -> str:
    """The version in use, and what to compare."""
    lines = [f"directory version {taken.version} is in use: {', '.join(taken.authorities)}"]
    if taken.pinned_now:
        lines.append(f"pinned root  {taken.root}")
    if taken.unchecked:
        lines.append("Nobody vouched for this root: compare its digest with the keeper before you rely on anything.")
    if taken.act:
        lines += [
            f"named in the ledger by act {taken.act}",
            "Restart the node's processes: they read it when they start.",
        ]
    elif taken.pinned_now:
        lines += ["", "Next:", f"  comity node serve {folder}"]
    return "\n".join(lines)
