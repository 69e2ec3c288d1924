import { mkdirSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { bridgeServers, giveHost, type HostName, serversOfHost, textOfHost } from "./_hosts.ts";
import { createPlace, type Place, run, start } from "./_place.ts";
import { createRandom, seedOf } from "./_random.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const CONFIG = '{ "mcpServers": { "own": { "command": "own" } } } // mine\n';
const HOSTS: Partial<Record<HostName, string>> = {
  "claude-desktop": '{"mcpServers": {"a": {"command": "a"}, "b": {"command": "b"}}}\n',
  cursor: '{ // mine\n  "mcpServers": {\n    "c": {"command": "c"}\n  }\n}\n',
  codex: '[mcp_servers.d] # mine\ncommand = "d"\n',
};
const NAMES = Object.keys(HOSTS) as HostName[];

test("an import that is killed leaves each file old or new, no server nowhere, and the next one finishes it", async () => {
  const seed = seedOf(process.env);
  const random = createRandom(seed);
  const place = createPlace();
  reset(place);
  const started = performance.now();
  expect((await run(place, ["import", "--yes"])).code).toBe(0);
  const tookMs = performance.now() - started;
  const next = textsOf(place);
  reset(place);
  const old = textsOf(place);
  for (let round = 0; round < ROUNDS; round += 1) {
    const where = `SEED=${seed}, round ${round}`;
    reset(place);
    await killed(place, random, tookMs);
    const texts = textsOf(place);
    for (const [index, text] of texts.entries()) {
      expect([old[index], next[index]], where).toContain(text);
    }
    const everywhere = NAMES.flatMap((host) => Object.keys(serversOfHost(place, host)));
    const all = [...everywhere, ...Object.keys(bridgeServers(place))];
    expect(all, where).toEqual(expect.arrayContaining(["own", "a", "b", "c", "d"]));
    expect((await run(place, ["import", "--yes"])).code, where).toBe(0);
    expect(textsOf(place), where).toEqual(next);
    expect((await run(place, ["uninstall"])).code, where).toBe(0);
    expect(textsOf(place).slice(1), where).toEqual(old.slice(1));
  }
}, 300_000);

function reset(place: Place): void {
  rmSync(place.home, { recursive: true, force: true });
  writeFileSync(place.configFile, CONFIG);
  for (const host of NAMES) giveHost(place, host, HOSTS[host] ?? "");
}

function textsOf(place: Place): string[] {
  return [readFileSync(place.configFile, "utf8"), ...NAMES.map((host) => textOfHost(place, host))];
}

/** At any time, or right when it writes. */
async function killed(place: Place, random: () => number, tookMs: number): Promise<void> {
  const folder = join(place.home, "bridge");
  mkdirSync(folder, { recursive: true });
  const writes = Promise.withResolvers<void>();
  const watcher = watch(folder, (_event, name) => {
    if (name?.includes("hosts.json")) writes.resolve();
  });
  const program = start(place, ["import", "--yes"]);
  try {
    if (random() < 0.3) await Promise.race([program.ended, pause(random() * tookMs)]);
    else {
      await Promise.race([program.ended, writes.promise]);
      await pause(random() * 12);
    }
    program.process.kill("SIGKILL");
    await program.ended;
  } finally {
    watcher.close();
  }
}
