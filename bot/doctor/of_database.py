"""The database: is it sound, of this program, running, and is nothing stuck in its queues?"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from pathlib import Path

from bot.doctor import on_disk
from bot.doctor.context import Context
from bot.doctor.finding import Finding, Group, fine, note, serious, unknown, warning
from bot.doctor.instance import instance
from handlers.kit.message import Moment, m, mn
from storage import backup, files, inspection
from storage.errors import StorageError
from storage.reminders import last_tick

STUCK_SECONDS = 300
OLD_TICK_SECONDS = 1800
"""A look that finds nothing to do is noted only now and then (`handlers.schedule.reminding.NOTED_EVERY`)."""

LEADING_TICK_SECONDS = 300
RECENT_SECONDS = 7 * 86_400
SOUND_SECONDS, AGAIN_SECONDS, HASH_SECONDS = 4.0, 1.5, 2.0
OLD_BACKUP_SECONDS = 2 * 86_400
MOST_HASHED = 200
MOST_BYTES = 200 * 1024 * 1024


def running(context: Context) -> Iterable[Finding]:
    """Who holds the database."""
    found = instance(context.database)      # again, for its start and for what a killed one left
    if found is None:
        yield note(m("The bot is not running."), m("Start it: systemctl start thidua, or thidua run"))
    elif found.running and found.since is not None:
        yield fine(m("The bot runs: {holder}, since {since}.", holder=found.holder, since=Moment(found.since)))
    elif found.running:
        yield fine(m("The bot runs: {holder}.", holder=found.holder))
    else:
        yield warning(
            m("The bot is not running, and its last run ({holder}) ended without farewell (killed, or a power cut).", holder=found.holder),
            m("Nothing is lost by that. Start it again, and look into its log and the machine's for the reason (memory?)."),
        )


def sound(context: Context) -> Iterable[Finding]:
    """SQLite's own check, and rows that name what is not there."""
    mend = m("Stop the bot, keep a copy of the file, and restore the last backup: thidua restore PATH")
    try:
        # On a look of its own, so that the time it takes is not taken from the other checks.
        with inspection.reading(context.database, SOUND_SECONDS) as read:
            damaged = inspection.damage(read)
            broken = () if damaged else inspection.broken_references(read)
        if damaged:
            # Once more: somebody may have begun to write in the middle of the first look.
            with inspection.reading(context.database, AGAIN_SECONDS) as read:
                damaged = inspection.damage(read)
        if damaged:
            yield serious(m("The database is damaged: {text}", text=damaged[0][:160]), mend)
            return
    except inspection.OutOfTime:
        yield unknown(m("The database is too large to be checked in these seconds."), m("The check at the start of the bot is complete."))
        return
    if broken:
        yield serious(m("Rows name something that is not there, in: {tables}", tables=broken), mend)
    else:
        yield fine(m("The database is sound."))


def tick(context: Context) -> Iterable[Finding]:
    """The tick that turns what is due into reminders comes every 15 seconds while the bot runs, and notes that it looked."""
    at = last_tick(context.read)
    if at is None:
        return
    if at > context.now + LEADING_TICK_SECONDS:
        yield serious(
            m("The last look at what is due lies in the future ({at}): the clock was wrong then, or is wrong now.", at=Moment(at)),
            m("See the group on the clock. Once it is right, the bot puts right at its next look what the wrong time left behind."),
        )
    elif context.holder is not None and context.now - at > OLD_TICK_SECONDS:
        yield serious(
            m("The bot runs, but has not looked at what is due since {at}.", at=Moment(at)),
            m("Look into the bot's log (is the disk full, the database locked?) and restart it."),
        )
    elif context.holder is not None:
        yield fine(m("Reminders were last looked at {at}.", at=Moment(at)))
    else:
        yield note(m("Reminders were last looked at {at}; what is due meanwhile is told once after the start.", at=Moment(at)))


def inbox(context: Context) -> Iterable[Finding]:
    """Messages whose turn is not committed, and such that met a defect."""
    for queue in inspection.inbox_queues(context.read):
        waiting, failed = queue.states.get("waiting", 0), queue.states.get("failed", 0)
        if waiting and queue.oldest is not None and context.now - queue.oldest > STUCK_SECONDS:
            said = mn(
                "{channel}: {count} message waits for its answer, since {at}.",
                "{channel}: {count} messages wait for their answers, the oldest since {at}.",
                waiting, channel=queue.channel, at=Moment(queue.oldest),
            )  # fmt: skip
            if context.holder is None:
                yield note(said, m("They are answered when the bot starts."))
            else:
                yield serious(said, m("Look into the bot's log (is the disk full, the database locked?) and restart it."))
        if failed:
            yield warning(
                mn(
                    "{channel}: {count} message of the last days met a defect; its sender was told.",
                    "{channel}: {count} messages of the last days met a defect; their senders were told.",
                    failed, channel=queue.channel,
                ),
                m("Look for ERROR in the log and report it to the maintainers with the lines around it."),
            )  # fmt: skip


