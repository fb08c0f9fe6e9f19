"""What a person reads, as a transcript writes it: no blank lines, and the choices in brackets in one last line."""

from __future__ import annotations

from collections.abc import Sequence

from bot.rendering.parts import TYPE_A_NUMBER
from handlers.kit.language import Language
from handlers.kit.menu import numbered
from handlers.kit.message import m
from handlers.kit.reply import Choice


def transcript_lines(texts: Sequence[str], choices: Sequence[Choice], language: Language, *, buttons: bool) -> list[str]:
    """The lines of the texts; without ``buttons`` their numbered lines and the hint of control words become the line in brackets."""
    shown = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    if not buttons:
        listed = {f"{number}. {language.text(choice.label)}" for number, choice in numbered(choices)} | {language.text(TYPE_A_NUMBER)}
        hint = language.text(m("Or type: {words}", words="\0")).partition("\0")[0]
        shown = [line for line in shown if line not in listed and not line.startswith(hint)]
    labels = " ".join(f"[{language.text(choice.label)}]" for choice in choices)
    return [*shown, labels] if labels and texts else shown
