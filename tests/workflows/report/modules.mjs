// SPDX-License-Identifier: GPL-2.0-or-later
// The page's modules, one by one, without a browser: numbers and words against values worked out by hand.
// usage: node modules.mjs PAGE_FOLDER; prints "ok" or "FAIL" lines
import {readFileSync} from "node:fs";
import {join} from "node:path";
import vm from "node:vm";

const folder = process.argv[2];
const order = readFileSync(join(folder, "../CMakeLists.txt"), "utf8").match(/page\/\S+\.js/g).map((f) => f.replace("page/", ""));
// A document that makes nothing: modules that only compute never ask for it.
const context = vm.createContext({console, URL, Blob: class {}, document: {addEventListener() {},
    createElement: () => ({append() {}, setAttribute() {}, addEventListener() {}})}, window: {}});
for (const file of order.filter((f) => f !== "page.js")) vm.runInContext(readFileSync(join(folder, file), "utf8")
    .replace(/^const hopflow = /m, "globalThis.hopflow = "), context, {filename: file});
const {hopflow} = context;

const plain = (x) => String(x).replaceAll("\u00a0", " ");
const same = (name, got, wanted) => {
  const [a, b] = [got, wanted].map((x) => (typeof x === "string" ? plain(x) : JSON.stringify(x)));
  console.log(a === b ? "ok " + name : "FAIL " + name + ": " + a + " instead of " + b);
};
const near = (name, got, wanted, tolerance = 1e-9) => console.log(Math.abs(got - wanted) <= tolerance ? "ok " + name : "FAIL " + name + ": " + got
    + " instead of " + wanted);
const check = (name, condition, detail = "") => console.log(condition ? "ok " + name : "FAIL " + name + " " + detail);

// base/values.js
same("a control character is shown, not obeyed", hopflow.visible("a\u202eb\u0007"), "a\u27e8U+202E\u27e9b\u2407");
same("a key carries its unit", [hopflow.label("off_conductance_s"), hopflow.label("tau_s"), hopflow.label("barrier_ev")],
    ["off conductance (S)", "tau (s)", "barrier (eV)"]);

// base/numbers.js: one digit of the error, two where it begins with 1
same("value and error end at the same digit", ["1.0077887597705697,0.10000016", "0.4751,0.31", "1.2346,0.0042",
    "12.3,7"].map((pair) => plain(hopflow.withError(...pair.split(",").map(Number)))),
  ["1.01 \u00b1 0.10 eV", "0.5 \u00b1 0.3 eV", "1.235 \u00b1 0.004 eV", "12 \u00b1 7 eV"]);
same("an error that rounds up gains no digit", plain(hopflow.withError(0.5, 0.0996)), "0.50 \u00b1 0.10 eV");
same("no error, and an error below the last digit, are said", [plain(hopflow.withError(0.5, null)), plain(hopflow.withError(0.5, 0.0001))],
    ["0.50 eV (error not stated)", "0.500 (error < 0.001) eV"]);
same("what is known within a factor of ten has no digits", [[3.6e-10, 1.7e5], [3.6e-10, 10], [0.0123, 1.4], [0.5, null],
    [0, 10]].map(([x, f]) => hopflow.withinFactor(x, f)), ["10\u207b\u2079", "10\u207b\u2079", "0.01", "0.5", "\u2013"]);
same("a median has the digits its limits allow", [[1.3e5, 4.1e-8, 3.7e17], [1.31, 1.2, 1.44], [2, null, null]].map((x) => hopflow.bandWords(...x)),
    ["10\u2075 (10\u207b\u2077 to 10\u00b9\u2078)", "1.3 (1.2 to 1.4)", "2"]);
near("a barrier's error of 0.3 eV and a frequency within a factor of 10 are a factor of 1.9e5 at 300 K", Math.log(hopflow.diffusivityFactor(0.3, 300, 10)),
    Math.hypot(0.3 / 0.025852, Math.log(10) / Math.sqrt(3)), 1e-3);
