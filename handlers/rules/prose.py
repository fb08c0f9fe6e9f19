"""Whether a text reads as part of a message to others: a sentence of its own, no question to the bot and no word to choose by."""

from __future__ import annotations

import re

from handlers.rules.text import fold

SENTENCE_WORDS = 7
SHORT_SENTENCE_WORDS = 4
"""With its full stop, or with one of the `ANNOUNCING` words, a sentence may be as short as this."""

ANNOUNCING = (
    "kinh gui", "kinh moi", "de nghi", "yeu cau", "tran trong", "khan truong", "luu y", "xin moi", "moi cac", "moi dong chi", "moi don vi",
    "thong bao", "nhac cac", "thi nop", "phai nop", "truoc ngay", "dear", "please", "kindly",
)  # fmt: skip
"""Words of an announcement, folded: a text that holds them is none of the bot's questions, though it may speak of who has not filed."""

_WORD = re.compile(r"[^\W_]+")
_ASKING = frozenset(("gi", "ai", "may", "nao", "dau", "sao", "hoi", "xem", "who", "which", "what", "how", "when", "show"))


def announces(text: str) -> bool:
    """Whether it says something to others, or ends as a sentence does."""
    said = fold(text)
    return text.rstrip().endswith((".", "!", "…", ";")) or any(f" {words} " in f" {said} " for words in ANNOUNCING)


def reads_as_prose(text: str) -> bool:
    """Whether it is meant to be read by others. What is asked of the bot is short, or says that it asks."""
    text = text.strip()
    said = fold(text)
    count = len(_WORD.findall(said))
    if "\n" in text:
        return count >= SHORT_SENTENCE_WORDS
    if text.endswith("?"):
        return announces(text) and count >= SENTENCE_WORDS
    if announces(text):
        return count >= SHORT_SENTENCE_WORDS
    asks = bool(_ASKING.intersection(said.split())) or "bao nhieu" in said or said.endswith((" chua", " khong"))
    return count >= SENTENCE_WORDS and not asks
