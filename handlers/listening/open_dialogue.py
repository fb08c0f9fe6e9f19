"""Where a conversation stands before a turn, and what the turn leaves: the open dialogue's row, the topic, the letter with its list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from handlers.kit.dialogue import Dialogue
from handlers.kit.turn import Outcome, Said, State, Tapped, Turn
from handlers.kit.wire import queue_effects
from handlers.listening import in_group
from handlers.listening.shown_menu import mark_in_group
from storage import conversation
from storage.connection import Effect, effect


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the conversation stands before the turn."""

    revision: int
    state: State | None
    dialogue: Dialogue | None
    unclear: str | None         # the message that the open question could not take: an edit of it is a new answer

    @property
    def mark(self) -> str | None:
        """By it a list knows the question that it answers."""
        return None if self.state is None else f"{self.state.name}/{self.revision}"


def standing_of(turn: Turn, dialogues: Mapping[str, Dialogue]) -> Standing:
    """What is open; a group has no dialogues."""
    if turn.place.kind == "group":
        return Standing(0, None, None, None)
    stored = conversation.dialogue(turn.read, turn.owner)
    if stored is None or not stored.name:
        return Standing(0 if stored is None else stored.revision, None, None, None)
    dialogue = dialogues.get(stored.name)
    if dialogue is None or dialogue.version != stored.version:
        return Standing(stored.revision, None, None, None)      # of another version of the program: drafts are kept elsewhere
    answers = json.loads(stored.answers)
    unclear = answers.pop("_unclear", None)
    return Standing(stored.revision, State(stored.name, stored.step, answers), dialogue, unclear)


def changes(turn: Turn, standing: Standing, outcome: Outcome, dialogues: Mapping[str, Dialogue]) -> tuple[Effect, ...]:
    """Everything that the outcome changes, its answer included."""
    effects = list(outcome.effects)
    after: str | None = None
    if turn.place.kind == "private":
        after, moved = _dialogue_effects(turn, standing, outcome, dialogues)
        effects += moved
    elif outcome.reply.choices:
        after = mark_in_group(turn)
    if outcome.topic is not None:
        effects.append(effect(conversation.save_topic, in_group.owner(turn), *outcome.topic, turn.now))
    if outcome.reply.blocks:
        effects += queue_effects(
            outcome.reply, channel=turn.place.channel, address=turn.place.address, language=outcome.language or turn.language,
            now=turn.now, mint=turn.mint, dialogue=after, thread=turn.place.thread, person_id=None if turn.who is None else turn.who.id,
            replaces=turn.place.message_id if outcome.reply.replaces and isinstance(turn.input, Tapped) else None,
        )  # fmt: skip
    return tuple(effects)


def _dialogue_effects(
    turn: Turn, standing: Standing, outcome: Outcome, dialogues: Mapping[str, Dialogue]
) -> tuple[str | None, list[Effect]]:
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
    version = dialogues[state.name].version
    saved = effect(
        conversation.save_dialogue, turn.owner, standing.revision, revision, state.name, version, state.step, answers, turn.now
    )
    return mark, [saved]
