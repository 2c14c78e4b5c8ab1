"""Writes docs/settings.md from the descriptions in comity.config: python tools/settings_doc.py."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from comity.config import FOLDER_VARIABLE, PREFIX, SETTINGS_FILE, Limits, NodeSettings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

_HEAD = f"""# Settings

Made by `tools/settings_doc.py` from `src/comity/config.py`; change the descriptions there.

A node reads its settings once, when it starts: from `{SETTINGS_FILE}` in its folder, and from environment variables, which
win. An unknown name is refused in both. No secret belongs into the file. `{FOLDER_VARIABLE}` may name the node's
folder to the commands and is no setting. Lists in the environment are JSON, e.g. `{PREFIX}WITNESSES='["oversight"]'`.

```toml
authority = "pt"
public_endpoint = "https://pt.example/comity"
listen_port = 8443
witnesses = ["oversight"]
witness_threshold = 1

[limits]
desk_threads = 16
```

| in the file | in the environment | values | when not set | what it does |
|---|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    schema = NodeSettings.model_json_schema()
    rows = list(_rows(schema, "", PREFIX))
    rows += list(_rows(Limits.model_json_schema(), "limits.", f"{PREFIX}LIMITS__"))
    return _HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _rows(schema: Mapping[str, Any], place: str, prefix: str) -> Iterator[tuple[str, ...]]:
    for name, about in schema["properties"].items():
        if place + name in ("folder", "limits"):
            continue  # the one is no setting of the file, the other a table of its own below
        default = "must be set" if name in schema.get("required", ()) else _value(about.get("default"))
        yield f"`{place}{name}`", f"`{prefix}{name.upper()}`", _values(about), default, about["description"]


def _values(about: Mapping[str, Any]) -> str:
    kinds = [kind for kind in about.get("anyOf", [about]) if kind.get("type") != "null"]
    kind = kinds[0]
    if kind.get("format") == "path":
        return "path"
    if kind["type"] == "array":
        return "list of names"
    word = {"integer": "whole number", "number": "number", "boolean": "true, false", "string": "text"}[kind["type"]]
    low = kind.get("minimum", kind.get("exclusiveMinimum"))
    high = kind.get("maximum")
    above = "above " if "exclusiveMinimum" in kind else ""
    return word if low is None or high is None else f"{word}, {above}{low:,} to {high:,}"


def _value(default: object) -> str:
    if default is None or default == []:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    print(f"wrote {PAGE}")