same("a sentence of the summary is read as one", hopflow.sentence("percolates: 0.4 +- 0.30000001 eV"), "Percolates: 0.4 \u00b1 0.3 eV.");
same("a probability is never certain", [0.849, 0.9999, 0.0001, null].map(hopflow.probability), ["0.85", "> 0.99", "< 0.01", "\u2013"]);
same("words are joined as in a sentence", [hopflow.joined([]), hopflow.joined(["a"]), hopflow.joined(["a", "b", "c"])], ["", "a", "a, b and c"]);

same("a sentence keeps four digits of a number, and its references",
    hopflow.fewDigits("barrier 0.5878998234737907 eV (sd 0.10000010781259645 eV), doi 10.1063/1.1329672"),
        "barrier 0.5879 eV (sd 0.1 eV), doi 10.1063/1.1329672");
same("what several lists share is said once", hopflow.sharedNotes([["a", "b"], ["b", "c"]]), {shared: ["b"], own: [["a"], ["c"]]});

// base/save.js
same("a spreadsheet runs no cell", hopflow.csv([["=1+1", "-0.5", -0.5, "@x", "a,b", "say \"x\"", null]]), "'=1+1,-0.5,-0.5,'@x,\"a,b\",\"say \"\"x\"\"\",\r\n");

// base/table.js
same("numbers sort by value, what is missing comes last", [10, 9, null, 1.5].sort(hopflow.order), [1.5, 9, 10, null]);
same("names sort by the numbers in them", ["I1-I10", "I1-I9", "\u2013"].sort(hopflow.order), ["I1-I9", "I1-I10", "\u2013"]);

// figures/style.js
const looks = Array.from({length: 560}, (_, i) => { const l = hopflow.look(i, hopflow.palette(false)); return l.colour + l.stroke + l.symbol + l.width; });
check("560 curves have 560 looks", new Set(looks).size === 560, new Set(looks).size);
check("the ink on every shade stands out 4.5 to 1", Array.from({length: 101}, (_, k) => k / 100).every((x) => {
  const rgb = [1, 3, 5].map((k) => parseInt(hopflow.scale(x).slice(k, k + 2), 16));
  const light = hopflow.luminance(rgb);
  return (hopflow.inkOn(x) === "#000" ? (light + 0.05) / 0.05 : 1.05 / (light + 0.05)) >= 4.5;
}));

// figures/curve.js: a cubic is its own Hermite interpolant
const cubic = (x) => x ** 3 - 2 * x + 1;
const knots = [0, 0.7, 1.1, 2].map((x) => [x, cubic(x)]);
check("with slopes from the forces a cubic is drawn exactly", hopflow.curve(knots, knots.map(([x]) => 3 * x * x - 2))
    .every(([x, y]) => Math.abs(y - cubic(x)) < 1e-12));
const steps = [[0, 0], [1, 1], [2, 1], [3, 0]];
check("without slopes a curve never overshoots its points", hopflow.curve(steps).every(([, y]) => y >= 0 && y <= 1));
same("one steep hop does not set the scale", hopflow.focus([0.3, 0.5, 5.4], 0.5), {max: 0.6, beyond: 1});
same("without a steep hop nothing is cut", hopflow.focus([0.3, 0.5, 0.9], 0.5), {max: null, beyond: 0});

// answer/headline.js
const material = (name, barrier, error, more = {}) => ({name, sites: [{label: "I1"}], network: {percolating: true, dimension: 1},
    headline: {barrier_ev: barrier, uncertainty_ev: error, parts: {model: error}, tier: "ff", engine: "e", dimension: 1, deciding_hop: "h", checks_failed: [],
        paper: []}, barriers: [], hops: [], ...more});
const old = {name: "A", model_error_ev: 0.1, network: {percolating: true, barrier_ev: 0.5, uncertainty_ev: 0.001, deciding_hop: "h"},
    barriers: [{hop: "h", checks: [{name: "energy_force_consistency", passed: false}, {name: "cell", passed: null}]}]};
