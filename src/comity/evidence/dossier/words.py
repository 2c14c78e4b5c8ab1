"""Each kind of act as one English sentence, for the pages of a dossier and its index.

Sentences are made from codes, counts and names in the directory. Words that an officer wrote stand in their own columns
and never in a sentence, so nobody can write a sentence that looks like ours.
"""

import unicodedata
from collections.abc import Callable
from datetime import datetime

from comity.acts import bodies as b
from comity.acts.classes import ActType
from comity.acts.custody_bodies import ItemOpened, MatchReviewed
from comity.acts.payload import Payload
from comity.vocabulary.categories import LeftOutReason
from comity.vocabulary.instants import to_utc

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_SHORT = 8
_NOUNS = {"items": "item", "acts": "act", "proven": "act", "days": "day", "objects": "object"}


def plain(text: str, limit: int = 2000) -> str:
    """Text from outside, safe to print on a terminal or a page: what can't be seen is written as its code, and cut at `limit`.

    Line ends, control characters, and marks that reverse the direction of writing become `<U+202E>`.
    """
    shown = text if len(text) <= limit else text[:limit] + " …"
    if shown.isascii() and shown.isprintable():
        return shown
    return "".join(f"<U+{ord(c):04X}>" if unicodedata.category(c) in _INVISIBLE else c for c in shown)


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def told(at: datetime) -> str:
    """A point in time as a person reads it: UTC, whole seconds; unchanged where no calendar of ours reaches."""
    try:
        return to_utc(at).strftime("%Y-%m-%d %H:%M:%S UTC")
    except OverflowError:
        return at.isoformat()


