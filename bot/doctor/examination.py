"""The examination: every group in a thread of its own, none of which is waited for longer than the whole may take."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from bot.clock import Clock
from bot.doctor import (
    configured,
    of_database,
    of_people,
    of_plan,
    of_program,
    of_quota,
    of_time,
    on_disk,
    on_telegram,
    on_the_web,
    on_zalo,
)
from bot.doctor.asking import Answers, Problem, ask
from bot.doctor.context import Context
from bot.doctor.finding import LEVELS, Finding, Group, note, serious, unknown, warning
from bot.doctor.instance import instance
from bot.settings import Settings
from handlers.kit.message import m
from storage import inspection
from storage.errors import StorageError

GROUPS: tuple[Group, ...] = (
    configured.GROUP, on_telegram.GROUP, on_zalo.GROUP, on_the_web.GROUP, of_time.GROUP, on_disk.GROUP, of_database.GROUP,
    of_plan.GROUP, of_people.GROUP, of_quota.GROUP, of_program.GROUP,
)  # fmt: skip
"""In the order they are told. A new check goes into the tuple of its group; a new group is one file and one name here."""

WITHOUT_SCHEMA = (of_database.running, of_database.sound)
"""What can be asked of a database of another version."""

T = TypeVar("T")

SECONDS = 9.0
REST_SECONDS = 0.5
DATABASE_SECONDS = 6.0


@dataclass(frozen=True, slots=True)
class Examined:
    """A group with what its checks found, the gravest first."""

    group: Group
    findings: tuple[Finding, ...]


def examine(
    settings: Settings, environ: Mapping[str, str], dotenv: Path, given: Mapping[str, str], clock: Clock, encoding: str
) -> list[Examined]:
    """Run every check; changes nothing. What does not come to its end in time is told as not checked."""
    found = instance(settings.database.absolute())
    holder = found.holder if found is not None and found.running else None
    context = Context(settings, environ, dotenv, clock.now(), encoding, holder, given=given)
    until = time.monotonic() + SECONDS
    outcomes = {group: _Outcome(partial(_local, group, context)) for group in GROUPS if group.needs != "answers"}
    asked = _ask(context, clock, until)
    outcomes |= {group: _Outcome(partial(_run, group, asked)) for group in GROUPS if group.needs == "answers"}
    return [Examined(group, _ordered(_awaited(outcomes[group], until))) for group in GROUPS]


def _ask(context: Context, clock: Clock, until: float) -> Context:
    """The context with what the platforms answered, all of them asked at once."""
    settings = context.settings
    wanted: dict[str, tuple[str, str | None]] = {}
    if settings.telegram_token is not None:
        wanted["telegram"] = (settings.telegram_api, settings.telegram_token)
    if settings.zalo_token is not None:
        wanted["zalo"] = (settings.zalo_api, settings.zalo_token)
    if settings.public_url is not None and settings.web is not None:
        wanted["public"] = (settings.public_url, None)
    if context.holder is not None and settings.web is not None:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.web.host, settings.web.host)  # noqa: S104
        wanted["own"] = (f"http://[{host}]:{settings.web.port}" if ":" in host else f"http://{host}:{settings.web.port}", None)

    def asked(root: str, token: str | None) -> list[Answers]:
        return [ask(root, token, clock)]

    asking = {name: _Outcome(partial(asked, root, token)) for name, (root, token) in wanted.items()}
    answers: dict[str, Answers] = {}
    for name, outcome in asking.items():
        given, all_of_it, _ = outcome.wait(until - REST_SECONDS)
        missing: Problem = "garbage" if all_of_it else "silence"
        answers[name] = given[0] if given else Answers(urlsplit(wanted[name][0]).netloc, missing)
    return replace(
        context, telegram=answers.get("telegram"), zalo=answers.get("zalo"), public=answers.get("public"), own=answers.get("own")
    )


def _local(group: Group, context: Context) -> Iterator[Finding]:
    if group.needs != "database":
        yield from _run(group, context)
        return
    if not context.database.exists():
        yield from _no_database(group, context)
        return
    try:
        with inspection.reading(context.database, DATABASE_SECONDS) as read:
            with_snapshot = replace(context, snapshot=read)
            other = _other_schema(group, context, inspection.schema(read))
            if other is None:
                yield from _run(group, with_snapshot)
                return
            checks = tuple(check for check in group.checks if check in WITHOUT_SCHEMA)
            yield from _run(replace(group, checks=checks), with_snapshot)
            yield from other
    except StorageError as error:
        if group is of_database.GROUP:
            yield from of_database.unusable(context, error)


def _no_database(group: Group, context: Context) -> list[Finding]:
    if group is not of_database.GROUP:
        return [note(m("Not checked: there is no database yet."))]
    return [
        warning(
            m("The database {file} does not exist yet.", file=str(context.database)),
            m("If it should be there, check THIDUA_DATABASE; else the first `thidua plan apply FOLDER` makes it."),
        )
    ]


def _other_schema(group: Group, context: Context, schema: int) -> list[Finding] | None:
    """What is said of a database that is not of this program's version; None: it is."""
    newest = inspection.newest_schema()
    if schema == newest:
        return None
    if group is not of_database.GROUP:
        return [unknown(m("Not checked: the database is of another version."))]
    if schema > newest:
        return [
            serious(
                m("The database is of a newer version ({schema}) than this program ({newest}).", schema=str(schema), newest=str(newest)),
                m("Use the newer program: an old one must not write into it."),
            )
        ]
    return [
        note(
            m("The database is of version {schema}; this program brings it to {newest} when it starts.", schema=str(schema),
              newest=str(newest)),
            m("Make a backup with the old program first: thidua backup PATH"),
        )
    ]


