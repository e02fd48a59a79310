"""Outcomes as the JSON that docs/json.md describes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from armsym.discharge.recheck import Rechecked
from armsym.proof.profile import Profile, Spent
from armsym.proof.result import Counterexample, Obligation, Status
from armsym.proof.why import Why
from armsym.report.outcome import Outcome
from armsym.report.profile_text import by_time
from armsym.report.refuted_text import command
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
            results.append({**result_as_dict(o), "cached": o.cached})
    return {"results": results, "left_out": left_out}


def result_as_dict(o: Outcome) -> dict[str, Any]:
    """One proof's answer."""
    r = o.result
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
        "obligations": [_obligation(x) for x in r.obligations],
    }
    if r.status is Status.PROVED:
        answer["claims_results"] = r.claims_results
    if r.counterexample is not None:
        answer["counterexample"] = _counterexample(r.counterexample, o)
    if r.second is not None:
        answer["second_solver"] = _second(r.second)
    if o.bundle:
        answer["bundle"] = o.bundle
    if o.queries is not None:
        answer["queries"] = o.queries
    if r.profile is not None:
        answer["profile"] = _profile(r.profile)
    if r.message:
        answer["message"] = r.message
    return {**answer, "source": o.source}


def _profile(p: Profile) -> dict[str, Any]:
    def table(rows: Mapping[str, Spent]) -> list[dict[str, Any]]:
        return [{"name": name, **_spent(s)} for name, s in by_time(rows)]

    return {
        "phases": table(p.phases),
        "obligations": table(p.obligations),
        "solver": _spent(p.solver),
        "ranges": [{"first": r.first, "last": r.last, **_spent(r.spent)} for r in p.ranges()],
        "goals": [asdict(g) for g in p.goals],
    }


def _spent(s: Spent) -> dict[str, Any]:
    return {"seconds": round(s.seconds, 4), "terms": s.terms, "times": s.times}


def _second(s: Rechecked) -> dict[str, Any]:
    return {
        "solver": s.solver,
        "asked": s.asked,
        "confirmed": s.confirmed,
        "seconds": round(s.seconds, 3),
        "not_rechecked": list(s.unconfirmed),
        "by_solver": dict(s.each) or {s.solver: s.confirmed},
        "disagreements": [
            {"z3": "unsat", "second": "sat", "by": d.by, "how": d.how, "script": d.script} for d in s.disagreements
        ],
    }


def _obligation(o: Obligation) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "name": o.name,
        "kind": o.kind,
        "status": o.status.value,
        "by": ", ".join(o.by),
        "seconds": round(o.seconds, 4),
    }
    if o.detail:
        answer["detail"] = o.detail
    return {**answer, "why": _why(o.why)} if o.why is not None else answer


def _why(w: Why) -> dict[str, Any]:
    answer: dict[str, Any] = {"label": w.label, "hints": list(w.hints)}
    if w.sides is not None:
        s = w.sides
        answer["sides"] = {
            "width": s.width,
            "is": s.found,
            "claimed": s.claimed,
            "first": s.part_found,
            "against": s.part_claimed,
            "xor": s.xor,
            "bits": f"{s.bits:#x}",
        }
    if w.story is not None:
        p = w.story
        answer["path"] = {
            "turns": [asdict(t) for t in p.turns],
            "left_out": p.left_out,
            "at": p.at if p.at >= 0 else None,
            "where": p.where,
            "assembly": p.assembly,
            "facts": list(p.facts),
            "lengths": list(p.lengths),
        }
    return answer


def _counterexample(c: Counterexample, o: Outcome) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "claim": c.claim,
        "kind": c.kind,
        "inputs": dict(c.inputs),
        "expected": c.expected,
        "got": c.got,
        "differs": c.differs,
        "hints": list(c.hints),
        "detail": c.detail,
        "instructions": c.instructions,
        "replay": c.replay,
        "shrunk_from": dict(c.shrunk_from),
        "command": command(o),
    }
    if c.departure is not None:
        answer["departure"] = asdict(c.departure)
    if c.entry is not None:
        answer["entry"] = c.entry.as_dict()
    if c.other_entry is not None:
        answer["other_inputs"] = dict(c.other_inputs)
        answer["other_entry"] = c.other_entry.as_dict()
        answer["other_command"] = c.other_command
    for key, steps in (("trace", c.trace), ("other_trace", c.other_trace)):
        if steps:
            answer[key] = [asdict(s) for s in steps]
    return answer
