(* The theorem about relations of integers: what arguments show holds in every run in which the known relations hold. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw Forms Rules Sound Ranges Polynomials Values ValuesSound Integers.
Import ListNotations.
Open Scope Z_scope.

Lemma same_end_eq x y : same_end x y = true -> x = y.
Proof. destruct x, y; simpl; try discriminate; auto. now intros ->%Z.eqb_eq. Qed.
Lemma same_supposition_eq x y : same_supposition x y = true -> x = y.
Proof.
  destruct x as [[p a] b], y as [[q c] d]. simpl.
  intros [[->%same_end_eq ->%same_end_eq]%andb_true_iff ->%sameQ_eq]%andb_true_iff. reflexivity.
Qed.

Section Sound.
Variable prog : M.t instr.
Variable R : M.t Z.
Variable known claimed : M.t relation.
Variable F : positive -> list Z -> Z.
Variable env vals : positive -> Z.
Hypothesis HF : means F.
Hypothesis HP : forall n x, M.find n prog = Some x -> vals n = semval F env vals n x.
Hypothesis HR : right vals R.
Hypothesis HG : forall k r, M.find k known = Some r -> holds vals r.
Definition good (l : list positive) := forall k r, In k l -> M.find k claimed = Some r -> holds vals r.
Notation take := (take prog R known claimed). Notation steps := (steps prog R known claimed).

Section Atoms.
Variable av : positive -> Z.
Notation ev := (ev av).
Definition agree (l : list (positive * atom)) :=
  forall a x, In (a, x) l -> match x with Node n => av a = vals n | Floor e m => av a = ev e / m end.
Definition supposed_true (s : supposition) := let '(p, a, b) := s in at_least a (ev p) /\ at_most b (ev p).
Definition all_true (l : list supposition) := forall s, In s l -> supposed_true s.
Definition mean (f : fact) :=
  all_true (under f) -> if 0 <? md f then (md f | ev (about f)) else lo f <= ev (about f) <= hi f.
Record Inv (st : state) : Prop := {
  inBox : forall a l h, M.find a (boxes st) = Some (l, h) -> l <= av a <= h;
  inQuotient : forall a e m, M.find a (quotients st) = Some (e, m) -> 1 <= m /\ av a = ev e / m;
  inName : forall a e, M.find a (names st) = Some e -> av a = ev e;
  inValue : forall n p, M.find n (values st) = Some p -> vals n = ev p;
  inFact : forall k f, M.find k (facts st) = Some f -> mean f;
  inShown : good (done st) }.

Lemma joined_ok x y : all_true (joined x y) -> all_true x /\ all_true y.
Proof.
  unfold joined. intros H. split. { intros s I. apply H, in_or_app. now left. }
  intros s I. destruct (existsb (same_supposition s) x) eqn:E.
  - apply existsb_exists in E as (t & T & ->%same_supposition_eq). apply H, in_or_app. now left.
  - apply H, in_or_app. right. apply filter_In. now rewrite E.
Qed.
Lemma mean_bounds f : mean f -> md f = 0 -> all_true (under f) -> lo f <= ev (about f) <= hi f.
Proof. intros M Z0 U. specialize (M U). now rewrite Z0 in M. Qed.
Lemma mean_multiple f : mean f -> 0 < md f -> all_true (under f) -> (md f | ev (about f)).
Proof. intros M Z0 U. specialize (M U). destruct (Z.ltb_spec 0 (md f)); [auto|lia]. Qed.

Section State.
Variable st : state.
Hypothesis I : Inv st.
Lemma range_ok f p l h : range st f = Some (p, l, h) -> l <= ev p <= h.
Proof.
  unfold range. destruct (M.find f (facts st)) as [x|] eqn:E; [|discriminate]. apply (inFact _ I) in E.
  destruct (under x) eqn:U; [|discriminate]. destruct (_ && _) eqn:B; [|discriminate]. intros [= <- <- <-].
  apply andb_true_iff in B as [Z0%Z.eqb_eq _]. apply mean_bounds; auto. rewrite U. intros s [].
Qed.
Lemma mul_ok p q : ev (mulQ (boxes st) p q) = ev p * ev q.
Proof. apply mulQ_ok. exact (inBox _ I). Qed.
Lemma bounds_ok p e : ends (boxes st) p = Some e -> fst e <= ev p <= snd e.
Proof. apply ends_ok. exact (inBox _ I). Qed.
Lemma zeros_ok l : forall p u q u', without_zeros st p u l = Some (q, u') -> all_true u' -> all_true u /\ ev q = ev p.
Proof.
  induction l as [|[q f] r IH]; simpl; intros p u p' u' H T. { injection H as <- <-. auto. }
  destruct (M.find f (facts st)) as [x|] eqn:E; [|discriminate]. apply (inFact _ I) in E. unfold guard in H.
  destruct (_ && _) eqn:G; [|discriminate]. apply andb_true_iff in G as [Z0%Z.eqb_eq L%Z.eqb_eq].
  destruct (fine st q) as [q'|]; [|discriminate]. apply IH in H as [U V]; auto. apply joined_ok in U as [U X]. split; auto.
  pose proof (mean_bounds _ E Z0 X). rewrite V, plusQ_ok, mul_ok, plusQ_ok, number_ok.
  replace (ev (about x) + - lo x * 1) with 0 by lia. ring.
Qed.
Lemma others_ok n l : 0 < n -> forall p u q u', without_multiples st n p u l = Some (q, u') -> all_true u' ->
  all_true u /\ (n | ev p - ev q).
