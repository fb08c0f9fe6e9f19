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

from bot.cli import COMMANDS, _parser
from bot.language import CATALOGUES, Language
from bot.settings import DEFAULT_ZONE, NAMES
from bot.web import uploads

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
DOCS = (ROOT / "docs" / "operations.md", ROOT / "docs" / "vi" / "van-hanh.md")
UNITS = sorted((*DEPLOY.glob("*.service"), *DEPLOY.glob("*.timer")))
TEXTS = {path: path.read_text(encoding="utf-8") for path in (*sorted(DEPLOY.iterdir()), *DOCS) if path.is_file()}
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
    assert [path.name for path in TEXTS if path.parent == DEPLOY and path.name != "README.md" and f"`{path.name}`" not in readme] == []


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
    if path in DOCS:
        assert {"plan", "invite", "doctor", "backup", "restore", "results", "standings"} <= words


def told(path: Path) -> list[str]:
    """What an operator is told to type: the lines of indented blocks without their comments, and whole commands in code spans."""
    text = TEXTS[path]
    blocks = [line.split("  #")[0].strip() for line in re.findall(r"^ {4,}(\S.*)$", text, re.MULTILINE)]
    spans = [span for span in re.findall(r"`([^`\n]+)`", text) if re.match(r"(thidua|systemctl|journalctl|make|docker|rm) \S", span)]
    return [part.strip() for each in (*blocks, *spans) for part in each.split("&&")]


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_each_command_that_an_operator_is_told_can_be_typed_as_it_stands(path: Path) -> None:
    """`thidua` by its own parser; everything else by what it names: targets, units, files of the checkout, services."""
    services = YAML(typ="safe").load(TEXTS[DEPLOY / "compose.yaml"])["services"]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    units = {unit.name for unit in UNITS} | {unit.stem for unit in UNITS if unit.suffix == ".service"}
    seen = set()
    for line in told(path):
        words = shlex.split(line)
        seen.add(words[0])
        match words[0]:
            case "thidua" | "thidua-tuyenquang":
                _parser(Language.load("en"), words[1])[0].parse_args(words[1:])
            case "make":
                assert words[1:-1] in ([], ["-C", "/opt/thidua"]), line
                assert words[-1] in targets, line
            case "systemctl":
                named = {re.sub(r"@\w+", "@", word) for word in words[2:] if not word.startswith("-")}
                assert named <= units, line
            case "docker" if "compose" in words:
                assert (ROOT / words[3]).is_file(), line
                assert words[4] in ("build", "up", "run", "exec", "logs"), line
                asked = [word for word in words[5:] if word in services or word in COMMANDS]
                if words[4] in ("run", "exec"):
                    assert asked[0] in services, line
                    command = words[words.index(asked[0]) + 1 :]
                    command = command[1:] if command[0] == "/app/.venv/bin/thidua" else command
                    _parser(Language.load("en"), command[0])[0].parse_args(command)
            case "install" | "cp" | "git" | "editor" | "useradd" | "apt-get" | "umask" | "ln" | "chown" | "journalctl" | "rm":
                files = [word.removeprefix("/opt/thidua/") for word in words if word.startswith("/opt/thidua/")]
                assert [each for each in files if not (ROOT / each).exists()] == [], line
            case _:
                raise AssertionError(f"not known: {line}")
    assert {"thidua", "make", "systemctl", "docker", "install", "useradd", "thidua-tuyenquang"} <= seen


