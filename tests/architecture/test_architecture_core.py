"""The core takes its instants and its randomness as arguments, and no code runs what it was handed or hides what failed.

Which modules may be imported is said in `.importlinter`; here is what an import alone does not show.
"""

import ast
from collections.abc import Iterator

CLOCK_AND_CHANCE = {
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "date.today",
    "datetime.datetime.now",
    "datetime.date.today",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid1",
    "uuid4",
}
MAKES_KEYS = {"generate", "generate_key", "generate_private_key"}
READS_DISK = {"open", "print", "input", "breakpoint"}
RUNS_WHAT_IT_IS_HANDED = {"eval", "exec", "os.system", "os.popen", "yaml.load"}
UNSAFE_FORMATS = {"pickle", "marshal", "shelve", "dill", "jsonpickle"}
CATCH_ALL = {"Exception", "BaseException"}


def named(node: ast.expr) -> str:
    """`a.b.c` for such an expression, else nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := named(node.value)):
        return f"{before}.{node.attr}"
    return ""


def calls(sources) -> Iterator[tuple[str, str, ast.Call]]:
    """Where, what, and the call itself."""
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call):
                yield f"{source.place}:{node.lineno}", named(node.func), node


def test_the_core_reads_no_clock_and_draws_no_lots(core) -> None:
    assert [f"{where} {what}" for where, what, _ in calls(core) if what in CLOCK_AND_CHANCE] == []


def test_the_core_makes_no_keys_of_its_own(core) -> None:
    made = [f"{where} {what}" for where, what, _ in calls(core) if what.rpartition(".")[2] in MAKES_KEYS]
    assert made == []


def test_the_core_opens_no_file_and_prints_nothing(core) -> None:
    assert [f"{where} {what}" for where, what, _ in calls(core) if what in READS_DISK] == []


def test_nothing_runs_what_it_is_handed(everything) -> None:
    run = [f"{where} {what}" for where, what, _ in calls(everything) if what in RUNS_WHAT_IT_IS_HANDED]
    shells = [where for where, _, call in calls(everything) for word in call.keywords if word.arg == "shell"]
    assert (run, shells) == ([], [])


def test_no_format_that_can_carry_code_is_read(everything) -> None:
    imports = [
        f"{source.place} {name}"
        for source in everything
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names])
        if name.partition(".")[0] in UNSAFE_FORMATS
    ]
    assert imports == []


def catches_all(handler: ast.ExceptHandler) -> bool:
    """Whether nothing passes this handler."""
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(named(kind) in CATCH_ALL for kind in kinds)


def goes_on(handler: ast.ExceptHandler) -> bool:
    """Whether what was caught is raised again at the end: then the handler only tidies up."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_whoever_catches_everything_raises_it_again_or_says_why_not(everything) -> None:
    silent = [
        f"{source.place}:{node.lineno}"
        for source in everything
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and catches_all(node) and not goes_on(node)
        if "# noqa: BLE001 - " not in source.text.splitlines()[node.lineno - 1]
    ]
    assert silent == []


def test_in_the_package_only_the_sequencer_keeps_everything_it_catches(sources) -> None:
    keepers = {
        source.place
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and catches_all(node) and not goes_on(node)
    }
    assert keepers <= {"src/comity/casework/bench/sequencer.py"}


def test_nothing_is_silenced_whole(everything) -> None:
    silenced = [
        where
        for where, what, call in calls(everything)
        if what.rpartition(".")[2] == "suppress" and any(named(each) in CATCH_ALL for each in call.args)
    ]
    assert silenced == []