def _run(group: Group, context: Context) -> Iterator[Finding]:
    """The findings of one group, as they come; a check that fails itself does not hide the others."""
    for check in group.checks:
        try:
            yield from check(context)
        except Exception as error:
            problem = inspection.problem(error)
            if problem is not None:
                yield from of_database.unusable(context, problem)
            else:
                # The type only: the text may hold a token or what somebody wrote.
                name = f"{check.__module__.rpartition('.')[2]}.{check.__name__}"
                yield unknown(m("The check {name} could not be done ({error}).", name=name, error=type(error).__name__))


class _Outcome(Generic[T]):
    """What a thread finds, as it finds it. The thread is a daemon: one that hangs (a dead file server) holds nobody up."""

    def __init__(self, work: Callable[[], Iterable[T]]) -> None:
        self._found: list[T] = []
        self._failed: Exception | None = None
        self._thread = threading.Thread(target=self._do, args=(work,), daemon=True, name="doctor")
        self._thread.start()

    def _do(self, work: Callable[[], Iterable[T]]) -> None:
        try:
            for each in work():
                self._found.append(each)
        except Exception as error:
            self._failed = error

    def wait(self, until: float) -> tuple[list[T], bool, Exception | None]:
        """What was found until ``until`` (monotonic), whether that is all, and what broke the work off."""
        self._thread.join(max(0.0, until - time.monotonic()))
        return list(self._found), not self._thread.is_alive(), self._failed


def _awaited(outcome: _Outcome[Finding], until: float) -> Iterator[Finding]:
    found, all_of_it, failed = outcome.wait(until)
    yield from found
    if not all_of_it:
        yield unknown(m("There was not enough time to look at all of this."))
    elif isinstance(failed, PermissionError):
        yield unknown(m("The rights of this user do not suffice to look at this."), m("Ask as the user who runs the bot."))
    elif failed is not None:
        yield unknown(m("This could not be looked at ({error}).", error=type(failed).__name__))


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(dict.fromkeys(findings), key=lambda each: LEVELS.index(each.level)))
