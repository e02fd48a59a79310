(* Linear facts about a raw program: what a word can be follows from its instruction (armsym/audit/ranges.py), and is a
   fact that needs no hypothesis. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw Forms Rules Sound Farkas.
Import ListNotations.
Open Scope Z_scope.

(* Some instructions of a program, by their numbers: those before it come first. *)
Definition piece := list (positive * instr).
Definition computed F env (l : piece) vals := forall n x, In (n, x) l -> vals n = semval F env vals n x.

(* -- what a word can be ------------------------------------------------------------------------------------------ *)
Definition natural (k : Z) : option Z := if 0 <=? k then Some k else None.
(* The bits that an instruction's value may have, from those of its operands. *)
Definition reach (m : M.t Z) (x : instr) : option Z :=
  match x with
  | IConst k | IVar k | IApp _ _ k => natural k
  | IXor a b => do p <- M.find a m; do q <- M.find b m; Some (Z.lor p q)
  | IAnd a b => do p <- M.find a m; do q <- M.find b m; Some (Z.land p q)
  | IShl a n => do p <- M.find a m; do _ <- natural n; Some (Z.shiftl p n)
  | IShr a n => do p <- M.find a m; do _ <- natural n; Some (Z.shiftr p n)
  | IMask a k => do p <- M.find a m; do _ <- natural k; Some (Z.land p k)
  | IAdd w _ _ | IMulc w _ _ => do _ <- natural w; Some (Z.ones w)
  end.
Fixpoint reaches (m : M.t Z) (l : piece) : M.t Z :=
  match l with
  | [] => m
  | (n, x) :: r => reaches (match reach m x with Some k => M.add n k m | None => m end) r
  end.

(* 0 <= n and n <= k, of each *)
Fixpoint ranges (m : M.t Z) (l : list positive) : option (list form) :=
  match l with
  | [] => Some []
  | n :: r => do k <- M.find n m; do t <- ranges m r; Some ((0, [(n, 1)]) :: (k, [(n, -1)]) :: t)
  end.
(* The goal follows from the facts and the ranges of the nodes. *)
Definition shown (m : M.t Z) (goal : form) (facts : list form) (nodes : list positive) (ms : list (nat * Z)) (d : Z) :=
  match ranges m nodes with Some r => follows goal (facts ++ r) ms d | None => false end.

Section Sound.
Variable F : positive -> list Z -> Z.
Variable env vals : positive -> Z.

Lemma natural_ok k p : natural k = Some p -> p = k /\ 0 <= k.
Proof. unfold natural. destruct (Z.leb_spec 0 k); [intros [= <-]; auto|discriminate]. Qed.
Lemma within_bit v k b : within v k -> Z.testbit v b = true -> Z.testbit k b = true.
Proof. intros [_ H] T. rewrite <- H, Z.land_spec in T. now apply andb_true_iff in T. Qed.
Lemma bit_within v k : 0 <= v -> (forall b, Z.testbit v b = true -> Z.testbit k b = true) -> within v k.
Proof.
  intros V H. split; auto. apply Z.bits_inj'. intros b _. rewrite Z.land_spec. specialize (H b).
  destruct (Z.testbit v b); simpl; auto.
Qed.
Lemma within_land a p : 0 <= p -> within (Z.land a p) p.
Proof.
  intros P. apply bit_within. { apply Z.land_nonneg; auto. } intros b. rewrite Z.land_spec, andb_true_iff. tauto.
Qed.

Definition right (m : M.t Z) := forall n k, M.find n m = Some k -> 0 <= k /\ within (vals n) k.
Lemma reach_ok m n x k : right m -> vals n = semval F env vals n x -> reach m x = Some k -> 0 <= k /\ within (vals n) k.
Proof.
  intros R ->. destruct x; simpl; intros H; repeat match goal with
    | H : context [match M.find ?a m with Some _ => _ | None => None end] |- _ =>
        let E := fresh "E" in destruct (M.find a m) eqn:E; [|discriminate H]; apply R in E;
        let P := fresh "P" in let W := fresh "W" in destruct E as [P W]; pose proof (proj1 W)
    | H : context [match natural ?w with Some _ => _ | None => None end] |- _ =>
        let E := fresh "E" in destruct (natural w) eqn:E; [apply natural_ok in E; destruct E as [_ ?]|discriminate H]
    | H : Some _ = Some _ |- _ => injection H as <-
    | H : natural _ = Some _ |- _ => apply natural_ok in H; destruct H as [-> H]
    end.
  - split; auto. split; auto. apply Z.land_diag.
  - split; auto. now apply within_land.
  - split; auto. now apply within_land.
  - split. now apply Z.lor_nonneg. apply bit_within. now apply Z.lxor_nonneg.
    intros c. rewrite Z.lxor_spec, Z.lor_spec. intros T. apply orb_true_iff.
    destruct (Z.testbit (vals a) c) eqn:A; [left; now apply (within_bit (vals a))|].
    right. apply (within_bit (vals b)); auto. now destruct (Z.testbit (vals b) c).
  - split. { apply Z.land_nonneg; auto. } apply bit_within. { apply Z.land_nonneg; auto. }
    intros c. rewrite !Z.land_spec, !andb_true_iff. intros [A B]. split; eapply within_bit; eauto.
  - split. now apply Z.shiftl_nonneg. apply bit_within. now apply Z.shiftl_nonneg.
    intros c. destruct (Z.ltb_spec c 0). now rewrite Z.testbit_neg_r.
    rewrite !Z.shiftl_spec by auto. now apply within_bit.
  - split. now apply Z.shiftr_nonneg. apply bit_within. now apply Z.shiftr_nonneg.
    intros c. destruct (Z.ltb_spec c 0). now rewrite Z.testbit_neg_r.
    rewrite !Z.shiftr_spec by auto. now apply within_bit.
  - split. { apply Z.land_nonneg; auto. } apply bit_within. { apply Z.land_nonneg; auto. }
    intros c. rewrite !Z.land_spec, !andb_true_iff. intros [A B]. split; auto. eapply within_bit; eauto.
  - split. now apply ones_nonneg. now apply mod_within.
  - split. now apply ones_nonneg. now apply mod_within.
Qed.

Lemma reaches_ok l : computed F env l vals -> forall m, right m -> right (reaches m l).
Proof.
  induction l as [|[n x] r IH]; simpl; intros C m R; auto. apply IH. { intros i y I. apply C. now right. }
  destruct (reach m x) as [k|] eqn:E; auto. intros i j H. apply find_add in H. destruct H as [[-> <-]|H]; auto.
  apply (reach_ok m n x); auto. apply C. now left.
Qed.
Lemma ranges_ok m l : right m -> forall r, ranges m l = Some r -> forall f, In f r -> 0 <= val vals f.
Proof.
  intros R. induction l as [|n l IH]; simpl; intros r H f I. injection H as <-. destruct I.
  destruct (M.find n m) as [k|] eqn:E; [|discriminate]. destruct (ranges m l) as [t|]; [|discriminate].
  injection H as <-. destruct (R _ _ E) as [K W]. pose proof (within_le _ _ K W).
  destruct I as [<-|[<-|I]]; [| |now apply (IH t)]; unfold val; cbn [fst snd sum]; lia.
Qed.

(* Of every run of the instructions: where the facts are at least 0, the goal is. *)
Theorem shown_sound l goal facts nodes ms d : shown (reaches (M.empty Z) l) goal facts nodes ms d = true ->
  computed F env l vals -> (forall f, In f facts -> 0 <= val vals f) -> 0 <= val vals goal.
Proof.
  unfold shown. destruct (ranges _ nodes) as [r|] eqn:E; [|discriminate]. intros H C P.
  apply (follows_sound vals _ _ _ _ H). intros f I. apply in_app_iff in I. destruct I as [I|I]; auto.
  assert (R : right (M.empty Z)) by (intros n k; rewrite PositiveMap.gempty; discriminate).
  exact (ranges_ok _ nodes (reaches_ok l C _ R) r E f I).
Qed.
End Sound.

(* A run of a program is one of its pieces; and each piece that is in order, each instruction once and after its
   operands, has a run. *)
Theorem piece_of_run F env prog l vals : models F env prog vals ->
  (forall n x, In (n, x) l -> M.find n prog = Some x) -> computed F env l vals.
Proof. intros H G n x I. apply H. now apply G. Qed.
Fixpoint ordered (after : Z) (l : piece) : bool :=
  match l with
  | [] => true
  | (n, x) :: r => (after <? Zpos n) && forallb (fun a => Pos.ltb a n) (ops x) && ordered (Zpos n) r
  end.
Lemma ordered_after l : forall k, ordered k l = true -> forall n x, In (n, x) l -> k < Zpos n.
Proof.
  induction l as [|[m y] r IH]; simpl; intros k H n x I. destruct I.
  rewrite !andb_true_iff, Z.ltb_lt in H. destruct H as [[K _] H]. destruct I as [[= -> ->]|I]; auto.
  specialize (IH _ H _ _ I). lia.
Qed.
Theorem piece_has_run l : ordered 0 l = true -> forall F env, exists vals, computed F env l vals.
Proof.
  intros O F env. set (prog := fold_right (fun p m => M.add (fst p) (snd p) m) (M.empty instr) l).
  assert (A : forall k, ordered k l = true -> (forall n x, In (n, x) l -> M.find n prog = Some x) /\
    forall n x, M.find n prog = Some x -> forallb (fun a => Pos.ltb a n) (ops x) = true).
  { subst prog. clear O. induction l as [|[m y] r IH]; simpl; intros k H.
    - split. intros n x []. intros n x. rewrite PositiveMap.gempty. discriminate.
    - rewrite !andb_true_iff in H. destruct H as [[_ Y] H]. destruct (IH _ H) as [IH1 IH2]. split.
      + intros n x [[= -> ->]|I]. { apply PositiveMap.gss. }
        pose proof (ordered_after _ _ H _ _ I). rewrite PositiveMap.gso. { now apply IH1. } intros ->. lia.
      + intros n x E. apply find_add in E. destruct E as [[-> <-]|E]; [auto|now apply (IH2 n x)]. }
  destruct (A 0 O) as [A1 A2]. destruct (runs F env prog) as [vals V].
  - unfold wf. apply forallb_forall. intros [n x] I. apply A2. now apply PositiveMap.elements_complete.
  - exists vals. now apply (piece_of_run F env prog).
Qed.
Print Assumptions shown_sound.
Print Assumptions piece_of_run.
Print Assumptions piece_has_run.
