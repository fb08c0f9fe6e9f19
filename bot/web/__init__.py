"""The web side: the demo's chat page and its server."""
