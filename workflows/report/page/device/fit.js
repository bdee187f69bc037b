// SPDX-License-Identifier: GPL-2.0-or-later
// What the device fit rests on: correlations, refits, unpublished numbers, energies, parameters.
"use strict";

(() => {
  const {el, num, list, object, str, short} = hopflow;
  const value = hopflow.value;
  const plain = (key) => ({number: true, value: (r) => num(r[key]), cell: (r) => value(r[key])});

  // How the fitted numbers hang together: the covariance of the fit, scaled by its standard deviations.
  hopflow.correlation = ({material, device}) => {
    const fit = object(device.fit), names = list(fit.names).map(str), sds = list(fit.sd).map(num), lines = list(fit.covariance).map(list);
    if (!names.length) return null;
    const title = "Correlation of the fitted numbers, " + str(material.name);
    if (!lines.length) return hopflow.details(title, hopflow.missing("The calibrate rows do not determine all fitted parameters, so there is no covariance."));
    // "ln off_conductance_s of iv.off.prpyr"
    const label = (name) => name.split(" ").map((word) => (word.includes("_") ? hopflow.label(word) : hopflow.visible(word))).join(" ");
    const cell = (i, j) => {
      const scaled = num(lines[i][j]) / (sds[i] * sds[j]);
      return num(lines[i][j]) !== null && sds[i] > 0 && sds[j] > 0 ? {text: hopflow.fixed(scaled, 2), share: (scaled + 1) / 2, value: scaled}
          : {text: "\u2013", share: null, value: null};
    };
    const shown = (i) => hopflow.measured(num(list(fit.values)[i]), sds[i], 6);
    return hopflow.details(title,
      el("p", {}, "From the covariance of the fit, each calibrate row weighing with its tolerance as one standard deviation. "
          + "Near 1 or \u22121 the rows fix only a combination of two numbers."),
      hopflow.shaded({caption: title + ": value, standard deviation, and correlation with each of the others", corner: "Fitted parameter", file: "correlation-"
          + hopflow.slug(material.name),
        heads: ["Value", "\u00b1", ...names.map((_, j) => String(j + 1))],
        rows: lines.slice(0, names.length).map((_, i) => ({head: (i + 1) + " " + label(names[i]),
          cells: [{text: shown(i).value, share: null, value: num(list(fit.values)[i])}, {text: shown(i).error || value(sds[i], 2), share: null, value: sds[i]},
              ...names.map((_, j) => cell(i, j))]}))}));
  };

  // What a fit would have made of another barrier: predictions that do not move say nothing about it.
  hopflow.identifiability = ({material, device}) => {
    const rows = list(device.identifiability).map(object).filter((r) => hopflow.has(r));
    if (!rows.length) return null;
    return hopflow.details("What another barrier would have changed, " + str(material.name),
      el("p", {}, "Everything is fitted again with the barrier moved. A prediction that stays the same confirms no barrier."),
      hopflow.table({caption: "Refits around the barrier, " + str(material.name), rows,
          columns: Object.keys(rows[0]).map((key) => ({head: hopflow.label(key), ...plain(key)}))}));
  };

  // What the paper does not state, varied.
  hopflow.nuisance = ({material, device}) => {
    const rows = list(device.nuisance).map(object).filter((r) => hopflow.has(r));
    return rows.length ? hopflow.details("What the paper does not state, varied, " + str(material.name),
      el("p", {}, "Dwell, pulse width, start state and read voltage are not published. Each is moved alone; the rest stays as in the fit."),
      hopflow.table({caption: "Unpublished protocol numbers, " + str(material.name), rows, columns: [
        {head: "Number", cell: (r) => hopflow.label(str(r.key))}, {head: "Value", ...plain("value")}, {head: "Prediction", cell: (r) => str(r.prediction)},
        {head: "Model", amount: true, cell: (r) => (Array.isArray(r.model) ? list(r.model).map((x) => short(x, 3)).join(" to ") : value(r.model))}]})) : null;
  };

  hopflow.pulseEnergy = ({material, device}) => {
    const rows = list(device.energy).map(object).filter((r) => hopflow.has(r));
    return rows.length ? hopflow.details("Energy of the paper's pulses, " + str(material.name),
      hopflow.table({caption: "Write energy two ways, " + str(material.name), rows, columns: [
        {head: "Pulse", cell: (r) => str(r.pulse)}, {head: "Voltage (V)", ...plain("voltage_v")}, {head: "Width (s)", ...plain("width_s")},
        {head: "Energy, integral (J)", ...plain("integral_j"), help: "Integral of voltage times current over the pulse."},
            {head: "Energy, as the paper counts (J)", ...plain("final_current_j"), help: "The final current for the whole pulse."},
        {head: "Hottest filament (K)", ...plain("hottest_k")}]})) : null;
  };

  hopflow.parameters = ({material, device}) => {
    const rows = Object.entries(object(device.parameters));
    return rows.length ? hopflow.details("Parameters of the device model, " + str(material.name),
      hopflow.table({caption: "Device parameters, " + str(material.name), file: "device-parameters-" + hopflow.slug(material.name), rows, columns: [
        {head: "Parameter", cell: ([key]) => hopflow.label(key)},
        {head: "Value", value: ([, x]) => (num(x) === null ? str(x) : x), cell: ([, x]) => (typeof x === "number" ? short(x, 4) : str(x))}]})) : null;
  };
})();
