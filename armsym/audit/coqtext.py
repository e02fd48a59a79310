"""A certificate as a Coq file: one theorem, that all claims of all parts hold in every run of the program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from armsym.audit.farkas import Argument, Form
from armsym.audit.functions import definition, entries
from armsym.audit.goals import Goals
from armsym.audit.hints import SHAPES, Certificate, Part
from armsym.audit.raw import Instruction
from armsym.audit.sums import Number

__all__ = ["CLOSED", "instruction_of", "linear_theorem", "list_of", "place", "theorem"]

#: What coqc prints of a theorem that rests on no axiom.
CLOSED = "Closed under the global context"

#: Longer lists are cut, as Coq reads long ones slowly.
_CHUNK = 400

_HEAD = """(* Written by armsym.audit: coqc accepts it only where the claims follow. *)
Require Import ZArith List FMapPositive.
From Armsym Require Import Raw Forms Rules Check.
Import ListNotations.
Open Scope Z_scope.
"""

_TAIL = """Definition numbered {A} (l : list A) : M.t A :=
  snd (fold_left (fun s x => (Pos.succ (fst s), M.add (fst s) x (snd s))) l (1%positive, M.empty A)).
Definition the_program : program := numbered the_instructions.
Definition the_functions : functions := fold_right (fun x m => M.add (fst x) (snd x) m) (M.empty def) the_definitions.
Lemma checked : check the_program the_functions the_parts = Some (map (fun _ => []) the_parts).
Proof. vm_cast_no_check (eq_refl (Some (map (fun _ : part => @nil (positive * positive)) the_parts))). Qed.
Lemma shown {A} (l : list A) : all_shown (map (fun _ => []) l) = true.
Proof. induction l; simpl; auto. Qed.
Theorem certified : forall p, In p the_parts -> true_claims the_program the_functions p.
Proof. exact (check_sound _ _ _ _ checked (shown the_parts)). Qed.
Theorem about_something : exists F, agrees the_functions F /\\ forall env, exists vals, models F env the_program vals.
Proof. exact (check_has_runs _ _ _ _ checked). Qed.
Print Assumptions certified.
Print Assumptions about_something.
"""


_LINEAR_HEAD = """(* Written by armsym.audit: coqc accepts it only where the goals follow. *)
Require Import ZArith List FMapPositive.
From Armsym Require Import Raw Forms Farkas Ranges Sums.
Import ListNotations.
Open Scope Z_scope.
(* goal, facts, nodes whose ranges are facts, multipliers, divisor *)
Definition argument := (form * list form * list positive * list (nat * Z) * Z)%type.
(* node, what some nodes are, form *)
Definition number := (positive * list (positive * form) * form)%type.
(* instructions; arguments; pairs that are one sum modulo 2^64; numbers, by how many bits they have *)
Definition about := (piece * (list argument * (list (positive * positive) * list (Z * list number))))%type.
"""

_LINEAR_TAIL = """Definition fine (p : about) : bool :=
  let m := reaches (M.empty Z) (fst p) in let s := sums 64 m (M.empty lin) (fst p) in ordered 0 (fst p) &&
  (forallb (fun a : argument => let '(goal, facts, nodes, ms, d) := a in shown m goal facts nodes ms d) (fst (snd p)) &&
   (forallb (fun c => equal_sums 64 m s (fst c) (snd c)) (fst (snd (snd p))) &&
    forallb (fun g : Z * list number => let t := sums (fst g) m (M.empty lin) (fst p) in ((0 <=? fst g) &&
      forallb (fun x : number => let '(n, e, f) := x in is_number (fst g) m t n e f) (snd g))%bool)
      (snd (snd (snd p))))).
Lemma checked : forallb fine the_goals = true.
Proof. vm_cast_no_check (eq_refl true). Qed.
Lemma fine_of p : In p the_goals -> fine p = true.
Proof. exact (proj1 (forallb_forall fine the_goals) checked p). Qed.
Theorem certified : forall p, In p the_goals -> forall goal facts nodes ms d,
  In (goal, facts, nodes, ms, d) (fst (snd p)) ->
  forall F env vals, computed F env (fst p) vals -> (forall f, In f facts -> 0 <= val vals f) -> 0 <= val vals goal.
Proof.
  intros p P goal facts nodes ms d H F env vals.
  pose proof (proj1 (andb_prop _ _ (proj2 (andb_prop _ _ (fine_of p P))))) as A.
  exact (shown_sound F env vals (fst p) goal facts nodes ms d (proj1 (forallb_forall _ _) A _ H)).
Qed.
Theorem certified_sums : forall p, In p the_goals -> forall a b, In (a, b) (fst (snd (snd p))) ->
  forall F env vals, computed F env (fst p) vals -> vals a = vals b.
Proof.
  intros p P a b H F env vals.
  pose proof (proj1 (andb_prop _ _ (proj2 (andb_prop _ _ (proj2 (andb_prop _ _ (fine_of p P))))))) as A.
  exact (equal_sums_sound 64 ltac:(discriminate) F env vals (fst p) a b (proj1 (forallb_forall _ _) A _ H)).
Qed.
Theorem certified_numbers : forall p, In p the_goals -> forall w l, In (w, l) (snd (snd (snd p))) ->
  forall n e f, In (n, e, f) l -> forall F env vals, computed F env (fst p) vals ->
  (forall m g, In (m, g) e -> vals m = val vals g) -> 0 <= val vals f < 2 ^ w -> vals n = val vals f.
Proof.
  intros p P w l G n e f I F env vals C E.
  pose proof (proj2 (andb_prop _ _ (proj2 (andb_prop _ _ (proj2 (andb_prop _ _ (fine_of p P))))))) as A.
  destruct (andb_prop _ _ (proj1 (forallb_forall _ _) A _ G)) as [W B].
  exact (number_sound w (proj1 (Z.leb_le 0 w) W) F env vals e E (fst p) n f (proj1 (forallb_forall _ _) B _ I) C).
Qed.
Theorem about_something : forall p, In p the_goals -> forall F env, exists vals, computed F env (fst p) vals.
Proof.
  intros p P. apply piece_has_run.
  exact (proj1 (andb_prop _ _ (fine_of p P))).
Qed.
Print Assumptions certified.
Print Assumptions certified_sums.
Print Assumptions certified_numbers.
Print Assumptions about_something.
"""


def place(node: int) -> str:
    """A number that counts from 1, of a node say, in Coq."""
    return f"{node}%positive"


def _nodes(nodes: Iterable[int]) -> str:
    return f"[{'; '.join(map(place, nodes))}]"


def instruction_of(x: Instruction, functions: dict[str, int]) -> str:
    """An instruction in Coq; `functions` are the numbers that functions have so far, to which new ones are added."""
    match x:
        case ("Const", value):
            return f"IConst {value:#x}"
        case ("Var", _, bits):
            return f"IVar {bits:#x}"
        case ("App", name, operands, bits):
            return f"IApp {functions.setdefault(name, len(functions) + 1)} {_nodes(operands)} {bits:#x}"
        case ("Mask", a, bits):
            return f"IMask {a} {bits:#x}"
        case ("Mulc", width, a, factor):
            return f"IMulc {width} {a} {factor:#x}"
    return f"I{x[0]} {' '.join(map(str, x[1:]))}"


def _hint(hint: Sequence[Any]) -> str:
    fields = (
        _nodes(v) if k == "N" else f"{v:#x}" if k == "x" else str(v)
        for v, k in zip(hint[1:], SHAPES[hint[0]], strict=True)
    )
    return f"H{hint[0].capitalize()} {' '.join(fields)}"


def _definition(name: str, number: int) -> str | None:
    table = entries(name)
    if table is not None:
        return f"({place(number)}, DTable [{'; '.join(map(str, table))}])"
    return None if definition(name) is None else f"({place(number)}, D{name.capitalize().replace('.', '_')})"


def list_of(name: str, kind: str, items: Sequence[str]) -> Iterable[str]:
    """The definition of a list, by pieces, as lines."""
    pieces = []
    for k in range(0, len(items), _CHUNK):
        pieces.append(f"{name}_{k // _CHUNK}")
        yield f"Definition {pieces[-1]} : list {kind} := [{'; '.join(items[k : k + _CHUNK])}]."
    yield f"Definition {name} : list {kind} := {' ++ '.join(pieces) or '[]'}."


def _part(number: int, part: Part, line: Callable[[str], None]) -> str:
    lists = (
        (f"hints_{number}", "hint", [_hint(h) for h in part.hints]),
        (f"facts_{number}", "(positive * Z)", [f"({place(i)}, {v:#x})" for i, v in sorted(part.given.items())]),
        (f"claims_{number}", "(positive * positive)", [f"({place(a)}, {place(b)})" for a, b in part.claims]),
    )
    for name, kind, items in lists:
        for text in list_of(name, kind, items):
            line(text)
    return f"Part {part.start} facts_{number} hints_{number} claims_{number}"


def _form(form: Form) -> str:
    return f"({form[0]}, [{'; '.join(f'({place(n)}, {k})' for n, k in sorted(form[1].items()))}])"


def linear_theorem(all_: Sequence[Goals]) -> str:
    """The file that says, of all runs: each goal is at least 0 wherever its facts are, and sums are what is said."""
    lines = [_LINEAR_HEAD]
    pairs = []
    for number, goals in enumerate(all_, 1):
        functions: dict[str, int] = {}
        piece = [f"({place(n)}, {instruction_of(i, functions)})" for n, i in goals.piece]
        lines += list_of(f"piece_{number}", "(positive * instr)", piece)
        lines += list_of(f"arguments_{number}", "argument", [_argument(a) for a in goals.arguments])
        same = [f"({place(a)}, {place(b)})" for a, b in goals.same]
        lines += list_of(f"same_{number}", "(positive * positive)", same)
        widths = sorted({n.width for n in goals.numbers})
        for w in widths:
            lines += list_of(f"numbers_{number}_{w}", "number", [_number(n) for n in goals.numbers if n.width == w])
        numbers = "; ".join(f"({w}, numbers_{number}_{w})" for w in widths)
        pairs.append(f"(piece_{number}, (arguments_{number}, (same_{number}, [{numbers}])))")
    lines += list_of("the_goals", "about", pairs)
    return "\n".join([*lines, _LINEAR_TAIL])


def _number(n: Number) -> str:
    values = "; ".join(f"({place(m)}, {_form(f)})" for m, f in sorted(n.values.items()))
    return f"({place(n.node)}, [{values}], {_form(n.form)})"


def _argument(a: Argument) -> str:
    taken = "; ".join(f"({place}%nat, {k})" for place, k in sorted(a.multipliers.items()))
    facts, nodes = "; ".join(map(_form, a.facts)), _nodes(n for n, _ in a.ranges)
    return f"({_form(a.goal)}, [{facts}], {nodes}, [{taken}], {a.divisor})"


def theorem(certificate: Certificate) -> str:
    """The file's text.  Whether Coq accepts it is for coqc to say; see `proved.kernel`."""
    functions: dict[str, int] = {}
    lines = [_HEAD]
    instructions = [instruction_of(x, functions) for x in certificate.program.instructions[1:]]
    lines += list_of("the_instructions", "instr", instructions)
    known = (_definition(name, number) for name, number in functions.items())
    lines += list_of("the_definitions", "(positive * def)", [d for d in known if d is not None])
    parts = [_part(number, part, lines.append) for number, part in enumerate(certificate.parts, 1)]
    lines += list_of("the_parts", "part", parts)
    lines.append(_TAIL)
    return "\n".join(lines)
