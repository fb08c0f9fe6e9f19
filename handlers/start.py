"""/start: joining with a one-time code, after a short notice on personal data and consent.

Without a post the bot says nothing but how to join. Five wrong codes lock an address for an hour; a used code says when it was used.
"""

from __future__ import annotations

from dataclasses import replace

from handlers import linking
from handlers.duties import handle as my_tasks
from handlers.kit.command import Command
from handlers.kit.dialogue import Chosen, Expects
from handlers.kit.message import Moment, m, verbatim
from handlers.kit.reply import Answer, Choice, Choices, Fields, Go, Reply, say
from handlers.kit.roles import post_name
from handlers.kit.turn import Input, Outcome, Said, State, Turn, answer
from handlers.kit.wire import queue_effects
from storage import invitations, people
from storage import linking as linking_codes
from storage.connection import Effect, effect
from storage.invitations import Invitation

HOW_TO_JOIN = m(
    "This bot serves the officers of the emulation cluster. To join, please send the joining code of 8 characters"
    " that the secretary of the cluster has given you."
)


def handle(turn: Turn, argument: str) -> Outcome:
    """Greet a member, look at a code, or say how to join."""
    code_hash = turn.input.code_hash if isinstance(turn.input, Said) else ""
    if code_hash:
        return look_at(turn, code_hash)
    if turn.who is None or turn.who.consent_at is None or not turn.posts:
        if turn.who is not None and not turn.posts:
            return answer(m("No post is in force for this account. To join again, please ask the secretary for a new joining code."))
        return answer(HOW_TO_JOIN)
    return my_tasks(turn, "")


def claims(turn: Turn, text: str) -> Outcome | None:
    """A joining code sent as it is, by whomever."""
    if isinstance(turn.input, Said) and turn.input.code_hash:
        return look_at(turn, turn.input.code_hash)
    return None


def look_at(turn: Turn, code_hash: str) -> Outcome:
    """What a code leads to: the question whether to join or to link (a dialogue begins), or why it leads nowhere. Wrong ones count."""
    channel, address = turn.place.channel, turn.place.address
    locked = invitations.locked_until(turn.read, channel, address)
    if locked > turn.now:
        return answer(m("Too many wrong codes. Please try again after {time}.", time=Moment(locked, "time")))
    link_code = linking_codes.by_hash(turn.read, code_hash)
    if link_code is not None:
        return linking.look_at(turn, link_code)
    invitation = invitations.by_hash(turn.read, code_hash)
    if invitation is None:
        left = invitations.TRIES - invitations.tries(turn.read, channel, address, turn.now) - 1
        counted = effect(invitations.count_wrong, channel, address, turn.now)
        if left <= 0:
            return answer(m("The code is not correct. Joining is locked for one hour after five wrong codes."), effects=(counted,))
        return answer(m("The code is not correct. Tries left: {left}.", left=left), effects=(counted,))
    if invitation.used_at is not None:
        return answer(
            m(
                "This code was used at {when}. If it was not you, please tell the secretary of the cluster.",
                when=Moment(invitation.used_at),
            )
        )
    if invitation.expires_at <= turn.now:
        return answer(m("This code expired at {when}. Please ask the secretary for a new one.", when=Moment(invitation.expires_at)))
    if _held(turn, invitation):
        return answer(
            m(
                "Comrade {name} is {post} already: the code was not used and remains valid for somebody else.",
                name=verbatim(turn.person.name), post=post_name(turn.read, invitation.unit_id, invitation.role),
            )
        )  # fmt: skip
    state = State(JOINING.name, "consent", {"code": code_hash})
    return Outcome(_notice(turn, invitation), dialogue=state)


def _held(turn: Turn, invitation: Invitation) -> bool:
    return any((post.unit_id, post.role) == (invitation.unit_id, invitation.role) for post in turn.posts)


