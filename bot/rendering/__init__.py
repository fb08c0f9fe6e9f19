"""From a neutral Reply to the parts that one channel sends: `parts` for chats; texts, buttons, lines."""
