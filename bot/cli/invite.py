"""``thidua invite UNIT ROLE``: a single-use joining code, alone on stdout."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.cli.parser import year
from bot.language import Language
from bot.settings import Settings
from handlers.kit.message import Message, Moment, m
from handlers.kit.roles import ROLE_NAMES

if TYPE_CHECKING:
    from storage.connection import Snapshot

UNIT_ROLES, CLUSTER_ROLES = ("officer", "leader"), ("verifier", "secretary", "observer", "admin")
CLUSTER = "-"
LONGEST_DAYS = 366
DAY_SECONDS = 86_400


class Refused(Exception):
    """The unit cannot be told; ``message`` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.msgid)
        self.message = message


def add(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser("invite")
    parser.add_argument("unit", metavar="UNIT", help=m("id, name or alias of a unit; - for the roles of the cluster"))
    parser.add_argument("role", metavar="ROLE", choices=(*UNIT_ROLES, *CLUSTER_ROLES), help=", ".join((*UNIT_ROLES, *CLUSTER_ROLES)))
    parser.add_argument(
        "--year", type=year, metavar="Y", help=m("the year in which the unit's name is looked up; default: the current one")
    )
    parser.add_argument("--days", type=int, default=14, metavar="N", help=m("how long the code is valid; default: 14 days"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Run it; see the module."""
    language = Language.load(settings.language, settings.zone)
    problem = None
    if not 1 <= args.days <= LONGEST_DAYS:
        problem = m("--days: from 1 to {most}", most=LONGEST_DAYS)
    elif args.unit == CLUSTER and args.role in UNIT_ROLES:
        problem = m("the role {role} belongs to a unit", role=args.role)
    elif args.unit != CLUSTER and args.role in CLUSTER_ROLES:
        problem = m("the role {role} belongs to the cluster: write - for the unit", role=args.role)
    if problem is not None:
        print(language.text(problem), file=sys.stderr)
        return 2
    return asyncio.run(_invite(args, settings, language))


async def _invite(args: argparse.Namespace, settings: Settings, language: Language) -> int:
    from bot.cli.writing import decide_and_write
    from bot.clock import SystemClock
    from storage import invitations
    from storage.connection import Database, Effect, effect

    now = SystemClock().now()
    today = datetime.fromtimestamp(now, settings.zone).year
    expires = now + args.days * DAY_SECONDS

    def decide(read: Snapshot) -> tuple[tuple[str, str], list[Effect]]:
        unit_id, name = (None, "") if args.unit == CLUSTER else _unit(read, args.unit, args.year, today)
        code = "".join(secrets.choice(invitations.ALPHABET) for _ in range(invitations.LENGTH))
        return (code, name), [effect(invitations.add, code, unit_id, args.role, None, now, expires)]

    database = await Database.open(settings.database)
    try:
        code, name = await decide_and_write(database, decide)
    except Refused as error:
        print(language.text(error.message), file=sys.stderr)
        return 1
    finally:
        await database.close()
    until = Moment(expires)
    if name:
        said = m("A code for {unit}, {role}, valid until {until}", unit=name, role=ROLE_NAMES[args.role], until=until)
    else:
        said = m("A code for the cluster, {role}, valid until {until}", role=ROLE_NAMES[args.role], until=until)
    print(language.text(said), file=sys.stderr)
    print(code)
    return 0


def _unit(read: Snapshot, text: str, wanted: int | None, current: int) -> tuple[str, str]:
    """(id, name) of the unit that the text names among the members of the year. Raises Refused."""
    from handlers.rules.names import Name, NameIndex, One, Several
    from storage import units

    year = wanted if wanted is not None else current
    members = units.members(read, year)
    if not members and wanted is None:
        year = next((each.year for each in units.years(read) if units.membership_roles(read, each.year)), current)
        members = units.members(read, year)
    if not members:
        raise Refused(m("no unit is a member in {year}: apply a plan first", year=str(year)))
    names = {each.id: each.name for each in members}
    if text in names:
        return text, names[text]
    found = NameIndex(Name(each.id, each.name, each.aliases) for each in members).find(text)
    if isinstance(found, One) and not found.rest.strip():
        return found.id, names[found.id]
    if isinstance(found, Several):
        raise Refused(
            m("{text} may be {units}: write the id", text=text, units=tuple(f"{names[each]} ({each})" for each in found.ids))
        )
    raise Refused(m("{text} is not a unit of {year}; its units are {units}", text=text, year=str(year), units=_some(tuple(names))))


def _some(ids: tuple[str, ...]) -> tuple[str, ...]:
    return ids if len(ids) <= 30 else (*ids[:30], "…")
