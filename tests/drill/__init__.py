"""Drills: the bot as a process of its own, killed, cut off and starved under load, and what must hold afterwards."""
