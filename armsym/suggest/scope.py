"""What a proof function calls things: its variables, read when it returns, so that lines of the DSL can be written."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

import armsym.dsl
from armsym.bits import Bits
from armsym.errors import ArmsymError, InputError
from armsym.proof.declare import Proof
from armsym.proof.handles import Fold
from armsym.proof.registry import ProofDefinition

__all__ = ["Scope", "captured"]

_OURS = str(Path(__file__).parents[1])
#: Frames of these files only pass on calls of the proof function.
_PASSED_ON = tuple(str(Path(_OURS, *x)) for x in (("proof", "registry.py"), ("suggest",), ("explore",)))
_LIBRARY = str(Path(ast.__file__).parent)
#: Calls below the proof function whose variables are read, and attributes of attributes that are looked at.
DEEP, ATTRIBUTES = 6, 2

#: The names that any proof may import.
_DSL = {name: getattr(armsym.dsl, name) for name in armsym.dsl.__all__}


@dataclass
class Scope:
    """Names that a line of a proof may use at the end of the proof function, and what they mean in this run of it."""

    names: dict[str, object] = field(default_factory=dict)
    #: For a name that is no variable of the proof function itself: where it is one.
    places: dict[str, str] = field(default_factory=dict)
    #: What the file of the proof function has imported or defined.
    around: Mapping[str, object] = field(default_factory=dict)
    _codes: dict[str, CodeType] = field(default_factory=dict)

    def value(self, text: str, **more: object) -> Any:
        """What an expression of the DSL means; raises `InputError`, whatever goes wrong, with the expression."""
        code = self._codes.get(text)
        try:
            if code is None:
                code = self._codes[text] = compile(text, "<claim>", "eval")
            # As globals, so that what stands inside of a lambda or a comprehension sees them too.
            return eval(code, {**_DSL, **self.around, **self.names, **more})
        except ArmsymError:
            raise
        except SyntaxError as e:
            raise InputError(f"{text}: not an expression: {e.msg}") from None
        except Exception as e:  # noqa: BLE001 - what is typed may raise anything
            raise InputError(f"{text}: {type(e).__name__}: {e}") from None

    def paths(self) -> Iterator[tuple[str, object]]:
        """Expressions such as `f.H` and what they are: variables first, then what is reached from them."""
        level = [(name, value) for name, value in self.names.items() if not name.startswith("_")]
        seen = set()
        for _ in range(ATTRIBUTES + 1):
            further = []
            for text, value in level:
                yield text, value
                if id(value) in seen:
                    continue
                seen.add(id(value))
                further += [(f"{text}.{name}", v) for name, v in _attributes(value)]
            level = further

    def rank(self, text: str) -> tuple[bool, bool, int]:
        """Which of several names of a thing to write: the least, the proof function's own before others."""
        root = text.partition(".")[0]
        return root in self.places, root == "self", len(text)

    def name_of(self, value: object) -> str | None:
        """The shortest expression that is this very thing (or a method equal to it)."""
        found = [text for text, v in self.paths() if v is value or _one_method(v, value)]
        return min(found, key=self.rank, default=None)

    def bind(self, name: str, value: object, place: str) -> str:
        """Give a thing that no variable holds a name of its own, which says in a comment what it is."""
        free, k = name, 1
        while free in self.names:
            k += 1
            free = f"{name}_{k}"
        self.names[free] = value
        self.places[free] = place
        return free


def _one_method(a: Any, b: Any) -> bool:
    """Whether both are the same method of the same object."""
    return inspect.ismethod(a) and inspect.ismethod(b) and bool(a == b)


def _attributes(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Fold):
        yield "over", value.over
    if isinstance(value, (ModuleType, type, Bits)) or type(value).__module__.split(".")[0] in ("armsym", "builtins"):
        return
    if isinstance(value, Callable) and not hasattr(value, "__dict__"):  # type: ignore[arg-type]
        return
    fields = getattr(value, "__dict__", None) or getattr(value, "_asdict", dict)()
    for name, v in fields.items():
        if not name.startswith("_"):
            yield name, v
    own = [c for c in type(value).__mro__ if c.__module__.split(".")[0] not in ("armsym", "builtins", "typing")]
    for name, v in {n: v for c in reversed(own) for n, v in vars(c).items()}.items():
        if not name.startswith("_") and callable(v) and not isinstance(v, (staticmethod, classmethod, type)):
            yield name, getattr(value, name)


def _foreign(file: str) -> bool:
    """Whether code is neither a proof's nor what a proof is made of: armsym's own, Python's, or made up."""
    return file.startswith((_OURS, "<")) or (file.startswith(_LIBRARY) and "-packages" not in file)


def captured(fn: Callable[[Proof], None], p: Proof) -> Scope:
    """Run a proof function; what its variables, and those of the functions it called, held when they returned."""
    frames: list[tuple[int, CodeType, dict[str, Any], dict[str, Any]]] = []
    base = sys._getframe()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event != "return" or code.co_name.startswith("<") or _foreign(code.co_filename):
            return
        depth, f = 0, frame.f_back
        while f is not None and f is not base and depth < DEEP:
            file = f.f_code.co_filename
            if not file.startswith(_PASSED_ON):
                if _foreign(file):
                    return
                depth += 1
            f = f.f_back
        if f is base and depth < DEEP:
            frames.append((depth, code, dict(frame.f_locals), frame.f_globals))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        fn(p)
    finally:
        sys.setprofile(before)
    scope = Scope()
    frames.sort(key=lambda f: f[0])
    scope.names["p"] = p
    for depth, code, variables, around in frames:
        if depth == 0:
            scope.around = around
        for name, v in variables.items():
            if name.startswith("_") or name in scope.names or v is p or name in _DSL or isinstance(v, ProofDefinition):
                continue
            scope.names[name] = v
            if depth:
                scope.places[name] = f"a variable of {code.co_name} ({Path(code.co_filename).name})"
    return scope
