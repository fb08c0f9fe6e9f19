"""From a neutral Reply to the parts that one channel sends: `parts` for chats; texts, buttons, lines."""

from bot.rendering.parts import render

__all__ = ["render"]