def outbox(context: Context) -> Iterable[Finding]:
    """Replies and reminders that do not get out."""
    stuck = False
    for queue in inspection.outbox_queues(context.read, context.now, context.now - RECENT_SECONDS):
        waiting = queue.states.get("waiting", 0)
        if waiting and queue.oldest is not None and context.now - queue.oldest > STUCK_SECONDS:
            stuck = True
            said = mn(
                "{channel}: {count} letter should have gone out, since {at}.",
                "{channel}: {count} letters should have gone out, the oldest at {at}.",
                waiting, channel=queue.channel, at=Moment(queue.oldest),
            )  # fmt: skip
            if context.holder is None:
                yield note(said, m("They are sent when the bot starts, unless they have expired by then."))
            else:
                yield warning(said, m("Is the platform reachable (see its group)? The log names the reason."))
        failed, blocked = queue.states.get("failed", 0), queue.states.get("blocked", 0)
        if failed:
            yield warning(
                mn(
                    "{channel}: {count} letter could not be delivered in the last 7 days.",
                    "{channel}: {count} letters could not be delivered in the last 7 days.",
                    failed, channel=queue.channel,
                ),
                m("The log names the reason; tell the officers concerned in another way."),
            )  # fmt: skip
        if blocked:
            yield note(
                mn(
                    "{channel}: {count} letter met somebody who has blocked the bot.",
                    "{channel}: {count} letters met somebody who has blocked the bot.",
                    blocked, channel=queue.channel,
                ),
                m("The secretary sees at /nguoi who that is; they unblock the bot or join again."),
            )  # fmt: skip
    if not stuck:
        yield fine(m("Nothing waits in the outbox that should have gone out."))


def evidence(context: Context) -> Iterable[Finding]:
    """Files of officers: there, whole, and none that nothing names. The newest are hashed, within reason."""
    known = inspection.files(context.read)
    missing = [sha256 for sha256, size in known if not _is_there(context, sha256, size)]
    absent, until = set(missing), time.monotonic() + HASH_SECONDS
    hashed, changed, read = 0, 0, 0
    for sha256, size in known:
        if hashed >= MOST_HASHED or read + size > MOST_BYTES or time.monotonic() > until:
            break
        if sha256 not in absent:
            hashed, read = hashed + 1, read + size
            try:
                changed += hashlib.sha256(files.content_path(context.files, sha256).read_bytes()).hexdigest() != sha256
            except OSError:
                changed += 1
    mend = m("Take them from the last backup: its folder of files holds them under the same names.")
    if missing:
        yield serious(mn("{count} file of officers is missing.", "{count} files of officers are missing.", len(missing)), mend)
    if changed:
        yield serious(
            mn("{count} file of officers has changed on the disk.", "{count} files of officers have changed on the disk.", changed), mend
        )
    if known and not missing and not changed:
        yield fine(mn("{count} file of officers is there.", "{count} files of officers are there.", len(known)))
    if context.files.is_dir():
        names = {sha256 for sha256, _ in known}
        unused = sum(1 for path in context.files.iterdir() if path.name not in names)
        if unused:
            yield note(mn("{count} file lies in {folder} that nothing names.", "{count} files lie in {folder} that nothing names.", unused,
                          folder=context.files.name), m("It was sent and its turn did not come to its end; it does no harm."))  # fmt: skip


def backups(context: Context) -> Iterable[Finding]:
    """The database's own notes of its backups: those that `thidua backup` and the running bot make."""
    made, failed = backup.last(context.read), backup.failure(context.read)
    if failed is not None:
        yield serious(
            m("The backup of {at} failed: {reason}", at=Moment(failed.at), reason=failed.reason[:160]),
            m("Make room or mend the rights of {path}, then: thidua backup PATH", path=failed.path),
        )
    if made is None:
        yield warning(
            m("No backup was made yet."), m("Let one be made every day: deploy/thidua-backup.timer, or thidua backup PATH by cron.")
        )
    elif context.now - made.at > OLD_BACKUP_SECONDS:
        yield warning(
            m("The last backup is of {at}.", at=Moment(made.at)),
            m("Why did the daily one not run? systemctl list-timers thidua-backup.timer"),
        )
    else:
        yield fine(m("The last backup is of {at}.", at=Moment(made.at)))
    if made is not None and made.missing:
        yield warning(
            mn("{count} file of officers is missing in the last backup.", "{count} files of officers are missing in the last backup.",
               made.missing),
            m("They could not be read when it was made; an older backup may hold them."),
        )  # fmt: skip


def backup_privacy(context: Context) -> Iterable[Finding]:
    """Where the last backup was put: whoever can read it reads the database. (THIDUA_BACKUP's folder is looked at with the disk.)"""
    made = backup.last(context.read)
    if made is None:
        return
    folder, given = Path(made.path).absolute().parent, context.settings.backup
    if not folder.is_dir() or folder == context.database.parent or (given is not None and folder == given.absolute()):
        return
    found = on_disk.open_to_all(on_disk.backups_in(folder))
    if found:
        yield on_disk.readable(found)


def _is_there(context: Context, sha256: str, size: int) -> bool:
    try:
        return files.content_path(context.files, sha256).stat().st_size == size
    except (OSError, ValueError):
        return False


def unusable(context: Context, error: StorageError) -> Iterable[Finding]:
    """What is said instead of a group's findings when the database cannot be read."""
    text = str(error)
    if isinstance(error, inspection.OutOfTime):
        yield unknown(m("There was not enough time to look at all of this."))
    elif "not a database" in text or "malformed" in text:
        yield serious(
            m("{file} is not a database of this program, or it is damaged.", file=context.database.name),
            m("Stop the bot, keep a copy of the file, and restore the last backup: thidua restore PATH"),
        )
    else:
        yield unknown(m("The database could not be read: {text}", text=text[:160]), m("Ask as the user who runs the bot."))


GROUP = Group(m("Database"), (running, backups, backup_privacy, tick, inbox, outbox, evidence, sound), needs="database")
