// SPDX-License-Identifier: GPL-2.0-or-later
// A figure: drawn when it is first seen, with a legend for mouse, keyboard and screen reader, saved as SVG, PNG or CSV.
"use strict";

hopflow.figures = [];

(() => {
  const {el, svg} = hopflow;

  const marks = {circle: (f) => svg("circle", {cx: 14, cy: 6, r: 4, ...f}), rect: (f) => svg("rect", {x: 10.5, y: 2.5, width: 7, height: 7, ...f}),
    diamond: (f) => svg("path", {d: "M14 1 L19 6 L14 11 L9 6 Z", ...f}), triangle: (f) => svg("path", {d: "M14 1.5 L18.5 10 L9.5 10 Z", ...f})};
  const swatch = (look) => {
    const empty = look.symbol.startsWith("empty");
    const name = empty ? look.symbol.slice(5).toLowerCase() : look.symbol;
    const dash = Array.isArray(look.stroke) ? look.stroke.join(" ") : {dashed: "6 3", dotted: "2 2"}[look.stroke] || "none";
    const fill = empty ? {fill: "var(--panel)", stroke: look.colour, "stroke-width": 1.5} : {fill: look.colour};
    return svg("svg", {viewBox: "0 0 28 12", width: 28, height: 12, "aria-hidden": "true"},
      svg("line", {x1: 0, y1: 6, x2: 28, y2: 6, stroke: look.colour, "stroke-width": look.width, "stroke-dasharray": dash}),
      look.points && marks[name] ? marks[name](fill) : null);
  };
  const drawLegend = (figure, theme) => {
    const items = figure.legend ? figure.legend(theme) : [];
    figure.key.replaceChildren(...(items.length < 2 ? [] : items.map(({name, look}) => el("button", {
      type: "button", class: "key", "aria-pressed": figure.state.hidden.has(name) ? "false" : "true", title: "Show or hide " + name,
      onclick: (event) => {
        if (!figure.state.hidden.delete(name)) figure.state.hidden.add(name);
        event.currentTarget.setAttribute("aria-pressed", figure.state.hidden.has(name) ? "false" : "true");
        hopflow.drawFigure(figure);
      }}, swatch(look), el("span", {}, name)))));
  };

  // option(theme, state) gives what ECharts draws; caption says what is seen; rows() gives the numbers behind it.
  // legend(theme): [{name, look}]; more: what the reader may switch, [{label(state), act(state)}].
  hopflow.figure = ({title, caption, option, rows, legend, more = [], height = 320, file = "figure", level = "h4"}) => {
    const box = el("div", {class: "chart", role: "img", "aria-label": title + ". " + caption});
    const key = el("div", {class: "legend", role: "group", "aria-label": "Legend: " + title});
    const figure = {box, key, option, legend, height, title, state: {hidden: new Set(), full: false}};
    const switches = more.map((m) => {
      const button = hopflow.button(m.label(figure.state), () => { m.act(figure.state); button.textContent = m.label(figure.state); hopflow.drawFigure(figure);
          });
      return button;
    });
    const name = hopflow.slug(file);
    hopflow.figures.push(figure);
    return el("figure", {class: "figure"}, el("div", {class: "figure-head"}, el(level, {}, title), el("div", {class: "tools"}, switches,
      hopflow.button("SVG", () => hopflow.save(hopflow.figureSvg(figure), "image/svg+xml", name + ".svg"), {"aria-label": "Save as SVG: " + title}),
      hopflow.button("PNG", () => hopflow.figurePng(figure).then((blob) => hopflow.save(blob, "image/png", name + ".png")),
          {"aria-label": "Save as PNG: " + title}),
      rows ? hopflow.button("CSV", () => hopflow.saveCsv(rows(), name), {"aria-label": "Save the numbers as CSV: " + title}) : null)),
    key, box, el("figcaption", {}, caption));
  };

  // The figure as a file: on white, with its legend in the picture.
  hopflow.figureSvg = (figure, width = 800) => {
    const theme = hopflow.theme(true);
    const option = {...hopflow.base(theme), ...figure.option(theme, figure.state)};
    const items = figure.legend ? figure.legend(theme).filter((i) => !figure.state.hidden.has(i.name)) : [];
    const across = Math.max(1, Math.floor((width - 40) / 240));
    const lines = items.length > 1 ? Math.ceil(items.length / across) : 0;
    const height = figure.height + 30 + 20 * lines;
    option.title = {text: figure.title, left: 12, top: 6, textStyle: {fontSize: 14, color: theme.ink}};
    option.backgroundColor = theme.ground;
    const grid = option.grid || {};
    option.grid = {...grid, top: (grid.top || 14) + 30 + 20 * lines};
    option.graphic = lines ? items.flatMap(({name, look}, i) => {
      const [x, y] = [20 + 240 * (i % across), 38 + 20 * Math.floor(i / across)];
      return [{type: "line", shape: {x1: x, y1: y, x2: x + 28, y2: y}, style: {stroke: look.colour, lineWidth: 2,
        lineDash: Array.isArray(look.stroke) ? look.stroke : {dashed: [6, 3], dotted: [2, 2]}[look.stroke] || null}},
      {type: "text", x: x + 34, y: y - 6, style: {text: name.length > 32 ? name.slice(0, 31) + "\u2026" : name, fontSize: 12, fill: theme.ink}}];
    }) : [];
    const chart = echarts.init(null, null, {renderer: "svg", ssr: true, width, height});
    chart.setOption(option);
    const text = chart.renderToSVGString();
    chart.dispose();
    return text;
  };
  hopflow.figurePng = (figure) => hopflow.svgPng(hopflow.figureSvg(figure));
  hopflow.svgPng = (svgText) => new Promise((done, fail) => {
    const picture = new Image();
    picture.onload = () => {
      const canvas = el("canvas", {width: String(2 * picture.width), height: String(2 * picture.height)});
      const pen = canvas.getContext("2d");
      pen.scale(2, 2);
      pen.drawImage(picture, 0, 0);
      canvas.toBlob(done, "image/png");
    };
    picture.onerror = () => fail(new Error("the figure could not be drawn as a picture"));
    picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svgText);
  });
  // The three files of a picture that is no chart: svgOf() its text, rows() its numbers.
  hopflow.pictureTools = (title, file, svgOf, rows) => el("div", {class: "tools"},
    hopflow.button("SVG", () => hopflow.save(svgOf(), "image/svg+xml", file + ".svg"), {"aria-label": "Save as SVG: " + title}),
    hopflow.button("PNG", () => hopflow.svgPng(svgOf()).then((blob) => hopflow.save(blob, "image/png", file + ".png")),
        {"aria-label": "Save as PNG: " + title}),
    hopflow.button("CSV", () => hopflow.saveCsv(rows(), file), {"aria-label": "Save the numbers as CSV: " + title}));

  hopflow.drawFigure = (figure, width = figure.box.clientWidth) => {
    if (!(width > 60)) return;
    const theme = hopflow.theme();
    drawLegend(figure, theme);
    figure.box.style.height = figure.height + "px";
    if (figure.chart) figure.chart.resize({width, height: figure.height});
    else figure.chart = echarts.init(figure.box, null, {renderer: "svg", width, height: figure.height});
    figure.width = figure.state.width = width;
    figure.chart.setOption({...hopflow.base(theme), ...figure.option(theme, figure.state)}, true);
  };
  // Draws each figure when it becomes visible, and again when its width changes.
  hopflow.watchFigures = () => {
    for (const figure of hopflow.figures) {
      if (figure.watched || !figure.box.isConnected) continue;
      figure.watched = true;
      figure.box.style.height = figure.height + "px";
      new ResizeObserver(() => {
        const now = figure.box.clientWidth;
        // A page being captured or hidden has no width for a moment: keep the last drawing.
        if (!hopflow.onPaper && now > 60 && now !== figure.width) hopflow.drawFigure(figure);
      }).observe(figure.box);
    }
  };
  // What an opened section shows is drawn at once; observers wait for the next frame.
  document.addEventListener("toggle", () => { for (const figure of hopflow.figures) if (!figure.chart && figure.box.isConnected) hopflow.drawFigure(figure); },
      true);
  // All figures once more: in other colours, or at the width of paper.
  hopflow.redrawFigures = (width) => {
    for (const figure of hopflow.figures) if (figure.box.isConnected && (figure.chart || width)) hopflow.drawFigure(figure, width);
  };
})();
