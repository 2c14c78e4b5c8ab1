"""Access decisions by Cedar policies: readable files, parsed and checked against their schema once, before the first question.

Cedar skips a policy that fails while it is evaluated. For a permit that is safe; a forbid that fails lets pass what it was
written to stop. So here **any diagnostic is a denial**, and so are an unknown action, an attribute that is missing or of
another type, and an answer that names no policy that permits.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from importlib import resources

import cedarpy
import msgspec
from msgspec import Struct

from comity.casework.ports.access import AccessPolicy, Action, Allowed, DenialCode, Denied, OfficerRef, Resource
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import BrokenInputError, ErrorCode
from comity.vocabulary.identifiers import AuthorityId

_REMEMBERED = 4096
_SCHEMA = "schema.cedarschema"


class PolicyTexts(Struct, frozen=True):
    """The schema and the policy files by name, as text."""

    schema: str
    policies: Mapping[str, str]


class _Annotations(Struct, frozen=True):
    """What a policy says of itself; see `policies/everyone.cedar`."""

    id: str = ""
    code: str = ""
    why: str = ""


class _Policy(Struct, frozen=True):
    effect: str
    annotations: _Annotations = _Annotations()


class _PolicySet(Struct, frozen=True):
    static: dict[str, _Policy] = msgspec.field(name="staticPolicies")
    templates: dict[str, msgspec.Raw] = {}


class _Question(Struct, frozen=True):
    """All that an answer depends on, and so the key it is remembered by."""

    officer: str
    authority: AuthorityId
    kind: OfficeKind
    action: Action
    resource: Resource


_ASKED_OF: Mapping[str, tuple[str, ...]] = {
    "NewAct": ("act",),
    "Draft": ("act", "author"),
    "Item": ("quarantined", "purpose_stated"),
    "CaseFile": ("procedures", "quarantined"),
    "Quarantine": ("investigates", "works_on_case", "purpose_stated"),
    "Case": (),
    "Node": (),
}
"""Attributes of each kind of resource besides its authority, as in the schema."""

_KIND_OF: Mapping[Action, str] = {
    Action.DRAFT: "NewAct",
    Action.FILE: "NewAct",
    Action.APPROVE: "Draft",
    Action.READ_DRAFT: "Draft",
    Action.DISCARD_DRAFT: "Draft",
    Action.OPEN_ITEM: "Item",
    Action.REDACT: "Item",
    Action.COPY_OUT: "Item",
    Action.READ_CASE: "CaseFile",
    Action.LIST_ITEMS: "CaseFile",
    Action.LIST_QUARANTINE: "Quarantine",
    Action.OPEN_QUARANTINE: "Quarantine",
    Action.DECIDE_QUARANTINE: "Quarantine",
    Action.LIFT_SCREEN: "Quarantine",
    Action.OPEN_NAMES: "Quarantine",
    Action.WITNESS: "Node",
    Action.ROTATE_KEYS: "Node",
    Action.MANAGE_NODE: "Node",
    Action.INSPECT_READINGS: "Node",
    Action.READ_STATISTICS: "Node",
}
"""What an action is done to; a case where nothing is said."""


def packaged_policies() -> PolicyTexts:
    """The policies that come with this version."""
    folder = resources.files("comity.adapters.access") / "policies"
    texts = {file.name: file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".cedar")}
    return PolicyTexts((folder / _SCHEMA).read_text("utf-8"), dict(sorted(texts.items())))


class CedarAccess(AccessPolicy):
    """Decides for one node. Safe for threads; answers are remembered, because policies never change while it lives."""

    def __init__(self, me: AuthorityId, texts: PolicyTexts) -> None:
        """Raises `BrokenInputError(MALFORMED)` for policies that don't parse, don't fit the schema or lack their names."""
        self._me = me
        text = "\n".join(texts.policies.values())
        try:
            self._schema = cedarpy.Schema.from_str(texts.schema)
            self._policies = cedarpy.PolicySet.from_str(text)
            self._about = _read_annotations(text)
        except ValueError as error:
            raise _broken_policies(str(error)) from None
        faults = cedarpy.validate_policies(text, self._schema)
        if not faults.validation_passed:
            raise _broken_policies("; ".join(map(str, faults.errors)))
        self._answers: OrderedDict[_Question, Allowed | Denied] = OrderedDict()
        self._guard = threading.Lock()

    def decide(self, principal: OfficerRef, action: Action, resource: Resource) -> Allowed | Denied:
        """See `AccessPolicy.decide`.

        1. The officer holds the office. 2. The policies are asked, about that office alone. 3. Their answer is believed
        only when it is clean.
        """
        # 1.
        kind = principal.offices.get(resource.office)
        if kind is None:
            return Denied(
                DenialCode.OFFICE_NOT_HELD, f"{principal.officer} does not hold the office {resource.office!r} today"
            )
        question = _Question(principal.officer, principal.authority, kind, action, resource)
        with self._guard:
            answer = self._answers.get(question)
            if answer is not None:
                self._answers.move_to_end(question)
                return answer
        # 2. and 3.
        answer = self._evaluate(question)
        with self._guard:
            self._answers[question] = answer
            if len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        return answer

    def _evaluate(self, question: _Question) -> Allowed | Denied:
        kind = _KIND_OF.get(question.action, "Case")
        request = {
            "principal": _name("Officer", question.officer),
            "action": _name("Action", question.action),
            "resource": _name(kind, "this"),
        }
        try:
            result = cedarpy.is_authorized(request, self._policies, self._entities(question, kind), self._schema)
        except (ValueError, TypeError) as error:
            return _undecided([str(error)])
        if result.diagnostics.errors or result.decision is cedarpy.Decision.NoDecision:
            return _undecided(result.diagnostics.errors)
        about = [self._about[rule] for rule in result.diagnostics.reasons]
        rules = tuple(sorted(policy.id for policy in about))
        if result.decision is cedarpy.Decision.Allow and rules:
            return Allowed(rules)
        if rules:
            about.sort(key=lambda policy: policy.id)
            return Denied(DenialCode(about[0].code), "; ".join(policy.why for policy in about), rules)
        act = f" an act of the kind {question.resource.act}" if question.resource.act else ""
        return Denied(
            DenialCode.NOT_PERMITTED, f"no policy lets an office of the kind {question.kind} {question.action}{act}"
        )

    def _entities(self, question: _Question, kind: str) -> str:
        attributes: dict[str, object] = {"authority": self._me}
        for name in _ASKED_OF[kind]:
            value = getattr(question.resource, name)
            if value is not None and value != "":  # what is not told is left out, and missing by the schema
                attributes[name] = {"__entity": _name("Officer", value)} if name == "author" else value
        officer = {
            "uid": _name("Officer", question.officer),
            "attrs": {"authority": question.authority},
            "parents": [_name("Office", question.kind)],
        }
        return msgspec.json.encode([officer, {"uid": _name(kind, "this"), "attrs": attributes, "parents": []}]).decode()


def _name(kind: str, name: str) -> dict[str, str]:
    return {"type": kind, "id": name}


def _read_annotations(text: str) -> dict[str, _Annotations]:
    """What each policy says of itself, by Cedar's own name for it. Raises `ValueError` for one that lacks something."""
    read = msgspec.json.decode(cedarpy.policies_to_json_str(text), type=_PolicySet)
    if read.templates:
        raise ValueError("a policy template permits nothing by itself")
    about = {name: policy.annotations for name, policy in read.static.items()}
    names = [annotations.id for annotations in about.values()]
    if not all(names) or len(set(names)) != len(names):
        raise ValueError("every policy has an @id of its own")
    for policy in read.static.values():
        if policy.effect == "forbid" and not policy.annotations.why:
            raise ValueError(f"{policy.annotations.id} forbids and does not say @why")
        if policy.effect == "forbid" and policy.annotations.code not in set(DenialCode):
            raise ValueError(f"{policy.annotations.id} forbids with a @code nobody knows: {policy.annotations.code!r}")
    return about


def _undecided(errors: list[str]) -> Denied:
    # Cedar repeats the whole question before it says what is wrong with it; only the latter is for people.
    said = "; ".join(error.rsplit("]: ", 1)[-1] for error in errors) or "no answer"
    return Denied(DenialCode.UNDECIDED, f"the access policies can't decide this, so it is denied: {said[:400]}")


def _broken_policies(found: str) -> BrokenInputError:
    return BrokenInputError(
        ErrorCode.MALFORMED,
        "the access policies can't be used",
        found=found[:2000],
        expected="Cedar policies that parse, fit the schema, and each have an @id; a forbid also @code and @why",
        do="mend the policy files; the node does not start without them",
    )
