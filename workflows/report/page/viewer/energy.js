// SPDX-License-Identifier: GPL-2.0-or-later
// The energy along a path next to its picture, with a dot at the image shown.
"use strict";

(() => {
  const {num, list, object, str} = hopflow;

  // Distance and energy of each image, and the slope the forces give: the summary's profile where it is whole.
  hopflow.profileOf = (barrier, scene) => {
    const p = object(object(barrier).profile);
    const frames = scene ? list(scene.frames) : [];
    const points = hopflow.pairs(p.distance_angstrom, p.energy_ev);
    const whole = points.length > 1 && points.length === list(p.energy_ev).length;
    const own = frames.map((f) => [num(f.distance_angstrom), num(f.energy_ev) === null || num(frames[0].energy_ev) === null ? null
        : f.energy_ev - frames[0].energy_ev]);
    const used = whole ? points : own.every((q) => q[0] !== null && q[1] !== null) ? own : points;
    // The slopes belong to the points only if both count the same path.
    const last = used.length ? used[used.length - 1][0] : 0;
    const same = used.length === frames.length && frames.length > 1 && Math.abs(last - num(frames[frames.length - 1].distance_angstrom))
        < 0.02 * Math.max(last, 0.1);
    const slopes = same ? frames.map((f) => num(f.slope_ev_per_angstrom)) : null;
    return {points: used, slopes: slopes && slopes.every((s) => s !== null) ? slopes : null};
  };

  // "saddle, 0.48 ± 0.10 eV above the first image" with the digits of the error.
  hopflow.energyWords = (barrier, material, scene, frame) => {
    const {points} = hopflow.profileOf(barrier, scene);
    const error = hopflow.totalError(barrier, material);
    const saddle = hopflow.saddleFrame(scene);
    const where = frame === 0 ? "initial state" : frame === scene.frames.length - 1 ? "final state" : frame === saddle ? "saddle" : "image " + (frame + 1)
        + " of " + scene.frames.length;
    const e = points[frame] ? points[frame][1] : null;
    const low = points.length ? Math.min(points[0][1], points[points.length - 1][1]) : 0;
    if (e === null) return where;
    if (frame === saddle && str(barrier.status).startsWith("converged")) return "Saddle: " + hopflow.withError(e - low, error) + " above the lower end.";
    return where[0].toUpperCase() + where.slice(1) + ": " + hopflow.measured(e, error || 0.01).value + "\u00a0eV.";
  };

  hopflow.energyFigure = (current) => hopflow.figure({title: "Energy along the path", file: "path-energy", height: 300,
    caption: "The dot is the image shown; click a point to see its image. Curves take their slopes from the forces where the path file has them.",
    option: (t) => {
      const {points, slopes, frame, error} = current();
      const dot = points[frame] ? [points[frame]] : [];
      return {
        xAxis: hopflow.axis(t, "distance along the path (\u00c5)", {type: "value"}), yAxis: hopflow.axis(t, "energy (eV)", {type: "value", nameGap: 46}),
        tooltip: {...hopflow.base(t).tooltip, formatter: (p) => hopflow.tip(["image " + (p.dataIndex + 1), hopflow.fixed(p.value[0], 2) + " \u00c5",
            hopflow.measured(p.value[1], error || 0.01).value + " eV"])},
        series: [
          {type: "line", data: hopflow.curve(points, slopes), symbol: "none", silent: true, lineStyle: {width: 2, color: t.colours[0]}},
          {type: "scatter", name: "images", data: points, symbolSize: 9, itemStyle: {color: t.colours[0], opacity: 1}},
          {type: "scatter", data: dot, symbolSize: 17, silent: true, z: 6,
              itemStyle: {color: hopflow.moverColour, borderColor: t.ink, borderWidth: 1.5, opacity: 1}}],
      };
    },
    rows: () => [["image", "distance (\u00c5)", "energy (eV)", "slope from the forces (eV/\u00c5)"],
        ...current().points.map((p, k) => [k + 1, p[0], p[1], current().slopes ? current().slopes[k] : null])]});
})();
