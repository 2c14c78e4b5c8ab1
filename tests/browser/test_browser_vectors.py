"""Every vector of tests/dossier again, each judged by Python and by the page in a browser, which have to agree.

The tests are the very functions of those modules; the federation they are given verifies twice (see conftest).
"""

import importlib.util
from pathlib import Path

DOSSIER = Path(__file__).resolve().parents[1] / "dossier"

WHOLE = (
    "test_dossier_valid",
    "test_verifier_page",
    "test_dossier_negative",
    "test_dossier_items",
    "test_dossier_derived",
    "test_dossier_portions",
    "test_custody",
    "test_custody_touched",
    "test_rotation_in_dossier",
    "test_dossier_by_hand",
)
"""Modules taken as they are."""

CHOSEN = {
    "test_dossier_bits": (
        "test_a_byte_before_inside_or_after_makes_it_invalid",
        "test_a_flipped_bit_in_an_items_content_names_that_item",
        "test_flipping_a_bit_and_packing_again_is_caught_by_the_check_behind",
        "test_an_archive_packed_again_with_another_tool_is_invalid",
    ),
    "test_dossier_fuzz": ("test_a_time_beyond_every_calendar_is_refused_and_does_no_harm",),
}
"""Of these, what asks for a verdict on one dossier at a time; their random searches have their own here."""


def _tests(name):
    spec = importlib.util.spec_from_file_location(f"browser_vectors_{name}", DOSSIER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = vars(module)
    fixtures = {key for key, value in found.items() if type(value).__name__ == "FixtureFunctionDefinition"}
    wanted = {key for key in found if key.startswith("test_") and key in CHOSEN.get(name, found)}
    return {key: found[key] for key in wanted | fixtures}


for _name in (*WHOLE, *CHOSEN):
    _taken = _tests(_name)
    assert globals().keys().isdisjoint(_taken), "two tests of one name: one of them would be lost"
    globals().update(_taken)
