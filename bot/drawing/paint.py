"""A program of its own that paints: SVG in, PNG out. ``python -I paint.py FONT_FILE…``

resvg keeps Python's lock while it paints, a sixth of a second for a whole ranking: within the bot everybody would wait, in a thread as
well. Here nobody does, a defect in its native code ends nothing but this, and its memory is given back.
"""

from __future__ import annotations

import contextlib
import os
import sys

import resvg_py

POLITE = 10
"""Officers who wait for a text come first."""


def main() -> None:
    with contextlib.suppress(OSError):
        os.nice(POLITE)
    svg = sys.stdin.buffer.read().decode()
    sys.stdout.buffer.write(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=sys.argv[1:]))


if __name__ == "__main__":
    main()