near("an older run's error bar takes in the stated error of the force field", hopflow.headlineOf(old).error, Math.hypot(0.001, 0.1), 1e-12);
same("an older run's failed check is found on the deciding hop", [hopflow.headlineOf(old).checksFailed, hopflow.headlineOf(old).checksOpen],
    [["energy force consistency"], ["cell"]]);
same("the newer error bar is taken as it is", hopflow.totalError({uncertainty_ev: 0.12, parts: {}}, {model_error_ev: 0.1}), 0.12);
same("a hop in words", plain(hopflow.hopWords({framework: {dimension: 1},
    hops: [{id: "h", component: "inter", length_angstrom: 4.5, shared_metal: 0, bottleneck_angstrom: 2.1}]}, "h")),
        "between two chains, 4.50 \u00c5 long, no shared metal, nearest atom 2.10 \u00c5 from the line");
same("a bottleneck with its free radius", plain(hopflow.hopWords({hops: [{id: "h", shared_metal: 1, bottleneck_angstrom: 2.1, free_radius_angstrom: 0.9}]},
    "h")), "1 shared metal, bottleneck of free radius 0.90 \u00c5");
const levels = material("L", 0.5, 0.3, {headlines: [{barrier_ev: 0.4, uncertainty_ev: 0.1, tier: "dft", quantity: "network", dimension: 1,
    dimension_reached: 2}, {barrier_ev: 0.5, uncertainty_ev: 0.3, tier: "force_field"}]});
same("of several levels of theory the first is the headline", [hopflow.headlineOf(levels).barrier, hopflow.headlineOf(levels).reached,
    hopflow.headlinesOf(levels).map((h) => hopflow.tierOf(h.tier))], [0.4, 2, ["density functional theory", "classical force field"]]);
check("barriers of different levels of theory are not compared in silence",
    hopflow.doubts([levels, material("M", 0.3, 0.1)], {}).some((d) => d.kind === "warn" && d.text.includes("different levels of theory")));

// answer/sentence.js
const pair = (a, b, d, verdict, probability) => ({a, b, difference_ev: d, error_ev: 0.14, verdict, probability});
const [x, y, z] = [["BnzPyr", 1.154], ["PrPyr", 1.008], ["MAPbI3", 0.476]].map(([n, e]) => hopflow.headlineOf(material(n, e, 0.1)));
const pairs = [pair("PrPyr", "BnzPyr", -0.146, "not separated", 0.849), pair("PrPyr", "MAPbI3", 0.53, "separated", 0.9999),
    pair("BnzPyr", "MAPbI3", 0.68, "separated", 0.9999)];
same("what is not separated is not ranked", hopflow.answerSentence([y, x, z], pairs, "I"),
  "The highest I-vacancy migration barriers are those of BnzPyr (1.15 \u00b1 0.10 eV) and PrPyr (1.01 \u00b1 0.10 eV), "
      + "not separated (P = 0.85 that BnzPyr is above PrPyr); both are above MAPbI3 (0.48 \u00b1 0.10 eV; P > 0.99).");
same("a probability is of the barrier of larger value, for whichever of the two it is stated",
    hopflow.differenceWords([y, x], [pair("PrPyr", "BnzPyr", -0.146, "not separated", 0.151)]).map(plain),
        ["BnzPyr \u2212 PrPyr = 0.15 \u00b1 0.14 eV: not separated, P = 0.85"]);
same("a separated barrier is named", hopflow.answerSentence([x, z], pairs, ""),
    "BnzPyr has the highest migration barrier, 1.15 \u00b1 0.10 eV, above MAPbI3 (0.48 \u00b1 0.10 eV; P > 0.99).");
const banded = (name, e, error) => hopflow.headlineOf(material(name, e, error, {headlines: [{barrier_ev: e, uncertainty_ev: error, tier: "dft",
    quantity: "hop", calls: 40, deciding_hop: "h"}]}));
