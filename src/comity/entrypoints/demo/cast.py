"""Who plays in the demo: four authorities with a node and one without, their offices and officers. All made up."""

from comity.bootstrap.founding import NodePlan
from comity.entrypoints.demo.officers import Credentials
from comity.trust.directory_format import AuthorityEntry, AuthorityKind, OfficeEntry, OfficerEntry
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.identifiers import AuthorityId

PT, DE, PROVIDER, OVERSIGHT = "pt", "de", "provider", "oversight"

AUTHORITIES = (PT, DE, PROVIDER, OVERSIGHT)

NORWAY = "norway"

WITHOUT_NODE = AuthorityEntry(
    id=NORWAY,
    name="24/7 contact point of Norway (demo)",
    country="NO",
    calendar="NO",
    kinds=(AuthorityKind.STATE,),
    contact="desk@no.example",
    callback_phone="4720000001",
    time_zone="Europe/Oslo",
    languages=("nb", "en"),
    offices=(OfficeEntry(id=OfficeKind.CONTACT_POINT.value, kind=OfficeKind.CONTACT_POINT),),
)
"""A partner with an address and a printer: as `comity directory partner` lists it."""

_OFFICES = {
    PT: (
        OfficeKind.CONTACT_POINT,
        OfficeKind.PROSECUTOR,
        OfficeKind.POLICE,
        OfficeKind.FILTER_TEAM,
        OfficeKind.JUDGE,
    ),
    DE: (OfficeKind.CONTACT_POINT, OfficeKind.CENTRAL_AUTHORITY, OfficeKind.JUDGE),
    PROVIDER: (OfficeKind.PROVIDER_DESK,),
    OVERSIGHT: (OfficeKind.OVERSIGHT,),
}

OFFICERS: dict[AuthorityId, dict[str, OfficeKind]] = {
    PT: {
        "pt.silva": OfficeKind.CONTACT_POINT,
        "pt.costa": OfficeKind.CONTACT_POINT,
        "pt.marques": OfficeKind.PROSECUTOR,
        "pt.lopes": OfficeKind.PROSECUTOR,
        "pt.ramos": OfficeKind.POLICE,
        "pt.rocha": OfficeKind.POLICE,
        "pt.neves": OfficeKind.FILTER_TEAM,
        "pt.nunes": OfficeKind.JUDGE,
    },
    DE: {
        "de.weber": OfficeKind.CONTACT_POINT,
        "de.brandt": OfficeKind.CONTACT_POINT,
        "de.keller": OfficeKind.CENTRAL_AUTHORITY,
        "de.richter": OfficeKind.JUDGE,
        "de.vogel": OfficeKind.JUDGE,
    },
    PROVIDER: {"provider.lee": OfficeKind.PROVIDER_DESK, "provider.kim": OfficeKind.PROVIDER_DESK},
    OVERSIGHT: {"oversight.noor": OfficeKind.OVERSIGHT},
}
"""Each officer with the office held; an office's id is its kind's name."""

_QUARANTINE_DAYS = 90
"""The made-up rule of pt for what was delivered beyond its scope; no instrument gives a number."""

_NAMES = {
    PT: ("Ministerio Publico and Policia Judiciaria (demo)", "PT", AuthorityKind.STATE, "Europe/Lisbon", ("pt", "en")),
    DE: ("Bundesamt fuer Justiz and Amtsgericht (demo)", "DE", AuthorityKind.STATE, "Europe/Berlin", ("de", "en")),
    PROVIDER: ("Example Mail GmbH (demo)", "DE", AuthorityKind.PROVIDER, "Europe/Berlin", ("de", "en")),
    OVERSIGHT: ("Independent Review Body (demo)", "EU", AuthorityKind.OVERSIGHT, "Europe/Brussels", ("en", "fr")),
}


def plan_of(authority: AuthorityId, port: int, credentials: Credentials, *, checkpoint_seconds: int = 2) -> NodePlan:
    """The node of that authority, with its officers' approval credentials. Each other node witnesses its ledger."""
    name, country, kind, zone, languages = _NAMES[authority]
    offices = tuple(OfficeEntry(id=each.value, kind=each) for each in _OFFICES[authority])
    officers = tuple(
        OfficerEntry(id=officer, offices=(office.value,), credentials=(credentials.listed(authority, officer),))
        for officer, office in OFFICERS[authority].items()
    )
    witnesses = tuple(each for each in (OVERSIGHT, PT, DE) if each != authority)[:2]
    return NodePlan(
        authority=authority,
        name=name,
        country=country if authority != OVERSIGHT else "BE",
        kind=kind,
        zone=zone,
        languages=languages,
        port=port,
        offices=offices,
        officers=officers,
        witnesses=witnesses,
        threshold=1,
        checkpoint_seconds=checkpoint_seconds,
        padding_multiple=16,
        rehearsal=True,
        # A rehearsal moves its clock by months within minutes; its officers do not ask for a token after each move.
        token_hours=10 * 365 * 24,
        # EVIDENCE may be any folder; a real office names the few that its systems export to.
        intake_folders=("/",),
        quarantine_days=_QUARANTINE_DAYS if authority == PT else None,
    )
