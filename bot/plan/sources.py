"""Files as officers' programs write them: UTF-8 with or without BOM, Windows-1258, UTF-16; commas, semicolons or tabs; LF or CRLF."""

from __future__ import annotations

import codecs
import csv
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from bot.plan.findings import Finding, Findings
from bot.plan.keys import Keys, strange_columns
from handlers.kit.message import Number, m

MEGABYTE = 1_000_000
LARGEST_TABLE, LARGEST_TEXT = 16, 1
"""Megabytes of a CSV and of a YAML file. A figure of each of 3,321 communes for each of 40 criteria takes five; a whole calendar 0.02.
What is larger is a mistake, and would take a gigabyte of memory to be told so."""

_TOO_MANY = m("{count} cells, but the header has {columns} columns").msgid
_MANY = 4
"""Delimiters in a line of a note from which on it is taken for a row of the file."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record with the line of its first character; its cells are trimmed. ``places``: column -> its place, of the whole file."""

    line: int
    places: Mapping[str, int]
    cells: tuple[str, ...]

    def __getitem__(self, column: str) -> str:
        """What stands in a column; empty where the file has no such column."""
        place = self.places.get(column)
        return "" if place is None or place >= len(self.cells) else self.cells[place]


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file: its header (line and columns) and its records. ``semicolons``: written by a program that uses decimal commas.

    ``faults``: what is wrong with its other records.
    """

    name: str
    header_line: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    semicolons: bool
    faults: tuple[Finding, ...] = ()


def read_text(path: Path, name: str, findings: Findings, largest: int = LARGEST_TEXT) -> str | None:
    """The file's text in NFC with LF line ends; None (and a finding) when it cannot be read. ``largest``: in megabytes."""
    try:
        size = path.stat().st_size
        if size > largest * MEGABYTE:
            shown = Number(Decimal(size) / MEGABYTE, 1)
            findings.error(name, 0, m("the file has {size} MB; at most {largest} MB are read", size=shown, largest=largest))
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


def read_csv(
    path: Path, name: str, findings: Findings, keys: Keys, required: tuple[str, ...], *, may_be_empty: bool = False
) -> CsvFile | None:
    """The records of a CSV file; None (and findings) when it has no usable header. Faulty records are left out, each with a finding.

    ``keys``: the columns that it may have. ``may_be_empty``: a header without rows is only pointed out.
    """
    file = open_csv(path, name, findings)
    return None if file is None else checked(file, findings, keys, required, may_be_empty=may_be_empty)


def open_csv(path: Path, name: str, findings: Findings) -> CsvFile | None:
    """A CSV file whatever columns it has."""
    text = read_text(path, name, findings, LARGEST_TABLE)
    return None if text is None else parse_csv(text, name, findings)


def checked(
    file: CsvFile, findings: Findings, keys: Keys, required: tuple[str, ...], *, may_be_empty: bool = False
) -> CsvFile | None:
    """The file with the rows that can be used, beside the columns it should have; None when it lacks one; see `read_csv`."""
    for each in strange_columns(file.columns, keys):
        (findings.warn if each.warning else findings.error)(file.name, file.header_line, each.message)
    missing = [column for column in required if column not in file.columns]
    for column in missing:
        findings.error(file.name, file.header_line, m("the column {column} is missing", column=column))
    if missing:
        return None     # and no word of the rows, which cannot fit such a header
    findings.found += file.faults
    if not file.rows and not file.faults:
        (findings.warn if may_be_empty else findings.error)(file.name, file.header_line, m("the file has a header and no rows"))
    short = {row.line: cut for row in file.rows if (cut := _missing(row, file.columns, keys))}
    for row in file.rows if len(short) < len(file.rows) else file.rows[:1]:    # where all are cut short, the header is too long
        if row.line in short:
            text = m("the row has only {count} cells; missing: {missing}", count=len(row.cells), missing=short[row.line])
            findings.error(file.name, row.line, text)
    return replace(file, rows=tuple(row for row in file.rows if row.line not in short))


def _missing(row: Row, columns: tuple[str, ...], keys: Keys) -> tuple[str, ...]:
    """The columns that mean something and that a row lacks: cut short, it would take values away without a word."""
    return tuple(column for column in columns[len(row.cells) :] if keys.means(column))


def parse_csv(text: str, name: str, findings: Findings) -> CsvFile | None:
    """A CSV file from text, whatever columns it has."""
    faults = Findings()
    records = list(_records(text, name, faults))
    if not records:
        if not faults.found:
            faults.error(name, 1, m("the file is empty"))
        findings.found += faults.found
        return None
    header_line, header = records[0]
    delimiter = max((",", ";", "\t"), key=header.count)
    cells = _cells(header, delimiter)
    if cells is None:
        findings.error(name, header_line, m("the quotation marks do not fit together"))
        return None
    columns = tuple(cell.strip() for cell in cells)
    twice = [column for column, count in Counter(columns).items() if count > 1]
    for column in twice:
        findings.error(name, header_line, m("the column {column} stands there twice", column=column or '""'))
    if twice:
        return None
    rows = tuple(_rows(records[1:], columns, delimiter, name, faults))
    if not rows and all(each.message.msgid == _TOO_MANY for each in faults.found):
        del faults.found[1:]    # no row fits: the header is at fault, not each of them
    return CsvFile(name, header_line, columns, rows, delimiter == ";", tuple(faults.found))


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
    places = {column: place for place, column in enumerate(columns)}
    for line, record in records:
        raw = _cells(record, delimiter)
        if raw is None:
            findings.error(name, line, m("the quotation marks do not fit together"))
            continue
        cells = tuple(cell.strip().replace("\xa0", " ") for cell in raw)
        end = line + record.count("\n")
        if any(cells[len(columns) :]):
            text = m("{count} cells, but the header has {columns} columns", count=len(cells), columns=len(columns))
            if end > line:
                text = m("a quotation mark is opened here and closed only in line {line}", line=str(end))
            findings.error(name, line, text)
            continue
        if end > line and _swallowed(record, delimiter, len(columns)):
            findings.error(name, line, m("a quotation mark is opened here and closed only in line {line}", line=str(end)))
            continue
        formula = next((index for index, cell in enumerate(cells) if cell.startswith("=")), None)
        if formula is not None:
            findings.error(
                name, line,
                m("{column}: a formula ({cell}) instead of a value. Save values only", column=columns[formula], cell=cells[formula][:40]),
            )  # fmt: skip
            continue
        yield Row(line, places, cells[: len(columns)])


def _swallowed(record: str, delimiter: str, columns: int) -> bool:
    """Whether a quoted cell of several lines holds what looks like further rows."""
    _, *inner, last = record.split("\n")
    return any(each.count(delimiter) >= max(columns - 1, _MANY) for each in (*inner, last.partition('"')[0]))
