"""Whether a connection URL opens its database, and the password in it."""

import psycopg
from psycopg.conninfo import conninfo_to_dict

_PATIENCE_S = 10


def logs_in(url: str) -> bool:
    """Whether the server lets this role into this database with this password, now."""
    try:
        psycopg.connect(url, connect_timeout=_PATIENCE_S).close()
    except psycopg.OperationalError:
        return False
    return True


def password_of(url: str) -> str:
    """The password that the URL names."""
    return str(conninfo_to_dict(url)["password"])
