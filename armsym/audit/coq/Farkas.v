(* Linear facts over the integers (armsym/audit/farkas.py): multipliers that show that one form is at least 0 where
   others are. *)
Require Import ZArith List Bool Lia PArith.
Import ListNotations.
Open Scope Z_scope.

(* c + the sum of k * x *)
Definition form := (Z * list (positive * Z))%type.
Section Value.
Variable vals : positive -> Z.
Fixpoint sum (l : list (positive * Z)) : Z := match l with [] => 0 | (a, k) :: r => k * vals a + sum r end.
Definition val (f : form) := fst f + sum (snd f).
End Value.

Fixpoint merge (x : list (positive * Z)) {struct x} : list (positive * Z) -> list (positive * Z) :=
  fix go y :=
    match x, y with
    | [], _ => y | _, [] => x
    | (a, k) :: r, (b, j) :: t =>
        match Pos.compare a b with
        | Eq => (a, k + j) :: merge r t
        | Lt => (a, k) :: merge r y
        | Gt => (b, j) :: go t
        end
    end.
Definition scale (k : Z) (l : list (positive * Z)) := map (fun x => (fst x, k * snd x)) l.
(* f + k * g *)
Definition plus (f g : form) (k : Z) : form := (fst f + k * fst g, merge (snd f) (scale k (snd g))).

(* A multiplier: a fact, by its place in the list, and how often it is taken. *)
Fixpoint rest (facts : list form) (ms : list (nat * Z)) (r : form) : option form :=
  match ms with
  | [] => Some r
  | (place, k) :: t =>
      match nth_error facts place with
      | Some f => if 0 <=? k then rest facts t (plus r f (- k)) else None
      | None => None
      end
  end.
(* divisor * goal is a sum of facts, up to a constant above -divisor *)
Definition follows (goal : form) (facts : list form) (ms : list (nat * Z)) (divisor : Z) : bool :=
  (1 <=? divisor) && match rest facts ms (plus (0, []) goal divisor) with
  | Some (c, l) => forallb (fun x => snd x =? 0) l && (- divisor <? c)
  | None => false
  end.

Section Sound.
Variable vals : positive -> Z.
Lemma merge_ok x : forall y, sum vals (merge x y) = sum vals x + sum vals y.
Proof.
  induction x as [|[a k] r IH].
  - destruct y; reflexivity.
  - induction y as [|[b j] t IHt]; [simpl; lia|].
    simpl merge. destruct (Pos.compare_spec a b); simpl.
    + subst. rewrite IH. ring.
    + rewrite IH. simpl. ring.
    + simpl in IHt. rewrite IHt. ring.
Qed.
Lemma scale_ok k l : sum vals (scale k l) = k * sum vals l.
Proof. induction l as [|[a j] r IH]; simpl; [lia|]. rewrite IH. ring. Qed.
Lemma plus_ok f g k : val vals (plus f g k) = val vals f + k * val vals g.
Proof. unfold val, plus; cbn [fst snd]. rewrite merge_ok, scale_ok. ring. Qed.
Lemma zeros_ok l : forallb (fun x => snd x =? 0) l = true -> sum vals l = 0.
Proof.
  induction l as [|[a k] r IH]; simpl; auto. rewrite andb_true_iff, Z.eqb_eq. intros [-> H]. rewrite IH by auto. ring.
Qed.
Lemma rest_ok facts ms : (forall f, In f facts -> 0 <= val vals f) ->
  forall r r', rest facts ms r = Some r' -> val vals r' <= val vals r.
Proof.
  intros H. induction ms as [|[place k] t IH]; simpl; intros r r' E. injection E as <-. lia.
  destruct (nth_error facts place) eqn:N; try discriminate. destruct (Z.leb_spec 0 k); try discriminate.
  apply IH in E. rewrite plus_ok in E. apply nth_error_In in N. specialize (H _ N). nia.
Qed.
Theorem follows_sound goal facts ms divisor : follows goal facts ms divisor = true ->
  (forall f, In f facts -> 0 <= val vals f) -> 0 <= val vals goal.
Proof.
  unfold follows. rewrite andb_true_iff, Z.leb_le. intros [D E] H.
  destruct (rest facts ms (plus (0, []) goal divisor)) as [[c l]|] eqn:R; try discriminate.
  apply andb_true_iff in E. destruct E as [Z0 C]. apply Z.ltb_lt in C. apply zeros_ok in Z0.
  apply (rest_ok _ _ H) in R. rewrite plus_ok in R. unfold val at 1 in R. cbn [fst snd] in R. rewrite Z0 in R.
  unfold val at 1 in R. simpl in R. nia.
Qed.
End Sound.
Print Assumptions follows_sound.
