"""The dialogue that composes a broadcast: for whom, what, when; then the preview and its confirmation."""

from __future__ import annotations

from dataclasses import replace

from handlers.broadcasting.asking import ask_instead, question
from handlers.broadcasting.audience import Audience
from handlers.broadcasting.confirming import confirm
from handlers.broadcasting.draft import Draft
from handlers.broadcasting.letter import Attached, attach, too_long
from handlers.broadcasting.naming import CALLED, Heard, hear, hear_with_text, missing_events
from handlers.broadcasting.preview import opening
from handlers.broadcasting.timing import At, Problem, after_quiet, beside_time, read_time
from handlers.kit.command import ORGANISERS
from handlers.kit.dialogue import Chosen, Expects
from handlers.kit.message import Message, m, verbatim
from handlers.kit.reply import Reply, say
from handlers.kit.turn import Input, Outcome, Said, Sent, State, Turn
from handlers.rules.prose import reads_as_prose
from handlers.rules.text import clip, fold, strip_courtesy
from handlers.rules.yes_no import read_yes_or_no

NAME = "broadcast"

_NO_TEXT = frozenset(("gui", "di", "luon", "ngay", "thong", "bao", "tin", "nay", "cho", "sua", "khoan", "xong", "da", "send", "it", "wait"))
"""Beside a yes and a no, words at a preview that alone are no message to anybody."""


class BroadcastDialogue:
    """Answers: the `Draft`, and ``editing`` once the preview has been seen (then each answer leads back to it)."""

    name = NAME
    version = 1

    def expects(self, state: State) -> Expects:
        return "text" if state.step == "text" else "prose"

    def ask(self, turn: Turn, state: State) -> Reply:
        return question(turn, state.step, Draft.load(state.answers), brief=True)

    def advance(self, turn: Turn, state: State, given: Input | Chosen) -> Outcome:
        if not ORGANISERS & turn.roles:     # the post has ended since the question was asked
            return Outcome(say(m("This is not among the tasks of your post.")), dialogue="end")
        draft = Draft.load(state.answers)
        if isinstance(given, Chosen) and given.value == "cancel":
            return Outcome(say(m("Cancelled: nothing was sent.")), dialogue="end")
        if isinstance(given, Chosen) and given.value == "back":
            return _back(turn, state.step, draft)
        if isinstance(given, Chosen) and given.value == "review":
            return _asking(turn, state.step, draft)
        if isinstance(given, Sent):
            return _attached(turn, state.step, draft, given)
        if isinstance(given, Said) and given.code_hash:
            return _unclear(turn, state.step, draft, _CODE)
        match state.step:
            case "audience" | "units":
                return _audience(turn, state.step, draft, given)
            case "deadline":
                return _deadline(turn, draft, given)
            case "which":
                return _which(turn, draft, given)
            case "text":
                return _text(turn, draft, given)
            case "when":
                return _when(turn, draft, given)
            case "quiet":
                return _quiet(turn, draft, given)
            case "edit":
                return _edit(turn, draft, given)
            case "typed":
                return _asked(turn, draft, given)
            case _:
                return _preview(turn, draft, given)


def begin(turn: Turn, heard: Heard | None = None, text: str = "", attached: Attached | None = None) -> Outcome:
    """Open the dialogue with what is known already."""
    draft = Draft(turn.mint(), text=text, attached=attached)
    if heard is None:
        return onward(turn, draft, () if attached is None else (_noted(attached, exchanged=False),))
    return _heard(turn, draft, heard)


def onward(turn: Turn, draft: Draft, notes: tuple[Message, ...] = ()) -> Outcome:
    """The first question that is still open; the preview when there is none."""
    if draft.doubts:
        return _asking(turn, "which", draft, notes)
    if draft.audience is None:
        return _asking(turn, "units" if draft.picked else "audience", draft, notes)
    long = too_long(draft.text)
    if not draft.text or long is not None:
        return _asking(turn, "text", draft, (*notes, *(() if long is None else (long,))))
    if draft.at is None and not draft.anyway and after_quiet(turn.read, turn.now, turn.zone) > turn.now:
        return _asking(turn, "quiet", draft, notes)
    return _asking(turn, "preview", draft, notes)


