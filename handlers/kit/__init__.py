"""What handlers are written in: Message, Reply, Turn, Command, Dialogue, and how an input finds its handler."""
