"use strict";
// The state at each step of each path.  Data comes from the script element "data"; nothing is fetched.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const select = $("path"), slider = $("at"), count = $("count"), here = $("here"), now = $("now"), all = $("all");
  const text = (k) => (typeof data.strings[k] === "string" ? data.strings[k] : data.strings[k][1]);
  const label = (k) => (typeof data.strings[k] === "string" ? "" : data.strings[k][0]);
  const hex = (n) => "0x" + n.toString(16);
  const ENDS = {
    parts: "parts", enters: "enters a loop", "back edge": "goes round the loop", returns: "returns", joins: "joins",
    stopped: "stops",
  };

  // -- paths: a run on numbers, or pieces one after the other from the entry to an end ------------------------

  const paths = [];
  data.runs.forEach((run) => paths.push({ run, group: "On numbers", title: run.title }));
  data.cases.forEach((c) => {
    const by = new Map(c.segments.map((s) => [s.n, s]));
    const parents = new Set(c.segments.map((s) => s.p));
    const leaves = c.segments.filter((s) => !parents.has(s.n));
    leaves.forEach((leaf, k) => {
      const pieces = [];
      for (let s = leaf; s; s = by.get(s.p)) pieces.unshift(s);
      const ways = pieces.flatMap((s) => (s.how === "branch" ? s.f.map(text) : []));
      const loops = leaf.loops.length ? ", iteration " + leaf.loops.map((l) => l[2]).join(", ") : "";
      const to = leaf.to === null ? "" : " at " + hex(leaf.to);
      const way = ways.length ? ": " + ways.slice(-3).join(", ") : "";
      const group = c.text ? "Case " + c.text : "On symbols";
      paths.push({ pieces, group, title: `${k + 1} of ${leaves.length}${loops}, ${ENDS[leaf.end]}${to}${way}` });
    });
  });
  const groups = new Map();
  paths.forEach((p, k) => {
    if (!groups.has(p.group)) {
      const g = document.createElement("optgroup");
      g.label = p.group;
      groups.set(p.group, g);
      select.append(g);
    }
    const o = document.createElement("option");
    o.value = k;
    o.textContent = p.title.length > 110 ? p.title.slice(0, 108) + " …" : p.title;
    groups.get(p.group).append(o);
  });

  let path = null, items = [], at = 0, cache = null;

  function itemsOf(p) {
    if (p.items) return p.items;
    const found = [];
    if (p.run) {
      found.push({ start: true });
      p.run.steps.forEach((step) => found.push({ step }));
    } else {
      p.pieces.forEach((s) => {
        found.push({ start: true, s });
        s.steps.forEach((step, k) => found.push({ s, step, last: k === s.steps.length - 1 }));
        if (!s.steps.length) found[found.length - 1].last = true;
      });
    }
    return (p.items = found);
  }
  const offset = (item) => (item.step ? item.step.a : item.s ? item.s.at : items.length > 1 ? items[1].step.a : -1);

  // -- the state after an item: of each register the text, what changed last, memory, facts -------------------

  function fresh() {
    return { regs: new Map(), memory: new Map(), kept: new Map(), facts: [], changed: new Set(), moved: [], new: [] };
  }
  function put(state, flat, mark) {
    for (let k = 0; k < flat.length; k += 2) {
      state.regs.set(flat[k], flat[k + 1]);
      if (mark) state.changed.add(flat[k]);
    }
  }
  function apply(state, item) {
    state.changed = new Set();
    state.moved = [];
    state.new = [];
    if (path.run) {
      if (item.start) {
        Object.entries(path.run.start).forEach(([name, v]) => state.regs.set(name, v));
        return;
      }
      (item.step.x || []).forEach(([name, v]) => {
        state.regs.set(name, v);
        state.changed.add(name);
      });
      state.moved = item.step.m || [];
      return;
    }
    const facts = (list) => (list || []).forEach((f) => {
      state.facts.push(f);
      state.new.push(f);
    });
    const memory = (list, mark) => (list || []).forEach(([where, v]) => {
      state.memory.delete(where);
      state.memory.set(where, v);
      if (mark) state.moved.push(where);
    });
    const kept = (list) => (list || []).forEach(([r, t]) => state.kept.set(r, t));
    if (item.start) {
      if (item.s.how !== "branch") {
        state.memory = new Map();
        state.kept = new Map();
      }
      put(state, item.s.s, item.s.how === "branch");
      memory(item.s.m, false);
      kept(item.s.k);
      facts(item.s.f);
      return;
    }
    const step = item.step;
    put(state, step.c || [], true);
    put(state, step.x || [], true);
    memory(step.m, true);
    kept(step.k);
    facts(step.f);
  }
  function stateAt(k) {
    if (!cache || cache.k > k) {
      cache = { k: -1, state: fresh() };
    }
    while (cache.k < k) {
      cache.k += 1;
      apply(cache.state, items[cache.k]);
    }
    return cache.state;
  }

  // -- showing it ---------------------------------------------------------------------------------------------

  function el(name, attributes, ...children) {
    const e = document.createElement(name);
    Object.entries(attributes || {}).forEach(([k, v]) => e.setAttribute(k, v));
    e.append(...children);
    return e;
  }
  const code = (t) => el("code", {}, t);
  function section(title, ...children) {
    return el("section", {}, el("h3", {}, title), ...children);
  }
  function value(k, changed) {
    if (path.run) return code(k);
    const name = label(k), whole = text(k), part = whole.includes("...");
    if (!name && !part) return code(whole);
    if (name && !changed) return el("code", { title: whole, class: "made" }, name);
    const made = el("code", { class: "made" }, name);
    if (name && !part) return el("span", {}, made, " = ", code(whole));
    return el("details", { class: "formula" }, el("summary", {}, made, " a part of its formula"), code(whole));
  }
  const nameOf = (r) => (path.run ? r : data.registers[r]);
  function dull(name, t) {
    // What nothing was said of, or what the caller left there.
    return t === "any " + name || t === "entry." + name || t === name + " on entry";
  }
  function table(caption, rows) {
    const t = el("table", { class: "regs", "aria-label": caption });
    const body = el("tbody");
    rows.forEach(([name, v, changed]) => {
      const th = el("th", { scope: "row" }, name);
      if (changed) th.append(el("span", { class: "quiet" }, " changed"));
      body.append(el("tr", changed ? { class: "changed" } : {}, th, el("td", {}, value(v, changed))));
    });
    t.append(body);
    return t;
  }
  function list(entries, marked) {
    const ul = el("ul", { class: "facts-list" });
    entries.forEach((f) => ul.append(el("li", marked.has(f) ? { class: "changed" } : {}, code(text(f)))));
    return ul;
  }
  const shownAt = (item) => (path.run ? [] : shownOf(item));
  function shownOf(item) {
    const found = item.step ? item.step.o || [] : [];
    return item.last ? [...found, ...item.s.o] : found;
  }

  function describe(item) {
    const parts = [];
    if (path.run) {
      const departs = path.run.departs && at === path.run.departs[0];
      if (departs) parts.push(el("span", { class: "warn" }, "Here it departs from what the proof says. " + path.run.departs[1] + " "));
      if (item.start) return [...parts, path.run.title + ", before the first instruction. ", path.run.note];
      parts.push(code(hex(item.step.a) + "  " + (data.code[item.step.a] || "")));
      if (item.step.no) parts.push(el("span", { class: "warn" }, " It stops: " + item.step.no));
      return parts;
    }
    const s = item.s;
    if (item.start) {
      const loop = s.loops[0];
      if (s.how === "entry") return ["On entry: all that is known is what the proof assumes."];
      if (s.how === "join") return [`Paths meet at ${hex(s.at)} and go on as one: all that is known is what it claims.`];
      if (s.how === "iteration") {
        return [`Iteration ${loop[2]} of the loop at ${hex(loop[1])}: all that is known is the invariant.`];
      }
      return ["The path parts; here ", ...(s.f.length ? [code(s.f.map(text).join(", "))] : ["another way"]), "."];
    }
    parts.push(code(hex(item.step.a) + "  " + (data.code[item.step.a] || "")));
    if (item.step.c) parts.push(" A cut: what it claims takes the place of what was computed.");
    if (item.step.call) parts.push(" Called by contract: " + item.step.call + ".");
    if (item.step.no) parts.push(el("span", { class: "warn" }, " The path stops here."));
    if (item.last && s.end !== "parts") {
      parts.push(" Then it " + ENDS[s.end] + (s.to === null ? "" : " at " + hex(s.to)) + ".");
    }
    return parts;
  }

  function render() {
    const item = items[at], state = stateAt(at);
    slider.value = at;
    slider.setAttribute("aria-valuetext", `step ${at} of ${items.length - 1}, ${hex(Math.max(offset(item), 0))}`);
    count.textContent = `${at} / ${items.length - 1}`;
    here.replaceChildren(...describe(item));
    const out = [];
    const shown = shownAt(item);
    if (shown.length) {
      const ul = el("ul", { class: "shown" });
      [...shown].sort((a, b) => (a[2] === "proved") - (b[2] === "proved")).forEach(([kind, name, status, by, n]) => {
        const how = by === "" || !text(by) ? "" : ` by ${text(by)}`;
        const times = n > 1 ? `, ${n} parts` : "";
        const chip = el("span", { class: "status " + status }, status);
        ul.append(el("li", {}, chip, ` ${kind}: ${text(name)}`, el("small", {}, how + times)));
      });
      out.push(section("Shown here", ul));
    }
    const order = (r) => (path.run ? 0 : r);
    const rows = [...state.regs].sort((a, b) => order(a[0]) - order(b[0]));
    const changed = rows.filter(([r]) => state.changed.has(r));
    if (changed.length && !item.start) {
      out.push(section("Changed", table("What changed", changed.map(([r, v]) => [nameOf(r), v, true]))));
    }
    if (state.moved.length) {
      const moved = path.run
        ? state.moved
        : state.moved.map((w) => [text(w), state.memory.get(w)]);
      out.push(section(path.run ? "Memory" : "Stored", table("Memory", moved.map(([w, v]) => [w, v, true]))));
    }
    const rest = rows.filter(([r, v]) => all.checked || state.changed.has(r) || path.run || !dull(nameOf(r), text(v)));
    const kinds = [["Registers", /^(x\d+|sp)$/], ["Flags", /^([NZCV]|nzcv)$/], ["Vectors", /^v\d+$/]];
    kinds.forEach(([title, kind]) => {
      const some = rest.filter(([r]) => kind.test(nameOf(r)));
      if (some.length) out.push(section(title, table(title, some.map(([r, v]) => [nameOf(r), v, state.changed.has(r)]))));
    });
    if (!path.run) {
      const cells = [...state.memory].map(([w, v]) => [text(w), v, state.moved.includes(w)]);
      const under = [...state.kept].map(([r, t]) => [text(r), t, false]);
      if (under.length) out.push(section("Buffers", table("What buffers hold", under)));
      if (cells.length) out.push(section("Stored so far", table("What was stored", cells)));
      if (state.facts.length) out.push(section("Known on this path", list(state.facts, new Set(state.new))));
    }
    now.replaceChildren(...out);
    mark(offset(item));
  }

  // -- the picture and the code follow ------------------------------------------------------------------------

  const blocks = [...document.querySelectorAll(".graph .block")];
  const starts = blocks.map((b) => Number(b.dataset.at)).sort((a, b) => a - b);
  const rows = new Map([...document.querySelectorAll("table.code tr[data-at]")].map((r) => [Number(r.dataset.at), r]));
  function blockOf(a) {
    let found = -1;
    for (const s of starts) {
      if (s > a) break;
      found = s;
    }
    return found;
  }
  function keepSeen(e) {
    const box = e && e.closest(".scroll");
    if (!box) return;
    const r = e.getBoundingClientRect(), b = box.getBoundingClientRect();
    if (r.top < b.top + 30) box.scrollTop -= b.top + 60 - r.top;
    else if (r.bottom > b.bottom - 10) box.scrollTop += r.bottom - b.bottom + b.height / 3;
    if (r.left < b.left) box.scrollLeft -= b.left + 10 - r.left;
    else if (r.right > b.right) box.scrollLeft += Math.min(r.right - b.right + 10, r.left - b.left);
  }
  let row = null, box = null;
  function mark(a) {
    if (row) {
      row.classList.remove("current");
      row.removeAttribute("aria-current");
    }
    row = rows.get(a) || null;
    if (row) {
      row.classList.add("current");
      row.setAttribute("aria-current", "step");
      keepSeen(row);
    }
    const start = blockOf(a);
    if (box) box.classList.remove("current");
    box = blocks.find((b) => Number(b.dataset.at) === start) || null;
    if (box) {
      box.classList.add("current");
      keepSeen(box.querySelector("rect"));
    }
  }
  function markPath() {
    const on = new Set(items.map((i) => blockOf(offset(i))));
    blocks.forEach((b) => b.classList.toggle("on", on.has(Number(b.dataset.at))));
    const met = new Set(items.filter((i) => i.step).map((i) => i.step.a));
    rows.forEach((r, a) => r.classList.toggle("off", !met.has(a)));
  }

  // -- moving -------------------------------------------------------------------------------------------------

  function go(k) {
    at = Math.min(Math.max(k, 0), items.length - 1);
    render();
  }
  function choose(k, wanted) {
    path = paths[k];
    items = itemsOf(path);
    cache = null;
    select.value = k;
    slider.max = items.length - 1;
    markPath();
    const found = wanted === undefined ? -1 : items.findIndex((i) => i.step && i.step.a === wanted);
    go(Math.max(found, 0));
  }
  function toOffset(a) {
    const later = items.findIndex((i, k) => k > at && i.step && i.step.a === a);
    const any = later >= 0 ? later : items.findIndex((i) => i.step && i.step.a === a);
    if (any >= 0) return go(any);
    const other = paths.findIndex((p) => itemsOf(p).some((i) => i.step && i.step.a === a));
    if (other >= 0) choose(other, a);
    else keepSeen(rows.get(a));
  }
  function toShown(way) {
    const departs = path.run && path.run.departs ? path.run.departs[0] : -1;
    if (departs >= 0 && (departs - at) * way > 0) return go(departs);
    for (let k = at + way; k >= 0 && k < items.length; k += way) if (shownAt(items[k]).length) return go(k);
  }

  if (!paths.length) {
    here.textContent = "No path was followed.";
    [select, slider, $("prev"), $("next")].forEach((e) => (e.disabled = true));
    return;
  }
  select.addEventListener("change", () => choose(Number(select.value)));
  slider.addEventListener("input", () => go(Number(slider.value)));
  $("prev").addEventListener("click", () => go(at - 1));
  $("next").addEventListener("click", () => go(at + 1));
  all.addEventListener("change", render);
  rows.forEach((r, a) => r.addEventListener("click", () => toOffset(a)));
  blocks.forEach((b) => b.addEventListener("click", (e) => {
    e.preventDefault();
    toOffset(Number(b.dataset.at));
  }));
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.target.closest("select, input[type=checkbox], summary, details") && !"hlnpa[]".includes(e.key)) return;
    const scrolls = e.target.closest(".scroll, .wide") && e.key.startsWith("Page");
    const moves = {
      ArrowLeft: () => go(at - 1), ArrowRight: () => go(at + 1), h: () => go(at - 1), l: () => go(at + 1),
      PageUp: () => go(at - 10), PageDown: () => go(at + 10), Home: () => go(0), End: () => go(items.length - 1),
      "[": () => choose((paths.indexOf(path) + paths.length - 1) % paths.length),
      "]": () => choose((paths.indexOf(path) + 1) % paths.length),
      n: () => toShown(1), p: () => toShown(-1), a: () => all.click(),
    };
    if (!moves[e.key] || scrolls) return;
    e.preventDefault();
    moves[e.key]();
  });
  document.querySelectorAll('a[href^="#s"]').forEach((a) => a.addEventListener("click", () => {
    const line = document.getElementById(a.hash.slice(1));
    const folded = line && line.closest("details");
    if (folded) folded.open = true;
  }));
  // First what is wrong: a counterexample, else a path on which something was not shown; else the longest path.
  const bad = (p) => !p.run && itemsOf(p).some((i) => shownOf(i).some((o) => o[2] !== "proved"));
  const failing = paths.findIndex((p) => p.run || bad(p));
  const longest = paths.reduce((best, p, k) => (itemsOf(p).length > itemsOf(paths[best]).length ? k : best), 0);
  choose(failing >= 0 ? failing : longest);
  if (failing >= 0 && !path.run) go(items.findIndex((i) => shownOf(i).some((o) => o[2] !== "proved")));
})();
