"""Duties from the calendar and the memberships."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from handlers.schedule.planning import plan_duties
from storage.calendar import Event
from storage.units import Unit

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HOLIDAYS = frozenset({date(2026, 7, 6)})


def event(**given: object) -> Event:
    fields: dict[str, object] = {
        "id": "E1", "calendar_year": 2026, "position": 0, "of_year": 2026, "period": "H1", "day": "2026-07-05", "time": None,
        "kind": "deadline", "title": "Báo cáo", "who": ("member",), "form": "BC", "done_by": None, "place": None, "opens": None,
        "remind": (10, 3), "overdue": (),
    }  # fmt: skip
    return Event(**(fields | given))  # type: ignore[arg-type]


def unit(unit_id: str, valid_from: str | None = None, valid_to: str | None = None) -> Unit:
    return Unit(unit_id, unit_id, "", unit_id, (), None, valid_from, valid_to)


OLD, NEW = unit("OLD", valid_to="2026-06-30"), unit("NEW", valid_from="2026-07-07")
UNITS = {each.id: each for each in (unit("A"), unit("B"), unit("C"), OLD, NEW)}
ROLES = {2026: {"A": "lead", "B": "deputy", "C": "member", "OLD": "member", "NEW": "member"}, 2025: {"C": "lead"}}


def planned(*events: Event) -> dict[str, int]:
    return {duty.id: duty.effective for duty in plan_duties(events, ROLES, UNITS, HOLIDAYS, ZONE)}


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


def test_every_member_that_exists_on_the_effective_day_owes_it() -> None:
    tuesday = at("2026-07-07T17:00")    # the 5th is a Sunday, the 6th a holiday
    assert planned(event()) == {"E1:A": tuesday, "E1:B": tuesday, "E1:C": tuesday, "E1:NEW": tuesday}


def test_lead_and_deputy_are_those_of_the_year_it_concerns() -> None:
    assert planned(event(who=("lead", "deputy"))).keys() == {"E1:A", "E1:B"}
    assert planned(event(who=("lead",), of_year=2025)).keys() == {"E1:C"}


def test_only_deadlines_make_duties() -> None:
    assert planned(event(kind="conference"), event(kind="legal"), event(kind="ceremony")) == {}


def test_due_and_effective_differ_and_an_own_hour_is_kept() -> None:
    (duty, *_) = plan_duties([event(time="10:30")], ROLES, UNITS, HOLIDAYS, ZONE)
    assert (duty.due, duty.effective) == (at("2026-07-05T10:30"), at("2026-07-07T10:30"))


def test_it_opens_at_the_first_reminder_or_on_the_planned_day() -> None:
    (first, *_) = plan_duties([event()], ROLES, UNITS, HOLIDAYS, ZONE)
    assert first.opens == at("2026-06-26T08:00")    # ten days before is Saturday the 27th: the working day before
    (own, *_) = plan_duties([event(opens="2026-06-01")], ROLES, UNITS, HOLIDAYS, ZONE)
    assert own.opens == at("2026-06-01T00:00")
