(* The rules of armsym/audit/rules.py, where they are described, and the checker. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw Forms.
Import ListNotations.
Open Scope Z_scope.

Notation "'do' x <- e ; r" := (match e with Some x => r | None => None end) (at level 200, x pattern, r at level 200).
Definition guard (b : bool) : option unit := if b then Some tt else None.

Definition bitsof (x : instr) : option Z :=
  match x with
  | IConst c => Some c | IVar k | IApp _ _ k | IMask _ k => Some k
  | IAdd w _ _ | IMulc w _ _ => if 0 <=? w then Some (Z.ones w) else None
  | _ => None
  end.

Record state := St { pv : M.t poly; sv : M.t (Z * lin) }.
Definition empty := St (M.empty _) (M.empty _).
Inductive hint :=
| HPolyatom (i : positive) | HSumatom (i : positive) (w : Z) | HPoly (i : positive) | HSum (i : positive) (w : Z)
| HTosum (i : positive) (w : Z) | HTopoly (i : positive) (n : Z) | HInline (i a : positive) (k n : Z)
| HSame (i j : positive) | HNarrow (i a b : positive) | HSplit (i a h : positive) (n : Z) | HNot (i u : positive)
| HChoose (i m : positive) | HCongruent (i j : positive) | HWithin (i : positive) | HQuotient (i : positive)
| HDisjoint (i : positive) | HIdempotent (i : positive) | HEvaluate (i j : positive) (cut order : list positive)
| HBilinear (i j : positive) (first before second after : list positive)
| HDistribute (i j k : positive) | HAssociate (i p j q : positive) | HZeros (i j k : positive)
| HGiven (i : positive) | HSolve (a i : positive).

Definition truncS w (s : lin) : lin := mulS w 1 s.
Definition sameP (p q : poly) := match xorP p q with (0, []) => true | _ => false end.
Definition sameS (x y : Z * lin) :=
  (fst x =? fst y)
  && match addS (fst x) (snd x) (mulS (fst x) (Z.ones (fst x)) (snd y)) with (0, []) => true | _ => false end.
Definition both {A} (f : A -> A -> bool) (x y : option A) : bool :=
  match x, y with Some a, Some b => f a b | _, _ => false end.

(* all numbers with 1s only where the argument has *)
Fixpoint subs (p : positive) : list Z :=
  match p with
  | xH => [0; 1]
  | xO q => map (fun v => 2 * v) (subs q)
  | xI q => flat_map (fun v => [2 * v; 2 * v + 1]) (subs q)
  end.
Definition submasks (k : Z) : list Z := match k with Zpos p => subs p | _ => [0] end.
Fixpoint ones_of (p : positive) : Z := match p with xH => 1 | xO q => ones_of q | xI q => 1 + ones_of q end.
Definition popcount (k : Z) : Z := match k with Zpos p => ones_of p | _ => 0 end.

Section Rules.
Variable prog : program.
Variable defs : functions.
Variable given : M.t Z.

Definition bits i := do x <- M.find i prog; do k <- bitsof x; if 0 <=? k then Some k else None.
Definition setP i p st := Some (St (M.add i p (pv st)) (sv st)).
Definition setS i s st := Some (St (pv st) (M.add i s (sv st))).
(* x is y OR z, as executors say it *)
Definition is_or x y z : bool :=
  match M.find x prog with
  | Some (IXor u v) =>
      match M.find u prog, M.find v prog with
      | Some (IXor a b), Some (IAnd c d) => Pos.eqb a y && Pos.eqb b z && Pos.eqb c y && Pos.eqb d z
      | _, _ => false
      end
  | _ => false
  end.
(* polys of a word and of two that it is made of, which have no bit in common *)
Definition beside (x y z : option poly) : bool :=
  match x, y, z with Some p, Some q, Some r => sameP (andP q r) (0, []) && sameP p (xorP q r) | _, _, _ => false end.
(* i takes both forms of j *)
Definition share i j st :=
  St (match M.find j (pv st) with Some p => M.add i p (pv st) | None => pv st end)
     (match M.find j (sv st) with Some s => M.add i s (sv st) | None => sv st end).
Definition same st i j : bool :=
  Pos.eqb i j || both sameP (M.find i (pv st)) (M.find j (pv st)) || both sameS (M.find i (sv st)) (M.find j (sv st)).
Fixpoint sameL st (x y : list positive) : bool :=
  match x, y with [], [] => true | a :: r, b :: t => same st a b && sameL st r t | _, _ => false end.

(* disjoint whole atoms beside the constant c: added where c has none of their bits, taken off where it has all *)
Fixpoint parts (w c : Z) (used : Z) (l : list (mono * Z)) : option (list (positive * Z)) :=
  match l with
  | [] => Some []
  | ([(a, s)], k) :: r =>
      do p <- bits a;
      do _ <- guard ((s <=? 0) && (k =? Z.land (Z.shiftl p (- s)) (Z.ones w)) && (Z.land k used =? 0));
      do f <- (if Z.land k c =? 0 then Some 1 else if Z.land k c =? k then Some (-1) else None);
      do t <- parts w c (Z.lor used k) r;
      Some (addT w [(a, f * 2 ^ (- s))] t)
  | _ => None
  end.
(* 2^n * sum: the quotient's terms, and the most that the sum can be *)
Fixpoint quot (n : Z) (l : list (positive * Z)) : option (list (positive * Z) * Z) :=
  match l with
  | [] => Some ([], 0)
  | (a, k) :: r =>
      do p <- bits a; do _ <- guard ((0 <=? k) && (k =? 2 ^ n * (k / 2 ^ n))); do (t, m) <- quot n r;
      Some ((a, k / 2 ^ n) :: t, k * p + m)
  end.
(* q for those terms that are a, within k *)
Fixpoint replE (a : positive) (k : Z) (q : poly) (l : list (mono * Z)) : poly :=
  match l with
  | [] => (0, [])
  | ([(a', s)], m) :: r =>
      if Pos.eqb a a' && (s =? 0) && (Z.land m k =? m) then xorP (maskP m q) (replE a k q r)
      else xorP (0, [([(a', s)], m)]) (replE a k q r)
  | x :: r => xorP (0, [x]) (replE a k q r)
  end.
Definition insideP (k : Z) (p : option poly) : bool :=
  match p with
  | Some (c, l) => (Z.land c k =? c) && forallb (fun x => Z.land (snd x) k =? snd x) l
  | None => false
  end.

(* evaluation: m has the values known so far *)
Fixpoint values (m : M.t Z) (l : list positive) : option (list Z) :=
  match l with [] => Some [] | a :: r => do v <- M.find a m; do t <- values m r; Some (v :: t) end.
Definition value (m : M.t Z) (x : instr) : option Z :=
  match x with
  | IConst c => Some c
  | IVar _ => None
  | IApp f args k => do d <- M.find f defs; do l <- values m args; do v <- call d l; Some (Z.land v k)
  | IXor a b => do x <- M.find a m; do y <- M.find b m; Some (Z.lxor x y)
  | IAnd a b => do x <- M.find a m; do y <- M.find b m; Some (Z.land x y)
  | IShl a n => do x <- M.find a m; Some (Z.shiftl x n)
  | IShr a n => do x <- M.find a m; Some (Z.shiftr x n)
  | IMask a k => do x <- M.find a m; Some (Z.land x k)
  | IAdd w a b => do x <- M.find a m; do y <- M.find b m; Some ((x + y) mod 2 ^ w)
  | IMulc w a k => do x <- M.find a m; Some ((x * k) mod 2 ^ w)
  end.
Fixpoint follow (m : M.t Z) (order : list positive) : option (M.t Z) :=
  match order with [] => Some m | n :: r => do x <- M.find n prog; do v <- value m x; follow (M.add n v m) r end.
Definition agree (order : list positive) (i j : positive) (m : M.t Z) : bool :=
  match follow m order with Some m => both Z.eqb (M.find i m) (M.find j m) | None => false end.
Fixpoint every (cut : list positive) (f : M.t Z -> bool) (m : M.t Z) : bool :=
  match cut with
  | [] => f m
  | a :: r => match bits a with Some k => forallb (fun v => every r f (M.add a v m)) (submasks k) | None => false end
  end.
Fixpoint free (cut : list positive) : option Z :=
  match cut with [] => Some 0 | a :: r => do k <- bits a; do n <- free r; Some (popcount k + n) end.

(* words that are affine in each of two groups of words: where at most one bit of each group is 1 *)
Definition product (d : def) : bool := match d with DClmul | DGf128_mul => true | _ => false end.
Definition commutes f : bool := match M.find f defs with Some d => product d | None => false end.
(* the product of numbers is commutative, and no more *)
Definition swaps f : bool := match M.find f defs with Some DMul => true | Some d => product d | None => false end.
Definition size (k : Z) : Z := if k <=? 0 then 0 else Z.log2 k + 1.
(* the words of a group as parts of one number: (word, its bits, its place), and how many bits they have *)
Fixpoint places (at_ : Z) (group : list positive) : option (list (positive * Z * Z) * Z) :=
  match group with
  | [] => Some ([], at_)
  | a :: r => do k <- bits a; do (t, n) <- places (at_ + size k) r; Some ((a, k, at_) :: t, n)
  end.
Fixpoint told (l : list (positive * Z * Z)) (v : Z) (m : M.t Z) : M.t Z :=
  match l with [] => m | (a, k, s) :: r => told r v (M.add a (Z.land (Z.shiftr v s) k) m) end.
Definition at0 (m : M.t Z) i : Z := match M.find i m with Some v => v | None => 0 end.
Definition value0 (m : M.t Z) (x : instr) : Z :=
  match x with
  | IConst c => c
  | IXor a b => Z.lxor (at0 m a) (at0 m b)
  | IAnd a b => Z.land (at0 m a) (at0 m b)
  | IShl a n => Z.shiftl (at0 m a) n
  | IShr a n => Z.shiftr (at0 m a) n
  | IMask a k => Z.land (at0 m a) k
  | IMulc w a k => (at0 m a * k) mod 2 ^ w
  | IApp f [a; b] k =>
      match M.find f defs with
      | Some d => match call d [at0 m a; at0 m b] with Some v => Z.land v k | None => 0 end
      | None => 0
      end
  | _ => 0
  end.
Fixpoint follow0 (order : list positive) (m : M.t Z) : M.t Z :=
  match order with
  | [] => m
  | n :: r => follow0 r (match M.find n prog with Some x => M.add n (value0 m x) m | None => m end)
  end.
(* of which groups a word is made *)
Definition from := (bool * bool)%type.
Definition union (p q : from) : from := (fst p || fst q, snd p || snd q).
Definition apart (p q : from) : bool := negb (fst p && fst q) && negb (snd p && snd q).
Definition depends (g : M.t from) (x : instr) : option from :=
  match x with
  | IConst c => do _ <- guard (0 <=? c); Some (false, false)
  | IXor a b => do p <- M.find a g; do q <- M.find b g; Some (union p q)
  | IAnd a b => do p <- M.find a g; do q <- M.find b g; do _ <- guard (apart p q); Some (union p q)
  | IShl a _ | IShr a _ | IMask a _ => M.find a g
  | IMulc w a _ => do p <- M.find a g; do z <- bits a; do _ <- guard ((0 <=? w) && (Z.land z 1 =? z)); Some p
  | IApp f [a; b] k => do p <- M.find a g; do q <- M.find b g;
      do _ <- guard (commutes f && (0 <=? k) && (Pos.eqb a b || apart p q)); Some (union p q)
  | _ => None
  end.
Fixpoint depend (order : list positive) (g : M.t from) : option (M.t from) :=
  match order with
  | [] => Some g
  | n :: r => do x <- M.find n prog; do d <- depends g x; depend r (M.add n d g)
  end.
Definition marked (l : list (positive * Z * Z)) (d : from) (g : M.t from) : M.t from :=
  fold_left (fun g x => M.add (fst (fst x)) d g) l g.
Fixpoint singles (n : nat) (f : Z -> bool) : bool :=
  match n with O => true | S n => f (Z.shiftl 1 (Z.of_nat n)) && singles n f end.
Definition points (n : Z) (f : Z -> bool) : bool := f 0 && singles (Z.to_nat n) f.
Definition bilinear (i j : positive) (first before second after : list positive) : bool :=
  match places 0 first, places 0 second with
  | Some (l, n), Some (k, m) =>
      ((1 + n) * (1 + m) <=? 131072)
      && match (do g <- depend before (marked l (true, false) (M.empty _)); depend after (marked k (false, true) g)) with
         | Some g => match M.find i g, M.find j g with Some _, Some _ => true | _, _ => false end
         | None => false
         end
      && points n (fun u => let one := follow0 before (told l u (M.empty _)) in
           points m (fun v => let e := follow0 after (told k v one) in at0 e i =? at0 e j))
  | _, _ => false
  end.

Definition step (st : state) (h : hint) : option state :=
  let P i := M.find i (pv st) in let S i := M.find i (sv st) in
  match h with
  | HPolyatom i => do p <- bits i; setP i (0, cons0 [(i, 0)] p []) st
  | HSumatom i w => do p <- bits i; do _ <- guard ((0 <=? w) && (Z.land p (Z.ones w) =? p));
      setS i (w, (0, cons0t i (1 mod 2 ^ w) [])) st
  | HPoly i => do x <- M.find i prog;
      match x with
      | IConst c => setP i (c, []) st
      | IXor a b => do p <- P a; do q <- P b; setP i (xorP p q) st
      | IAnd a b => do p <- P a; do q <- P b; setP i (andP p q) st
      | IShl a n => do _ <- guard (0 <=? n); do p <- P a; setP i (shlP n p) st
      | IShr a n => do _ <- guard (0 <=? n); do p <- P a; setP i (shrP n p) st
      | IMask a m => do p <- P a; setP i (maskP m p) st
      | _ => None
      end
  | HSum i w => do x <- M.find i prog;
      match x with
      | IConst c => do _ <- guard ((0 <=? w) && (Z.land c (Z.ones w) =? c)); setS i (w, (c, [])) st
      | IAdd w a b => do (u, s) <- S a; do (v, t) <- S b; do _ <- guard ((0 <=? w) && (w <=? u) && (w <=? v));
          setS i (w, addS w (truncS w s) (truncS w t)) st
      | IMulc w a k => do (u, s) <- S a; do _ <- guard ((0 <=? w) && (w <=? u)); setS i (w, mulS w k s) st
      | IMask a m => do (u, s) <- S a; do _ <- guard ((0 <=? w) && (w <=? u) && (m =? Z.ones w));
          setS i (w, truncS w s) st
      | _ => None
      end
  | HTosum i w => do (c, l) <- P i; do _ <- guard ((0 <=? w) && (Z.land c (Z.ones w) =? c));
      do t <- parts w c 0 l; setS i (w, (c, t)) st
  | HTopoly i n => do (w, (c, t)) <- S i; do _ <- guard ((0 <=? w) && (Z.land c (Z.ones w) =? c));
      match t with
      | [] => setP i (c, []) st
      | [(a, k)] => do q <- P a; do p <- bits a;
          if (0 <=? n) && (k =? 2 ^ n) && (Z.land c (Z.shiftl p n) =? 0)
          then setP i (xorP (c, []) (maskP (Z.ones w) (shlP n q))) st
          else do _ <- guard ((k =? Z.ones w) && (c =? Z.ones w)); setP i (xorP (c, []) (maskP (Z.ones w) q)) st
      | _ => None
      end
  | HInline i a k n => do (w, s) <- S i; do (u, t) <- S a;
      do _ <- guard ((0 <=? w) && (0 <=? u) && (0 <=? n) && (w <=? u + n));
      setS i (w, addS w (addS w s (mulS w (- (k * 2 ^ n)) (0, [(a, 1)]))) (mulS w (k * 2 ^ n) t)) st
  | HSame i j => do _ <- guard (same st i j); Some (share i j st)
  | HNarrow i a b => do (c, l) <- P i; do q <- P b;
      match M.find b prog with
      | Some (IMask a' k) => do _ <- guard (Pos.eqb a a'); setP i (xorP (c, []) (replE a k q l)) st
      | _ => None
      end
  | HSplit i a h n => do (w, s) <- S i; do (u, t) <- S h; do p <- P a; do q <- P h; do m <- bits a;
      do _ <- guard ((0 <=? n) && (0 <=? u) && (u + n =? w) && (Z.land m (Z.ones n) =? m));
      do _ <- guard (sameS (w, s) (w, addS w (0, [(a, 1)]) (mulS w (2 ^ n) t)));
      setP i (xorP p (shlP n q)) st
  | HNot i u => do (c, l) <- P i; do q <- P u; do (w, s) <- S u;
      do _ <- guard ((0 <=? w) && (c =? Z.ones w) && sameP (0, l) q);
      setS i (w, addS w (Z.ones w, []) (mulS w (-1) s)) st
  | HChoose i m => do (w, (c, t)) <- S i;
      match t, M.find m prog with
      | [(a, k)], Some (IMulc u a' f) => do p <- bits a; do q <- P m;
          let d := Z.lxor c ((c + k) mod 2 ^ w) in
          do _ <- guard ((0 <=? w) && (0 <=? u) && (Z.land p 1 =? p) && Pos.eqb a a' && (f =? Z.ones u)
            && (c mod 2 ^ w =? c) && (Z.land d (Z.ones u) =? d));
          setP i (xorP (c, []) (maskP d q)) st
      | _, _ => None
      end
  | HCongruent i j =>
      match M.find i prog, M.find j prog with
      | Some (IApp f x m), Some (IApp g y k) =>
          do _ <- guard (Pos.eqb f g && (m =? k)
            && (sameL st x y || (swaps f && match y with [c; d] => sameL st x [d; c] | _ => false end)));
          Some (share i j st)
      | Some (IAnd a b), Some (IAnd c d) =>
          do _ <- guard ((same st a c && same st b d) || (same st a d && same st b c)); Some (share i j st)
      | _, _ => None
      end
  | HIdempotent i =>
      match M.find i prog with
      | Some (IAnd a b) => do _ <- guard (same st a b); Some (share i a st)
      | _ => None
      end
  | HWithin i =>
      match M.find i prog with
      | Some (IMask a k) =>
          match M.find a prog with
          | Some (IAnd b c) => do _ <- guard (insideP k (P b) || insideP k (P c)); Some (share a i st)
          | _ => None
          end
      | _ => None
      end
  | HDisjoint i =>
      match M.find i prog with
      | Some (IAdd w a b) => do p <- P a; do q <- P b;
          do _ <- guard ((0 <=? w) && sameP (andP p q) (0, [])); setP i (maskP (Z.ones w) (xorP p q)) st
      | _ => None
      end
  | HQuotient i =>
      match M.find i prog with
      | Some (IShr a n) => do (w, (c, t)) <- S a; do _ <- guard ((0 <=? w) && (0 <=? n) && (0 <=? c));
          do (q, m) <- quot n t; do _ <- guard (c + m <? 2 ^ w); setS i (w, (c / 2 ^ n, q)) st
      | _ => None
      end
  | HEvaluate i j cut order => do n <- free cut;
      do _ <- guard ((n <=? 16) && every cut (agree order i j) (M.empty _)); Some (share i j st)
  | HBilinear i j first before second after =>
      do _ <- guard (bilinear i j first before second after); Some (share i j st)
  | HDistribute i j k =>
      match M.find i prog, M.find j prog, M.find k prog with
      | Some (IApp f [x; y] m), Some (IApp g [u; z] n), Some (IApp h [v; t] o) =>
          do _ <- guard (Pos.eqb f g && Pos.eqb f h && commutes f && (m =? n) && (m =? o) && same st y z && same st y t);
          do _ <- bits u; do _ <- bits v; do _ <- bits z; do p <- P x; do q <- P u; do r <- P v;
          do _ <- guard (sameP p (xorP q r)); do a <- P j; do b <- P k; setP i (xorP a b) st
      | _, _, _ => None
      end
  | HAssociate i p j q =>
      match M.find i prog, M.find p prog, M.find j prog, M.find q prog with
      | Some (IApp f [x; c] k), Some (IApp g [a; b] l), Some (IApp h [d; y] m), Some (IApp o [e; t] n) =>
          do _ <- guard (Pos.eqb f g && Pos.eqb f h && Pos.eqb f o
            && match M.find f defs with Some DGf128_mul => true | _ => false end
            && (k =? block) && (l =? block) && (m =? block) && (n =? block));
          do _ <- guard (same st x p && same st y q && same st a d && same st b e && same st c t); Some (share i j st)
      | _, _, _, _ => None
      end
  | HZeros i j k =>
      match M.find i prog, M.find j prog, M.find k prog with
      | Some (IApp f [x] m), Some (IApp g [y] n), Some (IApp h [z] o) =>
          do _ <- guard (Pos.eqb f g && Pos.eqb f h && match M.find f defs with Some DZero => true | _ => false end
            && (m =? 1) && (n =? 1) && (o =? 1) && (is_or x y z || beside (P x) (P y) (P z)));
          do a <- P j; do b <- P k; setP i (andP a b) st
      | _, _, _ => None
      end
  | HGiven i => do c <- M.find i given; setP i (c, []) st
  | HSolve a i => do (c, l) <- P i; do p <- bits a; do v <- M.find i given;
      do _ <- guard (sameP (0, l) (0, cons0 [(a, 0)] p [])); setP a (Z.lxor v c, []) st
  end.

Fixpoint steps (st : state) (hs : list hint) : option state :=
  match hs with [] => Some st | h :: r => do st' <- step st h; steps st' r end.
End Rules.

(* -- certificates -------------------------------------------------------------------------------------------------- *)
Record part := Part { start : Z; facts : list (positive * Z); hints : list hint; claims : list (positive * positive) }.
Definition table (l : list (positive * Z)) : M.t Z := fold_right (fun x m => M.add (fst x) (snd x) m) (M.empty Z) l.
(* the facts of a part that another starts from are among the other's *)
Definition extends (old new : M.t Z) : bool :=
  forallb (fun x => both Z.eqb (Some (snd x)) (M.find (fst x) new)) (M.elements old).
Definition known := (M.t Z * state)%type.

(* `done`: how each earlier part ended.  The claims that are not shown, of each part; None where a step is refused. *)
Fixpoint check_parts (prog : program) (defs : functions) (done : list known) (l : list part) :
    option (list (list (positive * positive))) :=
  match l with
  | [] => Some []
  | p :: r =>
      let given := table (facts p) in
      do (old, st) <- (if start p =? 0 then Some (M.empty Z, empty) else
                       if start p <? 0 then None else nth_error done (Z.to_nat (start p - 1)));
      do _ <- guard (extends old given);
      do st <- steps prog defs given st (hints p);
      do rest <- check_parts prog defs (done ++ [(given, st)]) r;
      Some (filter (fun c => negb (same st (fst c) (snd c))) (claims p) :: rest)
  end.
Definition check (prog : program) (defs : functions) (l : list part) : option (list (list (positive * positive))) :=
  if wf prog then check_parts prog defs [] l else None.
