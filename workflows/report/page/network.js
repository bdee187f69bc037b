// SPDX-License-Identifier: GPL-2.0-or-later
// The spiking network: accuracy over seeds, learning curve, confusion matrix and receptive fields.
"use strict";

(() => {
  const {el, num, list, object, str, short, fixed} = hopflow;
  const percent = (x) => (num(x) === null ? "\u2013" : fixed(100 * x, 1) + " %");

  const confusion = (matrix, material) => {
    const rows = list(matrix).map((r) => list(r).map(num));
    if (!rows.length) return hopflow.missing("No confusion matrix was kept.");
    const top = Math.max(1, ...rows.flat().map((v) => v || 0));
    const width = Math.max(...rows.map((r) => r.length));
    return hopflow.shaded({caption: "Confusion matrix, " + str(material.name) + ": rows are the digits shown, columns the answers", corner: "digit", materials: [material],
      heads: Array.from({length: width}, (_, j) => String(j)),
      rows: rows.map((row, i) => ({head: String(i), cells: row.map((v) => ({text: short(v), share: Math.sqrt((v || 0) / top)}))}))});
  };

  const fields = (data, material) => {
    const side = num(data.side) || 28;
    const values = list(data.values).map(list).filter((v) => v.length === side * side);
    if (!values.length) return hopflow.missing("No receptive fields were kept.");
    const columns = Math.ceil(Math.sqrt(values.length));
    const lines = Math.ceil(values.length / columns);
    const pitch = side + 1;
    const canvas = el("canvas", {class: "fields", width: String(columns * pitch - 1), height: String(lines * pitch - 1), role: "img",
      "aria-label": "Receptive fields of " + values.length + " neurons"});
    const pen = canvas.getContext("2d");
    const shades = Array.from({length: 256}, (_, k) => hopflow.scale(k / 255));
    values.forEach((field, n) => field.forEach((v, p) => {
      pen.fillStyle = shades[Math.round(255 * Math.min(1, Math.max(0, num(v) || 0)))];
      pen.fillRect((n % columns) * pitch + p % side, Math.floor(n / columns) * pitch + Math.floor(p / side), 1, 1);
    }));
    return el("figure", {class: "narrow"}, el("h4", {}, "Receptive fields"), canvas,
      el("figcaption", {}, "Input weights of " + values.length + " neurons, " + side + " \u00d7 " + side + " each; dark is 0, bright is 1."), hopflow.modelNote([material]));
  };

  const curves = (runs) => {
    const series = runs.flatMap(({material, snn}, i) => list(snn.seeds).map(object).slice(0, 1).map((seed) => ({
      i, name: str(material.name) + (material.model === true ? " (model cell)" : ""),
      data: list(seed.curve).map(object).map((p) => [num(p.samples), num(p.accuracy)]).filter((p) => p[0] !== null && p[1] !== null).map((p) => [p[0], 100 * p[1]])})))
      .filter((s) => s.data.length > 1);
    if (!series.length) return null;
    return hopflow.figure({title: "Learning curve", file: "learning", materials: runs.map((r) => r.material), caption: "Accuracy of the first seed against the number of images learnt.",
      option: (t) => ({
        xAxis: hopflow.axis(t, "training images", {type: "value"}), yAxis: hopflow.axis(t, "accuracy (%)", {type: "value", scale: true, nameGap: 40}),
        tooltip: {...hopflow.base(t).tooltip, formatter: (p) => hopflow.tip([p.seriesName, short(p.value[0]) + " images", fixed(p.value[1], 1) + " %"])},
        series: series.map((s) => ({type: "line", name: s.name, data: s.data, symbol: hopflow.symbols[s.i % 6], symbolSize: 7,
          itemStyle: {color: t.colours[s.i % 6]}, lineStyle: {width: 2, type: hopflow.strokes[s.i % 6]}}))})});
  };

  const histogram = (data, material, title, label, file) => {
    const edges = list(data.edges).map(num), counts = list(data.counts).map(num);
    if (edges.length !== counts.length + 1 || !counts.length) return null;
    return hopflow.figure({title, file, materials: [material], caption: title + " of the first seed; the last bin holds everything above.",
      option: (t) => ({xAxis: hopflow.axis(t, label, {type: "category", data: edges.slice(0, -1).map((e) => short(e, 3))}),
        yAxis: hopflow.axis(t, "count", {type: "log", min: 0.5, nameGap: 48}),
        tooltip: {...hopflow.base(t).tooltip, formatter: (p) => hopflow.tip([short(edges[p.dataIndex], 3) + " to " + short(edges[p.dataIndex + 1], 3), short(counts[p.dataIndex])])},
        series: [{type: "bar", name: str(material.name), data: counts.map((c) => c || null), itemStyle: {color: t.colours[0]}}]})});
  };

  const causes = {barrier: "barrier and attempt frequency", seed: "seed of the training", cells: "which cells are which devices", rest: "interactions and chance"};

  const uncertainty = (data, material) => {
    const parts = list(data.parts).map(object);
    if (!parts.length) return null;
    const total = parts.reduce((sum, p) => sum + (num(p.sd) || 0) ** 2, 0);
    return el("div", {}, el("h4", {}, "Where the spread comes from"),
      el("p", {}, "With barrier, seed and cells drawn anew: " + percent(data.accuracy_mean) + " \u00b1 " + percent(data.accuracy_sd) + " over " + list(data.accuracies).flat().length + " trainings."),
      hopflow.table({caption: "Parts of the spread, " + str(material.name), materials: [material], rows: parts, columns: [
        {head: "Cause", cell: (p) => causes[p.cause] || str(p.cause)}, {head: "Standard deviation", number: true, cell: (p) => percent(p.sd)},
        {head: "Share of the variance", number: true, cell: (p) => (total > 0 && num(p.sd) !== null ? percent(p.sd ** 2 / total) : "\u2013")},
        {head: "F", number: true, cell: (p) => (num(p.f) === null ? "\u2013" : short(p.f, 3))}]}),
      hopflow.table({caption: "Accuracy by drawn barrier, " + str(material.name), materials: [material], rows: list(data.accuracies).map((row, k) => ({k, row: list(row).map(num)})), columns: [
        {head: "Barrier (eV)", number: true, cell: (r) => fixed(num(list(data.barriers_ev)[r.k]), 3)},
        {head: "Retention (s)", number: true, cell: (r) => short(list(data.retention_s)[r.k], 3)},
        {head: "Mean", number: true, cell: (r) => percent(r.row.reduce((sum, a) => sum + a, 0) / r.row.length)},
        {head: "Lowest", number: true, cell: (r) => percent(Math.min(...r.row))}, {head: "Highest", number: true, cell: (r) => percent(Math.max(...r.row))}]}),
      data.note ? hopflow.notes([str(data.note)]) : null);
  };

  const energy = (seed) => {
    const e = object(seed.energy);
    if (num(e.per_write_j) === null) return null;
    const value = (x) => short(x, 3) + " J";
    return el("p", {}, "Energy in the cells: " + value(e.per_write_j) + " a write pulse, " + value(e.per_training_image_j) + " a training image, " + value(e.per_inference_j) + " an inference.");
  };

  const wires = (seed, material) => {
    const through = object(seed.wires), rows = list(through.reads).map(object);
    return rows.length ? hopflow.table({
      caption: "The first seed read through wires of " + short(through.line_resistance_ohm) + " ohm per segment; " + percent(seed.accuracy) + " without wires",
      materials: [material], rows, columns: [
        {head: "Cells a tile", cell: (r) => short(r.tile) + " \u00d7 " + short(r.tile)}, {head: "Rows without a spike", cell: (r) => str(r.scheme)}, {head: "Gain of each neuron", cell: (r) => (r.trimmed === true ? "trimmed" : "as trained")},
        {head: "Accuracy", number: true, cell: (r) => percent(r.accuracy)}, {head: "Sampling error", number: true, cell: (r) => percent(r.accuracy_sampling_error)},
        {head: "Conductance left, median", number: true, cell: (r) => percent(r.median_share)}, {head: "Least", number: true, cell: (r) => percent(r.least_share)},
        {head: "J per spike", number: true, cell: (r) => short(r.read_energy_j, 3)}]}) : null;
  };

  const differences = (runs) => {
    const rows = runs.flatMap(({material, snn}) => list(snn.differences).map(object).map((d) => ({material, d})));
    if (!rows.length) return null;
    return hopflow.table({caption: "Paired differences: same seeds, same images", materials: runs.map((r) => r.material), rows, columns: [
      {head: "Material", cell: (r) => hopflow.nameOf(r.material)}, {head: "Less", cell: (r) => str(r.d.to)},
      {head: "Difference", number: true, cell: (r) => percent(r.d.mean)}, {head: "Standard error", number: true, cell: (r) => percent(r.d.sem)},
      {head: "Pairs", number: true, cell: (r) => short(r.d.pairs)}]});
  };

  const run = ({material, snn}) => {
    const seeds = list(snn.seeds).map(object);
    const first = seeds[0] || {};
    return el("div", {class: "block"}, el("h3", {}, hopflow.nameOf(material)),
      el("p", {class: "big"}, percent(snn.accuracy_mean), num(snn.accuracy_sd) === null ? null : el("span", {class: "error"}, " \u00b1 " + percent(snn.accuracy_sd))),
      el("p", {class: "what"}, "test accuracy, mean \u00b1 standard deviation over " + seeds.length + (seeds.length === 1 ? " seed" : " seeds")),
      seeds.length ? hopflow.table({caption: "Seeds, " + str(material.name), materials: [material], rows: seeds, columns: [
        {head: "Seed", cell: (s) => short(s.seed)}, {head: "Accuracy", number: true, cell: (s) => percent(s.accuracy)},
        {head: "Sampling error", number: true, cell: (s) => percent(s.accuracy_sampling_error)},
        {head: "First 1000 images", number: true, cell: (s) => percent(s.accuracy_first_1000)},
        {head: "By mean rate", number: true, cell: (s) => percent(s.accuracy_mean_rate)}, {head: "By likeliest digit", number: true, cell: (s) => percent(s.accuracy_likeliest)},
        {head: "Spikes per image", number: true, cell: (s) => short(s.spikes_per_image, 3)}, {head: "Dead neurons", number: true, cell: (s) => short(s.dead_neurons)},
        {head: "Synapse", cell: (s) => str(s.synapse)}]}) : hopflow.missing("No seed finished."),
      wires(first, material), uncertainty(object(snn.uncertainty), material), energy(first),
      seeds.length ? el("div", {class: "pair"}, fields(object(first.receptive_fields), material), confusion(first.confusion, material)) : null,
      histogram(object(first.weight_histogram), material, "Weights", "weight", "weights"),
      histogram(object(first.spike_histogram), material, "Spikes per test image", "spikes", "spikes"),
      hopflow.notes([...list(snn.notes), ...seeds.flatMap((s) => list(s.notes))]));
  };

  hopflow.network = (materials) => {
    const section = hopflow.section("network", "Spiking network");
    const runs = materials.filter((m) => hopflow.has(m.snn)).map((m) => ({material: m, snn: object(m.snn)}));
    if (!runs.length) return hopflow.fill(section, [hopflow.missing("No network was trained in this run."), hopflow.absent(materials, "snn", "network")]);
    return hopflow.fill(section, [hopflow.absent(materials, "snn", "network"),
      runs.length > 1 ? hopflow.table({caption: "Accuracy by material", materials: runs.map((r) => r.material), rows: runs, columns: [
        {head: "Material", cell: (r) => hopflow.nameOf(r.material)}, {head: "Mean", number: true, cell: (r) => percent(r.snn.accuracy_mean)},
        {head: "Standard deviation", number: true, cell: (r) => percent(r.snn.accuracy_sd)}, {head: "Seeds", number: true, cell: (r) => short(list(r.snn.seeds).length)}]}) : null,
      differences(runs), curves(runs), runs.map(run)]);
  };
})();
