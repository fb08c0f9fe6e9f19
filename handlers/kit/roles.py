"""How roles are called, and where a post is held."""

from __future__ import annotations

from handlers.kit.message import Message, m, verbatim
from storage import units
from storage.connection import Snapshot

ROLE_NAMES: dict[str, Message] = {
    "officer": m("officer"),
    "leader": m("unit leader"),
    "verifier": m("verifier"),
    "secretary": m("secretary of the cluster"),
    "observer": m("observer"),
    "admin": m("administrator"),
}

ROLE_LABELS: dict[str, Message] = {
    "officer": m("Officer"),
    "leader": m("Unit leader"),
    "verifier": m("Verifier"),
    "secretary": m("Secretary of the cluster"),
    "observer": m("Observer"),
    "admin": m("Administrator"),
}
"""As they stand on a button."""


def post_name(read: Snapshot, unit_id: str | None, role: str) -> Message:
    """ "cán bộ, Lạng Sơn"; a role of the cluster stands alone."""
    if unit_id is None:
        return ROLE_NAMES[role]
    return m("{role}, {unit}", role=ROLE_NAMES[role], unit=verbatim(units.name_of(read, unit_id)))
