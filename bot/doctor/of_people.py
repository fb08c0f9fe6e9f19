"""People: a plan that nobody can fulfil, because nobody has joined."""

from __future__ import annotations

from collections.abc import Iterable

from bot.doctor.context import Context
from bot.doctor.finding import Finding, Group, fine, note, serious, warning
from handlers.kit.message import Moment, m, mn
from storage import inspection, units

MOST_NAMED = 8


def secretary(context: Context) -> Iterable[Finding]:
    """Without one nobody can be invited in the chat, and nobody is told what goes wrong."""
    roles = inspection.cluster_roles(context.read, context.today.isoformat())
    if roles.get("secretary"):
        yield fine(mn("{count} secretary has joined.", "{count} secretaries have joined.", roles["secretary"]))
    elif (until := inspection.cluster_code(context.read, "secretary", context.now)) is not None:
        yield warning(
            m("No secretary has joined yet; a joining code for one is open until {until}.", until=Moment(until)),
            m("Let them send it to the bot. Where it is lost: thidua invite - secretary"),
        )
    elif units.members(context.read, context.today.year):
        yield serious(m("No secretary has joined: nobody can invite officers in the chat."), m("Run: thidua invite - secretary"))


def officers(context: Context) -> Iterable[Finding]:
    """Units that owe reports and have nobody to file them."""
    members = units.members(context.read, context.today.year)
    staffed = inspection.staffed_units(context.read, context.today.isoformat())
    lacking = [each.name for each in members if each.id not in staffed]
    if members and not lacking:
        yield fine(m("Every unit has an officer who has joined."))
    elif lacking:
        codes = inspection.open_codes(context.read, context.now)
        yield warning(
            mn("{count} unit has no officer who has joined: {units}", "{count} units have no officer who has joined: {units}", len(lacking),
               units=tuple(lacking[:MOST_NAMED]) + (("…",) if len(lacking) > MOST_NAMED else ())),
            m("Invite them: /nguoi in the chat, or thidua invite UNIT officer. Codes not used yet: {count}", count=codes),
        )  # fmt: skip


def reachable(context: Context) -> Iterable[Finding]:
    """Units that have blocked the bot."""
    names = inspection.blocked_units(context.read)
    if names:
        yield warning(
            m("Nobody of these units can be reached any more (blocked, or the account is gone): {units}", units=names[:MOST_NAMED]),
            m("Telephone them; they unblock the bot, or join again with a new code."),
        )


def observers(context: Context) -> Iterable[Finding]:
    """Verified scores need a verifier."""
    roles = inspection.cluster_roles(context.read, context.today.isoformat())
    if roles.get("secretary") and not roles.get("verifier") and inspection.cluster_code(context.read, "verifier", context.now) is None:
        yield note(m("No verifier has joined; verified scores come from the command line then."), m("Run: thidua invite - verifier"))


GROUP = Group(m("People"), (secretary, officers, reachable, observers), needs="database")
