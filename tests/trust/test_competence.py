import pytest

from comity.trust.competence import office_held
from comity.vocabulary.categories import OfficeKind
from comity.vocabulary.errors import ErrorCode


def test_an_office_that_is_held_is_found_with_its_kind_and_competences(world) -> None:
    office = office_held(world.directory, "pt", "pt.silva", "contact-point")
    assert (office.kind, office.competences) == (OfficeKind.CONTACT_POINT, ("CETS185:29",))


@pytest.mark.parametrize(
    ("authority", "officer", "office"),
    [
        ("fr", "pt.costa", "prosecutor"),
        ("de", "pt.costa", "prosecutor"),
        ("pt", "pt.nobody", "prosecutor"),
        ("pt", "pt.costa", "judge"),
        ("pt", "pt.costa", "contact-point"),
    ],
)
def test_an_office_that_is_not_held_is_refused(world, refused, authority, officer, office) -> None:
    with refused(ErrorCode.NOT_COMPETENT):
        office_held(world.directory, authority, officer, office)
