"""The operating-system account that an embedded PostgreSQL runs as.

PostgreSQL refuses to run as root. An ordinary user's server runs as that user; root's server runs as an account of its
own that owns nothing but its cluster's folder. That account must be able to walk to the folder and to the server's
programs; where a folder on the way forbids it, an access-control entry lets this one account pass, and nobody else: no
folder is opened to the world.
"""

import os
import pwd
import struct
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from comity.vocabulary.errors import BrokenInputError, ErrorCode

ROOT = 0

_ACL = "system.posix_acl_access"
_ACL_VERSION = 2
_ENTRY = struct.Struct("<HHI")
_USER_OBJ, _USER, _GROUP_OBJ, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_UNDEFINED_ID = 0xFFFFFFFF
_PASS = 0o1


class Account(Struct, frozen=True):
    """An account by name and number."""

    name: str
    uid: int
    gid: int


def server_account(folder: Path, wanted: str) -> Account:
    """The account a cluster in this folder runs as: the folder's owner, or if it is new, this user or the wanted account.

    Raises:
        BrokenInputError: not-allowed when the folder belongs to somebody this user may not act as.
    """
    owner = folder.stat().st_uid if folder.exists() else ROOT
    me = os.geteuid()
    if me == ROOT:
        return _by_uid(owner) if owner != ROOT else _ensure_account(wanted)
    if folder.exists() and owner != me:
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "the database folder belongs to another user",
            found=f"user number {owner}",
            expected=f"user number {me}",
            do="Run as the folder's owner or as root, or choose another folder.",
        )
    return _by_uid(me)


def run_as(
    account: Account, command: Sequence[object], *, cwd: Path, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the command to its end as the account, in a clean environment; output and errors together in `stdout`.

    The environment of the caller is not passed on: a stray PG* variable must not lead a tool to another server. Files
    that the command makes are the account's own.
    """
    drop = os.geteuid() == ROOT and account.uid != ROOT
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **(more or {})}
    # A file and not a pipe: a server started by the command keeps the descriptor, and a pipe would never end.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        done = subprocess.run(
            [str(part) for part in command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=environment,
            user=account.uid if drop else None,
            group=account.gid if drop else None,
            extra_groups=[] if drop else None,
            umask=0o077,
        )
        output.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, output.read(), "")


def let_pass(account: Account, folder: Path) -> None:
    """The account can walk to the folder when this returns. Changes only folders that keep it out, and only for it.

    Raises:
        BrokenInputError: not-allowed when the file system keeps no access-control lists.
    """
    if os.geteuid() != ROOT or _reaches(account, folder):
        return
    for parent in reversed(folder.parents):
        if not _reaches(account, parent):
            _add_entry(account, parent)


def open_programs(account: Account, tree: Path) -> None:
    """The account can read and run the server's programs: public software, which a strict umask at installation hid."""
    if os.geteuid() != ROOT or run_as(account, [tree / "bin" / "postgres", "--version"], cwd=Path("/")).returncode == 0:
        return
    for path in (tree, *tree.rglob("*")):
        run = 0o111 if path.stat().st_mode & 0o100 else 0
        path.chmod(path.stat().st_mode | 0o444 | run)


def _reaches(account: Account, folder: Path) -> bool:
    return run_as(account, ["/bin/sh", "-c", 'test -x "$1"', "sh", folder], cwd=Path("/")).returncode == 0


def _add_entry(account: Account, folder: Path) -> None:
    """Adds "this user may pass" to the folder's access-control list (acl(5); format of the extended attribute)."""
    mode = folder.stat().st_mode
    bits = {_USER_OBJ: mode >> 6 & 0o7, _GROUP_OBJ: mode >> 3 & 0o7, _MASK: mode >> 3 & 0o7, _OTHER: mode & 0o7}
    entries = {(tag, _UNDEFINED_ID): permission for tag, permission in bits.items()}
    try:
        stored = os.getxattr(folder, _ACL)
    except OSError:
        stored = b""
    for tag, permission, number in _ENTRY.iter_unpack(stored[4:]):
        entries[tag, number] = permission
    entries[_USER, account.uid] = entries.get((_USER, account.uid), 0) | _PASS
    entries[_MASK, _UNDEFINED_ID] |= _PASS
    listed = b"".join(_ENTRY.pack(tag, permission, number) for (tag, number), permission in sorted(entries.items()))
    try:
        os.setxattr(folder, _ACL, struct.pack("<I", _ACL_VERSION) + listed)
    except OSError as error:
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "the database's account cannot reach its folder, and the file system keeps no access-control lists",
            found=str(folder),
            do=f"Allow it with chmod o+x {folder}, or choose a folder that every user can reach.",
        ) from error


def _by_uid(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise BrokenInputError(
            ErrorCode.NOT_ALLOWED,
            "this user has no name on this machine, and PostgreSQL does not run without one",
            found=f"user number {uid}",
            do="Add the user to /etc/passwd, or run as another user.",
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _ensure_account(name: str) -> Account:
    """The account, made if there is none: it cannot log in and has no home."""
    if name not in {entry.pw_name for entry in pwd.getpwall()}:
        home = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
        made = run_as(
            Account("root", ROOT, ROOT),
            ["/usr/sbin/useradd", "--system", "--user-group", *home, name],
            cwd=Path("/"),
        )
        if made.returncode and name not in {entry.pw_name for entry in pwd.getpwall()}:
            raise BrokenInputError(
                ErrorCode.NOT_ALLOWED,
                "no account could be made for the database server",
                found=made.stdout.strip(),
                do=f"Make the account {name} by hand, or run as an ordinary user.",
            )
    entry = pwd.getpwnam(name)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
