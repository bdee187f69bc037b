// SPDX-License-Identifier: GPL-2.0-or-later
// Tables: sorted by a click on a head, filtered, explained, saved as CSV.
"use strict";

(() => {
  const {el, str} = hopflow;

  // What a row is sorted by and saved as: the number behind a cell, or its text.
  const valueOf = (column, row, cell) => (column.value ? column.value(row) : cell.textContent.trim());
  hopflow.order = (a, b) => {
    const [x, y] = [a, b].map((v) => (v === null || v === undefined || v === "" || v === "\u2013" ? null : v));
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;  // what is missing comes last
    return typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), "en", {numeric: true});
  };

  // Sentences of the summary without needless digits; nodes as they are.
  const readable = (x) => (typeof x === "string" ? hopflow.prose(x) : Array.isArray(x) ? x.map(readable) : x);

  const controls = (table, entries, given, {caption, file, filter, facets}) => {
    const state = {text: "", facet: null};
    const apply = () => {
      let shown = 0;
      for (const entry of entries) {
        const fits = (state.text === "" || entry.nodes.some((n) => n.textContent.toLowerCase().includes(state.text)))
          && (!state.facet || state.facet.test(entry.row));
        if (fits) ++shown;
        for (const node of entry.nodes) node.hidden = !fits;
      }
      count.textContent = shown === entries.length ? "" : shown + " of " + entries.length + " rows";
    };
    const count = el("span", {class: "count", "aria-live": "polite"});
    const search = filter ? el("input", {type: "search", placeholder: "Filter rows", "aria-label": "Filter rows: " + caption,
      oninput: (event) => { state.text = event.target.value.trim().toLowerCase(); apply(); }}) : null;
    const choose = facets ? el("select", {"aria-label": "Which rows: " + caption,
        onchange: (event) => { state.facet = facets[event.target.value] || null; apply(); }},
      el("option", {value: ""}, "All rows"), facets.map((f, i) => el("option", {value: String(i)}, f.label))) : null;
    const save = hopflow.button("CSV", () => hopflow.saveCsv([given.map((c) => str(c.head)),
      ...entries.filter((e) => !e.nodes[0].hidden).map((e) => given.map((c) => valueOf(c, e.row, e.cell.get(c))))], file || hopflow.slug(caption)),
    {"aria-label": "Save this table as CSV: " + caption});
    return el("div", {class: "tools"}, search, choose, count, save);
  };

  const sortable = (body, entries, used, heads) => {
    let by = -1;
    let down = false;
    heads.forEach((head, i) => head.firstChild.addEventListener("click", () => {
      down = by === i ? !down : false;
      by = i;
      const sorted = [...entries].sort((a, b) => {
        const [x, y] = [a, b].map((e) => valueOf(used[i], e.row, e.cells[i]));
        const missing = [x, y].some((v) => v === null || v === undefined || v === "" || v === "\u2013");
        return (down && !missing ? -1 : 1) * hopflow.order(x, y);
      });
      body.append(...sorted.flatMap((e) => e.nodes));
      heads.forEach((h, k) => (k === i ? h.setAttribute("aria-sort", down ? "descending" : "ascending") : h.removeAttribute("aria-sort")));
    }));
  };

  // columns: {head, help, cell(row), value(row)} with number (a figure), amount (a figure or words) or wide (sentences);
  // one with file: true stands in the CSV only and needs no cell.
  // below: what a row has to add in words, on a line of its own. mark(row): true for the row to look at first.
  hopflow.table = ({caption, columns, rows, below, mark, file, filter = rows.length > 8, facets}) => {
    const given = columns.filter((c) => c);
    const used = given.filter((c) => !c.file);
    const kind = (c) => (c.number ? "number" : c.wide ? "wide" : c.amount ? "amount" : false);
    const entries = rows.map((row) => {
      const cells = used.map((c, i) => el(i === 0 ? "th" : "td", {scope: i === 0 ? "row" : false, class: kind(c)}, c.wide ? readable(c.cell(row))
          : c.cell(row)));
      const more = below ? readable(below(row)) : null;
      const nodes = [el("tr", {class: mark && mark(row) ? "marked" : false}, cells),
        more ? el("tr", {class: "below"}, el("td", {colspan: String(used.length)}, el("div", {class: "reason"}, more))) : null].filter((n) => n);
      return {row, cells, nodes, cell: new Map(used.map((c, i) => [c, cells[i]]))};
    });
    const many = rows.length > 1;
    const heads = used.map((c) => el("th", {scope: "col", class: c.number || c.amount ? "number" : false},
      many ? el("button", {type: "button", class: "sort"}, c.head) : c.head));
    const body = el("tbody", {}, entries.map((e) => e.nodes));
    const table = el("table", {}, el("caption", {class: "unseen"}, caption), el("thead", {}, el("tr", {}, heads)), body);
    if (many) sortable(body, entries, used, heads);
    const helped = used.filter((c) => c.help);
    return el("div", {class: "table"},
      el("div", {class: "table-head"}, el("h4", {}, caption), controls(table, entries, given, {caption, file, filter, facets})),
      el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption}, table),
      helped.length ? hopflow.details("What the columns mean", el("dl", {class: "help"}, helped.map((c) => [el("dt", {}, c.head), el("dd", {}, c.help)])))
          : null);
  };

  // A table read by its colours: rows {head, cells: [{text, share, value}]}; share: place on the colour scale from 0 to 1, null for none.
  hopflow.shaded = ({caption, corner, heads, rows, file, note}) => {
    const cell = ({text, share}) => {
      const td = el("td", {class: "number"}, text);
      if (share === null) return td;
      td.style.backgroundColor = hopflow.scale(share);
      td.style.color = hopflow.inkOn(share);
      return td;
    };
    return el("div", {class: "table"},
      el("div", {class: "table-head"}, el("h4", {}, caption), el("div", {class: "tools"}, hopflow.button("CSV", () => hopflow.saveCsv(
        [[corner, ...heads], ...rows.map((r) => [r.head, ...r.cells.map((c) => (c.value === undefined ? c.text : c.value))])], file || hopflow.slug(caption)),
      {"aria-label": "Save this table as CSV: " + caption}))),
      el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
        el("table", {class: "shaded"}, el("caption", {class: "unseen"}, caption),
          el("thead", {}, el("tr", {}, el("th", {scope: "col"}, corner), heads.map((head) => el("th", {scope: "col", class: "number"}, head)))),
          el("tbody", {}, rows.map((row) => el("tr", {}, el("th", {scope: "row"}, row.head), row.cells.map(cell)))))),
      note ? el("p", {class: "caption"}, note) : null);
  };
})();
