"""The service files: everything they name exists, and what a container is given is enough to run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.cli import COMMANDS
from bot.language import CATALOGUES
from bot.settings import NAMES

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
UNITS = sorted((*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")))
TEXTS = {path: path.read_text(encoding="utf-8") for path in sorted(DEPLOY.iterdir()) if path.is_file()}
PROGRAM = "/opt/thidua/.venv/bin/thidua"
OPTIONS = ("--help", "-h")


def unit(path: Path) -> RawConfigParser:
    parsed = RawConfigParser(strict=False)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(TEXTS[path])
    return parsed


def steps() -> list[list[str]]:
    """The instructions of the Containerfile, as words; continued lines are one."""
    text = TEXTS[DEPLOY / "Containerfile"].replace("\\\n", " ")
    return [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]


def test_every_file_is_told_of() -> None:
    readme = TEXTS[DEPLOY / "README.md"]
    assert [path.name for path in TEXTS if path.name != "README.md" and f"`{path.name}`" not in readme] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_settings_exist(path: Path) -> None:
    assert sorted(set(re.findall(r"THIDUA_[A-Z_]+", TEXTS[path])) - set(NAMES)) == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_commands_exist(path: Path) -> None:
    """`thidua WORD`, where WORD begins a command line: in code spans, indented blocks and ExecStart."""
    text = TEXTS[path]
    spans = [*re.findall(r"`([^`\n]+)`", text), *re.findall(r"^(?: {4,}|ExecStart=)(.+)$", text, re.MULTILINE)]
    words = {found for span in spans for found in re.findall(r"(?:^|/bin/|\s)thidua ([a-z]+)\b", span)}
    assert words <= set(COMMANDS)
    if path.name == "README.md":
        assert {"plan", "invite", "doctor", "backup", "restore"} <= words


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_files_of_the_checkout_exist(path: Path) -> None:
    named = set(re.findall(r"(?:/opt/thidua/)((?:deploy|bot|tests|locales|README)[\w./-]*)", TEXTS[path]))
    named |= set(re.findall(r"(?<![\w/.])(deploy/[\w.-]+)", TEXTS[path])) - {"deploy/thidua.env"}
    assert [each for each in sorted(named) if not (ROOT / each.rstrip(".")).exists()] == []


def test_files_that_the_program_recommends_exist() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in CATALOGUES.rglob("*.po"))
    assert [each for each in set(re.findall(r"deploy/[\w-]+(?:\.\w+)?", texts)) if not (ROOT / each).exists()] == []


def test_the_service_runs_as_documented() -> None:
    service = unit(DEPLOY / "thidua.service")["Service"]
    assert shlex.split(service["ExecStart"]) == [PROGRAM, "run"]
    assert (service["Type"], service["Restart"], service["KillSignal"]) == ("notify", "always", "SIGTERM")
    assert service["RestartPreventExitStatus"] == "2", "a wrong setting is not mended by starting again"
    assert int(service["TimeoutStopSec"]) > 10, "the program itself takes up to ten seconds"
    assert service["WorkingDirectory"] == "/var/lib/thidua"
    assert service["StateDirectory"] == "thidua"
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["UMask"]) == ("yes", "strict", "0077")
    backup = unit(DEPLOY / "thidua-backup.service")["Service"]
    assert shlex.split(backup["ExecStart"])[:2] == [PROGRAM, "backup"]
    assert backup["ExecStart"].endswith("/"), "a folder: dated backups, old ones let go"
    assert {backup[name] == service[name] for name in ("User", "Group", "WorkingDirectory", "UMask")} == {True}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for path in UNITS:
        (tmp_path / path.name).write_text(TEXTS[path].replace(PROGRAM, sys.executable), encoding="utf-8")
    words = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / path.name) for path in UNITS)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_container_copies_what_exists_and_nothing_private() -> None:
    copied = [word for step in steps() if step[0] == "COPY" and "--from" not in step[1] for word in step[1].split()[:-1]]
    assert [each for each in copied if not (ROOT / each).exists()] == []
    ignored = TEXTS[DEPLOY / "Containerfile.dockerignore"].splitlines()
    assert "*" in ignored
    assert sorted(line[1:] for line in ignored if line.startswith("!")) == sorted(set(copied))


def test_what_the_container_is_given_is_enough(tmp_path: Path) -> None:
    for each in {word for step in steps() if step[0] == "COPY" and "--from" not in step[1] for word in step[1].split()[:-1]}:
        source = ROOT / each
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / each)
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path), "THIDUA_DATABASE": str(tmp_path / "a.sqlite3"), "LANG": "C.UTF-8"}

    def thidua(*words: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-P", "-c", "import sys; from bot.cli import main; sys.exit(main())"]
        return subprocess.run([*program, *words], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)

    assert "cách dùng" in thidua("--help").stdout
    applied = thidua("plan", "apply", str(tmp_path / "bot" / "demo" / "data" / "2026"))
    assert applied.returncode == 0, applied.stderr
    assert "Các gói đúng phiên bản cố định" in thidua("doctor").stdout


def test_the_container_is_run_as_documented() -> None:
    given = {name: value for name, value in (step for step in steps() if len(step) == 2) if name not in ("RUN", "COPY", "FROM", "ENV")}
    assert given["STOPSIGNAL"] == "SIGTERM"
    assert given["USER"] == "10001:10001"
    assert given["ENTRYPOINT"] == '["/app/.venv/bin/thidua"]'
    assert given["CMD"] == '["run"]'
    assert "/healthz" in given["HEALTHCHECK"]
    assert all("--require-hashes" in step[1] or "--no-deps" in step[1] for step in steps() if "pip install" in step[1])
    tags = [step[1].split()[0] for step in steps() if step[0] == "FROM"]
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+", tag) for tag in tags)


def test_compose_and_container_agree() -> None:
    service = YAML(typ="safe").load(TEXTS[DEPLOY / "compose.yaml"])["services"]["thidua"]
    environment = dict(pair.split("=", 1) for step in steps() if step[0] == "ENV" for pair in step[1].split())
    assert service["environment"] == {name: value for name, value in environment.items() if name.startswith("THIDUA_")}
    assert (ROOT / "deploy" / service["build"]["context"] / service["build"]["dockerfile"]).resolve() == DEPLOY / "Containerfile"
    assert int(service["stop_grace_period"].removesuffix("s")) > 10
    assert {volume.partition(":")[2] for volume in service["volumes"]} == {"/data", "/backups"}


def test_the_proxies_lead_to_the_address_of_the_web_side() -> None:
    assert "reverse_proxy 127.0.0.1:8080" in TEXTS[DEPLOY / "Caddyfile"]
    assert "proxy_pass http://127.0.0.1:8080" in TEXTS[DEPLOY / "nginx.conf"]
    assert "access_log off" in TEXTS[DEPLOY / "nginx.conf"]


def test_the_administrators_command_is_a_sound_script() -> None:
    assert subprocess.run(["sh", "-n", str(DEPLOY / "thidua.sh")], check=False).returncode == 0
    assert os.access(DEPLOY / "thidua.sh", os.X_OK)