same("stored bands are ranked at their level of theory", hopflow.answerSentence([banded("P", 0.45, 0.1), banded("Q", 0.3, 0.1)],
    [pair("P", "Q", 0.15, "not separated", 0.86)], "I"),
  "No order of the I-vacancy hop barriers by density functional theory is established: P (0.45 \u00b1 0.10 eV) and Q (0.30 \u00b1 0.10 eV) "
      + "are not separated (P = 0.86 that P is above Q).");
const onKept = (name, e) => material(name, e, 0.1, {model: true, headlines: [{barrier_ev: e, uncertainty_ev: 0.1, tier: "dft", quantity: "hop",
    calls: 3, deciding_hop: "h", engine: "CP2K", path_engine: "SevenNet"}]});
same("the sentence says whose energies are on another engine's path", hopflow.answerSentence([banded("P", 0.45, 0.1), hopflow.headlineOf(onKept("Q", 0.3))],
    [pair("P", "Q", 0.15, "not separated", 0.86)], "I").includes("by density functional theory (in part on paths it did not relax) is established"), true);
same("a sentence about model cells alone says so", hopflow.answerSentence([hopflow.headlineOf(onKept("Q", 0.3))], [], "I"),
    "In model cells, the I-vacancy hop barrier by density functional theory (on paths it did not relax) of Q, its lowest stored hop, is "
    + "0.30 \u00b1 0.10 eV.");
same("a path that the headline's engine did not relax, and a model structure, stand among the doubts", hopflow.doubts([onKept("Q", 0.3)], {})
    .slice(0, 2).map((d) => d.kind + " " + d.text), ["warn Model structures, not experimental: Q. A comparison of model cells says nothing about the real "
    + "compounds.", "warn Q: energies by CP2K on a path of SevenNet, neither ends nor saddle relaxed."]);
same("of three every pair is compared", hopflow.differenceWords([x, y, z], pairs).map((w) => plain(w).split(" = ")[0]),
    ["BnzPyr \u2212 PrPyr", "PrPyr \u2212 MAPbI3", "BnzPyr \u2212 MAPbI3"]);
same("one material is not ranked, and one without a barrier is named", hopflow.answerSentence([x, hopflow.headlineOf(material("Q", null, null))], [], "I"),
    "The I-vacancy migration barrier of BnzPyr is 1.15 \u00b1 0.10 eV. No barrier for Q.");
same("nothing converged", hopflow.answerSentence([hopflow.headlineOf(material("Q", null, null))], [], "I"), "No barrier: no hop of this run converged.");
same("the paper's verdict is the summary's", plain(hopflow.paperWords(hopflow.headlineOf(material("P", 0.6, 0.1, {headline: {...material("P", 0.6, 0.1)
    .headline, paper: [
  {id: "a", value_ev: 0.39, quantity: "easiest hop", ours_ev: 0.45, uncertainty_ev: 0.1, verdict: "hit", reason: "x"},
      {id: "b", value_ev: [0.1, 0.5], quantity: "network", ours_ev: 0.6, uncertainty_ev: 0.1, verdict: "miss", reason: "y"},
  {id: "c", value_ev: 0.2, verdict: "not_comparable", reason: "a single hop only"},
      {id: "d", value_ev: null, verdict: "not_comparable", reason: "no value was published"}]},
  paper: [{id: "a", tolerance: "+-0.15", unit: "eV", condition: "P, DFT NEB"}]})))),
"P: 0.39 eV, DFT NEB (met, inside \u00b1 0.15 eV; easiest hop 0.45 \u00b1 0.10 eV), 0.1 to 0.5 eV "
    + "(missed, outside its tolerance though our error reaches it; network 0.60 \u00b1 0.10 eV), 0.2 eV (not comparable: a single hop only)");
const shared = hopflow.sharedPaper([["P", "hit"], ["Q", "miss"], ["R", "hit"]].map(([name, verdict]) =>
    ({name, paper: [{id: "band", text: "0.1 to 0.6", verdict}]})));
