"""The configuration files of an embedded cluster, as text; written anew at every start.

Tuned for a small machine that must not lose a commit: synced writes, 64 MB of shared buffers, no parallel workers. The
log says how the server fares and never what it was asked: messages of failed statements, their parameters and details
(which quote key values) are kept out of it, since they may carry what a case key should protect.
"""

from pathlib import Path

SUPERUSER = "postgres"
PORT = 5432
"""Part of the socket's file name; nothing listens on a network."""

_MAP = "cluster"

# Reached through a socket file only.
_SOCKET_ONLY: dict[str, str | int] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": PORT,
    "max_connections": 100,
    "superuser_reserved_connections": 3,
    "password_encryption": "scram-sha-256",
}

# A commit is on disk when it returns.
_DURABLE: dict[str, str | int] = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "max_wal_senders": 4,
    "max_replication_slots": 4,
    "min_wal_size": "80MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "off",
}

# A small machine with several nodes on it.
_SMALL: dict[str, str | int] = {
    "shared_buffers": "64MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    "max_locks_per_transaction": 256,
    "max_worker_processes": 2,
    "max_parallel_workers": 0,
    "max_parallel_workers_per_gather": 0,
    "max_parallel_maintenance_workers": 0,
    "max_logical_replication_workers": 0,
    "autovacuum_worker_slots": 2,
    "autovacuum_max_workers": 2,
    "io_method": "sync",
    "jit": "off",
}

# A process that was stopped while it held the ledger's head must not stop the others for good.
_UNSTUCK: dict[str, str | int] = {
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": "60s",
    "client_connection_check_interval": "10s",
}

# Nothing of a case in the log, nor long texts in shared memory.
_DISCREET: dict[str, str | int] = {
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_statement": "none",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": 0,
    "log_parameter_max_length_on_error": 0,
    "log_min_duration_statement": -1,
    "log_connections": "",
    "log_disconnections": "off",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": -1,
    "log_lock_waits": "off",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
    "track_activity_query_size": 100,
    "datestyle": "iso, ymd",
    "lc_messages": "C",
    "default_text_search_config": "pg_catalog.simple",
}


def server_settings(socket_folder: Path) -> str:
    """`postgresql.conf`."""
    place = {"unix_socket_directories": _list_item(str(socket_folder))}
    values = place | _SOCKET_ONLY | _DURABLE | _SMALL | _UNSTUCK | _DISCREET
    return "".join(f"{name} = {_quoted(str(value))}\n" for name, value in values.items())


def host_rules() -> str:
    """`pg_hba.conf`: the superuser by who runs the process, every other role by its password, and only on the socket."""
    return (
        f"local all {SUPERUSER} peer map={_MAP}\n"
        f"local replication {SUPERUSER} peer map={_MAP}\n"
        "local replication all reject\n"
        "local all all scram-sha-256\n"
    )


def superuser_map(account: str) -> str:
    """`pg_ident.conf`: root and the cluster's own account may be its superuser."""
    return "".join(f'{_MAP} "{name}" {SUPERUSER}\n' for name in dict.fromkeys(("root", account)))


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _list_item(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