Proof.
  intros N. induction l as [|[q f] r IH]; simpl; intros p u p' u' H T. { injection H as <- <-. split; auto. exists 0. ring. }
  destruct (M.find f (facts st)) as [x|] eqn:E; [|discriminate]. apply (inFact _ I) in E. unfold guard in H.
  destruct (_ && _) eqn:G; [|discriminate]. apply andb_true_iff in G as [P%Z.ltb_lt D%Z.eqb_eq].
  destruct (fine st q) as [q'|]; [|discriminate]. apply IH in H as [U V]; auto. apply joined_ok in U as [U X]. split; auto.
  pose proof (mean_multiple _ E P X) as W. apply Z.mod_divide in D; [|lia]. rewrite plusQ_ok, mul_ok in V.
  replace (ev p - ev p') with ((ev p + -1 * (ev q' * ev (about x)) - ev p') + ev q' * ev (about x)) by ring.
  apply Z.divide_add_r; auto. apply Z.divide_mul_r. now apply Z.divide_trans with (md x).
Qed.
Lemma product_of_ok l : forall p q, product_of st l p = Some q -> ev q = ev p * product vals l.
Proof.
  induction l as [|n r IH]; simpl; intros p q H. { injection H as <-. ring. }
  destruct (M.find n (values st)) as [x|] eqn:E; [|discriminate]. apply (inValue _ I) in E. apply IH in H.
  rewrite H, mul_ok, E. ring.
Qed.
Lemma total_of_ok l : forall p q, total_of st l p = Some q -> ev q = ev p + total vals l.
Proof.
  induction l as [|[k n] r IH]; simpl; intros p q H. { injection H as <-. ring. }
  destruct (product_of st n (number 1)) as [x|] eqn:E; [|discriminate]. apply product_of_ok in E. rewrite number_ok in E.
  apply IH in H. rewrite H, plusQ_ok, E. ring.
Qed.
Lemma summand_ok s x : summand_of st s = Some x -> md x = 0 /\ mean x.
Proof.
  destruct s as [f|a]; simpl.
  - destruct (M.find f (facts st)) as [y|] eqn:E; [|discriminate]. apply (inFact _ I) in E. unfold guard.
    destruct (Z.eqb_spec (md y) 0); [|discriminate]. now intros [= <-].
  - destruct (M.find a (quotients st)) as [[e m]|] eqn:E; [|discriminate]. apply (inQuotient _ I) in E as [P V].
    intros [= <-]. split; auto. intros _. simpl. rewrite plusQ_ok. simpl. rewrite V.
    pose proof (Z_div_mod_eq_full (ev e) m) as D. pose proof (Z.mod_pos_bound (ev e) m ltac:(lia)). lia.
Qed.
Lemma derived_ok l : forall p a b can u q a' b' can' u', derived st l p a b can u = Some (q, a', b', can', u') -> all_true u' ->
  all_true u /\ can' = can /\ exists s, ev q = ev p - s /\ a' - a <= s <= b' - b.
