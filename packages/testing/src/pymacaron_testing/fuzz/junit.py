"""JUnit XML of what was found: a test for each operation."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree

from pymacaron_testing.fuzz.findings import Finding

__all__ = ["write_junit"]

NOT_IN_XML = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, found: Mapping[str, Sequence[Finding]]) -> None:
    """Write a test for each operation, with a failure for each finding."""
    failed = sum(bool(findings) for findings in found.values())
    suite = ElementTree.Element("testsuite", name="pym fuzz", tests=str(len(found)), failures=str(failed), errors="0")
    for operation, findings in found.items():
        case = ElementTree.SubElement(suite, "testcase", classname="pym fuzz", name=operation)
        for finding in findings:
            failure = ElementTree.SubElement(case, "failure", type=finding.check, message=finding.check)
            failure.text = NOT_IN_XML.sub("?", str(finding))
    whole = ElementTree.Element("testsuites")
    whole.append(suite)
    ElementTree.ElementTree(whole).write(path, encoding="utf-8", xml_declaration=True)
