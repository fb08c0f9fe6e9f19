"""A fact is absent until its source knows it."""

from __future__ import annotations

from bot.facts import Facts


def test_a_fact_appears_when_it_becomes_known() -> None:
    name = [""]
    facts = Facts({"bot_link": lambda: name[0] and f"https://t.me/{name[0]}", "public_url": lambda: ""})
    assert facts.get("bot_link") is None
    assert dict(facts) == {}
    name[0] = "thidua_bot"
    assert dict(facts) == {"bot_link": "https://t.me/thidua_bot"}
    assert len(facts) == 1
