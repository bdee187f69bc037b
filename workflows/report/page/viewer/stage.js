// SPDX-License-Identifier: GPL-2.0-or-later
// WebGL pictures: made after the page stands, one canvas each, copied for paper.
"use strict";

hopflow.views = [];  // {box, still, scene, frame, options, viewer once made}

(() => {
  const hasWebgl = () => {
    try {
      const canvas = document.createElement("canvas");
      return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
    } catch {
      return false;
    }
  };
  let webgl = null;

  // A viewer in a box, or null; keys and wheel behave as a reader of a page expects.
  hopflow.makeViewer = (box) => {
    if (webgl === null) webgl = hasWebgl();
    let viewer = null;
    if (webgl) {
      try {
        viewer = $3Dmol.createViewer(box, {antialias: true, disableFog: true, preserveDrawingBuffer: true});
      } catch {
        viewer = null;
      }
    }
    if (!viewer) return null;
    hopflow.axesCorner(viewer, box, () => viewer.hopflowCell || null);
    let held = false;
    box.addEventListener("pointerdown", () => { held = true; box.focus({preventScroll: true}); }, true);
    box.addEventListener("blur", () => { held = false; });
    box.addEventListener("wheel", (event) => { if (!held) event.stopPropagation(); }, true);
    box.addEventListener("keydown", (event) => {
      const turn = {ArrowLeft: [-10, "y"], ArrowRight: [10, "y"], ArrowUp: [-10, "x"], ArrowDown: [10, "x"]}[event.key];
      const zoom = {"+": 1.15, "=": 1.15, "-": 1 / 1.15}[event.key];
      if (turn) viewer.rotate(...turn);
      else if (zoom) viewer.zoom(zoom);
      else return;
      viewer.render();
      event.preventDefault();
    });
    return viewer;
  };

  hopflow.noWebgl = () => hopflow.missing("This browser offers no WebGL, so the path is not drawn; the images are in path.extxyz of the run folder.");

  const draw = (view) => hopflow.drawScene(view.viewer, view.scene, view.frame, {cations: false, ...view.options});
  // The small pictures of the first screen, one after the other so that the page stays responsive.
  hopflow.startViews = () => {
    const queue = [...hopflow.views];
    const next = () => {
      const view = queue.shift();
      if (!view) return;
      view.viewer = hopflow.makeViewer(view.box);
      if (view.viewer) {
        draw(view);
        hopflow.lookAt(view.viewer, view.box);
      } else {
        view.box.replaceWith(hopflow.noWebgl());
        queue.length = 0;
      }
      setTimeout(next, 0);
    };
    setTimeout(next, 0);
  };
  hopflow.repaintViews = () => { for (const view of hopflow.views) if (view.viewer) draw(view); };

  // A copy of a picture with its axes: paper gets one since a WebGL canvas may print empty, and so does a saved file.
  hopflow.copyPicture = (viewer, box, canvas, colours = hopflow.theme(true)) => {
    const from = box.querySelector("canvas");
    if (!from || !from.width) return;
    viewer.render();
    const scale = Math.min(canvas.width / from.width, canvas.height / from.height);
    const pen = canvas.getContext("2d");
    pen.fillStyle = colours.panel;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(from, (canvas.width - scale * from.width) / 2, (canvas.height - scale * from.height) / 2, scale * from.width, scale * from.height);
    const size = canvas.height / 20;
    if (viewer.hopflowCell) hopflow.penAxes(pen, viewer.hopflowCell, viewer.getView(), 2 * size, canvas.height - 2 * size, size, colours.ink);
  };
  hopflow.savePicture = (viewer, box, name) => {
    const from = viewer ? box.querySelector("canvas") : null;
    if (!from) return;
    const copy = hopflow.el("canvas", {width: String(from.width), height: String(from.height)});
    hopflow.copyPicture(viewer, box, copy, hopflow.theme());
    copy.toBlob((blob) => hopflow.save(blob, "image/png", name + ".png"), "image/png");
  };
  hopflow.stillViews = () => { for (const view of hopflow.views) if (view.viewer && view.still) { hopflow.drawScene(view.viewer, view.scene, view.frame,
      {cations: false, ...view.options, paper: true}); hopflow.copyPicture(view.viewer, view.box, view.still); } };
})();
