"""Outcomes as JUnit XML, the form that CI systems read: a test case for each proof."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from armsym.proof.result import Status
from armsym.report.outcome import Outcome
from armsym.report.text import outcome_lines

__all__ = ["clean", "junit_xml", "reason"]

#: Characters that XML 1.0 cannot hold at all.
_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(outcomes: Sequence[Outcome]) -> str:
    """The XML document.

    Refuted and undecided proofs are failures, proofs that could not be set up and internal errors are
    errors, proofs left out are skipped.
    """
    suite = ET.Element("testsuite", name="armsym prove")
    counts = {"tests": len(outcomes), "failures": 0, "errors": 0, "skipped": 0}
    for o in outcomes:
        r = o.result
        case = ET.SubElement(suite, "testcase", name=clean(r.proof), classname=clean(r.file or o.source))
        case.set("file", clean(o.source.rpartition(":")[0]))
        case.set("time", f"{0.0 if o.cached else r.seconds:.3f}")
        if o.cached:
            properties = ET.SubElement(case, "properties")
            ET.SubElement(properties, "property", name="cached", value="true")
        if o.left_out:
            counts["skipped"] += 1
            ET.SubElement(case, "skipped", message=clean(o.left_out))
            continue
        if r.status is Status.PROVED and not o.internal:
            continue
        failed = r.status in (Status.REFUTED, Status.UNDECIDED) and not o.internal
        counts["failures" if failed else "errors"] += 1
        kind = "internal" if o.internal else r.status.value
        what = ET.SubElement(case, "failure" if failed else "error", type=kind, message=clean(reason(o)))
        what.text = clean("\n".join("".join(t for t, _ in line) for line in outcome_lines(o)))
    for name, n in counts.items():
        suite.set(name, str(n))
    suite.set("time", f"{sum(o.result.seconds for o in outcomes if not o.cached):.3f}")
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def reason(o: Outcome) -> str:
    """Why a proof does not hold, in a line: what it says itself, else the first obligation that decides its status."""
    r = o.result
    if r.message:
        return r.message
    first = next((x for x in r.obligations if x.status is r.status), None)
    return f"{r.status.value}: {first.kind}: {first.name}" if first else r.status.value


def clean(text: str) -> str:
    """Text that XML can hold."""
    return _FORBIDDEN.sub("?", text)
