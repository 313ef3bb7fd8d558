"""`pym migrate` finds what an old service has to change, and mends it line by line."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pymacaron.cli import pym as command_line

Folder = Callable[..., Path]

SHOP = """\
swagger: "2.0"
info: {title: Shop, version: "1"}
basePath: /v1  # the first
paths: {}
definitions:
  Item:
    type: object
    properties:
      name: {type: string}  # as shown
      size:
        type: integer
        required: true
"""


def migrated(root: Path, *options: str) -> Result:
    return CliRunner().invoke(command_line, ["migrate", "--root", str(root), *options])


def found(root: Path, *options: str) -> list[dict[str, Any]]:
    """Return what is printed as JSON, with each file's path from the folder on."""
    printed = json.loads(migrated(root, "--json", *options).stdout)
    return [{**each, "file": str(Path(each["file"]).relative_to(root.resolve()))} for each in printed]


def places(root: Path) -> list[str]:
    return [f"{each['file']}:{each['line']} {each['severity']} {each['rule']}" for each in found(root)]


# Each: the files of a service, what is found in them, and the files that --fix leaves otherwise (None: removed).
CASES: dict[str, tuple[Mapping[str, str], list[str], Mapping[str, str | None]]] = {
    "a base path": (
        {"apis/shop.yaml": SHOP.partition("definitions")[0]},
        ["apis/shop.yaml:3 error base-path"],
        {"pym-config.yaml": "name: demo\nignore_base_path: true\n"},
    ),
    "a base path, with several configurations": (
        {"apis/shop.yaml": SHOP.partition("definitions")[0], "pym-config.live.yaml": "# live\nname: demo"},
        ["apis/shop.yaml:3 error base-path"],
        {
            "pym-config.yaml": "name: demo\nignore_base_path: true\n",
            "pym-config.live.yaml": "# live\nname: demo\nignore_base_path: true\n",
        },
    ),
    "a base path that is wanted": (
        {
            "apis/shop.yaml": SHOP.partition("definitions")[0],
            "pym-config.yaml": "name: demo\nignore_base_path: false\n",
        },
        [],
        {},
    ),
    "a boolean required": (
        {"apis/shop.yaml": SHOP.replace("basePath: /v1  # the first\n", "")},
        ["apis/shop.yaml:11 error required-boolean"],
        {"apis/shop.yaml": SHOP.replace("basePath: /v1  # the first\n", "").replace("        required: true\n", "")},
    ),
    "booleans required in one line": (
        {
            "apis/shop.yaml": "swagger: '2.0'\ndefinitions:\n  Item:\n    properties: "
            "{a: {required: true, type: string}, b: {type: string, required: 'false', maxLength: 3}}\n"
        },
        ["apis/shop.yaml:4 error required-boolean", "apis/shop.yaml:4 error required-boolean"],
        {
            "apis/shop.yaml": "swagger: '2.0'\ndefinitions:\n  Item:\n    properties: "
            "{a: {type: string}, b: {type: string, maxLength: 3}}\n"
        },
    ),
    "required properties": (
        {
            "apis/shop.yaml": SHOP.replace("basePath: /v1  # the first\n", "").replace(
                "        required: true\n", "    required: [name, nmae]\n"
            )
        },
        ["apis/shop.yaml:11 warning required-properties", "apis/shop.yaml:11 error required-unknown"],
        {},
    ),
    "a file that PyMacaron 2 wrote": (
        {"apis/shop_models.py": "# This is an auto-generated file - DO NOT EDIT!!!\nclass Item: pass\n"},
        ["apis/shop_models.py:1 warning generated-file"],
        {"apis/shop_models.py": None},
    ),
    "a key that stands twice": (
        {"apis/shop.yaml": "swagger: '2.0'\nswagger: '2.0'\n"},
        ["apis/shop.yaml:2 error yaml"],
        {},
    ),
    "values of other types than they should be": (
        {
            "pym-config.yaml": "name: [demo]\nenv_secrets: 3\njwt_secret: [x]\nwith_async: {}\ndocker_base: 1\n"
            "live_host: 1\ndeploy_target: [gke]\ndocker_wheels: 1\n",
            "apis/a.yaml": "swagger: 2\nbasePath: [x]\ndefinitions:\n  A: {required: true, properties: [b]}\n  B: 1\n",
            "apis/b.yaml": "swagger: 2\ndefinitions: [A]\n",
            "apis/c.yaml": "swagger: 2\ndefinitions:\n  A: {required: [1], properties: {b: 1, c: {required: [x]}}}\n",
            "apis/d.yaml": "- swagger\n",
        },
        [],
        {},
    ),
    "a configuration that cannot be read": (
        {"pym-config.yaml": "name: demo\nname: shop\n"},
        ["pym-config.yaml:2 error yaml"],
        {},
    ),
    "lines that end as on Windows, behind a byte order mark": (
        {
            "apis/shop.yaml": "swagger: '2.0'\r\nbasePath: /v1\r\n",
            "pym-config.yaml": "name: demo\r\nwith_async: 'yes'\r\nasync_broker: redis://127.0.0.1\r\n",
            "shop.py": "\ufefffrom pymacaron_core.swagger.apipool import ApiPool\r\nx = ApiPool\r\n",
        },
        ["apis/shop.yaml:2 error base-path", "pym-config.yaml:2 error with-async", "shop.py:1 warning import"],
        {
            "pym-config.yaml": "name: demo\r\nwith_async: true\r\nasync_broker: redis://127.0.0.1\r\n"
            "ignore_base_path: true\r\n",
            "shop.py": "\ufefffrom pymacaron import apipool\r\nx = apipool\r\n",
        },
    ),
    "workers that a text switches on": (
        {"pym-config.yaml": 'name: demo\nwith_async: "true"  # Redis\n'},
        ["pym-config.yaml:2 error with-async", "pym-config.yaml:2 warning with-async"],
        {"pym-config.yaml": "name: demo\nwith_async: true\n"},
    ),
    "an image of version 2": (
        {"pym-config.yaml": "name: demo\ndocker_base: pymacaron/pymacaron:1\ndocker_repo: demo\n"},
        ["pym-config.yaml:2 error docker-base", "pym-config.yaml:3 warning docker-wheels"],
        {"pym-config.yaml": "name: demo\ndocker_repo: demo\n"},
    ),
    "a deploy to Beanstalk of version 1": (
        {
            "pym-config.yaml": "name: demo\ndocker_bucket: b\ndocker_wheels: wheels\n"
            "aws_default_region: eu-west-1\nenv_secrets: [KEY]\nkey: KEY\n"
        },
        [
            "pym-config.yaml:2 error deploy-target",
            "pym-config.yaml:4 error aws-region",
            "pym-config.yaml:5 warning aws-secrets",
        ],
        {
            "pym-config.yaml": "name: demo\ndocker_bucket: b\ndocker_wheels: wheels\n"
            "aws_default_region: eu-west-1\nenv_secrets: [KEY]\nkey: KEY\n"
            "deploy_target: aws-beanstalk\naws_region: eu-west-1\n"
        },
    ),
    "a deploy to Kubernetes": (
        {"pym-config.yaml": "name: demo\ndocker_wheels: wheels\ndeploy_target: gke\n"},
        ["pym-config.yaml:3 error deploy-target"],
        {},
    ),
    "a short key of tokens": (
        {"pym-config.yaml": "name: demo\njwt_secret: short\n"},
        ["pym-config.yaml:2 error jwt-secret"],
        {},
    ),
    "a key of tokens that all see": (
        {"pym-config.yaml": f"name: demo\njwt_secret: {'long' * 8}\n"},
        ["pym-config.yaml:2 warning jwt-secret"],
        {},
    ),
    "a host without a scheme": (
        {"pym-config.yaml": "name: demo\nlive_host: shop.example.com\n"},
        ["pym-config.yaml:2 warning live-host"],
        {},
    ),
    "print as a statement": (
        {"shop.py": "import os\nprint os.name\n"},
        ["shop.py:2 error python-3"],
        {},
    ),
    "ApiPool": (
        {
            "shop.py": "from pymacaron_core.swagger.apipool import ApiPool\n"
            "\n# ApiPool\nprint('é', ApiPool.a, ApiPool.b)\n"
        },
        ["shop.py:1 warning import"],
        {"shop.py": "from pymacaron import apipool\n\n# ApiPool\nprint('é', apipool.a, apipool.b)\n"},
    ),
    "ApiPool beside another apipool": (
        {"shop.py": "from pymacaron_core.swagger.apipool import ApiPool\napipool = {}\nprint(ApiPool.a)\n"},
        ["shop.py:1 warning import"],
        {"shop.py": "from pymacaron import apipool as ApiPool\napipool = {}\nprint(ApiPool.a)\n"},
    ),
    "names that moved": (
        {
            "shop.py": "from pymacaron.log import pymlogger\n"
            "from pymacaron_core.models import get_model as gm\nlog = pymlogger(__name__)\n"
        },
        ["shop.py:1 error import", "shop.py:2 warning import"],
        {
            "shop.py": "from logging import getLogger as pymlogger\n"
            "from pymacaron import get_model as gm\nlog = pymlogger(__name__)\n"
        },
    ),
    "modules that went on, in plugins": (
        {"shop.py": "from pymacaron_dynamodb import PersistentSwaggerObject\nfrom pymacaron.auth import get_userid\n"},
        [],
        {},
    ),
    "names that are no more": (
        {
            "shop.py": "import pymacaron_core.swagger.server\n"
            "from pymacaron.utils import timenow, to_epoch\nfrom pymacaron import API\n"
        },
        ["shop.py:1 error import", "shop.py:2 error import", "shop.py:2 error import"],
        {},
    ),
    "arguments that are no more": (
        {"server.py": "from pymacaron import API\napi = API(app,\n  port=80,\n  timeout=20,\n  default_user_id='a')\n"},
        ["server.py:4 error api-argument", "server.py:5 error api-argument"],
        {},
    ),
    "assertions of nose": (
        {
            "test/test_it.py": "from nose.tools import eq_, ok_, assert_in as within\n\n\ndef test_it():\n"
            "    eq_(1 + 1, 2, 'sum')  # sum\n    ok_(not False)\n    within('a', ['a'])\n"
        },
        ["test/test_it.py:1 error nose"],
        {
            "test/test_it.py": "\n\ndef test_it():\n"
            "    assert (1 + 1) == 2, 'sum'  # sum\n    assert (not False)\n    assert 'a' in ['a']\n"
        },
    ),
    "what of nose has no simple assertion": (
        {
            "test/test_it.py": "from nose.tools import eq_, raises\n\n\n"
            "@raises(OSError)\ndef test_it():\n    eq_(1, 2)\n"
        },
        ["test/test_it.py:1 error nose"],
        {},
    ),
    "fixtures of nose": (
        {"test/test_it.py": "def setup():\n    pass\n\n\nclass TestIt:\n    def teardown(self):\n        setup = 1\n"},
        ["test/test_it.py:1 error nose-fixture", "test/test_it.py:6 error nose-fixture"],
        {
            "test/test_it.py": "def setup_module():\n    pass\n\n\nclass TestIt:\n"
            "    def teardown_method(self):\n        setup = 1\n"
        },
    ),
    "tests that yield, in a file that pytest does not collect": (
        {"test/tests.py": "def test_all():\n    for each in (1, 2):\n        yield check, each\n"},
        ["test/tests.py:1 error nose-file", "test/tests.py:3 error nose-yield"],
        {},
    ),
    "requirements": (
        {
            "requirements.txt": "# ours\npymacaron[x]==2.0.345\npymacaron-core>=0.5\npymacaron_unit  # tests\n"
            "nose\nflask-nose==1\npymacaron-docker~=3.0\n"
        },
        [f"requirements.txt:{line} error requirement" for line in (2, 3, 4, 5)],
        {
            "requirements.txt": "# ours\npymacaron[x]>=3\npymacaron-testing>=3  # tests\npytest\n"
            "flask-nose==1\npymacaron-docker~=3.0\n"
        },
    ),
    "requirements in other files": (
        {
            "Pipfile": '[packages]\npymacaron = "==1.0.157"\nnose = "*"\nflask = "*"\n',
            "setup.py": "from setuptools import setup\n"
            "setup(name='pymacaron', install_requires=['pymacaron>=2.0', 'x'])\n",
            "ci.sh": "pip install -q pymacaron-unit==1.0 nose\n",
        },
        [
            "Pipfile:2 error requirement",
            "Pipfile:3 error requirement",
            "ci.sh:1 error requirement",
            "ci.sh:1 error requirement",
            "setup.py:2 error requirement",
        ],
        {
            "Pipfile": '[packages]\npymacaron = ">=3"\npytest = "*"\nflask = "*"\n',
            "setup.py": "from setuptools import setup\n"
            "setup(name='pymacaron', install_requires=['pymacaron>=3', 'x'])\n",
            "ci.sh": "pip install -q 'pymacaron-testing>=3' pytest\n",
        },
    ),
    "what came with pymacaron": (
        {
            "requirements.txt": "pymacaron>=3",
            "shop.py": "from pymacaron.auth import get_userid\n",
            "pym-config.yaml": "name: demo\nwith_async: true\nasync_broker: redis://127.0.0.1\n",
        },
        ["requirements.txt:1 error requirement-missing", "requirements.txt:1 error requirement-missing"],
        {"requirements.txt": "pymacaron>=3\npymacaron-auth>=3\npymacaron-async>=3\n"},
    ),
    "calls of nosetests": (
        {
            "Makefile": "test:\n\tnosetests -xv --nocapture test/ && python -m nose test; nosetests --with-xunit\n"
            "# nosetests\n"
        },
        ["Makefile:2 error nose-command"] * 3,
        {
            "Makefile": "test:\n\tpython -m pytest -xv -s test/ && python -m pytest test; "
            "nosetests --with-xunit\n# nosetests\n"
        },
    ),
    "commands that are no more": (
        {
            ".github/workflows/ci.yml": "run: pymtest --live testaccept\n",
            "deploy.sh": "NAME=$(pymconfig --name)\npymdocker --version 1 --no-build --push\npymdeploy --env live\n",
        },
        [
            ".github/workflows/ci.yml:1 error command",
            "deploy.sh:1 error command",
            "deploy.sh:2 error command",
        ],
        {".github/workflows/ci.yml": "run: pymtest --env live testaccept\n"},
    ),
    "lines of an image": (
        {"Dockerfile.extra": "RUN sudo apt-get update && sudo sh -c x\nRUN /pym/virtenv/bin/pip install x\n"},
        ["Dockerfile.extra:1 error dockerfile-extra", "Dockerfile.extra:2 error dockerfile-extra"],
        {"Dockerfile.extra": "RUN apt-get update && sh -c x\nRUN /pym/virtenv/bin/pip install x\n"},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_finds_the_line_and_mends_nothing_else(
    case: tuple[Mapping[str, str], list[str], Mapping[str, str | None]], folder: Folder
) -> None:
    files, expected, fixed = case
    root = folder(files)
    assert places(root) == expected
    before = texts(root)
    left = migrated(root, "--fix")
    assert texts(root) == {name: text for name, text in {**before, **fixed}.items() if text is not None}
    again = migrated(root, "--fix")
    assert "fixed" not in again.stdout
    assert again.exit_code == left.exit_code == int(any(" error " in place for place in places(root)))


@pytest.mark.parametrize(
    "line",
    [
        "HOST=$(pymconfig --host)",
        "klue_config --name",
        "TOKEN=`get_test_jwt_token`",
        "pymgkemonitoringsetup",
        "pym_monitor start",
        "pymdocker --version 1 --no-build",
        "pymdocker --version 1 --registry gcr.io",
        "pymdeploy --env live --x-auth $TOKEN",
        "pymtest --nocapture",
    ],
)
def test_each_command_and_option_that_is_no_more_is_found(line: str, folder: Folder) -> None:
    assert places(folder({"Jenkinsfile": f"sh '{line}'\n"})) == ["Jenkinsfile:1 error command"]


@pytest.mark.parametrize(
    "line",
    ["pymdeploy --env live", "pymtest testaccept", "./my-pymconfig", "pymgke status", "# pymconfig", "pymdocker push"],
)
def test_commands_that_went_on_are_left_alone(line: str, folder: Folder) -> None:
    assert places(folder({"ci.sh": f"{line}\n"})) == []


def test_it_prints_a_line_for_each_finding_and_what_it_mended(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder({"requirements.txt": "pymacaron\n", "ci.sh": "pymgkemonitoringsetup\n"})
    monkeypatch.chdir(root)
    ended = "ci.sh:1: error: 'pymgkemonitoringsetup' is no more: set 'kubernetes_monitoring: true' [command]\n"
    old = "requirements.txt:1: error: 'pymacaron' is of PyMacaron 2: ask for 'pymacaron>=3' [requirement]\n"
    assert migrated(root).stdout == f"{ended}{old}2 errors, 0 warnings; 'pym migrate --fix' mends 1\n"
    assert migrated(root, "--fix").stdout == f"fixed: {old}{ended}1 fixed, 1 error, 0 warnings\n"


def test_json_tells_what_was_mended_and_what_is_left(folder: Folder) -> None:
    root = folder({"requirements.txt": "pymacaron\n", "ci.sh": "pymgkemonitoringsetup\n"})
    assert found(root, "--fix") == [
        {
            "rule": "requirement",
            "severity": "error",
            "file": "requirements.txt",
            "line": 1,
            "message": "'pymacaron' is of PyMacaron 2",
            "step": "ask for 'pymacaron>=3'",
            "fixable": True,
            "fixed": True,
        },
        {
            "rule": "command",
            "severity": "error",
            "file": "ci.sh",
            "line": 1,
            "message": "'pymgkemonitoringsetup' is no more",
            "step": "set 'kubernetes_monitoring: true'",
            "fixable": False,
            "fixed": False,
        },
    ]


def test_a_folder_of_no_service_is_refused(tmp_path: Path) -> None:
    refused = migrated(tmp_path)
    assert refused.exit_code == 2
    assert "pym-config.yaml is missing: name the folder of a service with --root" in refused.stderr


def test_what_others_wrote_and_what_is_no_text_is_left_alone(folder: Folder) -> None:
    old = "import nose\n"
    root = folder(
        {
            "venv/pyvenv.cfg": "",
            "venv/it.py": old,
            "build/it.py": old,
            ".hidden/it.py": old,
            "x/node_modules/it.py": old,
        }
    )
    (root / "image.py").write_bytes(b"\xff\xfe\x00nose")
    (root / "link.py").symlink_to(root / "venv/it.py")
    assert places(root) == []


def texts(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_bytes().decode() for path in root.rglob("*") if path.is_file()}
