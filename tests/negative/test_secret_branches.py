"""What an attacker sees that depends on a secret, where random runs do not show it: two runs are found that do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from refusing import run
from test_contracts import files

from armsym.dsl import Proof, select
from armsym.proof.leaks import Leak, two_secrets
from armsym.proof.result import ProofResult, Status
from armsym.report.as_json import result_as_dict
from armsym.report.outcome import Outcome
from armsym.symbolic_memory import variable

Fn = Callable[[Proof], None]


def answer(fn: Fn, code: str, folder: Path) -> ProofResult:
    return run(fn, files(folder, code, "ret"), "f")


def word(p: Proof) -> None:
    """W0 = 7, whatever the secret."""
    p.call(w0=p.word("k", 32))
    p.ensures(lambda s: {"seven": s.w0 == 7})


def in_memory(p: Proof) -> None:
    """The same, of a secret of 64 bits in memory."""
    p.call(x0=p.region("k", 8, access="r"))
    p.ensures(lambda s: {"seven": s.w0 == 7})


BRANCH = {
    "zero": "cbz w0,1f\n 1: mov w0,#7\n ret",
    "one value": "mov w1,#0x1234\n movk w1,#0x5678,lsl #16\n cmp w0,w1\n b.eq 1f\n nop\n 1: mov w0,#7\n ret",
    "one bit of a product": "mul w1,w0,w0\n cmp w1,#1\n b.eq 1f\n nop\n 1: mov w0,#7\n ret",
}


@pytest.mark.parametrize("code", BRANCH.values(), ids=BRANCH)
def test_a_branch_that_few_secrets_take_is_refuted_with_both_runs(code: str, tmp_path: Path) -> None:
    r = answer(word, code, tmp_path)
    assert r.status is Status.REFUTED
    c = r.counterexample
    assert c is not None
    assert c.kind == "constant-time"
    assert c.inputs["k"] != c.other_inputs["k"]
    assert c.expected != c.got
    assert all(" <f" in side for side in (c.expected, c.got)), "both say where"
    shown = result_as_dict(Outcome(r))["counterexample"]
    assert shown["other_inputs"] == c.other_inputs
    assert shown["other_entry"]["x"][0] != shown["entry"]["x"][0]
    # All that is public is the same in both.
    assert shown["other_entry"]["base"] == shown["entry"]["base"]
    assert shown["other_entry"]["sp"] == shown["entry"]["sp"]


def test_a_branch_on_a_secret_in_memory_is_refuted(tmp_path: Path) -> None:
    r = answer(in_memory, "ldr x1,[x0]\n cbz x1,1f\n nop\n 1: mov w0,#7\n ret", tmp_path)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert list(r.counterexample.other_inputs) == ["k"]


def test_an_address_that_few_secrets_change_is_refuted(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        t = p.region("t", 16, access="r", public=True)
        k = p.word("k", 64)
        p.call(x0=t, x1=k)
        p.ensures(lambda s: {"entry": s.x0 == select((k == 5).bit.zero_extend(64), t.words(64))})

    r = answer(fn, "cmp x1,#5\n cset x1,eq\n ldr x0,[x0,x1,lsl #3]\n ret", tmp_path)
    assert r.status is Status.REFUTED
    assert r.counterexample is not None
    assert list(r.counterexample.other_inputs) == ["k"]


def test_without_the_branch_it_is_proved(tmp_path: Path) -> None:
    code = "cmp w0,#0\n csel w0,w0,w0,eq\n mov w0,#7\n ret"
    assert answer(word, code, tmp_path).status is Status.PROVED


def test_a_secret_that_a_precondition_leaves_one_value_is_not_refuted(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        k = p.word("k", 32)
        p.call(w0=k)
        p.assume("few", (k & 0xFFFFFF00) == 0)
        p.assume("not zero", k != 0)
        p.ensures(lambda s: {"seven": s.w0 == 7})

    # Whatever k, the branch is not taken; to say so of a secret is not the tool's to decide.
    assert answer(fn, BRANCH["zero"], tmp_path).status is not Status.REFUTED


def test_a_branch_on_what_is_public_is_proved(tmp_path: Path) -> None:
    def fn(p: Proof) -> None:
        p.call(w0=p.word("k", 32, public=True))
        p.ensures(lambda s: {"seven": s.w0 == 7})

    assert answer(fn, BRANCH["one value"], tmp_path).status is Status.PROVED


# -- the question by itself ---------------------------------------------------------------------


def test_two_secrets_agree_in_all_that_is_public() -> None:
    k, n = variable("k", 32, secret=True), variable("n", 32, secret=False)
    value = (k == n).bit
    models = two_secrets(Leak(value.value, ((n > 9).bit.value,)), 2000)  # type: ignore[arg-type] # a term it is
    assert models is not None
    (a, b), (i, j) = models, (k.value.id, n.value.id)  # type: ignore[union-attr]
    assert a.variables[j] == b.variables[j] > 9
    assert (a.variables[i] == a.variables[j]) != (b.variables[i] == b.variables[j])


def test_no_two_secrets_where_the_facts_leave_one() -> None:
    k = variable("k", 8, secret=True)
    value = (k == 3).bit.value
    assert two_secrets(Leak(value, ((k < 3).bit.value,)), 2000) is None  # type: ignore[arg-type]
    assert two_secrets(Leak(value, ((k < 4).bit.value,)), 2000) is not None  # type: ignore[arg-type]
