"""`armsym conform`: compare an instruction set with Capstone, Unicorn and Ghidra's P-code from the command line.

Exit codes: 0 everything agrees, 1 a mismatch, 2 bad input (one line says what).
"""

from __future__ import annotations

import difflib
import fnmatch
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from armsym.cli import conform_results as told
from armsym.cli.common import print_error
from armsym.errors import ArmsymError, InputError
from armsym.isa import Instruction, InstructionSet

if TYPE_CHECKING:
    from armsym.conform.decode import DecodeResult, ScopeRule
    from armsym.conform.execute import ExecuteResult
    from armsym.conform.pcode.compare import PcodeResult
    from armsym.conform.symbolic import SymbolicResult

__all__ = ["app", "load_isa", "select"]

app = typer.Typer(
    no_args_is_help=True,
    help="Compare the instruction semantics with Capstone (decoding), Unicorn (execution) and P-code (proof).",
)

ClassOption = Annotated[str, typer.Option("--class", metavar="GLOB", help="Encoding classes, by name.")]
SeedOption = Annotated[int, typer.Option(help="The run is a function of this number.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
ObjectOption = Annotated[
    Path | None,
    typer.Option("--object", metavar="FILE", help="The distinct words of this file's code instead of classes."),
]
WordOption = Annotated[str | None, typer.Option("--word", metavar="HEX", help="One word instead of classes.")]
StatesOption = Annotated[int, typer.Option(help="States for each word; against Unicorn at most 64.")]
StateOption = Annotated[int | None, typer.Option(help="With --word: this state only.")]
SecondsOption = Annotated[float, typer.Option(help="CPU seconds for each class and comparison.")]
IsaOption = Annotated[str, typer.Option("--isa", help="Entry point of the group armsym.isa.")]


@dataclass(frozen=True)
class Isa:
    """An installed instruction set and what it declares out of scope."""

    name: str
    isa: InstructionSet
    scope: Sequence[ScopeRule]


def load_isa(name: str = "A64") -> Isa:
    """The instruction set under that entry point of the group `armsym.isa`; raises `InputError`.

    The module `out_of_scope` beside the entry point's module, if there is one, declares in
    `OUT_OF_SCOPE` what the set leaves out on purpose.
    """
    for ep in entry_points(group="armsym.isa"):
        if ep.name == name:
            break
    else:
        raise InputError(f"no instruction set {name!r} is installed (entry points of the group armsym.isa)")
    isa = ep.load()
    if not isinstance(isa, InstructionSet):
        raise InputError(f"the entry point {ep.value} is not an InstructionSet")
    module = f"{ep.module}.out_of_scope"
    scope: Sequence[ScopeRule] = ()
    if importlib.util.find_spec(module) is not None:
        scope = importlib.import_module(module).OUT_OF_SCOPE
    return Isa(name, isa, scope)


def select(isa: InstructionSet, pattern: str) -> list[type[Instruction]]:
    """The classes whose name matches the glob; raises `InputError` with near names when none does."""
    names = {c.__name__: c for c in isa.classes}
    found = [c for n, c in names.items() if fnmatch.fnmatchcase(n, pattern)]
    if not found:
        lower = {n.lower(): n for n in names}
        near = [lower[n] for n in difflib.get_close_matches(pattern.lower(), lower, n=4, cutoff=0.5)]
        near += [n for n in names if pattern.lower().strip("*") in n.lower() and n not in near][:4]
        hint = f"; near: {', '.join(near)}" if near else ""
        raise InputError(f"no class of {isa.name} matches {pattern!r}{hint}")
    return found


_CODE_SECTIONS = (".text", ".plt", ".init", ".fini")


def _object_words(path: Path) -> list[int]:
    """The distinct words of a file's code sections, or of its executable segments if it has none."""
    from armsym import elf

    image = elf.load(path)
    executable = [s for s in image.segments if "x" in s.access]
    extents = [
        (at.offset, at.offset + at.size)
        for at in image.sections
        if at.name.startswith(_CODE_SECTIONS) and any(s.offset <= at.offset < s.end for s in executable)
    ] or [(s.offset, s.end) for s in executable]
    words: dict[int, None] = {}
    for start, end in extents:
        for offset in range(start + -start % 4, end - 3, 4):
            if image.is_code(offset):
                words[image.word(offset)] = None
    if not words:
        raise InputError(f"{path}: holds no code")
    return list(words)


def _at_least(low: float, **options: float | None) -> None:
    for name, value in options.items():
        if value is not None and value < low:
            raise InputError(f"--{name} is at least {low}, not {value}")


def _one_word(text: str) -> int:
    try:
        word = int(text, 16)
    except ValueError:
        raise InputError(f"--word takes a 32-bit number in hexadecimal, not {text!r}") from None
    if not 0 <= word < 1 << 32:
        raise InputError(f"--word takes a 32-bit number, not {text}")
    return word


def _modelled(isa: InstructionSet, text: str) -> Instruction:
    """The instruction that `--word` names; raises `InputError` unless it is exactly one."""
    found = isa.matches(_one_word(text))
    if len(found) != 1:
        raise InputError(f"{text} is not modelled by {isa.name}")
    return found[0]


def _run(body: Callable[[], bool]) -> None:
    """Call the command's body, which tells whether everything agreed, and exit accordingly."""
    try:
        ok = body()
    except ArmsymError as e:
        print_error(e)
        raise typer.Exit(e.exit_code) from None
    raise typer.Exit(0 if ok else 1)


@app.command()
def decode(
    *,
    cls: ClassOption = "*",
    seed: SeedOption = 0,
    words: Annotated[int | None, typer.Option(help="This many random words instead of classes.")] = None,
    word: WordOption = None,
    object_: ObjectOption = None,
    limit: Annotated[int | None, typer.Option(help="Enumerate up to this many field combinations.")] = None,
    as_json: JsonOption = False,
    isa_name: IsaOption = "A64",
) -> None:
    """Decoder and assembler syntax against Capstone."""

    def body() -> bool:
        from armsym.conform import decode as d
        from armsym.conform.capstone_oracle import Capstone
        from armsym.conform.words import LIMIT

        _at_least(1, words=words, limit=limit)
        isa = load_isa(isa_name)
        oracle = Capstone()

        def results() -> Iterator[DecodeResult]:
            if word is not None:
                yield d.check_decode_words(isa.isa, [_one_word(word)], oracle=oracle, scope=isa.scope)
            elif object_ is not None:
                result = d.DecodeResult(str(object_), 0)
                found = _object_words(object_)
                yield d.check_decode_words(isa.isa, found, result=result, oracle=oracle, scope=isa.scope)
            elif words is not None:
                yield d.check_decode_random(isa.isa, words, seed, oracle=oracle, scope=isa.scope)
            else:
                for c in select(isa.isa, cls):
                    yield d.check_decode_class(
                        isa.isa, c, seed=seed, limit=limit or LIMIT, oracle=oracle, scope=isa.scope
                    )

        return told.report("decode", results(), told.decode_line, told.decode_dict, as_json=as_json)

    _run(body)


@app.command()
def execute(
    *,
    cls: ClassOption = "*",
    seed: SeedOption = 0,
    states: StatesOption = 16,
    seconds: SecondsOption = 5.0,
    word: WordOption = None,
    state: StateOption = None,
    object_: ObjectOption = None,
    as_json: JsonOption = False,
    isa_name: IsaOption = "A64",
) -> None:
    """Execution on whole machine states against Unicorn."""

    def body() -> bool:
        from armsym.conform import execute as x
        from armsym.conform.unicorn_oracle import UnicornCore

        _at_least(1, states=states)
        _at_least(0, seconds=seconds, state=state)
        isa = load_isa(isa_name).isa
        core = UnicornCore()

        def results() -> Iterator[ExecuteResult]:
            if word is not None or object_ is not None:
                found = [_modelled(isa, word).word] if word is not None else _object_words(object_ or Path())
                numbers = range(states) if state is None else [state]
                limit = float("inf") if word is not None else seconds
                r = x.check_execute_words(isa, found, seed=seed, states=numbers, seconds=limit, core=core)
                r.name = word if word is not None else str(object_)
                yield r
            else:
                for c in select(isa, cls):
                    yield x.check_execute_class(isa, c, seed=seed, states=states, seconds=seconds, core=core)

        return told.report("execute", results(), told.execute_line, told.execute_dict, as_json=as_json)

    _run(body)


@app.command()
def symbolic(
    *,
    cls: ClassOption = "*",
    seed: SeedOption = 0,
    states: StatesOption = 4,
    seconds: SecondsOption = 1.0,
    word: WordOption = None,
    state: StateOption = None,
    as_json: JsonOption = False,
    isa_name: IsaOption = "A64",
) -> None:
    """Execution on terms, evaluated, against execution on numbers."""

    def body() -> bool:
        from armsym.conform import symbolic as s

        _at_least(1, states=states)
        _at_least(0, seconds=seconds, state=state)
        isa = load_isa(isa_name).isa

        def results() -> Iterator[SymbolicResult]:
            if word is None:
                for c in select(isa, cls):
                    yield s.check_symbolic_class(isa, c, seed=seed, states=states, seconds=seconds)
                return
            numbers = range(states) if state is None else [state]
            yield s.check_symbolic_word(_modelled(isa, word), seed=seed, states=numbers)

        return told.report("symbolic", results(), told.symbolic_line, told.symbolic_dict, as_json=as_json)

    _run(body)


@app.command()
def pcode(
    *,
    cls: ClassOption = "*",
    seed: SeedOption = 0,
    words: Annotated[int, typer.Option(help="Words to prove equal in each class.")] = 25,
    word: WordOption = None,
    as_json: JsonOption = False,
    isa_name: IsaOption = "A64",
) -> None:
    """Execution on terms against Ghidra's P-code: proved equal for all values by Z3."""

    def body() -> bool:
        from armsym.conform.pcode import compare as p
        from armsym.conform.pcode.translator import Translator
        from armsym.conform.unicorn_oracle import UnicornCore

        _at_least(1, words=words)
        isa = load_isa(isa_name).isa
        translator, core = Translator(), UnicornCore()

        def results() -> Iterator[PcodeResult]:
            if word is not None:
                result = p.PcodeResult(word, seed)
                p.check_pcode_word(_modelled(isa, word), isa, result, translator, core)
                yield result
                return
            for c in select(isa, cls):
                yield p.check_pcode_class(isa, c, translator, core, seed=seed, words=words)

        ok = told.report("pcode", results(), told.pcode_line, told.pcode_dict, as_json=as_json)
        unneeded = p.stale(isa, translator) if word is None and cls == "*" else []
        for text in unneeded:
            typer.echo(f"FAIL stale exception: {text}", err=True)
        return ok and not unneeded

    _run(body)


@app.command()
def report(
    *,
    cls: ClassOption = "*",
    seed: SeedOption = 0,
    states: StatesOption = 16,
    seconds: SecondsOption = 2.0,
    words: Annotated[int, typer.Option(help="Random words for the decoder.")] = 1_000_000,
    output: Annotated[Path, typer.Option("--output", "-o", help="The Markdown file to write.")] = Path(
        "docs/conformance.md"
    ),
    isa_name: IsaOption = "A64",
) -> None:
    """Run all comparisons and write the coverage report."""

    def body() -> bool:
        from armsym.conform import report as rep
        from armsym.conform.capstone_oracle import Capstone
        from armsym.conform.decode import check_decode_class, check_decode_random
        from armsym.conform.execute import check_execute_class
        from armsym.conform.symbolic import check_symbolic_class
        from armsym.conform.unicorn_oracle import UnicornCore

        _at_least(1, states=states, words=words)
        _at_least(0, seconds=seconds)
        isa = load_isa(isa_name)
        chosen = select(isa.isa, cls)
        if not output.parent.is_dir():
            raise InputError(f"{output}: there is no directory {output.parent}")
        capstone, core = Capstone(), UnicornCore()
        classes = []
        for c in chosen:
            classes.append(
                rep.ClassReport(
                    c.__name__,
                    (c.__doc__ or "").strip().partition("\n")[0],
                    check_decode_class(isa.isa, c, seed=seed, oracle=capstone, scope=isa.scope),
                    check_execute_class(isa.isa, c, seed=seed, states=states, seconds=seconds, core=core),
                    check_symbolic_class(isa.isa, c, seed=seed, seconds=seconds),
                )
            )
            typer.echo(f"{'ok  ' if classes[-1].ok else 'FAIL'} {c.__name__}")
        random_words = check_decode_random(isa.isa, words, seed, oracle=capstone, scope=isa.scope)
        versions = {"Capstone": capstone.version, "Unicorn": core.version}
        text = rep.markdown(isa.name, classes, random_words, seed=seed, scope=isa.scope, versions=versions)
        output.write_text(text, encoding="utf-8")
        typer.echo(f"written: {output}")
        return random_words.ok and all(c.ok for c in classes)

    _run(body)
