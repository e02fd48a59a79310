"""Each command that README and the pages show is run here, or by what is named here; a new one fails until it is.

A line of a code block is a command if its first word is one.  Synopses (`armsym list [PATH ...]`) are looked up in
the help text: what they name must be there.  Commands with made-up names are run where files of these names are.
"""

from __future__ import annotations

import functools
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from assembling import assembled

from crypto_examples import wheels

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "bench" / "README.md"]
PAGES += [p for p in sorted((ROOT / "docs").glob("*.md")) if p.name != "proofs.md"]
_COMMAND = re.compile(r"^(?:\$ )?((?:armsym|make|pip|python3?|\.venv/bin/python) .*)$")
_INLINE = re.compile(r"`((?:armsym|make|python) [^`]*)`")

SUM = """.globl sum64
.type sum64, %function
sum64: mov x2, #0
 cbz x1, 2f
1: ldr x3, [x0], #8
 add x2, x2, x3
 subs x1, x1, #1
 b.ne 1b
2: mov x0, x2
 ret
.size sum64, .-sum64
"""
SUM_PROOF = """from armsym.dsl import Bits, Proof, proof

@proof("sum64", of="sum.o")
def sum64(p: Proof) -> None:
    words = p.region("words", 16, access="r")
    p.call(x0=words, x1=Bits(64, 2))
    p.ensures(lambda s: {"sum": s.x0 == sum(words.words(64), Bits(64, 1))})
"""
UNLOCK = ".globl unlock\n.type unlock, %function\nunlock: ldr x0, [x0]\nmov x1, #0x1234\ncmp x0, x1\ncset w0, eq\nret\n"


def _joined(text: str) -> str:
    return re.sub(r" \\\n\s+", " ", text)


def _commands() -> Iterator[tuple[str, str]]:
    """Each command with its page: of code blocks, and between backticks where it has an argument."""
    for page in PAGES:
        fenced = False
        for line in _joined(page.read_text(encoding="utf-8")).splitlines():
            fenced ^= line.startswith("```")
            if fenced or line.startswith("    "):
                found = _COMMAND.match(line.strip())
                # A comment after two spaces explains; the tree of folders in README has `armsym/`.
                if found:
                    yield page.name, re.split(r"  +# ", found[1])[0].strip()
                continue
            yield from ((page.name, c) for c in _INLINE.findall(line))


COMMANDS = sorted(set(_commands()))
#: A synopsis has brackets, or dots, or nothing but made-up names in capitals.
_MADE_UP = re.compile(
    r"\b(?:FILE\d?|SYMBOL\d?|PATH|PROOF|WORD|COMMAND|NAME|CONFIG|ADDRESS|BUNDLE|ANSWER|VENV|DIR|PAGE|GLOB)\b"
)


def _synopsis(command: str) -> bool:
    return "[" in command or "..." in command or _MADE_UP.search(command) is not None


