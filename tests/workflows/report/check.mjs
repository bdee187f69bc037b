// SPDX-License-Identifier: GPL-2.0-or-later
// What a report must hold to in a browser; one line per finding.
import {mkdirSync, writeFileSync} from "node:fs";
import {join, resolve} from "node:path";
import {pathToFileURL} from "node:url";
import {Browser} from "./browser.mjs";

const file = resolve(process.argv[2]);
const shots = process.argv[3] === "--shots" ? resolve(process.argv[4]) : null;
const url = pathToFileURL(file).href;
const findings = new Set();
const found = (text) => findings.add(text.replace(/\s+/g, " ").slice(0, 400));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const browser = new Browser();
const limit = setTimeout(() => {
  console.log("the browser did not answer within 120 s");
  browser.close().finally(() => process.exit(1));
}, 120000);

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
    const who = await browser.ask(`[...document.querySelectorAll("main *, header *, footer *")].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1
      && !e.closest(".scroll, pre")).slice(0, 3).map((e) => e.tagName + "." + e.getAttribute("class")).join(", ")`);
    found(`at ${width} px the page is ${wide} px too wide (${who})`);
  }
  if (shots) {
    mkdirSync(shots, {recursive: true});
    const shot = await browser.send("Page.captureScreenshot", {format: "png", captureBeyondViewport: true});
    writeFileSync(join(shots, name + ".png"), Buffer.from(shot.data, "base64"));
  }
};

// Distinct colours on the 3D canvas: an empty one has one.
const colours = `new Promise((done) => requestAnimationFrame(() => {
  const canvas = document.querySelector(".viewer canvas");
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
  await browser.open(url);
  await pause(600);
  const title = await browser.ask("document.title");
  if (!title.endsWith("\u2013 hopflow report")) found("title: " + title);
  const data = `JSON.parse(document.getElementById("data").textContent)`;
  const materials = await browser.ask(`(${data}.summary.materials || []).filter((m) => m && typeof m === "object").length`);
  if (materials > 0) {
    for (const id of ["headline", "barriers", "paths", "device", "array", "network", "protocol", "provenance"]) {
      if (!(await browser.ask(`Boolean(document.getElementById("${id}"))`))) found("no section " + id);
    }
    const cards = await browser.ask(`document.querySelectorAll(".card").length`);
    if (cards !== materials) found(`${cards} cards for ${materials} materials`);
  }
  const text = await browser.ask(`document.body.innerText`);
  for (const word of ["undefined", "[object ", "NaN"]) {
    const at = text.indexOf(word);
    if (at >= 0) found(`the text reads "${text.slice(Math.max(0, at - 40), at + 40)}"`);
  }
  const empty = await browser.ask(`[...document.querySelectorAll(".chart")].filter((c) => c.querySelectorAll("svg path").length < 3).map((c) => c.getAttribute("aria-label")).join("; ")`);
  if (empty) found("figures not drawn: " + empty);
  const stray = await browser.ask(`[...document.querySelectorAll("img, iframe, object, embed, link, base, main script, header script, [onerror], [onclick], [onload], main [style*=url]")].map((e) => e.tagName).join(", ")`);
  if (stray) found("elements that don't belong there: " + stray);
  // The fit's correlations, worked out once more from the variances.
  const correlations = await browser.ask(`(${data}.summary.materials || []).flatMap((m) => {
    const covariance = m && m.device && m.device.fit && m.device.fit.covariance;
    if (!Array.isArray(covariance) || !covariance.length || !covariance.flat().every(Number.isFinite)) return [];
    const table = [...document.querySelectorAll("table.shaded")].find((t) => t.caption.textContent.startsWith("Correlation of the fitted numbers, " + m.name + ":"));
    if (!table) return [m.name + " has no table of correlations"];
    if (m.device.fit.names.some((name, i) => name.includes("conductance_s") && !table.tBodies[0].rows[i].cells[0].textContent.includes("(S)"))) return [m.name + " has a conductance in other units"];
    return covariance.flatMap((row, i) => row.map((c, j) => {
      const scale = Math.sqrt(covariance[i][i] * covariance[j][j]);
      const shown = table.tBodies[0].rows[i].cells[3 + j].textContent;
      return scale > 0 ? Math.abs(Number(shown) - c / scale) < 0.006 : Number.isNaN(Number(shown));
    })).every(Boolean) ? [] : [m.name + " shows other correlations than its fit has"];
  }).join("; ")`);
  if (correlations) found(correlations);
  // The mark, in every table and figure that shows a model's numbers.
  const unmarked = await browser.ask(`(() => {
    const models = (${data}.summary.materials || []).filter((m) => m && m.model === true);
    if (!models.length) return "";
    const sentence = "No comparison made with model cells says anything about the real compounds.";
    const heads = [document.getElementById("head"), document.getElementById("headline"), document.getElementById("provenance")];
    return heads.filter((h) => !h || !h.textContent.includes(sentence)).length ? "head, headline or provenance" : "";
  })()`);
  if (unmarked) found("model structures are not marked in " + unmarked);

  const paths = await browser.ask(`Object.values(${data}.scenes).filter((s) => !s.error).length`);
  if (paths > 0) {
    const seen = await browser.ask(colours);
    if (seen === null) found("no 3D picture");
    else if (seen < 20) found(`the 3D picture is empty (${seen} colours)`);
    // Every hop of every material, first and last image.
    await browser.ask(`(async () => {
      const wait = () => new Promise((r) => setTimeout(r, 30));
      const [material, hop, image] = ["#path-material", "#path-hop", "#path-image"].map((s) => document.querySelector(s));
      const change = async (input, value, type) => { input.value = value; input.dispatchEvent(new Event(type)); await wait(); };
      for (let m = material.options.length - 1; m >= 0; --m) {
        await change(material, String(m), "change");
        for (let h = hop.options.length - 1; h >= 0; --h) {
          await change(hop, String(h), "change");
          await change(image, image.max, "input");
        }
      }
    })()`);
  }
  await look("desktop-light", 1280, 900, false);
  await look("desktop-dark", 1280, 900, true);
  await look("phone-light", 400, 800, false);
  await look("phone-dark", 400, 800, true);
  await browser.send("Emulation.setEmulatedMedia", {features: [{name: "prefers-color-scheme", value: "dark"}]});
  const paper = await browser.send("Page.printToPDF", {printBackground: false, preferCSSPageSize: true});
  if (Buffer.from(paper.data, "base64").length < 20000) found("the printed page is empty");
  if (shots) writeFileSync(join(shots, "print.pdf"), Buffer.from(paper.data, "base64"));
  await pause(200);
} catch (problem) {
  found("check: " + problem.message);
} finally {
  clearTimeout(limit);
  await browser.close();
}
for (const line of findings) console.log(line);
process.exit(findings.size ? 1 : 0);
