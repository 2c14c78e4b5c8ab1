"""Several small modules of JavaScript as one text, in the order of their imports; nothing is renamed, shrunk or rewritten.

A module here is plain ECMAScript of a narrow form, so that a few lines can join it: imports stand at the head and name
what they take (`import { a, b } from "./bytes.js";`), and only declarations are exported (`export function`, `export
const`, `export class`). Each becomes a function of its own that gives its exports, so private names stay private.
"""

import re
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([a-z0-9_]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|const|class) ([A-Za-z_$][\w$]*))", re.MULTILINE)
_UNKNOWN = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def joined(modules: Mapping[str, str], *, main: str) -> str:
    """The module `main` (a name without `.js`) with all it imports, each once, as statements of one script.

    Raises `ValueError` where a module has a form that can't be joined, imports itself round about, or takes what is not
    exported.
    """
    order = _order(modules, main)
    exported = {name: _EXPORT.findall(modules[name]) for name in order}
    for name in order:
        for taken, source in _taken(modules[name]):
            missing = set(taken) - set(exported[source])
            if missing:
                raise ValueError(f"{name}.js takes {', '.join(sorted(missing))}, which {source}.js does not export")
    return "".join(_wrapped(name, modules[name], exported[name]) for name in order)


def _order(modules: Mapping[str, str], main: str) -> Sequence[str]:
    graph: dict[str, list[str]] = {}
    waiting = [main]
    while waiting:
        name = waiting.pop()
        if name not in graph:
            graph[name] = [source for _, source in _taken(modules[name])]
            waiting += graph[name]
    return list(TopologicalSorter(graph).static_order())


def _taken(text: str) -> list[tuple[list[str], str]]:
    """The names that a module takes, and from where."""
    return [
        ([each.strip() for each in names.split(",") if each.strip()], source) for names, source in _IMPORT.findall(text)
    ]


def _wrapped(name: str, text: str, exported: Sequence[str]) -> str:
    body = _EXPORT.sub("", _IMPORT.sub(_bound, text))
    strange = _UNKNOWN.search(body)
    if strange is not None:
        raise ValueError(f"{name}.js has a line that cannot be joined: {strange[0]}")
    return f"const {name}_js = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();\n\n"


def _bound(match: re.Match[str]) -> str:
    names = " ".join(match[1].split()).rstrip(",")
    return f"const {{ {names} }} = {match[2]}_js;\n"
