"""What the bot can do: one file per capability. `handlers.registry` finds them; `kit/` is what they are written in."""
