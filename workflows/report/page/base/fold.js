// SPDX-License-Identifier: GPL-2.0-or-later
// Sections that open: made when first needed, or when the browser is idle, so that the first screen is there at once.
"use strict";

hopflow.folds = [];

// gist: one line that is read while the section is closed; make() gives its content; models: whose numbers it shows.
hopflow.fold = ({id, title, gist, make, models = []}) => {
  const el = hopflow.el;
  const body = el("div", {class: "body"});
  let made = false;
  const build = () => {
    if (made) return;
    made = true;
    try {
      hopflow.fill(body, [hopflow.modelNote(models), make()]);
      hopflow.watchFigures();
    } catch (problem) {
      console.error(problem);
      hopflow.fill(body, [hopflow.missing("This section could not be drawn: ", String(problem.message))]);
    }
  };
  const details = el("details", {class: "fold"},
    el("summary", {}, el("h2", {id: id + "-title"}, title), gist ? el("span", {class: "gist"}, gist) : null), body);
  details.addEventListener("toggle", () => { if (details.open) build(); });
  hopflow.folds.push({id, title, details, build});
  return el("section", {id, "aria-labelledby": id + "-title"}, details);
};

hopflow.openFold = (id) => {
  const fold = hopflow.folds.find((f) => f.id === id);
  if (!fold) return null;
  fold.build();
  fold.details.open = true;
  return fold;
};

// Closed sections are filled one by one while nothing else happens: searching the page then finds their words.
hopflow.fillFolds = () => {
  const idle = window.requestIdleCallback || ((call) => setTimeout(call, 50));
  const queue = [...hopflow.folds];
  const next = () => {
    const fold = queue.shift();
    if (!fold) return;
    fold.build();
    idle(next);
  };
  idle(next);
};
