"""The image and the composition: what they name exists in the code."""

import ast
import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from fastapi import APIRouter
from typer.testing import CliRunner
from uvicorn import Config
from uvicorn.middleware.proxy_headers import _TrustedHosts

from app.cli import app as cli
from app.settings import PREFIX, Bind, Settings
from app.web import health
from tests.house.tree import ROOT, read_pyproject

DOCKERFILE = ROOT / "docker/Dockerfile"
COMPOSE = ROOT / "docker/compose.yaml"
OURS = ("migrate", "gateway", "scheduler", "web")
TLS = DOCKERFILE.parent / "tls.yaml"
#: Which settings say where a process listens, its own port first.
LISTENS = {"web": ("http_bind",), "gateway": ("dicom_bind", "dicom_metrics_bind")}
#: What compose calls a dependency's condition.
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


class Instruction(NamedTuple):
    """One instruction of a Dockerfile, its continuation lines joined."""

    name: str
    rest: str


def read_dockerfile() -> list[Instruction]:
    text = DOCKERFILE.read_text(encoding="utf-8")
    lines = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


def read_instructions(name: str) -> list[str]:
    return [each.rest for each in read_dockerfile() if each.name == name]


def read_environment() -> dict[str, str]:
    """Read what the image sets."""
    words = (word for rest in read_instructions("ENV") for word in shlex.split(rest))
    return dict(word.split("=", 1) for word in words)


def read_compose() -> dict[str, Any]:
    composition: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return composition


def read_service(name: str) -> dict[str, Any]:
    service: dict[str, Any] = read_compose()["services"][name]
    return service


def check_command(words: list[str]) -> None:
    """Ask the command line for the help of that command; what is unknown is an error of use."""
    result = CliRunner().invoke(cli, [*words, "--help"])

    assert result.exit_code == 0, result.output


def find_paths(router: APIRouter) -> set[str]:
    return {str(route.path) for route in router.routes if hasattr(route, "path")}


def test_what_the_image_copies_exists() -> None:
    copied = [shlex.split(rest) for rest in read_instructions("COPY")]
    sources = [word for words in copied if "--from" not in words[0] for word in words[:-1]]

    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_what_the_image_copies_is_not_ignored() -> None:
    ignored = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    let_in = [line.removeprefix("!") for line in ignored.splitlines() if line.startswith("!")]
    copied = [shlex.split(rest) for rest in read_instructions("COPY")]
    sources = [word for words in copied if "--from" not in words[0] for word in words[:-1]]

    def is_let_in(source: str) -> bool:
        return any(Path(source).is_relative_to(each) for each in let_in)

    assert [source for source in sources if not is_let_in(source)] == []


def test_what_the_image_runs_is_a_script_and_a_command_of_the_project() -> None:
    entry = yaml.safe_load(read_instructions("ENTRYPOINT")[-1])
    command = yaml.safe_load(read_instructions("CMD")[-1])

    assert entry[0] in read_pyproject()["project"]["scripts"]
    check_command([*entry[1:], *command])


def test_the_image_installs_only_what_the_locks_hold() -> None:
    installs = [
        step
        for rest in read_instructions("RUN")
        for step in rest.split("&&")
        if "pip install" in step
    ]

    assert installs
    assert [
        step for step in installs if "--require-hashes" not in step and "--no-deps" not in step
    ] == []


def test_the_image_does_not_run_as_root() -> None:
    assert read_instructions("USER")[-1].strip() not in {"root", "0"}


def test_the_python_of_the_image_is_one_that_the_project_supports() -> None:
    image = read_instructions("FROM")[-1]
    found = re.search(r"python:(\d+)\.(\d+)", image)

    assert found
    assert f">={found[1]}.{found[2]}" == read_pyproject()["project"]["requires-python"]


@pytest.mark.parametrize("service", OURS)
def test_every_setting_of_the_composition_and_of_the_image_is_known(service: str) -> None:
    named = {*read_environment(), *read_service(service).get("environment", {})}
    ours = {name for name in named if name.startswith(PREFIX)}

    assert ours
    assert {name.removeprefix(PREFIX).lower() for name in ours} - set(
        Settings.model_fields
    ) == set()


