"""How a call of the Bot API fails: our own kinds, which the transport raises and the channel translates.

They stand for `telegram.error` without importing the library, which costs more than the rest of the start: it is loaded on first use
(`telegram_library`). No error carries an address (the token stands in it) or what people wrote.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from bot.channels.base import Blocked, Migrated, OutcomeUnknown, RateLimited, Refused, SendError, Unreachable

log = logging.getLogger(__name__)

GONE = ("chat not found", "user is deactivated", "bot was blocked", "bot was kicked", "have no rights to send", "peer_id_invalid")


class CallFailed(Exception):
    """A call was not answered as it should be."""


class NetworkError(CallFailed):
    """The way to the server, or the server, is out of order."""


class NotSent(NetworkError):
    """The server was not reached: the request surely had no effect."""


class Unknown(NetworkError):
    """The request went out, and no answer came that could be understood: perhaps it had an effect."""


class TimedOut(Unknown):
    """No answer in time."""


class BadRequest(CallFailed):
    """400: the request is refused for what it says."""


class Conflict(CallFailed):
    """409: somebody else takes the updates of the same token."""


class Forbidden(CallFailed):
    """403: the chat is closed to us."""


class InvalidToken(CallFailed):
    """401 or 404: there is no bot with this token."""


class ChatMigrated(CallFailed):
    """The group has another address now."""

    def __init__(self, new_chat_id: int) -> None:
        super().__init__("the group has moved")
        self.new_chat_id = new_chat_id


class TooMany(CallFailed):
    """429: Telegram asks for a pause."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("too many requests (429)")
        self.retry_after = retry_after


KINDS: dict[int, type[CallFailed]] = {400: BadRequest, 401: InvalidToken, 403: Forbidden, 404: InvalidToken, 409: Conflict}


def refusal(status: int, answer: object) -> CallFailed:
    """What an answer outside 200-299 means; ``answer`` is its JSON, or None where it had none."""
    if not isinstance(answer, dict) or not isinstance(parameters := answer.get("parameters") or {}, dict):
        return NetworkError(f"the server answered {status} without saying why")
    if isinstance(moved := parameters.get("migrate_to_chat_id"), int) and moved:
        return ChatMigrated(moved)
    if isinstance(seconds := parameters.get("retry_after"), int | float):
        return TooMany(float(seconds))
    try:
        phrase = f"{HTTPStatus(status).phrase} ({status})"
    except ValueError:
        phrase = f"the server answered {status}"
    return KINDS.get(status, NetworkError)(str(answer.get("description") or phrase))


def translated(error: Exception) -> SendError:
    """What the failure of a call means for the letter."""
    text = str(error).lower()
    match error:
        case TooMany():
            return RateLimited(error.retry_after)
        case ChatMigrated():
            return Migrated(str(error.new_chat_id))
        case Forbidden():
            return Blocked(str(error))
        case BadRequest():
            return Blocked(str(error)) if any(reason in text for reason in GONE) else Refused(str(error))
        case Unknown():
            return OutcomeUnknown(str(error))
        case CallFailed():
            return Unreachable(explain(error))
        case _:
            log.error("An answer of Telegram could not be understood: %s", type(error).__name__)
            return OutcomeUnknown("the answer could not be understood")


def explain(error: Exception) -> str:
    """The error in a sentence without addresses, and so without the token."""
    match error:
        case InvalidToken():
            return "the token is not accepted (401/404): check THIDUA_TELEGRAM_TOKEN"
        case Conflict() if "webhook" in str(error).lower():
            return "a webhook was set elsewhere with the same token (409); it is taken away"
        case Conflict():
            return "another program is polling with the same token (409): two instances? Only one of them gets each update"
        case TooMany() | NetworkError():
            return str(error)
        case _:
            return type(error).__name__
