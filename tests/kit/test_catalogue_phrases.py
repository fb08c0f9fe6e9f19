"""The phrases that the catalogues really hold: none may lead to another command, or be asked about."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.language import languages
from handlers.kit.recognise import Recognised, Recogniser
from handlers.registry import registry

LANGUAGES = languages(ZoneInfo("Asia/Ho_Chi_Minh"))
PHRASES = {
    command.name: [phrase for language in LANGUAGES.values() for phrase in language.text(command.words).split("|") if phrase]
    for command in registry().commands
    if command.words.msgid
}
RECOGNISER = Recogniser(PHRASES)


def _led_to(text: str) -> str | None:
    found = RECOGNISER.recognise(text)
    return found.command if isinstance(found, Recognised) else None


def test_every_phrase_leads_to_its_command() -> None:
    astray = {phrase: _led_to(phrase) for command, phrases in PHRASES.items() for phrase in phrases if _led_to(phrase) != command}
    assert not astray


def test_every_example_of_help_leads_to_its_command() -> None:
    astray = {
        language.text(example): command.name
        for command in registry().commands
        for example in command.examples
        for language in LANGUAGES.values()
        if _led_to(language.text(example)) != command.name
    }
    assert not astray
