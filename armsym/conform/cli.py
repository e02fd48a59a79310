"""`armsym conform`: compare an instruction set with Capstone and Unicorn."""

from __future__ import annotations

import fnmatch
import sys
from importlib.metadata import entry_points
from typing import Annotated, Optional

import typer

from armsym.errors import InputError
from armsym.isa import Instruction, InstructionSet

app = typer.Typer(no_args_is_help=True, help="Compare the instruction semantics with Capstone and Unicorn.")


def load_isa(name: str = "A64") -> InstructionSet:
    """The instruction set of that name among the entry points `armsym.isa`."""
    for ep in entry_points(group="armsym.isa"):
        if ep.name == name:
            isa = ep.load()
            if not isinstance(isa, InstructionSet):
                raise InputError(f"entry point {ep.value} is not an InstructionSet")
            return isa
    raise InputError(f"no instruction set named {name} is installed (entry points of group armsym.isa)")


def select(isa: InstructionSet, pattern: str) -> list[type[Instruction]]:
    """The classes whose name matches the glob; raises `InputError` when none does."""
    found = [c for c in isa.classes if fnmatch.fnmatchcase(c.__name__, pattern)]
    if not found:
        raise InputError(f"no class matches {pattern!r}")
    return found


@app.command()
def decode(
    cls: Annotated[str, typer.Option("--class", help="Glob over class names.")] = "*",
    seed: int = 0,
    words: Annotated[Optional[int], typer.Option(help="Random words instead of classes.")] = None,
) -> None:
    """Decoding and syntax against Capstone."""
    from armsym.conform.decode import check_decode_class, check_decode_random

    isa = load_isa()
    bad = False
    results = (
        [check_decode_random(isa, words, seed)]
        if words
        else (check_decode_class(isa, c, seed=seed) for c in select(isa, cls))
    )
    for r in results:
        bad |= not r.ok
        print(f"{'ok  ' if r.ok else 'FAIL'} {r.name}: {r.words} words, {r.accepted} accepted, {r.mismatch_count} mismatches")
        for m in r.mismatches[:20]:
            print("    ", m)
    sys.exit(1 if bad else 0)


@app.command()
def execute(
    cls: Annotated[str, typer.Option("--class", help="Glob over class names.")] = "*",
    seed: int = 0,
    states: int = 16,
    seconds: float = 5.0,
    word: Annotated[Optional[str], typer.Option(help="One word, in hexadecimal.")] = None,
    state: Annotated[Optional[int], typer.Option(help="One state number.")] = None,
) -> None:
    """Execution against Unicorn."""
    from armsym.conform.execute import ExecuteResult, check_execute_class, check_execute_word
    from armsym.conform.unicorn_oracle import UnicornCore

    isa = load_isa()
    core = UnicornCore()
    if word is not None:
        i = isa.decode(int(word, 0))
        name = type(i).__name__
        r = ExecuteResult(name, seed)
        check_execute_word(i, name, core, r, seed=seed, states=range(states) if state is None else [state])
        results = iter([r])
    else:
        results = (
            check_execute_class(isa, c, seed=seed, states=states, seconds=seconds, core=core) for c in select(isa, cls)
        )
    bad = False
    for r in results:
        bad |= not r.ok
        print(f"{'ok  ' if r.ok else 'FAIL'} {r.name}: {r.words} words, {r.compared} compared, "
              f"{r.mismatch_count} mismatches, {r.seconds:.1f} s CPU, skipped {dict(r.skipped)}")
        for m in r.mismatches[:10]:
            print(m)
    sys.exit(1 if bad else 0)
