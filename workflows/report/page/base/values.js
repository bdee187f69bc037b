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
// A name as part of a file name.
hopflow.slug = (name) => hopflow.str(name).replace(/[^\w.-]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "unnamed";

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
