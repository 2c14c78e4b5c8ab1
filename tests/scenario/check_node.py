"""A process that checks one node again and again: it opens the node once, and answers each line with one line of JSON.

`python check_node.py <folder>`; the database is in COMITY_DATABASE. One process has one database, and opening a node takes
far longer than checking it.
"""

import sys
from pathlib import Path

from comity.bootstrap.running import books, open_node
from comity.casework.upkeep.check import check
from comity.config import load_settings
from comity.vocabulary.errors import BrokenInputError
from comity.vocabulary.wire import encode


def main() -> None:
    """Reads `deep` or `quick` from each line, and says what is wrong."""
    settings = load_settings(Path(sys.argv[1]))
    node = open_node(settings, settings.database)
    rows = books(node)
    for line in sys.stdin:
        node.bench.directory.refresh()
        try:
            found = check(node.bench, rows, deep=line.strip() == "deep")
            answer = [f"{each.number} {each.name}: {text}" for each in found for text in each.problems]
        except BrokenInputError as error:
            answer = [f"not checked: {error} {error.found}"]
        sys.stdout.write(encode(answer).decode() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
