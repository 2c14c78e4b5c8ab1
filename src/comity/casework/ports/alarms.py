"""Alarms: what is wrong at this node and wants a person, until it is over. Every officer of the node may see them.

An alarm says a code and a subject: a digest, an address or a case, never a word of what a case says. It is no act: what
was found is one (`comity.casework.upkeep.fixity`); an alarm only keeps anybody from having to look for it.
"""

import logging
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from comity.casework.ports.access import OfficerRef, no_office
from comity.vocabulary.errors import Refusal

log = logging.getLogger("comity.alarms")


class AlarmCode(StrEnum):
    """What is wrong. Append only: stored, shown by `/health`, and acted on by whoever watches the node."""

    EVIDENCE_DAMAGED = "evidence-damaged"
    SECOND_STORE_FAILING = "second-store-failing"
    TIMESTAMPS_FAILING = "timestamps-failing"
    UNDELIVERED = "undelivered"
    DIRECTORY_EXPIRES_SOON = "directory-expires-soon"
    DIRECTORY_EXPIRED = "directory-expired"
    CLOCK_SKEW = "clock-skew"
    RETENTION_OVER = "retention-over"
    RETENTION_REVIEW_DUE = "retention-review-due"
    COPIES_UNANSWERED = "copies-unanswered"
    CLOCK_DUE_SOON = "clock-due-soon"
    CLOCK_DUE = "clock-due"
    CLOCK_PASSED = "clock-passed"
    EVIDENCE_NOT_LOCKED = "evidence-not-locked"
    EVIDENCE_STILL_LOCKED = "evidence-still-locked"


class Alarm(Struct, frozen=True):
    """One thing that is wrong since an instant. `detail` is a code or a figure, for whoever looks into it."""

    code: AlarmCode
    subject: str
    since: datetime
    detail: str = ""


class AlarmBoard(Protocol):
    """The alarms that stand. Shared by all processes of a node; survives their ends."""

    def sound(self, alarm: Alarm) -> bool:
        """It stands when this returns; whether it is new. One of the same code and subject keeps its `since`."""
        ...

    def end(self, code: AlarmCode, subject: str) -> bool:
        """It stands no more; whether it did."""
        ...

    def standing(self) -> tuple[Alarm, ...]:
        """Every alarm, oldest first."""
        ...


def sound(board: AlarmBoard, alarm: Alarm) -> bool:
    """The alarm stands when this returns; whether it is new, and then the log says so."""
    new = board.sound(alarm)
    if new:
        log.error("ALARM %s %s: %s", alarm.code, alarm.subject, alarm.detail)
    return new


def end(board: AlarmBoard, code: AlarmCode, subject: str) -> None:
    """The alarm stands no more; where it did the log says so."""
    if board.end(code, subject):
        log.warning("alarm over: %s %s", code, subject)


def list_alarms(board: AlarmBoard, officer: OfficerRef) -> tuple[Alarm, ...] | Refusal:
    """Every alarm that stands, for whoever holds any office of this node."""
    return no_office(officer) or board.standing()
