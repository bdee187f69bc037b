// SPDX-License-Identifier: GPL-2.0-or-later
// The spiking network of each material: accuracy with its error, or the reason why there is none.
"use strict";

(() => {
  const {el, num, list, object, str, short, fixed} = hopflow;
  const percent = (x) => (num(x) === null ? "\u2013" : fixed(100 * x, 1) + " %");
  const share = (key) => ({number: true, value: (s) => num(s[key]), cell: (s) => percent(s[key])});
  // An accuracy with its error, in the digits the error allows.
  const known = (key, error) => ({number: true, value: (s) => num(s[key]), cell: (s) => (num(s[key]) === null ? "\u2013" : num(s[error]) > 0
      ? hopflow.measured(100 * s[key], 100 * s[error], 1).value + " %" : percent(s[key]))});
  const errorOf = (key) => ({number: true, value: (s) => num(s[key]), cell: (s) => (num(s[key]) > 0 ? hopflow.measured(0, 100 * s[key], 1).error + " %"
      : "\u2013")});
  const plain = (key, digits = 3) => ({number: true, value: (s) => num(s[key]), cell: (s) => short(s[key], digits)});

  // Mean and error over seeds: `accuracy` where the run states it, the older mean otherwise.
  const accuracy = (snn) => (snn.accuracy === undefined ? num(snn.accuracy_mean) : num(object(snn.accuracy).mean) === null ? num(snn.accuracy)
      : snn.accuracy.mean);
  const words = (snn) => {
    const mean = accuracy(snn);
    if (mean === null) return "no accuracy";
    // One seed has no spread: the number of its test images is the error that is known.
    const error = num(snn.accuracy_sd) === null ? num(object(list(snn.seeds)[0]).accuracy_sampling_error) : snn.accuracy_sd;
    const m = hopflow.measured(100 * mean, error === null ? null : 100 * error, 1);
    return m.value + (m.error ? " \u00b1 " + m.error : "") + " %";
  };

  const causes = {barrier: "barrier and attempt frequency", seed: "seed of the training", cells: "assignment of devices to cells",
      rest: "interactions and chance"};
  const uncertainty = (data, material) => {
    const parts = list(data.parts).map(object);
    if (!parts.length) return null;
    const total = parts.reduce((sum, p) => sum + (num(p.sd) || 0) ** 2, 0);
    const mean = (r) => r.row.reduce((sum, a) => sum + a, 0) / r.row.length;
    return hopflow.details("Where the spread comes from: " + percent(data.accuracy_mean) + " \u00b1 " + percent(data.accuracy_sd)
        + " with barrier, seed and cells drawn again",
      hopflow.table({caption: "Parts of the spread, " + str(material.name), rows: parts, columns: [
        {head: "Cause", cell: (p) => causes[p.cause] || str(p.cause)}, {head: "Standard deviation", ...share("sd")},
        {head: "Share of the variance", number: true, value: (p) => (total > 0 && num(p.sd) !== null ? p.sd ** 2 / total : null),
            cell: (p) => (total > 0 && num(p.sd) !== null ? percent(p.sd ** 2 / total) : "\u2013")},
        {head: "F", ...plain("f"),
            help: "Variance ratio of the analysis of variance: the cause's mean square over that of the rest. Near 1: nothing but chance."}]}),
      hopflow.table({caption: "Accuracy by drawn barrier, " + str(material.name),
          rows: list(data.accuracies).map((row, k) => ({k, row: list(row).map(num).filter((x) => x !== null)})).filter((r) => r.row.length), columns: [
        {head: "Barrier (eV)", number: true, value: (r) => num(list(data.barriers_ev)[r.k]), cell: (r) => fixed(num(list(data.barriers_ev)[r.k]), 3)},
        {head: "Retention (s)", number: true, value: (r) => num(list(data.retention_s)[r.k]), cell: (r) => short(list(data.retention_s)[r.k], 3)},
        {head: "Mean", number: true, value: mean, cell: (r) => percent(mean(r))},
        {head: "Lowest", number: true, value: (r) => Math.min(...r.row), cell: (r) => percent(Math.min(...r.row))},
            {head: "Highest", number: true, value: (r) => Math.max(...r.row), cell: (r) => percent(Math.max(...r.row))}]}),
      data.note ? hopflow.notes([str(data.note)]) : null);
  };

  const energy = (seed) => {
    const e = object(seed.energy);
    if (num(e.per_write_j) === null) return null;
    const value = (x) => short(x, 2) + " J";
    return el("p", {}, "Energy in the cells: " + value(e.per_write_j) + " per write pulse, " + value(e.per_training_image_j) + " per training image, "
        + value(e.per_inference_j) + " per inference.");
  };

  const wires = (seed, material) => {
    const through = object(seed.wires), rows = list(through.reads).map(object);
    return rows.length ? hopflow.table({
      caption: "Read through wires of " + short(through.line_resistance_ohm) + " ohm per segment, " + str(material.name) + " (first seed; "
          + percent(seed.accuracy) + " without wires)", file: "wires-" + hopflow.slug(material.name),
      rows, columns: [
        {head: "Cells per tile", value: (r) => num(r.tile), cell: (r) => short(r.tile) + " \u00d7 " + short(r.tile)},
            {head: "Rows without a spike", cell: (r) => str(r.scheme)},
        {head: "Gain of each neuron", cell: (r) => (r.trimmed === true ? "trimmed" : "as trained")},
        {head: "Accuracy", ...known("accuracy", "accuracy_sampling_error")}, {head: "Sampling error", ...errorOf("accuracy_sampling_error")},
        {head: "Conductance left, median", ...share("median_share")}, {head: "Least", ...share("least_share")},
            {head: "Energy (J per spike)", ...plain("read_energy_j")}]}) : null;
  };

  const differences = (runs) => {
    const rows = runs.flatMap(({material, snn}) => list(snn.differences).map(object).map((d) => ({...d, material: str(material.name)})));
    return rows.length ? hopflow.table({caption: "Paired differences: same seeds, same images", file: "snn-differences", rows, columns: [
      {head: "Material", cell: (r) => r.material}, {head: "Minus", cell: (r) => str(r.to)}, {head: "Difference", ...known("mean", "sem")},
          {head: "Standard error", ...errorOf("sem")}, {head: "Pairs", ...plain("pairs")}]}) : null;
  };

  const notesOf = (snn) => [...list(snn.notes), ...list(snn.seeds).map(object).flatMap((s) => list(s.notes))];
  const run = ({material, snn}, notes) => {
    const seeds = list(snn.seeds).map(object);
    const first = seeds[0] || {};
    const head = el("h3", {}, hopflow.nameOf(material));
    if (accuracy(snn) === null) return el("div", {class: "block"}, head,
        el("p", {}, hopflow.state("warn", "No accuracy: " + (str(snn.reason) || "no reason was recorded") + ".")), hopflow.notes(notes));
    return el("div", {class: "block"}, head,
      el("p", {class: "big"}, words(snn)), el("p", {class: "what"}, "test accuracy"
          + (num(snn.accuracy_sd) === null ? ", one seed \u00b1 sampling error" : ", mean \u00b1 standard deviation over "
              + hopflow.plural(seeds.length, "seed")) + (str(snn.reason) ? "; " + str(snn.reason) : "")),
      seeds.length ? hopflow.table({caption: "Seeds, " + str(material.name), file: "seeds-" + hopflow.slug(material.name), rows: seeds, columns: [
        {head: "Seed", ...plain("seed")}, {head: "Accuracy", ...known("accuracy", "accuracy_sampling_error")},
            {head: "Sampling error", ...errorOf("accuracy_sampling_error"), help: "Standard error from the number of test images alone."},
        {head: "First 1000 images", ...known("accuracy_first_1000", "accuracy_first_1000_sampling_error")},
            {head: "By mean rate", ...known("accuracy_mean_rate", "accuracy_sampling_error"),
                help: "Answer: the digit whose neurons have the highest mean rate."},
        {head: "By likeliest digit", ...known("accuracy_likeliest", "accuracy_sampling_error")}, {head: "Spikes per image", ...plain("spikes_per_image")},
            {head: "Dead neurons", ...plain("dead_neurons"), help: "Neurons that never fire in the test."},
        {head: "Synapse", cell: (s) => str(s.synapse)}]}) : null,
      wires(first, material), uncertainty(object(snn.uncertainty), material), energy(first),
      seeds.length ? el("div", {class: "pair"}, hopflow.fields(object(first.receptive_fields), material), hopflow.confusion(first.confusion, material)) : null,
      el("div", {class: "pair"}, hopflow.histogram(object(first.weight_histogram), material, "Weights", "weight", "weights"),
        hopflow.histogram(object(first.spike_histogram), material, "Spikes per test image", "spikes", "spikes")),
      hopflow.noteFold("What holds for this network", notes));
  };

  hopflow.network = (materials) => {
    const runs = materials.filter((m) => hopflow.has(m.snn)).map((m) => ({material: m, snn: object(m.snn)}));
    if (!runs.length) return null;
    const {shared, own} = hopflow.sharedNotes(runs.map((r) => notesOf(r.snn)));
    const trained = runs.filter((r) => accuracy(r.snn) !== null);
    return hopflow.fold({id: "network", title: "Spiking network", models: runs.map((r) => r.material),
        gist: runs.map((r) => str(r.material.name) + " " + words(r.snn)).join(", "), make: () => [
      hopflow.absent(materials, "snn", "network"), differences(trained), hopflow.learning(trained), runs.map((r, i) => run(r, own[i])),
          hopflow.noteFold("What holds for every network", shared)]});
  };
})();
