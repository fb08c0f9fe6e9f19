"""The outside: process, settings, channels, inbox, outbox, clock, web, rendering, language, plan files, demo."""
