"""What a contract says, as a digest: equal for two cases of bundles only if both say the same.

Numbers of nodes, the order of what commutes, titles and names of claims are no part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import fields

from armsym.audit.bundle import Case, Ensured, Fold, Function, Global, Region, Relation, Store
from armsym.audit.evaluate import made_of, operands
from armsym.audit.raw import Program

__all__ = [
    "Callee",
    "NoContractError",
    "digest",
    "digests_of",
    "function_digest",
    "is_contract_alone",
    "is_of_arguments_alone",
    "step_digest",
    "structure",
]

#: What of a case is no part of its contract.
_BESIDE = {"title", "table", "unfold", "cuts", "steps", "certificates", "integers"}
#: What no call shows or takes: a contract that says it is none.
_NOT_CALLED = {"holds"}
#: What is, by record: one that has more than is digested here would be taken for another's.
_KNOWN: dict[type, set[str]] = {
    Case: {"numbers", "words", "regions", "globals", "depth", "above", "modifies", "arguments", "given", "preserves_x"}
    | {"alike", "inert", "preserves_d", "preserves_v", "requires", "folds", "functions", "ensures"}
    | {"known", "relations"}
    | _BESIDE
    | _NOT_CALLED,
    Region: {"name", "access", "cell", "order", "secret", "align", "constant", "sizes"},
    Global: {"name", "address", "size", "secret"},
    Store: {"region", "offset", "size", "value"},
    Fold: {"name", "widths", "start", "over", "step", "blocks"},
    Function: {"name", "widths", "steps"},
    Ensured: {"name", "left", "right"},
    Relation: {"name", "modulus", "low", "high", "terms"},
}


class NoContractError(ValueError):
    """A case that has what no digest speaks of."""


def _hash(*parts: object) -> str:
    # The representation of texts and numbers is unambiguous.
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def structure(
    table: Program, called: Callable[[str], str] = str, applied: Callable[[str], str] = str
) -> Callable[[int], str]:
    """A function from nodes to digests of what they compute: equal for equal expressions.

    `called` gives the names that inputs are known by, `applied` those of functions.
    Sums of one width, XORs and ANDs are those of the same operands in any order of a chain.
    """
    known: dict[int, str] = {}

    def flat(n: int) -> tuple[int, ...]:
        # Along the first operands only, as chains are written: all ways down a step of a standard are too many.
        found: list[int] = []
        top, m = table[n], n
        # (An inner sum of the same width is reduced modulo the same number.)
        while table[m][0] == top[0] and (top[0] != "Add" or table[m][1] == top[1]):
            m, other = operands(table[m])
            found.append(other)
        return (m, *found)

    def parts(n: int) -> tuple[int, ...]:
        return flat(n) if table[n][0] in ("Xor", "And", "Add") else operands(table[n])

    def of(node: int) -> str:
        todo = [node]
        while todo:
            n = todo[-1]
            inner = parts(n)
            missing = [] if n in known else [a for a in inner if a not in known]
            if missing:
                todo += missing
                continue
            todo.pop()
            if n not in known:
                i, inside = table[n], [known[a] for a in inner]
                match i[0]:
                    case "Xor" | "And":
                        known[n] = _hash(i[0], sorted(inside))
                    case "Add":
                        known[n] = _hash("Add", i[1], sorted(inside))
                    case "Const":
                        known[n] = _hash(*i)
                    case "Var":
                        known[n] = _hash("Var", called(i[1]), i[2])
                    case "App":
                        known[n] = _hash("App", applied(i[1]), inside, i[3])
                    case "Shl" | "Shr" | "Mask":
                        known[n] = _hash(i[0], i[2], inside)
                    case "Mulc":
                        known[n] = _hash("Mulc", i[1], i[3], inside)
                    case _:
                        raise NoContractError(f"node {n} is no operation")
        return known[node]

    return of


def is_contract_alone(case: Case) -> bool:
    """Whether a case has nothing but a contract: no cuts, and nothing that makes it check."""
    return not (case.unfold or case.steps or case.certificates or case.integers) and set(case.cuts) <= {0}


def digest(case: Case) -> str:
    """The SHA-256 of what a case's contract says, in hexadecimal; raises `NoContractError`."""
    of = structure(case.table)

    def every(nodes: Iterable[int]) -> list[str]:
        return [of(n) for n in nodes]

    def said_of(relations: Iterable[Relation]) -> list[object]:
        # (By their texts, as bounds may be there or not.)
        parts = (
            (r.modulus, r.low, r.high, sorted((k, sorted(every(nodes))) for k, nodes in r.terms)) for r in relations
        )
        return sorted(parts, key=repr)

    for kind, known in _KNOWN.items():
        if more := {f.name for f in fields(kind)} ^ known:
            raise NoContractError(f"contracts have {sorted(more)}, of which a digest does not speak")
    if said := sorted(name for name in _NOT_CALLED if getattr(case, name)):
        raise NoContractError(f"a contract says {said}, which no call takes")
    return _hash(
        sorted(case.numbers.items()),
        sorted(case.words.items()),
        sorted(
            (r.name, r.access, r.cell, r.order, r.secret, r.align, r.constant, sorted(r.sizes))
            for r in case.regions.values()
        ),
        sorted((g.name, g.address, g.size, g.secret) for g in case.globals.values()),
        (case.depth, case.above, sorted(case.modifies)),
        sorted((place, of(n)) for place, n in case.arguments.items()),
        sorted((s.region, of(s.offset), s.size, of(s.value)) for s in case.given),
        (sorted(case.preserves_x), sorted(case.preserves_d), sorted(case.preserves_v), sorted(case.alike)),
        sorted(case.inert),
        sorted(of(n) for _, n in case.requires),
        sorted((f.name, f.widths, every(f.start), every(f.over), every(f.step), f.blocks) for f in case.folds.values()),
        sorted((f.name, function_digest(case, f)) for f in case.functions.values()),
        sorted((of(e.left), of(e.right)) for e in case.ensures),
        # (What speaks of no integers has the digest that it had before contracts could.)
        *([said_of(case.known), said_of(case.relations)] if case.known or case.relations else []),
    )