same("a published row of several materials is said once", [plain(shared.words.join("; ")), [...shared.ids]],
    ["0.1 to 0.6 eV, published for several: P and R met; 0.1 to 0.6 eV, published for several: Q missed", ["band"]]);
same("a published order is met, missed or open", hopflow.orderWords({paper_orders: [{id: "o", value: "A > B", verdict: "not_comparable",
    reason: "not separated: P 0.85"}]}), ["Published order A > B: not decided (not separated: P 0.85)"]);
const doubts = hopflow.doubts([material("P", 0.3, 0.1, {headline: {...material("P", 0.3, 0.1).headline, checks_failed: ["energy_force_consistency"]},
    barriers: [{hop: "h", status: "converged_check_failed"}, {hop: "i", status: "slipped"}]})], {quick: true});
same("a failed check comes first, then what is missing", doubts.map((d) => d.kind + " " + d.text),
    ["bad P: the deciding hop h fails the check \u201cenergy force consistency\u201d.", "warn Hops without a barrier: P 1 of 2 (1 slipped).",
        "warn Quick run: small cells, few hops; not converged with cell size.", "none Largest part of the error: model 0.1 eV."]);

same("a run that ends with the list of hops says that they were not run",
    hopflow.doubts([material("P", null, null, {barriers: [{hop: "h", status: "failed", reason: "", evaluations: 0}]})], {}).map((d) => d.text)[0],
        "Hops found but not computed: P 1.");
const besides = material("S", 0.4, 0.3, {headlines: [{barrier_ev: 0.4, uncertainty_ev: 0.3, tier: "ff", deciding_hop: "h"}, {barrier_ev: 0.3,
    uncertainty_ev: 0.1, tier: "dft", deciding_hop: "g", checks_failed: ["saddle_converged"]}], reference_bands: [{hop: "f", applies: false}]});
same("what fails at another level of theory is said too", hopflow.doubts([besides], {}).filter((d) => d.kind !== "none").map((d) => d.text).slice(0, 2),
    ["S, density functional theory: g fails the check \u201csaddle converged\u201d.", "S: the stored band f does not belong to this crystal and is not used."]);
const computedEarlier = material("T", 0.4, 0.3, {headlines: [{barrier_ev: 0.4, uncertainty_ev: 0.3, tier: "dft", quantity: "hop", calls: 3, deciding_hop: "h"},
    {barrier_ev: 0.3, uncertainty_ev: 0.1, tier: "ff", quantity: "network", deciding_hop: "h", checks_failed: ["one_event"]}],
  barriers: [{hop: "h", status: "converged_check_failed", checks: [{name: "one_event", passed: false}]}, {hop: "i", status: "converged", checks: []}]});
same("a hop of the run that fails a check is no finding against a number computed earlier", hopflow.doubts([computedEarlier], {}).map((d) => d.kind + " "
    + plain(d.text)).slice(0, 1), ["warn T, classical force field: 1 of 2 hops fails a check (one event): h (decides its network)."]);

// viewer/lattice.js: rock salt with one Na in a triclinic setting has six bonds, through the cell's faces
const octahedron = {cell: [[5, 0, 0], [0.3, 5, 0], [0.2, -0.4, 5]], elements: ["Pb", "I", "I", "I"], organic: [0, 0, 0, 0], radii: {Pb: 1.46, I: 1.39},
    bonds: [], moving: 3};
const at = hopflow.lattice(octahedron.cell);
const cube = hopflow.structure(octahedron, [[0.1, 0.1, 0.1], [0.6, 0.1, 0.1], [0.1, 0.6, 0.1], [0.1, 0.1, 0.6]].flatMap((f) => at.from(f)));
check("an octahedron is whole although the cell's faces cut it", cube.polyhedra.length === 1 && cube.polyhedra[0].corners.length === 6,
    JSON.stringify(cube.polyhedra));
