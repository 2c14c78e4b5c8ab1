"""Backup and restore of one node's database by its own role."""

import stat

import psycopg
import pytest

from comity.adapters.postgres.database_copies import dump_database, restore_database
from comity.vocabulary.errors import BrokenInputError, ErrorCode


@pytest.fixture
def url(cluster):
    cluster.drop_database("copied")
    url = cluster.create_database("copied", "copied")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept (id bigserial PRIMARY KEY, word bytea)")
        connection.execute("INSERT INTO kept (word) VALUES ('\\x00ff')")
        connection.execute("CREATE TABLE procrastinate_jobs (id bigint)")
        connection.execute("INSERT INTO procrastinate_jobs VALUES (1)")
        connection.execute("CREATE TABLE comity_officertoken (token_hash bytea)")
        connection.execute("INSERT INTO comity_officertoken VALUES ('revoked-since')")
    yield url
    cluster.drop_database("copied")


def rows(url: str, table: str = "kept") -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(psycopg.sql.SQL("SELECT * FROM {}").format(psycopg.sql.Identifier(table))).fetchall()


def test_a_restored_database_holds_what_the_copy_holds_and_nothing_else(url, tmp_path):
    for turn in range(2):
        copy = tmp_path / f"copy-{turn}"
        dump_database(url, copy)
        with psycopg.connect(url) as connection:
            connection.execute("INSERT INTO kept (word) VALUES ('later')")
            connection.execute("CREATE TABLE newer (id int)")
        restore_database(url, copy)
        assert rows(url) == [(1, b"\x00\xff")]
        with pytest.raises(psycopg.errors.UndefinedTable):
            rows(url, "newer")
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO kept (word) VALUES ('next')")
    assert [number for number, _ in rows(url)] == [1, 2]


@pytest.mark.parametrize("table", ["procrastinate_jobs", "comity_officertoken"])
def test_neither_jobs_nor_officers_tokens_are_copied(url, tmp_path, table):
    dump_database(url, tmp_path / "copy")
    restore_database(url, tmp_path / "copy")
    assert rows(url, table) == []


def test_a_copy_is_readable_by_its_owner_only(url, tmp_path):
    dump_database(url, tmp_path / "copy")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600


def test_a_damaged_copy_changes_nothing(url, tmp_path):
    copy = tmp_path / "copy"
    dump_database(url, copy)
    data = copy.read_bytes()
    for damaged in (data[: len(data) // 2], b"PGDMP" + b"\x00" * 100, b""):
        copy.write_bytes(damaged)
        with pytest.raises(BrokenInputError) as broken:
            restore_database(url, copy)
        assert broken.value.code is ErrorCode.UNAVAILABLE
        assert rows(url) == [(1, b"\x00\xff")]


def test_a_database_in_use_is_not_restored(url, tmp_path):
    dump_database(url, tmp_path / "copy")
    with psycopg.connect(url), pytest.raises(BrokenInputError) as refused:
        restore_database(url, tmp_path / "copy")
    assert refused.value.code is ErrorCode.NOT_ALLOWED


def test_a_wrong_password_copies_nothing(url, cluster, tmp_path):
    with pytest.raises(BrokenInputError):
        dump_database(cluster.url("copied", "copied", "wrong"), tmp_path / "copy")
    assert url
