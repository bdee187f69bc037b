// SPDX-License-Identifier: GPL-2.0-or-later
// The first screen: the answer, what it rests on, ranked bars and the deciding saddles side by side.
"use strict";

(() => {
  const {el, list, object, str, num, joined} = hopflow;
  const mostDoubts = 8;

  // What several comma-separated texts have in common, in the order of the first.
  hopflow.common = (texts) => (texts.length ? texts[0].split(", ").filter((part) => texts.every((text) => text.split(", ").includes(part))) : []);

  const angstroms = (words) => words.replace(/(\d) A(?= )/g, "$1\u00a0\u00c5");

  // Tier, what it is parametrised as, and the engine, for whichever materials; then the protocol as far as all share it.
  const levels = (headlines) => {
    const known = headlines.filter((h) => h.barrier !== null);
    const by = (of, list) => { const map = new Map(); for (const h of list) map.set(of(h), [...(map.get(of(h)) || []), h]); return map; };
    const names = (list, all) => (all.length === list.length ? "" : " (" + list.map((h) => h.name).join(", ") + ")");
    const lines = [...by((h) => hopflow.tierOf(h.tier), known)].map(([tier, own]) => [tier, ": ",
      joined([...by((h) => h.forcefield, own)].filter(([name]) => name).map(([name, list]) => name + names(list, own))), " in ",
          joined([...by((h) => h.engine, own)].filter(([name]) => name).map(([name, list]) => name + names(list, own)))]
      .join("").replace(/: {0,1} in $/, "").replace(": in ", ", ").replace(":  in ", ", ").replace(/ in $/, "") + names(own, known));
    const protocol = hopflow.common(known.map((h) => h.protocol).filter((p) => p)).filter((part) => !(part in hopflow.tiers));
    // What the protocols do not share, where it is little enough to be read.
    const apart = by((h) => h.protocol.split(", ").filter((part) => part && !protocol.includes(part) && !(part in hopflow.tiers)).join(", "), known);
    const unlike = apart.size > 1 && apart.size <= 4 ? [...apart].filter(([words]) => words)
        .map(([words, own]) => joined(own.map((h) => h.name)) + ": " + words).join("; ") : "";
    return [...lines.map((line) => line[0].toUpperCase() + line.slice(1) + "."), protocol.length ? "Protocol: "
        + angstroms(protocol.join(", ")) + "." : "", unlike ? "Not shared: " + angstroms(unlike) + "." : ""].filter((x) => x);
  };
  // The same number at every other level of theory the run has.
  const others = (materials) => materials.map((m) => { const all = hopflow.headlinesOf(m); return all.length > 1
    ? all[0].name + ": " + all.slice(1).map((h) => (h.barrier === null ? "no barrier" : hopflow.withError(h.barrier, h.error)) + " by "
        + hopflow.levelOf(h, all)).join(", ") : ""; }).filter((x) => x);

  // One line for each number of the headline: what it is, on which path, and whether its own checks hold.
  const numbers = (materials) => {
    const rows = materials.map((m) => ({m, h: hopflow.headlineOf(m)})).filter(({h}) => h.barrier !== null);
    if (!rows.length) return null;
    const checks = (h) => (h.checksFailed.length ? hopflow.state("bad", "fails " + joined(h.checksFailed))
      : h.pathEngine ? hopflow.state("warn", "path not checked")
        : hopflow.state("good", h.checks || "none failed"));
    // A blank at the end keeps a row's words apart where its text is copied.
    const cell = (...content) => el("td", {}, ...content, " ");
    const heads = ["material", "barrier", "hop", "what it is", "path relaxed by", "its checks", "published"];
    return el("div", {class: "scroll numbers"}, el("table", {}, el("caption", {class: "unseen"}, "The numbers of the first sentence"),
      el("thead", {}, el("tr", {}, heads.map((word) => el("th", {scope: "col"}, word)))),
      el("tbody", {}, rows.map(({m, h}) => el("tr", {}, el("th", {scope: "row"}, h.name + " "), cell(hopflow.withError(h.barrier, h.error)),
        cell(hopflow.pathLink(m, h.hop)), cell(h.percolating ? "network, " + h.reached + "D" : "one hop"),
        cell(h.pathEngine ? h.pathEngine + "; energies by " + h.engine : h.engine), cell(checks(h)),
        // How wide a tolerance is stands with the paper below.
        cell(h.paper.length ? h.paper.map((p) => [p.text + "\u00a0eV", hopflow.verdictWords(p)].filter((x) => x).join(" ")).join("; ")
          : "none"))))));
  };

  // Why: the deciding hops as the structure has them.
  const reasons = (materials) => materials.filter((m) => hopflow.headlineOf(m).barrier !== null).map((m) => {
    const h = hopflow.headlineOf(m);
    const words = hopflow.hopWords(m, h.hop);
    const frame = hopflow.frameWords(m);
    if (!h.hop) return null;
    return el("li", {}, el("strong", {}, h.name), frame ? " (" + frame + ")" : "", h.percolating ? ": decided by " : ": hop ",
      hopflow.pathLink(m, h.hop), words ? ", " + words : "", ".");
  });

  hopflow.headline = (runs, materials, scenes) => {
    const headlines = materials.map(hopflow.headlineOf);
    const single = runs.length === 1;
    const comparisons = runs.flatMap((r) => r.comparisons);
    const ranked = hopflow.ranking(headlines, comparisons).ranked;
    const inOrder = [...ranked.map((h) => materials.find((m) => hopflow.headlineOf(m).name === h.name)),
        ...materials.filter((m) => hopflow.headlineOf(m).barrier === null)];
    const order = {bad: 0, warn: 1, none: 2};
    const doubts = runs.flatMap((r) => hopflow.doubts(r.materials, r.summary)).sort((a, b) => order[a.kind] - order[b.kind]);
    const bad = doubts.filter((d) => d.kind === "bad").length;
    const converged = runs.every((r) => r.summary.converged === true);
    const lost = materials.flatMap(hopflow.withoutBarrier).length;
    const everywhere = single ? hopflow.sharedPaper(ranked) : {ids: new Set(), words: []};
    const paper = [...ranked.map((h) => hopflow.paperWords(h, everywhere.ids)).filter((w) => w), ...everywhere.words,
        ...runs.flatMap((r) => hopflow.orderWords(r.summary))];
    const differences = single ? hopflow.differenceWords(headlines, comparisons) : [];
    const elsewhere = others(inOrder);
    const fact = (name, ...value) => el("div", {}, el("dt", {}, name), el("dd", {}, ...value));
    const bulleted = (items) => (items.length < 2 ? items[0] || "" : el("ul", {}, items.map((i) => (i instanceof Node ? i : el("li", {}, i)))));
    const why = reasons(inOrder).filter((x) => x);
    const models = headlines.filter((h) => h.model).map((h) => h.name);
    const sources = [...new Set(runs.map((r) => str(r.summary.reference_source)).filter((x) => x))];
    const facts = [
      differences.length ? fact("Differences and their probability", bulleted(differences),
          el("div", {class: "reason"}, "\u00b1: one standard deviation, all parts of the error. P: that the first is higher; an order is stated from 0.95."))
              : null,
      single ? null : fact("What differs between the runs", hopflow.runsDiffer(runs)),
      fact("Level of theory", bulleted(levels(headlines)) || "none"),
      elsewhere.length ? fact("At other levels of theory", bulleted(elsewhere)) : null,
      fact(sources.length ? "The paper, " + joined(sources) : "The paper", paper.length ? bulleted(paper) : "No published value to compare with."),
      fact("Not to be trusted", doubts.length ? el("ul", {class: "doubts"},
        doubts.slice(0, mostDoubts).map((d) => el("li", {}, hopflow.state(d.kind, d.text))),
        doubts.length > mostDoubts
          ? el("li", {}, el("a", {href: "#barriers"}, hopflow.plural(doubts.length - mostDoubts, "more finding") + " with the hops")) : null)
        : "No check or comparison contradicts these numbers."),
      why.length && single ? fact("Why, in the structure", el("ul", {}, why)) : null];
    return el("section", {id: "answer", "aria-label": "The answer"},
      el("p", {class: "answer"}, single ? hopflow.answerSentence(headlines, comparisons, hopflow.ionOf(materials)) : hopflow.runsSentence(runs)),
      el("p", {class: "state-line"},
        bad ? hopflow.state("bad", hopflow.plural(bad, "finding") + " against these numbers: see \u201cNot to be trusted\u201d")
          : converged ? hopflow.state("good", "All requested calculations converged; no check failed")
              : hopflow.state("warn", "Finished, but " + (lost ? hopflow.plural(lost, "hop") + " without a barrier" : "not everything converged")),
        models.length ? hopflow.state("warn", models.length === headlines.length ? "Model structures" : "Model structures: " + joined(models)) : null,
        runs.some((r) => r.summary.quick === true) ? hopflow.state("warn", "Quick run") : null),
      single ? numbers(inOrder) : null,
      el("div", {class: "first"}, el("dl", {class: "rests"}, facts), el("div", {class: "bars"}, hopflow.bars(materials), hopflow.saddles(inOrder, scenes))));
  };
  // Counts for the line under the title.
  hopflow.metaLine = (runs, materials) => {
    const evaluations = runs.map((r) => num(r.summary.evaluations)).filter((n) => n !== null).reduce((a, b) => a + b, 0);
    const versions = [...new Set(runs.map((r) => str(r.summary.hopflow)).filter((v) => v))];
    const hops = materials.reduce((n, m) => n + list(object(m).barriers).length, 0);
    return [runs.length > 1 ? hopflow.plural(runs.length, "run") + ", " : "", hopflow.plural(materials.length, "material"), ", ", hopflow.plural(hops, "hop"),
      evaluations ? ", " + evaluations.toLocaleString("en-US") + " force evaluations" : "", versions.length ? ", hopflow " + versions.join(", ") : ""];
  };
})();
