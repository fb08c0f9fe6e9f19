"""Which handler an input is for: control words, the open question, commands, plain words, short follow-ups.

The order is the conversation's rule book (DESIGN, section 4) and is the same on every channel.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from handlers import bare
from handlers.kit.command import Command
from handlers.kit.dialogue import Chosen, Dialogue
from handlers.kit.language import Language
from handlers.kit.menu import choose, control_word
from handlers.kit.message import m
from handlers.kit.recognise import Recognised, Recogniser, Unsure, follow_up
from handlers.kit.reply import Answer, Choice, Choices, Go, Reply, Typed, say
from handlers.kit.turn import Other, Outcome, Said, Sent, State, Tapped, Turn
from handlers.kit.wire import decode_choices, queue_effects
from handlers.registry import Registry
from handlers.rules.period_words import take_year
from handlers.rules.text import fold
from storage import conversation
from storage.connection import Effect, effect

MENU_NUMBER_SECONDS = 12 * 3_600
"""How long after it was shown a typed number is taken for a choice: a "1" of tomorrow is no answer to yesterday's list."""

TOPIC_SECONDS = 15 * 60

NOT_CLEAR = m("Not clear.")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the conversation stands before the turn."""

    revision: int
    state: State | None
    dialogue: Dialogue | None
    unclear: str | None         # the message that the open question could not take: an edit of it is a new answer


class Dispatcher:
    """Decides turns. Built once from the commands and the languages; holds nothing about anybody."""

    def __init__(self, commands: Registry, languages: Mapping[str, Language]) -> None:
        self._commands = commands
        self._languages = languages
        phrases = {
            command.name: tuple(
                phrase for language in languages.values() for phrase in language.text(command.words).split("|") if phrase
            )
            for command in commands.commands
            if command.words.msgid
        }
        self._recogniser = Recogniser(phrases)

    def decide(self, turn: Turn) -> tuple[Effect, ...]:
        """Everything the turn changes, its answer included, as effects for one commit."""
        standing = self._standing(turn)
        outcome = self._outcome(turn, standing)
        return self._effects(turn, standing, outcome)

    # What is open -------------------------------------------------------------------------------------------------------------

    def _standing(self, turn: Turn) -> Standing:
        if turn.place.kind == "group":
            return Standing(0, None, None, None)
        stored = conversation.dialogue(turn.read, turn.owner)
        if stored is None or not stored.name:
            return Standing(0 if stored is None else stored.revision, None, None, None)
        dialogue = self._commands.dialogues.get(stored.name)
        if dialogue is None or dialogue.version != stored.version:
            return Standing(stored.revision, None, None, None)      # of another version of the program: drafts are kept elsewhere
        answers = json.loads(stored.answers)
        unclear = answers.pop("_unclear", None)
        return Standing(stored.revision, State(stored.name, stored.step, answers), dialogue, unclear)

    def _outcome(self, turn: Turn, standing: Standing) -> Outcome:
        match turn.input:
            case Tapped():
                return self._tapped(turn, standing, turn.input)
            case Said():
                return self._said(turn, standing, turn.input)
            case Sent():
                return self._sent(turn, standing, turn.input)
            case Other():
                return self._asking_again(turn, standing, Outcome(say(_OTHER[turn.input.kind])))

    # A tap --------------------------------------------------------------------------------------------------------------------

    def _tapped(self, turn: Turn, standing: Standing, tap: Tapped) -> Outcome:
        menu = conversation.menu(turn.read, tap.menu_id)
        here = menu is not None and (menu.channel, menu.address) == (turn.place.channel, turn.place.address)
        choices = decode_choices(menu.choices) if menu is not None and here and menu.expires_at > turn.now else ()
        if menu is None or tap.index >= len(choices):
            return self._asking_again(turn, standing, Outcome(say(m("This choice is no longer valid."))))
        return self._chosen(turn, standing, choices[tap.index], menu.dialogue)

    def _chosen(self, turn: Turn, standing: Standing, choice: Choice, of_dialogue: str | None) -> Outcome:
        action = choice.action
        if isinstance(action, Typed):
            said = self._languages[turn.language].text(choice.label)
            return self._plain_words(replace(turn, input=Said(said)), standing, said)
        if isinstance(action, Go):
            command = self._commands.by_name.get(action.command)
            if command is None:
                return self._asking_again(turn, standing, Outcome(say(m("This choice is no longer valid."))))
            return self._run(turn, standing, command, action.argument)
        if standing.state is None or standing.dialogue is None or of_dialogue != _mark(standing):
            return self._asking_again(turn, standing, Outcome(say(m("This question has been answered already."))))
        return standing.dialogue.advance(turn, standing.state, Chosen(action.value))

    # A text -------------------------------------------------------------------------------------------------------------------

    def _said(self, turn: Turn, standing: Standing, said: Said) -> Outcome:
        text = said.text.strip()
        if said.edited and (standing.unclear is None or standing.unclear != turn.place.message_id):
            return self._asking_again(turn, standing, self._edited(turn))
        if text.startswith("/"):
            return self._slash(turn, standing, text)
        if standing.state is not None and standing.dialogue is not None:
            return self._to_dialogue(turn, standing, standing.dialogue, standing.state, text)
        choice, of_dialogue = self._from_menu(turn, text, exact=False)
        old_control = choice is not None and isinstance(choice.action, Answer) and control_word(text, self._spoken(turn)) is not None
        if choice is not None and not old_control:
            return self._chosen(turn, standing, choice, of_dialogue)
        return self._plain_words(turn, standing, text)

    def _to_dialogue(self, turn: Turn, standing: Standing, dialogue: Dialogue, state: State, text: str) -> Outcome:
        control = control_word(text, self._spoken(turn))
        if control is not None:
            return dialogue.advance(turn, state, Chosen(control))
        expects = dialogue.expects(state)
        choice, of_dialogue = self._from_menu(turn, text, exact=expects in ("text", "number"))
        if choice is not None and of_dialogue == _mark(standing):
            return self._chosen(turn, standing, choice, of_dialogue)
        if expects != "text" and not text.isdecimal():
            found = self._recogniser.recognise(text)
            command = self._commands.by_name[found.command] if isinstance(found, Recognised) else None
            if isinstance(found, Recognised) and command is not None and command.quick and command.allows(turn):
                return self._run(turn, standing, command, found.argument)
        return dialogue.advance(turn, state, replace(turn.input, text=text) if isinstance(turn.input, Said) else Said(text))

    def _slash(self, turn: Turn, standing: Standing, text: str) -> Outcome:
        name, _, argument = text[1:].partition(" ")
        name = name.partition("@")[0].lower()
        if standing.state is not None and standing.dialogue is not None:
            control = control_word(name, self._spoken(turn))
            if control is not None:
                return standing.dialogue.advance(turn, standing.state, Chosen(control))
        command = self._commands.by_name.get(name)
        if command is None:
            return self._asking_again(turn, standing, self._unknown(turn))
        return self._run(turn, standing, command, argument.strip())

    def _plain_words(self, turn: Turn, standing: Standing, text: str) -> Outcome:
        for command in self._commands.commands:
            private = turn.place.kind == "private"     # a group is no place for a joining code or a report
            if private and command.claims is not None and (command.strangers or command.allows(turn)):
                claimed = command.claims(turn, text)
                if claimed is not None:
                    return claimed
        if not self._known(turn):
            return self._run(turn, standing, self._commands.by_name["start"], text)
        found = self._recogniser.recognise(text)
        if isinstance(found, Recognised):
            return self._run(turn, standing, self._commands.by_name[found.command], found.argument)
        if isinstance(found, Unsure):
            return self._which(turn, found)
        if fold(text) in {fold(language.text(m("Confirm"))) for language in self._spoken(turn)}:
            return Outcome(say(m("Nothing is waiting to be confirmed."), Choices((Choice(m("My duties"), Go("viec")),))))
        name = follow_up(text)
        topic = conversation.topic(turn.read, turn.owner, turn.now - TOPIC_SECONDS)
        if name is None and topic is not None and take_year(text, turn.today)[0] is None and bare.names_unit(turn, text):
            name = text
        if name is not None and topic is not None and topic[0] in self._commands.by_name:
            return self._run(turn, standing, self._commands.by_name[topic[0]], topic[1].replace("{}", name))
        meant = bare.meant(turn, text)
        if meant is not None:
            return self._run(turn, standing, self._commands.by_name[meant[0]], meant[1])
        return self._unknown(turn)

    def _from_menu(self, turn: Turn, text: str, *, exact: bool) -> tuple[Choice | None, str | None]:
        menu = conversation.latest_menu(turn.read, turn.place.channel, turn.place.address)
        if menu is None or menu.created_at < turn.now - MENU_NUMBER_SECONDS or turn.place.kind == "group":
            return None, None
        return choose(text, decode_choices(menu.choices), self._spoken(turn), exact=exact), menu.dialogue

    # A file -------------------------------------------------------------------------------------------------------------------

    def _sent(self, turn: Turn, standing: Standing, sent: Sent) -> Outcome:
        if sent.problem:
            return self._asking_again(turn, standing, Outcome(say(_PROBLEMS[sent.problem])))
        if standing.state is not None and standing.dialogue is not None:
            return standing.dialogue.advance(turn, standing.state, sent)
        if not self._known(turn):
            return self._run(turn, standing, self._commands.by_name["start"], "")
        for command in self._commands.commands:
            taken = command.takes(turn, sent) if command.takes is not None and command.allows(turn) else None
            if taken is not None:
                return taken
        choices = Choices((Choice(m("Report"), Go("baocao")),)) if self._commands.by_name["baocao"].allows(turn) else Choices(())
        return Outcome(say(m("A file belongs to a report: please open the report first, then send the file."), choices))

    # Running and repeating ----------------------------------------------------------------------------------------------------

    def _run(self, turn: Turn, standing: Standing, command: Command, argument: str) -> Outcome:
        if not command.allows(turn):
            if turn.place.kind == "group":
                return Outcome(say(m("Please ask this in the private chat with the bot.")))
            if not self._known(turn):
                return self._commands.by_name["start"].handle(turn, "")
            return self._asking_again(turn, standing, Outcome(say(m("This is not among the tasks of your post."))))
        outcome = command.handle(turn, argument)
        return self._asking_again(turn, standing, outcome) if command.quick else outcome

    def _asking_again(self, turn: Turn, standing: Standing, outcome: Outcome) -> Outcome:
        """The outcome, followed by the open question. The answer's own choices lose their numbers: those are the question's."""
        if standing.state is None or standing.dialogue is None or outcome.dialogue != "keep":
            return outcome
        question = standing.dialogue.ask(turn, standing.state)
        return replace(outcome, reply=replace(_without_numbers(outcome.reply), replaces=False) + replace(question, replaces=False))

    def _known(self, turn: Turn) -> bool:
        return turn.who is not None and turn.who.consent_at is not None and bool(turn.posts)

    def _spoken(self, turn: Turn) -> Sequence[Language]:
        """The person's language first, then the others: "hủy" works in an English conversation too."""
        own = self._languages[turn.language]
        return (own, *(language for language in self._languages.values() if language is not own))

    def _edited(self, turn: Turn) -> Outcome:
        choices = (Choice(m("Correct"), Go("sua")),) if self._commands.by_name["sua"].allows(turn) else ()
        return Outcome(say(m("The edited message was not recorded: what was filed stays as it is."), Choices(choices)))

    def _which(self, turn: Turn, unsure: Unsure) -> Outcome:
        commands = [self._commands.by_name[name] for name in unsure.commands]
        choices = tuple(Choice(command.summary, Go(command.name)) for command in commands if command.allows(turn))
        return Outcome(say(m("Not clear. Which of these is meant?"), Choices(choices))) if choices else self._unknown(turn)

    def _unknown(self, turn: Turn) -> Outcome:
        if turn.place.kind == "group" or not self._known(turn):
            return Outcome(say(NOT_CLEAR))
        examples = [command for command in self._commands.commands if command.order is not None and command.allows(turn)][:3]
        choices = Choices(tuple(Choice(command.summary, Go(command.name)) for command in examples))
        return Outcome(say(m("Not clear. Please choose one of these, or type “help”."), choices))

    # What it changes ----------------------------------------------------------------------------------------------------------

    def _effects(self, turn: Turn, standing: Standing, outcome: Outcome) -> tuple[Effect, ...]:
        effects = list(outcome.effects)
        after: str | None = None
        if turn.place.kind == "private":
            after, changes = self._dialogue_effects(turn, standing, outcome)
            effects += changes
            if outcome.topic is not None:
                effects.append(effect(conversation.save_topic, turn.owner, *outcome.topic, turn.now))
        if outcome.reply.blocks:
            effects += queue_effects(
                outcome.reply, channel=turn.place.channel, address=turn.place.address, language=outcome.language or turn.language,
                now=turn.now, mint=turn.mint, dialogue=after, thread=turn.place.thread, person_id=None if turn.who is None else turn.who.id,
                replaces=turn.place.message_id if outcome.reply.replaces and isinstance(turn.input, Tapped) else None,
            )  # fmt: skip
        return tuple(effects)

    def _dialogue_effects(self, turn: Turn, standing: Standing, outcome: Outcome) -> tuple[str | None, list[Effect]]:
        """The mark of the dialogue that is open afterwards, and the effects that leave it so."""
        if outcome.dialogue == "end":
            if standing.state is None:
                return None, []
            return None, [effect(conversation.end_dialogue, turn.owner, standing.revision)]
        state = standing.state if outcome.dialogue == "keep" else outcome.dialogue
        if not isinstance(state, State):
            return None, []
        unmoved = standing.state is not None and state == standing.state
        revision = standing.revision if unmoved else standing.revision + 1
        message_id = turn.place.message_id if isinstance(turn.input, Said) and unmoved else None
        mark = f"{state.name}/{revision}"
        if unmoved and message_id is None:
            return mark, []
        answers = json.dumps({**state.answers, **({"_unclear": message_id} if message_id else {})}, ensure_ascii=False)
        version = self._commands.dialogues[state.name].version
        saved = effect(
            conversation.save_dialogue, turn.owner, standing.revision, revision, state.name, version, state.step, answers, turn.now
        )
        return mark, [saved]


def _mark(standing: Standing) -> str | None:
    return None if standing.state is None else f"{standing.state.name}/{standing.revision}"


def _without_numbers(reply: Reply) -> Reply:
    blocks = tuple(
        replace(block, choices=tuple(replace(choice, numbered=False) for choice in block.choices if not isinstance(choice.action, Answer)))
        if isinstance(block, Choices)
        else block
        for block in reply.blocks
    )
    return replace(reply, blocks=blocks)


_OTHER = {
    "unsupported": m("The bot reads text, photos and files only. Please type the answer."),
    "secret": m(
        "A message or file marked as a State secret was not stored. Please send it on paper or through the cipher network,"
        " as the law on the protection of State secrets requires."
    ),
    "personal": m("Identity numbers are not stored here. The message was not kept; please send it again without the number."),
}

_PROBLEMS = {
    "too_large": m("The file is too large: at most 20 MB. Please send a smaller one."),
    "unavailable": m("The file could not be fetched from the chat platform. Please send it again."),
    "secret": _OTHER["secret"],
}
