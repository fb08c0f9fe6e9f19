"""All signed pages as routes, for `thidua run` and the demo alike."""

from __future__ import annotations

from aiohttp import web

from bot.application import Application
from bot.web import chat, downloads, landing, report_form, uploads
from bot.web.pages import Site


def routes(application: Application, public_url: str) -> list[web.RouteDef]:
    """The pages of an application whose public address is ``public_url``."""
    site = Site(application, public_url)
    signed = [routes_of(site) for routes_of in (landing.routes, downloads.routes, uploads.routes, report_form.routes)]
    return [*(route for routes in signed for route in routes), *chat.routes(application, public_url)]
