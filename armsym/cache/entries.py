"""A proved result as bytes and back.  What is read is checked field by field: it is a file, and files are damaged.

No pickles: an entry is JSON, and reading one runs nothing.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from armsym.discharge.recheck import Rechecked
from armsym.proof.result import KINDS, OPTIONAL, Obligation, ProofResult, Status

__all__ = ["admissible", "read", "written"]

_TEXTS = ("assumptions", "particular", "standing", "shown", "machine")


def admissible(r: ProofResult, *, second: bool) -> bool:
    """Whether a result may be kept: proved, by obligations of every mandatory kind that all hold."""
    kinds = {o.kind for o in r.obligations}
    told = r.second
    return (
        r.status is Status.PROVED
        and all(o.status is Status.PROVED for o in r.obligations)
        and {k for k in KINDS if k not in OPTIONAL} <= kinds
        # Another routine that it was compared with is not part of the key.
        and "same-as" not in kinds
        and r.counterexample is None
        and not r.message
        and (told is not None) == second
        and (told is None or (not told.disagreements and told.confirmed + len(told.unconfirmed) == told.asked))
    )


def written(r: ProofResult, key: str) -> bytes:
    """An entry: the result and its key, and their hash; raises `ValueError` for a result that is not to be kept."""
    if not admissible(r, second=r.second is not None):
        raise ValueError(f"{r.proof} is not proved without reservation")
    body: dict[str, Any] = {
        "proof": r.proof,
        "symbol": r.symbol,
        "file_sha256": r.file_sha256,
        "code_sha256": r.code_sha256,
        "seconds": r.seconds,
        "choices": {name: list(values) for name, values in r.choices.items()},
        "ranges": {name: [list(span) for span in spans] for name, spans in r.ranges.items()},
        "obligations": [[o.name, o.kind, list(o.by), o.seconds] for o in r.obligations],
        "claims_results": r.claims_results,
        "instructions": r.instructions,
        "second": None
        if r.second is None
        else [
            r.second.solver,
            r.second.asked,
            r.second.confirmed,
            r.second.seconds,
            r.second.unconfirmed,
            sorted(r.second.each.items()),
        ],
        **{name: getattr(r, name) for name in _TEXTS},
    }
    return json.dumps({"sha256": _digest(key, body), "key": key, "proved": body}).encode()


def read(data: bytes, key: str, *, file: str, second: bool) -> ProofResult | None:
    """The result that an entry holds, of the file named `file`; None where it is not exactly what was written."""
    try:
        whole = json.loads(data)
        body = whole["proved"]
        if set(whole) != {"sha256", "key", "proved"} or whole["key"] != key or whole["sha256"] != _digest(key, body):
            return None
        r = ProofResult(
            _text(body["proof"]),
            file,
            _text(body["symbol"]),
            _text(body["file_sha256"]),
            _text(body["code_sha256"]),
            Status.PROVED,
            _seconds(body["seconds"]),
            choices={_text(n): tuple(_number(v) for v in values) for n, values in body["choices"].items()},
            ranges={_text(n): [(_number(a), _number(b)) for a, b in spans] for n, spans in body["ranges"].items()},
            obligations=[
                Obligation(_text(name), _kind(kind), Status.PROVED, tuple(_text(b) for b in by), _seconds(seconds))
                for name, kind, by, seconds in body["obligations"]
            ],
            claims_results=_flag(body["claims_results"]),
            instructions=_number(body["instructions"]),
            second=None if body["second"] is None else _rechecked(*body["second"]),
        )
        for name in _TEXTS:
            setattr(r, name, [_text(t) for t in body[name]])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    return r if admissible(r, second=second) else None


def _digest(key: str, body: object) -> str:
    return hashlib.sha256(f"{key}\n{json.dumps(body, sort_keys=True)}".encode()).hexdigest()


def _rechecked(
    solver: object,
    asked: object,
    confirmed: object,
    seconds: object,
    unconfirmed: list[object],
    each: list[tuple[object, object]],
) -> Rechecked:
    counts = _number(asked), _number(confirmed)
    found = Rechecked(_text(solver), *counts, _seconds(seconds), [_text(t) for t in unconfirmed])
    found.each = {_text(name): _number(n) for name, n in each}
    return found


def _kind(x: object) -> Any:
    if x not in KINDS:
        raise ValueError(f"{x!r} is no kind of obligation")
    return x


def _text(x: object) -> str:
    if not isinstance(x, str):
        raise TypeError(f"{x!r} is no text")
    return x


def _number(x: object) -> int:
    if not isinstance(x, int) or isinstance(x, bool):
        raise TypeError(f"{x!r} is no integer")
    return x


def _seconds(x: object) -> float:
    if not isinstance(x, int | float) or isinstance(x, bool) or not x >= 0:
        raise TypeError(f"{x!r} is no number of seconds")
    return float(x)


def _flag(x: object) -> bool:
    if not isinstance(x, bool):
        raise TypeError(f"{x!r} is neither true nor false")
    return x
