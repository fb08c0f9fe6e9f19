"""Files as officers' programs write them: UTF-8 with or without BOM, Windows-1258, UTF-16; commas, semicolons or tabs; LF or CRLF."""

from __future__ import annotations

import codecs
import csv
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.plan.findings import Findings
from handlers.kit.message import m

LARGEST = 64 * 1024 * 1024
"""Bytes; a plan for 3,321 communes is far below."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record with the line of its first character; cells by column name, trimmed."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file: its header (line and columns) and its records. ``semicolons``: written by a program that uses decimal commas."""

    name: str
    header_line: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    semicolons: bool


def read_text(path: Path, name: str, findings: Findings) -> str | None:
    """The file's text in NFC with LF line ends; None (and a finding) when it cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            findings.error(name, 0, m("the file is too large"))
            return None
        raw = path.read_bytes()
    except OSError:
        findings.error(name, 0, m("the file cannot be read"))
        return None
    text = _decoded(raw, name, findings)
    if text is None:
        return None
    if "\0" in text:
        findings.error(name, 1, m("this is not a text file"))
        return None
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def _decoded(raw: bytes, name: str, findings: Findings) -> str | None:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError:
            findings.error(name, 0, m("the file is neither UTF-8 nor Windows-1258"))
            return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
    try:
        text = raw.decode("cp1258")
    except UnicodeDecodeError:
        findings.error(name, line, m("the file is neither UTF-8 nor Windows-1258"))
        return None
    findings.warn(name, line, m("the file is not UTF-8; it was read as Windows-1258. Check the names"))
    return text


def read_csv(path: Path, name: str, findings: Findings, required: tuple[str, ...] = ()) -> CsvFile | None:
    """The records of a CSV file; None (and findings) when it has no usable header. Faulty records are left out, each with a finding."""
    text = read_text(path, name, findings)
    return None if text is None else parse_csv(text, name, findings, required)


def parse_csv(text: str, name: str, findings: Findings, required: tuple[str, ...] = ()) -> CsvFile | None:
    """As `read_csv`, from text."""
    records = list(_records(text, name, findings))
    if not records:
        findings.error(name, 1, m("the file is empty"))
        return None
    header_line, header = records[0]
    delimiter = max((",", ";", "\t"), key=header.count)
    cells = _cells(header, delimiter)
    if cells is None:
        findings.error(name, header_line, m("the quotation marks do not fit together"))
        return None
    columns = tuple(cell.strip() for cell in cells)
    sound = True
    for column in dict.fromkeys(each for each in columns if columns.count(each) > 1):
        findings.error(name, header_line, m("the column {column} stands there twice", column=column or '""'))
        sound = False
    for column in required:
        if column not in columns:
            findings.error(name, header_line, m("the column {column} is missing", column=column))
            sound = False
    if not sound:
        return None
    rows = tuple(_rows(records[1:], columns, delimiter, name, findings))
    return CsvFile(name, header_line, columns, rows, delimiter == ";")


def _records(text: str, name: str, findings: Findings) -> Iterator[tuple[int, str]]:
    """(line, record): physical lines joined while a quote is open; comments and empty lines left out.

    A line is looked at once, however far away the closing quote is.
    """
    lines: list[str] = []
    start, quoted = 0, False
    for number, line in enumerate(text.split("\n"), start=1):
        if not lines:
            if not line.strip(" \t,;") or line.lstrip().startswith("#"):
                continue
            start = number
        lines.append(line)
        quoted ^= line.count('"') % 2 == 1
        if not quoted:
            yield start, "\n".join(lines)
            lines = []
    if lines:
        findings.error(name, start, m("a quotation mark is opened and never closed"))


def _cells(record: str, delimiter: str) -> list[str] | None:
    """The cells of a record; None when its quotation marks stand where they cannot."""
    try:
        return next(csv.reader([record], delimiter=delimiter), [])
    except csv.Error:
        return None


def _rows(
    records: list[tuple[int, str]], columns: tuple[str, ...], delimiter: str, name: str, findings: Findings
) -> Iterator[Row]:
    for line, record in records:
        raw = _cells(record, delimiter)
        if raw is None:
            findings.error(name, line, m("the quotation marks do not fit together"))
            continue
        cells = [cell.strip().replace("\xa0", " ") for cell in raw]
        if any(cells[len(columns) :]):
            findings.error(
                name, line, m("{count} cells, but the header has {columns} columns", count=len(cells), columns=len(columns))
            )
            continue
        formula = next((index for index, cell in enumerate(cells) if cell.startswith("=")), None)
        if formula is not None:
            findings.error(
                name, line,
                m("{column}: a formula ({cell}) instead of a value. Save values only", column=columns[formula], cell=cells[formula][:40]),
            )  # fmt: skip
            continue
        yield Row(line, dict(zip(columns, cells, strict=False)))
