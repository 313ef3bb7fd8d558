"""`pym fuzz --gen-token`: what only a known caller can break is found, and no report holds the token."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
security: [{token: []}]
paths:
  /pets:
    get:
      x-bind-server: pets.list_pets
      parameters: [{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 50}}]
      responses: {"200": {description: All., content: {application/json: {schema: {type: array}}}}}
components:
  securitySchemes: {token: {type: http, scheme: bearer, bearerFormat: JWT}}
"""
CONFIG = """
name: pets
env_secrets: [PETS_JWT_SECRET]
jwt_secret: PETS_JWT_SECRET
jwt_issuer: https://pets.example.com
jwt_audience: pets
"""
FILES = {
    "pym-config.yaml": CONFIG,
    "apis/pets.yaml": DOCUMENT,
    "pets.py": "def list_pets(limit=20):\n    return [1 // (50 - limit)]\n",
}


def test_a_crash_behind_a_token_is_found_and_the_token_is_in_no_report(tmp_path: Path) -> None:
    for file, text in FILES.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    command = ["fuzz", "--gen-token", "--user", "ada", "--max-time", "5", "--junit-xml", "junit.xml"]
    done = subprocess.run(
        [sys.executable, "-m", "pymacaron", *command],
        cwd=tmp_path,
        env={**os.environ, "PETS_JWT_SECRET": "9b1f6f0c5d7e4a3f8c2e1d0b7a695847362514032f1e0d9c8b7a695847362514"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    line = """curl -i -X GET -H 'Authorization: Bearer '"$PYM_JWT_TOKEN" 'http://127.0.0.1:8080/pets?limit=50'"""
    assert line in done.stdout
    assert not re.search(r"eyJ[\w-]+\.eyJ", done.stdout + done.stderr + (tmp_path / "junit.xml").read_text())
