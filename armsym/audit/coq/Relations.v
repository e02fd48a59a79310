(* The checker of relations of integers, and the theorem about it: what it accepts holds in every run. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw Forms Rules Sound Ranges Polynomials Values Integers IntegersSound.
Import ListNotations.
Open Scope Z_scope.

Definition all_claimed (claimed : M.t relation) (l : list positive) : bool :=
  forallb (fun x => existsb (Pos.eqb (fst x)) l) (M.elements claimed).
(* The claims that arguments show of a program, of which the instructions before n are there at the beginning. *)
Definition relations (l : piece) (n : positive) (known claimed : M.t relation) (args : list (list step)) : option (list positive) :=
  let prog := fold_right (fun x m => M.add (fst x) (snd x) m) (M.empty instr) l in
  do _ <- guard (ordered 0 l); arguments prog (reaches (M.empty Z) l) known claimed n [] args.
Fixpoint numbered {A} (n : positive) (l : list A) : M.t A :=
  match l with [] => M.empty A | x :: r => M.add n x (numbered (Pos.succ n) r) end.
(* The arguments show all that is claimed. *)
Definition proves (l : piece) (n : positive) (known claimed : list relation) (args : list (list step)) : bool :=
  let c := numbered 1 claimed in
  match relations l n (numbered 1 known) c args with Some shown => all_claimed c shown | None => false end.

Lemma program_of l : forall k, ordered k l = true -> forall n x,
  M.find n (fold_right (fun x m => M.add (fst x) (snd x) m) (M.empty instr) l) = Some x -> In (n, x) l.
Proof.
  induction l as [|[m y] r IH]; simpl; intros k H n x E. { rewrite PositiveMap.gempty in E. discriminate. }
  apply andb_true_iff in H as [_ H]. apply find_add in E as [[-> ->]|E]; auto. right. now apply (IH _ H).
Qed.
(* In every run of the program in which the known relations hold, those that are shown do: whatever the inputs are, and
   the functions but for the product and "is 0". *)
Theorem relations_sound l n known claimed args shown : relations l n known claimed args = Some shown ->
  forall F env vals, means F -> computed F env l vals -> (forall k r, M.find k known = Some r -> holds vals r) ->
  forall k r, In k shown -> M.find k claimed = Some r -> holds vals r.
Proof.
  unfold relations, guard. destruct (ordered 0 l) eqn:O; [|discriminate]. intros H F env vals HF C K.
  refine (arguments_ok _ _ known claimed F env vals HF _ _ K _ _ _ _ H _).
  - intros i x E. apply C. now apply (program_of l 0).
  - apply (reaches_ok F env vals l C). intros i k. rewrite PositiveMap.gempty. discriminate.
  - intros k r [].
Qed.
Theorem all_claimed_sound l n known claimed args shown : relations l n known claimed args = Some shown ->
  all_claimed claimed shown = true ->
  forall F env vals, means F -> computed F env l vals -> (forall k r, M.find k known = Some r -> holds vals r) ->
  forall k r, M.find k claimed = Some r -> holds vals r.
Proof.
  intros H A F env vals HF C K k r E. apply (relations_sound _ _ _ _ _ _ H F env vals HF C K k r); auto.
  unfold all_claimed in A. rewrite forallb_forall in A. apply PositiveMap.elements_correct in E. apply A in E.
  simpl in E. apply existsb_exists in E as (j & J & ->%Pos.eqb_eq). exact J.
Qed.
Lemma numbered_in {A} (l : list A) : forall n k x, M.find k (numbered n l) = Some x -> In x l.
Proof.
  induction l as [|y r IH]; simpl; intros n k x H. { rewrite PositiveMap.gempty in H. discriminate. }
  apply find_add in H as [[_ <-]|H]; [now left|]. right. now apply (IH (Pos.succ n) k).
Qed.
Lemma in_numbered {A} (l : list A) : forall n x, In x l -> exists k, (n <= k)%positive /\ M.find k (numbered n l) = Some x.
Proof.
  induction l as [|y r IH]; simpl; intros n x I. destruct I. destruct I as [->|I].
  - exists n. split; [lia|]. apply PositiveMap.gss.
  - destruct (IH (Pos.succ n) x I) as (k & K & E). exists k. split; [lia|]. rewrite PositiveMap.gso; auto. lia.
Qed.
Theorem proves_sound l n known claimed args : proves l n known claimed args = true ->
  forall F env vals, means F -> computed F env l vals -> (forall r, In r known -> holds vals r) ->
  forall r, In r claimed -> holds vals r.
Proof.
  unfold proves. destruct (relations _ _ _ _ _) as [shown|] eqn:E; [|discriminate]. intros A F env vals HF C K r I.
  destruct (in_numbered _ 1 _ I) as (k & _ & J). refine (all_claimed_sound _ _ _ _ _ _ E A F env vals HF C _ k r J).
  intros j x X. apply K. exact (numbered_in _ _ _ _ X).
Qed.
(* There are such functions, and each program that is in order has a run. *)
Theorem runs_exist l n known claimed args : proves l n known claimed args = true -> exists F, means F /\ forall env, exists vals, computed F env l vals.
Proof.
  unfold proves, relations, guard. destruct (ordered 0 l) eqn:O; [intros _|discriminate]. exists (fun f a => match a with [x; y] => if Pos.eqb f MUL then x * y else 0
    | [x] => if Pos.eqb f ZERO then if x =? 0 then 1 else 0 else 0 | _ => 0 end).
  split. { split; reflexivity. } intros env. now apply piece_has_run.
Qed.
Print Assumptions relations_sound.
Print Assumptions proves_sound.
Print Assumptions runs_exist.
