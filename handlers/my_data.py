"""/dulieu: what is kept about a person, put right or erased at his request (Luật Bảo vệ dữ liệu cá nhân 2025)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from handlers.kit.command import Command
from handlers.kit.dialogue import Chosen, Expects
from handlers.kit.message import Day, Message, Moment, Value, m, mn, verbatim
from handlers.kit.reply import Answer, Choice, Choices, Fields, Go, Reply, control_choices, say
from handlers.kit.roles import post_name
from handlers.kit.turn import Input, Outcome, Said, State, Turn, answer
from handlers.rules.text import fold
from storage import page_links, people, web_chat
from storage.connection import effect
from storage.people import Account
from storage.web_chat import Session

LONGEST_NAME = 80
PAGES_SHOWN = 3


def handle(turn: Turn, argument: str) -> Outcome:
    """Show it; ``rename`` and ``erase`` open the dialogue at their question, ``sessions`` ends those of the chat page after one,
    ``pages`` the links to pages."""
    if turn.who is None:
        return answer(m("Nothing is kept about this account."))
    match _meant(turn, argument):
        case "sessions":
            return _ask_sessions(turn)
        case "sessions ended":
            return _end_sessions(turn)
        case "pages":
            return _end_pages(turn)
        case "rename":
            return Outcome(_ask_name(turn), dialogue=State(MY_DATA.name, "name"))
        case "erase":
            reason = _why_not_erase(turn)
            if reason is not None:
                return answer(reason)
            return Outcome(_ask_erase(), dialogue=State(MY_DATA.name, "erase"))
        case _:
            return _show(turn)


def _meant(turn: Turn, argument: str) -> str:
    """ "xóa dữ liệu của tôi" asks for the erasure itself, not for a look."""
    said = fold(turn.input.text) if isinstance(turn.input, Said) else ""
    if any(words in said for words in ("xoa", "erase", "delete", "rut dong y", "rut lai")):
        return "erase"
    if any(words in said for words in ("sua ten", "sua ho ten", "sua chuc vu", "correct my name")):
        return "rename"
    return argument


def _show(turn: Turn) -> Outcome:
    person = turn.person
    rows: list[tuple[Message, Value]] = [(m("Name"), person.name), (m("Office"), person.title or m("not given"))]
    for post in people.posts(turn.read, person.id, turn.today.isoformat()):
        since = m("{post}, since {day}", post=post_name(turn.read, post.unit_id, post.role), day=Day(date.fromisoformat(post.valid_from)))
        rows.append((m("Post"), since))
    accounts = people.accounts(turn.read, person.id)
    sessions = {session.address: session for session in web_chat.of_person(turn.read, person.id, turn.now)}
    rows.append((m("Chat accounts"), tuple(_account(account, sessions) for account in accounts)))
    rows += _pages(turn)
    if person.consent_at is not None:
        rows.append((m("Consent given"), Moment(person.consent_at)))
    correct, erase = Choice(m("Correct name, office"), Go("dulieu", "rename")), Choice(m("Erase my data"), Go("dulieu", "erase"))
    return answer(
        m("Kept about comrade {name}:", name=verbatim(person.name)),
        Fields(tuple(rows)),
        m("What was filed for the unit stays with the unit when a person's data is erased."),
        Choices((correct, erase, *_of(sessions), *_open_pages(turn))),
    )


def _account(account: Account, sessions: Mapping[str, Session]) -> Value:
    """The address; of the chat page, the browser that was last used, as its address says nothing."""
    session = sessions.get(account.address) if account.channel == web_chat.CHANNEL else None
    if session is None:
        return f"{account.channel} {account.address}"
    return m("chat page, since {since}, last used {seen}", since=Moment(session.created_at), seen=Moment(session.seen_at))


def _of(sessions: Mapping[str, Session]) -> tuple[Choice, ...]:
    return (Choice(m("End the sessions of the chat page"), Go("dulieu", "sessions")),) if sessions else ()


_KINDS: dict[page_links.Kind, Message] = {
    "form": m("Report form"), "upload": m("Sending of files"), "file": m("File to save"),
}  # fmt: skip


def _pages(turn: Turn) -> list[tuple[Message, Value]]:
    """The pages that were opened last, and how many can still be used."""
    opened = page_links.opened(turn.read, turn.person.id, PAGES_SHOWN)
    usable = page_links.open_pages(turn.read, turn.person.id, turn.now)
    rows: list[tuple[Message, Value]] = []
    if opened:
        told = tuple(m("{page}, opened {when}", page=_KINDS[link.kind], when=Moment(link.opened_at or 0)) for link in opened)
        rows.append((m("Pages opened by link"), told))
    if usable:
        rows.append((m("Links to pages still valid"), usable))
    return rows


def _open_pages(turn: Turn) -> tuple[Choice, ...]:
    usable = page_links.open_pages(turn.read, turn.person.id, turn.now)
    return (Choice(m("End the links to pages"), Go("dulieu", "pages")),) if usable else ()


def _end_pages(turn: Turn) -> Outcome:
    done = m("All links to pages have ended. What was entered is kept; a new link is given whenever it is asked for.")
    return answer(done, effects=(effect(page_links.revoke_all, turn.person.id, turn.now),))


def _ask_sessions(turn: Turn) -> Outcome:
    sessions = web_chat.of_person(turn.read, turn.person.id, turn.now)
    if not sessions:
        return answer(m("No browser is signed in to the chat page."))
    yes, no = Choice(m("End the sessions"), Go("dulieu", "sessions ended")), Choice(m("Keep"), Go("dulieu"), says="no")
    others = len(people.accounts(turn.read, turn.person.id)) > len(sessions)
    return answer(
        mn(
            "One browser is signed in to the chat page. End its session?",
            "{count} browsers are signed in to the chat page. End their sessions?",
            len(sessions),
        ),
        *(() if others else (m("It is the only way by which the bot reaches you; a new code of the secretary will be needed."),)),
        Choices((yes, no), columns=2),
    )  # fmt: skip


def _end_sessions(turn: Turn) -> Outcome:
    done = m("The sessions of the chat page have ended. To sign in there again, get a linking code with /lienket.")
    return answer(done, effects=(effect(web_chat.end_all, turn.person.id, turn.now),))


def _why_not_erase(turn: Turn) -> Message | None:
    """The last secretary is told why not: the cluster would be left without anybody who can invite."""
    today = turn.today.isoformat()
    if "secretary" in turn.roles and len(people.holders(turn.read, today, role="secretary")) == 1:
        return m("The data cannot be erased yet: this is the only secretary of the cluster. Please hand the post over first (/nguoi).")
    return None


def _ask_name(turn: Turn) -> Reply:
    return say(
        m("Full name now: {name}. Please type the correct full name.", name=verbatim(turn.person.name)),
        control_choices("skip", "cancel", numbered=False),
    )


def _ask_title(turn: Turn) -> Reply:
    return say(
        m("Office now: {title}. Please type the office and body.", title=turn.person.title or m("not given")),
        control_choices("skip", "back", "cancel", numbered=False),
    )


def _ask_erase() -> Reply:
    return say(
        m("Erasing removes name, office and chat accounts and ends all posts at once. It cannot be undone. Erase?"),
        Choices((Choice(m("Erase"), Answer("erase")), Choice(m("Cancel"), Answer("cancel"), says="no")), columns=2),
    )


class MyData:
    """Corrects name and office, or asks once more before erasing."""

    name = "mydata"
    version = 1

    def expects(self, state: State) -> Expects:
        return "choice" if state.step == "erase" else "text"

    def ask(self, turn: Turn, state: State) -> Reply:
        match state.step:
            case "name":
                return _ask_name(turn)
            case "title":
                return _ask_title(turn)
            case _:
                return _ask_erase()

    def advance(self, turn: Turn, state: State, given: Input | Chosen) -> Outcome:
        if isinstance(given, Chosen) and given.value == "cancel":
            return Outcome(say(m("Nothing was changed.")), dialogue="end")
        if state.step == "erase":
            return self._erase(turn, given)
        if isinstance(given, Chosen) and given.value == "back":
            return Outcome(_ask_name(turn), dialogue=State(self.name, "name"))
        skipped = isinstance(given, Chosen) and given.value == "skip"
        text = " ".join(given.text.split()) if isinstance(given, Said) else ""
        if not skipped and not 0 < len(text) <= LONGEST_NAME:
            return Outcome(say(m("Not clear: please type at most {count} characters.", count=LONGEST_NAME)) + self.ask(turn, state))
        if state.step == "name":
            name = turn.person.name if skipped else text
            return Outcome(_ask_title(turn), dialogue=State(self.name, "title", {"name": name}))
        name, title = str(state.answers["name"]), turn.person.title if skipped else text
        done = m("Recorded: {name}, {title}.", name=verbatim(name), title=verbatim(title) if title else m("not given"))
        return Outcome(say(done), (effect(people.rename, turn.person.id, name, title, turn.now),), "end")

    def _erase(self, turn: Turn, given: Input | Chosen) -> Outcome:
        if not (isinstance(given, Chosen) and given.value == "erase"):
            return Outcome(say(m("Not clear.")) + _ask_erase())
        reason = _why_not_erase(turn)
        if reason is not None:
            return Outcome(say(reason), dialogue="end")
        last_day = (turn.today - timedelta(days=1)).isoformat()
        erased = effect(people.erase, turn.person.id, last_day, turn.now)
        return Outcome(say(m("The data has been erased. To join again, a new joining code is needed.")), (erased,), "end")


MY_DATA = MyData()

COMMAND = Command(
    name="dulieu",
    alias="mydata",
    summary=m("My data: see, correct, erase"),
    words=m("my data|personal data|erase my data|correct my name|delete my data"),
    handle=handle,
    strangers=True,
    order=96,
    dialogues=(MY_DATA,),
)
