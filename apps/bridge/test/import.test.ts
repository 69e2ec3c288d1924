import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import {
  bridgeServers,
  giveHost,
  type HostName,
  hostFile,
  serversOfHost,
  textOfHost,
} from "./_hosts.ts";
import { createPlace, type Place, run, start } from "./_place.ts";

const SECRET = "sk-live-0123456789";
const DESKTOP = `{
  // Of a person, with comments.
  "mcpServers": {
    "My Files": { "command": "npx", "args": ["-y", "files", "/tmp"] }, // files
    /* the weather */
    "Weather": { "command": "weather", "env": { "API_KEY": "${SECRET}", "PIN": "pin-7741" } }
  },
  "globalShortcut": "Ctrl+Space",
}
`;
const CODEX = `model = "some-model" # mine

# the same files
[mcp_servers.files]
command = "npx"
args = ["-y", "files", "/tmp"]

[mcp_servers.docs]
url = "https://example.com/mcp"
bearer_token_env_var = "DOCS_TOKEN"
`;

const HOSTS: readonly HostName[] = ["claude-desktop", "codex", "cursor"];
const textsOf = (place: Place): string[] => HOSTS.map((host) => textOfHost(place, host));

/** Each command is a process, and others may want the processors, too. */
vi.setConfig({ testTimeout: 180_000 });

