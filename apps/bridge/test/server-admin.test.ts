import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@trestle/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { objectOf, objectsOf } from "../src/cli/data.ts";
import { trestle } from "./_cli.ts";
import { until } from "./_processes.ts";
import { type Answered, type RestBridge, startRest } from "./_rest.ts";

const UPSTREAM = fileURLToPath(new URL("./fixtures/upstream.ts", import.meta.url));
const CANARY = "a-canary-that-nobody-may-see";

let closed: RestBridge;
let open: RestBridge;
beforeAll(async () => {
  [closed, open] = await Promise.all([startRest(), startRest({ http: { admin: true } })]);
}, 60_000);
afterAll(async () => {
  await Promise.all([closed.stop(), open.stop()]);
});

const dataOf = ({ body }: Answered) => objectOf(body.data);
const codeOf = ({ status, body }: Answered) => [status, objectOf(body.error).code];
const messageOf = ({ body }: Answered) => String(objectOf(body.error).message);

function asAdmin(bridge: RestBridge) {
  const text = readFileSync(join(bridge.home, "admin.key"), "utf8").trim();
  const headers = { authorization: `Bearer ${text}` };
  return {
    get: (path: string) => bridge.get(path, headers),
    send: (method: string, path: string, body?: JsonObject) =>
      bridge.ask(path, { method, headers, ...(body && { body: JSON.stringify(body) }) }),
  };
}

const stdio = (bridge: RestBridge, name: string, more: JsonObject = {}): JsonObject => ({
  command: process.execPath,
  args: [UPSTREAM, `--root=${bridge.home}`, `--name=${name}`],
  ...more,
});
const fileOf = ({ home }: RestBridge) => readFileSync(join(home, "trestle.json"), "utf8");
const call = (bridge: RestBridge, tool: string) =>
  bridge.post("tool/call", { tool, arguments: { text: "here" } });

test("a server is added, changed and removed while the bridge runs, and its file is kept as it was", async () => {
  const { send } = asAdmin(open);
  const before = fileOf(open);
  const added = await send("POST", "servers", { name: "two", entry: stdio(open, "two") });
  expect(dataOf(added)).toMatchObject({ name: "two", id: "two", in_effect: true, warnings: [] });
  expect(readFileSync(String(dataOf(added).backup), "utf8")).toBe(before);
  expect((await call(open, "two.echo")).status).toBe(200);
  const again = await send("POST", "servers", { name: "two", entry: stdio(open, "two") });
  expect(codeOf(again)).toEqual([409, "conflict"]);
  const entry = stdio(open, "two", { tools: { deny: ["echo"] } });
  expect((await send("PUT", "servers/two", { entry })).status).toBe(200);
  expect(codeOf(await call(open, "two.echo"))).toEqual([404, "not_found"]);
  expect((await send("DELETE", "servers/two")).status).toBe(200);
  expect((await open.get("servers")).text).not.toContain('"two"');
  expect(JSON.parse(fileOf(open))).toEqual(JSON.parse(before));
  const gone = await send("DELETE", "servers/tow");
  expect(codeOf(gone)).toEqual([404, "not_found"]);
});

test("without http.admin nothing that runs or reads here can be set up over REST", async () => {
  const { send } = asAdmin(closed);
  const before = fileOf(closed);
  const entries: JsonObject[] = [
    stdio(closed, "two"),
    { embedded: "database" },
    { url: "http://127.0.0.1:9/mcp", headers: { authorization: "Bearer ${HOME}" } },
    { url: "http://127.0.0.1:9/${file:/etc/hostname}" },
    { url: "http://127.0.0.1:9/mcp", headers: { a: { command: ["id"] } } },
    { url: "http://127.0.0.1:9/mcp", command: "id" },
  ];
  for (const entry of entries) {
    const refused = await send("POST", "servers", { name: "two", entry });
    expect(codeOf(refused)).toEqual([403, "denied"]);
    expect(messageOf(refused)).toContain("http.admin");
    expect(codeOf(await send("PUT", "servers/one", { entry }))).toEqual([403, "denied"]);
  }
  expect(fileOf(closed)).toBe(before);
  const plain = { url: "https://93.184.215.14:9/mcp" };
  expect((await send("POST", "servers", { name: "two", entry: plain })).status).toBe(200);
  // What it says already may be said again, with other settings.
  const { one } = JSON.parse(before).mcpServers;
  const settings = { ...one, concurrency: 3 };
  expect((await send("PUT", "servers/one", { entry: settings })).status).toBe(200);
  expect(JSON.parse(fileOf(closed)).mcpServers.one.concurrency).toBe(3);
});