#: Run by CI as they stand (.ci/run), or by `make` there.
BY_CI = {"make prove", "make test", "make lint", "make setup", "make docs"}
#: Commands that other tests run, or that are too long to be run whole: pattern, and where they are.
ELSEWHERE = {
    r"make museum": "tests/museum/test_museum.py",
    r"armsym gate( --junit \S+ --sarif \S+)?": "tests/api/test_gate.py",
    r"make table": "tests/cli/test_table.py",
    r"make audit|armsym audit( .*)?|armsym prove --export( bundles)?": "tests/audit/test_audit_bundles.py",
    r"make bench|python -m bench( .*)?|python bench/.*": "bench",
    r"pip install \. ziglang": "tests/docs/test_wheel_alone.py",
    r"python -m ziglang .*": "tests/docs/test_first_proof.py",
    r"armsym conform (report|pcode)": "tests/semantics",
    r"\.venv/bin/python -m pytest -q (tests/\S+)": "tests",
    r"armsym equiv crypto_examples/wheels.py::.*": "tests/equiv",
    r"armsym prove( -v)?|armsym prove --table docs/proofs.md": ".ci/run",
    r"armsym prove --(trace|profile|queries)": "tests/cli",
    r"armsym prove --confirm-by \S+": "tests/negative/test_solvers_together.py",
    r"armsym run failures.o .*": "tests/negative/test_failures_page.py",
    r"python -m armsym": "tests/cli",
    r"armsym suggest( my_proof.py)?": "tests/suggest",
    r"armsym explore( crypto_examples/own_sha512/proof.py)?": "tests/explore/test_explore.py",
    r"make prove ARGS=\"-k '[a-z0-9]+\*'\"": "tests/cli/test_prove.py",
    r"armsym (new|equiv|run|simulate|symbols|solve|view|disasm|coverage|conform (decode|execute))": "tests/cli",
    r"armsym (list|new|\w+) --json": "tests/cli",
    r"armsym (symbols|prove|disasm|coverage) .*(stripped\.so|libown\.a|sha256-arm64\.ko|lib/modules/|_MACOS).*": (
        "tests/cli/test_any_binary.py"
    ),
    r"armsym (prove|new) .*(checksum|proof|broken)\S*.*": "tests/docs/test_first_proof.py",
}
#: How long commands are made short: pattern, more arguments.
SHORT = {
    r"armsym prove crypto_examples/openssl.*": "-k sha512_block_armv8 -j 1",
    r"armsym conform execute .*": "--states 2",
    r"armsym coverage libfoo.so --symbol 'my_\*'": "--symbol 'sha512*'",
}
#: Exit codes other than 0: what the page says of it.
CODES = {
    r"armsym prove crypto_examples/own_sha512 --object broken.o": 1,  # the flipped bit
    r"armsym prove my_proof.py( .*)?": 1,
    r"armsym equiv old.o .*": 0,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples, and files of the names that the pages use."""
    here = tmp_path_factory.mktemp("commands")
    (here / "crypto_examples").symlink_to(ROOT / "crypto_examples")
    (here / "sum.o").write_bytes(assembled(SUM))
    (here / "my_proof.py").write_text(SUM_PROOF)
    old = SUM.replace("sum64", "sum")
    (here / "old.o").write_bytes(assembled(old))
    (here / "new.o").write_bytes(assembled(old.replace("mov x2, #0", "mov x2, xzr")))
    (here / "unlock.o").write_bytes(assembled(UNLOCK))
    for name in ("libcrypto.so", "libfoo.so"):
        (here / name).symlink_to(wheels.OPENSSL_4_0.path())
    data = bytearray((here / "crypto_examples/own_sha512/sha512.o").read_bytes())
    data[0x40 + 0x68 + 3] ^= 0x20
    (here / "broken.o").write_bytes(data)
    refuted = [sys.executable, "-m", "armsym", "prove", "my_proof.py", "--json"]
    (here / "answer.json").write_bytes(
        subprocess.run(refuted, cwd=here, capture_output=True, check=False, timeout=120).stdout
    )
    return here


@functools.cache
def _help(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "armsym", *command, "--help"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, f"armsym {' '.join(command)} --help: {done.stderr}"
    return done.stdout


def _matching(table: Iterable[str], command: str) -> str | None:
    return next((p for p in table if re.fullmatch(p, command)), None)


@pytest.mark.parametrize(("page", "command"), [c for c in COMMANDS if _synopsis(c[1]) and c[1].startswith("armsym")])
def test_a_synopsis_names_what_there_is(page: str, command: str) -> None:
    words = command.replace("...", "").replace("[", " ").replace("]", " ").replace("|", " ").split()[1:]
    if words[0] == "COMMAND" or words[0].startswith("--"):
        names: list[str] = []
    else:
        names = words[:2] if words[0] == "conform" and len(words) > 1 and words[1].islower() else words[:1]
    text = _help(*(["conform", "decode"] if command.startswith("armsym conform COMMAND") else names))
    for option in {w.split("=")[0] for w in words if w.startswith("-") and len(w) > 1}:
        # Registers are options of any number.
        if not re.fullmatch(r"--[xv](\d+|N)", option):
            assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text), f"{page}: {command}: {option}"


@pytest.mark.wheels
@pytest.mark.parametrize(("page", "command"), [c for c in COMMANDS if not _synopsis(c[1])])
def test_a_command_works(page: str, command: str, folder: Path) -> None:
    if command in BY_CI:
        name = command.split()[1]
        assert re.search(rf"^{name}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return
    elsewhere = _matching(ELSEWHERE, command)
    if elsewhere is not None:
        assert (ROOT / ELSEWHERE[elsewhere]).exists()
        named = re.findall(r"(?:^|\s)((?:tests|bench)/\S+\.py)", command)
        assert all((ROOT / n).is_file() for n in named), f"{page}: {command}"
        return
    words = shlex.split(command)
    more = _matching(SHORT, command)
    if more is not None:
        words += shlex.split(SHORT[more])
    target: Path | None = None
    if ">" in words:
        target = folder / words[words.index(">") + 1]
        words = words[: words.index(">")]
    first = {"armsym": ["-m", "armsym"], "python3": []}.get(words[0])
    assert first is not None, f"{page} shows `{command}`, which nothing runs: add it to a table of this test"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *first, *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if target is not None:
        target.write_text(done.stdout)
    code = _matching(CODES, command)
    assert done.returncode == (CODES[code] if code is not None else 0), f"{page}: {command}\n{done.stdout}{done.stderr}"


def test_commands_are_found() -> None:
    """The pages have many, of each kind."""
    assert ("README.md", "armsym prove crypto_examples/own_sha512") in COMMANDS
    assert ("README.md", "make museum") in COMMANDS
    assert ("cli.md", "armsym disasm FILE SYMBOL") in COMMANDS
    assert len(COMMANDS) > 80
