"""What an answer of Zalo means, judged in one place: for the channel, which acts on it, and for the doctor, which tells of it."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["done", "token", "quota", "disorder", "unclear", "no"]
"""Done; the token is not accepted; the month's messages are used up; the platform is out of order; no sense in it; it will not do it."""

FORBIDDEN, NOT_FOUND, QUOTA = 403, 404, 429
TOKEN_REFUSED = (401, NOT_FOUND)


def verdict(status: int, ok: bool | None, code: int | None = None) -> Verdict:
    """``status`` of HTTP; ``ok`` and ``code`` as the document says (None: it does not, or it is none). ``ok: false`` may come with 200."""
    if ok is None:
        return "token" if status in TOKEN_REFUSED else "unclear"       # a wrong token is told without a document too
    if ok and status < 300:
        return "done"
    told = status if code is None else code
    if told in TOKEN_REFUSED:
        return "token"
    if told == QUOTA:
        return "quota"
    return "disorder" if told == FORBIDDEN or told >= 500 else "no"


def no_webhook(status: int, ok: bool | None, code: int | None = None, url: object = None) -> bool:
    """Whether this answer of getWebhookInfo says that none is set. Zalo may say so by 404, though getMe shows that the token is good."""
    judged = verdict(status, ok, code)
    return (judged == "done" and not url) or (judged == "token" and (status if code is None else code) == NOT_FOUND)