Proof.
  induction l as [|[k s] r IH]; simpl; intros p a b can u q a' b' can' u' H T.
  { injection H as <- <- <- <- <-. split; auto. split; auto. exists 0. lia. }
  destruct (summand_of st s) as [x|] eqn:E; [|discriminate]. apply summand_ok in E as [Z0 M].
  apply IH in H as (U & C & t & V & B); auto. apply joined_ok in U as [U X]. pose proof (mean_bounds _ M Z0 X) as W.
  split; auto. split.
  { rewrite C. unfold possible. replace (lo x <=? hi x) with true by (symmetry; apply Z.leb_le; lia). now rewrite orb_true_r, andb_true_r. }
  exists (k * ev (about x) + t). rewrite plusQ_ok in V. split; [lia|].
  pose proof (often_ok k _ _ _ W). lia.
Qed.
Lemma multiples_ok n p : n <> 0 -> multiples n p = true -> (n | ev p).
Proof.
  intros N. induction p as [|[m c] r IH]; simpl; intros H. { exists 0. ring. }
  apply andb_true_iff in H as [C%Z.eqb_eq H]. apply Z.divide_add_r; auto. apply Z.divide_mul_l. now apply Z.mod_divide.
Qed.
Lemma met_ok l : forall p a b u f, met st p a b u l = Some f -> about f = p /\ md f = 0 /\
  (all_true (under f) -> all_true u /\ (a <= ev p <= b -> lo f <= ev p <= hi f)).
Proof.
  induction l as [|k r IH]; simpl; intros p a b u f H. { injection H as <-. simpl. auto. }
  destruct (M.find k (facts st)) as [x|] eqn:E; [|discriminate]. apply (inFact _ I) in E. unfold guard in H.
  destruct (_ && _) eqn:G; [|discriminate]. apply andb_true_iff in G as [Z0%Z.eqb_eq S%sameQ_eq].
  apply IH in H as (A & D & H). repeat split; auto; intros; apply H in H0 as [U B]; apply joined_ok in U as [U X]; auto;
  pose proof (mean_bounds _ E Z0 X); rewrite S in *; apply B; lia.
Qed.
Lemma exhausted_ok p top l : forall at_, exhausted p at_ top l = true -> at_ <= ev p <= top -> exists s, In s l /\ supposed_true s.
Proof.
  induction l as [|[[q a] b] r IH]; simpl; intros at_ H V. { apply Z.ltb_lt in H. lia. }
  apply andb_true_iff in H as [[S%sameQ_eq A]%andb_true_iff H]. subst q.
  assert (L : at_least a (ev p)).
  { apply orb_true_iff in A as [A|A%Z.ltb_lt]; [|lia]. destruct a; simpl; auto. apply Z.leb_le in A. lia. }
  destruct b as [b|].
  - destruct (Z.le_gt_cases (ev p) b). { exists (p, a, Some b). simpl. auto. }
    destruct (IH _ H) as (s & J & T); [lia|]. eauto.
  - exists (p, a, None). simpl. auto.
Qed.
Lemma insert_in first s l x : In x (insert first s l) -> x = s \/ In x l.
Proof.
  induction l as [|t r IH]; simpl. { intros [<-|[]]; auto. }
  destruct (_ <=? _); simpl. { intros [<-|[<-|H]]; auto. } intros [<-|H]; auto. apply IH in H as [->|]; auto.
Qed.
Lemma sorted_in first l x : In x (sorted first l) -> In x l.
Proof. induction l as [|t r IH]; simpl; auto. intros H. apply insert_in in H as [->|]; auto. Qed.
Lemma pairs_ok l : forall q, pairs st l = Some q -> forall x s, In (x, s) q -> mean x.
Proof.
  induction l as [|[f s] r IH]; simpl; intros q H x t J. { injection H as <-. destruct J. }
  destruct (M.find f (facts st)) as [y|] eqn:E; [|discriminate]. apply (inFact _ I) in E.
  destruct (M.find s (supposed st)); [|discriminate]. destruct (pairs st r); [|discriminate]. injection H as <-.
  destruct J as [[= <- <-]|J]; auto. now apply (IH _ eq_refl x t).
Qed.
Lemma under_cases l : forall u, all_true (fold_left (fun u x => joined u (less (snd x) (under (fst x)))) l u) ->
  all_true u /\ forall x s, In (x, s) l -> supposed_true s -> all_true (under x).
Proof.
  induction l as [|[x s] r IH]; simpl; intros u H. { split; auto. intros x s []. }
  apply IH in H as [U H]. apply joined_ok in U as [U X]. split; auto. intros y t [[= <- <-]|J] T; [|now apply (H y t)].
  intros v V. destruct (same_supposition s v) eqn:E. { apply same_supposition_eq in E. now subst. }
  apply X. apply filter_In. now rewrite E.
