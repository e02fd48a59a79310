"""What a rewriting rule of the normal form is, and the list of them.

A rule is one equation that holds under a condition.  The operations try their rules in order; the first that
applies gives the value.  Each stands beside the operation it belongs to:

    @rule("sum: complement", "-t - 1 = NOT t", when="one summand, both coefficients are -1")
    def COMPLEMENT(w: int, terms: Mapping[Term, int], const: int) -> Value | None: ...

`COMPLEMENT` is then a `Rule`; `COMPLEMENT.apply(...)` is the function.  `tests/terms/test_named_rules.py` proves each
by Z3, sees its condition hold and fail, and finds a defect planted in it; docs/rules.md lists them, with how
often the shipped proofs use each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

__all__ = ["RULES", "Rule", "counted", "first", "rule"]

F = TypeVar("F", bound=Callable[..., Any])


class Rule(Generic[F]):
    """`says` is the equation, `when` its condition, as a person reads them.

    `apply` takes the arguments of the operation (before the colon in `name`) and gives what stands on the right
    of the equation, or None where the condition does not hold.
    """

    __slots__ = ("apply", "name", "says", "when")

    def __init__(self, name: str, says: str, when: str, apply: F) -> None:
        self.name, self.says, self.when, self.apply = name, says, when, apply

    def __repr__(self) -> str:
        return f"Rule({self.name}: {self.says}, when {self.when})"

    @contextmanager
    def replaced(self, apply: Callable[..., Any]) -> Iterator[None]:
        """For tests: the rule with another function, for a time."""
        original: Any = self.apply
        self.apply = apply  # type: ignore[assignment]
        try:
            yield
        finally:
            self.apply = original


#: All rules, by name, in the order they are written.
RULES: dict[str, Rule[Any]] = {}


def rule(name: str, says: str, *, when: str) -> Callable[[F], Rule[F]]:
    """Make a function a rule; raises `ValueError` for a name there is already."""

    def made(apply: F) -> Rule[F]:
        if name in RULES:
            raise ValueError(f"two rules of the normal form are called {name!r}")
        r = RULES[name] = Rule(name, says, when, apply)
        return r

    return made


def first(rules: Iterable[Rule[Any]], *args: Any) -> Any:
    """What the first of the rules that applies says; None where none does."""
    for r in rules:
        found = r.apply(*args)
        if found is not None:
            return found
    return None


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """How often each rule applies while this lasts; costs nothing otherwise."""
    seen: Counter[str] = Counter()
    originals = {name: r.apply for name, r in RULES.items()}

    def counting(name: str, apply: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            result = apply(*args)
            if result is not None:
                seen[name] += 1
            return result

        return call

    try:
        for name, r in RULES.items():
            r.apply = counting(name, r.apply)
        yield seen
    finally:
        for name, r in RULES.items():
            r.apply = originals[name]