def size_words(size: int) -> str:
    """Bytes as a person reads them, decimal units."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:  # noqa: PLR2004 (SI prefixes)
            break
        value, unit = value / 1000, larger
    return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"


LEFT_OUT = {
    LeftOutReason.ORDER_WITHDRAWN: "the order under which it came was taken back",
    LeftOutReason.USE_RESTRICTED: "its use is restricted",
    LeftOutReason.STANDSTILL: "a limit of the law kept it closed when the dossier was made",
}
"""Why nothing of an exhibit is in a dossier."""


def looked_at(body: ItemOpened) -> str:
    """What an officer looked at: an item, several, a redacted copy of one, or the table of who is who in such a copy."""
    if body.names:
        return "who is who in a redacted copy"
    if body.derived is not None:
        return "a redacted copy"
    return "an item" if len(body.leaves) == 1 else count(len(body.leaves), "item")


def sentence(payload: Payload) -> str:
    """What the act did, beginning with a verb in the past; its subject is the issuer."""
    return _SENTENCES[payload.act.type](payload.body)


def _say(text: str) -> Callable[[b.AnyBody], str]:
    return lambda _body: text


def _about(template: str) -> Callable[[b.AnyBody], str]:
    """A sentence with codes of the body: identifiers are shortened, numbers grouped, counts have their noun."""

    def say(body: b.AnyBody) -> str:
        fields = {name: _shown(name, getattr(body, name)) for name in body.__struct_fields__}
        return template.format(**fields)

    return say


def _shown(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return told(value)
    if isinstance(value, int):
        return count(value, _NOUNS[name]) if name in _NOUNS else f"{value:,}"
    text = plain(str(value), 80)
    digits = len(text) in (32, 64) and all(c in "0123456789abcdef" for c in text)
    return text[:_SHORT] if digits else text


def _decided(body: b.AnyBody) -> str:
    parts = body.parts if isinstance(body, b.DisclosureDecided) else ()
    granted = sum(part.granted for part in parts)
    return f"granted {granted} of {count(len(parts), 'part')} of the request and refused {len(parts) - granted}"


def _handed_over(body: b.AnyBody) -> str:
    if not isinstance(body, b.ExhibitHandedOver):
        return ""
    withheld = sum(part.items for part in body.withheld)
    rolling = body.portion
    return (
        f"handed over exhibit {body.exhibit[:_SHORT]} with {count(body.items, 'item')} ({size_words(body.size)}); "
        f"{withheld:,} withheld"
        + (
            f"; part {rolling.number}, {rolling.before + body.items:,} so far, {rolling.later:,} to come"
            if rolling
            else ""
        )
        + (
            f"; {sum(part.items for part in rolling.reopened.items):,} withheld before"
            if rolling and rolling.reopened
            else ""
        )
    )


def _reviewed(body: b.AnyBody) -> str:
    if not isinstance(body, MatchReviewed):
        return ""
    what = f"withheld from it ({body.reason})" if body.reason else "to be handed over after all"
    items = count(len(body.listed), "item")
    return f"reviewed what order {body.order[:_SHORT]} matches: {items} of exhibit {body.exhibit[:_SHORT]} {what}"


def _received(body: b.AnyBody) -> str:
    if not isinstance(body, b.ExhibitReceived):
        return ""
    how = "looked into it item by item" if body.opened else "left it sealed"
    return f"received exhibit {body.exhibit[:_SHORT]} with {count(body.items, 'item')} and {how}"


def _opened(body: b.AnyBody) -> str:
    if not isinstance(body, ItemOpened):
        return ""
    return f"opened {looked_at(body)} of exhibit {body.exhibit[:_SHORT]} for the purpose {plain(body.purpose, 80)}"


_SENTENCES: dict[ActType, Callable[[b.AnyBody], str]] = {
    ActType.PRESERVATION_REQUESTED: _about("asked for stored data to be preserved ({measure})"),
    ActType.PRESERVATION_ORDERED: _about("ordered that stored data be preserved for {days} ({measure})"),
    ActType.SEGMENT_SEALED: _about("sealed segment {number} of exhibit {exhibit} with {items}"),
    ActType.HOLD_CONFIRMED: _about("confirmed a hold on {items} as exhibit {exhibit}"),
    ActType.PRESERVATION_CONFIRMED: _about("confirmed a hold on {items} as exhibit {exhibit}"),
    ActType.REQUEST_REFUSED: _about("refused the request on the ground {ground}"),
    ActType.DISCLOSURE_REQUESTED: _about("asked for disclosure of data under a hold ({measure})"),
    ActType.DISCLOSURE_DECIDED: _decided,
    ActType.DISCLOSURE_ORDERED: _about("ordered that the granted part be disclosed ({measure})"),
    ActType.EXHIBIT_TAKEN_IN: _about("took in exhibit {exhibit} with {items}"),
    ActType.EXHIBIT_HANDED_OVER: _handed_over,
    ActType.MATCH_REVIEWED: _reviewed,
    ActType.EXHIBIT_RECEIVED: _received,
    ActType.ITEMS_QUARANTINED: _about("put {items} of exhibit {exhibit} aside unseen ({code})"),
    ActType.ITEM_COPIED: _about("gave a copy of an item of exhibit {exhibit} out, on {medium}, to {holder}"),
    ActType.EXHIBIT_RETURNED: _about("gave exhibit {exhibit} back, with {items} ({reason})"),
    ActType.DESTRUCTION_DECIDED: _about("decided to destroy exhibit {exhibit} ({reason})"),
    ActType.EXHIBIT_DESTROYED: _about("destroyed exhibit {exhibit} ({reason})"),
    ActType.ORDER_REASONED: _say("put the reasons of an order on file"),
    ActType.PRODUCTION_ORDERED: _about("ordered the production of data ({measure})"),
    ActType.PRODUCTION_VALIDATED: _about("validated order {order}"),
    ActType.PRODUCTION_WITHDRAWN: _about("withdrew order {order} ({reason})"),
    ActType.ITEM_OPENED: _opened,
    ActType.OPENING_REFUSED: _about("refused to open an item of exhibit {exhibit} ({code})"),
    ActType.ITEM_REDACTED: _about("made a redacted copy of an item of exhibit {exhibit} (provisional: {provisional})"),
    ActType.REDACTION_LIFTED: _about("lifted the redaction {derived} ({decision})"),
    ActType.LIFTING_DECIDED: _about("decided as a court that the redaction {derived} stands no longer ({decision})"),
    ActType.CASE_CLOSED: _say("closed the case"),
    ActType.CASE_DISPOSED: _about("disposed of the case under the rule {rule}"),
    ActType.DOSSIER_EXPORTED: _about("exported a dossier for the purpose {purpose}"),
    ActType.REVIEW_REQUESTED: _about("asked to review all acts with the mark {mark}"),
    ActType.REVIEW_ANSWERED: _about("answered a review with {acts}"),
    ActType.REVIEW_CONCLUDED: _about("concluded a review: {proven} proven"),
    ActType.KEY_ROTATED: _about("replaced its {key} key"),
    ActType.DIRECTORY_SEEN: _about("took version {version} of the directory into use"),
    ActType.LEDGER_RESTORED: _about("restored its ledger at leaf {size}"),
    ActType.PADDING: _say("padded its ledger"),
    ActType.AUTHORITY_NOTIFIED: _about("notified the authority of the executing State of order {order}"),
    ActType.GROUNDS_RAISED: _about("raised grounds against order {order} ({extent})"),
    ActType.NO_GROUND_RAISED: _about("said that it raises no ground against order {order}"),
    ActType.NON_EXECUTION_STATED: _about("said why order {order} is not, or not fully, executed"),
    ActType.CLARIFICATION_REQUESTED: _about("asked for clarification of order {order}"),
    ActType.CLARIFICATION_GIVEN: _about("clarified order {order}"),
    ActType.NON_EXECUTION_ACCEPTED: _about("agreed that order {order} need not be executed"),
    ActType.ORDER_REVIEWED: _about("reviewed order {order} ({outcome})"),
    ActType.DEADLINE_SET: _about("set a new time for order {order}, until {until}"),
    ActType.PRESERVATION_EXTENDED: _about("extended the preservation under order {order}"),
    ActType.FOLLOW_UP_CONFIRMED: _about("confirmed that a request follows order {order} ({instrument})"),
    ActType.PRESERVATION_RELEASED: _about("said that preservation under order {order} is no longer needed"),
    ActType.ENFORCEMENT_REQUESTED: _about("asked for order {order} to be enforced"),
    ActType.ENFORCEMENT_DECIDED: _about("decided on enforcement of order {order} (recognised: {recognised})"),
    ActType.COMPLIANCE_REQUIRED: _about("required compliance with order {order} within {days}"),
    ActType.OBJECTION_RAISED: _about("objected to the enforcement of order {order}"),
    ActType.COURT_REVIEW_REQUESTED: _about("asked a court to review order {order}"),
    ActType.COURT_REVIEW_DECIDED: _about("recorded a court's review of order {order} (upheld: {upheld})"),
    ActType.CONSULTATION_REQUESTED: _say("asked, before an order, whether the data to be sought are protected"),
    ActType.WAIVER_REQUESTED: _about("asked to have a protection against order {order} waived ({protection})"),
    ActType.PENALTY_DECIDED: _about("decided on a penalty for not complying with order {order} (imposed: {imposed})"),
    ActType.THIRD_COUNTRY_ASKED: _about("asked an authority of {country} about its law against order {order}"),
    ActType.CONTROLLER_INFORMED: _about("informed the controller of the data that order {order} seeks"),
    ActType.REMEDY_LODGED: _about("recorded a remedy against order {order}, lodged in the {state} State"),
    ActType.COSTS_CLAIMED: _about("claimed the costs of order {order}"),
    ActType.COSTS_REIMBURSED: _about("reimbursed costs of order {order}"),
    ActType.PERSON_INFORMED: _about("informed the person whose data order {order} sought"),
    ActType.INFORMATION_DELAYED: _about("put off informing the person about order {order}, for {review_days} days"),
    ActType.USE_RESTRICTED: _about("restricted the use of exhibit {exhibit} ({how})"),
    ActType.ALTERNATIVE_MEANS_RECORDED: _about("recorded a file sent by other means ({reason})"),
    ActType.SENT_BY_HAND: _about("recorded that act {act} was sent to {partner} by hand ({means})"),
    ActType.PAPER_ANSWER_RECORDED: _about(
        "recorded an answer of {partner} on paper to act {answers}, which amounts to {counts_as}"
    ),
    ActType.REQUEST_ACKNOWLEDGED: _say("acknowledged the request"),
    ActType.DELAY_ANNOUNCED: _say("announced a delay"),
    ActType.TIMESTAMP_CAME_LATE: _about("was given a time stamp of its ledger at leaf {size} late"),
    ActType.LEGAL_HOLD_SET: _about("put a legal hold on the case ({reason})"),
    ActType.RETENTION_SET: _about("set how long the case is kept, by its own rule {rule}"),
    ActType.RETENTION_EXTENDED: _about("kept the case longer, until {until} ({ground})"),
    ActType.RETENTION_REVIEWED: _about(
        "found the case still needed ({ground}), to be looked at again by {next_review}"
    ),
    ActType.COPIES_ASKED: _about("asked for copies of case {about} ({reason})"),
    ActType.COPIES_REPORTED: _about("reported copies of case {about} as {standing}"),
    ActType.LEGAL_HOLD_LIFTED: _about("lifted the legal hold {hold} ({reason})"),
    ActType.FIXITY_VERIFIED: _about("read {objects} of its evidence store again (round {round})"),
    ActType.SCREEN_SET: _say("had what comes and may be privileged put aside for its filter team"),
    ActType.SCREEN_LIFTED: _about("lifted the screen {screen}"),
    ActType.QUARANTINE_TERM_SET: _about(
        "set a term for what was put aside of exhibit {exhibit}, until {until} ({rule})"
    ),
    ActType.QUARANTINE_OPENED: _about(
        "had its filter team look at what was put aside of exhibit {exhibit} ({purpose})"
    ),
    ActType.QUARANTINE_DECIDED: _about("decided on {items} put aside of exhibit {exhibit}: {decision} ({reason})"),
    ActType.QUARANTINE_RESOLVED: _about(
        "told what became of {items} put aside of exhibit {exhibit}: {decision} ({reason})"
    ),
}
