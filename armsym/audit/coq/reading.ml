(* What all readers share: numbers, and the instructions of raw programs (armsym/audit/hints.py). *)
module C = Armsym_checker

exception Bad of string

let decimal s =
  String.iter (fun c -> if c < '0' || c > '9' then raise (Bad s)) s;
  if s = "" then raise (Bad s) else Z.of_string s

(* What Coq counts from 1: the extraction has such numbers as integers, and its theorems say nothing of 0. *)
let place s =
  let n = decimal s in
  if Z.sign n > 0 then n else raise (Bad s)

let hexadecimal s =
  String.iter (fun c -> if not ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')) then raise (Bad s)) s;
  if s = "" then raise (Bad s) else Z.of_string ("0x" ^ s)

let nodes s = if s = "-" then [] else List.map place (String.split_on_char ',' s)

let bytes s =
  if s = "" || String.length s mod 2 <> 0 then raise (Bad s);
  List.init (String.length s / 2) (fun k -> hexadecimal (String.sub s (2 * k) 2))

let program : C.instr C.PositiveMap.t ref = ref C.PositiveMap.empty
let definitions : C.def C.PositiveMap.t ref = ref C.PositiveMap.empty
let tables : (string, C.def) Hashtbl.t = Hashtbl.create 16
let numbers : (string, Z.t) Hashtbl.t = Hashtbl.create 16
let count = ref 0

let add x =
  incr count;
  program := C.PositiveMap.add (Z.of_int !count) x !program

let definition name =
  if name = "zero" then Some C.DZero
  else if name = "mul" then Some C.DMul
  else if name = "clmul" then Some C.DClmul
  else if name = "gf128.mul" then Some C.DGf128_mul
  else if String.length name > 6 && String.sub name 0 6 = "bytes:" then
    Some (C.DTable (bytes (String.sub name 6 (String.length name - 6))))
  else Hashtbl.find_opt tables name

let number name =
  match Hashtbl.find_opt numbers name with
  | Some n -> n
  | None ->
      let n = Z.of_int (Hashtbl.length numbers + 1) in
      Hashtbl.add numbers name n;
      (match definition name with
      | Some d -> definitions := C.PositiveMap.add n d !definitions
      | None -> ());
      n

let d = decimal
let x = hexadecimal


let instruction = function
  | [ "c"; v ] -> C.IConst (x v)
  | [ "v"; _; k ] -> C.IVar (x k)
  | "f" :: name :: k :: a -> C.IApp (number name, List.map place a, x k)
  | [ "x"; a; b ] -> C.IXor (place a, place b)
  | [ "&"; a; b ] -> C.IAnd (place a, place b)
  | [ "l"; a; n ] -> C.IShl (place a, d n)
  | [ "r"; a; n ] -> C.IShr (place a, d n)
  | [ "m"; a; k ] -> C.IMask (place a, x k)
  | [ "+"; w; a; b ] -> C.IAdd (d w, place a, place b)
  | [ "*"; w; a; k ] -> C.IMulc (d w, place a, x k)
  | l -> raise (Bad (String.concat " " l))

let integer s =
  let digits = if s <> "" && s.[0] = '-' then String.sub s 1 (String.length s - 1) else s in
  let n = decimal digits in
  if digits = s then n else Z.neg n
