// SPDX-License-Identifier: GPL-2.0-or-later
// The answer in words: which barrier is higher, how sure that is, why, at which level, and what not to trust.
"use strict";

(() => {
  const {num, list, object, str, joined} = hopflow;
  const amount = (h) => hopflow.withError(h.barrier, h.error);
  const count = (n) => (n === 1 ? "one dimension" : ({2: "two", 3: "three"}[n] || hopflow.short(n)) + " dimensions");

  // The comparison of two names, in whichever order the summary has them: {separated, probability that a's barrier is the higher one, ...}.
  const between = (comparisons, a, b) => {
    const c = comparisons.find((x) => (str(x.a) === a && str(x.b) === b) || (str(x.a) === b && str(x.b) === a));
    if (!c) return null;
    const difference = num(c.difference_ev) === null ? null : str(c.a) === a ? c.difference_ev : -c.difference_ev;
    // The one of larger mean is the likelier one, whichever of the two the number is stated for.
    const stated = num(c.probability);
    const likelier = stated === null ? null : Math.max(stated, 1 - stated);
    return {separated: c.verdict === "separated", difference, error: num(c.error_ev), reason: str(c.reason),
      probability: likelier === null || difference === null ? null : difference >= 0 ? likelier : 1 - likelier};
  };

  // Materials by falling barrier, in groups: what is not separated from a neighbour shares its group.
  hopflow.ranking = (headlines, comparisons) => {
    const ranked = headlines.filter((h) => h.barrier !== null).sort((a, b) => b.barrier - a.barrier || a.name.localeCompare(b.name));
    const cuts = [];
    for (let i = 1; i < ranked.length; ++i) {
      const apart = ranked.slice(0, i).every((a) => ranked.slice(i).every((b) => { const c = between(comparisons, a.name, b.name);
          return c !== null && c.separated; }));
      if (apart) cuts.push(i);
    }
    return {ranked, groups: [0, ...cuts].map((from, k) => ranked.slice(from, k < cuts.length ? cuts[k] : ranked.length)).filter((g) => g.length)};
  };

  // One group; p: the least probability that the group before is above this one, null where nothing was compared.
  const groupWords = (group, p = null) => {
    const sure = p === null ? "" : "; P\u00a0" + (p > 0.99 || p < 0.01 ? "" : "=\u00a0") + hopflow.probability(p);
    return joined(group.map((h, i) => h.name + " (" + amount(h) + (i === 0 ? sure : "") + ")"));
  };
  const undecided = (group, comparisons) => {
    const c = between(comparisons, group[0].name, group[group.length - 1].name);
    return c === null ? "not compared" : "not separated" + (c.probability === null ? "" : " (P\u00a0=\u00a0" + hopflow.probability(c.probability) + " that "
        + group[0].name + " is above " + group[group.length - 1].name + ")");
  };

  // The sentence: plain text.
  const sentence = ({ranked, groups}, headlines, comparisons, ion) => {
    const without = headlines.filter((h) => h.barrier === null).map((h) => h.name);
    const tiers = [...new Set(ranked.map((h) => hopflow.tierOf(h.tier)))];
    const kept = ranked.filter((h) => h.pathEngine);
    const stored = ranked.length > 0 && ranked.every((h) => h.band);
    const level = stored && tiers.length === 1
      ? " by " + tiers[0] + (kept.length ? " (" + (kept.length === ranked.length ? "" : "in part ") + "on paths it did not relax)" : "") : "";
    // One hop of a network is not yet migration.
    const noun = (ion ? ion + "-vacancy " : "") + (stored ? "hop barrier" : "migration barrier");
    const what = noun + level;
    const whats = noun + "s" + level;
    const rest = without.length ? " No barrier for " + joined(without) + "." : "";
    if (!ranked.length) return "No barrier: no hop of this run converged.";
    if (ranked.length === 1) {
      const h = ranked[0];
      return "The " + what + " of " + h.name + (h.percolating ? "" : h.band ? ", its lowest stored hop," : ", its lowest converged hop,") + " is " + amount(h)
          + "." + rest;
    }
    const least = (i) => {
      const all = groups[i].flatMap((x) => groups[i + 1].map((y) => between(comparisons, x.name, y.name).probability)).filter((p) => p !== null);
      return all.length ? Math.min(...all) : null;
    };
    if (groups.length === 1) return "No order of the " + whats + " is established: " + groupWords(groups[0]) + " are " + undecided(groups[0], comparisons)
        + "." + rest;
    const below = groups.slice(1).map((g, i) => groupWords(g, least(i)) + (g.length > 1 ? ", " + undecided(g, comparisons) : "")).join(", then ");
    if (groups[0].length === 1) return groups[0][0].name + " has the highest " + what + ", " + amount(groups[0][0]) + ", above " + below + "." + rest;
    return "The highest " + whats + " are those of " + groupWords(groups[0]) + ", " + undecided(groups[0], comparisons) + "; "
        + (groups[0].length === 2 ? "both are" : "all are") + " above " + below + "." + rest;
  };

  hopflow.answerSentence = (headlines, comparisons, ion) => {
    const ranking = hopflow.ranking(headlines, comparisons);
    const text = sentence(ranking, headlines, comparisons, ion);
    const models = ranking.ranked.length > 0 && ranking.ranked.every((h) => h.model);
    return models ? "In model cells, " + text.replace(/^(No|The) /, (word) => word.toLowerCase()) : text;
  };

  // By how much they differ: every pair of three, of more the neighbours.
  hopflow.differenceWords = (headlines, comparisons) => {
    const {ranked} = hopflow.ranking(headlines, comparisons);
    const pairs = ranked.slice(1).map((h, i) => [ranked[i], h]);
    if (ranked.length === 3) pairs.push([ranked[0], ranked[2]]);
    return pairs.map(([above, below]) => {
      const c = between(comparisons, above.name, below.name);
      if (c === null || c.difference === null) return "";
      return above.name + " \u2212 " + below.name + " = " + hopflow.withError(c.difference, c.error) + ": "
        + (c.separated ? "separated" : "not separated") + (c.probability === null ? "" : ", P\u00a0" + (c.probability > 0.99 ? "" : "=\u00a0")
            + hopflow.probability(c.probability));
    }).filter((w) => w);
  };

  // A published value against ours. A miss is outside the tolerance of the comparison; whether our own error reaches that
  // far is another question.
  hopflow.verdictWords = (p, tolerance = "") => {
    const within = p.range && p.ours !== null && p.error !== null && p.ours + p.error >= p.range[0] && p.ours - p.error <= p.range[1];
    const how = (side) => (tolerance ? ", " + side + " " + tolerance : "");
    return {hit: "met" + how("inside"), miss: "missed" + how("outside") + (within ? " though our error reaches it" : ""),
      not_comparable: "not comparable"}[p.verdict] || "";
  };

  // What the paper says of a material, and what the summary makes of it.
  hopflow.paperWords = (h, elsewhere = new Set()) => {
    const one = (p) => {
      const judged = hopflow.verdictWords(p, p.tolerance || "its tolerance");
      // The reason is said in full in the table of published values; here only why nothing can be said.
      const ours = p.ours === null ? "" : (p.quantity ? p.quantity + " " : "ours ") + hopflow.withError(p.ours, p.error);
      const why = p.verdict === "not_comparable" || !ours ? hopflow.prose(p.reason) : "";
      return p.text + "\u00a0eV" + (p.condition ? ", " + p.condition : "")
          + (judged ? " (" + [judged, p.verdict === "not_comparable" ? "" : ours].filter((w) => w).join("; ")
            + (why && p.verdict !== "hit" ? ": " + why : "") + ")" : "");
    };
    const own = h.paper.filter((p) => !elsewhere.has(p.id));
    return own.length ? h.name + ": " + own.map(one).join(", ") : "";
  };
  // Published rows that several materials share, with one verdict a line; and the ids of these rows.
  hopflow.sharedPaper = (headlines) => {
    const rows = headlines.flatMap((h) => h.paper.map((p) => ({...p, name: h.name})));
    const ids = new Set(rows.map((p) => p.id).filter((id, k, all) => all.indexOf(id) !== k));
    const groups = new Map();
    for (const p of rows.filter((r) => ids.has(r.id))) { const key = p.id + "\n" + p.verdict; groups.set(key, [...(groups.get(key) || []), p]); }
    const word = {hit: "met", miss: "missed", not_comparable: "not comparable"};
    return {ids, words: [...groups.values()].map((g) => g[0].text + "\u00a0eV, published for several: " + joined(g.map((p) => p.name)) + " "
        + (word[g[0].verdict] || g[0].verdict) + (g[0].verdict === "not_comparable" ? " (" + hopflow.prose(g[0].reason) + ")" : ""))};
  };
  // Published orders of barriers and what the summary makes of them.
  hopflow.orderWords = (summary) => list(object(summary).paper_orders).map(object).filter((o) => str(o.value)).map((o) =>
    "Published order " + str(o.value) + ": " + ({hit: "met", miss: "missed", not_comparable: "not decided"}[o.verdict] || str(o.verdict) || "no verdict")
        + (o.verdict === "hit" || !str(o.reason) ? "" : " (" + hopflow.prose(o.reason) + ")"));

  const theChecks = (names) => (names.length === 1 ? "the check " : "the checks ") + joined(names.map((n) => "\u201c" + n + "\u201d"));
  // What fails in one material.
  const addOwn = (add, m) => {
    const h = hopflow.headlineOf(m);
    const failed = hopflow.failedChecks(m);
    const own = h.checksFailed.length || h.band ? h.checksFailed : failed.filter((f) => f.deciding).flatMap((f) => f.checks);
    if (own.length) add("bad", h.name + ": the deciding hop " + h.hop + " fails ", theChecks(own), ".");
    const levels = hopflow.headlinesOf(m);
    const elsewhere = levels.slice(1).filter((other) => (other.band || !h.band) && other.checksFailed.length && other.tier !== h.tier);
    for (const other of elsewhere) add("bad", h.name + ", " + hopflow.levelOf(other, levels)
        + ": " + other.hop + " fails ", theChecks(other.checksFailed), ".");
    for (const b of list(m.reference_bands).map(object)) if (b.applies === false) add("warn", h.name + ": the stored band " + str(b.hop)
        + " does not belong to this crystal and is not used.");
    const run = levels.find((level) => !level.band);
    if (h.band && run && failed.length) {
      // Another level than the headline's: which hops, in one line.
      add("warn", h.name + ", " + hopflow.tierOf(run.tier) + ": " + failed.length + " of " + hopflow.plural(list(m.barriers).length, "hop")
          + (failed.length === 1 ? " fails" : " fail") + " a check (" + joined([...new Set(failed.flatMap((f) => f.checks))]) + "): "
          + joined(failed.map((f) => f.hop + (f.hop === run.hop ? " (decides its network)" : ""))), ".");
      return;
    }
    const others = failed.filter((f) => !f.deciding);
    if (others.length) add("bad", h.name + ": ", joined(others.map((f) => f.hop + " fails " + theChecks(f.checks))), ".");
  };

  // Levels of theory, and what of the errors is largest.
  const addLevels = (add, headed) => {
    const levels = new Map();
    for (const h of headed) levels.set(hopflow.tierOf(h.tier), [...(levels.get(hopflow.tierOf(h.tier)) || []), h.name]);
    if (levels.size > 1) add("warn", "The barriers are of different levels of theory: ",
        joined([...levels].map(([tier, names]) => joined(names) + " " + tier)), ".");
    const shares = headed.filter((h) => h.parts.length).map((h) => ({name: h.name, words: joined(h.parts.filter((p) => p.ev >= 0.5 * h.parts[0].ev).slice(0, 3)
        .map((p) => p.name + " " + hopflow.short(p.ev, 1) + " eV"))}));
    const alike = [...new Set(shares.map((x) => x.words))];
    const what = "Largest part" + (shares.some((x) => / and |,/.test(x.words)) ? "s" : "") + " of the error: ";
    if (alike.length === 1) add("none", what, alike[0], ".");
    else if (alike.length) add("none", what, shares.map((x) => x.name + " " + x.words).join("; "), ".");
  };

  // Structures that are models, and paths that are another engine's than the energies.
  const addKinds = (add, headlines) => {
    const models = headlines.filter((h) => h.model).map((h) => h.name);
    if (models.length) add("warn", "Model structures, not experimental: ", joined(models),
        ". A comparison of model cells says nothing about the real compounds.");
    const onKept = new Map();
    for (const h of headlines.filter((x) => x.barrier !== null && x.pathEngine)) onKept.set(h.pathEngine, [...(onKept.get(h.pathEngine) || []), h]);
    for (const [engine, own] of onKept) add("warn", joined(own.map((h) => h.name)), ": energies by ", own[0].engine, " on a path of ", engine,
        ", neither ends nor saddle relaxed.");
  };

  // A run that ends with the list of hops has asked no engine about them.
  const unrun = (b) => str(b.status) === "failed" && str(b.reason) === "" && !num(b.evaluations);
  // Hops that were computed in vain.
  hopflow.withoutBarrier = (m) => list(m.barriers).map(object).filter((b) => !str(b.status).startsWith("converged") && !unrun(b));

  // Everything that makes the numbers less than they look: {kind, text}; the worst first.
  hopflow.doubts = (materials, summary) => {
    const out = [];
    const add = (kind, ...text) => out.push({kind, text: text.join("")});
    addKinds(add, materials.map(hopflow.headlineOf));
    for (const m of materials) addOwn(add, m);
    const waiting = materials.map((m) => ({name: hopflow.headlineOf(m).name, count: list(m.barriers).map(object).filter(unrun).length})).filter((x) => x.count);
    if (waiting.length) add("warn", "Hops found but not computed: ", joined(waiting.map((x) => x.name + " " + x.count)), ".");
    const lost = materials.map((m) => ({name: hopflow.headlineOf(m).name, hops: list(m.barriers).map(object),
        without: hopflow.withoutBarrier(m)})).filter((x) => x.without.length);
    if (lost.length) add("warn", "Hops without a barrier: ", joined(lost.map((x) => x.name + " " + x.without.length + " of " + x.hops.length + " ("
      + [...new Set(x.without.map((b) => str(b.status)))].map((k) => x.without.filter((b) => str(b.status) === k).length + " " + k.replaceAll("_", " "))
          .join(", ") + ")")), ".");
    // Why a material has no number at all: the first reason given.
    for (const x of lost.filter((y) => y.without.length === y.hops.length)) {
      const reason = x.without.map((b) => hopflow.prose(b.reason)).find((r) => r);
      if (reason) add("warn", x.name + ": ", reason.length > 160 ? reason.slice(0, 157) + "\u2026" : reason, ".");
    }
    const stored = materials.map(hopflow.headlineOf).filter((h) => h.barrier !== null && h.band).map((h) => h.name);
    if (stored.length) add("none", "One hop each, computed earlier and evaluated again from stored energies and forces: ", joined(stored),
        ". No network is known at that level.");
    const alone = materials.map(hopflow.headlineOf).filter((h) => h.barrier !== null && !h.percolating && !h.band).map((h) => h.name);
    if (alone.length) add("warn", "No percolating network in ", joined(alone), ": the number is that of the lowest converged hop.");
    const headed = materials.map((m) => hopflow.headlineOf(m)).filter((h) => h.barrier !== null);
    const open = headed.filter((h) => h.percolating && h.dimension !== null);
    const reached = joined(open.map((h) => h.name + " " + h.reached + "D"));
    if (new Set(open.map((h) => h.dimension)).size > 1) add("warn", "The barriers are for percolation in different numbers of dimensions: ", reached, ".");
    else if (new Set(open.map((h) => h.reached)).size > 1) add("none", "At each barrier the network percolates in at least ", count(open[0].dimension), ": ",
        reached, ".");
    addLevels(add, headed);
    if (headed.length && headed.every((h) => !h.stated)) {
      add("none", "Written by an older hopflow: the error bars hold the numerical error", materials.some((m) => num(object(m).model_error_ev) !== null)
          ? " and the stated error of the force field, nothing else." : " only.");
    }
    if (object(summary).quick === true) add("warn", "Quick run: small cells, few hops; not converged with cell size.");
    const order = {bad: 0, warn: 1, none: 2};
    return out.sort((a, b) => order[a.kind] - order[b.kind]);
  };
})();
