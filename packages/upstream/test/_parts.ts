import type { ClientFacts, RequestContext } from "@trestle/protocol";
import { LOCAL_PRINCIPAL, silentLogger, systemClock } from "@trestle/protocol";
import { afterEach } from "vitest";
import {
  createProcessRegistry,
  createUpstream,
  type ProcessRegistry,
  type Upstream,
  type UpstreamConfig,
  type UpstreamParts,
} from "../src/index.ts";
import { fixturePath } from "./fixtures/path.ts";

const open = new Set<Upstream>();
const registries = new Set<ProcessRegistry>();

afterEach(async () => {
  await Promise.all([...open].map((upstream) => upstream.close()));
  await Promise.all([...registries].map((registry) => registry.close()));
  open.clear();
  registries.clear();
});

export function fixture(name: string, ...args: string[]) {
  // What one of them compiled the next ones take from there.
  const { NODE_COMPILE_CACHE = "" } = process.env;
  return {
    kind: "stdio",
    command: process.execPath,
    args: [fixturePath(name), ...args],
    env: { NODE_COMPILE_CACHE },
  } as const;
}

/** A registry that is closed with the test. */
export function registry(folder?: string): ProcessRegistry {
  const processes = createProcessRegistry({
    log: silentLogger,
    ...(folder !== undefined && { folder }),
  });
  registries.add(processes);
  return processes;
}

type Loose<T> = T extends unknown ? Omit<T, "id"> & { id?: string } : never;

/** An upstream that is closed with the test. */
export function upstreamOf(
  config: Loose<UpstreamConfig>,
  parts: Partial<UpstreamParts> = {},
): Upstream {
  const upstream = createUpstream({ id: "peer", ...config } as UpstreamConfig, {
    log: silentLogger,
    clock: systemClock,
    processes: parts.processes ?? registry(),
    clientInfo: { name: "test", version: "1" },
    ...parts,
  });
  open.add(upstream);
  return upstream;
}

const client: ClientFacts = { era: "modern", protocolVersion: "2026-07-28", capabilities: {} };

export function context(extra: Partial<RequestContext> = {}): RequestContext {
  return { principal: LOCAL_PRINCIPAL, signal: new AbortController().signal, client, ...extra };
}

/** Waits for a condition, with a deadline. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  ms = 25_000,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not so within ${ms} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
