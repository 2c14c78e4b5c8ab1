"""The tables of an instrument file that say which way a question may go, what closes it, and what it takes.

Their tests look at the question (`comity.law.questions.Question`), because there is no act yet.
"""

from comity.law.rows import Provision, Row, Test, Text
from comity.law.terms import Aim, Channel, Connection, PrerequisiteKind, Side


class Pace(Row, frozen=True, kw_only=True):
    """How long the way takes by its own limits, one after another, when all of `when` hold; the first that fits counts."""

    clocks: tuple[Text, ...]
    when: tuple[Test, ...] = ()


class Route(Provision, frozen=True, kw_only=True):
    """A way to go: one measure, for some aims, over a channel, where something connects the data with the state asked.

    `expeditious`: the law wants it done at once and states no number.
    """

    title: Text
    aims: tuple[Aim, ...]
    channel: Channel
    connection: Connection
    connection_text: Text
    paces: tuple[Pace, ...] = ()
    expeditious: bool = False


class Bar(Provision, frozen=True, kw_only=True):
    """What closes a route: all of `when` hold and none of `unless`.

    `asks` is the field without which it cannot be told: while it is unknown, the bar is a point to establish, and `question`
    is what is asked then.
    `reservation` names the article that the state on the side `reserved_by` must have reserved.
    """

    message: Text
    question: Text | None = None
    when: tuple[Test, ...] = ()
    unless: tuple[Test, ...] = ()
    asks: str = ""
    reservation: str = ""
    reserved_by: Side = Side.RECEIVING


class Prerequisite(Provision, frozen=True, kw_only=True):
    """What must be there before the route is taken, when all of `when` hold."""

    kind: PrerequisiteKind
    text: Text
    when: tuple[Test, ...] = ()


class Safeguard(Provision, frozen=True, kw_only=True):
    """What protects the person concerned on this route, as a duty of somebody."""

    text: Text
    who: Text
    when: tuple[Test, ...] = ()
