// SPDX-License-Identifier: GPL-2.0-or-later
// Files a reader takes out of the page.
"use strict";

hopflow.save = (content, type, name) => {
  const url = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], {type}));
  const link = hopflow.el("a", {href: url, download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
};

// Rows of values as comma-separated text. A cell that begins like a formula would be run by a spreadsheet.
hopflow.csv = (rows) => {
  const cell = (x) => {
    if (typeof x === "number") return Number.isFinite(x) ? String(x) : "";
    let text = x === null || x === undefined ? "" : String(x);
    if (/^[=+\-@\t\r]/.test(text) && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? "\"" + text.replaceAll("\"", "\"\"") + "\"" : text;
  };
  return rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
};
hopflow.saveCsv = (rows, name) => hopflow.save(hopflow.csv(rows), "text/csv", name + ".csv");
