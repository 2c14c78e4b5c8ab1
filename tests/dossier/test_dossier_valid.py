"""A dossier of a whole case, as its exporter wrote it."""

from comity.evidence.checks.verdicts import Verdict


def test_an_untouched_dossier_is_valid(workshop):
    report = workshop.federation.verify(workshop.dossier)
    assert [
        (check.number, check.what, check.file, check.detail[:1])
        for check in report.checks
        if check.outcome is not Verdict.VALID
    ] == []
    assert report.verdict is Verdict.VALID
    assert report.decided_by is None
