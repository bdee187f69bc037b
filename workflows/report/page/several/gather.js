// SPDX-License-Identifier: GPL-2.0-or-later
// One list of materials from one or several runs; with several, every name says which run it belongs to.
"use strict";

hopflow.gather = (data) => {
  const {list, object, str} = hopflow;
  const given = list(object(data).runs).map(object);
  const several = given.length > 1;
  const scenes = {};
  const runs = given.map((run, i) => {
    const summary = object(run.summary);
    const name = str(run.name) || str(summary.study) || "run " + (i + 1);
    const named = (bare) => (several ? bare + " \u00b7 " + name : bare);
    const mark = several ? i + ":" : "";
    for (const [path, scene] of Object.entries(object(run.scenes))) scenes[mark + path] = scene;
    const materials = list(summary.materials).filter((m) => m !== null && typeof m === "object" && !Array.isArray(m)).map((m) => {
      if (!several) return m;
      const barriers = list(m.barriers).map((b) => (typeof object(b).path === "string" ? {...b, path: mark + b.path} : b));
      return {...m, bare: str(m.name), name: named(str(m.name) || "(no name)"), run: name, barriers};
    });
    const comparisons = list(summary.barrier_comparisons).map(object).map((c) =>
        (several ? {...c, a: named(str(c.a)), b: named(str(c.b)), higher: c.higher ? named(str(c.higher)) : c.higher} : c));
    return {name, summary, materials, comparisons};
  });
  return {runs, several, scenes, materials: runs.flatMap((r) => r.materials)};
};
