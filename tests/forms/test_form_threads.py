"""Pages are set for several officers at once: neither fonts nor compiler are anybody's alone."""

from concurrent.futures import ThreadPoolExecutor

from comity.adapters.documents.form_pages import render_form
from comity.forms.terms import Language


def test_forms_set_by_several_threads_at_once_are_those_set_one_after_another(acts):
    made = [acts.made("epoc provider", language) for language in Language]
    alone = [render_form(each) for each in made]
    with ThreadPoolExecutor(len(made)) as threads:
        assert list(threads.map(render_form, made)) == alone
