"""The closed words of the instrument file format. Append only: files and answers depend on the values."""

from enum import StrEnum


class Side(StrEnum):
    """Which side of a measure: the one that asks or orders, or the one that is asked or ordered."""

    SENDING = "sending"
    RECEIVING = "receiving"


class Severity(StrEnum):
    """How much a finding weighs: the act cannot go, or may be refused, or should be looked at."""

    BLOCKS = "blocks"
    REFUSABLE = "refusable"
    ADVISES = "advises"


class Must(StrEnum):
    """What a field must be. Append only."""

    BE_PRESENT = "be-present"
    BE_ABSENT = "be-absent"
    BE_TRUE = "be-true"
    BE_FALSE = "be-false"
    BE_ONE_OF = "be-one-of"
    BE_NONE_OF = "be-none-of"
    ALL_BE_AMONG = "all-be-among"
    HAVE_ONE_OF = "have-one-of"
    BE_AT_LEAST = "be-at-least"
    BE_AT_MOST = "be-at-most"
    LAST_AT_LEAST = "last-at-least"
    LAST_AT_MOST = "last-at-most"
    BE_A_GROUND = "be-a-ground"
    BE_A_CONDITION = "be-a-condition"
    BE_A_PURPOSE = "be-a-purpose"
    NOT_BE_AFTER = "not-be-after"


class CompetenceRole(StrEnum):
    """In which role an office acts on an act."""

    DRAFT = "draft"
    APPROVE = "approve"


class PartyTestKind(StrEnum):
    """What must hold of the states of issuer and addressees on the day."""

    BOTH_BOUND = "both-bound"
    ISSUER_BOUND = "issuer-bound"
    ADDRESSEES_BOUND = "addressees-bound"
    SAME_COUNTRY = "same-country"
    OTHER_COUNTRY = "other-country"


class ClockKind(StrEnum):
    """What a clock demands. A minimum and a wait end by passing; every other limit lapses; two have no number at all."""

    MAX = "max"
    MIN = "min"
    WAIT = "wait"
    BEST_EFFORT = "best-effort"
    REASONABLE_EFFORTS = "reasonable-efforts"
    REVIEW = "review"
    QUALITATIVE = "qualitative"
    AVAILABILITY = "availability"


class ClockUnit(StrEnum):
    """Which days a period in days counts."""

    CALENDAR = "calendar"
    WORKING_DAYS = "working-days"


class EventKind(StrEnum):
    """What an act does to a running clock."""

    MEETS = "meets"
    ENDS = "ends"
    HOLDS = "holds"
    SUSPENDS = "suspends"
    RESUMES = "resumes"
    EXTENDS = "extends"
    RESTARTS = "restarts"


class Choice(StrEnum):
    """Which of two lengths counts: the one the law states, or the one the act states."""

    SHORTER = "shorter"
    LONGER = "longer"


class Scope(StrEnum):
    """Which acts an event rule looks at: those that answer the starting act, at any distance, or all of the case."""

    ANSWERING = "answering"
    CASE = "case"


class HoursRule(StrEnum):
    """From when hours are counted."""

    AT_ONCE = "at-once"
    NEXT_FULL_HOUR = "next-full-hour"


class DaysRule(StrEnum):
    """How days, weeks and months end: at the time of the event, or with the last day."""

    TO_THE_INSTANT = "to-the-instant"
    WHOLE_DAYS = "whole-days"


class DayHours(StrEnum):
    """What a change of clocks does to a period of whole calendar days.

    `as-they-come`: a day of 23 or 25 hours is a day. `at-least`: so many days are never less than so many times 24 hours,
    as a minimum must not fall short. `at-most`: never more, as a maximum must not be exceeded.
    """

    AS_THEY_COME = "as-they-come"
    AT_LEAST = "at-least"
    AT_MOST = "at-most"


class CountingStep(StrEnum):
    """A step of counting that a basis can be cited for."""

    HOURS = "hours"
    DAYS = "days"
    MONTHS = "months"
    PART_MONTHS = "part-months"
    FREE_DAYS = "free-days"
    MOVED = "moved"
    LEAST_WORKING_DAYS = "least-working-days"
    WORKING_DAYS = "working-days"
    CLOCK_CHANGES = "clock-changes"


class Weekday(StrEnum):
    """Days of the week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Aim(StrEnum):
    """What is sought. Preserving is never disclosing, and data as they arise are another thing than stored data."""

    PRESERVE = "preserve"
    DISCLOSE = "disclose"
    DOMAIN_REGISTRATION = "domain-registration"
    COLLECT_AS_IT_ARISES = "collect-as-it-arises"
    INTERCEPT = "intercept"
    SEARCH_AND_SEIZE = "search-and-seize"
    DECRYPT = "decrypt"
    HEAR = "hear"
    JOINT_TEAM = "joint-team"
    INFORM = "inform"


class Channel(StrEnum):
    """Between whom a request goes. In the order in which, other things equal, an answer comes sooner."""

    OWN = "own"
    PROVIDER = "provider"
    CONTACT_POINTS = "contact-points"
    JUDICIAL_AUTHORITIES = "judicial-authorities"
    CENTRAL_AUTHORITIES = "central-authorities"
    DIPLOMATIC = "diplomatic"


class Connection(StrEnum):
    """What must connect the data with a state for the route to lead there."""

    DATA_IN_REQUESTED = "data-in-requested"
    PROVIDER_IN_REQUESTED = "provider-in-requested"
    PROVIDER_SERVES_REQUESTING = "provider-serves-requesting"
    ANYWHERE = "anywhere"


class Nature(StrEnum):
    """What a measure does to the person concerned. Append only.

    `ordinary` neither listens nor breaks open: stored data as they are, hearings, information. The others are measures of
    their own: none is implied by an order of another nature.
    """

    ORDINARY = "ordinary"
    REAL_TIME = "real-time"
    INTERCEPTION = "intercepting"
    DECRYPTION = "decrypting"


class PrerequisiteKind(StrEnum):
    """What kind of thing must be there first. Append only."""

    CONTENTS = "contents"
    COMPETENCE = "competence"
    CRIMINALITY = "criminality-in-both-states"
    NOTICE = "notice"
    LANGUAGE = "language"
    FORM = "form"
    SIGNATURE = "signature"
    CONSENT = "consent"
    ORDER_OF_WAYS = "order-of-ways"
    RECORD = "record"


class NoteKind(StrEnum):
    """What a note is. Append only."""

    SCOPE = "scope"
    INTERPRETIVE_NOTE = "interpretive-note"
    SIDE_LETTER = "side-letter"
    DECLARATION = "declaration"
    GUIDANCE = "guidance"
