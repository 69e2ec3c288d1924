import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isOwnEntry, leadsHere, type OwnTraces } from "./own-entry.ts";

let root: string;
let traces: OwnTraces;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "trestle-own-"));
  const installed = join(root, "lib", "node_modules", "@trestle-mcp", "bridge", "dist");
  for (const folder of [installed, join(root, "bin"), join(root, "notes")]) {
    mkdirSync(folder, { recursive: true });
  }
  const script = (path: string, text: string): void => {
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  };
  script(join(installed, "bin.js"), "#!/usr/bin/env node\n");
  script(join(root, "running.ts"), "");
  symlinkSync(join(root, "running.ts"), join(root, "renamed"));
  symlinkSync(join(installed, "bin.js"), join(root, "bin", "mcp-gateway"));
  script(
    join(root, "bin", "shim"),
    '#!/bin/sh\nexec node "$d/../lib/node_modules/@trestle-mcp/bridge/dist/bin.js" "$@"\n',
  );
  script(join(root, "bin", "wrapper.cmd"), "@npx -y @trestle-mcp\\bridge %*\r\n");
  script(join(root, "bin", "other"), "#!/bin/sh\nexec npx -y @trestle-mcp/database\n");
  script(join(root, "notes", "notes.md"), "how I use @trestle-mcp/bridge");
  traces = {
    command: ["/usr/bin/node", join(root, "running.ts")],
    urls: ["http://127.0.0.1:4100", "http://127.0.0.1:5000/mcp"],
    otherUrls: ["https://bridge.example.com/mcp"],
    localNames: ["my-laptop", "192.168.1.7", "fe80::1"],
    machine: { platform: "linux", env: { PATH: `/nowhere:${join(root, "bin")}` }, cwd: root },
  };
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const own: [string, () => object][] = [
  ["npx", () => ({ command: "npx", args: ["-y", "@trestle-mcp/bridge", "serve", "--stdio"] })],
  ["npx with a version", () => ({ command: "npx", args: ["@trestle-mcp/bridge@1.2.3", "serve"] })],
  ["npx under an alias", () => ({ command: "npx", args: ["x@npm:@trestle-mcp/bridge@latest"] })],
  ["pnpm", () => ({ command: "pnpm", args: ["dlx", "@trestle-mcp/bridge", "serve"] })],
  ["cmd", () => ({ command: "cmd", args: ["/c", "npx", "-y", "@trestle-mcp/bridge", "serve"] })],
  ["a shell", () => ({ command: "sh", args: ["-c", "cd x && exec trestle serve --stdio"] })],
  ["its name", () => ({ command: "trestle", args: ["serve", "--stdio"] })],
  ["its name on Windows", () => ({ command: "C:\\npm\\Trestle.CMD", args: ["serve"] })],
  ["env", () => ({ command: "env", args: ["A=1", "trestle", "serve", "--stdio"] })],
  [
    "node and the path of the package",
    () => ({
      command: "node",
      args: ["C:\\x\\node_modules\\@trestle-mcp\\bridge\\dist\\bin.js", "serve"],
    }),
  ],
  [
    "node and the path of the sources",
    () => ({
      command: "node",
      args: ["/src/trestle/apps/bridge/src/bin.ts", "serve"],
    }),
  ],
  ["this very script", () => ({ command: "node", args: [join(root, "running.ts"), "serve"] })],
  ["a link to this script", () => ({ command: "node", args: [join(root, "renamed"), "serve"] })],
  ["a renamed bin on the path", () => ({ command: "mcp-gateway", args: ["serve", "--stdio"] })],
  ["the shim of a package manager", () => ({ command: join(root, "bin", "shim") })],
  ["a script of one's own", () => ({ command: join(root, "bin", "wrapper.cmd") })],
  ["its address", () => ({ url: "http://127.0.0.1:4100/mcp" })],
  ["its address by name", () => ({ url: "http://LOCALHOST:4100/mcp?x=1" })],
  ["its address in the other family", () => ({ url: "http://[::1]:5000/" })],
  ["its address on the network", () => ({ url: "http://192.168.1.7:4100/mcp" })],
  ["its address on the network, longer", () => ({ url: "http://[fe80::1]:4100/mcp" })],
  ["its name on the network", () => ({ url: "http://my-laptop:4100/mcp" })],
  [
    "its address behind a program",
    () => ({
      command: "npx",
      args: ["mcp-remote", "http://localhost:4100/mcp"],
    }),
  ],
  ["another bridge that is used", () => ({ url: "https://bridge.example.com/mcp" })],
];

test.each(own)("%s leads to a bridge", (_what, entry) => {
  expect(isOwnEntry(entry() as never, traces)).toBe(true);
});

const foreign: [string, () => object][] = [
  ["another package of ours", () => ({ command: "npx", args: ["-y", "@trestle-mcp/database"] })],
  ["a package with a longer name", () => ({ command: "npx", args: ["@trestle-mcp/bridge-tools"] })],
  ["another bridge", () => ({ command: "node", args: ["/x/bridge/dist/bin.js"] })],
  ["a folder of that name", () => ({ command: "mcp-files", args: ["/people/me/trestle"] })],
  [
    "a file that names the package",
    () => ({ command: "mcp-files", args: [join(root, "notes", "notes.md")] }),
  ],
  ["a script that starts another server", () => ({ command: "other" })],
  ["another port of this machine", () => ({ url: "http://localhost:4101/mcp" })],
  ["the same port of another machine", () => ({ url: "http://192.168.1.8:4100/mcp" })],
  ["the same port with TLS", () => ({ url: "https://localhost:4100/mcp" })],
  ["nothing at all", () => ({})],
];

test.each(foreign)("%s does not", (_what, entry) => {
  expect(isOwnEntry(entry() as never, traces)).toBe(false);
});

test("an entry leads here where home and configuration are the same, whatever starts it", () => {
  const start = { command: "node", args: ["bin.js", "serve", "--config", "/me/trestle.json"] };
  const args = (...words: string[]): string[] => ["-y", "@trestle-mcp/bridge", "serve", ...words];
  const leads = (entry: object, to = start): boolean => leadsHere(entry as never, to, traces);
  expect(leads({ command: "npx", args: args("--config", "/me/trestle.json") })).toBe(true);
  expect(leads({ command: "npx", args: args("--config=/me/trestle.json") })).toBe(true);
  expect(leads({ command: "npx", args: args() })).toBe(false);
  expect(leads({ command: "npx", args: args("--config", "/other/trestle.json") })).toBe(false);
  const elsewhere = { args: args("--config", "/me/trestle.json"), env: { TRESTLE_HOME: "/x" } };
  expect(leads(elsewhere)).toBe(false);
  expect(leads(elsewhere, { ...start, env: { TRESTLE_HOME: "/x" } } as never)).toBe(true);
  expect(leads({ url: "http://localhost:5000/mcp" })).toBe(true);
  expect(leads({ url: "https://bridge.example.com/mcp" })).toBe(false);
});
