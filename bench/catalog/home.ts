import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { bridgeProgram, type Variant } from "../gateway/installation.ts";
import { firstUrl, startProgram } from "../gateway/peers.ts";

const manyFile = fileURLToPath(new URL("./many.ts", import.meta.url));
const PATIENCE_MS = 60_000;

/** How many tools the servers of a home offer together. */
export interface Size {
  readonly servers: number;
  readonly tools: number;
}

/** A home whose servers were all read once, so that the next start knows them. */
export interface KnownHome extends Size {
  readonly folder: string;
  readonly variant: Variant;
  remove(): void;
}

export async function knownHome(variant: Variant, size: Size, port = 0): Promise<KnownHome> {
  const folder = mkdtempSync(join(tmpdir(), "trestle-bench-"));
  const home = {
    ...{ ...size, folder, variant },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  const mcpServers = Object.fromEntries(
    Array.from({ length: size.servers }, (_, index) => [
      `server${index}`,
      { command: process.execPath, args: [manyFile, String(shareOf(index, size))] },
    ]),
  );
  // What is measured are the servers' tools; the bridge's own would be some more.
  const catalog = { tools: { own: "hidden" }, startWaitMs: PATIENCE_MS };
  const config = { mcpServers, http: { port }, catalog, policy: { limit: { local: LIMIT } } };
  writeFileSync(join(folder, "trestle.json"), JSON.stringify(config));
  const first = startBridge(home);
  await firstUrl(first.child, "the bridge");
  await allSaved(home);
  await first.stop();
  return home;
}

const LIMIT = { calls: 100_000_000, windowMs: 60_000 };

/** A bridge in a known home. */
export function startBridge({ folder, variant }: KnownHome, args: readonly string[] = []) {
  const config = join(folder, "trestle.json");
  const program = [bridgeProgram(variant), "serve", "--config", config, ...args];
  return startProgram(program, { TRESTLE_HOME: folder });
}

/** 245 tools of 20 servers are five times 13 and fifteen times 12. */
function shareOf(index: number, { servers, tools }: Size): number {
  return Math.floor(tools / servers) + (index < tools % servers ? 1 : 0);
}

async function allSaved({ folder, servers }: KnownHome): Promise<void> {
  const from = performance.now();
  const saved = () => readdirSync(join(folder, "bridge", "catalog")).filter(isWhole).length;
  while (saved() < servers) {
    if (performance.now() - from > PATIENCE_MS) throw new Error("The lists were not saved.");
    await wait(20);
  }
}

function isWhole(name: string): boolean {
  return name.endsWith(".lists");
}
