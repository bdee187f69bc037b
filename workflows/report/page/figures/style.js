// SPDX-License-Identifier: GPL-2.0-or-later
// Colours, lines and symbols: one look for all figures, distinguishable with and without colour vision.
"use strict";

// Okabe and Ito's colours and two more, ordered so that neighbours differ in lightness too.
hopflow.palette = (dark) => (dark
  ? ["#56b4e9", "#e69f00", "#2fc59a", "#cc79a7", "#f0e442", "#ff8a3d", "#e8eaec", "#b9a2ff"]
  : ["#0072b2", "#d55e00", "#009e73", "#a8518a", "#b07c00", "#3b8fc4", "#1b1f23", "#7a4fd0"]);
hopflow.strokes = ["solid", "dashed", "dotted", [9, 3, 2, 3], [14, 5]];
hopflow.symbols = ["circle", "diamond", "rect", "triangle", "emptyCircle", "emptyRect", "emptyDiamond"];
// The look of the i-th of any number of series. 8 colours, 5 lines and 7 symbols share no divisor: the three repeat
// together after 280 series only, and from there on lines are thicker.
hopflow.look = (i, colours) => ({colour: colours[i % 8], stroke: hopflow.strokes[i % 5], symbol: hopflow.symbols[i % 7], width: 2 + Math.floor(i / 280)});

// Colours as the style sheet has them; those of paper, whatever the screen shows, for files.
hopflow.theme = (paper = false) => {
  if (paper) {
    return {ink: "#1b1f23", soft: "#59636d", line: "#dde1e5", ground: "#ffffff", panel: "#ffffff", accent: "#00568a", bad: "#a83a00",
      colours: hopflow.palette(false), font: "Helvetica, Arial, sans-serif", dark: false};
  }
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  const dark = read("--dark") === "1";
  return {ink: read("--ink"), soft: read("--soft"), line: read("--line"), ground: read("--ground"), panel: read("--panel"), accent: read("--accent"),
    bad: read("--bad"), colours: hopflow.palette(dark), font: style.fontFamily, dark};
};

// Cividis (Nunez, Anderton and Renslow 2018), a few stops: reads the same with and without colour vision.
(() => {
  const stops = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"];
  const channels = (x) => {
    const at = Math.min(1, Math.max(0, hopflow.num(x) || 0)) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const channel = (hex, k) => parseInt(hex.slice(1 + 2 * k, 3 + 2 * k), 16);
    return [0, 1, 2].map((k) => Math.round(channel(stops[low], k) + (at - low) * (channel(stops[low + 1], k) - channel(stops[low], k))));
  };
  hopflow.scale = (x) => "#" + channels(x).map((c) => c.toString(16).padStart(2, "0")).join("");
  // Relative luminance (WCAG 2): black or white, whichever stands out more.
  hopflow.luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  hopflow.inkOn = (x) => {
    const light = hopflow.luminance(channels(x));
    return (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? "#000" : "#fff";
  };
})();
