"""Whether a server was reached, told apart by where the way ends; the same for every platform."""

from __future__ import annotations

import os
from collections.abc import Iterable

from bot.doctor.asking import Answers
from bot.doctor.finding import Finding, fine, note, serious
from handlers.kit.message import m

PROXIES = ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")


def reached(answers: Answers, name: str) -> Iterable[Finding]:
    """One finding about the way to the server, and one about a proxy that is set and not used."""
    host = answers.host
    match answers.problem:
        case "":
            yield fine(m("{host} answers.", host=host))
            return
        case "name":
            yield serious(
                m("The name {host} cannot be resolved (DNS).", host=host),
                m("Check the machine's name server (/etc/resolv.conf); if other names work, the name is blocked in this network."),
            )
        case "connection":
            yield serious(
                m("{host} cannot be connected to: nobody listens, or a firewall or the carrier blocks it.", host=host),
                m("Let the firewall allow outgoing connections to {host}; try from another network.", host=host),
            )
        case "certificate":
            yield serious(
                m("The certificate of {host} is not accepted.", host=host),
                m("A device in between opens TLS, or the certificates of this machine are old: exempt the host, update ca-certificates."
                  " Check the date as well."),
            )  # fmt: skip
        case "silence":
            yield serious(
                m("{host} takes the connection and does not answer in time.", host=host),
                m("Try again in a minute; if it stays so, the network holds the traffic back: try from another network."),
            )
        case "garbage":
            yield serious(
                m("{host} answers with something that is not the API of {name}.", host=host, name=name),
                m("A proxy or a log-in page of the network answers instead, or the address in the settings is wrong."),
            )
    if any(os.environ.get(each) for each in PROXIES):
        yield note(
            m("A proxy stands in the environment; the bot connects directly and does not use it."),
            m("Allow the direct connection, or run a Bot API server that is reachable (THIDUA_TELEGRAM_API)."),
        )
