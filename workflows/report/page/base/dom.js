// SPDX-License-Identifier: GPL-2.0-or-later
// Building the page: every text goes in as a text node.
"use strict";

// el("p", {class: "note"}, "text", node, ...): attributes are the page's own words, children may be data.
hopflow.el = (tag, attributes, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  hopflow.fill(node, children);
  return node;
};
hopflow.fill = (node, children) => {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === "") continue;
    node.append(child instanceof Node ? child : document.createTextNode(hopflow.str(child)));
  }
  return node;
};
hopflow.svg = (tag, attributes, ...children) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  return hopflow.fill(node, children);
};

// Nothing there: said in words.
hopflow.missing = (...text) => hopflow.el("p", {class: "missing"}, ...text);
hopflow.notes = (notes) => {
  const texts = [...new Set(hopflow.list(notes).map(hopflow.str).filter((t) => t !== ""))];
  return texts.length ? hopflow.el("ul", {class: "notes"}, texts.map((t) => hopflow.el("li", {}, hopflow.prose(t)))) : null;
};
// A sentence with no number of more than four digits after the point; parts of names and references stay as they are.
hopflow.fewDigits = (text) => text.replace(/(?<![\w./-])\d+\.\d{5,}(e[+-]?\d+)?(?![\w.])/gi, (n) => hopflow.short(Number(n)));
// A sentence of the summary as it is read: few digits, "±" for "+-", a capital and a full stop.
hopflow.prose = (text) => hopflow.fewDigits(hopflow.str(text)).replace(/\s?\+-\s?(?=[\d<])/g, " \u00b1\u00a0").trim();
hopflow.sentence = (text) => {
  const words = hopflow.prose(text);
  return words === "" ? "" : words[0].toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");
};
// Many notes are folded; what all of several lists hold is not repeated in each.
hopflow.noteFold = (title, notes) => {
  const list = hopflow.notes(notes);
  return list && list.children.length > 3 ? hopflow.details(title + " (" + list.children.length + ")", list) : list;
};
hopflow.sharedNotes = (lists) => {
  const texts = lists.map((notes) => [...new Set(hopflow.list(notes).map(hopflow.str))]);
  const shared = texts.length > 1 ? texts[0].filter((t) => texts.every((own) => own.includes(t))) : [];
  return {shared, own: texts.map((own) => own.filter((t) => !shared.includes(t)))};
};

// Model structures are marked once in each section that shows their numbers.
hopflow.modelNote = (materials) => {
  const names = materials.filter((m) => hopflow.object(m).model === true).map((m) => hopflow.str(m.name) || "(no name)");
  if (!names.length) return null;
  return hopflow.el("p", {class: "model-note"}, hopflow.el("strong", {class: "mark"}, "Model structure"), " ", hopflow.joined(names),
    names.length === 1 ? " is not an experimental structure" : " are not experimental structures",
    ". No comparison made with model cells says anything about the real compounds.");
};
hopflow.nameOf = (material) => hopflow.el("span", {class: "material"}, hopflow.str(hopflow.object(material).name) || "(no name)");
hopflow.hopName = (id) => hopflow.el("span", {class: "hop"}, hopflow.str(id));

// "+-0.15 eV" as it is read.
hopflow.tolerance = (x) => (hopflow.num(x) !== null ? "\u00b1 " + hopflow.short(100 * x) + " %"
  : hopflow.str(x).replace(/^\+-\s*/, "\u00b1 ").replaceAll("_", " ").replaceAll(" ", "\u00a0"));
// A state in a word and a shape, not in colour alone.
hopflow.state = (kind, ...text) => {
  const shape = {good: "\u2713", bad: "\u2717", warn: "!", none: "\u25cb"}[kind];
  return hopflow.el("span", {class: "state " + kind}, hopflow.el("span", {class: "shape", "aria-hidden": "true"}, shape), "\u00a0", ...text);
};
hopflow.status = (status) => {
  const kind = {converged: "good", ok: "good", converged_check_failed: "bad", not_converged: "bad", failed: "bad", slipped: "warn", collapsed: "warn"}[status];
  const words = status === "converged_check_failed" ? "converged, check failed" : hopflow.str(status).replaceAll("_", " ");
  return hopflow.state(kind || "none", words || "not stated");
};

// A formula with its numbers lowered.
hopflow.formula = (formula) => hopflow.str(formula).split(/(?<=[A-Za-z)])(\d+)/).map((part, i) => (i % 2 ? hopflow.el("sub", {}, part) : part));
// Why a stage gave nothing, where the run says so.
hopflow.absent = (materials, key, what) => materials.filter((m) => !hopflow.has(m[key])).map((m) => {
  const reasons = hopflow.list(m.stage_problems).map(hopflow.str).filter((p) => p.startsWith(key + ":"));
  return reasons.length ? hopflow.missing("No " + what + " for ", hopflow.str(m.name) || "(no name)", ": ",
    reasons.map((p) => p.slice(key.length + 1).trim()).join("; "), ".") : null;
});
// Two columns of names and values; empty values are left out.
hopflow.facts = (pairs) => {
  const kept = pairs.filter((p) => p && p[1] !== null && p[1] !== undefined && p[1] !== "");
  return hopflow.el("dl", {class: "facts"}, kept.map(([name, value]) =>
    hopflow.el("div", {}, hopflow.el("dt", {}, name), hopflow.el("dd", {}, value))));
};
hopflow.details = (summary, ...children) =>
  hopflow.el("details", {class: "inner"}, hopflow.el("summary", {}, summary), ...children);
hopflow.button = (label, action, more) => hopflow.el("button", {type: "button", class: "quiet", ...more, onclick: action}, label);
