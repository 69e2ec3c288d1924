import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type JsonObject, silentLogger, systemClock } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { objectsOf } from "../src/cli/data.ts";
import { importRoutes } from "../src/inbound/rest/imports.ts";
import { hostsList, serversImport } from "../src/operations/imports.ts";
import { startReloading } from "../src/reload.ts";
import { keyOf, startCore } from "./_core.ts";
import { bridgeServers, giveHost, hostFile, serversOfHost, textOfHost } from "./_hosts.ts";
import { createPlace } from "./_place.ts";

const ADMIN = { principal: { id: "admin", kind: "admin" } } as const;
const SECRETS = ["sk-live-0123456789", "pin-7741", "a-word-of-codex"];
const DESKTOP = `{
  // Of a person, with comments.
  "mcpServers": {
    "My Files": { "command": "no-such-files", "args": ["/tmp"] }, // files
    "Weather": { "command": "no-such-weather", "env": { "API_KEY": "${SECRETS[0]}", "PIN": "${SECRETS[1]}" } },
    "mine": { "command": "trestle", "args": ["serve", "--stdio"] }
  }
}
`;
const CODEX = `[mcp_servers.docs]
command = "no-such-docs"
args = ["--token", "${SECRETS[2]}"]

[mcp_servers.lacking]
url = "https://example.com/mcp"
bearer_token_env_var = "NO_SUCH_VARIABLE"
`;
const WEATHER = { command: "other", disabled: true };
const COMMAND = ["node", "/opt/trestle/bin.js"];

/** A bridge that reads its configuration anew when it changes, on the machine of somebody who has hosts. */
async function startWithHosts(http: JsonObject = {}) {
  const place = createPlace();
  giveHost(place, "claude-desktop", DESKTOP);
  giveHost(place, "codex", CODEX);
  const started = await startCore({ mcpServers: { weather: WEATHER }, http }, place, {
    command: COMMAND,
  });
  const { bridge } = started;
  const config = bridge.core.live.current();
  const said = { print: () => {}, onHangup: () => () => {} };
  const reloading = startReloading({
    ...{ config, bridge, clock: systemClock, log: silentLogger, ...said },
  });
  onTestFinished(() => reloading.close());
  const take = (input: JsonObject) => started.ask("servers_import", input, ADMIN);
  return { ...started, take, list: () => started.ask("hosts_list", {}, ADMIN) };
}

const chosen = (...names: string[]) => names.map((name) => ({ host: "claude-desktop", name }));
const hostIn = ({ hosts }: JsonObject, id: string) =>
  objectsOf(hosts).find(({ host }) => host === id) ?? {};

function expectNoSecret(answer: JsonObject): void {
  for (const secret of SECRETS) expect(JSON.stringify(answer)).not.toContain(secret);
}

test("the servers of hosts are told, with what would become of them and without secrets", async () => {
  const { place, list } = await startWithHosts();
  const broken = giveHost(place, "cursor", '{"mcpServers": {\n  "a": oops\n}}');
  writeFileSync(join(place.root, ".mcp.json"), '{"mcpServers": {"ours": {"command": "ours"}}}');
  const answer = await list();
  expect(hostsList.output.parse(answer)).toEqual(answer);
  expectNoSecret(answer);
  expect(objectsOf(hostIn(answer, "claude-desktop").servers)).toMatchObject([
    { name: "My Files", state: "new", id: "my-files", command: "no-such-files", args: ["/tmp"] },
    {
      ...{ name: "Weather", state: "new", id: "weather-2", given: ["API_KEY", "PIN"] },
      notes: ['another server is called "weather": it becomes "weather-2"'],
    },
    { name: "mine", state: "own" },
  ]);
  expect(objectsOf(hostIn(answer, "codex").servers)).toMatchObject([
    { name: "docs", state: "new", args: ["--token", "••••••"] },
    { name: "lacking", state: "left", notes: [expect.stringContaining("NO_SUCH_VARIABLE")] },
  ]);
  expect(hostIn(answer, "cursor")).toMatchObject({
    ...{ files: [broken], servers: [], problems: [expect.stringContaining(`${broken}:2: `)] },
  });
  expect(hostIn(answer, "claude-code").servers).toMatchObject([{ name: "ours", scope: "project" }]);
  expect(hostIn(answer, "vscode")).toMatchObject({ files: [], servers: [], problems: [] });
});

