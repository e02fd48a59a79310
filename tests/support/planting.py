"""Defects put into functions and rules of armsym, to see that tests find them.

A planted defect is an edit of one function's source.  When the source changes so that an edit no longer
applies, an error says so: the table of defects is to be kept up.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from types import ModuleType
from typing import Any

import pytest

from armsym.terms import arithmetic, choices, conditions, kinds, linear, node, ops, poly, rules, slices, walk
from armsym.terms.rules import Rule

__all__ = ["TERMS", "Bug", "plant", "rewritten"]

#: Where functions of the normal form may have been imported to.
TERMS = (node, walk, kinds, rules, poly, linear, slices, arithmetic, conditions, choices, ops)


@dataclass(frozen=True)
class Bug:
    """In the rule `owner`, or in `owner.name`, `old` written as `new`; found by one of `tests` at width `w`."""

    owner: ModuleType | type | Rule[Any]
    name: str
    old: str
    new: str
    tests: tuple[str, ...] = ()
    w: int = 8


def rewritten(original: Callable[..., Any], old: str, new: str) -> Callable[..., Any]:
    """The function with an edit in its source, decorators left out."""
    source = textwrap.dedent(inspect.getsource(original))
    source = source[source.index(f"def {original.__name__}(") :]
    assert old in source, f"{original.__name__} no longer reads {old!r}: update the table of planted bugs"
    made: dict[str, Any] = {}
    code = "from __future__ import annotations\n" + source.replace(old, new)
    exec(compile(code, f"<planted in {original.__name__}>", "exec"), sys.modules[original.__module__].__dict__, made)
    wrong: Callable[..., Any] = made[original.__name__]
    return wrong


def plant(bug: Bug, monkeypatch: pytest.MonkeyPatch, modules: Iterable[ModuleType] = TERMS) -> None:
    """Put the defect in, wherever the function was imported to."""
    if isinstance(bug.owner, Rule):
        monkeypatch.setattr(bug.owner, "apply", rewritten(bug.owner.apply, bug.old, bug.new))
        return
    original: Callable[..., Any] = getattr(bug.owner, bug.name)
    wrong = rewritten(original, bug.old, bug.new)
    if isinstance(bug.owner, type):
        monkeypatch.setattr(bug.owner, bug.name, wrong)
        return
    for kind, row in kinds.KINDS.items():
        for f in fields(row):
            if getattr(row, f.name) is original:
                changed: dict[str, Any] = {f.name: wrong}
                monkeypatch.setitem(kinds.KINDS, kind, replace(row, **changed))
    for module in modules:
        if module.__dict__.get(bug.name) is original:
            monkeypatch.setattr(module, bug.name, wrong)
