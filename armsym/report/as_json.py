"""Outcomes as the JSON that docs/json.md describes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from armsym.discharge.recheck import Rechecked
from armsym.proof.result import Counterexample, Obligation, ProofResult, Status
from armsym.report.outcome import Outcome
from armsym.report.schema import SCHEMA_VERSION
from armsym.report.wording import lengths

__all__ = ["document", "outcomes_as_dict", "result_as_dict"]


def document(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """The whole document of `armsym prove --json`."""
    return {"schema_version": SCHEMA_VERSION, **outcomes_as_dict(outcomes)}


def outcomes_as_dict(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """`results` of the proofs tried, `left_out` for the others; the schema's version is not included."""
    results, left_out = [], []
    for o in outcomes:
        if o.left_out:
            left_out.append({"proof": o.result.proof, "symbol": o.result.symbol, "reason": o.left_out})
        else:
            results.append({**result_as_dict(o.result), "source": o.source, "cached": o.cached})
    return {"results": results, "left_out": left_out}


def result_as_dict(r: ProofResult) -> dict[str, Any]:
    """One proof's answer."""
    answer: dict[str, Any] = {
        "proof": r.proof,
        "file": r.file,
        "file_sha256": r.file_sha256,
        "symbol": r.symbol,
        "code_sha256": r.code_sha256,
        "status": r.status.value,
        "seconds": round(r.seconds, 3),
        "assumptions": list(r.assumptions),
        "lengths": lengths(r),
        "particular": list(r.particular),
        "obligations": [_obligation(o) for o in r.obligations],
    }
    if r.status is Status.PROVED:
        answer["claims_results"] = r.claims_results
    if r.counterexample is not None:
        answer["counterexample"] = _counterexample(r.counterexample)
    if r.second is not None:
        answer["second_solver"] = _second(r.second)
    if r.message:
        answer["message"] = r.message
    return answer


def _second(s: Rechecked) -> dict[str, Any]:
    return {
        "solver": s.solver,
        "asked": s.asked,
        "confirmed": s.confirmed,
        "seconds": round(s.seconds, 3),
        "not_rechecked": list(s.unconfirmed),
        "disagreements": [{"z3": "unsat", "second": "sat", "how": d.how, "script": d.script} for d in s.disagreements],
    }


def _obligation(o: Obligation) -> dict[str, Any]:
    answer = {
        "name": o.name,
        "kind": o.kind,
        "status": o.status.value,
        "by": ", ".join(o.by),
        "seconds": round(o.seconds, 4),
    }
    return {**answer, "detail": o.detail} if o.detail else answer


def _counterexample(c: Counterexample) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "claim": c.claim,
        "kind": c.kind,
        "inputs": dict(c.inputs),
        "expected": c.expected,
        "got": c.got,
        "detail": c.detail,
        "replay": c.replay,
    }
    if c.entry is not None:
        answer["entry"] = c.entry.as_dict()
    if c.other_entry is not None:
        answer["other_inputs"] = dict(c.other_inputs)
        answer["other_entry"] = c.other_entry.as_dict()
    return answer
