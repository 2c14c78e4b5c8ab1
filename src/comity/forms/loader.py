"""Reads form files and files of words, or says everything that is wrong with them, all files at once.

Steps:
1. each file is TOML of the right shape;
2. each form is whole in itself: sections, sources and labels exist, ids stand once;
3. each path leads somewhere in the copy of every audience the field is for, and the value there fits the field's kind;
4. every language has a word for every label and every code that a form or another language names.
A file that is wrong is refused with its name, the line as near as TOML allows, and the reason.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from msgspec import Struct

from comity.forms.field_checks import field_faults
from comity.forms.form_format import FormFile, Row
from comity.forms.terms import Language
from comity.forms.words import WordFile, Words, missing_words
from comity.law.shapes import Fault, read_table
from comity.law.table_files import Problem, parse_file, problem_at
from comity.vocabulary.wire import tagged_hash

_TAG = "comity-forms-v1"

T = TypeVar("T", bound=Struct)


class MalformedForms(Struct, frozen=True):
    """No forms, and every reason why."""

    problems: tuple[Problem, ...]


class Forms(Struct, frozen=True):
    """Every form by its id, and the words of every language. `version` is the digest of all files."""

    version: str
    forms: Mapping[str, FormFile]
    words: Mapping[Language, Words]


def read_forms(sheets: Mapping[str, bytes], words: Mapping[str, bytes]) -> Forms | MalformedForms:
    """The forms in these files (by name), or everything that is wrong with them."""
    problems: list[Problem] = []
    forms = dict(_each(FormFile, sheets, problems))
    tongues = dict(_each(WordFile, words, problems))
    for name, form in forms.items():
        problems += [problem_at(name, sheets[name], fault) for fault in _form_faults(form, name)]
    known = {file.language: file for file in tongues.values()}
    for name, faults in missing_words(tuple(forms.values()), tongues).items():
        problems += [problem_at(name, words[name], fault) for fault in faults]
    absent = [language.value for language in Language if language not in known]
    if absent and not problems:
        problems.append(Problem(file="words", line=1, reason=f"no file has the words of {', '.join(absent)}"))
    if problems:
        return MalformedForms(problems=tuple(problems))
    return Forms(
        version=tagged_hash(_TAG, *(part for file in (sheets, words) for part in _parts(file))).hex(),
        forms={form.form.id: form for form in forms.values()},
        words={language: Words(language, file.words) for language, file in known.items()},
    )


def _each(shape: type[T], files: Mapping[str, bytes], problems: list[Problem]) -> Iterator[tuple[str, T]]:
    """Step 1."""
    for name in sorted(files):
        tree = parse_file(name, files[name])
        if isinstance(tree, Problem):
            problems.append(tree)
            continue
        read = read_table(shape, tree)
        if isinstance(read, tuple):
            problems += [problem_at(name, files[name], fault) for fault in read]
        else:
            yield name, read


def _form_faults(form: FormFile, name: str) -> Iterator[Fault]:
    """Steps 2 and 3."""
    if form.form.id != name.removesuffix(".toml"):
        yield ("form", "id"), f"the form {form.form.id!r} stands in a file of another name"
    if form.form.source not in form.sources:
        yield ("form", "source"), f"the file has no source {form.form.source!r}"
    yield from _twice("section", form.sheet.section)
    yield from _twice("field", form.sheet.field)
    if not form.sheet.copy:
        yield ("form",), "the form has no copy that anybody could be sent"
    for position, row in enumerate(form.sheet.copy):
        if row.attach == "answer" and form.form.answer is None:
            yield ("sheet", "copy", position, "attach"), "the form has no answer that could go inside this copy"
    sections = {section.id for section in form.sheet.section}
    for position, field in enumerate(form.sheet.field):
        if field.section not in sections:
            yield ("sheet", "field", position, "section"), f"the form has no section {field.section!r}"
            continue
        yield from field_faults(form, position, field)


def _twice(table: str, rows: tuple[Row, ...]) -> Iterator[Fault]:
    seen: set[str] = set()
    for position, row in enumerate(rows):
        name = str(getattr(row, "id", ""))
        if name in seen:
            yield ("sheet", table, position, "id"), f"{name!r} stands twice"
        seen.add(name)


def _parts(files: Mapping[str, bytes]) -> Iterator[bytes]:
    for name in sorted(files):
        yield name.encode()
        yield files[name]
