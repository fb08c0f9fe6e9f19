"""What the sender (`bot.sender`) is made of: the letters that wait, a letter's way to its chat, and what a failure means for it."""
