// SPDX-License-Identifier: GPL-2.0-or-later
// Paths in three dimensions: choose a hop, move along it, switch parts on and off, take picture and path away.
"use strict";

(() => {
  const {el, list, object, str, fixed} = hopflow;

  // A hop's name as a link to its path, where there is one.
  hopflow.pathLink = (material, id) => {
    const name = str(object(material).name);
    if (!hopflow.hasPath || !hopflow.hasPath(name, id)) return hopflow.hopName(id);
    return el("a", {href: "#paths", class: "hop", title: "Show the path of " + id + " in 3D",
        onclick: (event) => { event.preventDefault(); hopflow.showPath(name, id); }}, id);
  };

  const gather = (materials, scenes) => {
    const paths = [];
    const problems = [];
    for (const m of materials) {
      for (const b of list(m.barriers).map(object)) {
        if (!str(b.path)) continue;
        const scene = hopflow.sceneOf(scenes, b.path);
        const raw = Object.hasOwn(scenes, b.path) ? object(scenes[b.path]) : null;
        if (scene) paths.push({material: m, barrier: b, scene});
        else problems.push(str(m.name) + ", " + str(b.hop) + ": " + (raw === null ? "its path was not found in the run folder." : "its path cannot be drawn, "
            + str(raw.error) + "."));
      }
    }
    return {paths, problems};
  };

  const build = (paths, problems) => {
    const shown = [...new Set(paths.map((p) => p.material))];
    const select = (id, label) => { const s = el("select", {id}); return [s, el("div", {class: "field"}, el("label", {for: id}, label), s)]; };
    const [chooseMaterial, materialField] = select("path-material", "Material");
    const [chooseHop, hopField] = select("path-hop", "Hop");
    chooseMaterial.append(...shown.map((m, i) => el("option", {value: String(i)}, str(m.name) || "(no name)")));
    const slider = el("input", {type: "range", id: "path-image", min: "0", value: "0", step: "1"});
    const play = el("button", {type: "button", id: "path-play"}, "Play");
    const reset = el("button", {type: "button"}, "Reset view");
    const checks = [["octahedra", "Polyhedra", true], ["frame", "Inorganic part", true], ["cations", "Organic cations", true], ["vacancy", "Vacancy", true],
        ["near", "Only near the hop", false]];
    const boxes = Object.fromEntries(checks.map(([key, label, on]) => [key, el("input", {type: "checkbox", id: "path-" + key, checked: on})]));
    const readout = el("p", {class: "readout", "aria-live": "polite"});
    const box = el("div", {class: "viewer", tabindex: "0", role: "img"});
    const key = el("div", {});
    const stills = el("div", {class: "stills"});
    let viewer = null;
    let started = false;
    let current = paths[0];
    let timer = null;
    const own = () => paths.filter((p) => p.material === shown[Number(chooseMaterial.value)]);
    const frame = () => Number(slider.value);
    const state = () => ({...hopflow.profileOf(current.barrier, current.scene), frame: frame(), error: hopflow.totalError(current.barrier, current.material)});
    const energy = hopflow.energyFigure(state);
    const figure = hopflow.figures[hopflow.figures.length - 1];
    const options = (more) => ({octahedra: boxes.octahedra.checked, frame: boxes.frame.checked, cations: boxes.cations.checked, vacancy: boxes.vacancy.checked,
      around: boxes.near.checked ? 8 : 0, trail: true, ...more});

    const draw = () => {
      const {scene, barrier, material} = current;
      const d = scene.frames[frame()].distance_angstrom;
      const words = [hopflow.energyWords(barrier, material, scene, frame()), " Image " + (frame() + 1) + " of " + scene.frames.length, ", " + fixed(d, 2)
          + " \u00c5 along the path",
        str(barrier.status) === "converged" ? "." : "; this path: " + str(barrier.status).replaceAll("_", " ") + "."];
      hopflow.fill((readout.replaceChildren(), readout), words);
      slider.setAttribute("aria-valuetext", words.join(""));
      box.setAttribute("aria-label", "Image " + (frame() + 1) + " of the path of hop " + str(barrier.hop) + " in " + str(material.name)
        + "; the moving ion travels " + fixed(scene.shift, 2)
            + " \u00c5 in all. Arrow keys turn it, plus and minus zoom, comma and full stop step through the images, space plays.");
      if (viewer) hopflow.drawScene(viewer, scene, frame(), options());
      if (figure.chart) hopflow.drawFigure(figure);
    };
    const stop = () => { clearInterval(timer); timer = null; play.textContent = "Play"; play.setAttribute("aria-pressed", "false"); };
    const go = (k) => { slider.value = String(Math.min(current.scene.frames.length - 1, Math.max(0, k))); draw(); };
    const choose = () => {
      stop();
      current = own()[Number(chooseHop.value)] || own()[0];
      slider.max = String(current.scene.frames.length - 1);
      slider.value = "0";
      key.replaceChildren(hopflow.elementKey([current.scene]));
      draw();
      if (viewer) hopflow.lookAt(viewer, box);
    };
    const chooseHops = () => {
      chooseHop.replaceChildren(...own().map((p, i) => el("option", {value: String(i)}, str(p.barrier.hop)
        + (str(p.barrier.hop) === hopflow.headlineOf(p.material).hop ? " (decides)" : "")
            + (str(p.barrier.status) === "converged" ? "" : ", " + str(p.barrier.status).replaceAll("_", " ")))));
      chooseHop.value = String(Math.max(0, own().findIndex((p) => str(p.barrier.hop) === hopflow.headlineOf(p.material).hop)));
      choose();
    };
    const toggle = () => {
      if (timer) return stop();
      play.textContent = "Stop";
      play.setAttribute("aria-pressed", "true");
      timer = setInterval(() => go((frame() + 1) % current.scene.frames.length), 400);
      return undefined;
    };
    chooseMaterial.addEventListener("change", chooseHops);
    chooseHop.addEventListener("change", choose);
    slider.addEventListener("input", () => { stop(); draw(); });
    for (const input of Object.values(boxes)) input.addEventListener("change", draw);
    boxes.near.addEventListener("change", () => { if (viewer) hopflow.lookAt(viewer, box); });
    reset.addEventListener("click", () => { if (viewer) hopflow.lookAt(viewer, box); });
    play.addEventListener("click", toggle);
    box.addEventListener("keydown", (event) => {
      const step = {",": -1, ".": 1}[event.key];
      if (step) { stop(); go(frame() + step); } else if (event.key === " ") toggle(); else return;
      event.preventDefault();
    });
    const onChart = () => {
      if (figure.listening || !figure.chart) return;
      figure.listening = true;
      figure.chart.on("click", (p) => { if (p.seriesName === "images") { stop(); go(p.dataIndex); } });
    };

    // WebGL starts when the section is first seen.
    const start = () => {
      if (started) return;
      started = true;
      viewer = hopflow.makeViewer(box);
      if (!viewer) box.replaceWith(hopflow.noWebgl());
      chooseHops();
    };
    new ResizeObserver(() => { if (box.clientWidth > 60) { start(); if (viewer) { viewer.resize(); viewer.render(); } setTimeout(onChart, 100); } })
        .observe(box);
    hopflow.repaintViewer = () => { if (started) draw(); };
    // On paper: the ends and the saddle of the path shown and of each other material's deciding hop, near the hop.
    hopflow.stillViewer = () => {
      start();
      if (!viewer) return;
      const before = viewer.getView();
      const deciding = shown.filter((m) => m !== current.material).map((m) =>
          paths.find((p) => p.material === m && str(p.barrier.hop) === hopflow.headlineOf(m).hop)).filter((p) => p);
      const statesOf = (scene) => [[0, "Initial"], [hopflow.saddleFrame(scene), "Saddle"], [scene.frames.length - 1, "Final"]];
      stills.replaceChildren(...[current, ...deciding].flatMap(({material, barrier, scene}) => statesOf(scene).map(([k, name], i) => {
        hopflow.drawScene(viewer, scene, k, options({paper: true, around: 7}));
        if (i === 0) hopflow.lookAt(viewer, box);
        const canvas = el("canvas", {width: "640", height: "520"});
        hopflow.copyPicture(viewer, box, canvas);
        return el("figure", {}, canvas, el("figcaption", {}, name + ": " + str(material.name) + ", " + str(barrier.hop)));
      })));
      draw();
      viewer.setView(before);
    };
    hopflow.showPath = (name, id) => {
      hopflow.openFold("paths");
      start();
      const m = shown.findIndex((x) => str(x.name) === name);
      chooseMaterial.value = String(Math.max(0, m));
      chooseHops();
      chooseHop.value = String(Math.max(0, own().findIndex((p) => str(p.barrier.hop) === id)));
      choose();
      go(hopflow.saddleFrame(current.scene));
      document.getElementById("paths").scrollIntoView({block: "start"});
      box.focus({preventScroll: true});
    };
    const name = () => hopflow.slug(str(current.material.name) + "-" + str(current.barrier.hop));
    chooseMaterial.value = "0";
    setTimeout(() => { if (!started) chooseHops(); }, 0);
    return [
      el("div", {class: "controls"}, materialField, hopField, el("div", {class: "field"}, el("label", {for: "path-image"}, "Image"), slider), play, reset),
      el("div", {class: "controls toggles"}, checks.map(([k, label]) => el("div", {class: "field check"}, boxes[k], el("label", {for: "path-" + k}, label))),
        hopflow.button("Path (extxyz)", () => hopflow.save(hopflow.sceneXyz(current.scene), "chemical/x-xyz", name() + ".extxyz"),
            {id: "path-xyz", title: "Positions to 0.001 \u00c5; all digits are in the run folder"}),
        hopflow.button("Picture (PNG)", () => hopflow.savePicture(viewer, box, name() + "-" + (frame() + 1)), {id: "path-png"})),
      readout,
      el("div", {class: "stage"}, el("div", {}, box, stills, key), el("div", {class: "side"}, energy,
        el("p", {class: "caption on-screen"},
            "Drag to turn; click the picture, then use the wheel, or + and \u2212, to zoom. Keys: arrows turn, comma and full stop step, space plays."))),
      problems.length ? hopflow.notes(problems) : null];
  };

  hopflow.viewer = (materials, scenes) => {
    const {paths, problems} = gather(materials, scenes);
    const known = new Set(paths.map((p) => str(p.material.name) + "\n" + str(p.barrier.hop)));
    hopflow.hasPath = (name, id) => known.has(name + "\n" + id);
    if (!paths.length && !problems.length) return null;
    return hopflow.fold({id: "paths", title: "Paths in 3D", models: [...new Set(paths.map((p) => p.material))],
      gist: paths.length ? hopflow.plural(paths.length, "path") + ", image by image, with the energy" : "no path can be drawn",
      make: () => (paths.length ? build(paths, problems) : [hopflow.missing("No path can be drawn."), hopflow.notes(problems)])});
  };
})();
