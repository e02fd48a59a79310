(* Raw programs (armsym/audit/raw.py) and what they compute.  Values are numbers of any size. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
Import ListNotations.
Open Scope Z_scope.
Module M := PositiveMap.

Inductive instr :=
| IConst (c : Z) | IVar (bits : Z) | IApp (f : positive) (args : list positive) (bits : Z)
| IXor (a b : positive) | IAnd (a b : positive) | IShl (a : positive) (n : Z) | IShr (a : positive) (n : Z)
| IMask (a : positive) (k : Z) | IAdd (w : Z) (a b : positive) | IMulc (w : Z) (a : positive) (k : Z).
Definition program := M.t instr.

(* -- functions that are known (armsym/audit/functions.py) ---------------------------------------------------------- *)
Fixpoint clmulp (y : positive) (x : Z) : Z :=
  match y with
  | xH => x
  | xO q => 2 * clmulp q x
  | xI q => Z.lxor x (2 * clmulp q x)
  end.
(* 0 of a negative number, so that it is commutative on all *)
Definition clmul (x y : Z) : Z := match x, y with Zpos _, Zpos p => clmulp p x | _, _ => 0 end.
(* SP 800-38D, 6.3, Algorithm 1, of blocks as numbers whose leftmost bit has the weight 2^127: the bits of X from the
   left, and the sum of those V_i = V, half V, half (half V), ... where bit i is 1 *)
Definition block := Z.ones 128.
Definition R := Z.shiftl 225 120.
Definition half (v : Z) : Z := Z.lxor (Z.shiftr v 1) (if Z.odd v then R else 0).
Fixpoint from_left (n : nat) (x : Z) (after : list bool) : list bool :=
  match n with O => after | S n => from_left n (Z.div2 x) (Z.odd x :: after) end.
Fixpoint sum_where (x : list bool) (v : Z) : Z :=
  match x with [] => 0 | b :: r => Z.lxor (if b then v else 0) (sum_where r (half v)) end.
Definition gf128_mul (x y : Z) : Z := sum_where (from_left 128 x []) (Z.land y block).
Fixpoint entry (l : list Z) (x : Z) : Z :=
  match l with [] => 0 | e :: r => if x =? 0 then e else entry r (x - 1) end.
Inductive def := DZero | DMul | DClmul | DGf128_mul | DTable (l : list Z).
(* None: not of so many arguments *)
Definition call (d : def) (args : list Z) : option Z :=
  match d, args with
  | DZero, [x] => Some (if x =? 0 then 1 else 0)
  | DMul, [x; y] => Some (x * y)
  | DClmul, [x; y] => Some (clmul x y)
  | DGf128_mul, [x; y] => Some (gf128_mul x y)
  | DTable l, [x] => Some (if x <? 0 then 0 else entry l x)
  | _, _ => None
  end.
Definition functions := M.t def.
(* F is any functions, of which those in `defs` are what they are defined as. *)
Definition agrees (defs : functions) (F : positive -> list Z -> Z) :=
  forall f d, M.find f defs = Some d -> forall args v, call d args = Some v -> F f args = v.

(* -- runs ---------------------------------------------------------------------------------------------------------- *)
(* The value of instruction n from those of its operands: F any functions, env any inputs. *)
Definition semval (F : positive -> list Z -> Z) (env : positive -> Z) (vals : positive -> Z) (n : positive) (x : instr) : Z :=
  match x with
  | IConst c => c
  | IVar bits => Z.land (env n) bits
  | IApp f args bits => Z.land (F f (map vals args)) bits
  | IXor a b => Z.lxor (vals a) (vals b)
  | IAnd a b => Z.land (vals a) (vals b)
  | IShl a n => Z.shiftl (vals a) n
  | IShr a n => Z.shiftr (vals a) n
  | IMask a k => Z.land (vals a) k
  | IAdd w a b => (vals a + vals b) mod 2 ^ w
  | IMulc w a k => (vals a * k) mod 2 ^ w
  end.
Definition models F env (prog : program) vals := forall i x, M.find i prog = Some x -> vals i = semval F env vals i x.

(* Every program whose operands come earlier has a run, for all functions and inputs: what is proved of all runs is
   said of something. *)
Definition ops (x : instr) : list positive :=
  match x with
  | IConst _ | IVar _ => [] | IApp _ l _ => l | IXor a b | IAnd a b | IAdd _ a b => [a; b]
  | IShl a _ | IShr a _ | IMask a _ | IMulc _ a _ => [a]
  end.
Definition wf (prog : program) : bool :=
  forallb (fun p => forallb (fun j => Pos.ltb j (fst p)) (ops (snd p))) (M.elements prog).
Section Runs.
Variable F : positive -> list Z -> Z.
Variable env : positive -> Z.
Variable prog : program.
Lemma semval_ext f g i x : (forall j, In j (ops x) -> f j = g j) -> semval F env f i x = semval F env g i x.
Proof.
  destruct x; simpl; intros H; try reflexivity; try (now rewrite !H by auto).
  now rewrite (map_ext_in _ _ _ H).
Qed.
Fixpoint it (n : nat) (i : positive) : Z :=
  match n with O => 0 | S n => match M.find i prog with Some x => semval F env (it n) i x | None => 0 end end.
Lemma wf_lt : wf prog = true -> forall i x j, M.find i prog = Some x -> In j (ops x) -> (j < i)%positive.
Proof.
  unfold wf. rewrite forallb_forall. intros H i x j E J. apply PositiveMap.elements_correct in E.
  specialize (H _ E). simpl in H. rewrite forallb_forall in H. apply Pos.ltb_lt. auto.
Qed.
Lemma it_stable : wf prog = true ->
  forall k i n m, (Pos.to_nat i <= k)%nat -> (Pos.to_nat i <= n)%nat -> (Pos.to_nat i <= m)%nat -> it n i = it m i.
Proof.
  intros W. induction k; intros i n m Hk Hn Hm. pose proof (Pos2Nat.is_pos i); lia.
  destruct n as [|n], m as [|m]; try (pose proof (Pos2Nat.is_pos i); lia). simpl.
  destruct (M.find i prog) as [x|] eqn:E; auto. apply semval_ext. intros j J.
  pose proof (wf_lt W _ _ _ E J) as L. apply Pos2Nat.inj_lt in L. apply IHk; lia.
Qed.
Theorem runs : wf prog = true -> exists vals, models F env prog vals.
Proof.
  intros W. exists (fun i => it (Pos.to_nat i) i). intros i x E.
  destruct (Pos.to_nat i) as [|n] eqn:T. pose proof (Pos2Nat.is_pos i); lia.
  simpl. rewrite E. apply semval_ext. intros j J. pose proof (wf_lt W _ _ _ E J) as L. apply Pos2Nat.inj_lt in L.
  apply (it_stable W (Pos.to_nat j)); lia.
Qed.
End Runs.
(* There are functions that agree with any definitions. *)
Theorem functions_exist defs : exists F, agrees defs F.
Proof.
  exists (fun f args => match M.find f defs with Some d => match call d args with Some v => v | None => 0 end | None => 0 end).
  intros f d E args v C. now rewrite E, C.
Qed.
