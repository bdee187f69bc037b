// SPDX-License-Identifier: GPL-2.0-or-later
// Where the hop network opens, along which cell vector, and how fast a vacancy diffuses in it.
"use strict";

(() => {
  const {num, list, object, str} = hopflow;
  const boltzmann = 8.617333262e-5;  // eV/K
  // A diffusivity nobody could measure is a statement, not a number.
  const speed = (d, factor) => (num(d) === null ? "\u2013" : d === 0 ? "0" : d < 1e-40 ? "< 10\u207b\u2074\u2070" : hopflow.withinFactor(d, factor));

  // One standard deviation of ln D as a factor: the barrier's error over kT and an attempt frequency that lies anywhere within its own factor.
  hopflow.diffusivityFactor = (error_ev, temperature_k, frequencyFactor) => {
    if (num(error_ev) === null || !(num(temperature_k) > 0)) return null;
    const spread = num(frequencyFactor) > 1 ? Math.log(frequencyFactor) / Math.sqrt(3) : 0;
    return Math.exp(Math.hypot(error_ev / (boltzmann * temperature_k), spread));
  };

  hopflow.transport = (material) => {
    const network = object(material.network);
    const along = object(network.along_cell);
    const diffusion = object(network.diffusion);
    const at = object(list(diffusion.temperatures)[0]);
    const line = object(diffusion.arrhenius);
    const error = hopflow.headlineOf(material).error;
    const rows = [
      ...list(network.by_dimension).map(object).map((s) => ({what: "percolating in " + str(s.dimension) + "D", barrier: s})),
      ...["a", "b", "c"].filter((k) => k in along).map((k) => ({what: "along " + k, barrier: object(along[k]),
        speed: num(object(at.along_cell_cm2_per_s)[k]), activation: object(line.activation_along_cell_ev)[k]})),
      hopflow.has(at) ? {what: "mean of all directions", barrier: {}, speed: num(at.mean_cm2_per_s), low: num(at.mean_low_cm2_per_s),
        high: num(at.mean_high_cm2_per_s), activation: line.activation_ev} : null].filter((row) => row);
    if (!rows.length) return null;
    const factor = hopflow.diffusivityFactor(error, num(at.temperature_k), num(diffusion.attempt_frequency_factor));
    const ev = (value) => hopflow.measured(num(value), error).value;
    return hopflow.table({
      caption: "Hop network of " + str(material.name) + (num(at.temperature_k) === null ? "" : ", one vacancy at " + hopflow.short(at.temperature_k) + " K"),
      file: "network-" + hopflow.slug(material.name), rows, columns: [
        {head: "Path", cell: (r) => r.what},
        {head: "Highest saddle (eV)", number: true, value: (r) => num(r.barrier.barrier_ev), cell: (r) => ev(r.barrier.barrier_ev),
            help: "Highest saddle of the lowest-barrier percolating path, above the most stable vacancy site on it."},
        {head: "Decided by", value: (r) => str(r.barrier.deciding_hop),
            cell: (r) => (r.barrier.deciding_hop ? hopflow.pathLink(material, str(r.barrier.deciding_hop)) : "\u2013")},
        {head: "D (cm\u00b2/s)", number: true, value: (r) => num(r.speed), cell: (r) => (r.speed === undefined ? "\u2013" : speed(r.speed, factor)),
          help: num(diffusion.attempt_frequency_thz) === null ? "Diffusivity of one vacancy." : "Diffusivity of one vacancy with an attempt frequency of "
              + hopflow.short(diffusion.attempt_frequency_thz, 2) + " THz, known within a factor of "
            + hopflow.short(diffusion.attempt_frequency_factor, 2) + ". With all digits in the CSV."},
        factor === null ? null : {head: "\u00d7 or \u00f7", number: true, value: (r) => (num(r.speed) > 0 ? factor : null),
            cell: (r) => (num(r.speed) > 1e-40 ? hopflow.factorWords(factor) : "\u2013"),
          help: "One standard deviation of D as a factor: the total error of the barrier over kT, and the attempt frequency."},
        {head: "Activation of D (eV)", number: true, value: (r) => num(r.activation), cell: (r) => ev(r.activation)}]});
  };

  hopflow.arrhenius = (materials) => {
    const series = materials.map((m, i) => ({m, i, line: object(object(object(m.network).diffusion).arrhenius)}))
      .filter(({line}) => [line.from_k, line.to_k, line.activation_ev, line.prefactor_cm2_per_s].every((x) => num(x) !== null) && line.from_k > 0
          && line.prefactor_cm2_per_s > 0)
      .map(({m, i, line}) => ({i, name: str(m.name), symbols: true,
        points: Array.from({length: 11}, (_, k) => 1000 / line.from_k + k / 10 * (1000 / line.to_k - 1000 / line.from_k))
          .map((x) => [x, line.prefactor_cm2_per_s * Math.exp(-line.activation_ev * x / 1000 / boltzmann)])}));
    const known = materials.map((m) => ({name: str(m.name), factor: hopflow.diffusivityFactor(hopflow.headlineOf(m).error, 300, object(object(m.network)
        .diffusion).attempt_frequency_factor)})).filter((k) => k.factor !== null && series.some((s) => s.name === k.name));
    return hopflow.lineFigure({title: "Diffusivity of one vacancy", file: "diffusivity", series,
      caption: "Arrhenius line of a third of the trace of the diffusion tensor, exact for the hops that were computed, one attempt frequency for all."
          + (known.length ? " One standard deviation at 300 K is a factor of "
        + hopflow.joined(known.map((k) => hopflow.factorWords(k.factor) + " (" + k.name + ")")) + ": the barrier's error over kT, and the attempt frequency."
            : ""),
      x: {name: "1000 K / T", scale: true}, y: {name: "D (cm\u00b2/s)", log: true},
      tip: (p) => [hopflow.short(1000 / p[0], 3) + " K", hopflow.withinFactor(p[1], 10) + " cm\u00b2/s"]});
  };
})();
