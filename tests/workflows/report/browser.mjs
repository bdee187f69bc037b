// SPDX-License-Identifier: GPL-2.0-or-later
// A headless Chromium, spoken to through its DevTools pipe: no port, no package.
import {spawn} from "node:child_process";
import {mkdtempSync, rmSync} from "node:fs";
import {tmpdir} from "node:os";
import {join} from "node:path";

// No --disable-gpu: with it the browser copies every 3D picture back from the software renderer and warns that this is slow.
const flags = [
  "--headless=new", "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions", "--mute-audio",
  "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--hide-scrollbars",
  // Nothing outside this machine can be reached, whatever the page tries.
  "--host-resolver-rules=MAP * ~NOTFOUND", "--remote-debugging-pipe",
];

export class Browser {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "hopflow-report-"));
    this.child = spawn("chromium", [...flags, "--user-data-dir=" + this.folder, "about:blank"],
      {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], detached: true});
    this.next = 1;
    this.waiting = new Map();
    this.handlers = [];
    let rest = "";
    this.child.stdio[4].setEncoding("utf8").on("data", (text) => {
      const parts = (rest + text).split("\0");
      rest = parts.pop();
      for (const part of parts) this.receive(JSON.parse(part));
    });
    this.ended = new Promise((resolve) => this.child.on("exit", resolve));
    this.child.on("exit", () => {
      for (const {reject} of this.waiting.values()) reject(new Error("the browser ended"));
      this.waiting.clear();
    });
  }

  receive(message) {
    if (message.id) {
      const {resolve, reject} = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.error) reject(new Error(message.error.message));
      else resolve(message.result);
    } else {
      for (const handler of this.handlers) handler(message.method, message.params, message.sessionId);
    }
  }

  send(method, params = {}) {
    const id = this.next++;
    this.child.stdio[3].write(JSON.stringify({id, method, params, sessionId: this.session}) + "\0");
    return new Promise((resolve, reject) => this.waiting.set(id, {resolve, reject}));
  }

  on(handler) { this.handlers.push(handler); }

  // A blank page of its own, listened to from before anything is loaded.
  async page() {
    const {targetId} = await this.send("Target.createTarget", {url: "about:blank"});
    this.session = (await this.send("Target.attachToTarget", {targetId, flatten: true})).sessionId;
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await this.send(domain + ".enable");
  }

  async open(url) {
    const loaded = new Promise((resolve) => this.on((method) => { if (method === "Page.loadEventFired") resolve(); }));
    await this.send("Page.navigate", {url});
    await loaded;
  }

  // The value of an expression in the page.
  async ask(expression) {
    const answer = await this.send("Runtime.evaluate", {expression, awaitPromise: true, returnByValue: true});
    if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description || answer.exceptionDetails.text);
    return answer.result.value;
  }

  async close() {
    try {
      this.session = undefined;
      await Promise.race([this.send("Browser.close"), new Promise((resolve) => setTimeout(resolve, 3000))]);
    } catch { /* already gone */ }
    await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, 3000))]);
    try { process.kill(-this.child.pid, "SIGKILL"); } catch { /* already gone */ }
    rmSync(this.folder, {recursive: true, force: true, maxRetries: 10, retryDelay: 100});
  }
}
