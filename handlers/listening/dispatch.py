"""Which handler an input is for: control words, the open question, commands, plain words, short follow-ups.

The order is the conversation's rule book (DESIGN, section 4) and is the same on every channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from handlers.kit.command import Command
from handlers.kit.dialogue import Chosen, Dialogue, Expects
from handlers.kit.language import Language
from handlers.kit.menu import control_word
from handlers.kit.message import m
from handlers.kit.recognise import Recognised, Recogniser, Unsure, follow_up
from handlers.kit.reply import CONFIRM, Answer, Choice, Choices, Go, Reply, Typed, say
from handlers.kit.turn import Other, Outcome, Said, Sent, State, Tapped, Turn
from handlers.kit.wire import decode_choices
from handlers.listening import asked_back, bare, courtesy, in_group
from handlers.listening.open_dialogue import Standing, changes, standing_of
from handlers.listening.shown_menu import ShownMenu
from handlers.registry import Registry
from handlers.reporting import whose
from handlers.rules.period_words import take_year
from handlers.rules.prose import reads_as_prose
from storage import conversation
from storage.connection import Effect

TOPIC_SECONDS = 15 * 60

NOT_CLEAR = m("Not clear.")
NO_NUMBER = m("This number is none of the choices.")


class Dispatcher:
    """Decides turns. Built once from the commands and the languages; holds nothing about anybody."""

    def __init__(self, commands: Registry, languages: Mapping[str, Language]) -> None:
        self._commands = commands
        self._languages = languages
        phrases = tuple(
            (
                command.name,
                tuple(phrase for language in languages.values() for phrase in language.text(command.words).split("|") if phrase),
            )
            for command in commands.commands
            if command.words.msgid
        )
        self._public = frozenset(name for name, command in commands.by_name.items() if command.public)
        self._recogniser = _recogniser(phrases)

    def decide(self, turn: Turn) -> tuple[Effect, ...]:
        """Everything the turn changes, its answer included, as effects for one commit."""
        standing = standing_of(turn, self._commands.dialogues)
        outcome = self._outcome(turn, standing)
        return changes(turn, standing, outcome, self._commands.dialogues)

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
        if standing.state is None or standing.dialogue is None or of_dialogue != standing.mark:
            return self._asking_again(turn, standing, Outcome(say(m("This question has been answered already."))))
        typed = asked_back.typed_before(action.value)
        return standing.dialogue.advance(turn, standing.state, Chosen(action.value) if typed is None else Said(typed))

    # A text -------------------------------------------------------------------------------------------------------------------

    def _said(self, turn: Turn, standing: Standing, said: Said) -> Outcome:
        text = said.text.strip()
        if turn.place.kind == "group" and (said.edited or said.code_hash):
            return in_group.code_shown(turn, said.code_hash) if said.code_hash else in_group.SILENT
        if said.edited and (standing.unclear is None or standing.unclear != turn.place.message_id):
            return self._asking_again(turn, standing, self._edited(turn))
        if text.startswith("/"):
            return self._slash(turn, standing, text)
        if standing.state is not None and standing.dialogue is not None:
            return self._to_dialogue(turn, standing, standing.dialogue, standing.state, text)
        shown = ShownMenu(turn, self._spoken(turn))
        choice = shown.choice(text, exact=False)
        old_control = choice is not None and isinstance(choice.action, Answer) and control_word(text, self._spoken(turn)) is not None
        if choice is not None and not old_control:
            return self._chosen(turn, standing, choice, shown.of_dialogue)
        together = [each.action for each in shown.together(text) if isinstance(each.action, Go)]
        if len({go.command for go in together}) == 1:
            argument = " ".join(dict.fromkeys(word for go in together for word in go.argument.split()))
            return self._chosen(turn, standing, Choice(NOT_CLEAR, Go(together[0].command, argument)), None)
        return self._plain_words(turn, standing, text, shown)

    def _to_dialogue(self, turn: Turn, standing: Standing, dialogue: Dialogue, state: State, text: str) -> Outcome:
        control = control_word(text, self._spoken(turn))
        if control is not None:
            return dialogue.advance(turn, state, Chosen(control))
        expects = dialogue.expects(state)
        shown = ShownMenu(turn, self._spoken(turn))
        asked = shown.of_dialogue == standing.mark
        exact = expects in ("text", "number") and not (asked and asked_back.is_asked_back(shown.choices))
        if not asked and (between := self._after_a_letter(turn, standing, shown, text, expects)) is not None:
            return between
        own = shown if asked else ShownMenu(turn, self._spoken(turn), standing.mark)
        choice = own.choice(text, exact=exact) if asked or not own.names_number(text) else None
        if choice is not None:
            return self._chosen(turn, standing, choice, own.of_dialogue)
        if not exact and own.commits and own.names_number(text):
            return self._asking_again(turn, standing, Outcome(say(NO_NUMBER)))
        prose = expects == "text" or (expects == "prose" and reads_as_prose(text))
        if not prose and not text.isdecimal():
            found = self._recogniser.recognise(text)
            command = self._commands.by_name[found.command] if isinstance(found, Recognised) else None
            if isinstance(found, Recognised) and command is not None and command.quick and command.allows(turn):
                answered = self._run(turn, standing, command, found.argument)
                return asked_back.or_part_of_it(answered, text) if expects == "prose" and not found.exact else answered
            if courtesy.thanks(text, self._spoken(turn)):
                return self._asking_again(turn, standing, Outcome(say(courtesy.AT_YOUR_SERVICE)))
        if asked and not exact and not prose:
            together = shown.together(text)
            inside = None if together else shown.inside(text)
            if inside is not None:
                return self._chosen(turn, standing, inside, shown.of_dialogue)
            text = shown.labels(together) or text
        return dialogue.advance(turn, state, replace(turn.input, text=text) if isinstance(turn.input, Said) else Said(text))

    def _after_a_letter(self, turn: Turn, standing: Standing, shown: ShownMenu, text: str, expects: Expects) -> Outcome | None:
        """A letter with choices came after the open question: a number is one of its list, or it is asked what was meant.

        None: the text is for the open question.
        """
        if standing.state is None or standing.dialogue is None or shown.of_dialogue is not None:
            return None
        choice = shown.numbered(text)
        if choice is not None and expects in ("text", "number"):
            return asked_back.which(text, standing.dialogue.ask(turn, standing.state), choice)
        if choice is None and expects not in ("text", "number") and shown.names_number(text):
            return self._asking_again(turn, standing, Outcome(say(NO_NUMBER)))
        if choice is None and expects not in ("text", "prose"):
            choice = shown.choice(text, exact=True) or (None if expects == "number" else shown.agreed(text))
        if choice is not None:
            return self._chosen(turn, standing, choice, None)
        if expects == "text":
            return None
        opened, others = str(standing.state.answers.get("duty", "")), whose.offered(turn, shown.choices)
        others = tuple(duty for duty in others if duty.id != opened)
        meant, surely = whose.meant_by(turn, text, opened, others, at_figure=expects == "number") if others else ((), False)
        if surely:
            return self._run(turn, standing, self._commands.by_name["baocao"], f"figures {meant[0].id} {text}")
        return asked_back.whose(text, standing.dialogue.ask(turn, standing.state), meant) if meant else None

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
        named = self._commands.by_name.get(argument.strip())
        if command.name == "start" and named is not None and self._known(turn):
            return self._run(turn, standing, named, "")      # a link into the private chat names what was asked in a group
        return self._run(turn, standing, command, argument.strip())

    def _plain_words(self, turn: Turn, standing: Standing, text: str, shown: ShownMenu | None = None) -> Outcome:
        private = turn.place.kind == "private"
        for command in self._commands.commands:     # a group is no place for a joining code or a report
            if private and command.claims is not None and (command.strangers or command.allows(turn)):
                claimed = command.claims(turn, text)
                if claimed is not None:
                    return claimed
        if not self._known(turn):
            return self._run(turn, standing, self._commands.by_name["start"], text)
        if turn.place.kind == "group" and not text:
            return in_group.once(turn, "trogiup", Outcome(say(in_group.HOW_TO_ASK)))
        found = self._recogniser.recognise(text)
        if isinstance(found, Recognised):
            return self._run(turn, standing, self._commands.by_name[found.command], found.argument)
        if isinstance(found, Unsure):
            return self._which(turn, found)
        polite = courtesy.answer_to(text, self._spoken(turn))
        if polite is not None:
            return Outcome(say(polite, Choices((Choice(m("My duties"), Go("viec")),)))) if private else in_group.SILENT
        name = follow_up(text)
        topic = conversation.topic(turn.read, in_group.owner(turn), turn.now - TOPIC_SECONDS)
        if name is None and topic is not None and take_year(text, turn.today)[0] is None and bare.names_unit(turn, text):
            name = text
        if name is not None and topic is not None and topic[0] in self._commands.by_name:
            return self._run(turn, standing, self._commands.by_name[topic[0]], topic[1].replace("{}", name))
        meant = bare.meant(turn, text)
        if meant is not None:
            return self._run(turn, standing, self._commands.by_name[meant[0]], meant[1])
        inside = None if shown is None else shown.inside(text)
        if inside is not None and shown is not None:
            return self._chosen(turn, standing, inside, shown.of_dialogue)
        again = None if shown is None else shown.again(text)
        return self._unknown(turn) if again is None else again

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
                return in_group.private_only(turn, command.name)
            if not self._known(turn):
                return self._commands.by_name["start"].handle(turn, "")
            return self._asking_again(turn, standing, Outcome(say(m("This is not among the tasks of your post."))))
        outcome = command.handle(in_group.public(turn), argument)
        if turn.place.kind == "group":
            return replace(outcome, reply=in_group.shown(outcome.reply, self._public))
        # A list of another command takes the open question's place on the screen: its numbers must not be taken for an answer, or a figure.
        covers = command.quick or bool(outcome.reply.choices) or _commits(turn, standing)
        return self._asking_again(turn, standing, outcome) if covers else outcome

    def _asking_again(self, turn: Turn, standing: Standing, outcome: Outcome) -> Outcome:
        """The outcome, followed by the open question. Only one of the two lists has numbers: of a question for a figure it is none.

        Otherwise it is the list that was just asked for; the question's own choices are then tapped or typed. So are those of a question
        that files or sends, wherever it comes again: nobody does that by a number that was meant for something else.
        """
        if standing.state is None or standing.dialogue is None or outcome.dialogue != "keep":
            return outcome
        question, answered = standing.dialogue.ask(turn, standing.state), outcome.reply
        if standing.dialogue.expects(standing.state) in ("text", "number"):
            answered = _without_numbers(answered)
        elif any(choice.numbered for choice in answered.choices) or _commits(turn, standing):
            question = _without_numbers(question)
        return replace(outcome, reply=replace(answered, replaces=False) + replace(question, replaces=False))

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
        if turn.place.kind == "group":
            return in_group.once(turn, "", Outcome(say(NOT_CLEAR)))
        if not self._known(turn):
            return Outcome(say(NOT_CLEAR))
        examples = [command for command in self._commands.commands if command.order is not None and command.allows(turn)][:3]
        choices = Choices(tuple(Choice(command.summary, Go(command.name)) for command in examples))
        return Outcome(say(m("Not clear. Please choose one of these, or type “help”."), choices))


def _commits(turn: Turn, standing: Standing) -> bool:
    """Whether an answer to the open question files or sends something."""
    if standing.state is None or standing.dialogue is None:
        return False
    return any(choice.action == CONFIRM for choice in standing.dialogue.ask(turn, standing.state).choices)


def _without_numbers(reply: Reply) -> Reply:
    blocks = tuple(
        replace(block, choices=tuple(replace(choice, numbered=False) for choice in block.choices)) if isinstance(block, Choices) else block
        for block in reply.blocks
    )
    return replace(reply, blocks=blocks)


_OTHER = {
    "added": in_group.HOW_TO_ASK,
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


@lru_cache(maxsize=4)
def _recogniser(phrases: tuple[tuple[str, tuple[str, ...]], ...]) -> Recogniser:
    """Its vocabulary takes longer to build than the rest of a dispatcher: the same phrases, the same one."""
    return Recogniser(dict(phrases))
