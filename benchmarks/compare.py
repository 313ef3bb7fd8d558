"""Measure every app in turn on one processor, and print what each does as ratios to Flask and pydantic by hand.

python benchmarks/compare.py [--seconds N] [--rounds N] [--peers PYTHON] [--cpu N]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REFERENCE = "flask_hand"
OURS = "pymacaron_app"
PEERS = ("fastapi_app", "litestar_app", "flask_openapi3_app", "connexion_app")
KINDS = ("hello", "params", "list100", "order")
COMPILED = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
"""The environment of all apps: compiled files are written, as an installation has them."""
WANTED = {"hello": 2.0, "params": 2.0, "list100": 1.05, "order": 1.5}

Result = dict[str, Any]


def main() -> int:
    """Print the two tables; return 1 where ours is behind what is wanted."""
    options = parsed()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {options.cpu if options.cpu is not None else max(os.sched_getaffinity(0))})
    bare = best_of(options.rounds, [REFERENCE, OURS], options.seconds, sys.executable)
    bare += best_of(options.rounds, list(PEERS), options.seconds, options.peers)
    print(table("Bare, ratios to flask_hand", bare))
    full = best_of(options.rounds, [REFERENCE, OURS], options.seconds, sys.executable, BENCH_EXTRAS="1")
    print(table("With CORS, an access log and a bearer token, ratios to flask_hand with the same", full))
    behind = [*missing(bare, "bare"), *missing(full, "with CORS, an access log and a bearer token")]
    print("\n".join(behind) or "Everything that is wanted is reached.")
    return 1 if behind else 0


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Compare the cost of one request.")
    parser.add_argument("--seconds", type=float, default=1.0, help="CPU seconds for each kind of request in a round")
    parser.add_argument("--rounds", type=int, default=3, help="how often each app is measured; the best counts")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the peers installed")
    parser.add_argument("--cpu", type=int, help="the processor to use; the last one by default")
    return parser.parse_args()


def best_of(rounds: int, modules: list[str], seconds: float, python: str, **environment: str) -> list[Result]:
    """Measure the apps in turn, several times, and return the best of each; those that cannot be imported are left."""
    best: dict[str, Result] = {}
    for _ in range(rounds):
        for module in modules:
            if (found := measured(module, seconds, python, environment)) is None:
                continue
            known = best.setdefault(module, found)
            known["rates"] = {kind: max(rate, found["rates"][kind]) for kind, rate in known["rates"].items()}
            known["start"] = min(known["start"], found["start"])
    return list(best.values())


def measured(module: str, seconds: float, python: str, environment: dict[str, str]) -> Result | None:
    """Measure one app in a process of its own."""
    command = [python, str(HERE / "measure.py"), module, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, env={**COMPILED, **environment}, check=False)
    if done.returncode == 0:
        result: Result = json.loads(done.stdout.splitlines()[-1])
        return result
    if "ModuleNotFoundError" in done.stderr and module in PEERS:
        return None
    raise SystemExit(f"{module} cannot be measured:\n{done.stderr}")


def table(title: str, results: list[Result]) -> str:
    """Return results as a Markdown table."""
    reference = results[0]
    heads = ["app", *KINDS, "start", "memory", "let through"]
    lines = [f"\n{title}\n", f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for result in results:
        ratios = [f"{result['rates'][kind] / reference['rates'][kind]:.2f}" for kind in KINDS]
        missed = ", ".join(result["missed"]) or "nothing"
        start = f"{result['start'] / reference['start']:.2f}"
        lines.append(f"| {' | '.join([result['app'], *ratios, start, str(result['megabytes']) + ' MB', missed])} |")
    rates = ", ".join(f"{kind} {reference['rates'][kind]:,.0f}" for kind in KINDS)
    return "\n".join([*lines, f"\n{REFERENCE}: {rates} requests per CPU second; start {reference['start']:.3f} s"])


def missing(results: list[Result], how: str) -> list[str]:
    """Return a sentence for each ratio that is below what is wanted."""
    reference, ours = results[0]["rates"], results[1]["rates"]
    return [
        f"{kind}, {how}: {ours[kind] / reference[kind]:.2f} where {wanted} is wanted"
        for kind, wanted in WANTED.items()
        if ours[kind] / reference[kind] < wanted
    ]


if __name__ == "__main__":
    sys.exit(main())
