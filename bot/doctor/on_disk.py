"""The disk: room, rights, and who else can read personal data."""

from __future__ import annotations

import glob
import os
import shlex
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.doctor.context import Context
from bot.doctor.finding import Finding, Group, fine, note, serious, warning
from handlers.kit.message import Number, m

MEGABYTE = 1024 * 1024
LITTLE = 1024 * MEGABYTE
HARDLY_ANY = 100 * MEGABYTE
FEW_INODES = 2_000
MOST_NAMED = 8
LONG_LOG = 256 * MEGABYTE
OVER_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "glusterfs", "fuse.glusterfs", "ceph", "fuse.rclone")


def room(context: Context) -> Iterable[Finding]:
    """A full disk loses nothing, but nothing more is recorded either."""
    folder = context.database.parent
    free = shutil.disk_usage(folder).free
    size = _size(context.database)
    shown = _megabytes(free)
    mend = m("Make room in {folder} or move the database to a larger disk (THIDUA_DATABASE).", folder=str(folder))
    if free < HARDLY_ANY:
        yield serious(m("Only {free} are left beside the database.", free=shown), mend)
    elif free < LITTLE or free < 3 * size:
        yield warning(m("Only {free} are left beside the database ({size}).", free=shown, size=_megabytes(size)), mend)
    else:
        yield fine(m("{free} are free beside the database.", free=shown))
    if context.files.is_dir() and context.files.stat().st_dev != folder.stat().st_dev:
        other = shutil.disk_usage(context.files).free
        if other < LITTLE:
            yield (serious if other < HARDLY_ANY else warning)(
                m("Only {free} are left for officers' files.", free=_megabytes(other)),
                m("Make room in {folder}.", folder=str(context.files)),
            )
    inodes = os.statvfs(folder)
    if inodes.f_files > 0 and inodes.f_favail < FEW_INODES:
        yield serious(
            m("The disk can hold only {count} more files.", count=inodes.f_favail), m("Remove small files from it, or use another disk.")
        )


def log_size(context: Context) -> Iterable[Finding]:
    """A write-ahead log that only grows: something reads without an end, or the disk refuses the checkpoint."""
    log = context.database.with_name(context.database.name + "-wal")
    size = _size(log)
    if size > max(LONG_LOG, 2 * _size(context.database)):
        yield warning(
            m("The write-ahead log has grown to {size}.", size=_megabytes(size)),
            m("End other programs that keep the database open, then restart the bot: it is folded in at a clean end."),
        )


def rights(context: Context) -> Iterable[Finding]:
    """What the bot must be able to write, judged for the user who asks."""
    folder = context.database.parent
    beside = [context.database.with_name(context.database.name + end) for end in ("-wal", "-shm")]
    for path in (folder, context.database, *beside, context.files):
        if path.exists() and not os.access(path, os.W_OK):
            yield serious(
                m("{path} cannot be written by the user {user}.", path=str(path), user=_user()),
                m("Ask as the user who runs the bot, or give the file to him: chown -R USER {path}", path=str(path)),
            )
    if context.database.exists() and os.geteuid() == 0 and context.database.stat().st_uid != 0:
        yield note(
            m("You ask as root; the database belongs to another user."),
            m("Run the commands as that user, or files of root will block the bot."),
        )


def privacy(context: Context) -> Iterable[Finding]:
    """Names, offices and figures belong to the cluster, not to every account on the machine."""
    found = open_to_all(_data(context))
    if found:
        yield readable(found)
    elif context.database.exists():
        yield fine(m("The officers' data cannot be read by other users of this machine."))


def open_to_all(paths: Iterable[Path]) -> list[Path]:
    """Those that any user of the machine can read, change or look into; none in a folder that others cannot enter."""
    return [path for path in paths if path.lstat().st_mode & stat.S_IRWXO and all(_entered(each) for each in path.parents)]


def readable(paths: list[Path]) -> Finding:
    """What is said of data that is open to all: everything beside the database, and every backup, holds the same names and figures."""
    named = tuple(path.name for path in paths[:MOST_NAMED]) + (("…",) if len(paths) > MOST_NAMED else ())
    return warning(
        m("Every user of this machine can read the officers' data: {paths}", paths=named),
        m("Run: chmod -R o-rwx {paths}", paths=shlex.join(str(path) for path in paths)),
    )


def _entered(folder: Path) -> bool:
    """Whether others can go into a folder."""
    return bool(folder.stat().st_mode & stat.S_IXOTH)


def backup_place(context: Context) -> Iterable[Finding]:
    """Where the running bot puts its daily backup: can it, and does that outlive the disk?"""
    folder = context.settings.backup
    if folder is None or not folder.is_dir():
        return
    if not os.access(folder, os.W_OK):
        yield serious(
            m("{path} cannot be written by the user {user}.", path=str(folder), user=_user()),
            m("Ask as the user who runs the bot, or give the file to him: chown -R USER {path}", path=str(folder)),
        )
    if folder.stat().st_dev == context.database.parent.stat().st_dev:
        yield note(
            m("The backups (THIDUA_BACKUP) lie on the same disk as the database."),
            m("Copy {folder} to another machine every day: a disk fails as a whole.", folder=str(folder)),
        )


def file_system(context: Context) -> Iterable[Finding]:
    """SQLite's locks and log need a local disk."""
    kind = _kind(context.database.parent)
    if kind in OVER_NETWORK:
        yield serious(
            m("The database lies on a network file system ({kind}): locks and the write-ahead log do not hold there.", kind=kind),
            m("Move it to a local disk (THIDUA_DATABASE) and back it up to the network instead: thidua backup"),
        )


def _data(context: Context) -> Iterator[Path]:
    """Everything of the database: its log and lock, evidence, pictures, and the copies that an upgrade or a restore put aside."""
    for path in sorted(context.database.parent.glob(f"{glob.escape(context.database.name)}*")):
        if not path.is_symlink():
            yield path
    folder = context.settings.backup
    if folder is not None and folder.is_dir():
        yield from backups_in(folder)


def backups_in(folder: Path) -> Iterator[Path]:
    """A folder of backups and what lies in it."""
    yield folder.absolute()
    yield from sorted(folder.absolute().iterdir())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _megabytes(size: int) -> Number:
    if size >= 1024 * MEGABYTE:
        return Number(round(size / (1024 * MEGABYTE) * 10) // 10, unit="GB")
    return Number(-(-size // MEGABYTE), unit="MB")


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _kind(folder: Path) -> str:
    """The file system a folder lies on, by the longest mount point above it (Linux); empty where that cannot be known."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        parts = line.split()
        if len(parts) < 3:
            continue
        point = Path(parts[1].replace("\\040", " "))
        if (folder == point or point in folder.parents) and len(point.parts) > best:
            best, kind = len(point.parts), parts[2]
    return kind


GROUP = Group(m("Disk"), (room, log_size, rights, privacy, backup_place, file_system))