test("whoever was shown no secrets changes the rest of an entry, and sends them nowhere else", async () => {
  const { get, send } = asAdmin(closed);
  const url = "https://93.184.215.14:9/kept";
  const entry = { url, headers: { authorization: `Bearer ${CANARY}` } };
  expect((await send("POST", "servers", { name: "kept", entry })).status).toBe(200);
  const shown = objectsOf(dataOf(await get("config?key=mcpServers.kept")).keys)[0]?.value;
  expect(shown).toEqual({ url, headers: { authorization: "••••••" } });
  const put = (more: JsonObject) =>
    send("PUT", "servers/kept", { entry: { ...objectOf(shown), ...more } });
  expect((await put({ concurrency: 3 })).status).toBe(200);
  const changed = { ...entry, concurrency: 3 };
  expect(JSON.parse(fileOf(closed)).mcpServers.kept).toEqual(changed);
  const elsewhere = await put({ url: "https://93.184.215.14:9/elsewhere" });
  expect(codeOf(elsewhere)).toEqual([403, "denied"]);
  expect(messageOf(elsewhere)).toContain("Write the secret itself");
  expect(JSON.parse(fileOf(closed)).mcpServers.kept).toEqual(changed);
});

test.each<[JsonObject, string]>([
  [{ name: "Two Words", entry: { url: "http://127.0.0.1:9" } }, "two-words"],
  [{ name: "bridge", entry: { url: "http://127.0.0.1:9" } }, "own tools"],
  [{ name: "two", entry: {} }, "neither a command nor a URL"],
  [{ name: "two", entry: { url: "ftp://a" } }, "http://"],
  [{ name: "two", entry: { url: "http://127.0.0.1:9", concurrency: "many" } }, "concurrency"],
  [{ name: "two", entry: { url: "http://127.0.0.1:9", headers: { a: "••••••" } } }, "secret"],
  [{ name: "two", entry: { command: "trestle", args: ["serve"] } }, "itself"],
])("%j is refused, and nothing is written", async (input, words) => {
  const before = fileOf(open);
  const refused = await asAdmin(open).send("POST", "servers", input);
  expect(codeOf(refused)).toEqual([400, "invalid_input"]);
  expect(messageOf(refused)).toContain(words);
  expect(fileOf(open)).toBe(before);
});

test("only the administrator changes servers", async () => {
  const entry = { url: "http://127.0.0.1:9" };
  const attempts = [
    open.post("servers", { name: "two", entry }),
    open.ask("servers/one", { method: "PUT", body: JSON.stringify({ entry }) }),
    open.ask("servers/one", { method: "DELETE" }),
    open.post("servers/one/restart", {}),
    open.get("servers/one/stderr"),
  ];
  for (const refused of await Promise.all(attempts)) {
    expect(codeOf(refused)).toEqual([403, "denied"]);
  }
});

test("a restarted server is another process, and what runs is answered by the one before", async () => {
  const { get, send } = asAdmin(open);
  const pid = async () => objectsOf(dataOf(await get("servers")).servers)[0]?.pid;
  expect((await call(open, "one.echo")).status).toBe(200);
  const first = await pid();
  const running = open.post("tool/call", {
    tool: "one.read",
    arguments: { text: "slow", beforeMs: 500 },
  });
  await until("the call runs", async () => {
    return objectsOf(dataOf(await get("health")).servers)[0]?.running === 1;
  });
  expect(dataOf(await send("POST", "servers/uno/restart"))).toEqual({
    server: "one",
    restarted: true,
  });
  expect((await running).status).toBe(200);
  expect((await call(open, "one.echo")).status).toBe(200);
  expect(await pid()).not.toBe(first);
  expect(codeOf(await send("POST", "servers/none/restart"))).toEqual([404, "not_found"]);
});

test("what a server complains of is shown without its secrets", async () => {
  const { get, send } = asAdmin(open);
  const script = `console.error("I was given " + process.env.TOKEN); process.exit(1)`;
  const entry = { command: process.execPath, args: ["-e", script], env: { TOKEN: CANARY } };
  const added = await send("POST", "servers", { name: "loud", entry });
  expect(added.status).toBe(200);
  const shown = async () => {
    const { lines } = dataOf(await get("servers/loud/stderr"));
    return Array.isArray(lines) ? lines.join("\n") : "";
  };
  await until("it complains", async () => (await shown()).includes("I was given"));
  expect(await shown()).not.toContain(CANARY);
  const { home } = open;
  const ran = await trestle(["servers", "stderr", "loud"], { home });
  expect(ran.stdout).toContain("I was given");
  expect(ran.stdout + added.text).not.toContain(CANARY);
  expect((await trestle(["servers"], { home })).stdout).toMatch(/loud +stdio/);
  expect(await trestle(["servers", "restart", "one"], { home })).toMatchObject({ code: 0 });
  for (const path of ["history", "security/audit-logs?limit=1000", "servers", "doctor"]) {
    expect((await get(path)).text).not.toContain(CANARY);
  }
  expect(readFileSync(join(home, "bridge", "bridge.log"), "utf8")).not.toContain(CANARY);
});
