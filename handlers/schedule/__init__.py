"""What deadlines, reminders and progress share: the year's events as dated things, duties planned from them, and the tick."""
