"""What the operating system says of a process and of the machine (Linux's /proc)."""

from __future__ import annotations

import os
import platform
import sqlite3
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def peak_memory(pid: int) -> float:
    """The most memory a process ever had resident, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def facts() -> str:
    """One line: processor, cores, memory, load, versions."""
    cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(":")[2].strip() for line in cpus if line.startswith("model name")), platform.processor())
    memory = int(Path("/proc/meminfo").read_text(encoding="ascii").split()[1]) / 1024 / 1024
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.1f} GB, load {os.getloadavg()[0]:.1f}; {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )
