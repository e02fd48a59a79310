(* Which integer a node of a raw program is: a polynomial in atoms, by the node's operation alone.  The rules of
   armsym/audit/values.py, where they are described. *)
Require Import ZArith List Bool Lia FMapPositive PArith.
From Armsym Require Import Raw Forms Rules Sound Ranges Polynomials.
Import ListNotations.
Open Scope Z_scope.

(* Functions of these numbers are the product of two numbers, and whether a number is 0. *)
Definition MUL := 1%positive.
Definition ZERO := 2%positive.
Definition means (F : positive -> list Z -> Z) :=
  (forall x y, F MUL [x; y] = x * y) /\ (forall x, F ZERO [x] = if x =? 0 then 1 else 0).

Definition MOST_WIDTH := 65536.
Definition MOST_PARTS := N.to_nat 9999.
(* VAnd n m low f w: `low` is the word, or a mask of it, that the bit is multiplied by *)
Inductive rule :=
| VConst | VSum (p : polynomial) (f : positive) (w : Z) | VShifted | VFloor (p : polynomial) (f : positive)
| VPart (p t : polynomial) (f g : positive) | VProduct | VApart | VAnd (m low f : positive) (w : Z)
| VXor (k : option positive) | VOr | VLess | VChoice (f : positive) (w : Z) | VZero (p : polynomial) (f : positive) (w : Z)
| VNamed (p : polynomial) (f : positive).

Section Rules.
Variable prog : M.t instr.
(* the bits that nodes may have *)
Variable R : M.t Z.
Variable box : M.t (Z * Z).
Variable names : M.t polynomial.
(* as many as there are atoms *)
Variable atoms : nat.
Variable known : M.t polynomial.
(* a fact about bounds that always holds *)
Variable range : positive -> option (polynomial * Z * Z).

Definition narrow (n : positive) (w : Z) : bool := match M.find n R with Some r => r <=? Z.ones w | None => false end.
Definition disjoint (a b : positive) : bool :=
  match M.find a R, M.find b R with Some p, Some q => Z.land p q =? 0 | _, _ => false end.
Definition width (w : Z) : bool := (1 <=? w) && (w <=? MOST_WIDTH).
(* The fact is about p, which is at least 0 and at most k. *)
Definition about (f : positive) (p : polynomial) (k : Z) : bool :=
  match range f with Some (q, lo, hi) => sameQ q p && (0 <=? lo) && (hi <=? k) | None => false end.
Definition all_ones (n : positive) (k : Z) : bool := match M.find n prog with Some (IConst c) => Z.land c k =? k | _ => false end.

(* The sum of k * a of all (a, k), and `total`, modulo 2^w. *)
Fixpoint modulo (w : Z) (fuel : nat) (todo : list (positive * Z)) (total : polynomial) : option polynomial :=
  match todo, fuel with
  | [], _ => Some total
  | _, O => None
  | (a, k) :: r, S fuel =>
      match M.find a known with
      | Some p => modulo w fuel r (plusQ total p (Z.land k (Z.ones w)))
      | None =>
          match M.find a prog with
          | Some (IConst c) => modulo w fuel r (plusQ total (number c) (Z.land k (Z.ones w)))
          | Some (IAdd u b c) => do _ <- guard (w <=? u); modulo w fuel ((c, k) :: (b, k) :: r) total
          | Some (IMulc u b f) => do _ <- guard (w <=? u); modulo w fuel ((b, Z.land (k * f) (Z.ones w)) :: r) total
          | Some (IShl b by_) =>
              do _ <- guard (0 <=? by_); modulo w fuel ((b, Z.land (Z.shiftl k (Z.min by_ w)) (Z.ones w)) :: r) total
          | Some (IMask b m) => do _ <- guard (Z.land m (Z.ones w) =? Z.ones w); modulo w fuel ((b, k) :: r) total
          | Some (IXor b c) =>
              if all_ones c (Z.ones w) then modulo w fuel ((b, Z.land (- k) (Z.ones w)) :: r) (plusQ total (number 1) (- k))
              else if all_ones b (Z.ones w) then modulo w fuel ((c, Z.land (- k) (Z.ones w)) :: r) (plusQ total (number 1) (- k))
              else None
          | _ => None
          end
      end
  end.

(* c, where node m is (2^w - 1) * c and c is 0 or 1 *)
Definition bit (m f : positive) (w : Z) : option polynomial :=
  do (q, _) <- range f; do (q, _) <- Some q; do p <- M.find m known;
  do _ <- guard (sameQ (scaleQ (Z.ones w) q) p && about f q 1); Some q.
Definition pick (b m d : positive) : list (positive * positive * (positive + Z)) :=
  if Pos.eqb d b then [(b, m, inr 0)]
  else match M.find d prog, M.find b prog with
  | Some (IConst v), Some (IConst u) => [(b, m, inr (Z.lxor v u))]
  | Some (IXor i j), _ => if Pos.eqb j b then [(b, m, inl i)] else if Pos.eqb i b then [(b, m, inl j)] else []
  | _, _ => []
  end.
Definition way (b k : positive) :=
  match M.find k prog with Some (IAnd x y) => pick b x y ++ pick b y x | _ => [] end.
(* b, m and a: the node is b XOR (m AND (a XOR b)) *)
Definition choices (n : positive) := match M.find n prog with Some (IXor x y) => way x y ++ way y x | _ => [] end.
Definition word (n : positive) (w : Z) : option polynomial := do _ <- guard (narrow n w); M.find n known.
Definition repeats (f m : positive) (w : Z) : bool :=
  match range f, M.find m known with Some (q, _, _), Some p => sameQ (scaleQ (Z.ones w) q) p | _, _ => false end.

(* a and b, where n is a OR b; and the node a AND b, None: it is 0 *)
Definition or_of (x k : positive) : option (positive * positive * option positive) :=
  match M.find x prog, M.find k prog with
  | Some (IXor a b), Some (IAnd c d) =>
      if (Pos.eqb a c && Pos.eqb b d) || (Pos.eqb a d && Pos.eqb b c) then Some (a, b, Some k) else None
  | _, _ => None
  end.
Definition disjunction (n : positive) : option (positive * positive * option positive) :=
  match M.find n prog with
  | Some (IXor x k) =>
      match or_of x k with
      | Some o => Some o
      | None => match or_of k x with Some o => Some o | None => if disjoint x k then Some (x, k, None) else None end
      end
  | _ => None
  end.
(* Whether k is a AND of x and something. *)
Definition bits_of (x k : positive) : bool :=
  match M.find k prog with Some (IAnd a b) => Pos.eqb x a || Pos.eqb x b | _ => false end.
Definition less_nothing (n : positive) : positive :=
  match M.find n prog with
  | Some (IAdd w a b) =>
      match M.find b prog with Some (IConst c) => if (c =? 0) && (0 <=? w) && narrow a w then a else n | _ => n end
  | _ => n
  end.
(* The words that n is an OR of: `total` and their sum; `most` and the most that it can be. *)
Fixpoint ors (fuel : nat) (todo : list positive) (total : polynomial) (most : Z) : option (polynomial * Z) :=
  match todo, fuel with
  | [], _ => Some (total, most)
  | _, O => None
  | n :: r, S fuel =>
      let a := less_nothing n in
      match disjunction a with
      | Some (b, c, _) => ors fuel (c :: b :: r) total most
      | None => do p <- M.find a known; do k <- M.find a R; ors fuel r (plusQ total p 1) (most + k)
      end
  end.

Definition masked (n : positive) : option (positive * Z) :=
  match M.find n prog with
  | Some (IMask a k) => Some (a, k)
  | Some (IAnd a b) =>
      match M.find b prog, M.find a prog with
      | Some (IConst k), _ => Some (a, k) | _, Some (IConst k) => Some (b, k) | _, _ => None
      end
  | _ => None
  end.

Definition value (n : positive) (v : rule) : option polynomial :=
  do x <- M.find n prog;
  match v, x with
  | VConst, IConst c => Some (number c)
  | VSum p f w, _ =>
      do _ <- guard (width w && narrow n w && about f p (Z.ones w)); do t <- modulo w MOST_PARTS [(n, 1)] [];
      do r <- residue box names atoms (2 ^ w) (plusQ p t (-1));
      match r with [] => Some p | _ => None end
  | VShifted, IShl a k => do p <- M.find a known; do _ <- guard ((0 <=? k) && (k <=? MOST_WIDTH)); Some (scaleQ (2 ^ k) p)
  | VFloor p f, IShr a k =>
      do q <- M.find a known; do _ <- guard ((0 <=? k) && (k <=? MOST_WIDTH));
      do _ <- guard (about f (plusQ q p (- 2 ^ k)) (Z.ones k)); Some p
  | VPart p t f g, _ =>
      do (a, k) <- masked n; do q <- M.find a known; do (u, _) <- range g; do (u, _) <- Some u;
      let h := Z.log2 k + 1 in let l := Z.log2 (Z.land k (- k)) in
      do _ <- guard ((0 <? k) && (0 <=? l) && (l <=? h) && (k =? Z.shiftl (Z.ones (h - l)) l));
      do _ <- guard (about f (plusQ (plusQ q t (- 2 ^ h)) p (-1)) (Z.ones l));
      do _ <- guard (sameQ (scaleQ (2 ^ l) u) p && about g u (Z.ones (h - l))); Some p
  | VProduct, IApp f [a; b] k =>
      do p <- M.find a R; do q <- M.find b R; do u <- M.find a known; do v <- M.find b known;
      do _ <- guard (Pos.eqb f MUL && (0 <=? k) && (k =? Z.ones (Z.log2 (k + 1))) && (p * q <=? k)); Some (mulQ box u v)
  | VApart, IAnd a b => do _ <- guard (disjoint a b); Some []
  | VAnd m _ f w, IMask a k =>
      do _ <- guard (width w && Pos.eqb m a); do c <- bit m f w; Some (scaleQ (Z.land k (Z.ones w)) c)
  | VAnd m low f w, IAnd a b =>
      let y := if Pos.eqb m b then a else b in
      do _ <- guard (width w && (Pos.eqb m a || Pos.eqb m b));
      do _ <- guard (if narrow y w then Pos.eqb low y
        else match M.find low prog with Some (IMask z k) => Pos.eqb z y && (k =? Z.ones w) | _ => false end);
      do c <- bit m f w; do p <- M.find low known; Some (mulQ box c p)
  | VXor None, IXor a b =>
      do p <- M.find a known; do q <- M.find b known; do _ <- guard (disjoint a b); Some (plusQ p q 1)
  | VXor (Some k), IXor a b =>
      do p <- M.find a known; do q <- M.find b known; do y <- M.find k prog;
      match y with
      | IAnd c d =>
          do r <- M.find k known; do _ <- guard ((Pos.eqb a c && Pos.eqb b d) || (Pos.eqb a d && Pos.eqb b c));
          Some (plusQ (plusQ p q 1) r (-2))
      | _ => None
      end
  | VOr, IXor _ _ =>
      do (ab, k) <- disjunction n; do p <- M.find (fst ab) known; do q <- M.find (snd ab) known;
      match k with
      | Some k => do r <- M.find k known; Some (plusQ (plusQ p q 1) r (-1))
      | None => Some (plusQ p q 1)
      end
  | VLess, IXor a b =>
      do p <- M.find a known; do q <- M.find b known;
      if bits_of a b then Some (plusQ p q (-1)) else do _ <- guard (bits_of b a); Some (plusQ q p (-1))
  | VChoice f w, IXor _ _ =>
      do _ <- guard (width w); do (bm, a) <- List.find (fun x => repeats f (snd (fst x)) w) (choices n);
      do c <- bit (snd bm) f w; do q <- word (fst bm) w;
      do p <- match a with inl a => word a w | inr k => do _ <- guard ((0 <=? k) && (k <=? Z.ones w)); Some (number k) end;
      Some (plusQ q (mulQ box c (plusQ p q (-1))) 1)
  | VZero p f w, IApp g [a] k =>
      do _ <- guard (width w && Pos.eqb g ZERO && Z.odd k); do (t, m) <- ors MOST_PARTS [a] (number (-1)) 0;
      do _ <- guard ((m <=? Z.ones w) && about f (plusQ t p (2 ^ w)) (Z.ones w)); Some p
  | VNamed p f, _ => do q <- M.find n known; do _ <- guard (about f (plusQ q p (-1)) 0); Some p
  | _, _ => None
  end.
End Rules.
