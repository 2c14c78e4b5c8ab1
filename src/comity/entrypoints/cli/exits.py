"""How a command ends: one exit code for each kind of end.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | not done: something is broken, missing or not allowed; the message says what |
| 2 | the command line itself was not understood |
| 3 | refused: the law, the state of the case or a policy stands against it; every reason is listed |
| 4 | the node, its database or a peer can't be reached now; trying again is safe |
| 5 | this command needs more than the base install |

`comity verify` has its own: 0 valid, 1 invalid, 2 indeterminate, 3 nothing to judge.
"""

from enum import IntEnum

from comity.vocabulary.errors import Refusal


class ExitCode(IntEnum):
    """What a script can tell from how the command ended. Never renumbered."""

    DONE = 0
    FAILED = 1
    MISUSED = 2
    REFUSED = 3
    UNAVAILABLE = 4
    NEEDS_NODE_EXTRA = 5


class CommandRefusedError(Exception):
    """A refusal on its way to the terminal: raised by a command, told in one place."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
