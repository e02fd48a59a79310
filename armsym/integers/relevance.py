"""Which of the facts that are known have to do with a question: the fewer there are, the sooner a search ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from armsym.integers.kernel import Fact, Kernel
from armsym.integers.polynomial import Monomial, Polynomial, atoms_of

__all__ = ["relevant"]


def relevant(kernel: Kernel, asked: Sequence[Polynomial], facts: Sequence[Fact]) -> list[Fact]:
    """The facts that share an atom with what is asked, directly or by other facts; of products only, those that occur.

    Atoms inside quotients count as well.
    """
    seen: set[int] = set()
    products: set[Monomial] = set()
    _look_into(kernel, asked, seen, products)
    linear = [f for f in facts if any(len(m) == 1 for m in f.P)]
    kept: set[int] = set()
    while True:
        new = [f for f in linear if f.number not in kept and any(m[0] in seen for m in f.P if len(m) == 1)]
        if not new:
            break
        kept |= {f.number for f in new}
        _look_into(kernel, [f.P for f in new], seen, products)
    kept |= {f.number for f in facts if any(m in products for m in f.P)}
    return [f for f in facts if f.number in kept]


def _look_into(kernel: Kernel, asked: Iterable[Polynomial], seen: set[int], products: set[Monomial]) -> None:
    """Add all atoms of polynomials, and the products in them."""
    todo = list(asked)
    while todo:
        P = todo.pop()
        products.update(m for m in P if len(m) > 1)
        for a in atoms_of([P]) - seen:
            seen.add(a)
            E = kernel.atoms[a].E
            if E is not None:
                todo.append(E)
