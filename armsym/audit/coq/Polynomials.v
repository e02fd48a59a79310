(* Polynomials over Z in numbered atoms, integers of which bounds are known (armsym/audit/polynomials.py). *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw.
Import ListNotations.
Open Scope Z_scope.

(* The atoms of a product, each as often as its degree, in order; a sum of them, each with its coefficient. *)
Definition monomial := list positive.
Definition polynomial := list (monomial * Z).

Section Value.
Variable av : positive -> Z.
Fixpoint evM (m : monomial) : Z := match m with [] => 1 | a :: r => av a * evM r end.
Fixpoint ev (p : polynomial) : Z := match p with [] => 0 | (m, c) :: r => c * evM m + ev r end.
End Value.

Fixpoint orderM (x y : monomial) : comparison :=
  match x, y with
  | [], [] => Eq | [], _ => Lt | _, [] => Gt
  | a :: r, b :: t => match Pos.compare a b with Eq => orderM r t | c => c end
  end.
Fixpoint sameM (x y : monomial) : bool :=
  match x, y with [], [] => true | a :: r, b :: t => Pos.eqb a b && sameM r t | _, _ => false end.
Fixpoint sameQ (x y : polynomial) : bool :=
  match x, y with
  | [], [] => true | (m, c) :: r, (n, d) :: t => (c =? d) && sameM m n && sameQ r t | _, _ => false
  end.
Definition consQ (m : monomial) (c : Z) (l : polynomial) := if c =? 0 then l else (m, c) :: l.
Fixpoint addQ (x : polynomial) {struct x} : polynomial -> polynomial :=
  fix go y :=
    match x, y with
    | [], _ => y | _, [] => x
    | (m, c) :: r, (n, d) :: t =>
        match orderM m n with
        | Eq => consQ m (c + d) (addQ r t)
        | Lt => (m, c) :: addQ r y
        | Gt => (n, d) :: go t
        end
    end.
Definition scaleQ (k : Z) (p : polynomial) : polynomial := if k =? 0 then [] else map (fun x => (fst x, k * snd x)) p.
(* p + k * q *)
Definition plusQ (p q : polynomial) (k : Z) := addQ p (scaleQ k q).
Definition number (c : Z) : polynomial := consQ [] c [].

(* The sum of any terms, sorted by merging lists of one length. *)
Fixpoint push (p : polynomial) (l : list (option polynomial)) : list (option polynomial) :=
  match l with [] => [Some p] | None :: r => Some p :: r | Some q :: r => None :: push (addQ q p) r end.
Definition flat (l : list (option polynomial)) : polynomial :=
  fold_left (fun s x => match x with Some p => addQ p s | None => s end) l [].
Definition collect (terms : polynomial) : polynomial := flat (fold_left (fun s x => push (consQ (fst x) (snd x) []) s) terms []).

Section Boxes.
(* the bounds of atoms *)
Variable box : M.t (Z * Z).

Fixpoint mergeM (x : monomial) {struct x} : monomial -> monomial :=
  fix go y :=
    match x, y with
    | [], _ => y | _, [] => x
    | a :: r, b :: t => if Pos.leb a b then a :: mergeM r y else b :: go t
    end.
(* a * a is a of an atom that is 0 or 1, and -a of one that is 0 or -1; the first atom is `last`, and kept. *)
Fixpoint squares (last : positive) (l : monomial) : bool * monomial :=
  match l with
  | [] => (false, [])
  | x :: r =>
      let kept := let (s, m) := squares x r in (s, x :: m) in
      if Pos.eqb x last then
        match M.find x box with
        | Some (lo, hi) =>
            if (0 <=? lo) && (hi <=? 1) then squares last r
            else if (-1 <=? lo) && (hi <=? 0) then let (s, m) := squares last r in (negb s, m)
            else kept
        | None => kept
        end
      else kept
  end.
Definition productM (x y : monomial) : bool * monomial :=
  match x, y with
  | [], _ => (false, y) | _, [] => (false, x)
  | _, _ => match mergeM x y with [] => (false, []) | a :: r => let (s, m) := squares a r in (s, a :: m) end
  end.
Definition mulQ (p q : polynomial) : polynomial :=
  collect (flat_map (fun x => map (fun y =>
    let (s, m) := productM (fst x) (fst y) in (m, if s then - (snd x * snd y) else snd x * snd y)) q) p).

(* What a product of something from `fst e` to `snd e` and of the n-th power of something from lo to hi can be. *)
Definition corners (e : Z * Z) (a b : Z) : Z * Z :=
  let w := fst e * a in let x := fst e * b in let y := snd e * a in let z := snd e * b in
  (Z.min (Z.min w x) (Z.min y z), Z.max (Z.max w x) (Z.max y z)).
Definition powers (lo hi n : Z) : Z * Z :=
  let p := lo ^ n in let q := hi ^ n in
  if (lo <=? 0) && (0 <=? hi) then (Z.min (Z.min p q) 0, Z.max (Z.max p q) 0) else (Z.min p q, Z.max p q).
(* The first atom of the rest was met n - 1 times before. *)
Fixpoint endsM (m : monomial) (n : Z) (e : Z * Z) : option (Z * Z) :=
  match m with
  | [] => Some e
  | a :: r =>
      if match r with b :: _ => Pos.eqb a b | [] => false end then endsM r (n + 1) e
      else match M.find a box with
      | Some (lo, hi) => let w := powers lo hi n in endsM r 1 (corners e (fst w) (snd w))
      | None => None
      end
  end.
Fixpoint ends (p : polynomial) : option (Z * Z) :=
  match p with
  | [] => Some (0, 0)
  | (m, c) :: r =>
      match endsM m 1 (c, c), ends r with
      | Some e, Some f => Some (fst e + fst f, snd e + snd f)
      | _, _ => None
      end
  end.

(* names: atoms that are polynomials in others *)
Variable names : M.t polynomial.
Definition later (a b : option positive) : option positive :=
  match a, b with Some x, Some y => Some (Pos.max x y) | None, _ => b | _, None => a end.
Definition last_name (p : polynomial) : option positive :=
  fold_left (fun s x => fold_left (fun s a => match M.find a names with Some _ => later s (Some a) | None => s end) (fst x) s)
    p None.
Definition residues (n : Z) (p : polynomial) : polynomial :=
  flat_map (fun x => let c := snd x mod n in if c =? 0 then [] else [(fst x, c)]) p.
Fixpoint times (k : nat) (q p : polynomial) : polynomial := match k with O => p | S k => times k q (mulQ p q) end.
Definition without (a : positive) (m : monomial) := filter (fun b => negb (Pos.eqb a b)) m.
Definition often (a : positive) (m : monomial) : nat := length (filter (Pos.eqb a) m).
Fixpoint instead (a : positive) (q p : polynomial) : polynomial :=
  match p with [] => [] | (m, c) :: r => addQ (times (often a m) q [(without a m, c)]) (instead a q r) end.
(* With what names stand for, the last first, and coefficients from 0 to n - 1. *)
Fixpoint residue (fuel : nat) (n : Z) (p : polynomial) : option polynomial :=
  let p := residues n p in
  match last_name p with
  | None => Some p
  | Some a =>
      match fuel, M.find a names with
      | S fuel, Some q => residue fuel n (instead a q p)
      | _, _ => None
      end
  end.
End Boxes.

(* -- what they are ------------------------------------------------------------------------------------------------- *)
Lemma orderM_eq x : forall y, orderM x y = Eq -> x = y.
Proof.
  induction x as [|a r IH]; destruct y as [|b t]; simpl; try discriminate; auto.
  destruct (Pos.compare_spec a b); try discriminate. intros K. f_equal; auto.
Qed.
Lemma sameM_eq x : forall y, sameM x y = true -> x = y.
Proof.
  induction x as [|a r IH]; destruct y as [|b t]; simpl; try discriminate; auto.
  rewrite andb_true_iff, Pos.eqb_eq. intros [-> H]. f_equal; auto.
Qed.
Lemma sameQ_eq x : forall y, sameQ x y = true -> x = y.
Proof.
  induction x as [|[m c] r IH]; destruct y as [|[n d] t]; simpl; try discriminate; auto.
  rewrite !andb_true_iff, Z.eqb_eq. intros [[-> H] K]. apply sameM_eq in H. subst. f_equal; auto.
Qed.

Section Sound.
Variable av : positive -> Z.
Notation evM := (evM av). Notation ev := (ev av).
Lemma consQ_ok m c l : ev (consQ m c l) = c * evM m + ev l.
Proof. unfold consQ. destruct (Z.eqb_spec c 0); subst; simpl; lia. Qed.
Lemma number_ok c : ev (number c) = c.
Proof. unfold number. rewrite consQ_ok. simpl. lia. Qed.
Lemma addQ_ok x : forall y, ev (addQ x y) = ev x + ev y.
Proof.
  induction x as [|[m c] r IH].
  - destruct y; reflexivity.
  - induction y as [|[n d] t IHt]; [simpl; lia|].
    simpl addQ. destruct (orderM m n) eqn:O; simpl.
    + apply orderM_eq in O. subst. rewrite consQ_ok, IH. ring.
    + rewrite IH. simpl. ring.
    + simpl in IHt. rewrite IHt. ring.
Qed.
Lemma scaleQ_ok k p : ev (scaleQ k p) = k * ev p.
Proof.
  unfold scaleQ. destruct (Z.eqb_spec k 0). { subst. reflexivity. }
  induction p as [|[m c] r IH]; simpl; [lia|]. rewrite IH. ring.
Qed.
Lemma plusQ_ok p q k : ev (plusQ p q k) = ev p + k * ev q.
Proof. unfold plusQ. now rewrite addQ_ok, scaleQ_ok. Qed.
Fixpoint evs (l : list (option polynomial)) : Z :=
  match l with [] => 0 | Some p :: r => ev p + evs r | None :: r => evs r end.
Lemma push_ok l : forall p, evs (push p l) = ev p + evs l.
Proof.
  induction l as [|[q|] r IH]; intros p; simpl; auto. rewrite IH, addQ_ok. ring.
Qed.
Lemma flat_ok l : ev (flat l) = evs l.
Proof.
  unfold flat. enough (H : forall s, ev (fold_left (fun s x => match x with Some p => addQ p s | None => s end) l s) = ev s + evs l).
  { rewrite H. reflexivity. }
  induction l as [|[p|] r IH]; intros s; simpl; try lia; rewrite IH; try reflexivity. rewrite addQ_ok. ring.
Qed.
Lemma collect_ok terms : ev (collect terms) = ev terms.
Proof.
  unfold collect. rewrite flat_ok.
  enough (H : forall s, evs (fold_left (fun s x => push (consQ (fst x) (snd x) []) s) terms s) = evs s + ev terms).
  { rewrite H. reflexivity. }
  induction terms as [|[m c] r IH]; intros s; simpl; [lia|]. rewrite IH, push_ok, consQ_ok. simpl. ring.
Qed.

Variable box : M.t (Z * Z).
Hypothesis inside : forall a lo hi, M.find a box = Some (lo, hi) -> lo <= av a <= hi.
Lemma mergeM_ok x : forall y, evM (mergeM x y) = evM x * evM y.
Proof.
  induction x as [|a r IH].
  - destruct y as [|b t]; [reflexivity|]. simpl. destruct (av b * evM t); reflexivity.
  - induction y as [|b t IHt]; [simpl; lia|].
    simpl mergeM. destruct (Pos.leb a b); simpl.
    + rewrite IH. simpl. ring.
    + simpl in IHt. rewrite IHt. ring.
Qed.
Definition signed (s : bool) (v : Z) := if s then - v else v.
Lemma squares_ok l : forall a, av a * signed (fst (squares box a l)) (evM (snd (squares box a l))) = av a * evM l.
Proof.
  induction l as [|x r IH]; intros a; simpl; auto.
  assert (K : forall p, p = squares box x r -> av a * signed (fst (let (s, m) := p in (s, x :: m))) (evM (snd (let (s, m) := p in (s, x :: m))))
    = av a * (av x * evM r)).
  { intros p ->. specialize (IH x). destruct (squares box x r) as [s m]. cbn [fst snd] in *. simpl.
    rewrite <- IH. destruct s; unfold signed; ring. }
  specialize (K _ eq_refl). destruct (Pos.eqb_spec x a); auto. subst x.
  destruct (M.find a box) as [[lo hi]|] eqn:B; auto. apply inside in B.
  destruct (_ && _) eqn:C.
  - apply andb_true_iff in C as [?%Z.leb_le ?%Z.leb_le]. rewrite IH. assert (av a = 0 \/ av a = 1) as [->| ->] by lia; ring.
  - destruct ((-1 <=? lo) && _) eqn:D; auto. apply andb_true_iff in D as [?%Z.leb_le ?%Z.leb_le].
    specialize (IH a). destruct (squares box a r) as [s m]. cbn [fst snd] in *.
    replace (av a * signed (negb s) (evM m)) with (- (av a * signed s (evM m))) by (destruct s; unfold signed; simpl; ring).
    rewrite IH. assert (av a = 0 \/ av a = -1) as [->| ->] by lia; ring.
Qed.
Lemma productM_ok x y : signed (fst (productM box x y)) (evM (snd (productM box x y))) = evM x * evM y.
Proof.
  unfold productM. destruct x as [|a r]. { simpl. destruct (evM y); reflexivity. }
  destruct y as [|b t]. { cbn [fst snd signed]. simpl (evM []). ring. }
  rewrite <- mergeM_ok. destruct (mergeM (a :: r) (b :: t)) as [|c l]; [reflexivity|].
  pose proof (squares_ok l c) as H. destruct (squares box c l) as [s m]. cbn [fst snd] in *. simpl.
  rewrite <- H. destruct s; unfold signed; ring.
Qed.
Lemma ev_app p q : ev (p ++ q) = ev p + ev q.
Proof. induction p as [|[m c] r IH]; simpl; auto. rewrite IH. ring. Qed.
Lemma mulQ_ok p q : ev (mulQ box p q) = ev p * ev q.
Proof.
  unfold mulQ. rewrite collect_ok. induction p as [|[m c] r IH]; simpl; auto. rewrite ev_app, IH.
  rewrite Z.mul_add_distr_r. f_equal. clear IH. induction q as [|[n d] t IHt]; simpl. ring.
  pose proof (productM_ok m n) as H. destruct (productM box m n) as [s l]. cbn [fst snd] in *. cbn [evM]. simpl ev.
  rewrite IHt. replace ((if s then - (c * d) else c * d) * evM l) with (c * d * signed s (evM l)) by (destruct s; unfold signed; ring).
  rewrite H. ring.
Qed.

(* -- bounds *)
Lemma between e v a b w : fst e <= v <= snd e -> a <= w <= b -> fst (corners e a b) <= v * w <= snd (corners e a b).
Proof.
  intros V W. unfold corners; cbn [fst snd]. destruct e as [x y]; cbn [fst snd] in *.
  assert (L : Z.min (x * w) (y * w) <= v * w <= Z.max (x * w) (y * w)).
  { destruct (Z.le_ge_cases 0 w).
    - assert (x * w <= v * w) by (apply Z.mul_le_mono_nonneg_r; lia). assert (v * w <= y * w) by (apply Z.mul_le_mono_nonneg_r; lia). lia.
    - assert (v * w <= x * w) by (apply Z.mul_le_mono_nonpos_r; lia). assert (y * w <= v * w) by (apply Z.mul_le_mono_nonpos_r; lia). lia. }
  assert (B : forall u, Z.min (u * a) (u * b) <= u * w <= Z.max (u * a) (u * b)).
  { intros u. destruct (Z.le_ge_cases 0 u).
    - assert (u * a <= u * w) by (apply Z.mul_le_mono_nonneg_l; lia). assert (u * w <= u * b) by (apply Z.mul_le_mono_nonneg_l; lia). lia.
    - assert (u * w <= u * a) by (apply Z.mul_le_mono_nonpos_l; lia). assert (u * b <= u * w) by (apply Z.mul_le_mono_nonpos_l; lia). lia. }
  pose proof (B x). pose proof (B y). lia.
Qed.
Lemma pow_opp b n : 0 <= n -> (- b) ^ n = b ^ n \/ (- b) ^ n = - b ^ n.
Proof.
  intros N. destruct (Z.Even_or_Odd n) as [E|O]. left. now apply Z.pow_opp_even. right. now apply Z.pow_opp_odd.
Qed.
Lemma powers_ok lo hi v n : 1 <= n -> lo <= v <= hi -> fst (powers lo hi n) <= v ^ n <= snd (powers lo hi n).
Proof.
  intros N V. unfold powers.
  assert (mono : forall a b, 0 <= a <= b -> 0 <= a ^ n <= b ^ n).
  { intros a b ?. split. apply Z.pow_nonneg; lia. apply Z.pow_le_mono_l; lia. }
  destruct (Z.le_ge_cases 0 v) as [P|P].
  - pose proof (mono v hi ltac:(lia)).
    destruct (Z.leb_spec lo 0); destruct (Z.leb_spec 0 hi); cbn [andb fst snd]; try lia.
    pose proof (mono lo v ltac:(lia)). lia.
  - pose proof (mono (- v) (- lo) ltac:(lia)) as L.
    assert (U : (lo <=? 0) && (0 <=? hi) = false -> 0 <= (- hi) ^ n <= (- v) ^ n).
    { intros C. apply mono. destruct (Z.leb_spec lo 0); destruct (Z.leb_spec 0 hi); simpl in C; try discriminate; lia. }
    destruct (Z.Even_or_Odd n) as [E|O].
    + rewrite !Z.pow_opp_even in * by auto. destruct (_ && _); cbn [fst snd]; [lia|]. specialize (U eq_refl). lia.
    + rewrite !Z.pow_opp_odd in * by auto. destruct (_ && _); cbn [fst snd]; [lia|]. specialize (U eq_refl). lia.
Qed.
Definition before (m : monomial) (n : Z) : Z := match m with [] => 1 | a :: _ => av a ^ (n - 1) end.
Lemma endsM_ok m : forall n e f v, 1 <= n -> fst e <= v <= snd e -> endsM box m n e = Some f ->
  fst f <= v * (before m n * evM m) <= snd f.
Proof.
  induction m as [|a r IH]; intros n e f v N V H.
  - simpl in *. injection H as <-. now rewrite !Z.mul_1_r.
  - simpl in H. assert (P : before (a :: r) n * evM (a :: r) = av a ^ n * evM r).
    { simpl. replace n with (Z.succ (n - 1)) at 2 by lia. rewrite Z.pow_succ_r by lia. ring. }
    rewrite P. clear P.
    assert (K : match M.find a box with Some (lo, hi) => let w := powers lo hi n in endsM box r 1 (corners e (fst w) (snd w)) | None => None end = Some f ->
      fst f <= v * (av a ^ n * evM r) <= snd f).
    { clear H. intros H. destruct (M.find a box) as [[lo hi]|] eqn:B; [|discriminate]. apply inside in B.
      pose proof (between e v _ _ _ V (powers_ok lo hi (av a) n N B)) as W.
      apply (IH 1 _ f _ ltac:(lia) W) in H. replace (before r 1) with 1 in H by (destruct r; simpl; auto).
      rewrite Z.mul_1_l in H. now rewrite <- Z.mul_assoc in H. }
    destruct r as [|b t]; auto. destruct (Pos.eqb_spec a b); auto. subst b.
    apply (IH (n + 1) e f v ltac:(lia) V) in H. cbn [before] in H. now replace (n + 1 - 1) with n in H by lia.
Qed.
Lemma ends_ok p : forall e, ends box p = Some e -> fst e <= ev p <= snd e.
Proof.
  induction p as [|[m c] r IH]; simpl; intros e H. { injection H as <-. simpl. lia. }
  destruct (endsM box m 1 (c, c)) as [a|] eqn:E; [|discriminate]. destruct (ends box r) as [b|]; [|discriminate].
  injection H as <-. cbn [fst snd]. specialize (IH _ eq_refl).
  apply (endsM_ok m 1 (c, c) a c ltac:(lia) ltac:(simpl; lia)) in E.
  replace (before m 1) with 1 in E by (destruct m; simpl; auto). rewrite Z.mul_1_l in E. lia.
Qed.

(* -- residues *)
Variable names : M.t polynomial.
Hypothesis named : forall a q, M.find a names = Some q -> av a = ev q.
Lemma residues_ok n p : n <> 0 -> (n | ev p - ev (residues n p)).
Proof.
  intros N. induction p as [|[m c] r IH]. { exists 0. reflexivity. }
  unfold residues. cbn [flat_map]. fold (residues n r). rewrite ev_app. cbv zeta. cbn [fst snd]. destruct IH as [k IH].
  exists (c / n * evM m + k). pose proof (Z_div_mod_eq_full c n) as D.
  assert (E : c * evM m + ev r - (c mod n * evM m + ev (residues n r)) = (c / n * evM m + k) * n).
  { replace c with (n * (c / n) + c mod n) at 1 by lia. rewrite (Z.mul_add_distr_r _ k n), <- IH. ring. }
  rewrite <- E. destruct (Z.eqb_spec (c mod n) 0) as [Q|Q]; simpl; [rewrite Q|]; ring.
Qed.
Lemma times_ok k q : forall p, ev (times box k q p) = ev p * ev q ^ Z.of_nat k.
Proof.
  induction k as [|k IH]; intros p; simpl times. { simpl. ring. }
  rewrite IH, mulQ_ok, Nat2Z.inj_succ, Z.pow_succ_r by lia. ring.
Qed.
Lemma without_ok a m : evM m = evM (without a m) * av a ^ Z.of_nat (often a m).
Proof.
  unfold without, often. induction m as [|b r IH]; [reflexivity|]. cbn [filter].
  destruct (Pos.eqb_spec a b); cbn [negb length].
  - subst. rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. simpl evM. rewrite IH. ring.
  - simpl evM. rewrite IH. ring.
Qed.
Lemma instead_ok a q p : av a = ev q -> ev (instead box a q p) = ev p.
Proof.
  intros A. induction p as [|[m c] r IH]; [reflexivity|]. cbn [instead]. rewrite addQ_ok, times_ok, IH.
  simpl ev. rewrite (without_ok a m), <- A. ring.
Qed.
Lemma residue_ok n fuel : n <> 0 -> forall p r, residue box names fuel n p = Some r -> (n | ev p - ev r).
Proof.
  intros N. induction fuel as [|fuel IH]; simpl; intros p r H; pose proof (residues_ok n p N) as D.
  - destruct (last_name names (residues n p)); [discriminate|]. injection H as <-. auto.
  - destruct (last_name names (residues n p)) as [a|]; [|injection H as <-; auto].
    destruct (M.find a names) as [q|] eqn:Q; [|discriminate]. apply IH in H. apply named in Q.
    rewrite (instead_ok _ _ _ Q) in H.
    replace (ev p - ev r) with ((ev p - ev (residues n p)) + (ev (residues n p) - ev r)) by ring. now apply Z.divide_add_r.
Qed.
End Sound.

(* -- what a polynomial is made of *)
Definition made_of (within : positive -> bool) (p : polynomial) : bool := forallb (fun x => forallb within (fst x)) p.
Lemma ev_same within p f g : made_of within p = true -> (forall a, within a = true -> f a = g a) -> ev f p = ev g p.
Proof.
  intros H E. induction p as [|[m c] r IH]; simpl in *; auto. apply andb_true_iff in H as [H1 H2]. rewrite IH by auto.
  f_equal. f_equal. clear IH H2. induction m as [|a t IH]; simpl in *; auto. apply andb_true_iff in H1 as [A H1].
  now rewrite IH, E.
Qed.
(* -- numbers *)
Lemma often_ok k a b v : a <= v <= b -> Z.min (k * a) (k * b) <= k * v <= Z.max (k * a) (k * b).
Proof.
  intros V. destruct (Z.le_ge_cases 0 k).
  - pose proof (Z.mul_le_mono_nonneg_l a v k ltac:(auto)). pose proof (Z.mul_le_mono_nonneg_l v b k ltac:(auto)). lia.
  - pose proof (Z.mul_le_mono_nonpos_l a v k ltac:(auto)). pose proof (Z.mul_le_mono_nonpos_l v b k ltac:(auto)). lia.
Qed.
Lemma divided d v x y : 1 <= d -> x <= d * v <= y -> - (- x / d) <= v <= y / d.
Proof.
  intros D V. split. { assert (- v <= - x / d) by (apply Z.div_le_lower_bound; lia). lia. } apply Z.div_le_lower_bound; lia.
Qed.
