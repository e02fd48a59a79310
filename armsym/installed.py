"""The instruction set and the standards are those that armsym was installed with.

A folder `semantics` or `specs` beside a proof file, or in the working folder, must not take their place:
a proof would then be of another machine, or against another standard, and nothing would show it.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from armsym.errors import InputError

if TYPE_CHECKING:
    from armsym.isa import InstructionSet

__all__ = ["PACKAGES", "check_installed", "check_neighbours", "load_isa"]

#: What a proof trusts: these packages come from the folder that holds this one.
PACKAGES = ("armsym", "semantics", "specs")
#: Where they are installed.
_HOME = Path(__file__).resolve().parents[1]


def check_installed() -> None:
    """Each of these packages, and each module of theirs that is loaded, is the installed one.

    Raises `InputError` naming the first that is not.
    """
    for name in PACKAGES:
        _find(name)
    for name, module in list(sys.modules.items()):
        package = name.partition(".")[0]
        file = getattr(module, "__file__", None)
        if package in PACKAGES and file is not None:
            _refuse_elsewhere(name, package, file)


def _find(name: str) -> None:
    try:
        spec = find_spec(name)
    except ValueError:  # a module without a spec was put in its place
        spec = None
    if spec is None or spec.origin is None:
        raise InputError(
            f"the package {name} of armsym is not the installed one: {_HOME / name} is not what is imported"
        )
    _refuse_elsewhere(name, name, spec.origin)


def _refuse_elsewhere(name: str, package: str, file: str) -> None:
    found = os.path.realpath(file)
    if not found.startswith(str(_HOME / package) + os.sep):
        raise InputError(
            f"{name} would be {found}, and not that installed with armsym ({_HOME / package}): "
            "the instruction set and the standards are never replaced; rename that folder, or take it off PYTHONPATH"
        )


def check_neighbours(folder: Path) -> None:
    """A proof folder has no neighbour called like one of these packages; raises `InputError`."""
    for name in PACKAGES:
        for other in (folder / name, folder / f"{name}.py"):
            if other.exists() and other.resolve() != (_HOME / name):
                raise InputError(
                    f"{other}: called like the package {name} installed with armsym, which a proof cannot replace: "
                    "rename it (armsym docs extending says how a standard is added)"
                )


@cache
def load_isa(name: str = "A64") -> InstructionSet:
    """The instruction set under that entry point of the group `armsym.isa`; raises `InputError`."""
    from importlib.metadata import entry_points

    from armsym.isa import InstructionSet

    check_installed()
    found = [e for e in entry_points(group="armsym.isa") if e.name == name]
    if not found:
        raise InputError(
            f"no instruction set {name} is installed (no such entry point in the group armsym.isa): "
            "install armsym with pip"
        )
    if len({e.value for e in found}) > 1:
        several = ", ".join(sorted({e.value for e in found}))
        raise InputError(f"several instruction sets {name} are installed ({several}): which is meant is not known")
    isa = found[0].load()
    if not isinstance(isa, InstructionSet):
        raise InputError(f"the entry point {found[0].value} is not an InstructionSet")
    return isa
