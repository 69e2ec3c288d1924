import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { giveHost, serversOfHost } from "./_hosts.ts";
import { createPeer, type Peer, type PeerEra } from "./_peer.ts";
import { createPlace, type Place, run } from "./_place.ts";
import { kill } from "./_processes.ts";
import { entry } from "./_upstreams.ts";

const children: { pid: number; ended: Promise<unknown> }[] = [];
afterEach(async () => {
  for (const { pid } of children) kill(pid);
  await Promise.all(children.splice(0).map(({ ended }) => ended));
});

/** Starts an entry as its host does: its own words, its own environment, in a folder that has nothing to do with it. */
function startAsHost(place: Place, written: object, era: PeerEra): Peer {
  const { command, args, env } = written as { command: string; args: string[]; env: object };
  const child = spawn(command, args, {
    cwd: "/",
    env: { PATH: process.env.PATH, HOME: place.root, ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push({ pid: child.pid as number, ended: once(child, "close") });
  return createPeer({ input: child.stdout, output: child.stdin, era });
}

async function namesOf(peer: Peer): Promise<string[]> {
  const { result = {} } = await peer.request("tools/list");
  return (result.tools as { name: string }[]).map(({ name }) => name);
}

/** Each command is a process, and others may want the processors, too. */
vi.setConfig({ testTimeout: 180_000 });

test("what stands in the hosts' files after an import serves the servers that they had", async () => {
  const place = createPlace();
  writeFileSync(place.configFile, '{"catalog": {"tools": {"own": "hidden"}}, "mcpServers": {}}');
  const desktop = { mcpServers: { "My Tools": entry(place, "desktop") } };
  giveHost(place, "claude-desktop", JSON.stringify(desktop));
  const [command, args] = [JSON.stringify(process.execPath), entry(place, "codex").args];
  const toml = `[mcp_servers.tools]\ncommand = ${command}\nargs = ${JSON.stringify(args)}\n`;
  giveHost(place, "codex", toml);
  const imported = await run(place, ["import", "--yes"]);
  expect([imported.code, imported.stderr]).toEqual([0, ""]);

  const legacy = startAsHost(place, serversOfHost(place, "claude-desktop").trestle ?? {}, "legacy");
  await legacy.request("initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "host", version: "1" },
  });
  legacy.notify("notifications/initialized");
  const modern = startAsHost(place, serversOfHost(place, "codex").trestle ?? {}, "modern");
  for (const peer of [legacy, modern]) {
    const names = await namesOf(peer);
    expect(names).toEqual(expect.arrayContaining(["my-tools__echo", "tools__echo"]));
    expect(new Set(names.map((name) => name.split("__")[0]))).toEqual(
      new Set(["my-tools", "tools"]),
    );
    const { result } = await peer.call("my-tools__echo", { text: "hello" });
    expect(result).toMatchObject({ content: [{ type: "text", text: "hello" }] });
  }
});
