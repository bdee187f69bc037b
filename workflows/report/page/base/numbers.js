// SPDX-License-Identifier: GPL-2.0-or-later
// Numbers with their errors: no digit beyond the error.
"use strict";

// Decimals an error is known to: one significant digit, two where the first is a 1 (0.14, but 0.3). Null without an error.
hopflow.decimals = (error, most = 3) => {
  if (hopflow.num(error) === null || !(error > 0)) return null;
  const [digits, power] = error.toExponential(1).split("e");
  return Math.min(most, Math.max(0, (digits[0] === "1" ? 1 : 0) - Number(power)));
};

// {value, error} as text; error is "" where there is none.
hopflow.measured = (value, error, most = 3) => {
  if (hopflow.num(value) === null) return {value: "\u2013", error: ""};
  const decimals = hopflow.decimals(error, most);
  if (decimals === null) return {value: hopflow.fixed(value, 2), error: hopflow.num(error) === 0 ? "0" : ""};
  const shown = error.toFixed(decimals);
  return {value: hopflow.fixed(value, decimals), error: Number(shown) > 0 ? shown : "< " + (10 ** -decimals).toFixed(decimals)};
};

// "1.01 ± 0.10 eV", "0.48 eV (error not stated)".
hopflow.withError = (value, error, unit = "eV") => {
  if (hopflow.num(value) === null) return "no value";
  const m = hopflow.measured(value, error);
  if (m.error === "") return m.value + "\u00a0" + unit + " (error not stated)";
  return m.value + "\u00a0" + (m.error.startsWith("<") ? "(error " + m.error + ")" : "\u00b1\u00a0" + m.error) + "\u00a0" + unit;
};

// A positive number known within a factor: to its order of magnitude from a factor of 3 on, else to one digit.
hopflow.withinFactor = (value, factor) => {
  if (hopflow.num(value) === null || !(value > 0)) return "\u2013";
  if (hopflow.num(factor) === null) return hopflow.short(value, 2);
  return factor >= 3 ? hopflow.power(Math.log10(value)) : hopflow.short(value, 1);
};
hopflow.factorWords = (factor) => (hopflow.num(factor) === null ? "\u2013" : factor >= 1000 ? hopflow.power(Math.log10(factor))
    : hopflow.short(factor, factor < 3 ? 2 : 1));

// "10⁵ (10² to 10⁸)": a median between its 5 and 95 % limits, with no more digits than these allow.
hopflow.bandWords = (median, low, high) => {
  if (hopflow.num(median) === null) return "\u2013";
  if (hopflow.num(low) === null || hopflow.num(high) === null) return hopflow.short(median, 2);
  const wide = low > 0 && high > 9 * low;
  const one = (x) => (wide && x > 0 ? hopflow.power(Math.log10(x)) : hopflow.short(x, 2));
  return one(median) + " (" + one(low) + " to " + one(high) + ")";
};

// A probability: never 0 or 1.
hopflow.probability = (p) => {
  if (hopflow.num(p) === null) return "\u2013";
  if (p > 0.99) return "> 0.99";
  if (p < 0.01) return "< 0.01";
  return p.toFixed(2);
};

// "a, b and c"
hopflow.joined = (words) => {
  const kept = words.filter((w) => w !== "");
  return kept.length < 2 ? kept.join("") : kept.slice(0, -1).join(", ") + " and " + kept[kept.length - 1];
};
hopflow.plural = (count, one, many = one + "s") => count + "\u00a0" + (count === 1 ? one : many);
