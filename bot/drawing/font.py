"""The letters of a TrueType font: how wide each one is, and which ones it has. Only what laying out a line needs."""

from __future__ import annotations

import struct
import unicodedata
from functools import cache
from pathlib import Path

FAMILY = "Be Vietnam Pro"
INSTEAD = "·"
"""Stands for a letter that the font does not have: a box would look like a defect."""


class Font:
    """One weight. Raises ValueError (struct.error, KeyError) for what is no font of this kind."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        (count,) = struct.unpack_from(">H", data, 4)
        tables = {data[at : at + 4]: struct.unpack_from(">I", data, at + 8)[0] for at in range(12, 12 + 16 * count, 16)}
        self._em: int = struct.unpack_from(">H", data, tables[b"head"] + 18)[0]
        (metrics,) = struct.unpack_from(">H", data, tables[b"hhea"] + 34)
        advances = struct.unpack_from(">" + "Hh" * metrics, data, tables[b"hmtx"])[::2]
        self._widths: dict[str, int] = {
            chr(code): advances[min(glyph, metrics - 1)] for code, glyph in _glyphs(data, tables[b"cmap"]).items() if glyph
        }
        self._letters = set(self._widths)

    def has(self, letter: str) -> bool:
        return letter in self._widths

    def drawable(self, text: str) -> str:
        """The text as it is drawn: composed, on one line, and nothing in it that the font lacks."""
        composed = unicodedata.normalize("NFC", " ".join(text.split()))
        lacking = set(composed) - self._letters
        return "".join(INSTEAD if letter in lacking else letter for letter in composed) if lacking else composed

    def width(self, text: str, size: float) -> float:
        """Of a text that is `drawable`, in pixels."""
        return sum(map(self._widths.__getitem__, text)) * size / self._em

    def lines(self, text: str, size: float, width: float, most: int) -> list[str]:
        """The text broken between words into lines no wider than that; what does not go into ``most`` lines ends with "…"."""
        whole = self.drawable(text)
        if self.width(whole, size) <= width:
            return [whole] if whole else []
        lines: list[str] = []
        for word in whole.split():
            for piece in self._pieces(word, size, width):
                longer = f"{lines[-1]} {piece}" if lines else piece
                if lines and self.width(longer, size) <= width:
                    lines[-1] = longer
                else:
                    lines.append(piece)
        if len(lines) > most:
            last = lines[most - 1]
            while last and self.width(f"{last}…", size) > width:
                last = last[:-1]
            lines[most - 1 :] = [f"{last.rstrip()}…"]
        return lines

    def _pieces(self, word: str, size: float, width: float) -> list[str]:
        """A word; one that is wider than a line in pieces that are not."""
        pieces = [""]
        for letter in word:
            if pieces[-1] and self.width(pieces[-1] + letter, size) > width:
                pieces.append("")
            pieces[-1] += letter
        return pieces


def _glyphs(data: bytes, table: int) -> dict[int, int]:
    """Code point -> glyph: the segments of the table's Unicode part (format 4, the basic plane)."""
    (count,) = struct.unpack_from(">H", data, table + 2)
    records = (struct.unpack_from(">HHI", data, table + 4 + 8 * each) for each in range(count))
    start = next((table + at for platform, encoding, at in records if (platform, encoding) in ((3, 1), (0, 3))), None)
    if start is None or struct.unpack_from(">H", data, start)[0] != 4:
        raise ValueError("no font with a Unicode table of format 4")
    segments = struct.unpack_from(">H", data, start + 6)[0] // 2
    ends, begins, deltas, offsets = (
        struct.unpack_from(f">{segments}H", data, start + at) for at in
        (14, 16 + 2 * segments, 16 + 4 * segments, 16 + 6 * segments)
    )  # fmt: skip
    glyphs: dict[int, int] = {}
    for each in range(segments):
        for code in range(begins[each], min(ends[each], 0xFFFE) + 1):
            if offsets[each] == 0:
                glyphs[code] = (code + deltas[each]) & 0xFFFF
            else:
                at = start + 16 + 6 * segments + 2 * each + offsets[each] + 2 * (code - begins[each])
                glyph = struct.unpack_from(">H", data, at)[0]
                glyphs[code] = (glyph + deltas[each]) & 0xFFFF if glyph else 0
    return glyphs


def files() -> dict[str, Path]:
    """The files of the weights that are used, by CSS weight."""
    from fontpkg_be_vietnam_pro import ROOT

    return {weight: Path(ROOT) / "files" / f"BeVietnamPro-{name}.ttf" for weight, name in (("500", "Medium"), ("700", "Bold"))}


@cache
def fonts() -> tuple[Font, Font]:
    """(usual, bold), read on first use."""
    usual, bold = (Font(path) for path in files().values())
    return usual, bold
