"""The tree and its contracts: nothing stands outside the layers, nothing is outside a package."""

import re
from typing import Any

import pytest

from tests.house.tree import ROOT, SOURCES, list_python, read_pyproject, relative

#: What DESIGN lets the gateway import of `app`.
GATEWAY_MAY = {"intake", "directory", "store", "db", "settings", "kit"}


def read_contract(contract_id: str) -> dict[str, Any]:
    contracts = read_pyproject()["tool"]["importlinter"]["contracts"]
    return next(each for each in contracts if each["id"] == contract_id)


def list_app_modules() -> set[str]:
    """List the children of `app`, files and packages."""
    parts = (relative(path).split("/") for path in list_python("app"))
    return {each[1].removesuffix(".py") for each in parts} - {"__init__"}


def list_features() -> set[str]:
    return {name for name in list_app_modules() if (ROOT / "app" / name / "domain").is_dir()}


def list_layers() -> list[str]:
    """List the modules of the layers' contract, top to bottom."""
    lines: list[str] = read_contract("layers")["layers"]
    return [re.sub(r"[()\s]", "", name) for line in lines for name in re.split(r"[:|]", line)]


@pytest.mark.parametrize("folder", [*SOURCES, "tests"])
def test_every_folder_of_python_files_is_a_package(folder: str) -> None:
    folders = {path.parent for path in list_python(folder)}

    assert [relative(each) for each in folders if not (each / "__init__.py").exists()] == []


def test_every_module_of_app_has_its_layer() -> None:
    layered = {name.removeprefix("app.") for name in list_layers()}

    assert list_app_modules() - layered == set()


def test_every_feature_is_under_the_contract_of_a_feature() -> None:
    containers = {name.removeprefix("app.") for name in read_contract("feature")["containers"]}

    assert list_features() - containers == set()


def test_the_gateway_is_forbidden_everything_that_it_is_not_allowed() -> None:
    forbidden = {
        name.removeprefix("app.") for name in read_contract("gateway")["forbidden_modules"]
    }

    assert list_app_modules() - forbidden - GATEWAY_MAY == set()
    assert forbidden & GATEWAY_MAY == set()


def test_every_dependency_is_forbidden_to_the_domain() -> None:
    imported_as = {
        "argon2-cffi": "argon2",
        "pillow": "PIL",
        "pylibjpeg-openjpeg": "openjpeg",
        "python-gdcm": "gdcm",
        "python-multipart": None,  # imported by nobody: FastAPI reads forms with it
        "tzdata": None,  # data of zoneinfo
    }
    forbidden = set(read_contract("stdlib-only")["forbidden_modules"])
    named = (
        re.split(r"[\[<>=,]", line)[0].strip()
        for line in read_pyproject()["project"]["dependencies"]
    )
    modules = (imported_as.get(name, name.replace("-", "_")) for name in named)

    assert {module for module in modules if module} - forbidden == set()


def test_unit_tests_mirror_the_source() -> None:
    # `tests/unit/planning/...` is about `app/planning/...`, `tests/unit/dicom_gateway/...` about
    # the package of that name.
    folders = {path.parent.relative_to(ROOT / "tests/unit") for path in list_python("tests/unit")}
    bases = (ROOT, ROOT / "app")

    assert [
        str(each) for each in folders if not any((base / each).is_dir() for base in bases)
    ] == []
