"""/lienket: one person on several channels. A code is shown on the one account and typed on the other; then both are his.

Whoever holds the code speaks for the person, so it lives ten minutes, works once, is shown in private only, and each link is told to the
account that asked for it, with the way to undo it. An account that belongs to somebody is never taken over.
"""

from __future__ import annotations

from collections.abc import Callable

from handlers.kit.command import EVERYONE, Command
from handlers.kit.dialogue import Chosen, Expects
from handlers.kit.message import Message, Moment, m, verbatim
from handlers.kit.reply import Answer, Choice, Choices, Fields, Go, Reply, Text, say
from handlers.kit.roles import post_name
from handlers.kit.turn import Input, Outcome, Said, State, Turn, answer
from handlers.kit.wire import queue_effects
from handlers.rules.text import fold
from storage import invitations, linking, people, web_chat
from storage.connection import effect
from storage.linking import LinkCode
from storage.people import Account, Person


def handle(turn: Turn, argument: str) -> Outcome:
    """Show the accounts; ``code``: a new code; ``one``, ``prefer``, ``remove``, ``removed`` CHANNEL:ADDRESS of an own account."""
    word, _, rest = argument.strip().partition(" ")
    if word == "code" or _asks_for_code(turn):
        return _code(turn)
    act = _OF_ACCOUNT.get(word)
    if act is None:
        return _show(turn)
    chosen = _own(turn, rest)
    return answer(m("This account is not linked any more."), _back()) if chosen is None else act(turn, chosen)


def _asks_for_code(turn: Turn) -> bool:
    """ "lấy mã liên kết" asks for the code itself, not for a look at the accounts."""
    said = fold(turn.input.text) if isinstance(turn.input, Said) else ""
    return any(words in said for words in ("ma lien ket", "linking code"))


def look_at(turn: Turn, code: LinkCode) -> Outcome:
    """Somebody sent a linking code: ask whether the account is to be linked, or say why it cannot be."""
    if code.used_at is not None or code.expires_at <= turn.now:
        return answer(m("This linking code is no longer valid. Please get a new one with /lienket on the account in use."))
    if turn.who is not None and turn.who.id == code.person_id:
        return answer(m("The code belongs to this very account. Please send it from the other one."))
    if turn.who is not None:
        name = verbatim(turn.who.name)
        return answer(m("This account already belongs to comrade {name}; it cannot be linked to anybody else.", name=name))
    return Outcome(_question(turn, code), dialogue=State(LINKING.name, "confirm", {"code": code.code_hash}))


def account_name(turn: Turn, account: Account) -> Message:
    """ "Zalo, từ 08:00 24/11/2026": two accounts of one channel are told apart by their instants."""
    return m("{channel}, since {when}", channel=channel_name(account.channel), when=Moment(account.linked_at))


def channel_name(channel: str) -> Message:
    return _NAMES.get(channel) or verbatim(channel.capitalize())


_NAMES = {web_chat.CHANNEL: m("Chat page")}
"""Channels that have no name of their own which people know."""


def _show(turn: Turn) -> Outcome:
    accounts = people.accounts(turn.read, turn.person.id)
    rows = tuple((account_name(turn, account), _state(turn, account)) for account in accounts)
    choices = [Choice(m("Get a linking code"), Go("lienket", "code"))]
    if len(accounts) > 1:
        choices += [Choice(account_name(turn, account), Go("lienket", f"one {_key(account)}")) for account in accounts]
    hint = m("One account is linked. To use the bot on another channel too, get a linking code and send it from there.")
    return answer(Text(m("Linked accounts"), "title"), Fields(rows), *((hint,) if len(accounts) == 1 else ()), Choices(tuple(choices)))


def _one(turn: Turn, account: Account) -> Outcome:
    """One account and what can be done with it."""
    choices = [Choice(m("Unlink"), Go("lienket", f"remove {_key(account)}")), Choice(m("Linked accounts"), Go("lienket"))]
    if not account.preferred and account.blocked_at is None:
        choices.insert(0, Choice(m("Receive reminders here"), Go("lienket", f"prefer {_key(account)}")))
    return answer(Fields(((account_name(turn, account), _state(turn, account)),)), Choices(tuple(choices)))


def _key(account: Account) -> str:
    return f"{account.channel}:{account.address}"


def _state(turn: Turn, account: Account) -> Message:
    here = (account.channel, account.address) == (turn.place.channel, turn.place.address)
    if account.blocked_at is not None:
        return m("refuses messages since {when}", when=Moment(account.blocked_at))
    if account.preferred:
        return m("in use now, receives reminders") if here else m("receives reminders")
    return m("in use now") if here else m("linked")


def _code(turn: Turn) -> Outcome:
    code = turn.mint_code()
    reply = say(
        m("Linking code: {code}", code=verbatim(code)),
        m(
            "Send it to the bot from the other account within {minutes} minutes. It works once. Never give it to anybody:"
            " who sends it acts in your name.",
            minutes=linking.LIVES_SECONDS // 60,
        ),
        *((m("On the chat page: open {url} and enter the code.", url=page),) if (page := turn.facts.get("chat_url")) else ()),
    )
    kept = effect(linking.add, code, turn.person.id, turn.place.channel, turn.place.address, turn.now)
    return Outcome(Reply(reply.blocks, protect=True, once=True), (kept,))


def _own(turn: Turn, key: str) -> Account | None:
    channel, _, address = key.strip().partition(":")
    mine = people.accounts(turn.read, turn.person.id)
    return next((each for each in mine if (each.channel, each.address) == (channel, address)), None)


