"""What a broadcast is made of: its audience, its letter, the dialogue that composes it, its sending and what became of it."""
