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
  return texts.length ? hopflow.el("ul", {class: "notes"}, texts.map((t) => hopflow.el("li", {}, t))) : null;
};

// Model structures are marked wherever they appear.
hopflow.modelMark = () => hopflow.el("strong", {class: "mark"}, "Model structure");
hopflow.modelNote = (materials) => {
  const names = materials.filter((m) => hopflow.object(m).model === true).map((m) => hopflow.str(m.name));
  if (!names.length) return null;
  const all = names.length === 1 ? names[0] + " is a model structure." :
    names.slice(0, -1).join(", ") + " and " + names[names.length - 1] + " are model structures.";
  return hopflow.el("p", {class: "model-note"}, hopflow.modelMark(), " ", all,
    " No comparison made with model cells says anything about the real compounds.");
};
hopflow.nameOf = (material) => {
  const m = hopflow.object(material);
  const name = hopflow.el("span", {class: "material"}, hopflow.str(m.name) || "(no name)");
  return m.model === true ? hopflow.el("span", {}, name, " ", hopflow.el("span", {class: "mark"}, "model structure")) : name;
};

// "+-0.15 eV" as it is read.
hopflow.tolerance = (x) => (hopflow.num(x) !== null ? "\u00b1 " + hopflow.short(100 * x) + " %"
  : hopflow.str(x).replace(/^\+-\s*/, "\u00b1 ").replaceAll("_", " ").replaceAll(" ", "\u00a0"));
// A state in a word and a shape, not in colour alone.
hopflow.state = (kind, text) => {
  const shape = {good: "\u2713", bad: "\u2717", warn: "!", none: "\u25cb"}[kind];
  return hopflow.el("span", {class: "state " + kind}, hopflow.el("span", {class: "shape", "aria-hidden": "true"}, shape), "\u00a0", text);
};
hopflow.status = (status) => {
  const kind = {converged: "good", ok: "good", not_converged: "bad", failed: "bad", slipped: "warn", collapsed: "warn"}[status];
  return hopflow.state(kind || "none", hopflow.str(status).replaceAll("_", " ") || "not stated");
};

// columns: {head, cell(row)} with number (a figure), amount (a figure or words) or wide (sentences); materials: whose numbers these are.
// below: what a row has to add in words, on a line of its own.
hopflow.table = ({caption, columns, rows, materials, below}) => {
  const el = hopflow.el;
  const used = columns.filter((c) => c);
  const table = el("table", {},
    el("caption", {}, caption),
    el("thead", {}, el("tr", {}, used.map((c) => el("th", {scope: "col", class: c.number || c.amount ? "number" : false}, c.head)))),
    el("tbody", {}, rows.map((row) => {
      const more = below ? below(row) : null;
      return [
        el("tr", {}, used.map((c, i) =>
          el(i === 0 ? "th" : "td", {scope: i === 0 ? "row" : false, class: c.number ? "number" : c.wide ? "wide" : c.amount ? "amount" : false}, c.cell(row)))),
        more ? el("tr", {class: "below"}, el("td", {colspan: String(used.length)}, el("div", {class: "reason"}, more))) : null];
    })));
  return el("div", {class: "table"},
    el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption}, table),
    hopflow.modelNote(materials || []));
};
// A table read by its colours: rows {head, cells: [{text, share}]}; share: place on the colour scale from 0 to 1, null for none.
hopflow.shaded = ({caption, corner, heads, rows, materials}) => {
  const el = hopflow.el;
  const cell = ({text, share}) => {
    const td = el("td", {class: "number"}, text);
    if (share === null) return td;
    td.style.backgroundColor = hopflow.scale(share);
    td.style.color = share > 0.55 ? "#000" : "#fff";
    return td;
  };
  return el("div", {class: "table"}, el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    el("table", {class: "shaded"}, el("caption", {}, caption),
      el("thead", {}, el("tr", {}, el("th", {scope: "col"}, corner), heads.map((head) => el("th", {scope: "col", class: "number"}, head)))),
      el("tbody", {}, rows.map((row) => el("tr", {}, el("th", {scope: "row"}, row.head), row.cells.map(cell)))))), hopflow.modelNote(materials || []));
};
// A formula with its numbers lowered.
hopflow.formula = (formula) => hopflow.str(formula).split(/(?<=[A-Za-z)])(\d+)/).map((part, i) => (i % 2 ? hopflow.el("sub", {}, part) : part));
// Why a stage gave nothing, where the run says so.
hopflow.absent = (materials, key, what) => {
  const without = materials.filter((m) => !hopflow.has(m[key]));
  return without.length ? without.map((m) => {
    const reasons = hopflow.list(m.stage_problems).map(hopflow.str).filter((p) => p.startsWith(key + ":"));
    if (!reasons.length && without.length === materials.length) return null;
    return hopflow.missing("No " + what + " for ", hopflow.str(m.name) || "(no name)", reasons.length ? ": " + reasons.map((p) => p.slice(key.length + 1).trim()).join("; ") : "", ".");
  }) : null;
};
// Two columns of names and values; empty values are left out.
hopflow.facts = (pairs) => {
  const kept = pairs.filter((p) => p && p[1] !== null && p[1] !== undefined && p[1] !== "");
  return hopflow.el("dl", {class: "facts"}, kept.map(([name, value]) =>
    hopflow.el("div", {}, hopflow.el("dt", {}, name), hopflow.el("dd", {}, value))));
};
hopflow.details = (summary, ...children) =>
  hopflow.el("details", {}, hopflow.el("summary", {}, summary), ...children);

hopflow.section = (id, title, ...children) => {
  const node = hopflow.el("section", {id, "aria-labelledby": id + "-title"}, hopflow.el("h2", {id: id + "-title"}, title));
  return hopflow.fill(node, children);
};
