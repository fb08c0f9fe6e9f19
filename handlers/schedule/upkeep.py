"""Telling the organisers what happened to the data itself: it was restored to an earlier instant, or the daily backup fails.

One letter for a restore, and one a day while backups fail; not in quiet hours. Who is told is who is told of undelivered letters.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from handlers.kit.message import Moment, m
from handlers.kit.reply import Reply, Text, say
from handlers.kit.wire import queue_effects
from handlers.rules.deadline import local_day, quiet_until
from handlers.schedule.alerts import readers
from storage import backup, calendar, outbox
from storage.connection import Effect, Snapshot

KEY = "upkeep:"
NEWS_SECONDS = 7 * 86_400
"""A restore of longer ago is no news."""


def due_upkeep(read: Snapshot, now: int, zone: ZoneInfo) -> tuple[Effect, ...]:
    """The effects of a look at ``now`` (epoch): letters that were not written yet."""
    news = _news(read, now, zone)
    if not news:
        return ()
    today = local_day(now, zone)
    if quiet_until(now, calendar.quiet_hours(read, today.year), zone, None) > now:
        return ()
    letters: list[Effect] = []
    for reader in readers(read, today.isoformat()):
        for occasion, reply in news.items():
            key = f"{KEY}{occasion}:{reader.person_id}"
            if not outbox.known(read, key):
                letters += queue_effects(
                    reply, channel=reader.channel, address=reader.address, language=reader.language, now=now, mint=lambda: "",
                    person_id=reader.person_id, lane="broadcast", key=key,
                )  # fmt: skip
    return tuple(letters)


def _news(read: Snapshot, now: int, zone: ZoneInfo) -> dict[str, Reply]:
    """Occasion -> what is to be said of it."""
    news: dict[str, Reply] = {}
    restored, failed = backup.restored(read), backup.failure(read)
    if restored is not None and 0 <= now - restored.at < NEWS_SECONDS:
        news[f"restored:{restored.at}"] = _restored(restored)
    if failed is not None and failed.at <= now:
        news[f"backup:{local_day(failed.at, zone).isoformat()}"] = _failed(failed, backup.last(read))
    return news


def _restored(restored: backup.Restored) -> Reply:
    if restored.to is None:
        what = m("At {at} the system's data was restored from a backup.", at=Moment(restored.at))
    else:
        what = m(
            "At {at} the system's data was restored to its state of {to}.", at=Moment(restored.at), to=Moment(restored.to)
        )
    return say(
        Text(m("Data restored"), "title"),
        what,
        m(
            "What was reported, corrected or answered after that is no longer there:"
            " please have the units check their reports and file again."
        ),
        m("Messages from that time may arrive a second time."),
    )


def _failed(failed: backup.Note, last: backup.Note | None) -> Reply:
    newest = m("No backup was made yet.") if last is None else m("The last backup is of {at}.", at=Moment(last.at))
    return say(
        Text(m("Backup failed"), "title"),
        m("The daily backup could not be made (last tried {at}).", at=Moment(failed.at)),
        newest,
        m("Please let the administrator of the server know: thidua doctor names the reason."),
    )
