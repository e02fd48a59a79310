(* The two forms of armsym/audit/forms.py, their operations, and proofs that they compute what they say.
   Atoms are numbers of instructions, so nothing has to be interned or extended. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw.
Import ListNotations.
Open Scope Z_scope.
Definition within (v bits : Z) := 0 <= v /\ Z.land v bits = v.
Arguments Z.lxor : simpl never. Arguments Z.land : simpl never. Arguments Z.shiftl : simpl never.
Arguments Z.shiftr : simpl never. Arguments Z.pow : simpl never. Arguments Z.modulo : simpl never.
Arguments Z.mul : simpl never. Arguments Z.add : simpl never.

(* -- forms ----------------------------------------------------------------------------------- *)
Definition mono := list (positive * Z).
Definition poly := (Z * list (mono * Z))%type.
Definition lin := (Z * list (positive * Z))%type.

Section Eval.
Variable vals : positive -> Z.
Fixpoint evM (m : mono) : Z :=
  match m with [] => -1 | (a, s) :: r => Z.land (Z.shiftr (vals a) s) (evM r) end.
Fixpoint evE (l : list (mono * Z)) : Z :=
  match l with [] => 0 | (m, k) :: r => Z.lxor (Z.land k (evM m)) (evE r) end.
Definition evP (p : poly) := Z.lxor (fst p) (evE (snd p)).
Fixpoint evT (l : list (positive * Z)) : Z :=
  match l with [] => 0 | (a, k) :: r => k * vals a + evT r end.
Definition evS (w : Z) (s : lin) := (fst s + evT (snd s)) mod 2 ^ w.
End Eval.

(* -- operations ------------------------------------------------------------------------------ *)
Definition cmpF (x y : positive * Z) :=
  match Pos.compare (fst x) (fst y) with Eq => Z.compare (snd x) (snd y) | c => c end.
Fixpoint cmpM (x y : mono) :=
  match x, y with
  | [], [] => Eq | [], _ => Lt | _, [] => Gt
  | a :: r, b :: t => match cmpF a b with Eq => cmpM r t | c => c end
  end.
Definition cons0 (m : mono) (k : Z) l := if k =? 0 then l else (m, k) :: l.
Fixpoint xorE (x : list (mono * Z)) {struct x} : list (mono * Z) -> list (mono * Z) :=
  fix go y :=
    match x, y with
    | [], _ => y | _, [] => x
    | (m, k) :: r, (n, j) :: t =>
        match cmpM m n with
        | Eq => cons0 m (Z.lxor k j) (xorE r t)
        | Lt => (m, k) :: xorE r y
        | Gt => (n, j) :: go t
        end
    end.
Definition xorP (p q : poly) : poly := (Z.lxor (fst p) (fst q), xorE (snd p) (snd q)).
Fixpoint mapE (f : mono -> mono) (g : Z -> Z) (l : list (mono * Z)) :=
  match l with [] => [] | (m, k) :: r => cons0 (f m) (g k) (mapE f g r) end.
Definition moveM (n : Z) (m : mono) : mono := map (fun x => (fst x, snd x + n)) m.
Definition maskP (k : Z) (p : poly) : poly := (Z.land (fst p) k, mapE (fun m => m) (fun j => Z.land j k) (snd p)).
Definition shlP (n : Z) (p : poly) : poly :=
  (Z.shiftl (fst p) n, mapE (moveM (- n)) (fun j => Z.shiftl j n) (snd p)).
Definition shrP (n : Z) (p : poly) : poly :=
  (Z.shiftr (fst p) n, mapE (moveM n) (fun j => Z.shiftr j n) (snd p)).
Fixpoint mulM (x : mono) {struct x} : mono -> mono :=
  fix go y :=
    match x, y with
    | [], _ => y | _, [] => x
    | a :: r, b :: t =>
        match cmpF a b with Eq => a :: mulM r t | Lt => a :: mulM r y | Gt => b :: go t end
    end.
Fixpoint mulE1 (m : mono) (k : Z) (l : list (mono * Z)) :=
  match l with
  | [] => []
  | (n, j) :: r =>
      let kj := Z.land k j in
      if kj =? 0 then mulE1 m k r else xorE [(mulM m n, kj)] (mulE1 m k r)
  end.
Fixpoint mulE (x y : list (mono * Z)) :=
  match x with [] => [] | (m, k) :: r => xorE (mulE1 m k y) (mulE r y) end.
Definition andP (p q : poly) : poly :=
  let c := fst p in let d := fst q in
  (Z.land c d,
   xorE (mulE (snd p) (snd q))
     (xorE (mapE (fun m => m) (fun j => Z.land j d) (snd p)) (mapE (fun m => m) (fun j => Z.land j c) (snd q)))).

Definition cons0t (a : positive) (k : Z) l := if k =? 0 then l else (a, k) :: l.
Fixpoint addT (w : Z) (x : list (positive * Z)) {struct x} : list (positive * Z) -> list (positive * Z) :=
  fix go y :=
    match x, y with
    | [], _ => y | _, [] => x
    | (a, k) :: r, (b, j) :: t =>
        match Pos.compare a b with
        | Eq => cons0t a ((k + j) mod 2 ^ w) (addT w r t)
        | Lt => (a, k) :: addT w r y
        | Gt => (b, j) :: go t
        end
    end.
Definition addS w (x y : lin) : lin := ((fst x + fst y) mod 2 ^ w, addT w (snd x) (snd y)).
Fixpoint mulT w k (x : list (positive * Z)) :=
  match x with [] => [] | (a, j) :: r => cons0t a ((j * k) mod 2 ^ w) (mulT w k r) end.
Definition mulS w k (x : lin) : lin := ((fst x * k) mod 2 ^ w, mulT w k (snd x)).

(* -- soundness of the operations ------------------------------------------------------------- *)
Section Sound.
Variable vals : positive -> Z.
Notation evM := (evM vals). Notation evE := (evE vals). Notation evP := (evP vals).
Notation evT := (evT vals). Notation evS := (evS vals).

Lemma cmpF_eq x y : cmpF x y = Eq -> x = y.
Proof.
  unfold cmpF; destruct x, y; simpl. destruct (Pos.compare_spec p p0); try discriminate.
  intros H0%Z.compare_eq; congruence.
Qed.
Lemma cmpM_eq x : forall y, cmpM x y = Eq -> x = y.
Proof.
  induction x; destruct y; simpl; try discriminate; auto.
  destruct (cmpF a p) eqn:E; try discriminate. apply cmpF_eq in E. intros; f_equal; auto.
Qed.

Ltac bits := apply Z.bits_inj'; intros ?n ?Hn;
  repeat rewrite ?Z.lxor_spec, ?Z.land_spec, ?Z.bits_0, ?Z.bits_m1 by lia.
Ltac bt := bits; repeat match goal with |- context [Z.testbit ?a ?b] => destruct (Z.testbit a b) end; reflexivity.

Lemma evE_cons0 m k l : evE (cons0 m k l) = Z.lxor (Z.land k (evM m)) (evE l).
Proof. unfold cons0. destruct (Z.eqb_spec k 0); simpl; auto. subst. now rewrite Z.land_0_l, Z.lxor_0_l. Qed.

Lemma xorE_ok x : forall y, evE (xorE x y) = Z.lxor (evE x) (evE y).
Proof.
  induction x as [|[m k] r IH].
  - destruct y; simpl; [reflexivity|]. destruct p; now rewrite Z.lxor_0_l.
  - induction y as [|[n j] t IHt]; [simpl; now rewrite Z.lxor_0_r|].
    simpl xorE. destruct (cmpM m n) eqn:E.
    + apply cmpM_eq in E; subst. rewrite evE_cons0, IH. simpl. bt.
    + simpl. rewrite IH. simpl. bt.
    + simpl. simpl in IHt. rewrite IHt. bt.
Qed.
#[local] Arguments xorE : simpl never.
Lemma xorP_ok p q : evP (xorP p q) = Z.lxor (evP p) (evP q).
Proof. unfold Forms.evP, xorP; simpl. rewrite xorE_ok. bt. Qed.

Lemma evM_bit m n : 0 <= n -> Z.testbit (evM m) n = forallb (fun x => Z.testbit (vals (fst x)) (n + snd x)) m.
Proof.
  intros; induction m as [|[a s] r IH]; simpl. now rewrite Z.bits_m1.
  rewrite Z.land_spec, Z.shiftr_spec, IH; auto.
Qed.
Lemma moveM_bit m n k : 0 <= n -> 0 <= n + k -> Z.testbit (evM (moveM k m)) n = Z.testbit (evM m) (n + k).
Proof.
  intros. rewrite !evM_bit by lia. induction m as [|[a s] r IH]; simpl; auto. rewrite IH. f_equal. f_equal. lia.
Qed.
Lemma maskP_ok k p : evP (maskP k p) = Z.land (evP p) k.
Proof.
  unfold Forms.evP, maskP; simpl.
  assert (evE (mapE (fun m => m) (fun j => Z.land j k) (snd p)) = Z.land (evE (snd p)) k) as ->.
  { induction (snd p) as [|[m j] r IH]; simpl. now rewrite Z.land_0_l. rewrite evE_cons0, IH. bt. }
  bt.
Qed.
Lemma shlP_ok n p : 0 <= n -> evP (shlP n p) = Z.shiftl (evP p) n.
Proof.
  intros Hn. unfold Forms.evP, shlP; simpl. rewrite Z.shiftl_lxor. f_equal.
  induction (snd p) as [|[m j] r IH]; simpl. now rewrite Z.shiftl_0_l.
  rewrite evE_cons0, IH, Z.shiftl_lxor. f_equal.
  apply Z.bits_inj'; intros b Hb. rewrite Z.land_spec, !Z.shiftl_spec, Z.land_spec by lia.
  destruct (Z_lt_dec b n). now rewrite !(Z.testbit_neg_r _ (b - n)) by lia.
  f_equal. rewrite moveM_bit by lia. f_equal; lia.
Qed.
Lemma shrP_ok n p : 0 <= n -> evP (shrP n p) = Z.shiftr (evP p) n.
Proof.
  intros Hn. unfold Forms.evP, shrP; simpl. rewrite Z.shiftr_lxor. f_equal.
  induction (snd p) as [|[m j] r IH]; simpl. now rewrite Z.shiftr_0_l.
  rewrite evE_cons0, IH, Z.shiftr_lxor. f_equal.
  apply Z.bits_inj'; intros b Hb. rewrite Z.land_spec, !Z.shiftr_spec, Z.land_spec by lia.
  f_equal. rewrite moveM_bit by lia. f_equal; lia.
Qed.
Lemma mulM_ok x : forall y, evM (mulM x y) = Z.land (evM x) (evM y).
Proof.
  induction x as [|a r IH].
  - destruct y; simpl; [reflexivity|]. destruct p. bt.
  - induction y as [|b t IHt]; [simpl; destruct a; now rewrite Z.land_m1_r|].
    simpl mulM. destruct (cmpF a b) eqn:E.
    + apply cmpF_eq in E; subst. destruct b; simpl. rewrite IH. bt.
    + destruct a; simpl. rewrite IH. destruct b; simpl. bt.
    + destruct b; simpl. simpl in IHt. rewrite IHt. destruct a; simpl. bt.
Qed.
Lemma mulE1_ok m k l : evE (mulE1 m k l) = Z.land (Z.land k (evM m)) (evE l).
Proof.
  induction l as [|[n j] r IH]; simpl. now rewrite Z.land_0_r.
  destruct (Z.eqb_spec (Z.land k j) 0).
  - rewrite IH. bits. assert (Z.testbit (Z.land k j) n0 = false) by now rewrite e, Z.bits_0.
    rewrite Z.land_spec in H.
    repeat match goal with |- context [Z.testbit ?a ?b] => destruct (Z.testbit a b) end; simpl in *; congruence.
  - rewrite xorE_ok, IH. simpl. rewrite mulM_ok. bt.
Qed.
Lemma mulE_ok x y : evE (mulE x y) = Z.land (evE x) (evE y).
Proof.
  induction x as [|[m k] r IH]; simpl. now rewrite Z.land_0_l.
  rewrite xorE_ok, IH, mulE1_ok. bt.
Qed.
Lemma mapand_ok d l : evE (mapE (fun m => m) (fun j => Z.land j d) l) = Z.land (evE l) d.
Proof. induction l as [|[m j] r IH]; simpl. now rewrite Z.land_0_l. rewrite evE_cons0, IH. bt. Qed.
Lemma andP_ok p q : evP (andP p q) = Z.land (evP p) (evP q).
Proof. unfold Forms.evP, andP; simpl. rewrite !xorE_ok, mulE_ok, !mapand_ok. bt. Qed.

(* sums *)
Lemma pow_pos w : 0 <= w -> 0 < 2 ^ w. Proof. intros. apply Z.pow_pos_nonneg; lia. Qed.
Definition eqm w a b := a mod 2 ^ w = b mod 2 ^ w.
Lemma eqm_refl w a : eqm w a a. Proof. reflexivity. Qed.
Lemma eqm_add w a b c d : eqm w a b -> eqm w c d -> eqm w (a + c) (b + d).
Proof. unfold eqm; intros. rewrite Zplus_mod, H, H0, <- Zplus_mod; reflexivity. Qed.
Lemma eqm_mul w a b c d : eqm w a b -> eqm w c d -> eqm w (a * c) (b * d).
Proof. unfold eqm; intros. rewrite Zmult_mod, H, H0, <- Zmult_mod; reflexivity. Qed.
Lemma eqm_mod w a : eqm w (a mod 2 ^ w) a. Proof. unfold eqm; now rewrite Zmod_mod. Qed.
Lemma eqm_trans w a b c : eqm w a b -> eqm w b c -> eqm w a c. Proof. unfold eqm; congruence. Qed.
Lemma eqm_sym w a b : eqm w a b -> eqm w b a. Proof. unfold eqm; congruence. Qed.

Lemma evT_cons0t w a k l : eqm w (evT (cons0t a (k mod 2 ^ w) l)) (k * vals a + evT l).
Proof.
  unfold cons0t. destruct (Z.eqb_spec (k mod 2 ^ w) 0); simpl.
  - apply eqm_sym. change (evT l) with (0 + evT l) at 2. apply eqm_add; [|apply eqm_refl].
    change 0 with (0 * vals a) at 1. apply eqm_mul; [|apply eqm_refl]. unfold eqm. now rewrite e, Zmod_0_l.
  - apply eqm_add; [|apply eqm_refl]. apply eqm_mul; [apply eqm_mod|apply eqm_refl].
Qed.
Lemma addT_ok w x : forall y, eqm w (evT (addT w x y)) (evT x + evT y).
Proof.
  induction x as [|[a k] r IH].
  - destruct y; simpl; apply eqm_refl.
  - induction y as [|[b j] t IHt]; [simpl; rewrite Z.add_0_r; apply eqm_refl|].
    simpl addT. destruct (Pos.compare_spec a b).
    + subst. eapply eqm_trans; [apply evT_cons0t|]. simpl.
      replace (k * vals b + evT r + (j * vals b + evT t)) with ((k + j) * vals b + (evT r + evT t)) by ring.
      apply eqm_add; [apply eqm_refl|apply IH].
    + simpl. eapply eqm_trans; [apply eqm_add; [apply eqm_refl|apply IH]|]. simpl.
      rewrite Z.add_assoc. apply eqm_refl.
    + simpl. simpl in IHt. eapply eqm_trans; [apply eqm_add; [apply eqm_refl|apply IHt]|].
      replace (j * vals b + (k * vals a + evT r + evT t)) with (k * vals a + evT r + (j * vals b + evT t)) by ring.
      apply eqm_refl.
Qed.
Lemma evS_add w x y : evS w (addS w x y) = (evS w x + evS w y) mod 2 ^ w.
Proof.
  unfold Forms.evS, addS; simpl. rewrite <- Zplus_mod.
  apply (eqm_trans w _ ((fst x + fst y) + (evT (snd x) + evT (snd y)))).
  - apply eqm_add; [apply eqm_mod|apply addT_ok].
  - unfold eqm. f_equal. ring.
Qed.
Lemma mulT_ok w k x : eqm w (evT (mulT w k x)) (k * evT x).
Proof.
  induction x as [|[a j] r IH]; simpl. rewrite Z.mul_0_r; apply eqm_refl.
  eapply eqm_trans; [apply evT_cons0t|].
  replace (k * (j * vals a + evT r)) with (j * k * vals a + k * evT r) by ring.
  apply eqm_add; [apply eqm_refl|apply IH].
Qed.
Lemma evS_mul w k x : evS w (mulS w k x) = (evS w x * k) mod 2 ^ w.
Proof.
  unfold Forms.evS, mulS; simpl. rewrite Zmult_mod_idemp_l.
  apply (eqm_trans w _ (fst x * k + k * evT (snd x))).
  - apply eqm_add; [apply eqm_mod|apply mulT_ok].
  - unfold eqm. f_equal. ring.
Qed.
End Sound.
