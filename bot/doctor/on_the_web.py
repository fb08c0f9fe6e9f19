"""The public address: does it lead to our web side?"""

from __future__ import annotations

from collections.abc import Iterable

from bot.doctor.asking import Answers
from bot.doctor.context import Context
from bot.doctor.finding import Finding, Group, fine, note, serious, warning
from handlers.kit.message import m


def public_address(context: Context) -> Iterable[Finding]:
    """Asked for /healthz, from this machine; a network that does not lead back to itself may answer differently from outside."""
    settings, answers = context.settings, context.public
    if settings.web is None and settings.public_url is None:
        yield note(m("The web side is off (THIDUA_WEB): no webhook, no pages, no health check."))
    if answers is None:
        return
    if context.holder is None:
        yield note(m("The bot is not running, so its public address was not judged."))
    elif answers.problem:
        yield _unreached(answers)
    elif answers.me.status == 200:
        yield fine(m("{host} leads to the bot.", host=answers.host))
    else:
        yield warning(
            m("{host}/healthz answers {status}.", host=answers.host, status=str(answers.me.status)),
            m("The reverse proxy must forward to THIDUA_WEB; if it does, look into the bot's log."),
        )


def _unreached(answers: Answers) -> Finding:
    """Why the public address was not reached. Officers' browsers and the platforms meet the same."""
    host = answers.host
    match answers.problem:
        case "name":
            return serious(
                m("The name {host} (THIDUA_PUBLIC_URL) is not known.", host=host),
                m("Have it entered in the DNS with the address of this machine, or mend THIDUA_PUBLIC_URL."),
            )
        case "certificate":
            return serious(
                m("The certificate of {host} (THIDUA_PUBLIC_URL) is not trusted.", host=host),
                m("It is expired, for another name, self-signed, or sent without its intermediate certificates (fullchain.pem): officers'"
                  " browsers and the platforms refuse it too. Renew it; Caddy fetches one of its own accord."),
            )  # fmt: skip
        case "garbage":
            return serious(
                m("{host} (THIDUA_PUBLIC_URL) breaks off, or does not speak HTTP.", host=host),
                m("Does another program listen there? The reverse proxy must speak TLS and forward to THIDUA_WEB (deploy/Caddyfile)."),
            )
        case _:
            return serious(
                m("{host} (THIDUA_PUBLIC_URL) does not answer.", host=host),
                m("Check the firewall and the reverse proxy: it must forward to THIDUA_WEB (deploy/Caddyfile)."),
            )


def own_health(context: Context) -> Iterable[Finding]:
    """What the running bot says of itself: it knows of a second poller, of a disk that refuses, of a tick that hangs."""
    answers = context.own
    if answers is None:
        return
    if answers.problem:
        yield serious(
            m("The bot runs, but its web side does not answer at {host}.", host=answers.host),
            m("Do these settings belong to the running bot? If they do, restart it and look into its log."),
        )
        return
    failed = answers.me.result.get("failed")
    names = tuple(str(each)[:40] for each in failed[:8]) if isinstance(failed, list) else ()
    if answers.me.status == 200 and not names:
        yield fine(m("The running bot says that it is well."))
    else:
        yield serious(
            m("The running bot says that something is wrong: {failed}", failed=names or (str(answers.me.status),)),
            m("channel: the platform is not reached, or another program takes its updates (409 in the log); writer: the disk is full or"
              " the database locked; tick: restart the bot."),
        )  # fmt: skip


GROUP = Group(m("Web side"), (own_health, public_address), needs="answers")
