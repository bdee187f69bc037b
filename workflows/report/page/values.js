// SPDX-License-Identifier: GPL-2.0-or-later
// Reading the data: whatever is missing or of another type becomes null or empty, never an exception.
"use strict";

const hopflow = {};

// Characters that would steer the reader instead of being read: controls, direction overrides, invisible marks.
hopflow.visible = (text) =>
  text.replace(/[\u0000-\u0008\u000b-\u001f]/g, (c) => String.fromCharCode(0x2400 + c.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
      (c) => "\u27e8U+" + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0") + "\u27e9");

hopflow.num = (x) => (typeof x === "number" && Number.isFinite(x) ? x : null);
hopflow.list = (x) => (Array.isArray(x) ? x : []);
hopflow.object = (x) => (x !== null && typeof x === "object" && !Array.isArray(x) ? x : {});
hopflow.has = (x) => Object.keys(hopflow.object(x)).length > 0;

// Any value as text for a reader.
hopflow.str = (x) => {
  if (typeof x === "string") return hopflow.visible(x);
  if (typeof x === "number") return hopflow.short(x);
  if (typeof x === "boolean") return x ? "yes" : "no";
  if (Array.isArray(x)) return x.map(hopflow.str).join(", ");
  if (x !== null && typeof x === "object") {
    return Object.entries(x).map(([k, v]) => hopflow.visible(k) + " " + hopflow.str(v)).join(", ");
  }
  return "";
};

// Fixed decimals; an em dash where there is no number.
hopflow.fixed = (x, digits) => (hopflow.num(x) === null ? "\u2013" : x.toFixed(digits).replace(/^-(0(\.0+)?)$/, "$1"));

// A few significant digits, scientific where that is shorter to read.
hopflow.short = (x, digits = 4) => {
  if (hopflow.num(x) === null) return "\u2013";
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (Number.isInteger(x) && size < 1e6) return String(x);
  if (size >= 1e5 || size < 1e-3) return x.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  return String(Number(x.toPrecision(digits)));
};

// "energy_ev" -> "energy (eV)": keys of the files carry their unit at the end.
hopflow.units = {
  ev: "eV", ev_per_angstrom: "eV/\u00c5", angstrom: "\u00c5", angstrom3: "\u00c5\u00b3", k: "K", thz: "THz", v: "V", s_siemens: "S",
  a: "A", s: "s", ohm: "ohm", nm: "nm", um2: "\u00b5m\u00b2", m: "m", hz: "Hz", ev_per_k: "eV/K", v_per_m: "V/m", ms: "ms", us: "\u00b5s",
};
hopflow.label = (key) => {
  // A time's s is the second, a conductance's the siemens.
  if (key.endsWith("conductance_s")) return hopflow.visible(key.slice(0, -2)).replaceAll("_", " ") + " (S)";
  for (const [end, unit] of Object.entries(hopflow.units).sort((a, b) => b[0].length - a[0].length)) {
    if (key.endsWith("_" + end)) return hopflow.visible(key.slice(0, -end.length - 1)).replaceAll("_", " ") + " (" + unit + ")";
  }
  return hopflow.visible(key).replaceAll("_", " ");
};

// "+-0.15 eV", 0.3, "factor 3", "in_range", ... against our value; null where nothing can be said.
hopflow.inside = (ours, paper, tolerance) => {
  const value = hopflow.num(ours);
  if (value === null) return null;
  if (Array.isArray(paper)) {
    const [low, high] = paper.map(hopflow.num);
    return String(tolerance) === "in_range" && low !== undefined && low !== null && high !== undefined && high !== null
      ? low <= value && value <= high : null;
  }
  const theirs = hopflow.num(paper);
  if (theirs === null) return null;
  const relative = hopflow.num(tolerance);
  if (relative !== null) return Math.abs(value - theirs) <= relative * Math.abs(theirs);
  const text = String(tolerance);
  const margin = hopflow.margin(tolerance);
  if (margin !== null) return Math.abs(value - theirs) <= margin;
  const factor = /^factor\s+([0-9.]+)/.exec(text);
  if (factor && value > 0 && theirs > 0) return Math.abs(Math.log(value / theirs)) <= Math.log(Number(factor[1]));
  return null;
};
hopflow.margin = (tolerance) => {
  const found = /^(?:\+-|\+\/-|\u00b1)\s*([0-9]*\.?[0-9]+(?:e[+-]?[0-9]+)?)/i.exec(String(tolerance));
  return found ? Number(found[1]) : null;
};
