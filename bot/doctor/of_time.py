"""Time: deadlines, reminders and lateness hang on the machine's clock."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime

from bot.doctor.context import Context
from bot.doctor.finding import Finding, Group, fine, note, serious, unknown, warning
from handlers.kit.message import Moment, m, mn

MOST_OFFSET = 60
NOTABLE_OFFSET = 10
TOOL_SECONDS = 2


def offset(context: Context) -> Iterable[Finding]:
    """Our clock beside the clock of the server that answered (the Date of its answer, to the second)."""
    asked = next(
        (each for each in (context.telegram, context.zalo) if each is not None and not each.problem and each.date is not None), None
    )
    if asked is None or asked.date is None:
        yield unknown(m("The clock was not compared: no platform could be asked."))
        return
    seconds = asked.at - asked.date
    mend = m("Set it and let it be kept: timedatectl set-ntp true")
    if abs(seconds) <= NOTABLE_OFFSET:
        yield fine(m("The clock agrees with that of {host}.", host=asked.host))
    elif seconds > 0:
        said = mn("The clock is {count} second ahead.", "The clock is {count} seconds ahead.", seconds)
        yield (serious if seconds > MOST_OFFSET else warning)(said, mend)
    else:
        said = mn("The clock is {count} second behind.", "The clock is {count} seconds behind.", -seconds)
        yield (serious if -seconds > MOST_OFFSET else warning)(said, mend)


def zone(context: Context) -> Iterable[Finding]:
    """Zone data that is older than what Viet Nam uses would be noticed in the hour."""
    at = datetime.fromtimestamp(context.now, context.settings.zone)
    if context.settings.zone.key == "Asia/Ho_Chi_Minh" and at.utcoffset() != datetime.fromtimestamp(context.now + 7 * 3600, UTC).replace(
        tzinfo=UTC
    ) - datetime.fromtimestamp(context.now, UTC):
        yield serious(m("The time zone data of this machine is wrong: Viet Nam is at UTC+7."), m("Reinstall: make setup"))
    else:
        yield fine(m("It is now {at} in {zone}.", at=Moment(context.now), zone=context.settings.zone.key))


def kept(context: Context) -> Iterable[Finding]:
    """Whether something keeps the clock right; systemd's own answer, where there is systemd."""
    program = shutil.which("timedatectl")
    if program is None:
        return
    try:
        done = subprocess.run(  # noqa: S603 - no input of anybody
            [program, "show", "--property=NTPSynchronized", "--value"], capture_output=True, timeout=TOOL_SECONDS, check=False, text=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    if done.returncode == 0 and done.stdout.strip() == "no":
        yield note(m("The clock is not kept by NTP, as far as systemd knows."), m("Run: timedatectl set-ntp true"))


GROUP = Group(m("Clock"), (zone, offset, kept), needs="answers")
