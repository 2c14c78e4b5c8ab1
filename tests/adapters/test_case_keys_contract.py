"""What every store of case keys must do, run against the file and against a fake in memory."""

import os
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from comity.adapters.keys.case_keys import FileCaseKeys
from comity.casework.ports.node import CaseKeys, Randomness
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import CaseId

A, B, C = "aa" * 16, "bb" * 16, "cc" * 16


class SystemBytes(Randomness):
    def take(self, count: int) -> bytes:
        return os.urandom(count)


class MemoryCaseKeys(CaseKeys):
    """The smallest thing that keeps the promise within one process."""

    def __init__(self) -> None:
        self._keys: dict[CaseId, bytes | None] = {}

    def ensure(self, cases: Collection[CaseId]) -> None:
        for case in cases:
            if self._keys.get(case, b"") is None:
                raise BrokenInputError(ErrorCode.KEY_DESTROYED, "destroyed")
        for case in cases:
            self._keys.setdefault(case, os.urandom(32))

    def key(self, case: CaseId) -> bytes:
        if case not in self._keys:
            raise BrokenInputError(ErrorCode.NOT_FOUND, "no key")
        key = self._keys[case]
        if key is None:
            raise BrokenInputError(ErrorCode.KEY_DESTROYED, "destroyed")
        return key

    def destroy(self, case: CaseId) -> None:
        self._keys[case] = None

    def destroyed(self) -> Collection[CaseId]:
        return [case for case, key in self._keys.items() if key is None]


class CaseKeysContract:
    """Subclasses give a fixture `keys`."""

    def test_a_destroyed_key_is_refused_with_its_own_code(self, keys: CaseKeys) -> None:
        keys.ensure([A])
        keys.key(A)
        keys.destroy(A)
        assert _code(lambda: keys.key(A)) is ErrorCode.KEY_DESTROYED

    def test_a_destroyed_key_never_comes_back(self, keys: CaseKeys) -> None:
        keys.ensure([A])
        keys.destroy(A)
        assert _code(lambda: keys.ensure([A])) is ErrorCode.KEY_DESTROYED

    def test_nothing_is_made_when_one_of_many_was_destroyed(self, keys: CaseKeys) -> None:
        keys.ensure([A])
        keys.destroy(A)
        assert _code(lambda: keys.ensure([B, A, C])) is ErrorCode.KEY_DESTROYED
        assert _code(lambda: keys.key(B)) is ErrorCode.NOT_FOUND

    def test_a_case_that_never_had_a_key_can_be_kept_from_ever_getting_one(self, keys: CaseKeys) -> None:
        keys.destroy(A)
        assert _code(lambda: keys.ensure([A])) is ErrorCode.KEY_DESTROYED
        assert _code(lambda: keys.key(A)) is ErrorCode.KEY_DESTROYED

    def test_destroying_twice_is_destroying_once(self, keys: CaseKeys) -> None:
        keys.ensure([A])
        keys.destroy(A)
        keys.destroy(A)
        assert list(keys.destroyed()) == [A]

    def test_an_unknown_case_has_no_key(self, keys: CaseKeys) -> None:
        assert _code(lambda: keys.key(A)) is ErrorCode.NOT_FOUND

    def test_destroying_one_key_leaves_the_others(self, keys: CaseKeys) -> None:
        keys.ensure([A, B])
        before = keys.key(B)
        keys.destroy(A)
        assert keys.key(B) == before

    def test_a_key_stays_the_same_however_often_it_is_ensured(self, keys: CaseKeys) -> None:
        keys.ensure([A])
        first = keys.key(A)
        keys.ensure([A, B, A])
        assert keys.key(A) == first

    def test_every_case_has_a_key_of_its_own_of_256_bits(self, keys: CaseKeys) -> None:
        keys.ensure([A, B, C])
        assert {len(keys.key(case)) for case in (A, B, C)} == {32}
        assert len({keys.key(case) for case in (A, B, C)}) == 3

    def test_ensuring_nothing_does_nothing(self, keys: CaseKeys) -> None:
        keys.ensure([])
        assert list(keys.destroyed()) == []


class TestMemoryCaseKeys(CaseKeysContract):
    @pytest.fixture
    def keys(self) -> CaseKeys:
        return MemoryCaseKeys()


class TestFileCaseKeys(CaseKeysContract):
    @pytest.fixture
    def keys(self, tmp_path: Path) -> CaseKeys:
        return FileCaseKeys(tmp_path / "keys", bytes(32), SystemBytes())


class TestFileCaseKeysSeenByAnotherProcess(CaseKeysContract):
    """The same promises when each call goes to another of two open stores: what one does, the other sees at once."""

    @pytest.fixture
    def keys(self, tmp_path: Path) -> CaseKeys:
        return _Alternating(*(FileCaseKeys(tmp_path / "keys", bytes(32), SystemBytes()) for _ in range(2)))


class _Alternating(CaseKeys):
    def __init__(self, one: CaseKeys, other: CaseKeys) -> None:
        self._stores = (one, other)

    def _next(self) -> CaseKeys:
        self._stores = self._stores[::-1]
        return self._stores[0]

    def ensure(self, cases: Collection[CaseId]) -> None:
        self._next().ensure(cases)

    def key(self, case: CaseId) -> bytes:
        return self._next().key(case)

    def destroy(self, case: CaseId) -> None:
        self._next().destroy(case)

    def destroyed(self) -> Collection[CaseId]:
        return self._next().destroyed()


def _code(call: Callable[[], object]) -> ErrorCode:
    with pytest.raises(BrokenInputError) as caught:
        call()
    return caught.value.code