def _prefer(turn: Turn, account: Account) -> Outcome:
    done = m("Reminders come through {account} from now on.", account=account_name(turn, account))
    return answer(done, _back(), effects=(effect(people.prefer, turn.person.id, account.channel, account.address),))


def _ask_remove(turn: Turn, account: Account) -> Outcome:
    if len(people.accounts(turn.read, turn.person.id)) == 1:
        return answer(m("This is the only account; it cannot be unlinked. To leave the bot, erase your data under /dulieu."))
    sure = m("After that, {account} sees nothing of the cluster any more. Unlink it?", account=account_name(turn, account))
    yes, no = Choice(m("Unlink"), Go("lienket", f"removed {_key(account)}")), Choice(m("Keep"), Go("lienket"), says="no")
    return answer(sure, Choices((yes, no), columns=2))


def _remove(turn: Turn, account: Account) -> Outcome:
    if len(people.accounts(turn.read, turn.person.id)) == 1:
        return _ask_remove(turn, account)
    done = m("Unlinked: {account}.", account=account_name(turn, account))
    return answer(done, effects=(effect(linking.unlink, turn.person.id, account.channel, account.address, turn.now),))


_OF_ACCOUNT: dict[str, Callable[[Turn, Account], Outcome]] = {
    "one": _one, "prefer": _prefer, "remove": _ask_remove, "removed": _remove,
}  # fmt: skip


def _back() -> Choices:
    return Choices((Choice(m("Linked accounts"), Go("lienket")),))


def _question(turn: Turn, code: LinkCode) -> Reply:
    person = people.person(turn.read, code.person_id)
    posts = people.posts(turn.read, code.person_id, turn.today.isoformat())
    return say(
        m("Link this account to:"),
        Fields(
            (
                (m("Name"), verbatim("" if person is None else person.name)),
                (m("Post"), tuple(post_name(turn.read, post.unit_id, post.role) for post in posts)),
            )
        ),
        m("From then on the bot answers in both places; reminders keep coming where they came."),
        Choices((Choice(m("Agree"), Answer("agree")), Choice(m("Cancel"), Answer("cancel"), says="no")), columns=2),
    )


class Linking:
    """Asks once whether the account is to be linked."""

    name = "link"
    version = 1

    def expects(self, state: State) -> Expects:
        return "choice"

    def ask(self, turn: Turn, state: State) -> Reply:
        code = linking.by_hash(turn.read, str(state.answers["code"]))
        return say(m("This linking code is no longer valid.")) if code is None else _question(turn, code)

    def advance(self, turn: Turn, state: State, given: Input | Chosen) -> Outcome:
        code = linking.by_hash(turn.read, str(state.answers["code"]))
        if code is None or code.used_at is not None or code.expires_at <= turn.now:
            return Outcome(say(m("This linking code is no longer valid.")), dialogue="end")
        match given:
            case Chosen(value="agree"):
                return _linked(turn, code)
            case Chosen(value="cancel"):
                return Outcome(say(m("Nothing was linked.")), dialogue="end")
            case _:
                return Outcome(say(m("Not clear. Please choose “Agree” or “Cancel”.")) + self.ask(turn, state))


def _linked(turn: Turn, code: LinkCode) -> Outcome:
    person = people.person(turn.read, code.person_id)
    language = turn.language if person is None else person.language
    told = say(
        m(
            "Another account was linked at {when}: {channel}, shown there as “{name}”.",
            when=Moment(turn.now), channel=channel_name(turn.place.channel), name=verbatim(turn.display_name or "?"),
        ),
        m("If this was not you, unlink it at once and tell the secretary of the cluster."),
        Choices((Choice(m("Unlink"), Go("lienket", f"removed {turn.place.channel}:{turn.place.address}")),)),
    )  # fmt: skip
    effects = [
        effect(linking.use, code.code_hash, turn.place.channel, turn.place.address, turn.now),
        effect(invitations.forget_wrong, turn.place.channel, turn.place.address),
    ]
    issuer = people.by_account(turn.read, code.channel, code.address)
    if issuer is None or issuer.id == code.person_id:
        where: tuple[str, str] | None = (code.channel, code.address)
    else:
        in_use = (each for each in people.accounts(turn.read, code.person_id) if each.blocked_at is None)
        where = next(((each.channel, each.address) for each in in_use), None)
        effects += queue_effects(
            _told_issuer(turn, person), channel=code.channel, address=code.address, language=issuer.language, now=turn.now,
            mint=turn.mint, person_id=issuer.id,
        )  # fmt: skip
    if where is not None:
        effects += queue_effects(
            told, channel=where[0], address=where[1], language=language, now=turn.now, mint=turn.mint, person_id=code.person_id
        )
    done = m("Linked: comrade {name}. Type “việc” to see what is to be done.", name=verbatim("" if person is None else person.name))
    return Outcome(say(done), tuple(effects), "end", language=language)


def _told_issuer(turn: Turn, person: Person | None) -> Reply:
    """The secretary hears that the code which he gave out was used."""
    return say(
        m(
            "Comrade {name} has signed in with the code that you gave out: {channel}, shown there as “{shown}”.",
            name=verbatim("" if person is None else person.name), channel=channel_name(turn.place.channel),
            shown=verbatim(turn.display_name or "?"),
        ),
        m("If this is not right, please end the post under /nguoi."),
    )  # fmt: skip


LINKING = Linking()

COMMAND = Command(
    name="lienket",
    alias="link",
    summary=m("Use the bot on another channel too"),
    words=m("link|link account|linked accounts|link my account|connect zalo|connect telegram|another channel|unlink"),
    handle=handle,
    examples=(m("link account"),),
    roles=EVERYONE,
    order=92,
    dialogues=(LINKING,),
)