test("servers move to the bridge, the hosts get the bridge; uninstall gives back what they had", async () => {
  const place = createPlace();
  giveHost(place, "claude-desktop", DESKTOP);
  giveHost(place, "codex", CODEX);
  giveHost(place, "cursor", '{"mcpServers": {"weather": {"command": "other"}}}');
  chmodSync(hostFile(place, "claude-desktop"), 0o640);
  const env = { DOCS_TOKEN: "a-token-of-the-docs" };

  const unasked = await run(place, ["import"], env);
  expect([unasked.code, unasked.stderr]).toEqual([2, expect.stringContaining("--yes")]);
  expect(textsOf(place)).toEqual([DESKTOP, CODEX, expect.any(String)]);
  expect(existsSync(place.configFile)).toBe(false);

  const ran = await run(place, ["import", "--yes"], env);
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
  expect(bridgeServers(place)).toEqual({
    database: { embedded: "database" },
    knowledge: { embedded: "knowledge" },
    tracker: { embedded: "tracker" },
    orchestrator: { embedded: "orchestrator" },
    objects: { embedded: "objects" },
    "my-files": { command: "npx", args: ["-y", "files", "/tmp"] },
    weather: { command: "weather", env: { API_KEY: SECRET, PIN: "pin-7741" } },
    "weather-2": { command: "other" },
    docs: { url: "https://example.com/mcp", headers: { Authorization: "Bearer ${DOCS_TOKEN}" } },
  });
  // The secret has come along, so nobody else may read the file; what was shown holds none.
  expect(statSync(place.configFile).mode & 0o777).toBe(0o600);
  expect(statSync(hostFile(place, "claude-desktop")).mode & 0o777).toBe(0o640);
  expect(ran.stdout).toContain('weather: env.API_KEY stands there as it is; better: "${API_KEY}"');
  for (const text of [unasked.stdout, ran.stdout]) {
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain("pin-7741");
    expect(text).not.toContain("a-token-of-the-docs");
    expect(text).toContain('+ My Files as "my-files"');
    expect(text).toMatch(/^ {2}- +"Weather": .*"API_KEY": "••••••"/m);
    expect(text).toMatch(/^\+ {5}"weather": \{$/m);
  }
  const desktop = textOfHost(place, "claude-desktop");
  for (const kept of [
    "// Of a person",
    "/* the weather */",
    '"globalShortcut": "Ctrl+Space",\n}',
  ]) {
    expect(desktop).toContain(kept);
  }
  for (const host of HOSTS) {
    expect(Object.keys(serversOfHost(place, host))).toEqual(["trestle"]);
    expect(serversOfHost(place, host).trestle?.args).toContain(place.configFile);
  }

  const again = await run(place, ["import", "--yes"], env);
  expect([again.code, again.stdout]).toEqual([
    0,
    expect.stringContaining("Nothing is to be written"),
  ]);
  const backups = join(place.home, "bridge", "backups");
  expect(readdirSync(backups)).toHaveLength(HOSTS.length);
  expect(statSync(backups).mode & 0o777).toBe(0o700);

  const back = await run(place, ["uninstall"]);
  expect([back.code, back.stderr]).toEqual([0, ""]);
  expect(back.stdout).not.toContain(SECRET);
  expect(textsOf(place).slice(0, 2)).toEqual([DESKTOP, CODEX]);
  expect(serversOfHost(place, "cursor")).toEqual({ weather: { command: "other" } });
  expect(Object.keys(bridgeServers(place))).toContain("weather");
});

test("a host without servers gets the bridge when it is named, and loses it again", async () => {
  const place = createPlace();
  const none = await run(place, ["import", "--yes"]);
  expect([none.code, none.stdout]).toEqual([0, expect.stringContaining("--host HOST")]);
  expect(existsSync(place.configFile)).toBe(false);
  giveHost(place, "claude-code", '{"numStartups": 3}');
  for (const host of ["claude-code", "vscode"] as const) {
    const ran = await run(place, ["import", "--host", host, "--yes"]);
    expect([host, ran.code, ran.stderr]).toEqual([host, 0, ""]);
    expect(Object.keys(serversOfHost(place, host))).toEqual(["trestle"]);
  }
  expect(statSync(hostFile(place, "vscode")).mode & 0o777).toBe(0o600);
  expect((await run(place, ["uninstall"])).code).toBe(0);
  expect(existsSync(hostFile(place, "vscode"))).toBe(false);
  expect(textOfHost(place, "claude-code")).toBe('{"numStartups": 3}');
});

test("with --keep the bridge learns of the servers, and the hosts keep them", async () => {
  const place = createPlace();
  const text = '{"mcpServers": {"a": {"command": "a"}}}';
  giveHost(place, "cursor", text);
  expect((await run(place, ["import", "--keep", "--yes"])).code).toBe(0);
  expect(bridgeServers(place)).toHaveProperty("a", { command: "a" });
  expect(textOfHost(place, "cursor")).toBe(text);
});

test("the bridge is never put behind itself, whatever it is called in a host", async () => {
  const place = createPlace('{"http": {"port": 4321}}');
  const link = join(place.root, "my-gateway");
  symlinkSync(join(import.meta.dirname, "..", "src", "bin.ts"), link);
  const own = {
    npx: { command: "npx", args: ["-y", "@trestle-mcp/bridge@latest", "serve", "--stdio"] },
    node: { command: "node", args: [join(import.meta.dirname, "..", "src", "bin.ts"), "serve"] },
    renamed: { command: link, args: ["serve", "--stdio"] },
    url: { url: "http://localhost:4321/mcp" },
    remote: { command: "npx", args: ["mcp-remote", "http://127.0.0.1:4321/mcp"] },
  };
  giveHost(
    place,
    "cursor",
    JSON.stringify({ mcpServers: { ...own, a: { command: "a" } } }, null, 2),
  );
  expect((await run(place, ["import", "--yes"])).code).toBe(0);
  expect(Object.keys(bridgeServers(place))).toEqual([
    "database",
    "knowledge",
    "tracker",
    "orchestrator",
    "objects",
    "a",
  ]);
  expect(Object.keys(serversOfHost(place, "cursor"))).toEqual(Object.keys(own));
  const added = await run(place, ["add", "self", "--", link, "serve", "--stdio"]);
  expect([added.code, added.stderr]).toEqual([2, expect.stringContaining("Trestle itself")]);
});

test("a server at which people sign in stays where they can", async () => {
  const place = createPlace();
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/open" ? 200 : 401).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const at = (path: string, headers?: object): object => ({
    url: `http://127.0.0.1:${port}/${path}`,
    ...(headers && { headers }),
  });
  const servers = {
    open: at("open"),
    closed: at("closed"),
    keyed: at("keyed", { "X-Key": "${KEY}" }),
    gone: { url: "http://127.0.0.1:9/mcp" },
  };
  giveHost(place, "cursor", JSON.stringify({ mcpServers: servers }));
  const ran = await run(place, ["import", "--yes"], { KEY: "a-key-of-mine" });
  server.close();
  expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining("! closed: stays")]);
  expect(Object.keys(bridgeServers(place))).toEqual([
    "database",
    "knowledge",
    "tracker",
    "orchestrator",
    "objects",
    "open",
    "keyed",
    "gone",
  ]);
  expect(Object.keys(serversOfHost(place, "cursor"))).toEqual(["closed", "trestle"]);
});

test("two imports at once are as one", async () => {
  const place = createPlace();
  giveHost(place, "claude-desktop", DESKTOP);
  giveHost(place, "cursor", '{"mcpServers": {"b": {"command": "b"}}}');
  const both = [1, 2].map(() => start(place, ["import", "--yes"]));
  expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0]);
  expect(Object.keys(bridgeServers(place))).toEqual([
    "database",
    "knowledge",
    "tracker",
    "orchestrator",
    "objects",
    "my-files",
    "weather",
    "b",
  ]);
  expect(Object.keys(serversOfHost(place, "cursor"))).toEqual(["trestle"]);
  expect((await run(place, ["uninstall"])).code).toBe(0);
  expect(textOfHost(place, "claude-desktop")).toBe(DESKTOP);
});