same("an octahedron has eight faces", hopflow.hull([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]).length, 8);
same("an atom in a corner is drawn in all eight", hopflow.faceShifts([0.001, 0.999, 0]).length, 8);
same("an atom inside is drawn once", hopflow.faceShifts([0.5, 0.2, 0.7]).length, 1);
near("fractions and lengths are inverse in a triclinic cell", Math.hypot(...at.from(at.to([1, 2, 3])).map((v, k) => v - [1, 2, 3][k])), 0, 1e-12);
const sphere = hopflow.structure(octahedron, [[0.1, 0.1, 0.1], [0.6, 0.1, 0.1], [0.1, 0.6, 0.1], [0.1, 0.1, 0.6]].flatMap((f) => at.from(f)),
    {centre: at.from([0.1, 0.1, 0.1]), radius: 5.3});
check("around a point every image within the radius is drawn", sphere.polyhedra.length >= 7, sphere.polyhedra.length);

// viewer/scene.js
const path = {cell: [[9, 0, 0], [0, 9, 0], [0, 0, 9]], elements: ["Pb", "I"], organic: [0, 0], start: [1000, 2000, 3000, 0, 0, 0], moved: [1], moving: 1,
    shift: 2,
  frames: [[0, 0], [1000, 0.4], [2000, 0.1]].map(([px, e]) => ({energy_ev: e, distance_angstrom: px / 1000, slope_ev_per_angstrom: 0,
      displacements: [px, 0, 0]}))};
same("held atoms stay, the moving one follows its images", [...hopflow.positionsOf(path, 2)], [1, 2, 3, 2, 0, 0]);
same("the saddle is the highest image between the ends", hopflow.saddleFrame(path), 1);
check("a saved path has every image and its energy", hopflow.sceneXyz(path).split("\n").filter((l) => /energy=/.test(l)).length === 3);

// viewer/camera.js
const turned = hopflow.aroundHop([[0, 0, 0], [1, 0.1, 0], [2, 0, 0]], [[1, 0, 3], [1, 4, 0]]);
near("the screen's directions are a rotation", turned[0].reduce((s, x, k) => s + x * hopflow.vector.cross(turned[1], turned[2])[k], 0), 1, 1e-9);
check("a quaternion gives its rotation back", [turned, hopflow.downCell(octahedron.cell, [[0, 0, 0], [1, 1, 1]], []), [[-1, 0, 0], [0, -1, 0], [0, 0, 1]],
    [[1, 0, 0], [0, -1, 0], [0, 0, -1]]].every((rows) => hopflow.rotation(hopflow.quaternion(rows)).flat().every((x, k) =>
        Math.abs(x - rows.flat()[k]) < 1e-9)));
near("the hop lies across the picture", Math.abs(turned[0][0]), 1, 1e-9);
check("no atom stands before the hop where it can be avoided", hopflow.hidden(turned, [[1, 0, 0]], [[1, 0, 3]]) === 0);
check("at the distance found no atom leaves the picture", (() => {
  const points = [[0, 0, 0, 1], [9, 2, 1, 0.5], [-3, 8, -4, 1], [2, -5, 6, 1]];
  const {centre, distance} = hopflow.fit(turned, points, 1.4);
  return points.every(([px, py, pz, r]) => { const [sx, sy, sz] = turned.map((row) => row.reduce((s, x, k) => s + x * ([px, py, pz][k] - centre[k]), 0));
      const wide = Math.tan(Math.PI / 18) * (distance - sz - r);
    return Math.abs(sx) + r <= 1.4 * wide + 1e-9 && Math.abs(sy) + r <= wide + 1e-9; });
})());

// viewer/network_cell.js
same("a hop through a face is drawn from both sides, one inside the cell once",
    [[0.9, 0.5, 0.5, 1.2, 0.5, 0.5], [0.1, 0.5, 0.5, 0.4, 0.5, 0.5]].map((e) => hopflow.homed(e)
        .map(([f, g]) => [f[0], g[0]].map((x) => Math.round(10 * x) / 10))), [[[0.9, 1.2], [-0.1, 0.2]], [[0.1, 0.4]]]);
