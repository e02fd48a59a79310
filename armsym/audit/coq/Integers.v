(* Arguments that relations of integers hold.  The rules of armsym/audit/integers.py, where they are described; numbers of
   atoms, facts and relations begin with 1 here. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw Forms Rules Ranges Polynomials Values.
Import ListNotations.
Open Scope Z_scope.

(* A sum of products of nodes, exactly, is a multiple of `modulus`, or where that is 0 from `low` to `high`. *)
Record relation := Relation { modulus : Z; low : option Z; high : option Z; terms : list (Z * list positive) }.
(* taken for granted: from low to high *)
Definition supposition := (polynomial * option Z * option Z)%type.
(* p is from lo to hi, or where md > 0 a multiple of that, wherever all of `under` hold. *)
Record fact := Fact { about : polynomial; lo : Z; hi : Z; md : Z; under : list supposition }.
(* What an atom is: the value of a node, or floor(e / m). *)
Inductive atom := Node (n : positive) | Floor (e : polynomial) (m : Z).
Inductive summand := Bounded (f : positive) | Remainder (a : positive).
Definition products := list (polynomial * positive).
Inductive step :=
| SAtom (n : positive) | SQuotient (f : positive) (m : Z) | SWithin (a f : positive) | SValue (n : positive) (v : rule)
| SInstruction (n : positive) (x : instr) | SBits (n : positive) | SKnown (k : positive)
| SSuppose (p : polynomial) (low high : option Z) | SDerive (p : polynomial) (d : Z) (l : list (Z * summand)) (zeros : products)
| SMeet (f : positive) (l : list positive) | SWhole (f g : positive) | SMultiple (p : polynomial) (n : Z) (zeros : products)
| SCongruent (p : polynomial) (n : Z) | STransfer (f : positive) (p : polynomial) (zeros others : products)
| SCases (p : polynomial) (n : Z) (l : list (positive * positive)) | SClaim (k f : positive).

(* next node, atom, fact; of atoms: bounds, quotients, names, and what all are, the last first *)
Record state := State {
  node : positive; next : positive; count : positive; boxes : M.t (Z * Z); quotients : M.t (polynomial * Z);
  names : M.t polynomial; atoms : list (positive * atom); facts : M.t fact; values : M.t polynomial;
  supposed : M.t supposition; done : list positive }.
Definition start (n : positive) (claims : list positive) :=
  State n 1 1 (M.empty _) (M.empty _) (M.empty _) [] (M.empty _) (M.empty _) (M.empty _) claims.

Definition possible (f : fact) : bool := (0 <? md f) || (lo f <=? hi f).
Definition same_end (x y : option Z) : bool :=
  match x, y with Some a, Some b => a =? b | None, None => true | _, _ => false end.
Definition same_supposition (x y : supposition) : bool :=
  let '(p, a, b) := x in let '(q, c, d) := y in same_end a c && same_end b d && sameQ p q.
Definition joined (x y : list supposition) : list supposition :=
  x ++ filter (fun s => negb (existsb (same_supposition s) x)) y.
Definition less (s : supposition) (l : list supposition) := filter (fun t => negb (same_supposition s t)) l.

Section Steps.
Variable prog : M.t instr.
Variable R : M.t Z.
Variable known : M.t relation.
Variable claimed : M.t relation.

Section State.
Variable st : state.
(* a polynomial in atoms that there are *)
Definition fine (p : polynomial) : option polynomial :=
  do _ <- guard (made_of (fun a => Pos.ltb a (next st)) p); Some (collect p).
Definition range (f : positive) : option (polynomial * Z * Z) :=
  do x <- M.find f (facts st);
  match under x with [] => if (md x =? 0) && (lo x <=? hi x) then Some (about x, lo x, hi x) else None | _ => None end.
(* p without the sum of polynomials times what equations say is 0, and what these are under *)
Fixpoint without_zeros (p : polynomial) (u : list supposition) (l : products) : option (polynomial * list supposition) :=
  match l with
  | [] => Some (p, u)
  | (q, f) :: r =>
      do x <- M.find f (facts st); do _ <- guard ((md x =? 0) && (lo x =? hi x)); do q <- fine q;
      without_zeros (plusQ p (mulQ (boxes st) q (plusQ (about x) (number 1) (- lo x))) (-1)) (joined u (under x)) r
  end.
(* the same of multiples of n *)
Fixpoint without_multiples (n : Z) (p : polynomial) (u : list supposition) (l : products) : option (polynomial * list supposition) :=
  match l with
  | [] => Some (p, u)
  | (q, f) :: r =>
      do x <- M.find f (facts st); do _ <- guard ((0 <? md x) && (md x mod n =? 0)); do q <- fine q;
      without_multiples n (plusQ p (mulQ (boxes st) q (about x)) (-1)) (joined u (under x)) r
  end.
Fixpoint product_of (l : list positive) (p : polynomial) : option polynomial :=
  match l with [] => Some p | n :: r => do q <- M.find n (values st); product_of r (mulQ (boxes st) p q) end.
Fixpoint total_of (l : list (Z * list positive)) (p : polynomial) : option polynomial :=
  match l with [] => Some p | (k, n) :: r => do q <- product_of n (number 1); total_of r (plusQ p q k) end.
Definition lower (x : option Z) (v : Z) := match x with Some a => Z.max v a | None => v end.
Definition upper (x : option Z) (v : Z) := match x with Some a => Z.min v a | None => v end.
Definition summand_of (s : summand) : option fact :=
  match s with
  | Bounded f => do x <- M.find f (facts st); do _ <- guard (md x =? 0); Some x
  | Remainder a => do (e, m) <- M.find a (quotients st); Some (Fact (plusQ e [([a], 1)] (- m)) 0 (m - 1) 0 [])
  end.
(* p - the sum of k * a; the bounds of that; whether all can be *)
Fixpoint derived (l : list (Z * summand)) (p : polynomial) (a b : Z) (can : bool) (u : list supposition)
    : option (polynomial * Z * Z * bool * list supposition) :=
  match l with
  | [] => Some (p, a, b, can, u)
  | (k, s) :: r =>
      do x <- summand_of s;
      derived r (plusQ p (about x) (- k)) (a + Z.min (k * lo x) (k * hi x)) (b + Z.max (k * lo x) (k * hi x))
        (can && possible x) (joined u (under x))
  end.
Definition multiples (n : Z) (p : polynomial) : bool := forallb (fun x => snd x mod n =? 0) p.
Fixpoint met (p : polynomial) (a b : Z) (u : list supposition) (l : list positive) : option fact :=
  match l with
  | [] => Some (Fact p a b 0 u)
  | f :: r =>
      do x <- M.find f (facts st); do _ <- guard ((md x =? 0) && sameQ p (about x));
      met p (Z.max a (lo x)) (Z.min b (hi x)) (joined u (under x)) r
  end.
(* From `first` to `at_` - 1 one of those before always holds. *)
Fixpoint exhausted (p : polynomial) (at_ top : Z) (l : list supposition) : bool :=
  match l with
  | [] => top <? at_
  | (q, a, b) :: r =>
      sameQ p q && (match a with Some a => a <=? at_ | None => true end || (top <? at_))
      && exhausted p (Z.max at_ (match b with Some b => b + 1 | None => top + 1 end)) top r
  end.
Fixpoint insert (first : Z) (s : supposition) (l : list supposition) : list supposition :=
  let key (s : supposition) := match snd (fst s) with Some a => a | None => first end in
  match l with [] => [s] | t :: r => if key s <=? key t then s :: l else t :: insert first s r end.
Definition sorted (first : Z) (l : list supposition) := fold_right (insert first) [] l.
Fixpoint pairs (l : list (positive * positive)) : option (list (fact * supposition)) :=
  match l with
  | [] => Some []
  | (f, s) :: r => do x <- M.find f (facts st); do y <- M.find s (supposed st); do t <- pairs r; Some ((x, y) :: t)
  end.
Definition in_cases (p : polynomial) (n : Z) (l : list (fact * supposition)) : option fact :=
  match l with
  | [] => None
  | (_, (key, _, _)) :: _ =>
      do (first, top) <- ends (boxes st) key; do _ <- guard ((0 <=? n) && exhausted key first top (sorted first (map snd l)));
      let u := fold_left (fun u x => joined u (less (snd x) (under (fst x)))) l [] in
      let live := filter possible (map fst l) in
      do _ <- guard (forallb (fun f => sameQ p (about f) && (md f =? n)) live);
      match live with
      | [] => Some (Fact p (if n =? 0 then 1 else 0) 0 n u)
      | f :: r =>
          if n =? 0 then Some (Fact p (fold_left (fun a g => Z.min a (lo g)) r (lo f)) (fold_left (fun b g => Z.max b (hi g)) r (hi f)) 0 u)
          else Some (Fact p 0 0 n u)
      end
  end.
Definition says (f : fact) (r : relation) : bool :=
  match under f with [] => possible f && (md f =? modulus r) | _ => false end
  && ((0 <? modulus r) || (match low r with Some a => a <=? lo f | None => true end
                           && match high r with Some b => hi f <=? b | None => true end)).
Definition rule_of (v : rule) : option rule :=
  match v with
  | VSum p f w => do p <- fine p; Some (VSum p f w)
  | VFloor p f => do p <- fine p; Some (VFloor p f)
  | VPart p t f g => do p <- fine p; do t <- fine t; Some (VPart p t f g)
  | VXor (Some k) => do _ <- guard (Pos.ltb k (node st)); Some v
  | VZero p f w => do p <- fine p; Some (VZero p f w)
  | VNamed p f => do p <- fine p; Some (VNamed p f)
  | _ => Some v
  end.
End State.

Definition with_fact (st : state) (f : fact) : state :=
  State (node st) (next st) (Pos.succ (count st)) (boxes st) (quotients st) (names st) (atoms st) (M.add (count st) f (facts st))
    (values st) (supposed st) (done st).
Definition with_supposition (st : state) (s : supposition) : state :=
  State (node st) (next st) (count st) (boxes st) (quotients st) (names st) (atoms st) (facts st) (values st)
    (M.add (count st) s (supposed st)) (done st).
Definition with_value (st : state) (n : positive) (p : polynomial) : state :=
  State (node st) (next st) (count st) (boxes st) (quotients st) (names st) (atoms st) (facts st) (M.add n p (values st))
    (supposed st) (done st).
Definition with_box (st : state) (a : positive) (b : Z * Z) : state :=
  State (node st) (next st) (count st) (M.add a b (boxes st)) (quotients st) (names st) (atoms st) (facts st) (values st)
    (supposed st) (done st).
Definition with_atom (st : state) (b : Z * Z) (x : atom) : state :=
  let a := next st in
  State (node st) (Pos.succ a) (count st) (M.add a b (boxes st))
    (match x with Floor e m => M.add a (e, m) (quotients st) | Node _ => quotients st end)
    (match x with Floor e m => if m =? 1 then M.add a e (names st) else names st | Node _ => names st end)
    ((a, x) :: atoms st) (facts st) (values st) (supposed st) (done st).
Definition with_node (st : state) (n : positive) : state :=
  State (Pos.max (node st) (Pos.succ n)) (next st) (count st) (boxes st) (quotients st) (names st) (atoms st) (facts st)
    (values st) (supposed st) (done st).
Definition with_claim (st : state) (k : positive) : state :=
  State (node st) (next st) (count st) (boxes st) (quotients st) (names st) (atoms st) (facts st) (values st) (supposed st)
    (k :: done st).

(* A new instruction is AND of two nodes, or of one and a number. *)
Definition same_instruction (x y : instr) : bool :=
  match x, y with
  | IAnd a b, IAnd c d => Pos.eqb a c && Pos.eqb b d
  | IMask a k, IMask c j => Pos.eqb a c && (k =? j)
  | _, _ => false
  end.
Definition take (st : state) (s : step) : option state :=
  match s with
  | SAtom n =>
      do _ <- guard (Pos.ltb n (node st)); do k <- M.find n R;
      match M.find n (values st) with
      | Some _ => None
      | None => Some (with_value (with_atom st (0, k) (Node n)) n [([next st], 1)])
      end
  | SQuotient f m =>
      do (r, _) <- range st f; do (p, _) <- Some r; do _ <- guard (1 <=? m); do x <- M.find f (facts st);
      Some (with_atom st (lo x / m, hi x / m) (Floor p m))
  | SWithin a f =>
      do (r, h) <- range st f; let '(p, l) := r in
      do (l', h') <- M.find a (boxes st); do _ <- guard (sameQ p [([a], 1)]); Some (with_box st a (Z.max l' l, Z.min h' h))
  | SValue n v =>
      do _ <- guard (Pos.ltb n (node st)); do v <- rule_of st v;
      do p <- value prog R (boxes st) (names st) (length (atoms st)) (values st) (range st) n v;
      match v, M.find n (values st) with
      | VNamed _ _, _ | _, None => Some (with_value st n p)
      | _, Some _ => None
      end
  | SInstruction n x =>
      do y <- M.find n prog; do _ <- guard (same_instruction x y && Pos.leb n (node st)); Some (with_node st n)
  | SBits n => do p <- M.find n (values st); do k <- M.find n R; Some (with_fact st (Fact p 0 k 0 []))
  | SKnown k =>
      do r <- M.find k known; do p <- total_of st (terms r) [];
      if 0 <? modulus r then Some (with_fact st (Fact p 0 0 (modulus r) []))
      else do (a, b) <- ends (boxes st) p; Some (with_fact st (Fact p (lower (low r) a) (upper (high r) b) 0 []))
  | SSuppose p l h =>
      do p <- fine st p; do (a, b) <- ends (boxes st) p;
      Some (with_fact (with_supposition st (p, l, h)) (Fact p (lower l a) (upper h b) 0 [(p, l, h)]))
  | SDerive p d l zeros =>
      do p <- fine st p; do _ <- guard (1 <=? d);
      do (x, u) <- derived st l (scaleQ d p) 0 0 true []; let '(q, a, b, can) := x in
      do (q, u) <- without_zeros st q u zeros; do (a', b') <- ends (boxes st) q;
      Some (with_fact st (if can : bool then Fact p (- (- (a + a') / d)) ((b + b') / d) 0 u else Fact p 1 0 0 u))
  | SMeet f l =>
      do x <- M.find f (facts st); do _ <- guard (md x =? 0); do y <- met st (about x) (lo x) (hi x) (under x) l; Some (with_fact st y)
  | SWhole f g =>
      do x <- M.find f (facts st); do y <- M.find g (facts st);
      do _ <- guard ((md x =? 0) && (0 <? md y) && sameQ (about x) (about y)); let n := md y in
      Some (with_fact st (Fact (about x) (- (- lo x / n) * n) (hi x / n * n) 0 (joined (under x) (under y))))
  | SMultiple p n zeros =>
      do p <- fine st p; do _ <- guard (1 <=? n); do (q, u) <- without_zeros st p [] zeros;
      do _ <- guard (multiples n q); Some (with_fact st (Fact p 0 0 n u))
  | SCongruent p n =>
      do p <- fine st p; do _ <- guard (1 <=? n); do r <- residue (boxes st) (names st) (length (atoms st)) n p;
      match r with [] => Some (with_fact st (Fact p 0 0 n [])) | _ => None end
  | STransfer f p zeros others =>
      do x <- M.find f (facts st); do p <- fine st p; let n := md x in do _ <- guard (0 <? n);
      do (q, u) <- without_multiples st n (plusQ p (about x) (-1)) (under x) others; do (q, u) <- without_zeros st q u zeros;
      do _ <- guard (multiples n q); Some (with_fact st (Fact p 0 0 n u))
  | SCases p n l => do p <- fine st p; do l <- pairs st l; do f <- in_cases st p n l; Some (with_fact st f)
  | SClaim k f =>
      do r <- M.find k claimed; do x <- M.find f (facts st); do p <- total_of st (terms r) [];
      do _ <- guard (sameQ p (about x) && says x r); Some (with_claim st k)
  end.
Fixpoint steps (st : state) (l : list step) : option state :=
  match l with [] => Some st | s :: r => do st' <- take st s; steps st' r end.
(* Quotients are of earlier atoms: so there are integers that are what the atoms are said to be. *)
Fixpoint founded (l : list (positive * atom)) : bool :=
  match l with
  | [] => true
  | (a, x) :: r =>
      match x with Node _ => true | Floor e _ => made_of (fun b => Pos.ltb b a) e end
      && match r with (b, _) :: _ => Pos.ltb b a | [] => true end && founded r
  end.
(* Arguments one after the other, each from its own beginning; the claims that they show. *)
Fixpoint arguments (n : positive) (claims : list positive) (l : list (list step)) : option (list positive) :=
  match l with
  | [] => Some claims
  | x :: r => do st <- steps (start n claims) x; do _ <- guard (founded (atoms st)); arguments (node st) (done st) r
  end.
End Steps.

(* -- what a relation says *)
Section Says.
Variable vals : positive -> Z.
Fixpoint product (l : list positive) : Z := match l with [] => 1 | n :: r => vals n * product r end.
Fixpoint total (l : list (Z * list positive)) : Z := match l with [] => 0 | (k, n) :: r => k * product n + total r end.
Definition at_least (a : option Z) (v : Z) := match a with Some a => a <= v | None => True end.
Definition at_most (b : option Z) (v : Z) := match b with Some b => v <= b | None => True end.
Definition holds (r : relation) : Prop :=
  if 0 <? modulus r then (modulus r | total (terms r)) else at_least (low r) (total (terms r)) /\ at_most (high r) (total (terms r)).
End Says.