Qed.
Lemma fold_min r : forall a, fold_left (fun a g => Z.min a (lo g)) r a <= a /\ forall g, In g r -> fold_left (fun a g => Z.min a (lo g)) r a <= lo g.
Proof.
  induction r as [|x r IH]; simpl; intros a. { split; [lia|intros g []]. }
  destruct (IH (Z.min a (lo x))) as [A B]. split; [lia|]. intros g [<-|J]; [lia|auto].
Qed.
Lemma fold_max r : forall a, a <= fold_left (fun a g => Z.max a (hi g)) r a /\ forall g, In g r -> hi g <= fold_left (fun a g => Z.max a (hi g)) r a.
Proof.
  induction r as [|x r IH]; simpl; intros a. { split; [lia|intros g []]. }
  destruct (IH (Z.max a (hi x))) as [A B]. split; [lia|]. intros g [<-|J]; [lia|auto].
Qed.
Lemma cases_ok p n l f : (forall x s, In (x, s) l -> mean x) -> in_cases st p n l = Some f -> mean f.
Proof.
  intros M. unfold in_cases. destruct l as [|[x0 [[key a] b]] r] eqn:L; [discriminate|]. rewrite <- L in *. clear L x0 a b r.
  destruct (ends (boxes st) key) as [[first top]|] eqn:E; [|discriminate]. apply bounds_ok in E. cbn [fst snd] in E.
  unfold guard. destruct (_ && _) eqn:G; [|discriminate]. apply andb_true_iff in G as [N%Z.leb_le X].
  destruct (exhausted_ok _ _ _ _ X E) as (s & J & T). apply sorted_in, in_map_iff in J as ([x s'] & S & J). simpl in S. subst s'.
  destruct (forallb _ _) eqn:A; [|discriminate]. rewrite forallb_forall in A.
  assert (K : all_true (fold_left (fun u x => joined u (less (snd x) (under (fst x)))) l []) ->
    In x (filter possible (map fst l)) /\ if 0 <? n then (n | ev p) else lo x <= ev p <= hi x).
  { intros U. apply under_cases in U as [_ U]. specialize (U _ _ J T). specialize (M _ _ J U).
    assert (Q : In x (filter possible (map fst l))).
    { apply filter_In. split. { apply in_map_iff. now exists (x, s). } unfold possible.
      destruct (0 <? md x); auto. apply Z.leb_le. lia. }
    split; auto. specialize (A _ Q). apply andb_true_iff in A as [->%sameQ_eq D%Z.eqb_eq]. now rewrite D in M. }
  destruct (filter possible (map fst l)) as [|y r]. { intros [= <-] U. simpl in U. destruct (K U) as [[] _]. }
  destruct (Z.eqb_spec n 0) as [->|]; intros [= <-] U; simpl in *; destruct (K U) as [Q V].
  - destruct (fold_min r (lo y)) as [A1 A2]. destruct (fold_max r (hi y)) as [B1 B2].
    destruct Q as [<-|Q]; [lia|]. specialize (A2 _ Q). specialize (B2 _ Q). lia.
  - destruct (Z.ltb_spec 0 n); [auto|lia].
Qed.
Lemma says_ok x r : mean x -> ev (about x) = total vals (terms r) -> says x r = true -> holds vals r.
Proof.
  intros M V. unfold says, holds. destruct (under x) eqn:U; [|discriminate].
  intros [[P D%Z.eqb_eq]%andb_true_iff S]%andb_true_iff. assert (T : all_true (under x)) by (rewrite U; intros s []).
  specialize (M T). rewrite D, V in M. destruct (0 <? modulus r); auto. simpl in S.
  apply andb_true_iff in S as [A B]. split; [destruct (low r)|destruct (high r)]; simpl; auto; apply Z.leb_le in A || apply Z.leb_le in B; try lia.
Qed.
End State.

(* -- steps *)
Lemma fact_ok st f : Inv st -> mean f -> Inv (with_fact st f).
Proof.
  intros [B Q N V A S] M. split; simpl; auto. intros k x H. apply find_add in H as [[_ <-]|H]; auto. now apply (A k).
Qed.
Lemma value_added st n p : Inv st -> vals n = ev p -> Inv (with_value st n p).
Proof.
  intros [B Q N V A S] M. split; simpl; auto. intros k x H. apply find_add in H as [[-> <-]|H]; auto.
Qed.
Lemma atom_added st b x : Inv st -> fst b <= av (next st) <= snd b ->
  match x with Node _ => True | Floor e m => 1 <= m /\ av (next st) = ev e / m end -> Inv (with_atom st b x).
Proof.
  intros [B Q N V A S] L X. split; simpl; auto.
  - intros a l h H. apply find_add in H as [[-> ->]|H]; auto.
  - destruct x as [n|e m]; auto. intros a e' m' H. apply find_add in H as [[-> [= <- <-]]|H]; auto.
  - destruct x as [n|e m]; auto. destruct (Z.eqb_spec m 1) as [->|]; auto. intros a e' H.
    apply find_add in H as [[-> <-]|H]; auto. destruct X as [_ X]. now rewrite Z.div_1_r in X.
Qed.
Ltac open := repeat match goal with
  | H : guard ?b = Some _ |- _ => unfold guard in H; destruct b eqn:?; [clear H|discriminate H]
  | H : match ?e with Some _ => _ | None => None end = Some _ |- _ => let E := fresh "E" in destruct e eqn:E; [|discriminate H]
  | H : (let '(_, _) := ?p in _) = Some _ |- _ => destruct p
  | H : _ && _ = true |- _ => apply andb_true_iff in H; destruct H
  | H : (_ <=? _) = true |- _ => apply Z.leb_le in H
  | H : (_ <? _) = true |- _ => apply Z.ltb_lt in H
  | H : (_ =? _) = true |- _ => apply Z.eqb_eq in H
  | H : sameQ _ _ = true |- _ => apply sameQ_eq in H
  | H : Some _ = Some _ |- _ => injection H as <-
  end.
Lemma take_ok st s st' : take st s = Some st' -> agree (atoms st') -> Inv st -> Inv st'.
Proof.
  intros H G I. destruct s as [n|f m|a f|n v|n x|n|k|p l h|p d l zeros|f l|f g|p n zeros|p n|f p zeros others|p n l|k f]; cbn [Integers.take] in H.
  - (* SAtom *) open. destruct (M.find n (values st)); [discriminate|]. injection H as <-. simpl in G.
    assert (V : av (next st) = vals n) by (apply (G (next st) (Node n)); now left).
    match goal with Q : M.find _ R = Some _ |- _ => apply HR in Q; destruct Q as [K W] end. apply value_added. { apply atom_added; auto. simpl. rewrite V. now apply within_le. }
    simpl. rewrite V. ring.
  - (* SQuotient *) open. subst. simpl in G. pose proof (inFact _ I _ _ E0) as M. unfold range in E. rewrite E0 in E.
    destruct (under f0) eqn:U; [|discriminate]. destruct (_ && _) eqn:B in E; [|discriminate]. injection E as <- <- <-.
    apply andb_true_iff in B as [Z0%Z.eqb_eq _]. apply mean_bounds in M; auto; [|rewrite U; intros s []].
    assert (V : av (next st) = ev (about f0) / m) by (apply (G (next st) (Floor _ m)); now left).
    apply atom_added; auto. simpl. rewrite V. split; apply Z.div_le_mono; lia.
  - (* SWithin *) open. apply (range_ok _ I) in E. subst. simpl in E. pose proof (inBox _ I _ _ _ E0) as B.
    destruct I as [IB IQ IN IV IA IS]. split; simpl; auto. intros a' l' h' H. apply find_add in H as [[-> [= <- <-]]|H]; auto. lia.
  - (* SValue *) open. assert (V : vals n = ev p).
    { eapply (value_ok prog R (boxes st) (names st) _ (values st) (range st) F env vals av); eauto;
        [exact (inBox _ I)|exact (inName _ I)|exact (inValue _ I)|exact (range_ok _ I)]. }
    destruct r; try (destruct (M.find n (values st)); [discriminate|]); injection H as <-; now apply value_added.
  - (* SInstruction *) open. destruct I. now split.
  - (* SBits *) open. apply fact_ok; auto. intros _. simpl. apply HR in E0 as [K W]. rewrite <- (inValue _ I _ _ E). now apply within_le.
  - (* SKnown *) open. apply HG in E. apply (total_of_ok _ I) in E0. simpl in E0. unfold holds in E.
    destruct (0 <? modulus r) eqn:P.
    + injection H as <-. apply fact_ok; auto. intros _. simpl. rewrite P, E0. exact E.
    + open. apply fact_ok; auto. intros _. simpl. apply (bounds_ok _ I) in E1. cbn [fst snd] in E1. rewrite E0 in *.
      destruct E as [A B]. unfold lower, upper. destruct (low r), (high r); simpl in *; lia.
  - (* SSuppose *) open. apply fact_ok. { destruct I. now split. } intros U. simpl in *.
    apply (bounds_ok _ I) in E0. cbn [fst snd] in E0. destruct (U _ (or_introl eq_refl)) as [A B].
    unfold lower, upper. destruct l, h; simpl in *; lia.
  - (* SDerive *) open. apply (bounds_ok _ I) in E2. cbn [fst snd] in E2.
    apply fact_ok; auto. intros U.
    assert (T : all_true l1) by (destruct b; exact U). clear U.
    apply (zeros_ok _ I) in E1 as [U V]; auto. apply (derived_ok _ I) in E0 as (_ & -> & s & S & B); auto.
    simpl. rewrite scaleQ_ok in S. apply divided; auto. lia.
  - (* SMeet *) open. pose proof (inFact _ I _ _ E) as M. apply (met_ok _ I) in E0 as (A & D & X). apply fact_ok; auto.
    intros U. rewrite A, D. simpl. apply X in U as [U B]. apply B. now apply mean_bounds.
  - (* SWhole *) open. apply fact_ok; auto. intros U. simpl in *. apply joined_ok in U as [U V].
    pose proof (mean_bounds _ (inFact _ I _ _ E) ltac:(assumption) U) as B.
    pose proof (mean_multiple _ (inFact _ I _ _ E0) ltac:(assumption) V) as [q Q].
    match goal with S : about _ = about _ |- _ => rewrite <- S in Q end. rewrite Q in *. set (n := md f1) in *.
    assert (P : 0 < n) by assumption. split.
    + apply Z.mul_le_mono_nonneg_r; [lia|]. assert (- q <= - lo f0 / n) by (apply Z.div_le_lower_bound; lia). lia.
    + apply Z.mul_le_mono_nonneg_r; [lia|]. apply Z.div_le_lower_bound; lia.
  - (* SMultiple *) open. apply fact_ok; auto. intros U. simpl in *. apply (zeros_ok _ I) in E0 as [_ V]; auto.
    destruct (Z.ltb_spec 0 n); [|lia]. rewrite <- V. apply multiples_ok; auto. lia.
  - (* SCongruent *) open. destruct p1; [|discriminate]. injection H as <-. apply fact_ok; auto. intros _. simpl.
    apply (residue_ok av (boxes st) (inBox _ I) (names st) (inName _ I)) in E0; [|lia]. simpl in E0.
    destruct (Z.ltb_spec 0 n); [|lia]. now rewrite Z.sub_0_r in E0.
  - (* STransfer *) open. apply fact_ok; auto. intros U. simpl in *. rename E into Ef.
    destruct (Z.ltb_spec 0 (md f0)); [|lia].
    apply (zeros_ok _ I) in E2 as [W V]; auto. apply (others_ok _ I) in E1 as [X D]; auto.
    pose proof (mean_multiple _ (inFact _ I _ _ Ef) ltac:(assumption) X) as Y. rewrite plusQ_ok in D.
    match goal with S : multiples _ _ = true |- _ => apply multiples_ok in S; [|lia]; rewrite V in S;
      pose proof (Z.divide_add_r _ _ _ D S) as T end.
    pose proof (Z.divide_add_r _ _ _ T Y) as Q. ring_simplify in Q.
    match type of Q with (_ | ?v) => match goal with |- (_ | ?w) => replace w with v by ring end end. exact Q.
  - (* SCases *) open. apply fact_ok; auto. eapply cases_ok; eauto. now apply (pairs_ok _ I _ _ E0).
  - (* SClaim *) open. apply (total_of_ok _ I) in E1. simpl in E1. pose proof (inFact _ I _ _ E0) as M.
    assert (V : holds vals r). { eapply says_ok; eauto. match goal with S : _ = about _ |- _ => now rewrite <- S end. }
    destruct I as [IB IQ IN IV IA IS]. split; simpl; auto. intros k' r' [<-|J] K. { rewrite E in K. now injection K as <-. } eauto.
Qed.
Lemma atoms_before st s st' : take st s = Some st' -> incl (atoms st) (atoms st').
Proof.
  intros H. destruct s; cbn [Integers.take] in H; open;
    repeat match goal with
    | H : match ?e with _ => _ end = Some _ |- _ => destruct e; try discriminate H
    | H : Some _ = Some _ |- _ => injection H as <-
    end; try apply incl_refl; apply incl_tl, incl_refl.
Qed.
Lemma steps_before l : forall st st', steps st l = Some st' -> incl (atoms st) (atoms st').
Proof.
  induction l as [|s r IH]; simpl; intros st st' H. { injection H as <-. apply incl_refl. }
  destruct (take st s) as [t|] eqn:E; [|discriminate]. apply atoms_before in E. apply IH in H. eapply incl_tran; eauto.
Qed.
Lemma steps_ok l : forall st st', steps st l = Some st' -> agree (atoms st') -> Inv st -> Inv st'.
Proof.
  induction l as [|s r IH]; simpl; intros st st' H G I. { now injection H as <-. }
  destruct (take st s) as [t|] eqn:E; [|discriminate]. apply (IH t); auto. apply (take_ok st s t E); auto.
  intros a x J. apply G. now apply (steps_before _ _ _ H).
Qed.
Lemma start_ok n l : good l -> Inv (start n l).
Proof. intros G. split; simpl; auto; intros k x; rewrite ?PositiveMap.gempty; discriminate. Qed.
End Atoms.

(* -- there are integers that are what atoms are said to be *)
Fixpoint build (l : list (positive * atom)) : positive -> Z :=
  match l with
  | [] => fun _ => 0
  | (a, x) :: r =>
      let f := build r in let v := match x with Node n => vals n | Floor e m => ev f e / m end in
      fun b => if Pos.eqb a b then v else f b
  end.
Lemma founded_below l : founded l = true -> forall b x r, l = (b, x) :: r -> forall a y, In (a, y) r -> (a < b)%positive.
Proof.
  induction l as [|[c z] t IH]; intros H b x r [= -> -> ->] a y J. cbn [founded] in H.
  apply andb_true_iff in H as [[_ L]%andb_true_iff H]. destruct r as [|[d w] u]; [destruct J|]. apply Pos.ltb_lt in L.
  destruct J as [[= -> ->]|J]; auto. specialize (IH H _ _ _ eq_refl _ _ J). lia.
Qed.
Lemma build_ok l : founded l = true -> agree (build l) l.
Proof.
  induction l as [|[b x] r IH]; intros H a y J. destruct J. pose proof (founded_below _ H _ _ _ eq_refl) as B.
  cbn [founded] in H. apply andb_true_iff in H as [[X _]%andb_true_iff H]. specialize (IH H).
  destruct J as [[= -> ->]|J].
  - simpl. rewrite Pos.eqb_refl. destruct y as [n|e m]; auto. f_equal.
    apply (ev_same _ _ _ _ X). intros c C%Pos.ltb_lt. destruct (Pos.eqb_spec a c); auto. lia.
  - specialize (IH _ _ J). pose proof (B _ _ J) as L. simpl. destruct (Pos.eqb_spec b a); [lia|].
    destruct y as [n'|e m]; auto. rewrite IH. f_equal.
    assert (W : made_of (fun c => Pos.ltb c a) e = true).
    { clear - H J. induction r as [|[d z] t IHt]; [destruct J|]. cbn [founded] in H.
      apply andb_true_iff in H as [[Z0 _]%andb_true_iff H]. destruct J as [[= -> ->]|J]; auto. }
    apply (ev_same _ _ _ _ W). intros c C%Pos.ltb_lt. destruct (Pos.eqb_spec b c); auto. lia.
Qed.
Theorem arguments_ok l : forall n c d, arguments prog R known claimed n c l = Some d -> good c -> good d.
Proof.
  induction l as [|x r IH]; simpl; intros n c d H G. { now injection H as <-. }
  destruct (steps (start n c) x) as [st|] eqn:E; [|discriminate]. unfold guard in H. destruct (founded (atoms st)) eqn:B; [|discriminate].
  apply (IH _ _ _ H). apply (inShown (build (atoms st))). apply (steps_ok _ _ _ _ E); [now apply build_ok|now apply start_ok].
Qed.
End Sound.
Print Assumptions arguments_ok.