test("what would be written is told first, and nothing is written then", async () => {
  const { place, take } = await startWithHosts();
  const before = readFileSync(place.configFile, "utf8");
  const servers = [...chosen("Weather"), { host: "codex", name: "docs" }];
  const answer = await take({ servers, connect_hosts: true, dry_run: true });
  expect(serversImport.output.parse(answer)).toEqual(answer);
  expectNoSecret(answer);
  expect(answer).toMatchObject({
    ...{ dry_run: true, written: [], warnings: [] },
    servers: [
      { host: "claude-desktop", name: "Weather", outcome: "added", id: "weather-2" },
      { host: "codex", name: "docs", outcome: "added", id: "docs" },
    ],
    plain_secrets: [
      { server: "weather-2", key: "env.API_KEY" },
      { server: "docs", key: "args.1" },
    ],
    connected: [{ host: "claude-desktop" }, { host: "codex" }],
  });
  const [own, desktop] = objectsOf(answer.changes);
  expect(own?.file).toBe(place.configFile);
  expect(String(own?.lines)).toContain('"API_KEY":"••••••"');
  expect(String(desktop?.lines)).toMatch(/- +"Weather": /);
  expect(readFileSync(place.configFile, "utf8")).toBe(before);
  expect([textOfHost(place, "claude-desktop"), textOfHost(place, "codex")]).toEqual([
    DESKTOP,
    CODEX,
  ]);
  expect(existsSync(join(place.home, "bridge", "backups"))).toBe(false);
});

test("only what is chosen is taken over, at once, and its host keeps it", async () => {
  const { place, take, list, bridge } = await startWithHosts();
  const before = readFileSync(place.configFile, "utf8");
  const answer = await take({ servers: chosen("Weather") });
  expect(serversImport.output.parse(answer)).toEqual(answer);
  expectNoSecret(answer);
  expect(answer).toMatchObject({ in_effect: true, connected: [], file: place.configFile });
  expect(readFileSync(String(answer.backup), "utf8")).toBe(before);
  expect(bridgeServers(place)).toEqual({
    weather: WEATHER,
    "weather-2": { command: "no-such-weather", env: { API_KEY: SECRETS[0], PIN: SECRETS[1] } },
  });
  expect(statSync(place.configFile).mode & 0o777).toBe(0o600);
  expect(bridge.core.upstreams.get("weather-2")).toBeDefined();
  expect(textOfHost(place, "claude-desktop")).toBe(DESKTOP);
  const again = await take({ servers: chosen("Weather") });
  expect(again).toMatchObject({ written: [], changes: [], servers: [{ outcome: "known" }] });
  expect(objectsOf(hostIn(await list(), "claude-desktop").servers)[1]).toMatchObject({
    ...{ name: "Weather", state: "known", id: "weather-2" },
  });
});

test("a host gets the bridge in the place of what was chosen, if that is asked for", async () => {
  const { place, take } = await startWithHosts();
  const answer = await take({ servers: chosen("Weather"), connect_hosts: true });
  const file = hostFile(place, "claude-desktop");
  expect(answer).toMatchObject({ connected: [{ host: "claude-desktop", file }] });
  expect(objectsOf(answer.written).map((each) => each.file)).toEqual([place.configFile, file]);
  const after = serversOfHost(place, "claude-desktop");
  expect(Object.keys(after)).toEqual(["My Files", "mine", "trestle"]);
  expect(after.trestle?.args).toEqual(expect.arrayContaining(["/opt/trestle/bin.js"]));
  expect(textOfHost(place, "claude-desktop")).toContain("// Of a person");
});

