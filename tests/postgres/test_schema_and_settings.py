"""The tables of this version, and one database for a process."""

import threading

import psycopg
import pytest

from comity.adapters.postgres.settings import configure, database_settings
from comity.vocabulary.errors import BrokenInputError, ErrorCode


def test_the_models_and_the_migrations_say_the_same(node_url):
    from django.core.management import call_command

    configure(node_url)
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_many_may_migrate_at_once(node_url):
    from django.core.management import call_command
    from django.db import connection

    from comity.adapters.postgres.schema import migrate

    configure(node_url)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            migrate()
        except BaseException as error:  # noqa: BLE001 - handed to the test's thread
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    call_command("migrate", "--check", verbosity=0)  # ends the process where one is missing


def test_a_process_has_one_database_for_its_life(node_url, cluster):
    configure(node_url)
    with pytest.raises(BrokenInputError) as refused:
        configure(cluster.url("node", "node", "another"))
    assert refused.value.code is ErrorCode.NOT_ALLOWED


def test_every_part_of_a_url_reaches_django(cluster):
    made = database_settings(cluster.url("a b", "ro'le", "p@ss/word %?"))
    assert (made["NAME"], made["USER"], made["PASSWORD"]) == ("a b", "ro'le", "p@ss/word %?")
    assert made["HOST"] == str(cluster.socket_folder)
    elsewhere = database_settings("postgresql://u:p@db.example:6432/node?sslmode=verify-full")
    assert (elsewhere["HOST"], elsewhere["PORT"]) == ("db.example", "6432")
    assert elsewhere["OPTIONS"]["sslmode"] == "verify-full"


@pytest.mark.parametrize("table", ["act", "case", "ledgerentry", "tile", "draft", "waitingact", "exhibitkey"])
def test_digests_are_stored_as_bytes_and_not_as_text(records, node_url, table):
    assert records is not None
    with psycopg.connect(node_url) as connection:
        kinds = connection.execute(
            "SELECT DISTINCT data_type FROM information_schema.columns WHERE table_name = %s"
            " AND column_name IN ('id', 'act', 'case', 'case_id', 'exhibit', 'hashes', 'missing')",
            [f"comity_{table}"],
        ).fetchall()
    assert ("bytea",) in kinds
    assert ("text",) not in kinds
