"""Whom a broadcast is for: roles, units, or the units that have not reported. Who that is in person is decided at the moment of sending."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from handlers.kit.message import Message, Value, m, mn, verbatim
from handlers.kit.roles import ROLE_NAMES
from handlers.schedule import agenda
from storage import broadcast_recipients, calendar, duties, units
from storage.broadcast_recipients import Addressee, Target
from storage.connection import Snapshot
from storage.people import UNIT_ROLES
from storage.units import Unit

MOST_NAMES = 20
"""How many units are named one by one: beyond, their number (a cluster of communes has hundreds)."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody, where nothing narrows it. ``event``: only the units that still owe the duty of this event.

    ``roles`` of units narrow the units; those of the cluster come beside them ("thẩm định, Lạng Sơn" are both).
    """

    roles: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    event: str = ""

    def dump(self) -> str:
        return json.dumps({"roles": self.roles, "units": self.units, "event": self.event}, ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> Audience:
        raw = json.loads(text)
        return cls(tuple(raw["roles"]), tuple(raw["units"]), raw["event"])

    def shown(self, read: Snapshot) -> Message:
        """ "the whole cluster", "officers of Lạng Sơn, Cao Bằng", "units that have not filed: …"."""
        within = tuple(ROLES_OF_UNITS[role] for role in self.roles if role in UNIT_ROLES)
        beside = tuple(ROLE_NAMES[role] for role in self.roles if role not in UNIT_ROLES)
        if self.event:
            event = calendar.event(read, self.event)
            title: Value = self.event if event is None else agenda.titled(event.title, event.of_year)
            return m("units that have not filed: {title}", title=title)
        if self.units:
            names = named(tuple(units.name_of(read, each) for each in self.units))
            told = m("{roles} of {units}", roles=within, units=names) if within else m("{value}", value=names)
            return m("{value}", value=(told, *beside)) if beside else told
        if within:
            told = m("{roles} of all units", roles=within)
            return m("{value}", value=(told, *beside)) if beside else told
        return m("{value}", value=beside) if beside else m("the whole cluster")


EVERYBODY = Audience()

ROLES_OF_UNITS: dict[str, Message] = {"officer": m("officers"), "leader": m("leaders")}


@dataclass(frozen=True, slots=True)
class Place:
    """The people of a unit (or of a role of the cluster) in an audience: how many, and how many of them can be reached, are blocked."""

    unit_id: str
    role: str
    people: int
    reachable: int
    blocked: int

    @property
    def unreachable(self) -> int:
        return self.people - self.reachable - self.blocked


@dataclass(frozen=True, slots=True)
class Resolved:
    """Who an audience is now: people with their places, and the units in which nobody has joined."""

    targets: tuple[Target, ...]
    silent: tuple[str, ...]

    @property
    def reachable(self) -> tuple[Target, ...]:
        return tuple(each for each in self.targets if each.to.address is not None)

    @property
    def units_reached(self) -> int:
        return len({each.unit_id for each in self.reachable if each.unit_id})

    def places(self) -> tuple[Place, ...]:
        """By place, in the order of the people."""
        found: dict[tuple[str, str], list[Addressee]] = {}
        for each in self.targets:
            found.setdefault((each.unit_id, each.role), []).append(each.to)
        return tuple(
            Place(
                *place, len(people), sum(each.address is not None for each in people), sum(each.blocked for each in people)
            )
            for place, people in found.items()
        )  # fmt: skip


def resolve(read: Snapshot, audience: Audience, today: date, sender: str) -> Resolved:
    """Who the audience is today. The sender himself is left out: he has seen the preview. One with several posts is one recipient.

    The switch of reminders is not asked: an official message reaches everybody who has agreed to be written to by the system.
    """
    scope = _scope(read, audience, today)
    inside, everybody = frozenset(scope or ()), audience == EVERYBODY
    within = frozenset(role for role in audience.roles if role in UNIT_ROLES) or frozenset(UNIT_ROLES)

    def meant(post: tuple[str | None, str]) -> bool:
        unit_id, role = post
        if everybody:
            return True
        return role in audience.roles if unit_id is None else role in within and unit_id in inside

    targets = []
    for each in broadcast_recipients.addressees(read, today.isoformat()):
        post = None if each.person_id == sender else next(filter(meant, each.posts), None)
        if post is not None:
            targets.append(Target(each, post[0] or "", "" if post[0] else post[1]))
    joined = {each.unit_id for each in targets}
    return Resolved(tuple(targets), tuple(unit_id for unit_id in scope or () if unit_id not in joined))


def _scope(read: Snapshot, audience: Audience, today: date) -> tuple[str, ...] | None:
    """The units that the audience speaks to; None: it speaks to no unit."""
    if audience.event:
        return tuple(duty.unit_id for duty in duties.of_event(read, audience.event) if duty.status == "open")
    if audience.units:
        return audience.units
    if audience.roles and not any(role in UNIT_ROLES for role in audience.roles):
        return None
    return tuple(unit.id for unit in members(read, today))


def members(read: Snapshot, today: date) -> tuple[Unit, ...]:
    """The units of the running year; until its plan is applied, those of the year before."""
    return units.members(read, today.year) or units.members(read, today.year - 1)


def place_name(read: Snapshot, unit_id: str, role: str) -> Message:
    """The unit's name, or the role of the cluster."""
    return verbatim(units.name_of(read, unit_id)) if unit_id else ROLE_NAMES[role]


def named(names: Sequence[Value]) -> Value:
    """The names, or how many when they are too many to be read."""
    return tuple(names) if len(names) <= MOST_NAMES else mn("{count} unit", "{count} units", len(names))


Share = tuple[str, str, int, int]
"""(unit id or "", role or "", how many people, of how many)."""


def in_order(read: Snapshot, places: Iterable[Share]) -> list[Share]:
    """Units in Vietnamese order, the roles of the cluster last."""
    order = {unit.id: place for place, unit in enumerate(units.all_units(read))}
    return sorted(places, key=lambda each: (not each[0], order.get(each[0], len(order)), each[1]))


def told(read: Snapshot, places: Sequence[Share]) -> Value:
    """Places by name, or how many when they are too many to be read."""
    return shares(read, places) if len(places) <= MOST_NAMES else mn("{count} unit", "{count} units", len(places))


def shares(read: Snapshot, places: Iterable[Share]) -> tuple[Message, ...]:
    """Places by name; one of which only a part is meant says so."""
    return tuple(
        place_name(read, unit_id, role)
        if count == people
        else m("{place} ({count}/{people})", place=place_name(read, unit_id, role), count=count, people=people)
        for unit_id, role, count, people in places
    )
