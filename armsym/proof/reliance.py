"""What a proof relies on: the proofs of its contracts, for the bytes of the same file, in the same run.

A run of several processes proves a contract once where these hand over what they proved (`sharing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from armsym.discharge.recheck import Rechecked
from armsym.elf import Names
from armsym.errors import InputError
from armsym.proof.contract import KIND
from armsym.proof.declare import Contract
from armsym.proof.engine import Budget
from armsym.proof.loops import Routine
from armsym.proof.result import Obligation, ProofResult, Status
from armsym.proof.saying import statement

__all__ = ["Relied", "rely", "sharing"]

#: Routines whose contracts are being proved, the innermost last.
_under_way: list[str] = []
#: Answers of this process: by proof, by the file's path, content and names, by budget,
#: by who is told of Z3's answers, and by the second solver asked.
_known: dict[tuple[Contract, str, str, Names, Budget, object, str], ProofResult] = {}


@dataclass(frozen=True)
class Relied:
    """A contract as every process of a run knows it: where it is declared, what it says, of which bytes, how proved."""

    name: str
    symbol: str
    declared: tuple[str, int]
    said: str
    path: str
    sha256: str
    names: Names
    budget: Budget
    solver: str


@dataclass
class _Sharing:
    handed: Mapping[Relied, ProofResult]
    proved: dict[Relied, ProofResult]


#: What goes from process to process, while it does.
_sharing: list[_Sharing] = []


@contextmanager
def sharing(handed: Mapping[Relied, ProofResult]) -> Iterator[dict[Relied, ProofResult]]:
    """Take for proved, within this, what other processes of the run proved; gives what is proved here to hand on."""
    proved: dict[Relied, ProofResult] = {}
    _sharing.append(_Sharing(handed, proved))
    try:
        yield proved
    finally:
        _sharing.pop()


def rely(
    result: ProofResult,
    contracts: Sequence[Contract],
    routine: Routine,
    budget: Budget,
    prove: Callable[[Contract], ProofResult],
    recorder: object = None,
) -> list[Obligation]:
    """Prove the contracts that a proof uses: an obligation of the result for each.

    What `recorder` is told while they are proved, it is not told again; another recorder has them proved anew.
    Raises `InputError` for a recursion.
    """
    found: list[Obligation] = []
    image = routine.image
    _under_way.append(result.symbol)
    try:
        for c in contracts:
            _no_recursion([c.symbol])
            solver = result.second.solver if result.second else ""
            key = (c, image.path, image.sha256, image.names, budget, recorder, solver)
            if key not in _known:
                # What a recorder wants to hear of each question, another process has heard.
                shared = _relied(c, routine, budget, solver) if _sharing and recorder is None else None
                known = None if shared is None else _sharing[-1].handed.get(shared)
                _known[key] = prove(c) if known is None else replace(known, seconds=0.0)
                if shared is not None and known is None and _is_proved(_known[key]):
                    _sharing[-1].proved[shared] = _known[key]
            # (Who proved it before, here or elsewhere, may have begun elsewhere than with what is under way.)
            for symbol in sorted(_known[key].relies_on):
                _no_recursion([c.symbol, "...", symbol])
            result.relies_on |= {c.symbol, *_known[key].relies_on}
            found.append(_obligation(c, _known[key]))
            if result.second is not None:
                result.second.join(_known[key].second or Rechecked())
            result.machine += [a for a in _known[key].machine if a not in result.machine]
    finally:
        _under_way.pop()
    return found


def _no_recursion(used: list[str]) -> None:
    """Raise `InputError` where the last of these, each of which uses the next, is being proved."""
    if used[-1] in _under_way:
        raise InputError(f"recursion through contracts: {' uses '.join([*_under_way, *used])}")


def _relied(c: Contract, routine: Routine, budget: Budget, solver: str) -> Relied | None:
    """What other processes know the contract by; None for one declared nowhere, or of which no digest is made."""
    file, line = getattr(c, "file", ""), getattr(c, "line", 0)
    said = statement(c, Routine(routine.image, routine.isa, c.symbol)) if file else ""
    if not said:
        return None
    image = routine.image
    return Relied(c.name, c.symbol, (file, line), said, image.path, image.sha256, image.names, budget, solver)


def _unproved(r: ProofResult) -> list[str]:
    return [f"{o.kind}: {o.name}: {o.detail}" for o in r.obligations if o.status is not Status.PROVED]


def _is_proved(r: ProofResult) -> bool:
    return r.status is Status.PROVED and bool(r.obligations) and not _unproved(r)


def _obligation(c: Contract, r: ProofResult) -> Obligation:
    bad, proved = _unproved(r), _is_proved(r)
    name = f"{c.name} is proved: {c.symbol}, code SHA-256 {r.code_sha256}"
    status, by = (Status.PROVED, (f"{len(r.obligations)} obligations",)) if proved else (Status.UNDECIDED, ())
    return Obligation(name, KIND, status, by, r.seconds, "; ".join(bad[:3]))
