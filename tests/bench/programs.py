"""Programs under measurement, each as a process of its own, and the fake platform they talk to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from tests.bench import cluster

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OURS = Path(sys.executable).parent / "thidua"
YARDSTICKS = Path(sys.executable).parent.parent / "yardsticks" / "bin" / "python"
NAMES = {"ours": "thidua", "ptb": "bare PTB echo", "aiogram": "aiogram echo"}


class Talk:
    """The fake platform's process."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process = process
        self.root = f"http://127.0.0.1:{port}"

    async def ask(self, do: str, **values: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **values}).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the fake platform has ended")
        return dict(json.loads(line))


@contextlib.asynccontextmanager
async def platform() -> AsyncIterator[Talk]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.fake_api", cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield Talk(process, int(await process.stdout.readline()))
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def started(
    name: str, talk: Talk, folder: Path, settings: Mapping[str, str] | None = None, database: Path | None = None
) -> AsyncIterator[tuple[int, float]]:
    """A program that has begun to poll: its process id, and the seconds it took. Ours works on a fresh copy of the cluster."""
    # Compiled modules are kept, as where a program is installed.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("THIDUA_") and key != "PYTHONDONTWRITEBYTECODE"}
    if name == "ours":
        path = database or await cluster.copy(cluster.COMMUNES, folder / "bench.sqlite3")
        environment |= {
            "THIDUA_DATABASE": str(path), "THIDUA_TELEGRAM_TOKEN": "7:bench", "THIDUA_TELEGRAM_API": talk.root,
            "THIDUA_LOG": "WARNING", **(settings or {}),
        }  # fmt: skip
        command = [str(OURS), "run"]
    else:
        command = [str(YARDSTICKS), str(HERE / "yardsticks" / f"echo_{name}.py"), talk.root]
    await talk.ask("expect")
    with (folder / f"{name}.log").open("ab") as log:
        began = time.time()
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            answer = await talk.ask("polled", seconds=40)
            if "at" not in answer:
                raise RuntimeError(f"{name} did not begin to poll:\n{(folder / f'{name}.log').read_text(encoding='utf-8')[-2000:]}")
            yield process.pid, answer["at"] - began
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(12):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def figures(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What a program of the bench prints as JSON."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.bench.{module}", *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    out, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{module} ended with {process.returncode}")
    return dict(json.loads(out))
