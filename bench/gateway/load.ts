import { type Era, RawClient } from "./client.ts";
import type { Peer } from "./peers.ts";

export interface Load {
  readonly peer: Peer;
  readonly era: Era;
  /** As the upstream calls it. */
  readonly tool: "echo" | "page";
  readonly calls: number;
  readonly concurrency: number;
  /** The arguments of the call of this number, and what must stand in its answer; all distinct where absent. */
  readonly callOf?: (number: number) => { readonly args: object; readonly expected: string };
  /** Told after every answer how many there are. */
  readonly onAnswer?: (answered: number) => void;
}

export interface LoadResult {
  /** Milliseconds, one per call, sorted. */
  readonly latencies: Float64Array;
  readonly callsPerSecond: number;
}

/** Sends every call and checks that its own answer came back; a wrong one ends the benchmark. */
export async function runLoad(load: Load): Promise<LoadResult> {
  const { peer, era, tool, calls, concurrency, callOf = distinctCalls(), onAnswer } = load;
  const client = new RawClient(peer.url, era, peer.key);
  await client.open();
  const name = `${peer.prefix}${tool}`;
  const latencies = new Float64Array(calls);
  let next = 0;
  let answered = 0;
  const startedAt = performance.now();
  const worker = async (): Promise<void> => {
    while (next < calls) {
      next += 1;
      const { args, expected } = callOf(next);
      const from = performance.now();
      const body = await client.call(name, args);
      latencies[answered] = performance.now() - from;
      answered += 1;
      if (!body.includes(expected)) {
        throw new Error(`${peer.name} gave a wrong answer: ${body.slice(0, 300)}`);
      }
      onAnswer?.(answered);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - startedAt) / 1_000;
  client.close();
  peer.sent.set(tool, (peer.sent.get(tool) ?? 0) + calls);
  return { latencies: latencies.sort(), callsPerSecond: calls / seconds };
}

let loads = 0;

/** No argument is ever sent twice in one run of the benchmark. */
function distinctCalls(): NonNullable<Load["callOf"]> {
  loads += 1;
  const load = loads;
  return (number) => {
    const text = `call ${number} of load ${load}`;
    return { args: { text }, expected: text };
  };
}