def test_both_languages_tell_the_same_commands() -> None:
    """Word for word, but for what is to be filled in and for remarks."""
    placeholders = re.compile(r"ADDRESS-OF-THE-REPOSITORY|ĐỊA_CHỈ_KHO_MÃ_NGUỒN|WRITTEN-DOWN|MÃ_ĐÃ_GHI")
    english, vietnamese = ([placeholders.sub("…", line) for line in told(path)] for path in DOCS)
    assert [line for line in vietnamese if line not in english] == []
    assert [line for line in english if line not in vietnamese and not line.startswith("podman")] == []
    titles = [len(re.findall(r"^## ", TEXTS[path], re.MULTILINE)) for path in DOCS]
    assert titles[0] == titles[1] > 10


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_files_of_the_checkout_exist(path: Path) -> None:
    named = set(re.findall(r"(?:/opt/thidua/)((?:deploy|docs|bot|tests|locales|README)[\w./@-]*)", TEXTS[path]))
    named |= set(re.findall(r"(?<![\w/.])(deploy/[\w.@-]+)", TEXTS[path])) - {"deploy/thidua.env"}
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
    assert unit(DEPLOY / "thidua.service")["Unit"]["StartLimitIntervalSec"] == "0", "a network that is away for a day is waited for"
    backup = unit(DEPLOY / "thidua-backup.service")["Service"]
    assert shlex.split(backup["ExecStart"])[:2] == [PROGRAM, "backup"]
    assert backup["ExecStart"].endswith("/"), "a folder: dated backups, old ones let go"
    assert {backup[name] == service[name] for name in ("User", "Group", "WorkingDirectory", "UMask")} == {True}


def test_the_backup_is_made_in_the_clusters_night() -> None:
    """The machine may keep UTC: half past two there is half past nine in the morning in Viet Nam."""
    timer = unit(DEPLOY / "thidua-backup.timer")["Timer"]
    assert timer["OnCalendar"].split()[1:] == ["02:30:00", DEFAULT_ZONE]


def test_a_further_cluster_has_a_user_and_a_folder_of_its_own_and_is_otherwise_the_same() -> None:
    one, other = unit(DEPLOY / "thidua.service"), unit(DEPLOY / "thidua@.service")
    differing = {
        (section, name): other[section][name] for section in one.sections() for name in one[section]
        if one[section][name] != other[section][name]
    }  # fmt: skip
    assert {name: value for (section, name), value in differing.items() if section == "Service"} == {
        "User": "thidua-%i", "Group": "thidua-%i", "WorkingDirectory": "/var/lib/thidua-%i", "StateDirectory": "thidua-%i",
    }  # fmt: skip
    assert {section for section, name in differing if name != "Description"} == {"Service"}
    assert {section: list(one[section]) for section in one.sections()} == {section: list(other[section]) for section in other.sections()}


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
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / (each if source.is_dir() else source.name))
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
    assert given["ENTRYPOINT"] == '["/app/container.sh"]'
    assert given["CMD"] == '["run"]'
    assert "/healthz" in given["HEALTHCHECK"]
    assert all("--require-hashes" in step[1] or "--no-deps" in step[1] for step in steps() if "pip install" in step[1])
    assert {step[1].split()[0] for step in steps() if step[0] == "FROM"} == {"${PYTHON}"}
    assert re.fullmatch(r"PYTHON=python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", given["ARG"]), "by digest: the same bytes for all"


def test_the_server_is_installed_by_the_same_two_lines_everywhere_and_without_development_tools() -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ninstall:")[2].partition("\n\n")[0]
    container = TEXTS[DEPLOY / "Containerfile"]

    def lines(text: str) -> list[set[str]]:
        dropped = {"--quiet", "--no-cache-dir", "--disable-pip-version-check", "\\"}
        return [set(each.split()) - dropped for each in re.findall(r"pip install (.*)", text)]

    assert lines(make) == lines(container)
    assert lines(make)[0] == {"--require-hashes", "-r", "requirements.txt"}
    assert "requirements-dev" not in make