@pytest.mark.parametrize("service", OURS)
def test_the_settings_of_the_composition_are_understood(service: str) -> None:
    given = read_environment() | read_service(service).get("environment", {})
    # Compose fills ${NAME:?why} from the environment and ${NAME:-default} by the default.
    filled = {
        name: re.sub(r"\$\{\w+:\?[^}]*\}", "filled", re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value))
        for name, value in given.items()
    }
    ours = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in filled.items()
        if name.startswith(PREFIX)
    }

    assert Settings.model_validate(ours).data_dir == Path(filled[f"{PREFIX}DATA_DIR"])


@pytest.mark.parametrize("service", OURS)
def test_every_command_of_the_composition_exists(service: str) -> None:
    check_command(read_service(service)["command"])


def test_a_command_that_does_not_exist_is_seen() -> None:
    with pytest.raises(AssertionError, match="No such command"):
        check_command(["db", "nothing"])


def read_published(service: dict[str, Any]) -> list[str]:
    """Read the ports of the container that are published."""
    return [str(port).rsplit(":", 1)[-1] for port in service["ports"]]


@pytest.mark.parametrize("service", LISTENS)
def test_a_published_port_is_the_one_that_the_process_listens_on(service: str) -> None:
    environment = read_environment() | read_service(service).get("environment", {})
    binds = [Bind.parse(environment[f"{PREFIX}{each.upper()}"]) for each in LISTENS[service]]
    default: Bind = Settings.model_fields[LISTENS[service][0]].default

    assert read_published(read_service(service)) == [str(bind.port) for bind in binds]
    assert {str(bind.port) for bind in binds} <= set(read_instructions("EXPOSE")[-1].split())
    assert binds[0].port == default.port


def test_counts_are_published_to_this_host_alone() -> None:
    _, metrics = read_service("gateway")["ports"]

    assert metrics.startswith("127.0.0.1:")


def test_the_port_of_tls_is_published_with_the_setting_that_opens_it() -> None:
    gateway = yaml.safe_load(TLS.read_text(encoding="utf-8"))["services"]["gateway"]
    bind = Bind.parse(gateway["environment"][f"{PREFIX}DICOM_TLS_BIND"])

    assert read_published(gateway) == [str(bind.port)]
    assert str(bind.port) in read_instructions("EXPOSE")[-1].split()
    assert f"{PREFIX}DICOM_TLS_BIND" not in read_service("gateway")["environment"]


def test_every_command_that_a_comment_of_the_composition_names_exists() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (COMPOSE, TLS)]
    named = [
        line for text in texts for line in re.findall(r"gateway (?:astreinte )?([a-z ]+)", text)
    ]

    for words in (["gateway", "drain"], ["tls", "init"]):
        assert any(line.startswith(" ".join(words)) for line in named), words
        check_command(words)


@pytest.mark.parametrize("service", ["gateway", "scheduler", "web"])
def test_the_health_check_of_a_service_asks_for_what_exists(service: str) -> None:
    test = read_service(service)["healthcheck"]["test"]
    program, text = test[1], test[-1]

    if program in read_pyproject()["project"]["scripts"]:
        check_command(test[2:])
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = import_module(node.module)
            assert [each.name for each in node.names if not hasattr(module, each.name)] == []
    found = re.search(r"127\.0\.0\.1:(\d+)(/[\w/]*)", text)
    assert found or service != "web"
    if found:
        bind = Bind.parse(read_environment()[f"{PREFIX}{LISTENS[service][0].upper()}"])
        assert int(found[1]) == bind.port
        assert found[2] in find_paths(health.router)


def test_every_service_names_what_the_composition_has() -> None:
    composition = read_compose()
    services, volumes = composition["services"], composition["volumes"]
    for name, service in services.items():
        for needed, condition in service.get("depends_on", {}).items():
            assert needed in services, name
            assert condition["condition"] in CONDITIONS, name
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in volumes, name


def test_the_gateway_waits_for_nobody() -> None:
    assert "depends_on" not in read_service("gateway")


def test_the_database_is_the_version_that_is_tested() -> None:
    assert read_service("postgres")["image"] == "postgres:15"


def test_the_database_logs_no_statement_and_no_value() -> None:
    command = read_service("postgres")["command"]

    assert {"log_error_verbosity=terse", "log_min_error_statement=panic"} <= set(command)


def test_the_web_believes_the_proxy_through_which_alone_it_is_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = read_service("web")
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", service["environment"]["FORWARDED_ALLOW_IPS"])

    trusted = _TrustedHosts(Config("app.main:make_app").forwarded_allow_ips or "")

    # The proxy comes through the bridge of the composition, never from the container's loopback.
    assert "172.18.0.1" in trusted
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