def _asking(turn: Turn, step: str, draft: Draft, notes: tuple[Message, ...] = ()) -> Outcome:
    asked = question(turn, step, draft, brief=False)
    return Outcome(say(*notes) + asked if notes else asked, dialogue=State(NAME, step, draft.dump()))


def _unclear(turn: Turn, step: str, draft: Draft, why: Message | None = None) -> Outcome:
    asked = question(turn, step, draft, brief=True)
    return Outcome(say(why or m("Not clear.")) + asked, dialogue=State(NAME, step, draft.dump()))


def _back(turn: Turn, step: str, draft: Draft) -> Outcome:
    match step:
        case "audience":
            return Outcome(say(m("Cancelled: nothing was sent.")), dialogue="end")
        case "preview":
            return _asking(turn, "text", draft.without_text())
        case "typed":
            return onward(turn, replace(draft, typed=""))
        case "text" | "units" | "deadline" | "which":
            if step == "text" and draft.audience is not None and draft.text:
                return onward(turn, draft)
            return _asking(turn, "audience", replace(draft, audience=None, roles=(), picked=(), doubts=()))
        case _:
            return onward(turn, draft)


# What is answered ---------------------------------------------------------------------------------------------------------------


def _attached(turn: Turn, step: str, draft: Draft, sent: Sent) -> Outcome:
    """A picture or file comes along at any step; its caption is the text, or the new one."""
    found = attach(sent)
    if isinstance(found, Message):
        return _unclear(turn, step, draft, found)
    note = _noted(found, exchanged=draft.attached is not None)
    draft = replace(draft, attached=found)
    if caption := sent.caption.strip():
        draft = draft.with_text(caption)
    if step in ("audience", "units", "deadline", "which"):
        return _asking(turn, step, draft, (note,))
    return onward(turn, draft, (note,))


def _noted(found: Attached, *, exchanged: bool) -> Message:
    if exchanged:
        return m("The file was exchanged for {name}: one file goes with a message.", name=verbatim(found.name))
    return m("Attached: {name}", name=verbatim(found.name))


def _audience(turn: Turn, step: str, draft: Draft, given: Input | Chosen) -> Outcome:
    match given:
        case Chosen(value="all"):
            return onward(turn, replace(draft, audience=Audience()))
        case Chosen(value="officer" | "leader" | "verifier" | "observer" as role):
            return onward(turn, replace(draft, audience=Audience(roles=(role,))))
        case Chosen(value="units"):
            return _asking(turn, "units", draft)
        case Chosen(value="missing"):
            return _missing(turn, draft)
        case Chosen(value="done") if draft.picked:
            return onward(turn, draft.chosen())
        case Chosen(value=value) if value.startswith("unit "):
            return _asking(turn, "units", draft.with_unit(value.removeprefix("unit ")))
        case Said():
            return _ahead(turn, step, draft, given.text) or _heard(turn, draft, hear(turn, given.text), step)
        case _:
            return _unclear(turn, step, draft)


def _ahead(turn: Turn, step: str, draft: Draft, text: str) -> Outcome | None:
    """The message itself, typed before it was asked for: it is kept. None for what is no message."""
    heard, body = hear_with_text(turn, text)
    if heard is not None and body:
        return _heard(turn, draft.with_text(body), heard, step)
    if heard is not None or not reads_as_prose(text):
        return None
    kept = m("The text of the message was noted: “{text}”", text=opening(text))
    return _asking(turn, step, draft.with_text(text.strip()), (kept,))


def _heard(turn: Turn, draft: Draft, heard: Heard, step: str = "audience") -> Outcome:
    if heard.which_event:
        return _missing(turn, draft)
    if heard.unknown or not heard.clear:
        words = tuple(verbatim(clip(each, 40)) for each in heard.unknown[:5])
        why = m("No unit or role is known as “{words}”.", words=words) if words else m("Not clear.")
        kept = draft if heard.everyone else draft.settled(heard)
        return _unclear(turn, "which" if kept.doubts else "units" if kept.picked else step, kept, why)
    return onward(turn, draft.settled(heard))