def test_compose_and_container_agree() -> None:
    service = YAML(typ="safe").load(TEXTS[DEPLOY / "compose.yaml"])["services"]["thidua"]
    environment = dict(pair.split("=", 1) for step in steps() if step[0] == "ENV" for pair in step[1].split())
    assert service["environment"] == {name: value for name, value in environment.items() if name.startswith("THIDUA_")}
    assert (ROOT / "deploy" / service["build"]["context"] / service["build"]["dockerfile"]).resolve() == DEPLOY / "Containerfile"
    assert int(service["stop_grace_period"].removesuffix("s")) > 10
    assert {volume.partition(":")[2] for volume in service["volumes"]} == {"/data", "/backups"}
    assert service["restart"] == "unless-stopped", "also after the machine's start; a wrong setting is held by container.sh"


def test_the_proxies_do_the_same() -> None:
    caddy, nginx = TEXTS[DEPLOY / "Caddyfile"], TEXTS[DEPLOY / "nginx.conf"]
    told = (
        ("reverse_proxy 127.0.0.1:8080", "proxy_pass http://127.0.0.1:8080;"),
        ("redir https://{host}{uri} permanent", "return 301 https://$host$request_uri;"),
        ("http://thidua.example.vn {", "listen 80;"),
        ('Strict-Transport-Security "max-age=31536000"', 'Strict-Transport-Security "max-age=31536000" always;'),
        ("max_size 64MB", "client_max_body_size  64m;"),
        ("read_header 10s", "client_header_timeout 10s;"),
        ("read_body 10m", "client_body_timeout   30s;"),          # a whole body; between two pieces of one
        ("idle 2m", "keepalive_timeout     120s;"),
        ("flush_interval -1", "proxy_buffering off;"),
        ("handle_path /thidua/*", "proxy_pass http://127.0.0.1:8080/;"),
    )  # fmt: skip
    assert [each for each in told if each[0] not in caddy or each[1] not in nginx] == []
    largest = uploads.MOST_AT_ONCE // uploads.MEGABYTE
    assert largest < 64, "the bot's own word reaches who sends too much"
    assert "proxy_request_buffering on;" in nginx
    assert "X-Forwarded-For $remote_addr" in nginx, "never what the client says of itself"


@pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx here")
def test_nginx_accepts_its_example(tmp_path: Path) -> None:
    site = re.sub(r" ssl;|ssl_certificate\S* .*", lambda found: ";" if "ssl;" in found[0] else "", TEXTS[DEPLOY / "nginx.conf"])
    (tmp_path / "site.conf").write_text(site, encoding="utf-8")
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid; events {{}} http {{ include {tmp_path}/site.conf; }}", encoding="utf-8")
    done = subprocess.run(["nginx", "-t", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False)
    assert "syntax is ok" in done.stderr, done.stderr


@pytest.mark.skipif(shutil.which("caddy") is None, reason="no Caddy here")
def test_caddy_accepts_its_example() -> None:
    words = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["thidua.sh", "container.sh"])
def test_the_scripts_are_sound(name: str) -> None:
    assert subprocess.run(["sh", "-n", str(DEPLOY / name)], check=False).returncode == 0
    assert os.access(DEPLOY / name, os.X_OK)


@pytest.mark.parametrize(("called", "user"), [("thidua", "thidua"), ("thidua-tuyenquang", "thidua-tuyenquang")])
def test_the_administrators_command_is_the_cluster_it_is_called_by(tmp_path: Path, called: str, user: str) -> None:
    script = TEXTS[DEPLOY / "thidua.sh"].replace("/var/lib/", f"{tmp_path}/lib/").replace("exec runuser", 'echo "$PWD" "$@"; exit; runuser')
    (tmp_path / "lib" / user).mkdir(parents=True)
    (tmp_path / "thidua").write_text(script, encoding="utf-8")
    (tmp_path / "thidua").chmod(0o755)
    if called != "thidua":
        (tmp_path / called).symlink_to("thidua")
    done = subprocess.run([str(tmp_path / called), "doctor"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(tmp_path / "lib" / user), "doctor"]
    assert 'runuser -u "$instance"' in TEXTS[DEPLOY / "thidua.sh"]
