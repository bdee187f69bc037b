// SPDX-License-Identifier: GPL-2.0-or-later
// Several runs side by side: which settings differ, and what that does to each barrier.
"use strict";

(() => {
  const {el, num, list, object, str} = hopflow;
  const bare = (m) => str(m.bare || m.name);

  // What a run was set to, as {key: text}; keys of a material begin with its name.
  hopflow.settingsOf = (run) => {
    const out = {hopflow: str(run.summary.hopflow), study: str(run.summary.study), quick: str(run.summary.quick)};
    for (const m of run.materials) {
      const put = (key, x) => { const text = str(x); if (text !== "") out[bare(m) + "\n" + key] = text; };
      const [engine, force, box, symmetry, host] = [m.engine, m.forcefield, m.supercell, m.symmetry, m.host].map(object);
      put("engine", [str(engine.name), str(engine.version)].filter((x) => x).join(" "));
      for (const key of ["tier", "charge"]) put(key, engine[key]);
      put("engine parameters (hash)", str(engine.parameters_hash).slice(0, 12));
      put("force field", [str(force.name), str(force.charge_set)].filter((x) => x).join(", charge set "));
      put("structure (hash)", str(m.structure_hash || m.structure_sha256).slice(0, 12));
      put("supercell", list(box.matrix).map((r) => "[" + list(r).join(" ") + "]").join(" "));
      put("atoms", box.atoms);
      put("hops classed by", str(symmetry.of) ? str(symmetry.of) + " at " + str(symmetry.symprec_angstrom) + " \u00c5" : "");
      put("host", host.relax);
      put("stated model error (eV)", m.model_error_ev);
      for (const [key, value] of Object.entries(object(m.protocol))) if (!["tier", "charge"].includes(key)) put(hopflow.label(key), value);
      if (str(object(m.headline).protocol)) put("protocol", m.headline.protocol);
    }
    return out;
  };

  // Rows {of, key, values} of every setting that is not the same in all runs. One that differs alike in all materials is one row.
  hopflow.settingDifferences = (runs) => {
    const all = runs.map(hopflow.settingsOf);
    const keys = [...new Set(all.flatMap((s) => Object.keys(s)))];
    const rows = keys.map((key) => ({of: key.includes("\n") ? key.split("\n")[0] : "", key: key.includes("\n") ? key.split("\n")[1] : key,
        values: all.map((s) => (key in s ? s[key] : "\u2013"))}))
      .filter((r) => new Set(r.values).size > 1);
    const merged = new Map();
    for (const r of rows) {
      const same = r.key + "\n" + r.values.join("\n");
      const row = merged.get(same);
      if (row) row.of += ", " + r.of;
      else merged.set(same, {...r});
    }
    return [...merged.values()];
  };

  // Every material with its headline in each run (null where it is not in it).
  hopflow.sideBySide = (runs) => {
    const names = [...new Set(runs.flatMap((r) => r.materials.map(bare)))];
    return names.map((name) => ({name, headlines: runs.map((r) => { const m = r.materials.find((x) => bare(x) === name); return m ? hopflow.headlineOf(m)
        : null; })}));
  };

  hopflow.runsSentence = (runs) => {
    const rows = hopflow.sideBySide(runs).map(({name, headlines}) => {
      const known = headlines.map((h, i) => (h && h.barrier !== null ? hopflow.withError(h.barrier, h.error) + " in " + runs[i].name : "")).filter((w) => w);
      const none = headlines.map((h, i) => (h && h.barrier === null ? runs[i].name : "")).filter((w) => w);
      return known.length ? name + ": " + hopflow.joined(known) + (none.length ? ", no barrier in " + hopflow.joined(none) : "") : name + ": no barrier";
    });
    return rows.join(". ") + ".";
  };

  // Differences to the first run, in words and in short.
  hopflow.runsDiffer = (runs) => {
    // Hashes name nothing; the protocol in words repeats what its own settings say.
    const rows = hopflow.settingDifferences(runs).filter((r) => !/hash/.test(r.key) && r.key !== "protocol"
        && !(r.key === "study" && r.values.every((v, i) => v === runs[i].name)));
    const of = (r) => (r.of && runs[0].materials.length > 1 && r.of !== hopflow.sideBySide(runs).map((m) => m.name).join(", ") ? " (" + r.of + ")" : "");
    const words = rows.slice(0, 6).map((r) => el("li", {}, el("strong", {}, r.key), of(r), ": ", r.values.map((v, i) => v + " in " + runs[i].name).join(", ")));
    if (!rows.length) return "The settings that are recorded are the same.";
    return [el("ul", {}, words), rows.length > 6 ? el("a", {href: "#runs"}, hopflow.plural(rows.length - 6, "more difference")) : null];
  };

  const barrierTable = (runs) => hopflow.table({caption: "Barriers side by side", file: "runs-barriers", rows: hopflow.sideBySide(runs), columns: [
    {head: "Material", cell: (r) => r.name},
    ...runs.map((run, i) => ({head: run.name + " (eV)", amount: true, value: (r) => (r.headlines[i] ? r.headlines[i].barrier : null),
        cell: (r) => (r.headlines[i] ? hopflow.withError(r.headlines[i].barrier, r.headlines[i].error) : "not in this run")})),
    ...runs.slice(1).map((run, k) => {
      const ends = (r) => [r.headlines[0], r.headlines[k + 1]];
      const both = (r) => ends(r).every((h) => h && h.barrier !== null);
      return {head: run.name + " \u2212 " + runs[0].name + " (eV)", amount: true, help: "With both total errors in quadrature.",
          value: (r) => (both(r) ? ends(r)[1].barrier - ends(r)[0].barrier : null),
        cell: (r) => (both(r) ? hopflow.withError(ends(r)[1].barrier - ends(r)[0].barrier, ends(r).every((h) => h.error !== null)
            ? Math.hypot(ends(r)[0].error, ends(r)[1].error) : null) : "\u2013")};
    })],
  below: (r) => { const decided = r.headlines.map((h, i) => (h && h.hop ? runs[i].name + ": " + h.hop
      + (h.checksFailed.length ? ", fails " + h.checksFailed.join(", ") : "") : "")).filter((w) => w); return decided.length ? "Decided by "
          + decided.join("; ") : null; }});

  const hopTable = (runs, name) => {
    const own = runs.map((r) => r.materials.find((m) => bare(m) === name));
    const found = own.map((m) => new Map(list(object(m).barriers).map(object).map((b) => [str(b.hop), b])));
    const hops = [...new Set(found.flatMap((f) => [...f.keys()]))].filter((h) => found.filter((f) => f.has(h)).length > 1);
    return hops.length ? hopflow.table({caption: "Hops in several runs, " + name, file: "runs-hops-" + hopflow.slug(name), rows: hops, columns: [
      {head: "Hop", cell: (h) => hopflow.hopName(h), value: (h) => h},
      ...runs.map((run, i) => ({head: run.name + ", forward (eV)", amount: true, value: (h) => num(object(found[i].get(h)).forward_ev),
        cell: (h) => { const b = found[i].get(h); return b ? num(b.forward_ev) === null ? hopflow.status(b.status)
            : hopflow.withError(b.forward_ev, hopflow.totalError(b, own[i])) : "not in this run"; }}))]}) : null;
  };

  hopflow.runsSection = (runs) => {
    if (runs.length < 2) return null;
    const rows = hopflow.settingDifferences(runs);
    return hopflow.fold({id: "runs", title: "Runs side by side", gist: hopflow.plural(rows.length, "setting") + " differ" + (rows.length === 1 ? "s" : ""),
        models: runs.flatMap((r) => r.materials), make: () => [
      barrierTable(runs),
      rows.length ? hopflow.table({caption: "Settings that differ", file: "runs-settings", rows,
          columns: [{head: "Setting", cell: (r) => r.key}, {head: "Of", cell: (r) => r.of || "the run"},
        ...runs.map((run, i) => ({head: run.name, wide: true, cell: (r) => r.values[i]}))]}) : hopflow.missing("Every recorded setting is the same."),
      hopflow.sideBySide(runs).map((r) => hopTable(runs, r.name))]});
  };
})();