def digests_of(cases: Iterable[Case]) -> list[str]:
    """The digest of each."""
    return [digest(c) for c in cases]


def is_of_arguments_alone(case: Case, f: Fold | Function) -> bool:
    """Whether a fold's step, or a function, speaks of its state and block alone: of no word of the contract, no region.

    So it is with the functions that it is made of.
    """
    table, own = case.table, (f"{f.name}.state.", f"{f.name}.block.")
    used: set[str] = set()
    for n in made_of(table, f.step if isinstance(f, Fold) else [n for s in f.steps for n in s]):
        i = table[n]
        if (i[0] == "Var" and not i[1].startswith(own)) or (i[0] == "App" and i[1].startswith("mem.")):
            return False
        if i[0] == "App":
            used.add(i[1].rpartition(".")[0])
    # (One that is made of itself has no digest; nothing is asked of it here.)
    return all(is_of_arguments_alone(case, case.functions[name]) for name in used & case.functions.keys() - {f.name})


def step_digest(case: Case, f: Fold) -> str:
    """The digest of a fold's step and of the functions that it is made of, whatever the fold is called."""

    def called(name: str) -> str:
        # (No other input's name begins with a dot.)
        return name.removeprefix(f.name) if name.startswith((f"{f.name}.state.", f"{f.name}.block.")) else name

    of = structure(case.table, called, _defined(case, ()))
    return _hash([of(n) for n in f.step])


def function_digest(case: Case, f: Function, within: tuple[str, ...] = ()) -> str:
    """The digest of a function and of those that it is made of.

    Raises `NoContractError` where it is made of itself, or of one of `within`.
    """
    if f.name in within:
        raise NoContractError(f"the function {f.name} is made of itself")
    of = structure(case.table, applied=_defined(case, (*within, f.name)))
    return _hash(f.name, f.widths, [[of(n) for n in step] for step in f.steps])


def _defined(case: Case, within: tuple[str, ...]) -> Callable[[str], str]:
    """Names of functions, each with the digest of what the case defines it as: another case may define it otherwise."""
    known: dict[str, str] = {}

    def applied(name: str) -> str:
        f = case.functions.get(name.rpartition(".")[0])
        if f is None:
            return name
        if f.name not in known:
            known[f.name] = function_digest(case, f, within)
        return f"{name} {known[f.name]}"  # (no name has a space)

    return applied


class Callee:
    """A routine that is called by its contract: one of `cases`, where that one's preconditions are met."""

    def __init__(self, symbol: str, cases: list[Case]) -> None:
        """Raises `NoContractError`."""
        self.symbol, self.cases = symbol, cases
        self.digests = digests_of(cases)
