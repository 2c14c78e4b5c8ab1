"""Django's settings for a node, made from one database URL. Nothing is read from the environment."""

from collections.abc import Mapping, Sequence

import django
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict

from comity.vocabulary.errors import BrokenInputError, ErrorCode

OWN_APPS = ("comity.adapters.postgres.apps.ComityConfig", "procrastinate.contrib.django")
"""The node's tables and its job queue, which share one database so that both change in one transaction."""

_NAMES = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
_PREPARE_AFTER = 5


def configure(
    database_url: str, *, installed_apps: Sequence[str] = (), web: Mapping[str, object] | None = None
) -> None:
    """Django is ready to use over this database when it returns; the database is not touched.

    A process has one database for its life: a second call with the same URL changes nothing. `web` are further settings
    (middleware, templates and so on) of an entrypoint that serves pages.

    Raises:
        BrokenInputError: not-allowed for another URL than the first.
    """
    if settings.configured:
        if database_url != settings.COMITY_DATABASE_URL:
            raise BrokenInputError(ErrorCode.NOT_ALLOWED, "this process already uses another database")
        return
    own: dict[str, object] = {
        "COMITY_DATABASE_URL": database_url,
        "DATABASES": {"default": database_settings(database_url)},
        "INSTALLED_APPS": [*OWN_APPS, *installed_apps],
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": False,
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "LOGGING_CONFIG": None,
        "PROCRASTINATE_AUTODISCOVER_MODULE_NAME": "",
    }
    settings.configure(**{**own, **(web or {})})
    django.setup()


def database_settings(database_url: str) -> dict[str, object]:
    """The entry of `DATABASES` for a libpq connection URL. Connections stay open, one for each thread."""
    parts = conninfo_to_dict(database_url)
    named: dict[str, object] = {name: str(parts.pop(key, "")) for key, name in _NAMES.items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **named,
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**parts, "prepare_threshold": _PREPARE_AFTER},
    }