def _missing(turn: Turn, draft: Draft) -> Outcome:
    found = missing_events(turn)
    if not found:
        return _unclear(turn, "audience", draft, m("No report is being collected that somebody has not filed."))
    if len(found) == 1:
        return onward(turn, replace(draft, audience=Audience(event=found[0].id)))
    return _asking(turn, "deadline", draft)


def _deadline(turn: Turn, draft: Draft, given: Input | Chosen) -> Outcome:
    if isinstance(given, Chosen) and given.value.startswith("event "):
        return onward(turn, replace(draft, audience=Audience(event=given.value.removeprefix("event "))))
    heard = hear(turn, f"chưa nộp {given.text}") if isinstance(given, Said) else Heard()
    if heard.audience.event:
        return onward(turn, draft.settled(heard))
    ahead = _ahead(turn, "deadline", draft, given.text) if isinstance(given, Said) else None
    return ahead or _unclear(turn, "deadline", draft)


def _which(turn: Turn, draft: Draft, given: Input | Chosen) -> Outcome:
    doubt = draft.doubts[0]
    chosen = given.value.removeprefix("unit ") if isinstance(given, Chosen) else ""
    if isinstance(given, Said):
        ids = hear(turn, given.text).audience.units
        chosen = ids[0] if len(ids) == 1 else ""
    if chosen not in doubt.ids:
        ahead = _ahead(turn, "which", draft, given.text) if isinstance(given, Said) else None
        return ahead or _unclear(turn, "which", draft)
    draft = draft.with_unit(chosen)
    return onward(turn, draft if draft.doubts else draft.chosen())


_PASSED = m("That time has passed already.")
_CODE = m("The text holds a joining code, which is for one person only and was not kept. Please give it to that person alone.")


def _text(turn: Turn, draft: Draft, given: Input | Chosen) -> Outcome:
    if isinstance(given, Chosen) and given.value == "before" and draft.before:
        return onward(turn, draft.with_text(draft.before))
    if not isinstance(given, Said):
        return _unclear(turn, "text", draft)
    if sum(letter.isalpha() for letter in given.text) < 2:
        return _unclear(turn, "text", draft)
    return _new_text(turn, "text", draft, given.text)


def _new_text(turn: Turn, step: str, draft: Draft, text: str) -> Outcome:
    """The text is the message's from now on; a preview says which one it has replaced."""
    text = text.strip()
    long = too_long(text)
    if long is not None:
        return _unclear(turn, step, draft, long)
    after = draft.with_text(text)
    replaced = step != "text" and draft.text not in ("", text)
    return onward(turn, after, (m("This text takes the place of “{text}”.", text=opening(draft.text)),) if replaced else ())


def _when(turn: Turn, draft: Draft, given: Input | Chosen) -> Outcome:
    if isinstance(given, Chosen) and given.value == "now":
        return onward(turn, replace(draft, at=None, anyway=False))
    another = isinstance(given, Said) and read_yes_or_no(given.text) in ("no", "wrong")      # not the time that was offered
    if another or (isinstance(given, Chosen) and given.value == "when"):
        return _asking(turn, "when", draft)
    if isinstance(given, Chosen) and given.value.startswith("at "):
        epoch = int(given.value.removeprefix("at "))
        return onward(turn, replace(draft, at=epoch)) if epoch > turn.now else _unclear(turn, "when", draft, _PASSED)
    if not isinstance(given, Said):
        return _unclear(turn, "when", draft)
    if reads_as_prose(given.text) and len(beside_time(given.text, turn.today)) >= MORE_THAN_A_TIME:
        return _asking(turn, "typed", replace(draft, typed=given.text.strip()))
    return _at(turn, draft, given.text) or _unclear(turn, "when", draft)


MORE_THAN_A_TIME = 3
"""So many words beside a time, and the sentence may be the message itself: "họp lúc 14h thứ Sáu tại Lạng Sơn"."""