near("a triclinic cell from lengths and angles has its volume", hopflow.lattice(hopflow.cellRows({a: 3, b: 4, c: 5, alpha: 80, beta: 95, gamma: 110})).volume,
  60 * Math.sqrt(1 - [80, 95, 110].reduce((s, d) => s + Math.cos(d * Math.PI / 180) ** 2, 0)
      + 2 * [80, 95, 110].reduce((s, d) => s * Math.cos(d * Math.PI / 180), 1)), 1e-9);

// viewer/energy.js
check("slopes are used only where summary and path count the same length",
    hopflow.profileOf({profile: {distance_angstrom: [0, 1, 2], energy_ev: [0, 0.4, 0.1]}}, path).slopes !== null
  && hopflow.profileOf({profile: {distance_angstrom: [0, 1, 3], energy_ev: [0, 0.4, 0.1]}}, path).slopes === null);

// several/gather.js and several/compare.js
const summary = (tier, barrier) => ({hopflow: "1", study: "s", quick: false, materials: [{...material("A", barrier, 0.1), engine: {tier, name: "e"},
    protocol: {fmax_ev_per_angstrom: 0.05}, barriers: [{hop: "h", path: "p", forward_ev: barrier}]}], barrier_comparisons: []});
const both = hopflow.gather({runs: [{name: "one", summary: summary("ff", 0.5), scenes: {p: 1}}, {name: "two", summary: summary("mlip", 0.3), scenes: {p: 2}}]});
same("materials of several runs say which run they belong to, and keep their own paths",
    [both.materials.map((m) => m.name), both.materials.map((m) => both.scenes[m.barriers[0].path])], [["A \u00b7 one", "A \u00b7 two"], [1, 2]]);
same("what differs between runs is named, what is the same is not", hopflow.settingDifferences(both.runs).map((r) => [r.key, r.values]),
    [["tier", ["ff", "mlip"]]]);
same("several runs are answered material by material", hopflow.runsSentence(both.runs), "A: 0.50 \u00b1 0.10 eV in one and 0.30 \u00b1 0.10 eV in two.");

// provenance
const cited = hopflow.citations([{name: "A", forcefield: {name: "myp-mapbi3"}, engine: {name: "lammps"},
    provenance: ["as in X 2024 (doi 10.1039/d3mh02055j)."], barriers: [{refinements: [{engine: {name: "CHGNet"}}]}]}]);
check("engines, force field and structure are cited", ["Thompson2022", "Mattoni2015", "Deng2023",
    "Henkelman2000a"].every((k) => cited.entries.some((e) => e.key === k)) && cited.dois[0] === "10.1039/d3mh02055j", JSON.stringify(cited.dois));
check("what was not used is not cited", !cited.entries.some((e) => ["Kuehne2020", "Diehl2015"].includes(e.key)));
const bib = hopflow.bibtex([{name: "A"}]);
check("BibTeX has balanced braces and unique keys", (bib.match(/{/g) || []).length === (bib.match(/}/g) || []).length
    && new Set(bib.match(/^@\w+{[^,]+/gm)).size === bib.match(/^@\w+{[^,]+/gm).length);
const methods = plain(hopflow.methods({summary: {hopflow: "1.2"}, materials: [{...material("A", 0.5, 0.1), engine: {tier: "mlip", name: "CHGNet"},
    protocol: {fmax_ev_per_angstrom: 0.05, mobile: "all"}, barriers: [{profile: {energy_ev: [0, 1, 2, 1, 0]}}]}]}));
check("the methods say only what the run recorded", ["hopflow 1.2", "0.05 eV/\u00c5", "3 images", "machine-learned potential", "All atoms were relaxed",
    "A 0.50 \u00b1 0.10 eV"].every((w) => methods.includes(w)) && !methods.includes("symmetry"), methods);
