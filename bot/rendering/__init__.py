"""From a neutral Reply to the parts that one channel sends: `parts` for chats; texts, buttons, lines."""

from bot.rendering.parts import Link, render

__all__ = ["Link", "render"]
