"""What a proof relies on: the proofs of its contracts, for the bytes of the same file, in the same run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from armsym.discharge.recheck import Rechecked
from armsym.elf import Image, Names
from armsym.errors import InputError
from armsym.proof.contract import KIND
from armsym.proof.declare import Contract
from armsym.proof.engine import Budget
from armsym.proof.result import Obligation, ProofResult, Status

__all__ = ["rely"]

#: Routines whose contracts are being proved, the innermost last.
_under_way: list[str] = []
#: Answers of this process: by proof, by the file's path, content and names, by budget,
#: by who is told of Z3's answers, and by the second solver asked.
_known: dict[tuple[Contract, str, str, Names, Budget, object, str], ProofResult] = {}


def rely(
    result: ProofResult,
    contracts: Sequence[Contract],
    image: Image,
    budget: Budget,
    prove: Callable[[Contract], ProofResult],
    recorder: object = None,
) -> list[Obligation]:
    """Prove the contracts that a proof uses: an obligation of the result for each.

    What `recorder` is told while they are proved, it is not told again; another recorder has them proved anew.
    Raises `InputError` for a recursion.
    """
    found: list[Obligation] = []
    _under_way.append(result.symbol)
    try:
        for c in contracts:
            if c.symbol in _under_way:
                raise InputError(f"recursion through contracts: {' uses '.join([*_under_way, c.symbol])}")
            solver = result.second.solver if result.second else ""
            key = (c, image.path, image.sha256, image.names, budget, recorder, solver)
            if key not in _known:
                _known[key] = prove(c)
            found.append(_obligation(c, _known[key]))
            if result.second is not None:
                result.second.join(_known[key].second or Rechecked())
            result.machine += [a for a in _known[key].machine if a not in result.machine]
    finally:
        _under_way.pop()
    return found


def _obligation(c: Contract, r: ProofResult) -> Obligation:
    bad = [f"{o.kind}: {o.name}: {o.detail}" for o in r.obligations if o.status is not Status.PROVED]
    proved = r.status is Status.PROVED and not bad
    name = f"{c.name} is proved: {c.symbol}, code SHA-256 {r.code_sha256}"
    status, by = (Status.PROVED, (f"{len(r.obligations)} obligations",)) if proved else (Status.UNDECIDED, ())
    return Obligation(name, KIND, status, by, r.seconds, "; ".join(bad[:3]))
