"""Claims that differ in the names of their unknowns only, as those about the lanes of an array often do.

What is shown of one is so of all: it holds whatever its unknowns are, within their possible bits and what is known of
them, and what one claim's unknowns may be, another's may be.  A claim's *form* is what is left of it and of what is
known of its unknowns when these have numbers, in the order in which they are met, in place of names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from armsym.integers.expression import FoldValue, Integer, Leaf, Part, Quotient, Relation
from armsym.terms.forms import Forms, TooLarge

__all__ = ["Alike"]

#: A claim about more terms has no form: it is that of no other, or takes longer to tell.
MOST_TERMS = 160

#: Fewer claims of one form are shown one by one.
LEAST = 4

#: A claim's form, to be compared.
Form = tuple[object, ...]


class Alike:
    """Claims asked together, and what is known where they are."""

    def __init__(
        self,
        known: Sequence[Relation],
        asked: Sequence[Relation],
        follows: Callable[[Sequence[Relation], Relation], bool],
    ) -> None:
        """`follows` says whether a claim follows from what is known, whatever else may be so."""
        self._asked, self._follows = asked, follows
        self._parts = [part for r in known for part in r.parts]
        #: By an unknown's id: the parts that may speak of it.
        self._of: dict[int, list[int]] = {}
        self._unknowns: list[frozenset[int]] = []
        self._forms: list[tuple[Form, list[Relation]] | None] | None = None
        self._alike: Counter[Form] = Counter()
        #: What became of the claims of a form.
        self._shown: dict[Form, bool] = {}

    def shows(self, k: int) -> bool:
        """Whether the k-th claim follows from what is known of its unknowns, and there are more of its form."""
        if len(self._asked) < LEAST:
            return False
        if self._forms is None:
            self._look()
            self._forms = [self._form(r) for r in self._asked]
            self._alike.update(f[0] for f in self._forms if f is not None)
        found = self._forms[k]
        if found is None or self._alike[found[0]] < LEAST:
            return False
        form, known = found
        if form not in self._shown:
            self._shown[form] = self._follows(known, self._asked[k])
        return self._shown[form]

    def _look(self) -> None:
        for number, part in enumerate(self._parts):
            walk = _Walk()
            unknowns = frozenset(walk.unknowns) if walk.part(part) is not None else frozenset()
            self._unknowns.append(unknowns)
            for u in unknowns:
                self._of.setdefault(u, []).append(number)

    def _form(self, r: Relation) -> tuple[Form, list[Relation]] | None:
        """A claim's form, with what is known of its unknowns and of no others; None if it is too large."""
        walk = _Walk()
        said = [walk.part(part) for part in r.parts]
        if None in said:
            return None
        met = frozenset(walk.unknowns)
        near = sorted({n for u in met for n in self._of.get(u, ()) if self._unknowns[n] <= met})
        known = [walk.part(self._parts[n]) for n in near]
        if None in known:
            return None
        return (tuple(walk.nodes), tuple(said), tuple(known)), [Relation((self._parts[n],)) for n in near]


class _Walk(Forms):
    """Parts of claims; an unknown says only what it may be, and an application is one as well."""

    def __init__(self) -> None:
        super().__init__(lambda t: None, MOST_TERMS)

    def part(self, part: Part) -> Form | None:
        """A part of a claim; None if it is too large, or speaks of values of folds."""
        x, modulus, lo, hi = part
        try:
            return self._integer(x), modulus, lo, hi
        except (TooLarge, RecursionError):
            return None

    def _integer(self, x: Integer) -> Form:
        return tuple((tuple(self._leaf(leaf) for leaf in m), c) for m, c in x.terms.items())

    def _leaf(self, leaf: Leaf) -> Form:
        if isinstance(leaf, Quotient):
            return "quotient", leaf.m, self._integer(leaf.of)
        if isinstance(leaf, FoldValue):
            raise TooLarge
        signed, width, t = leaf
        return signed, width, self.of(t)
