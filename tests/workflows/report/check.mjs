// SPDX-License-Identifier: GPL-2.0-or-later
// What a report must hold to in a browser; one line per finding.
import {mkdirSync, statSync, writeFileSync} from "node:fs";
import {join, resolve} from "node:path";
import {pathToFileURL} from "node:url";
import {Browser} from "./browser.mjs";

const file = resolve(process.argv[2]);
const shots = process.argv[3] === "--shots" ? resolve(process.argv[4]) : null;
const short = process.argv.includes("--short");  // looks, but does not press every button
const url = pathToFileURL(file).href;
const findings = new Set();
const found = (text) => {
  const line = text.replace(/\s+/g, " ").slice(0, 400);
  if (!findings.has(line)) console.log(line);
  findings.add(line);
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const browser = new Browser();
const limit = setTimeout(() => {
  console.log("the browser did not answer within 1500 s");
  browser.close().finally(() => process.exit(1));
}, 1500000);

browser.on((method, params) => {
  if (method === "Network.requestWillBeSent") {
    const asked = params.request.url;
    if (asked.split("#")[0] !== url && asked !== "about:blank" && !asked.startsWith("data:")) found("request: " + asked);
  }
  if (method === "Runtime.consoleAPICalled" && ["error", "warning", "assert", "trace"].includes(params.type)) {
    found("console " + params.type + ": " + params.args.map((a) => a.value ?? a.description ?? a.type).join(" "));
  }
  if (method === "Runtime.exceptionThrown") {
    found("exception: " + (params.exceptionDetails.exception?.description || params.exceptionDetails.text));
  }
  if (method === "Log.entryAdded" && ["error", "warning"].includes(params.entry.level)) found("log " + params.entry.level + ": " + params.entry.text);
  if (method === "Page.javascriptDialogOpening") {
    found("dialog: " + params.message);
    browser.send("Page.handleJavaScriptDialog", {accept: false});
  }
});

const look = async (name, width, height, dark) => {
  await browser.send("Emulation.setDeviceMetricsOverride", {width, height, deviceScaleFactor: 1, mobile: width < 600});
  await browser.send("Emulation.setEmulatedMedia", {features: [{name: "prefers-color-scheme", value: dark ? "dark" : "light"}]});
  await pause(400);
  const wide = await browser.ask("document.scrollingElement.scrollWidth - document.documentElement.clientWidth");
  if (wide > 0) {
    const who = await browser.ask(`[...document.querySelectorAll("main *, header *, footer *")]
        .filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1
      && !e.closest(".scroll, pre")).slice(0, 3).map((e) => e.tagName + "." + e.getAttribute("class")).join(", ")`);
    found(`at ${width} px the page is ${wide} px too wide (${who})`);
  }
  // Figures follow the width of the window one frame later, or many frames on a busy machine.
  for (let k = 0; k < 50 && await browser.ask(`hopflow.figures.some((f) => f.box.isConnected && f.box.clientWidth > 60
      && f.width !== f.box.clientWidth)`); ++k) await pause(200);
  const bad = await browser.ask(lost);
  if (bad) found(`at ${width} px: ${bad}`);
  if (shots) {
    mkdirSync(shots, {recursive: true});
    const shot = await browser.send("Page.captureScreenshot", {format: "png", captureBeyondViewport: true});
    writeFileSync(join(shots, name + ".png"), Buffer.from(shot.data, "base64"));
  }
};

// Words of figures that run into each other or out of the picture, and words cut short.
const lost = `(() => {
  const bad = [];
  for (const figure of hopflow.figures.filter((f) => f.box.isConnected && f.box.clientWidth > 60)) {
    const frame = figure.box.getBoundingClientRect();
    const words = [...figure.box.querySelectorAll("svg text")].map((t) => ({t: t.textContent, r: t.getBoundingClientRect()}))
        .filter((w) => w.t.trim() && w.r.width > 0);
    for (const w of words) {
      if (w.r.left < frame.left - 1 || w.r.right > frame.right + 1 || w.r.top < frame.top - 1 || w.r.bottom > frame.bottom + 1)
          bad.push(figure.title + ": '" + w.t + "' leaves the picture");
    }
    words.forEach((a, i) => words.slice(i + 1).forEach((b) => {
      const wide = Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left), high = Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top);
      if (wide > 2 && high > 4) bad.push(figure.title + ": '" + a.t + "' over '" + b.t + "'");
    }));
  }
  for (const e of document.querySelectorAll("main h2, main h3, main h4, main p, main li, main dt, main dd, main td, main th, "
      + "main button, main figcaption, main summary")) {
    const style = getComputedStyle(e);
    if (e.clientWidth > 1 && (style.overflowX !== "visible" || style.textOverflow === "ellipsis") && e.scrollWidth > e.clientWidth + 1)
        bad.push("cut: " + e.textContent.slice(0, 40));
  }
  return bad.slice(0, 6).join("; ");
})()`;

// Distinct colours on the 3D canvas: an empty one has one.
const colours = `new Promise((done) => requestAnimationFrame(() => {
  const canvas = document.querySelector("#paths .viewer canvas");
  if (!canvas) return done(null);
  const copy = document.createElement("canvas");
  copy.width = copy.height = 200;
  const pen = copy.getContext("2d");
  document.querySelector("#path-image").dispatchEvent(new Event("input"));
  pen.drawImage(canvas, 0, 0, 200, 200);
  const seen = new Set(new Uint32Array(pen.getImageData(0, 0, 200, 200).data.buffer));
  done(seen.size);
}))`;

try {
  await browser.page();
  await browser.send("Emulation.setDeviceMetricsOverride", {width: 1280, height: 900, deviceScaleFactor: 1, mobile: false});
  const bytes = statSync(file).size;
  if (bytes > 3e6) found(`the page has ${bytes} bytes, more than 3 MB`);
  // Time of the page's own thread on a processor: a busy machine changes nothing about it.
  await browser.send("Performance.enable", {timeDomain: "threadTicks"});
  await browser.open(url);
  const spent = Object.fromEntries((await browser.send("Performance.getMetrics")).metrics.map((m) => [m.name, m.value])).TaskDuration;
  await browser.send("Performance.disable");
  if (!(spent < 2)) found(`the page takes ${spent} s of a processor to open`);
  await pause(600);
  const title = await browser.ask("document.title");
  if (!title.endsWith("\u2013 hopflow report")) found("title: " + title);
  const data = `hopflow.gather(JSON.parse(document.getElementById("data").textContent))`;
  const materials = await browser.ask(data + ".materials.length");
  const several = await browser.ask(data + ".several");
  const folded = await browser.ask("document.scrollingElement.scrollHeight");
  await browser.ask(`document.querySelectorAll("details").forEach((d) => { d.open = true; })`);
  for (let k = 0; k < 100 && await browser.ask(`hopflow.figures.some((f) => f.box.isConnected && !f.chart)`); ++k) await pause(200);
  if (materials > 0) {
    for (const id of ["answer", "barriers", "cite", "provenance"]) {
      if (!(await browser.ask(`Boolean(document.getElementById("${id}"))`))) found("no section " + id);
    }
    if (folded > 15 * 800) found(`folded, the page is ${folded} px tall`);
    // What a run does not have takes no room.
    for (const [id, key] of [["device", "device"], ["array", "crossbar"], ["network", "snn"]]) {
      const there = await browser.ask(`${data}.materials.some((m) => hopflow.has(m.${key}))`);
      const shown = await browser.ask(`Boolean(document.getElementById("${id}"))`);
      if (shown && !there) found("an empty section: " + id);
    }
    const answer = await browser.ask(`document.querySelector(".answer").textContent`);
    if (!/[.]$/.test(answer) || answer.length < 20) found("no answer on the first screen: " + answer);
    // Five questions have their answers within the first 900 px of a desktop.
    if (materials <= 3 && !several && await browser.ask(`${data}.materials.every((m) => String(m.name).length < 40)`)) {
      const late = await browser.ask(`[...document.querySelectorAll("#answer dt")].filter((d) =>
          ["Differences and their probability", "Level of theory", "The paper", "Not to be trusted"].some((w) => d.textContent.startsWith(w)))
          .map((d) => [d.textContent, Math.round(d.parentNode.getBoundingClientRect().bottom + scrollY)]).filter(([, y]) => y > 900).join("; ")`);
      if (late && !short) found("below the first screen: " + late);
    }
    // Numbers: worked out once more from the summary, and no digit beyond the error anywhere.
    const numbers = await browser.ask(`(() => {
      const bad = [];
      const digits = (error) => Math.min(3, Math.max(0, (String(Number(error.toPrecision(2)).toExponential())[0] === "1" ? 1 : 0)
          - Math.floor(Math.log10(Number(error.toPrecision(2))))));
      const written = (value, error) => value.toFixed(digits(error)).replace(/^-(0(\\.0+)?)$/, "$1") + " \u00b1 " + error.toFixed(digits(error)) + " eV";
      const plain = (text) => text.replace(/[\u00a0\u202f]/g, " ");
      const {runs} = ${data};
      const first = plain(document.getElementById("answer").textContent);
      const sentence = plain(document.querySelector(".answer").textContent);
      const pairs = new Set();
      const number = (x) => typeof x === "number" && Number.isFinite(x);
      const things = (x) => (Array.isArray(x) ? x : []).filter((t) => t && typeof t === "object");  // a hostile summary holds anything
      const add = (value, error) => { if (number(value) && number(error) && error >= 0.00095) { pairs.add(written(value, error));
          pairs.add(written(-value, error)); } };
      const verdicts = [];
      for (const {summary} of runs) {
        for (const m of things(summary.materials)) {
          const many = things(m.headlines).length ? things(m.headlines) : [m.headline || {barrier_ev: (m.network || {}).barrier_ev, uncertainty_ev: null}];
          for (const h of many) {
            add(h.barrier_ev, h.uncertainty_ev);
            for (const p of things(h.paper)) add(p.ours_ev, p.uncertainty_ev);
          }
          add((m.network || {}).barrier_ev, (m.network || {}).uncertainty_ev);
          for (const b of things(m.barriers)) for (const value of [b.forward_ev, b.reverse_ev, b.kra_ev, b.rate_barrier_ev]) add(value, b.uncertainty_ev);
          const head = many[0];
          if (number(head.barrier_ev) && number(head.uncertainty_ev) && head.uncertainty_ev >= 0.00095 && String(m.name).length < 40) {
            const text = written(head.barrier_ev, head.uncertainty_ev);
            if (!sentence.includes(text)) bad.push("the first sentence lacks " + m.name + " " + text);
            for (const f of hopflow.figures.filter((g) => g.box.closest("#answer") && g.chart)) if (!plain(f.box.textContent).includes(text))
                bad.push("no bar says " + text);
          }
        }
        for (const c of things(summary.barrier_comparisons)) { add(c.difference_ev, c.error_ev);
            verdicts.push(c); for (const t of String(c.reason).matchAll(/(-?[\\d.]+) \\+- ([\\d.]+) eV/g)) pairs.add(t[1] + " \u00b1 " + t[2] + " eV"); }
      }
      if (runs.some((r) => things(r.summary.materials).some((m) => m.headline))) {
        for (const [text] of first.matchAll(/\u2212?-?\\d[\\d.]* \u00b1 [\\d.]*\\d eV/g)) if (!pairs.has(text.replace("\u2212", "-")))
            bad.push("not in the summary: " + text);
      }
      if (runs.length === 1 && verdicts.length && verdicts.every((c) => c.verdict !== "separated")
          && verdicts.some((c) => number(c.probability)) && !/not separated|not decided/.test(sentence)) bad.push("the sentence orders what is not separated");
      for (const c of verdicts) if (c.verdict === "separated" && runs.length === 1
          && first.includes(c.a + " \u2212 " + c.b + " =") && !new RegExp("separated, P").test(first)) bad.push("a separated pair is not called so");
      if (/no check failed/.test(first) && runs.some((r) => r.summary.converged !== true || (r.summary.materials || []).some((m) =>
          (m.barriers || []).some((b) => (b.checks || []).some((k) => k.passed === false))))) bad.push("all is called well, and is not");
      const all = plain([...document.querySelectorAll("header, main > section:not(#cite):not(#protocol):not(#provenance)")].map((e) => e.innerText).join(" "));
      for (const [text, value, error] of all.matchAll(/(\\d+(?:\\.\\d+)?) \u00b1 (\\d+(?:\\.\\d+)?)(?= ?eV)/g)) {
        const places = (x) => (x.split(".")[1] || "").length;
        if (places(value) !== places(error) || error.replace(/^[0.]+/, "").replace(".", "").length > (/^[0.]*1/.test(error) ? 2 : 1)
            && Number(error) < 10) bad.push("digits: " + text);
      }
      return [...new Set(bad)].slice(0, 6).join("; ");
    })()`);
    if (numbers) found("numbers: " + numbers);
    const unseen = await browser.ask(`${data}.materials.flatMap((m) => hopflow.failedChecks(m)).filter((f) => !document.getElementById("answer").textContent
        .includes(hopflow.str(f.checks[0]))).map((f) => f.hop).join(", ")`);
    if (unseen) found("failed checks that are not on the first screen: " + unseen);
    const long = await browser.ask(`([...document.querySelectorAll("header, main > section:not(#cite)")].map((e) => e.innerText)
        .join(" ").match(/\\d\\.\\d{7,}/g) || []).join(", ")`);
    if (long) found("more digits than anything is known to: " + long.slice(0, 200));
  }
  const text = await browser.ask(`document.body.innerText`);
  for (const word of ["undefined", "[object ", "NaN"]) {
    const at = text.indexOf(word);
    if (at >= 0) found(`the text reads "${text.slice(Math.max(0, at - 40), at + 40)}"`);
  }
  const broken = await browser.ask(`[...document.querySelectorAll(".missing")].map((n) => n.textContent)
      .filter((t) => t.includes("could not be drawn")).join("; ")`);
  if (broken) found("a section failed: " + broken);
  const empty = await browser.ask(`[...document.querySelectorAll(".chart")].filter((c) => c.querySelectorAll("svg path").length < 3)
      .map((c) => c.getAttribute("aria-label")).join("; ")`);
  if (empty) found("figures not drawn: " + empty);
  const stray = await browser.ask(`[...document.querySelectorAll("img, iframe, object, embed, link, base, main script, header script, "
      + "[onerror], [onclick], [onload], main [style*=url]")].map((e) => e.tagName).join(", ")`);
  if (stray) found("elements that don't belong there: " + stray);
  // The fit's correlations, worked out once more from the variances.
  const correlations = await browser.ask(`${data}.materials.flatMap((m) => {
    const covariance = m && m.device && m.device.fit && m.device.fit.covariance;
    if (!Array.isArray(covariance) || !covariance.length || !covariance.flat().every(Number.isFinite)) return [];
    const table = [...document.querySelectorAll("table.shaded")].find((t) => t.caption.textContent
        .startsWith("Correlation of the fitted numbers, " + m.name + ":"));
    if (!table) return [m.name + " has no table of correlations"];
    if (m.device.fit.names.some((name, i) => name.includes("conductance_s") && !table.tBodies[0].rows[i].cells[0].textContent.includes("(S)")))
        return [m.name + " has a conductance in other units"];
    return covariance.flatMap((row, i) => row.map((c, j) => {
      const scale = Math.sqrt(covariance[i][i] * covariance[j][j]);
      const shown = table.tBodies[0].rows[i].cells[3 + j].textContent;
      return scale > 0 ? Math.abs(Number(shown) - c / scale) < 0.006 : Number.isNaN(Number(shown));
    })).every(Boolean) ? [] : [m.name + " shows other correlations than its fit has"];
  }).join("; ")`);
  if (correlations) found(correlations);
  // The mark: on the first screen and once in every section with a model's numbers.
  const marks = await browser.ask(`(() => {
    const models = ${data}.materials.filter((m) => m.model === true);
    if (!models.length) return "";
    if (!document.getElementById("answer").textContent.includes("not experimental")) return "the first screen does not say so";
    return [...document.querySelectorAll("main section")].map((s) => [s.id, s.querySelectorAll(".model-note").length])
      .filter(([id, n]) => n > 1 || ["barriers", "provenance"].includes(id) && n !== 1).map(([id, n]) => id + " " + n).join(", ");
  })()`);
  if (marks) found("model structures are not marked once a section: " + marks);

  // Tables: each is sorted up and down by each column, filtered to nothing and back, and saved.
  const tables = short ? "" : await browser.ask(`(async () => {
    const bad = [];
    const saved = [];
    const keep = hopflow.save;
    hopflow.save = (content, type, name) => saved.push([name, content, type]);
    for (const box of document.querySelectorAll("div.table")) {
      const title = box.querySelector("caption").textContent.slice(0, 60);
      const body = box.querySelector("tbody");
      const count = body.rows.length;
      for (const button of box.querySelectorAll("button.sort")) {
        button.click();
        if (button.parentNode.getAttribute("aria-sort") !== "ascending") bad.push(title + ": not sorted");
        button.click();
        if (button.parentNode.getAttribute("aria-sort") !== "descending" || body.rows.length !== count) bad.push(title + ": rows lost by sorting");
      }
      const search = box.querySelector("input[type=search]");
      if (search) {
        const type = (value) => { search.value = value; search.dispatchEvent(new Event("input")); return [...body.rows].filter((r) => !r.hidden).length; };
        if (type("no such words anywhere") !== 0) bad.push(title + ": the filter hides nothing");
        if (type("") !== count) bad.push(title + ": rows do not come back");
      }
      const csv = [...box.querySelectorAll(".table-head button")].find((b) => b.textContent === "CSV");
      if (!csv) { bad.push(title + ": no CSV"); continue; }
      csv.click();
      const [name, content] = saved.pop() || ["", ""];
      if (!name.endsWith(".csv") || content.trim().split("\\r\\n").length < 2) bad.push(title + ": an empty CSV");
    }
    for (const figure of [...document.querySelectorAll("main figure")].filter((f) => f.querySelector(".tools"))) {
      const title = figure.querySelector("h3, h4").textContent.slice(0, 60);
      const press = async (label) => {
        const button = [...figure.querySelectorAll(".tools button")].find((b) => b.textContent === label);
        if (!button) { bad.push(title + ": no " + label); return null; }
        button.click();
        for (let k = 0; k < 100 && !saved.length; ++k) await new Promise((r) => setTimeout(r, 20));
        return saved.pop() || null;
      };
      const svg = await press("SVG");
      if (svg && !/^<svg[\\s\\S]*<path/.test(svg[1])) bad.push(title + ": an empty SVG");
      const csv = await press("CSV");
      if (csv && csv[1].split("\\r\\n").length < 3) bad.push(title + ": an empty CSV");
    }
    for (const first of ["figure.figure", "figure.pattern", "figure.narrow"].map((s) => document.querySelector(s)).filter((f) => f)) {
      [...first.querySelectorAll(".tools button")].find((b) => b.textContent === "PNG").click();
      for (let k = 0; k < 200 && !saved.length; ++k) await new Promise((r) => setTimeout(r, 20));
      const png = saved.pop();
      if (!png || !(png[1] instanceof Blob) || png[1].size < 2000) bad.push("an empty PNG");
    }
    hopflow.save = keep;
    return bad.join("; ");
  })()`);
  if (tables) found("tables and figures: " + tables);
  // Curves of one figure are distinguishable: colour, line and symbol never repeat together.
  const alike = await browser.ask(`hopflow.figures.filter((f) => f.legend && f.box.isConnected).map((f) => f.legend(hopflow.theme())
      .map((i) => JSON.stringify([i.look.colour, i.look.stroke, i.look.symbol, i.look.width])))
    .filter((keys) => new Set(keys).size < keys.length).length`);
  if (alike) found(alike + " figures draw two curves alike");
  const tiny = await browser.ask(`[...document.querySelectorAll("main button, main select, main input, main summary, nav a")]
      .filter((e) => { const r = e.getBoundingClientRect(); return r.width > 0 && (r.height < 23.5 && e.type !== "checkbox" && e.type !== "range"); })
    .slice(0, 5).map((e) => e.tagName + " " + e.textContent.slice(0, 30) + " " + Math.round(e.getBoundingClientRect().height)).join("; ")`);
  if (tiny) found("targets under 24 px: " + tiny);

  const paths = await browser.ask(`Object.keys(${data}.scenes).filter((k) => hopflow.sceneOf(${data}.scenes, k)).length`);
  if (paths > 0) {
    // As a reader has it: this section open, the picture in sight.
    await browser.ask(`document.querySelectorAll("details").forEach((d) => { d.open = Boolean(d.closest("#paths")); });
        document.getElementById("paths").scrollIntoView()`);
    for (let k = 0; k < 100 && !await browser.ask(`Boolean(document.querySelector("#paths .viewer canvas"))`); ++k) await pause(200);
    await pause(500);
    const seen = await browser.ask(colours);
    if (seen === null) found("no 3D picture");
    else if (seen < 20) found(`the 3D picture is empty (${seen} colours)`);
    // Every hop of every material, first and last image.
    if (!short) await browser.ask(`(async () => {
      const wait = () => new Promise((r) => setTimeout(r, 30));
      const [material, hop, image] = ["#path-material", "#path-hop", "#path-image"].map((s) => document.querySelector(s));
      if (!material) return;
      const change = async (input, value, type) => { input.value = value; input.dispatchEvent(new Event(type)); await wait(); };
      for (let m = material.options.length - 1; m >= 0; --m) {
        await change(material, String(m), "change");
        for (let h = hop.options.length - 1; h >= 0; --h) {
          await change(hop, String(h), "change");
          await change(image, image.max, "input");
        }
      }
    })()`);
    // Nothing is cut off: the border of each picture, as it is first seen, has the colour of its ground.
    const cut = await browser.ask(`(async () => {
      const reset = [...document.querySelectorAll("#paths button")].find((b) => b.textContent === "Reset view");
      if (reset) reset.click();
      await new Promise((r) => setTimeout(r, 200));
      return [...document.querySelectorAll(".viewer")].filter((v) => v.clientWidth > 60 && v.querySelector("canvas")).map((v) => {
        const from = v.querySelector("canvas");
        const copy = document.createElement("canvas");
        [copy.width, copy.height] = [from.width, from.height];
        const pen = copy.getContext("2d", {willReadFrequently: true});
        pen.drawImage(from, 0, 0);
        const strips = [[0, 0, copy.width, 1], [0, copy.height - 1, copy.width, 1], [0, 0, 1, copy.height], [copy.width - 1, 0, 1, copy.height]];
        const colours = new Set(strips.flatMap((s) => [...new Uint32Array(pen.getImageData(...s).data.buffer)]));
        return colours.size > 1 ? v.getAttribute("aria-label") : "";
      }).filter((w) => w).join("; ");
    })()`);
    if (cut) found("a 3D picture is cut off: " + cut);
    // Paper has pictures of the first, the highest and the last image.
    const stills = short ? "" : await browser.ask(`(() => {
      dispatchEvent(new Event("beforeprint"));
      const made = [...document.querySelectorAll("#paths .stills canvas")];
      const thin = made.filter((c) => new Set(new Uint32Array(c.getContext("2d").getImageData(0, 0, c.width, c.height).data.buffer)).size < 20).length;
      dispatchEvent(new Event("afterprint"));
      return made.length >= 3 && made.length % 3 === 0 && !thin ? "" : made.length + " pictures, " + thin + " empty";
    })()`);
    if (stills) found("on paper: " + stills);
    // Every switch changes the picture; play moves the slider; keys step; the path is saved whole; the dot follows.
    const driven = short ? "" : await browser.ask(`(async () => {
      const bad = [];
      const box = document.querySelector("#paths .viewer");
      const image = document.querySelector("#path-image");
      const paint = () => { const c = document.createElement("canvas"); c.width = c.height = 160;
          c.getContext("2d").drawImage(box.querySelector("canvas"), 0, 0, 160, 160); return c.toDataURL(); };
      const change = async (input, act, type) => { act(input); input.dispatchEvent(new Event(type)); await new Promise((r) => setTimeout(r, 60)); };
      for (const key of ["octahedra", "near"]) {
        const input = document.getElementById("path-" + key);
        const before = paint();
        await change(input, (i) => { i.checked = !i.checked; }, "change");
        if (paint() === before) bad.push(key + " switches nothing");
        await change(input, (i) => { i.checked = !i.checked; }, "change");
      }
      await change(image, (i) => { i.value = "0"; }, "input");
      const dot = () => [...document.querySelectorAll("#paths .chart path")].map((p) => p.getAttribute("transform") || p.getAttribute("d")).join();
      const first = dot();
      box.dispatchEvent(new KeyboardEvent("keydown", {key: ".", bubbles: true}));
      if (image.value !== "1") bad.push("the full stop does not step");
      if (dot() === first) bad.push("the dot does not follow");
      box.dispatchEvent(new KeyboardEvent("keydown", {key: ",", bubbles: true}));
      const play = document.getElementById("path-play");
      play.click();
      for (let k = 0; k < 50 && image.value === "0"; ++k) await new Promise((r) => setTimeout(r, 100));
      if (image.value === "0" || play.textContent !== "Stop") bad.push("play does not move");
      play.click();
      const keep = hopflow.save;
      let saved = null;
      hopflow.save = (content) => { saved = content; };
      document.getElementById("path-xyz").click();
      hopflow.save = keep;
      if (!saved || saved.split("Lattice=").length - 1 !== Number(image.max) + 1) bad.push("the saved path misses images");
      return bad.join("; ");
    })()`);
    if (driven) found("viewer: " + driven);
  }
  // The 3D sections are closed again: drawing them in software for every look takes minutes.
  await browser.ask(`document.querySelectorAll("details").forEach((d) => { d.open = !d.closest("#paths, #hop-network"); })`);
  await look("desktop-light", 1280, 900, false);
  await look("desktop-dark", 1280, 900, true);
  await look("phone-light", 390, 800, false);
  if (!short) await look("phone-dark", 390, 800, true);
  await browser.send("Emulation.setEmulatedMedia", {features: [{name: "prefers-color-scheme", value: "dark"}]});
  const paper = await browser.send("Page.printToPDF", {printBackground: false, preferCSSPageSize: true});
  if (Buffer.from(paper.data, "base64").length < 6000) found("the printed page is empty");
  if (shots) writeFileSync(join(shots, "print.pdf"), Buffer.from(paper.data, "base64"));
  await pause(200);
} catch (problem) {
  found("check: " + problem.message);
} finally {
  clearTimeout(limit);
  await browser.close();
}
process.exit(findings.size ? 1 : 0);
