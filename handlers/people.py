"""/nguoi: the secretary invites, lists and ends posts; a unit with nobody joined is flagged to him."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

from handlers.kit.command import ORGANISERS, Command
from handlers.kit.message import Day, Message, Moment, m, mn, verbatim
from handlers.kit.reply import Choice, Choices, Fields, Go, Table, Text, say
from handlers.kit.roles import ROLE_LABELS, post_name
from handlers.kit.turn import Outcome, Said, Turn, answer
from handlers.kit.wire import queue_effects
from handlers.rules.names import Name, NameIndex, One, Several
from handlers.rules.text import fold, sort_key
from handlers.schedule.cut import left_over
from storage import invitations, linking, people, units
from storage.connection import Effect, effect
from storage.people import CLUSTER_ROLES, UNIT_ROLES, Person, Post
from storage.units import Unit

PAGE = 10
DAYS = 14
"""How long a joining code is good."""

_INVITING = ("moi", "invite", "invitation")
_CODES = ("cap ma", "tao ma", "ma tham gia")
_LISTING = ("danh sach", "danh ba", "ds", "list", "ai da tham gia", "who has joined", "dau moi", "phu trach")
_NOT_NAMES = frozenset(
    """
    danh sach ds list trang page nhiem vu dong chi can bo tinh don vi cua cum cho nay thoi ket thuc xem di nhe
    1 2 3 4 5 6 7 8 9
    """.split()  # noqa: SIM905
)
"""Words beside a phrase that name nobody."""

ROLE_WORDS = {
    "lanh dao": "leader", "leader": "leader", "tham dinh": "verifier", "verifier": "verifier", "thu ky": "secretary",
    "secretary": "secretary", "quan sat": "observer", "observer": "observer", "quan tri": "admin", "admin": "admin",
    "can bo": "officer", "officer": "officer", "chuyen vien": "officer",
}  # fmt: skip


def handle(turn: Turn, argument: str) -> Outcome:
    """The first screen, or one of: invite …, list …, person ID, end POST, ended POST, revoke HASH."""
    word, _, rest = argument.partition(" ")
    match fold(word):
        case "invite":
            return _invite(turn, rest)
        case "list":
            return _list(turn, rest)
        case "person":
            return _person(turn, rest)
        case "code":
            return _sign_in_code(turn, rest)
        case "end":
            return _ask_end(turn, rest)
        case "ended":
            return _end(turn, rest)
        case _:
            return _in_words(turn, argument)


def _in_words(turn: Turn, argument: str) -> Outcome:
    """What is meant by words alone: the phrase that led here ("mời cán bộ", "thôi nhiệm vụ") says as much as what stands beside it."""
    said = fold(turn.input.text) if isinstance(turn.input, Said) else fold(argument)
    if any(word in said.split() for word in _INVITING) or any(words in said for words in _CODES):
        return _invite(turn, argument, said)
    if not _NOT_NAMES.issuperset(fold(argument).split()):
        return _called(turn, argument)
    if any(words in said for words in _LISTING):
        return _list(turn, argument)
    return _overview(turn)


def _called(turn: Turn, who: str) -> Outcome:
    """The person of that name, or the people of that unit."""
    found = NameIndex(Name(unit.id, unit.name, unit.aliases) for unit in _members(turn)).find(who)
    held = _held(turn)
    wanted = set(fold(who).split()) - _NOT_NAMES
    meant = [(person, post) for person, post in held if wanted <= set(fold(person.name).split())]
    if not meant and isinstance(found, One):
        meant = [(person, post) for person, post in held if post.unit_id == found.id]
    if not meant:
        return answer(m("Nobody called {who} holds a post.", who=who.strip()), Choices((Choice(m("List"), Go("nguoi", "list")),)))
    if len({person.id for person, _ in meant}) == 1:
        return _person(turn, meant[0][0].id)
    rows = tuple((person.name, post_name(turn.read, post.unit_id, post.role)) for person, post in meant[:PAGE])
    choices = tuple(Choice(verbatim(person.name), Go("nguoi", f"person {person.id}")) for person, _ in meant[:PAGE])
    left = left_over(meant, choices, m("list of officers"))
    return answer(m("People with a post:"), Table(rows), *left, Choices(choices, columns=2))


def _overview(turn: Turn) -> Outcome:
    held = _held(turn)
    members = _members(turn)
    empty = [unit.name for unit in members if not any(post.unit_id == unit.id for _, post in held)]
    content: list[Text | Message | Choices | Fields] = [
        mn("{count} person holds a post.", "{count} people hold posts.", len({person.id for person, _ in held}))
    ]
    if empty:
        content.append(m("Nobody has joined yet: {units}.", units=tuple(empty)))
    open_codes = len(invitations.pending(turn.read, turn.now))
    if open_codes:
        content.append(mn("{count} code is still unused.", "{count} codes are still unused.", open_codes))
    content.append(Choices((Choice(m("Invite"), Go("nguoi", "invite")), Choice(m("List"), Go("nguoi", "list"))), columns=2))
    return answer(*content)


def _held(turn: Turn) -> tuple[tuple[Person, Post], ...]:
    """Everybody with a post: by unit, role and name, each in Vietnamese order."""
    held = people.holders(turn.read, turn.today.isoformat())
    groups = groupby(held, lambda each: (each[1].unit_id, each[1].role))
    return tuple(each for _, group in groups for each in sorted(group, key=lambda each: sort_key(each[0].name)))


def _members(turn: Turn) -> tuple[Unit, ...]:
    """The units of the running year; until its plan is applied, those of the year before."""
    return units.members(turn.read, turn.today.year) or units.members(turn.read, turn.today.year - 1)


def _invite(turn: Turn, rest: str, said: str = "") -> Outcome:
    unit_id, role, doubt = _read_invitation(turn, rest, said)
    if doubt:
        choices = [Choice(verbatim(units.name_of(turn.read, each)), Go("nguoi", f"invite {each} {role or ''}".strip())) for each in doubt]
        return answer(m("For which unit is the code?"), Choices(tuple(choices), columns=2))
    if unit_id is None and role is None:
        members = _members(turn)
        choices = [Choice(verbatim(unit.name), Go("nguoi", f"invite {unit.id}")) for unit in members]
        choices.append(Choice(m("A role of the cluster"), Go("nguoi", "invite -")))
        return answer(m("For which unit is the code?"), Choices(tuple(choices), columns=2))
    if role is None:
        roles = CLUSTER_ROLES if unit_id == "-" else UNIT_ROLES
        choices = [Choice(ROLE_LABELS[each], Go("nguoi", f"invite {unit_id} {each}")) for each in roles]
        return answer(m("Which role does the code give?"), Choices(tuple(choices), columns=2))
    if role in UNIT_ROLES and unit_id in (None, "-"):
        return _invite(turn, "")
    return _code(turn, None if role in CLUSTER_ROLES else unit_id, role)


def _read_invitation(turn: Turn, rest: str, said: str) -> tuple[str | None, str | None, tuple[str, ...]]:
    """(unit id or "-", role, the units that an ambiguous name could mean); ids come from buttons, names from people."""
    words = rest.split()
    spoken = said or fold(rest)
    role = next((role for word, role in ROLE_WORDS.items() if word in spoken), None)
    if words and (words[0] == "-" or units.unit(turn.read, words[0]) is not None):
        return words[0], role, ()
    index = NameIndex(Name(unit.id, unit.name, unit.aliases) for unit in _members(turn))
    match index.find(rest):
        case One(id=unit_id):
            return unit_id, role or "officer", ()
        case Several(ids=ids):
            return None, role, ids
        case _:
            return ("-" if role in CLUSTER_ROLES else None), role if role in CLUSTER_ROLES else None, ()


def _code(turn: Turn, unit_id: str | None, role: str) -> Outcome:
    code = turn.mint_code()
    expires = turn.now + DAYS * 86_400
    link = turn.facts.get("bot_link")
    content: list[Message | Text] = [
        m("Joining code for {post}:", post=post_name(turn.read, unit_id, role)),
        Text(verbatim(code), "title"),
        m("It can be used once, until {when}. Please give it to that person only.", when=Moment(expires)),
    ]
    if link:
        content.append(m("Or by link: {link}", link=f"{link}?start={code}"))
    if page := turn.facts.get("chat_url"):
        content.append(m("Without Zalo or Telegram, on the chat page: {link}", link=f"{page}#{code}"))
    reply = say(*content)
    made = effect(invitations.add, code, unit_id, role, turn.person.id, turn.now, expires)
    return Outcome(replace(reply, protect=True, once=True), (made,))


def _list(turn: Turn, rest: str) -> Outcome:
    held = _held(turn)
    page = max(1, int("".join(filter(str.isdecimal, rest)) or "1"))
    shown = held[(page - 1) * PAGE : page * PAGE]
    if not shown:
        return answer(m("Nobody on this page."))
    choices = [Choice(verbatim(person.name), Go("nguoi", f"person {person.id}")) for person, _ in shown]
    if page * PAGE < len(held):
        choices.append(Choice(m("Next page"), Go("nguoi", f"list {page + 1}")))
    rows = tuple((person.name, post_name(turn.read, post.unit_id, post.role)) for person, post in shown)
    return answer(m("People with a post:"), Table(rows), Choices(tuple(choices), columns=2))


def _person(turn: Turn, person_id: str) -> Outcome:
    person = people.person(turn.read, person_id)
    if person is None or person.erased_at is not None:
        return answer(m("This person is no longer here."))
    posts = people.posts(turn.read, person.id, turn.today.isoformat())
    rows = tuple((post_name(turn.read, post.unit_id, post.role), _since(post)) for post in posts)
    blocked = any(account.blocked_at is not None for account in people.accounts(turn.read, person.id))
    choices = tuple(
        Choice(m("End: {post}", post=post_name(turn.read, post.unit_id, post.role)), Go("nguoi", f"end {post.id}")) for post in posts
    )
    if person.id != turn.person.id:
        choices = (*choices, Choice(m("Sign-in code"), Go("nguoi", f"code {person.id}")))
    notes = (m("Messages to this person do not arrive: the bot is blocked."),) if blocked else ()
    title = (verbatim(person.title),) if person.title else ()
    return answer(Text(verbatim(person.name), "title"), *title, Fields(rows), *notes, Choices(choices))


def _sign_in_code(turn: Turn, person_id: str) -> Outcome:
    """A code for the same person on another account: he has lost his telephone, or his session on the chat page has ended."""
    person = people.person(turn.read, person_id)
    if person is None or person.erased_at is not None or not people.posts(turn.read, person.id, turn.today.isoformat()):
        return answer(m("This person is no longer here."))
    code, name = turn.mint_code(), verbatim(person.name)
    page = turn.facts.get("chat_url")
    reply = say(
        m("Sign-in code for comrade {name}:", name=name),
        Text(verbatim(code), "title"),
        m(
            "It adds another account of the same person (Zalo, Telegram or the chat page), once, until {when}. Please give it to that"
            " person only: who sends it acts in the name of comrade {name}.",
            when=Moment(turn.now + linking.HANDED_SECONDS), name=name,
        ),
        *((m("On the chat page: open {url} and enter the code.", url=page),) if page else ()),
        m("Comrade {name} is told of it on the accounts in use.", name=name),
    )  # fmt: skip
    told = say(
        m("Comrade {name} has given out a sign-in code for you at {when}.", name=verbatim(turn.person.name), when=Moment(turn.now)),
        m("If you did not ask for it, please tell the secretary of the cluster."),
    )
    made = effect(
        linking.add, code, person.id, turn.place.channel, turn.place.address, turn.now, lives=linking.HANDED_SECONDS, by=turn.person.id
    )
    effects: list[Effect] = [made]
    for account in people.accounts(turn.read, person.id):
        if account.blocked_at is None:
            effects += queue_effects(
                told, channel=account.channel, address=account.address, language=person.language, now=turn.now, mint=turn.mint,
                person_id=person.id,
            )  # fmt: skip
    return Outcome(replace(reply, protect=True, once=True), tuple(effects))


def _since(post: Post) -> Message:
    return m("since {day}", day=Day(date.fromisoformat(post.valid_from)))


def _ask_end(turn: Turn, post_id: str) -> Outcome:
    found = _endable(turn, post_id)
    if isinstance(found, Message):
        return answer(found)
    person, post = found
    yes, no = Choice(m("Confirm"), Go("nguoi", f"ended {post.id}")), Choice(m("Keep"), Go("nguoi", f"person {person.id}"), says="no")
    return answer(
        m("End the post of {name}: {post}?", name=verbatim(person.name), post=post_name(turn.read, post.unit_id, post.role)),
        Choices((yes, no), columns=2),
    )


def _end(turn: Turn, post_id: str) -> Outcome:
    found = _endable(turn, post_id)
    if isinstance(found, Message):
        return answer(found)
    person, post = found
    last_day = (turn.today - timedelta(days=1)).isoformat()
    return answer(
        m("Ended: {name}, {post}.", name=verbatim(person.name), post=post_name(turn.read, post.unit_id, post.role)),
        effects=(effect(people.end_post, post.id, last_day, turn.person.id, turn.now),),
    )


def _endable(turn: Turn, post_id: str) -> tuple[Person, Post] | Message:
    """The post with its holder, or why it cannot be ended."""
    post = people.post(turn.read, post_id)
    person = None if post is None else people.person(turn.read, post.person_id)
    if post is None or post.valid_to is not None or person is None:
        return m("This post has ended already.")
    return _why_not(turn, post) or (person, post)


def _why_not(turn: Turn, post: Post) -> Message | None:
    """The last secretary stays: nobody else could invite the next one in the chat."""
    secretaries = people.holders(turn.read, turn.today.isoformat(), role="secretary")
    if post.role == "secretary" and len(secretaries) == 1:
        return m("This is the only secretary of the cluster. Please invite the next one first.")
    return None


COMMAND = Command(
    name="nguoi",
    alias="people",
    summary=m("People: invite, list, end a post"),
    words=m("people|invite|members|who has joined|invitation"),
    handle=handle,
    examples=(m("invite an officer of Tuyên Quang"),),
    roles=ORGANISERS,
    order=70,
)
