"""Whether an item that came may be privileged, so that a filter team decides before an investigator sees it. In doubt it may."""

from collections.abc import Iterable

from comity.acts.quarantine_bodies import ScreenSet
from comity.evidence.items.descriptors import ItemDescriptor
from comity.evidence.items.scope import Names
from comity.vocabulary.targets import Aim, Target, TargetKind


class Screen:
    """The screens of a case, made ready to judge many items; where none stands, nothing meets it."""

    def __init__(self, screens: Iterable[ScreenSet]) -> None:
        screens = tuple(screens)
        counsel = [target for each in screens for target in each.counsel]
        self._names = Names(name for each in screens for name in each.names)
        self._counsel = Aim(counsel)
        self._in_either_case = frozenset(map(_in_either_case, counsel))

    def meets(self, item: ItemDescriptor) -> bool:
        """Whether an item that is what its descriptor says is to be put aside.

        1. Its name or one of its leading folders is listed.
        2. It names an identifier of counsel. Letters count alike in either case.
        3. It names more identifiers than are kept of an item: counsel's may be among the others.
        """
        # 1
        if next(self._names.leading(item.name), None) is not None:
            return True
        if not self._in_either_case:
            return False
        # 2 and 3
        return item.more_targets or any(map(self._is_counsels, item.targets))

    def _is_counsels(self, target: Target) -> bool:
        return _in_either_case(target) in self._in_either_case or self._counsel.covers(target)


def _in_either_case(target: Target) -> tuple[TargetKind, str]:
    return target.kind, target.value.casefold()