test("what cannot be taken over is refused or said, and nothing is written", async () => {
  const { place, take } = await startWithHosts();
  const broken = giveHost(place, "cursor", '{"mcpServers": {"a": oops}}');
  const asks = createServer((_, response) => response.writeHead(401).end()).listen(0, "127.0.0.1");
  onTestFinished(() => void asks.close());
  await new Promise((resolve) => asks.once("listening", resolve));
  const url = `http://127.0.0.1:${(asks.address() as AddressInfo).port}/mcp`;
  giveHost(place, "vscode", JSON.stringify({ servers: { people: { url } } }));
  const before = readFileSync(place.configFile, "utf8");
  const refused: [JsonObject, string, string][] = [
    [{ servers: chosen("Nothing") }, "not_found", "My Files, Weather, mine"],
    [{ servers: [{ host: "cursor", name: "a" }] }, "invalid_input", `${broken}:1: `],
    [{ servers: [{ host: "emacs", name: "a" }] }, "invalid_input", "claude-desktop"],
    [{ servers: [] }, "invalid_input", "servers"],
    [{ servers: [...chosen("Weather"), ...chosen("Nothing")] }, "not_found", "Nothing"],
  ];
  for (const [input, code, words] of refused) {
    await expect(take(input)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  }
  const left = await take({
    servers: [
      { host: "codex", name: "lacking" },
      { host: "vscode", name: "people" },
    ],
  });
  expect(left).toMatchObject({ written: [], in_effect: true });
  expect(objectsOf(left.servers)).toMatchObject([
    { name: "people", outcome: "left", notes: [expect.stringContaining("sign in")] },
    { name: "lacking", outcome: "left" },
  ]);
  chmodSync(place.configFile, 0o444);
  const both = { servers: chosen("Weather"), connect_hosts: true };
  await expect(take(both)).rejects.toMatchObject({ code: "denied" });
  expect(readFileSync(place.configFile, "utf8")).toBe(before);
  expect(textOfHost(place, "claude-desktop")).toBe(DESKTOP);
});

test("only the administrator reads and takes over, and it is on record without secrets", async () => {
  const { ask, take } = await startWithHosts();
  const servers = chosen("Weather");
  for (const somebody of [{}, keyOf("reader", ["bridge:*:read"]), keyOf("all", ["*:*"])]) {
    for (const [name, input] of [
      ["hosts_list", {}],
      ["servers_import", { servers }],
    ] as const) {
      await expect(ask(name, input, somebody)).rejects.toMatchObject({ code: "denied" });
    }
  }
  await take({ servers, dry_run: true });
  const logged = await ask("audit_list", { operation: "servers_import", limit: 1 }, ADMIN);
  expectNoSecret(logged);
  expect(objectsOf(logged.entries)[0]).toMatchObject({
    entry: { event: "administered", by: "admin", servers: ["claude-desktop: Weather"] },
  });
});

test("over REST what runs a program, or another program's file, takes http.admin", async () => {
  const refuse = importRoutes.find(({ method }) => method === "POST")?.refuse;
  const [closed, open] = await Promise.all([startWithHosts(), startWithHosts({ admin: true })]);
  const plain = { docs: { url: "https://93.184.215.14/mcp" } };
  const inside = { inside: { url: "http://192.168.1.1/mcp" } };
  for (const { place } of [closed, open]) {
    giveHost(place, "cursor", JSON.stringify({ mcpServers: { ...plain, ...inside } }));
  }
  const cursor = (name: string) => ({ servers: [{ host: "cursor", name }] });
  const denied: [JsonObject, string][] = [
    [{ servers: chosen("Weather") }, "weather-2.command: "],
    [cursor("inside"), "inside: "],
    [{ ...cursor("docs"), connect_hosts: true }, "connect_hosts: "],
    [
      { servers: [...cursor("docs").servers, ...chosen("Weather")], dry_run: true },
      "weather-2.command: ",
    ],
  ];
  for (const [input, words] of denied) {
    const refused = refuse?.(input, closed.bridge.core);
    await expect(refused).rejects.toMatchObject({
      code: "denied",
      message: expect.stringMatching(new RegExp(`^${words}.*http\\.admin`)),
    });
    await refuse?.(input, open.bridge.core);
  }
  await refuse?.(cursor("docs"), closed.bridge.core);
  // What is no input, or names nothing, is for the operation to refuse.
  await refuse?.(cursor("nothing"), closed.bridge.core);
  await refuse?.({ servers: "all" }, closed.bridge.core);
  expect(readdirSync(closed.place.root)).not.toContain("trestle.lock.json");
});
