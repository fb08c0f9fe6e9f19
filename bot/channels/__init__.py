"""Channels: each file is one, and passes the same contract tests. What a channel can do is data (`base.Capabilities`)."""
