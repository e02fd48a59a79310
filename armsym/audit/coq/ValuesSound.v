(* What Values.v says of nodes is so, in every run of the program. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw Forms Rules Sound Ranges Polynomials Values.
Import ListNotations.
Open Scope Z_scope.

Section Sound.
Variable prog : M.t instr.
Variable R : M.t Z.
Variable box : M.t (Z * Z).
Variable names : M.t polynomial.
Variable atoms : nat.
Variable known : M.t polynomial.
Variable range : positive -> option (polynomial * Z * Z).
Notation narrow := (narrow R). Notation disjoint := (disjoint R). Notation about := (about range). Notation all_ones := (all_ones prog).
Notation modulo := (modulo prog known). Notation bit := (bit known range). Notation pick := (pick prog). Notation way := (way prog).
Notation choices := (choices prog). Notation or_of := (or_of prog). Notation disjunction := (disjunction prog R).
Notation less_nothing := (less_nothing prog R). Notation ors := (ors prog R known). Notation masked := (masked prog).
Notation value := (value prog R box names atoms known range).
Variable F : positive -> list Z -> Z.
Variable env vals av : positive -> Z.
Hypothesis HF : means F.
Hypothesis HP : forall n x, M.find n prog = Some x -> vals n = semval F env vals n x.
Hypothesis HR : right vals R.
Hypothesis HB : forall a lo hi, M.find a box = Some (lo, hi) -> lo <= av a <= hi.
Hypothesis HN : forall a q, M.find a names = Some q -> av a = ev av q.
Hypothesis HK : forall n p, M.find n known = Some p -> vals n = ev av p.
Hypothesis HG : forall f p lo hi, range f = Some (p, lo, hi) -> lo <= ev av p <= hi.
Notation ev := (ev av).

Lemma reach_le n r : M.find n R = Some r -> 0 <= vals n <= r.
Proof. intros H. apply HR in H as [P W]. now apply within_le. Qed.
Lemma narrow_lt n w : 0 <= w -> narrow n w = true -> 0 <= vals n < 2 ^ w.
Proof.
  unfold Values.narrow. intros W H. destruct (M.find n R) eqn:E; [|discriminate]. apply reach_le in E. apply Z.leb_le in H.
  rewrite Z.ones_equiv in H. lia.
Qed.
Lemma disjoint_ok a b : disjoint a b = true -> Z.land (vals a) (vals b) = 0.
Proof.
  unfold Values.disjoint. destruct (M.find a R) as [p|] eqn:A; [|discriminate]. destruct (M.find b R) as [q|] eqn:B; [|discriminate].
  intros D%Z.eqb_eq. apply HR in A as [_ [_ WA]]. apply HR in B as [_ [_ WB]]. rewrite <- WA, <- WB.
  replace (Z.land (Z.land (vals a) p) (Z.land (vals b) q)) with (Z.land (Z.land (vals a) (vals b)) (Z.land p q)) by bt.
  rewrite D. apply Z.land_0_r.
Qed.
Lemma about_ok f p k : about f p k = true -> 0 <= ev p <= k.
Proof.
  unfold Values.about. destruct (range f) as [[[q lo] hi]|] eqn:E; [|discriminate]. apply HG in E.
  intros [[->%sameQ_eq L%Z.leb_le]%andb_true_iff H%Z.leb_le]%andb_true_iff. lia.
Qed.
Lemma width_ok w : width w = true -> 1 <= w.
Proof. intros [W%Z.leb_le _]%andb_true_iff. exact W. Qed.
Lemma bit_ok m f w c : bit m f w = Some c -> vals m = Z.ones w * ev c /\ 0 <= ev c <= 1.
Proof.
  unfold Values.bit. destruct (range f) as [[[q lo] hi]|]; [|discriminate]. destruct (M.find m known) as [p|] eqn:K; [|discriminate].
  unfold guard. destruct (_ && _) eqn:E; [|discriminate]. intros [= <-]. apply andb_true_iff in E as [S%sameQ_eq A%about_ok].
  apply HK in K. subst p. rewrite scaleQ_ok in K. auto.
Qed.

(* -- modulo 2^w *)
Lemma land_divide a w : 0 <= w -> (2 ^ w | a - Z.land a (Z.ones w)).
Proof.
  intros W. rewrite land_ones_mod by auto. exists (a / 2 ^ w). pose proof (Z_div_mod_eq_full a (2 ^ w)). lia.
Qed.
Lemma mod_divide a w u : 0 <= w <= u -> (2 ^ w | a - a mod 2 ^ u).
Proof.
  intros W. exists (2 ^ (u - w) * (a / 2 ^ u)). pose proof (Z_div_mod_eq_full a (2 ^ u)) as D.
  replace (2 ^ u) with (2 ^ (u - w) * 2 ^ w) in D at 1 by (rewrite <- Z.pow_add_r by lia; f_equal; lia). lia.
Qed.
Fixpoint all (l : list (positive * Z)) : Z := match l with [] => 0 | (a, k) :: r => k * vals a + all r end.
Definition near w a b := (2 ^ w | a - b).
Lemma near_trans w a b c : near w a b -> near w b c -> near w a c.
Proof. unfold near. intros H K. replace (a - c) with ((a - b) + (b - c)) by ring. now apply Z.divide_add_r. Qed.
Lemma near_sym w a b : near w a b -> near w b a.
Proof. unfold near. intros H. replace (b - a) with (- (a - b)) by ring. now apply Z.divide_opp_r. Qed.
Lemma near_mul w k a b c : near w a b -> near w (k * a + c) (k * b + c).
Proof. unfold near. intros H. replace (k * a + c - (k * b + c)) with (k * (a - b)) by ring. now apply Z.divide_mul_r. Qed.
Lemma near_factor w k j a c : near w k j -> near w (k * a + c) (j * a + c).
Proof. unfold near. intros H. replace (k * a + c - (j * a + c)) with ((k - j) * a) by ring. now apply Z.divide_mul_l. Qed.
Lemma inverted_near w a b : 0 <= w -> Z.land b (Z.ones w) = Z.ones w -> near w (Z.lxor a b) (-1 - a).
Proof.
  intros W B. pose proof (land_divide (Z.lxor a b) w W) as L. pose proof (land_divide a w W) as A.
  replace (Z.land (Z.lxor a b) (Z.ones w)) with (Z.lxor (Z.land b (Z.ones w)) (Z.land a (Z.ones w))) in L by bt.
  assert (V : 0 <= Z.land a (Z.ones w) < 2 ^ w) by (rewrite land_ones_mod by auto; apply Z.mod_pos_bound; now apply pow_pos).
  rewrite B, lxor_ones in L by auto. unfold near. replace (Z.lxor a b - (-1 - a))
    with ((Z.lxor a b - (Z.ones w - Z.land a (Z.ones w))) + (a - Z.land a (Z.ones w)) + (Z.ones w + 1)) by ring.
  apply Z.divide_add_r; [now apply Z.divide_add_r|]. exists 1. rewrite Z.ones_equiv. lia.
Qed.
Lemma all_ones_ok n k : all_ones n k = true -> Z.land (vals n) k = k.
Proof.
  unfold Values.all_ones. destruct (M.find n prog) as [[]|] eqn:E; try discriminate. intros H%Z.eqb_eq. apply HP in E.
  simpl in E. now rewrite E.
Qed.
Lemma modulo_ok w fuel : 0 <= w -> forall todo total t, modulo w fuel todo total = Some t -> near w (ev total + all todo) (ev t).
Proof.
  intros W. induction fuel as [|fuel IH]; intros [|[a k] r] total t H; simpl in H; try discriminate;
    try (injection H as <-; simpl; rewrite Z.add_0_r; exists 0; ring).
  assert (L : forall v, near w (ev total + (k * v + all r)) (ev total + Z.land k (Z.ones w) * v + all r)).
  { intros v. replace (ev total + (k * v + all r)) with (k * v + (ev total + all r)) by ring.
    replace (ev total + Z.land k (Z.ones w) * v + all r) with (Z.land k (Z.ones w) * v + (ev total + all r)) by ring.
    apply near_factor. now apply land_divide. }
  assert (T : forall j v b, near w (k * v) (j * vals b) -> modulo w fuel ((b, j) :: r) total = Some t ->
    near w (ev total + (k * v + all r)) (ev t)).
  { intros j v b N G. apply IH in G. refine (near_trans _ _ _ _ _ G). simpl.
    pose proof (near_mul w 1 _ _ (ev total + all r) N). now replace (ev total + (k * v + all r)) with (1 * (k * v) + (ev total + all r)) by ring;
    replace (ev total + (j * vals b + all r)) with (1 * (j * vals b) + (ev total + all r)) by ring. }
  assert (K : forall j b, near w (k * b) (Z.land (k * b) (Z.ones w)) /\ near w (Z.land j (Z.ones w) * b) (j * b)).
  { intros j b. split. { now apply land_divide. }
    apply near_sym. pose proof (near_factor w j _ b 0 (land_divide j w W)) as N. now rewrite !Z.add_0_r in N. }
  simpl all. destruct (M.find a known) as [p|] eqn:E.
  { apply HK in E. rewrite E. apply IH in H. rewrite plusQ_ok in H. exact (near_trans _ _ _ _ (L _) H). }
  destruct (M.find a prog) as [x|] eqn:X; [|discriminate]. apply HP in X. rewrite X. clear X.
  destruct x as [c| |f args m|b c|b c|b m|b m|b m|u b c|u b m]; try discriminate; simpl semval; simpl in H.
  - apply IH in H. rewrite plusQ_ok, number_ok in H. exact (near_trans _ _ _ _ (L _) H).
  - assert (X : forall b j, modulo w fuel ((b, Z.land (- k) (Z.ones w)) :: r) (plusQ total (number 1) (- k)) = Some t ->
      Z.land j (Z.ones w) = Z.ones w -> near w (ev total + (k * Z.lxor (vals b) j + all r)) (ev t)).
    { intros d j G J. apply IH in G. refine (near_trans _ _ _ _ _ G). rewrite plusQ_ok, number_ok. simpl all.
      pose proof (near_mul w k _ _ (ev total + all r) (inverted_near w (vals d) j W J)) as N.
      pose proof (near_factor w (- k) _ (vals d) (ev total - k + all r) (land_divide (- k) w W)) as Q.
      replace (ev total + (k * Z.lxor (vals d) j + all r)) with (k * Z.lxor (vals d) j + (ev total + all r)) by ring.
      refine (near_trans _ _ _ _ N _). replace (k * (-1 - vals d) + (ev total + all r)) with (- k * vals d + (ev total - k + all r)) by ring.
      replace (ev total + - k * 1 + (Z.land (- k) (Z.ones w) * vals d + all r))
        with (Z.land (- k) (Z.ones w) * vals d + (ev total - k + all r)) by ring. exact Q. }
    destruct (all_ones c _) eqn:C. { apply X; auto. now apply all_ones_ok. }
    destruct (all_ones b _) eqn:B; [|discriminate]. rewrite Z.lxor_comm. apply X; auto. now apply all_ones_ok.
  - unfold guard in H. destruct (Z.leb_spec 0 m); [|discriminate]. apply (T _ _ _) with (2 := H).
    rewrite !Z.shiftl_mul_pow2 by lia. apply near_sym. refine (near_trans _ _ _ _ (proj2 (K _ _)) _).
    destruct (Z.le_ge_cases m w). { rewrite Z.min_l by auto. exists 0. ring. }
    rewrite Z.min_r by auto. exists (k * vals b * (1 - 2 ^ (m - w))). replace (2 ^ m) with (2 ^ (m - w) * 2 ^ w).
    ring. rewrite <- Z.pow_add_r by lia. f_equal. lia.
  - unfold guard in H. destruct (Z.eqb_spec (Z.land m (Z.ones w)) (Z.ones w)) as [E1|]; [|discriminate].
    apply (T _ _ _) with (2 := H). pose proof (near_mul w k _ _ 0 (land_divide (Z.land (vals b) m) w W)) as N.
    rewrite <- Z.land_assoc, E1 in N. pose proof (near_mul w k _ _ 0 (land_divide (vals b) w W)) as Q. rewrite !Z.add_0_r in *.
    exact (near_trans _ _ _ _ N (near_sym _ _ _ Q)).
  - unfold guard in H. destruct (Z.leb_spec w u); [|discriminate]. apply IH in H. simpl in H.
    refine (near_trans _ _ _ _ _ H). pose proof (near_mul w k _ _ (ev total + all r) (mod_divide (vals b + vals c) w u ltac:(lia))) as N.
    apply near_sym in N. now replace (ev total + (k * ((vals b + vals c) mod 2 ^ u) + all r))
      with (k * ((vals b + vals c) mod 2 ^ u) + (ev total + all r)) by ring;
      replace (ev total + (k * vals c + (k * vals b + all r))) with (k * (vals b + vals c) + (ev total + all r)) by ring.
  - unfold guard in H. destruct (Z.leb_spec w u); [|discriminate]. apply (T _ _ _) with (2 := H).
    pose proof (near_mul w k _ _ 0 (mod_divide (vals b * m) w u ltac:(lia))) as N. rewrite !Z.add_0_r in N. apply near_sym in N.
    refine (near_trans _ _ _ _ N _). apply near_sym. refine (near_trans _ _ _ _ (proj2 (K _ _)) _). exists 0. ring.
Qed.
Lemma sum_ok n p t r w : 1 <= w -> narrow n w = true -> 0 <= ev p <= Z.ones w -> modulo w MOST_PARTS [(n, 1)] [] = Some t ->
  residue box names atoms (2 ^ w) (plusQ p t (-1)) = Some r -> ev r = 0 -> vals n = ev p.
Proof.
  intros W N P T D Z0. apply narrow_lt in N; [|lia]. apply modulo_ok in T; [|lia]. simpl in T.
  assert (PW : 0 < 2 ^ w) by (apply pow_pos; lia). apply (residue_ok av box HB names HN) in D; [|lia].
  rewrite plusQ_ok, Z0 in D. rewrite Z.ones_equiv in P.
  assert (V : (2 ^ w | vals n - ev p)).
  { unfold near in T. replace (vals n - ev p) with ((1 * vals n + 0 - ev t) - (ev p + -1 * ev t - 0)) by ring. now apply Z.divide_sub_r. }
  destruct V as [q Q]. assert (q = 0) by nia. lia.
Qed.
(* -- bits *)
Ltac each := apply Z.bits_inj'; intros ?n ?Hn;
  repeat rewrite ?Z.lor_spec, ?Z.lxor_spec, ?Z.land_spec, ?Z.ldiff_spec, ?Z.bits_0 by lia;
  cases.
Lemma xor_sum a b : Z.lxor a b = a + b - 2 * Z.land a b.
Proof.
  assert (S : forall x y, Z.ldiff x y + Z.land x y = x). { intros x y. rewrite nocarry by each. each. }
  assert (X : Z.ldiff a b + Z.ldiff b a = Z.lxor a b). { rewrite nocarry by each. each. }
  pose proof (S a b). pose proof (S b a) as T. rewrite (Z.land_comm b a) in T. lia.
Qed.
Lemma or_sum a b : Z.lor a b = a + b - Z.land a b.
Proof.
  assert (E : Z.lor a b = Z.lxor a b + Z.land a b). { rewrite nocarry by each. each. }
  rewrite E, xor_sum. ring.
Qed.
Lemma either a b c d : (Pos.eqb a c && Pos.eqb b d) || (Pos.eqb a d && Pos.eqb b c) = true ->
  Z.land (vals c) (vals d) = Z.land (vals a) (vals b).
Proof.
  intros [[->%Pos.eqb_eq ->%Pos.eqb_eq]%andb_true_iff|[->%Pos.eqb_eq ->%Pos.eqb_eq]%andb_true_iff]%orb_true_iff; auto.
  apply Z.land_comm.
Qed.
Definition disjoined (v : Z) (o : positive * positive * option positive) :=
  let '(a, b, k) := o in v = Z.lor (vals a) (vals b) /\
    match k with Some k => vals k = Z.land (vals a) (vals b) | None => Z.land (vals a) (vals b) = 0 end.
Lemma or_of_ok x k o : or_of x k = Some o -> disjoined (Z.lxor (vals x) (vals k)) o.
Proof.
  unfold Values.or_of. destruct (M.find x prog) as [[]|] eqn:X; try discriminate. destruct (M.find k prog) as [[]|] eqn:K; try discriminate.
  destruct (_ || _) eqn:E; [|discriminate]. intros [= <-]. apply either in E. apply HP in X. apply HP in K. simpl in X, K.
  simpl. rewrite X, K, E. split; auto. each.
Qed.
Lemma disjunction_ok n o : disjunction n = Some o -> disjoined (vals n) o.
Proof.
  unfold Values.disjunction. destruct (M.find n prog) as [[]|] eqn:X; try discriminate. apply HP in X. simpl in X. rewrite X.
  destruct (or_of a b) eqn:O. { intros [= <-]. now apply or_of_ok. }
  destruct (or_of b a) eqn:P. { intros [= <-]. rewrite Z.lxor_comm. now apply or_of_ok. }
  destruct (disjoint a b) eqn:D; [|discriminate]. intros [= <-]. apply disjoint_ok in D. split; auto.
  rewrite or_sum, xor_sum, D. ring.
Qed.
Lemma without_bits x y : Z.lxor x (Z.land x y) = x - Z.land x y.
Proof. rewrite xor_sum. replace (Z.land x (Z.land x y)) with (Z.land x y) by bt. ring. Qed.
Lemma bits_of_ok x k : bits_of prog x k = true -> Z.lxor (vals x) (vals k) = vals x - vals k.
Proof.
  unfold bits_of. destruct (M.find k prog) as [[]|] eqn:K; try discriminate. apply HP in K. simpl in K. rewrite K.
  intros [E%Pos.eqb_eq|E%Pos.eqb_eq]%orb_true_iff; subst x; [|rewrite Z.land_comm]; apply without_bits.
Qed.
Lemma less_nothing_ok n : vals (less_nothing n) = vals n.
Proof.
  unfold Values.less_nothing. destruct (M.find n prog) as [[]|] eqn:X; auto. destruct (M.find b prog) as [[]|] eqn:B; auto.
  destruct (_ && _) eqn:E; auto. apply andb_true_iff in E as [[->%Z.eqb_eq W%Z.leb_le]%andb_true_iff N].
  apply HP in X. apply HP in B. simpl in X, B. rewrite X, B, Z.add_0_r. symmetry. apply Z.mod_small. now apply narrow_lt.
Qed.
Lemma ors_ok fuel : forall todo total most t m, ors fuel todo total most = Some (t, m) ->
  exists s, ev t = ev total + s /\ 0 <= s <= m - most /\ (s = 0 <-> forall n, In n todo -> vals n = 0).
Proof.
  induction fuel as [|fuel IH]; intros [|n r] total most t m H; simpl in H; try discriminate;
    try (injection H as <- <-; exists 0; split; [ring|split; [lia|split; auto; intros _ i []]]).
  pose proof (less_nothing_ok n) as L. destruct (disjunction (less_nothing n)) as [[[b c] k]|] eqn:D.
  - apply disjunction_ok in D as [D _]. rewrite L in D. apply IH in H as (s & S & B & Z0). exists s. repeat split; auto; try apply B.
    + intros E. pose proof (proj1 Z0 E) as A. clear Z0. intros i [<-|I]; [|apply A; right; now right].
      rewrite D. apply Z.lor_eq_0_iff. split; apply A; [right; now left|now left].
    + intros E. apply (proj2 Z0). assert (N : vals n = 0) by (apply E; now left). rewrite D in N. apply Z.lor_eq_0_iff in N as [Nb Nc].
      intros i [<-|[<-|I]]; auto. apply E. now right.
  - destruct (M.find (less_nothing n) known) as [p|] eqn:K; [|discriminate]. destruct (M.find (less_nothing n) R) as [q|] eqn:Q; [|discriminate].
    apply HK in K. apply reach_le in Q. rewrite L in K, Q. apply IH in H as (s & S & B & Z0). rewrite plusQ_ok, <- K in S.
    exists (vals n + s). split; [lia|]. split; [lia|]. split.
    + intros E. assert (vals n = 0 /\ s = 0) as [N E'] by lia. intros i [<-|I]; auto. exact (proj1 Z0 E' i I).
    + intros E. rewrite (E n) by now left. assert (s = 0) by (apply (proj2 Z0); intros i I; apply E; now right). lia.
Qed.
Lemma masked_ok n a k : masked n = Some (a, k) -> vals n = Z.land (vals a) k.
Proof.
  unfold Values.masked. destruct (M.find n prog) as [[]|] eqn:X; try discriminate; apply HP in X; simpl in X; rewrite X.
  - destruct (M.find b prog) as [y|] eqn:B. destruct y; try (intros [= <- <-]; apply HP in B; simpl in B; now rewrite B).
    all: destruct (M.find a0 prog) as [[]|] eqn:A; try discriminate; intros [= <- <-]; apply HP in A; simpl in A; rewrite A; apply Z.land_comm.
  - now intros [= <- <-].
Qed.
(* Where bits from l on are taken of T * 2^h + G * 2^l + r. *)
Lemma part_ok k a t g r h l : k = Z.shiftl (Z.ones (h - l)) l -> 0 <= l -> l <= h -> 0 <= g <= Z.ones (h - l) -> 0 <= r <= Z.ones l -> a = 2 ^ h * t + 2 ^ l * g + r ->
  Z.land a k = 2 ^ l * g.
Proof.
  intros -> L L' G B ->. rewrite Z.ones_equiv in G, B.
  replace (Z.land _ _) with (Z.shiftl (Z.land (Z.shiftr (2 ^ h * t + 2 ^ l * g + r) l) (Z.ones (h - l))) l).
  - rewrite Z.shiftr_div_pow2, Z.shiftl_mul_pow2, land_ones_mod by lia.
    replace (2 ^ h * t + 2 ^ l * g + r) with (r + (2 ^ (h - l) * t + g) * 2 ^ l).
    + assert (0 < 2 ^ l) by (apply pow_pos; lia). rewrite Z.div_add, Z.div_small by lia.
      replace (0 + (2 ^ (h - l) * t + g)) with (g + t * 2 ^ (h - l)) by ring. rewrite Z_mod_plus_full, Z.mod_small by lia. ring.
    + replace (2 ^ h) with (2 ^ (h - l) * 2 ^ l). ring. rewrite <- Z.pow_add_r by lia. f_equal. lia.
  - bits. destruct (Z.ltb_spec n l). { now rewrite !(Z.shiftl_spec_low _ _ n), andb_false_r by auto. }
    rewrite !Z.shiftl_spec by auto. rewrite Z.land_spec, Z.shiftr_spec by lia. now replace (n - l + l) with n by ring.
Qed.
Lemma repeated_land w c v : 0 <= w -> 0 <= c <= 1 -> Z.land v (Z.ones w * c) = c * Z.land v (Z.ones w).
Proof. intros W C. assert (c = 0 \/ c = 1) as [-> | ->] by lia. rewrite Z.mul_0_r, Z.land_0_r. ring. now rewrite Z.mul_1_r, Z.mul_1_l. Qed.
Lemma fits v k l : k = Z.ones l -> 0 <= l -> 0 <= v <= k -> Z.land v k = v.
Proof. intros -> L V. rewrite Z.ones_equiv in V. apply (lt_within v l L). lia. Qed.
Definition chosen (a : positive + Z) : Z := match a with inl a => vals a | inr k => k end.
Lemma pick_ok b m d c : In c (pick b m d) -> snd (fst c) = m /\ fst (fst c) = b /\ vals d = Z.lxor (chosen (snd c)) (vals b).
Proof.
  unfold Values.pick. destruct (Pos.eqb_spec d b). { intros [<-|[]]. subst. simpl. auto. }
  destruct (M.find d prog) as [x|] eqn:D; [|intros []]. apply HP in D.
  destruct x as [v| |f args q|i j|i j|i q|i q|i q|u i j|u i q]; simpl in D; try (intros []).
  - destruct (M.find b prog) as [[]|] eqn:B; try (intros []; fail). apply HP in B. simpl in B. intros [<-|[]]. simpl.
    rewrite D, B. split; auto. split; auto. bt.
  - destruct (Pos.eqb_spec j b). { intros [<-|[]]. subst. simpl. auto. }
    destruct (Pos.eqb_spec i b); [|intros []]. intros [<-|[]]. subst. simpl. rewrite Z.lxor_comm in D. auto.
Qed.
Lemma choices_ok n b m a : In (b, m, a) (choices n) ->
  vals n = Z.lxor (vals b) (Z.land (Z.lxor (chosen a) (vals b)) (vals m)).
Proof.
  assert (W : forall x y, In (b, m, a) (way x y) -> Z.lxor (vals x) (vals y) = Z.lxor (vals b) (Z.land (Z.lxor (chosen a) (vals b)) (vals m))).
  { intros x y. unfold Values.way. destruct (M.find y prog) as [[]|] eqn:Y; try (intros []; fail). apply HP in Y. simpl in Y.
    rewrite in_app_iff, Y. intros [I|I]; apply pick_ok in I as (I1 & I2 & I3); simpl in *; subst; rewrite I3; auto.
    now rewrite Z.land_comm. }
  unfold Values.choices. destruct (M.find n prog) as [[]|] eqn:X; try (intros []; fail). apply HP in X. simpl in X.
  rewrite in_app_iff, X. intros [I|I]; apply W in I; auto. now rewrite Z.lxor_comm.
Qed.
Lemma chosen_word w c a b : 0 <= w -> 0 <= c <= 1 -> 0 <= a < 2 ^ w -> 0 <= b < 2 ^ w ->
  Z.lxor b (Z.land (Z.lxor a b) (Z.ones w * c)) = b + c * (a - b).
Proof.
  intros W C A B. rewrite repeated_land by auto. assert (c = 0 \/ c = 1) as [-> | ->] by lia.
  { rewrite Z.mul_0_l, Z.lxor_0_r. ring. }
  rewrite Z.mul_1_l. destruct (lt_within _ _ W A) as [_ WA]. destruct (lt_within _ _ W B) as [_ WB].
  replace (Z.land (Z.lxor a b) (Z.ones w)) with (Z.lxor (Z.land a (Z.ones w)) (Z.land b (Z.ones w))) by bt.
  rewrite WA, WB. replace (Z.lxor b (Z.lxor a b)) with a by bt. ring.
Qed.

Ltac ready := repeat match goal with
  | H : guard ?b = Some _ |- _ => unfold guard in H; destruct b eqn:?; [clear H|discriminate H]
  | H : match ?e with Some _ => _ | None => None end = Some _ |- _ => let E := fresh "E" in destruct e eqn:E; [|discriminate H]
  | H : (let '(_, _) := ?p in _) = Some _ |- _ => destruct p
  | H : _ && _ = true |- _ => apply andb_true_iff in H; destruct H
  | H : (_ <=? _) = true |- _ => apply Z.leb_le in H
  | H : (_ <? _) = true |- _ => apply Z.ltb_lt in H
  | H : (_ =? _) = true |- _ => apply Z.eqb_eq in H
  | H : Pos.eqb _ _ = true |- _ => apply Pos.eqb_eq in H
  | H : M.find _ known = Some _ |- _ => apply HK in H
  | H : M.find _ R = Some _ |- _ => apply reach_le in H
  | H : width _ = true |- _ => apply width_ok in H
  | H : about _ _ _ = true |- _ => apply about_ok in H
  | H : bit _ _ _ = Some _ |- _ => apply bit_ok in H
  | H : sameQ _ _ = true |- _ => apply sameQ_eq in H
  | H : Some _ = Some _ |- _ => injection H as <-
  end.
Ltac sums := repeat match goal with
  | H : context [Polynomials.ev _ (plusQ _ _ _)] |- _ => rewrite plusQ_ok in H
  | H : context [Polynomials.ev _ (scaleQ _ _)] |- _ => rewrite scaleQ_ok in H
  | H : context [Polynomials.ev _ (number _)] |- _ => rewrite number_ok in H
  | H : context [Z.ones _] |- _ => rewrite Z.ones_equiv in H
  end.
Theorem value_ok n v p : value n v = Some p -> vals n = ev p.
Proof.
  unfold Values.value. destruct (M.find n prog) as [x|] eqn:X; [|discriminate]. pose proof (HP _ _ X) as S. intros H.
  destruct v as [|q f w| |q f|q t f g| | |m low f w|[k|]| | |f w|q f w|q f].
  - destruct x; try discriminate. injection H as <-. now rewrite number_ok.
  - clear S. ready. destruct p1; [|discriminate]. injection H as <-. eapply sum_ok; eauto.
  - destruct x; try discriminate. simpl in S. ready. rewrite scaleQ_ok. rewrite S. rewrite E. rewrite (Z.shiftl_mul_pow2 _ _ H0). ring.
  - destruct x; try discriminate. simpl in S. ready. sums. rewrite S, E, Z.shiftr_div_pow2 by auto. symmetry. apply (Z.div_unique_pos _ _ _ (ev p0 + - 2 ^ n0 * ev q)); lia.
  - clear S X. cbv zeta in H. ready. apply masked_ok in E. subst. rewrite E, scaleQ_ok.
    eapply (part_ok _ _ (ev t)); [eassumption|assumption|assumption|assumption|eassumption|].
    rewrite !plusQ_ok, scaleQ_ok, E0. ring.
  - destruct x as [| |f args k| | | | | | |]; try discriminate. destruct args as [|a [|b [|]]]; try discriminate.
    simpl in S. ready. subst. rewrite mulQ_ok by auto. rewrite S, (proj1 HF), <- E1, <- E2.
    assert (0 <= vals a * vals b <= z * z0) by (split; [apply Z.mul_nonneg_nonneg|apply Z.mul_le_mono_nonneg]; lia).
    apply (fits _ k (Z.log2 (k + 1))); auto. apply Z.log2_nonneg. lia.
  - destruct x; try discriminate. simpl in S. ready. simpl. rewrite S. now apply disjoint_ok.
  - destruct x; try discriminate; simpl in S.
    + cbv zeta in H. ready. destruct E as [E C]. rewrite mulQ_ok, <- E0 by auto.
      assert (Y : vals low = Z.land (vals (if Pos.eqb m b then a else b)) (Z.ones w)).
      { destruct (narrow _ w) eqn:N in *.
        - ready. subst. apply narrow_lt in N; [|lia]. apply lt_within in N as [_ N]; [|lia]. now rewrite N.
        - destruct (M.find low prog) as [[]|] eqn:L; try discriminate. ready. subst. now apply HP in L. }
      rewrite Y, S. destruct (Pos.eqb_spec m b).
      * subst m. rewrite E. apply repeated_land; auto; lia.
      * match goal with O : _ || _ = true |- _ => rewrite orb_false_r in O; apply Pos.eqb_eq in O; subst m end.
        rewrite Z.land_comm, E. apply repeated_land; auto; lia.
    + ready. destruct E as [E C]. subst. rewrite scaleQ_ok, S, E, Z.land_comm, repeated_land by (auto; lia). ring.
  - destruct x; try discriminate. simpl in S. ready. destruct i; try discriminate. ready.
    rewrite !plusQ_ok, <- E, <- E0, <- E2, S, xor_sum. apply HP in E1. simpl in E1. rewrite E1.
    match goal with O : _ || _ = true |- _ => rewrite (either _ _ _ _ O) end. ring.
  - destruct x; try discriminate. simpl in S. ready. rewrite plusQ_ok, <- E, <- E0, S, xor_sum, disjoint_ok by auto. ring.
  - destruct x; try discriminate. clear S. ready. destruct p0 as [a' b']. cbn [fst snd] in *.
    match goal with D : disjunction _ = Some _ |- _ => apply disjunction_ok in D; destruct D as [Dv Dk] end.
    destruct o; ready; rewrite !plusQ_ok, Dv, or_sum; lia.
  - destruct x; try discriminate. simpl in S. destruct (M.find a known) as [p0|] eqn:A; [|discriminate].
    destruct (M.find b known) as [q0|] eqn:B; [|discriminate]. apply HK in A. apply HK in B. rewrite S.
    destruct (bits_of prog a b) eqn:L.
    + apply bits_of_ok in L. injection H as <-. rewrite plusQ_ok, L. lia.
    + unfold guard in H. destruct (bits_of prog b a) eqn:L'; [|discriminate]. apply bits_of_ok in L'. injection H as <-.
      rewrite plusQ_ok, Z.lxor_comm, L'. lia.
  - destruct x; try discriminate. clear S. unfold Values.word in H. ready. destruct p0 as [b' m]. cbn [fst snd] in *.
    match goal with D : List.find _ _ = Some _ |- _ => apply find_some in D; destruct D as [Dc _]; apply choices_ok in Dc end.
    ready. rewrite Dc. clear Dc. match goal with D : _ /\ _ |- _ => destruct D as [Dm C] end. rewrite Dm.
    destruct s as [a'|k']; ready; simpl chosen; rewrite plusQ_ok, mulQ_ok, plusQ_ok by auto.
    + rewrite chosen_word; try (apply narrow_lt; auto; lia); auto; try lia.
    + sums. rewrite number_ok, chosen_word; try (apply narrow_lt; auto; lia); auto; try lia.
  - destruct x as [| |g args k| | | | | | |]; try discriminate. destruct args as [|a [|]]; try discriminate. simpl in S.
    ready. subst. apply ors_ok in E as (s & T & B & Z0). sums.
    rewrite S, (proj2 HF). assert (PW : 0 < 2 ^ w) by (apply pow_pos; lia).
    assert (K : Z.land 1 k = 1). { rewrite Z.land_comm. change 1 with (Z.ones 1) at 1. rewrite Z.land_ones by lia.
      change (2 ^ 1) with 2. rewrite Zmod_odd. match goal with O : Z.odd k = true |- _ => now rewrite O end. }
    destruct (Z.eqb_spec (vals a) 0) as [A|A].
    + assert (s = 0) by (apply (proj2 Z0); intros i [<-|[]]; auto). rewrite K. nia.
    + assert (s <> 0) by (intros N; apply A; exact (proj1 Z0 N a (or_introl eq_refl))). rewrite Z.land_0_l. nia.
  - clear S. ready. sums. lia.
Qed.
End Sound.
Print Assumptions value_ok.
