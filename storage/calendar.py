"""The calendar: events with their reminders, holidays, quiet hours, forms and what each form asks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from storage.connection import Snapshot, Transaction
from storage.memory import once


@dataclass(frozen=True, slots=True)
class Event:
    """A conference, deadline, legal date or ceremony. ``day`` is a local date, ``time`` HH:MM or None (17:00 for a deadline).

    ``who``: member, lead, deputy, all, resolved by the memberships of ``of_year``. ``remind``: days before, ``overdue``: days after
    the effective day. ``extras`` is the rest of the plan file's entry (JSON); ``cancelled: true`` in it calls the event off: it stays
    in the calendar, so that it can be said and restored, and asks nothing of anybody.
    """

    id: str
    calendar_year: int
    position: int
    of_year: int
    period: str
    day: str
    time: str | None
    kind: str
    title: str
    who: tuple[str, ...]
    form: str | None
    done_by: str | None
    place: str | None
    opens: str | None
    remind: tuple[int, ...]
    overdue: tuple[int, ...]
    extras: str = "{}"

    @property
    def cancelled(self) -> bool:
        """Whether it was called off."""
        return "cancelled" in self.extras and json.loads(self.extras).get("cancelled") is True


@dataclass(frozen=True, slots=True)
class Form:
    """A form and what it asks for: targets, movements, criteria, narrative, files."""

    id: str
    name: str
    asks: tuple[str, ...]


_EVENT = "id, calendar_year, position, of_year, period, day, time, kind, title, who, form, done_by, place, opens, remind, overdue, extras"


@lru_cache(maxsize=1_024)
def _event(row: tuple[str | int | None, ...]) -> Event:
    """Kept by what its row says: a calendar is read far more often than it is changed."""
    values: list[Any] = list(row)
    for index in (9, 14, 15):
        values[index] = tuple(json.loads(values[index]))
    return Event(*values)


def event(read: Snapshot, event_id: str) -> Event | None:
    row = read.execute(f"SELECT {_EVENT} FROM events WHERE id = ?", (event_id,)).fetchone()  # noqa: S608
    return None if row is None else _event(row)


@once
def events(read: Snapshot, first_day: str = "", last_day: str = "9999") -> tuple[Event, ...]:
    """Events between two local dates (both included), by date."""
    rows = read.execute(
        f"SELECT {_EVENT} FROM events WHERE day BETWEEN ? AND ? ORDER BY day, COALESCE(time, '17:00'), position", (first_day, last_day)  # noqa: S608
    )
    return tuple(_event(row) for row in rows)


def holidays(read: Snapshot) -> dict[str, str]:
    """local date -> name, of every holiday known."""
    return dict(read.execute("SELECT day, name FROM holidays ORDER BY day"))


def quiet_hours(read: Snapshot, year: int) -> tuple[str, ...]:
    """Quiet hours ("HH:MM-HH:MM") of the calendar of that year, else of the newest one; empty where none is planned."""
    row = read.execute("SELECT quiet FROM calendar_years ORDER BY year = ? DESC, year DESC LIMIT 1", (year,)).fetchone()
    return () if row is None else tuple(json.loads(row[0]))


@once
def form(read: Snapshot, form_id: str) -> Form | None:
    row = read.execute("SELECT id, name, asks FROM forms WHERE id = ?", (form_id,)).fetchone()
    return None if row is None else Form(row[0], row[1], tuple(json.loads(row[2])))


def forms(read: Snapshot) -> tuple[Form, ...]:
    return tuple(Form(row[0], row[1], tuple(json.loads(row[2]))) for row in read.execute("SELECT id, name, asks FROM forms ORDER BY id"))


def save_calendar_year(tx: Transaction, year: int, quiet: tuple[str, ...], extras: str = "{}") -> None:
    tx.execute("INSERT OR IGNORE INTO years (year) VALUES (?)", (year,))
    tx.execute(
        "INSERT INTO calendar_years (year, quiet, extras) VALUES (?, ?, ?)"
        " ON CONFLICT (year) DO UPDATE SET quiet = excluded.quiet, extras = excluded.extras",
        (year, json.dumps(quiet), extras),
    )


def save_event(tx: Transaction, given: Event) -> None:
    columns = _EVENT.split(", ")
    updates = ", ".join(f"{name} = excluded.{name}" for name in columns if name != "id")
    tx.execute(
        f"INSERT INTO events ({_EVENT}) VALUES ({', '.join('?' * len(columns))}) ON CONFLICT (id) DO UPDATE SET {updates}",  # noqa: S608
        (
            given.id, given.calendar_year, given.position, given.of_year, given.period, given.day, given.time, given.kind,
            given.title, json.dumps(given.who), given.form, given.done_by, given.place, given.opens, json.dumps(given.remind),
            json.dumps(given.overdue), given.extras,
        ),
    )  # fmt: skip


def save_holidays(tx: Transaction, calendar_year: int, days: tuple[tuple[str, str], ...]) -> None:
    """The holidays of one calendar file, all of them."""
    tx.execute("DELETE FROM holidays WHERE calendar_year = ?", (calendar_year,))
    tx.executemany("INSERT OR REPLACE INTO holidays (day, calendar_year, name) VALUES (?, ?, ?)", [(d, calendar_year, n) for d, n in days])


def save_form(tx: Transaction, given: Form) -> None:
    tx.execute(
        "INSERT INTO forms (id, name, asks) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name, asks = excluded.asks",
        (given.id, given.name, json.dumps(given.asks)),
    )


def holidays_of(read: Snapshot, calendar_year: int) -> dict[str, str]:
    """local date -> name, of the holidays that one year's calendar brought."""
    return dict(read.execute("SELECT day, name FROM holidays WHERE calendar_year = ? ORDER BY day", (calendar_year,)))


def calendar_years(read: Snapshot) -> tuple[tuple[int, tuple[str, ...], str], ...]:
    """(year, quiet hours, JSON of the rest) of every calendar, the oldest first."""
    rows = read.execute("SELECT year, quiet, extras FROM calendar_years ORDER BY year")
    return tuple((row[0], tuple(json.loads(row[1])), row[2]) for row in rows)