def _at(turn: Turn, draft: Draft, text: str) -> Outcome | None:
    """The time that the text names; None where it names none."""
    match read_time(text, turn.now, turn.zone):
        case At(epoch=instant):
            return onward(turn, replace(draft, at=instant, anyway=False, typed=""))
        case Problem(why=why, instead=None):
            return _unclear(turn, "when", draft, why)
        case Problem(why=why, instead=int(instead)):
            return Outcome(ask_instead(why, instead), dialogue=State(NAME, "when", draft.dump()))
        case _:
            return None


def _quiet(turn: Turn, draft: Draft, given: Input | Chosen) -> Outcome:
    if isinstance(given, Chosen) and given.value == "now":
        return onward(turn, replace(draft, at=None, anyway=True))
    return _when(turn, draft, given) if isinstance(given, (Said, Chosen)) else _unclear(turn, "quiet", draft)


def _edit(turn: Turn, draft: Draft, given: Input | Chosen) -> Outcome:
    match given:
        case Chosen(value="text"):
            return _asking(turn, "text", draft)
        case Chosen(value="audience"):
            return _asking(turn, "audience", replace(draft, roles=(), picked=(), doubts=()))
        case Chosen(value="when"):
            return _asking(turn, "when", draft)
        case Chosen(value="nofile"):
            return onward(turn, replace(draft, attached=None))
        case Said():
            return _typed(turn, "edit", draft, given.text)
        case _:
            return _unclear(turn, "edit", draft)


def _typed(turn: Turn, step: str, draft: Draft, text: str) -> Outcome:
    """What is typed under a preview: a time where it is nothing else, a sentence is the new text, and of what is neither it is asked."""
    if not beside_time(text, turn.today) and (timed := _at(turn, draft, text)) is not None:
        return timed
    heard, body = hear_with_text(turn, text)
    if heard is not None and heard.clear and body and CALLED.match(fold(text)):
        return _heard(turn, replace(draft.with_text(body), audience=None, roles=(), picked=(), doubts=()), heard)
    if reads_as_prose(text):
        return _new_text(turn, step, draft, text)
    words = strip_courtesy(fold(text)).split()
    if sum(letter.isalpha() for letter in text) < 2 or read_yes_or_no(text) is not None or _NO_TEXT.issuperset(words):
        return _unclear(turn, step, draft)
    return _asking(turn, "typed", replace(draft, typed=text.strip()))


def _asked(turn: Turn, draft: Draft, given: Input | Chosen) -> Outcome:
    """What was typed is the new text, the time or the recipients; or nothing of these."""
    settled = replace(draft, typed="")
    match given:
        case Chosen(value="text"):
            return _new_text(turn, "preview", settled, draft.typed)
        case Chosen(value="time"):
            return _at(turn, settled, draft.typed) or _asking(turn, "when", settled)
        case Chosen(value="whom"):
            return _heard(turn, replace(settled, audience=None, roles=(), picked=(), doubts=()), hear(turn, draft.typed))
        case Chosen(value="keep"):
            return onward(turn, settled)
        case Said():
            return _typed(turn, "typed", draft, given.text)
        case _:
            return _unclear(turn, "typed", draft)


def _preview(turn: Turn, draft: Draft, given: Input | Chosen) -> Outcome:
    match given:
        case Chosen(value="public") if draft.attached is not None:
            return _asking(turn, "preview", replace(draft, attached=replace(draft.attached, public=not draft.attached.public)))
        case Chosen(value="confirm"):
            if draft.at is not None and draft.at <= turn.now:
                return _asking(turn, "when", replace(draft, at=None), (_PASSED,))
            if draft.at is None and not draft.anyway and after_quiet(turn.read, turn.now, turn.zone) > turn.now:
                return _asking(turn, "quiet", draft)
            return confirm(turn, draft)
        case Chosen(value="when"):
            return _asking(turn, "when", draft)
        case Chosen(value="edit"):
            return _asking(turn, "edit", draft)
        case Chosen(value="before") if draft.before:
            return _asking(turn, "preview", draft.with_text(draft.before))
        case Said():
            return _typed(turn, "preview", draft, given.text)
        case _:
            return _unclear(turn, "preview", draft)
