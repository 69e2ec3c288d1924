import { setTimeout as wait } from "node:timers/promises";
import { progress } from "../measure.ts";
import { startEchoBridge } from "./bridge.ts";
import { RawClient } from "./client.ts";
import type { Variant } from "./installation.ts";
import { runLoad } from "./load.ts";
import { type Peer, startFloor, startSdkProxy, type UpstreamKind } from "./peers.ts";
import { residentMegabytes } from "./process-figures.ts";
import type { Settings } from "./settings.ts";

/** Resident memory in MB. */
export interface MemoryResult {
  readonly peer: string;
  readonly kind: UpstreamKind;
  readonly idle: number;
  readonly loaded: number;
  /** With the embedded database opened, after all that. */
  readonly opened?: number;
}

/** What each gateway holds when idle and after many calls, each in a process that has done nothing else. */
export async function measureMemory(
  variants: readonly Variant[],
  settings: Settings,
): Promise<MemoryResult[]> {
  const results: MemoryResult[] = [];
  for (const kind of settings.kinds) {
    results.push(await measure(await startFloor(kind), "floor", kind, settings));
    results.push(await measure(await startSdkProxy(kind), "sdk-proxy", kind, settings));
    for (const variant of variants) {
      // Mounted, as in a bridge without a configuration; opened when its first tool is called.
      const servers = { database: { embedded: "database" } };
      const bridge = await startEchoBridge(kind, variant, { servers });
      try {
        results.push(await measure(bridge, `bridge, ${variant}`, kind, settings, openDatabase));
      } finally {
        bridge.remove();
      }
    }
  }
  return results;
}

/** Whatever is put off to a quiet moment has had one. */
const QUIET_MS = 1_000;

async function measure(
  peer: Peer,
  name: string,
  kind: UpstreamKind,
  { memoryCalls: calls, eras }: Settings,
  open?: (client: RawClient) => Promise<void>,
): Promise<MemoryResult> {
  progress(`memory of ${name}, ${kind}`);
  const client = new RawClient(peer.url, "legacy");
  const resident = async () => {
    await wait(QUIET_MS);
    return residentMegabytes(peer.pid);
  };
  try {
    await client.open();
    await client.list();
    const idle = await resident();
    for (const era of eras) {
      const share = Math.ceil(calls / eras.length);
      await runLoad({ peer, era, tool: "echo", calls: share, concurrency: 16 });
    }
    const loaded = await resident();
    if (!open) return { peer: name, kind, idle, loaded };
    await open(client);
    return { peer: name, kind, idle, loaded, opened: await resident() };
  } finally {
    client.close();
    await peer.stop();
  }
}

async function openDatabase(client: RawClient): Promise<void> {
  const body = await client.call("database__run_sql", { sql: "select 6 * 7 as answer" });
  if (!body.includes("42")) throw new Error(`The database did not open: ${body.slice(0, 300)}`);
}