def _notice(turn: Turn, invitation: Invitation) -> Reply:
    """What the code gives, and to whom: a member is asked whether it is meant for him at all, as codes name a post and no person."""
    if turn.who is not None and turn.posts:
        return say(
            m("The code is for: {post}.", post=post_name(turn.read, invitation.unit_id, invitation.role)),
            m(
                "Comrade {name} is: {posts}.",
                name=verbatim(turn.who.name), posts=tuple(post_name(turn.read, post.unit_id, post.role) for post in turn.posts),
            ),
            m("“Agree” adds the post to this account. If the code was given to somebody else, please choose “Cancel”: it remains valid."),
            Choices((Choice(m("Agree"), Answer("agree")), Choice(m("Cancel"), Answer("cancel"), says="no")), columns=2),
        )  # fmt: skip
    return say(
        m("The code is valid."),
        Fields(((m("Post"), post_name(turn.read, invitation.unit_id, invitation.role)),)),
        m(
            "Personal data: the bot keeps your name, office, unit, role and chat address, and a log of what you file, only for the work"
            " of the cluster. See or erase them at any time with /dulieu."
        ),
        Choices((Choice(m("Agree"), Answer("agree")), Choice(m("Cancel"), Answer("cancel"), says="no")), columns=2),
    )


class Joining:
    """Asks for consent, then gives the post."""

    name = "join"
    version = 1

    def expects(self, state: State) -> Expects:
        return "choice"

    def ask(self, turn: Turn, state: State) -> Reply:
        invitation = invitations.by_hash(turn.read, str(state.answers["code"]))
        return say(HOW_TO_JOIN) if invitation is None else _notice(turn, invitation)

    def advance(self, turn: Turn, state: State, given: Input | Chosen) -> Outcome:
        if isinstance(given, Said) and given.code_hash:
            return look_at(turn, given.code_hash)
        match given:
            case Chosen(value="agree"):
                return self._join(turn, str(state.answers["code"]))
            case Chosen(value="cancel"):
                return Outcome(say(m("Joining was cancelled. Nothing was kept; the code remains valid.")), dialogue="end")
            case _:
                return Outcome(say(m("Not clear. Please choose “Agree” or “Cancel”.")) + self.ask(turn, state))

    def _join(self, turn: Turn, code_hash: str) -> Outcome:
        invitation = invitations.by_hash(turn.read, code_hash)
        if invitation is None or invitation.used_at is not None or invitation.expires_at <= turn.now or _held(turn, invitation):
            return replace(look_at(turn, code_hash), dialogue="end")
        person_id = turn.mint() if turn.who is None else turn.who.id
        name = turn.display_name or "?"
        post = people.Post(turn.mint(), person_id, invitation.unit_id, invitation.role, turn.today.isoformat(), None)
        effects: list[Effect] = []
        if turn.who is None:
            effects.append(effect(people.add_person, person_id, name, "", turn.language, turn.now))
            effects.append(effect(people.link, turn.place.channel, turn.place.address, person_id, turn.now))
        effects += [
            effect(people.consent, person_id, turn.now),
            effect(people.add_post, post, person_id, turn.now),
            effect(invitations.use, code_hash, person_id, turn.now),
            effect(invitations.forget_wrong, turn.place.channel, turn.place.address),
        ]
        person = turn.who or people.Person(person_id, name, "", turn.language, turn.now, True)
        joined = replace(turn, who=replace(person, consent_at=turn.now), posts=(*turn.posts, post))
        effects += _tell_secretaries(turn, person, post)
        welcome = say(
            m("Joined: comrade {name}, {post}.", name=verbatim(person.name), post=post_name(turn.read, post.unit_id, post.role)),
        )
        return Outcome(welcome + my_tasks(joined, "").reply, tuple(effects), "end")


def _tell_secretaries(turn: Turn, person: people.Person, post: people.Post) -> list[Effect]:
    """Each secretary hears of each joining, so that a forwarded code is noticed."""
    letters: list[Effect] = []
    note = say(
        m("{name} has joined as {post}.", name=verbatim(person.name), post=post_name(turn.read, post.unit_id, post.role)),
        m("If this is not right, please end the post under /nguoi."),
        Choices((Choice(m("People"), Go("nguoi", f"person {person.id}")),)),
    )
    for secretary, _ in people.holders(turn.read, turn.today.isoformat(), role="secretary"):
        account = next((each for each in people.accounts(turn.read, secretary.id) if each.blocked_at is None), None)
        if account is not None and secretary.id != person.id:
            letters += queue_effects(
                note, channel=account.channel, address=account.address, language=secretary.language, now=turn.now, mint=turn.mint,
                person_id=secretary.id, lane="broadcast", key=f"joined:{post.id}:{secretary.id}",
            )  # fmt: skip
    return letters


JOINING = Joining()

COMMAND = Command(
    name="start",
    alias="join",
    summary=m("Join, or go to the first screen"),
    words=m("start|hello|hi|good morning|begin|joining code"),
    handle=handle,
    strangers=True,
    claims=claims,
    dialogues=(JOINING,),
)

