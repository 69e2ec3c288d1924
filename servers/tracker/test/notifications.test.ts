import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { startRawSession } from "@trestle/testkit";
import { nodeEnvironment, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "./_agents.ts";
import { writeSession } from "./_home.ts";

const DAY_MS = 86_400_000;
const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url));
const URIS = [
  "conversations",
  "unfinished_tasks",
  "error_patterns",
  "system_insights",
  "health_status",
].map((name) => `tracker://${name}`);

/** A home whose sessions change, and a target that falls, when it is told to. */
async function openWorld() {
  const home = temporaryFolder("tracker");
  const session = (id: string, at: number) => writeSession(home, id, { at });
  session("old", Date.now() - 6 * DAY_MS).run("npm test", "Exit code 1\nTypeError: no till", true);
  const target = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(target, "listening");
  const { port } = target.address() as AddressInfo;
  onTestFinished(() => void target.close());
  const file = join(home, "health.json");
  const till = { kind: "tcp", name: "till", host: "127.0.0.1", port, intervalMs: 1_000, fall: 1 };
  writeFileSync(file, JSON.stringify({ targets: [till] }));
  const env = {
    ...{ ...nodeEnvironment(), HOME: home, TRESTLE_HOME: join(home, "own") },
    ...{ TRACKER_HOME_DIR: home, TRACKER_HEALTH_FILE: file },
  };
  return {
    ...{ home, env },
    /** All five resources are others after it. */
    change() {
      target.close();
      session("mid", Date.now() - 3 * DAY_MS).run(
        "npm test",
        "Exit code 1\nTypeError: no till",
        true,
      );
      const now = session("now", Date.now() - 600_000);
      now.ask("Mend the till");
      now.plan([{ content: "Mend the till", status: "pending" }]);
      now.run("npm test", "Exit code 1\nTypeError: no till", true);
    },
  };
}

test("over stdio, who subscribed hears that each of the five is another, and who left hears nothing", async () => {
  const { home, env, change } = await openWorld();
  const client = startRawSession({ command: process.execPath, args: [bin], env, cwd: home });
  onTestFinished(() => client.kill());
  await client.initialize();
  for (const uri of URIS) await client.request("resources/subscribe", { uri });
  change();
  const heard = () =>
    client.lines
      .map((line) => JSON.parse(line) as JsonObject)
      .filter(({ method }) => method === "notifications/resources/updated")
      .map(({ params }) => String((params as JsonObject).uri));
  await until("all five are told", () => URIS.every((uri) => heard().includes(uri)));
  for (const uri of URIS) await client.request("resources/unsubscribe", { uri });
  const before = heard().length;
  writeSession(home, "later", { at: Date.now() - 60_000 }).ask("And oil the hinge");
  await client.call("search_history", { query: "hinge" });
  await pause(1_000);
  expect(heard()).toHaveLength(before);
}, 60_000);

/** A client over HTTP, of the legacy era, and the resources that it heard of. */
async function connect(url: string) {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const headers: Record<string, string> = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  let number = 0;
  async function send(method: string, params: JsonObject, isRequest = true): Promise<Response> {
    number += 1;
    const message = { jsonrpc: "2.0", method, params, ...(isRequest && { id: number }) };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(message) });
    expect(answer.ok, `${method}: ${answer.status}`).toBe(true);
    return answer;
  }
  const begun = await send("initialize", {
    ...{ protocolVersion: "2025-06-18", capabilities: {} },
    clientInfo: { name: "test", version: "1" },
  });
  await begun.text();
  headers["mcp-session-id"] = begun.headers.get("mcp-session-id") ?? "";
  headers["mcp-protocol-version"] = "2025-06-18";
  await send("notifications/initialized", {}, false);
  const stream = await fetch(url, {
    headers: { ...headers, accept: "text/event-stream" },
    signal: abort.signal,
  });
  const heard = new Set<string>();
  void (async () => {
    let text = "";
    for await (const piece of stream.body ?? []) {
      text += Buffer.from(piece).toString("utf8");
      for (const [, uri = ""] of text.matchAll(/resources\/updated".*?"uri":"([^"]+)"/g))
        heard.add(uri);
    }
  })().catch(() => {});
  return {
    heard,
    subscribe: async (uri: string) =>
      void (await (await send("resources/subscribe", { uri })).text()),
  };
}

test("over HTTP, each client hears of what it subscribed to, and of nothing else", async () => {
  const { home, env, change } = await openWorld();
  const at = `127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [bin, "--http", at], { env, cwd: home, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  const url = `http://${at}/mcp`;
  let isUp = false;
  await until("it listens", () => {
    void fetch(`http://${at}/healthz`).then(
      ({ ok }) => {
        isUp = ok;
      },
      () => {},
    );
    return isUp;
  });
  const [one, other] = await Promise.all([connect(url), connect(url)]);
  const [first = "", ...rest] = URIS;
  await one.subscribe(first);
  for (const uri of rest) await other.subscribe(uri);
  change();
  await until("both heard of theirs", () => one.heard.size >= 1 && other.heard.size >= rest.length);
  await pause(500);
  expect([...one.heard]).toEqual([first]);
  expect([...other.heard].toSorted()).toEqual(rest.toSorted());
}, 60_000);
