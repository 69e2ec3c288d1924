import { createObjectsClient, type ObjectHandle } from "@trestle-mcp/objects";
import type { MeasuredHost } from "./hosts.ts";

export type Way = "HTTP" | "WebSocket";

export interface Lap {
  readonly perSecond: number;
  /** Milliseconds from the call to its answer. */
  readonly p50: number;
  readonly p99: number;
}

export interface FanOut {
  /** Milliseconds from the call until half, and until all but one in a hundred, of the watchers were told. */
  readonly p50: number;
  readonly p99: number;
  /** Watchers told in a second. */
  readonly perSecond: number;
}

let objects = 0;

/** Each caller increments a counter of its own, one call after the other. */
export async function callLap(
  host: MeasuredHost,
  { way, callers, calls }: { readonly way: Way; readonly callers: number; readonly calls: number },
): Promise<Lap> {
  const client = createObjectsClient({ url: host.url, token: host.token });
  const handles = await Promise.all(Array.from({ length: callers }, () => opened(client, way)));
  for (const handle of handles) await handle.call("increment");
  const times: number[] = [];
  const begun = performance.now();
  const each = Math.ceil(calls / callers);
  await Promise.all(
    handles.map(async (handle) => {
      for (let call = 0; call < each; call += 1) {
        const started = performance.now();
        await handle.call("increment");
        times.push(performance.now() - started);
      }
    }),
  );
  const ms = performance.now() - begun;
  client.close();
  return { perSecond: (times.length / ms) * 1_000, ...percentiles(times) };
}

async function opened(
  client: ReturnType<typeof createObjectsClient>,
  way: Way,
): Promise<ObjectHandle> {
  objects += 1;
  const handle = client.object("counter", `bench-${objects}`);
  await handle.initialize();
  if (way === "WebSocket") {
    await new Promise<void>((resolve) => {
      handle.watch(({ kind }) => {
        if (kind === "ready") resolve();
      });
    });
  }
  return handle;
}

/** One counter, so many who watch it, and calls one after the other: each is told to all before the next. */
export async function fanOutLap(
  host: MeasuredHost,
  { watchers, calls }: { readonly watchers: number; readonly calls: number },
): Promise<FanOut> {
  const client = createObjectsClient({ url: host.url, token: host.token });
  objects += 1;
  const id = `bench-${objects}`;
  const counter = client.object("counter", id);
  await counter.initialize();
  const times: number[] = [];
  let started = 0;
  let told = () => {};
  const watching = Array.from({ length: watchers }, () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    client.object("counter", id).watch(({ kind }) => {
      if (kind === "ready") resolve();
      if (kind !== "event") return;
      times.push(performance.now() - started);
      told();
    });
    return promise;
  });
  await Promise.all(watching);
  let ms = 0;
  for (let call = 1; call <= calls; call += 1) {
    const { promise, resolve } = Promise.withResolvers<void>();
    told = () => {
      if (times.length === call * watchers) resolve();
    };
    started = performance.now();
    await counter.call("increment");
    await promise;
    ms += performance.now() - started;
  }
  client.close();
  return { perSecond: (times.length / ms) * 1_000, ...percentiles(times) };
}

function percentiles(times: readonly number[]): { readonly p50: number; readonly p99: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}
