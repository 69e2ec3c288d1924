import { RawClient } from "../gateway/client.ts";
import { firstUrl } from "../gateway/peers.ts";
import { type Interval, medianWithInterval, quantile } from "../gateway/statistics.ts";
import { type KnownHome, startBridge } from "./home.ts";

/** Searches one after the other, as calls of `find_tools` over HTTP. */
export interface SearchResult {
  readonly p50: Interval;
  readonly p99: Interval;
  /** The first one, which makes the index. */
  readonly firstMs: number;
}

const words = [
  ...["create an issue", "delete invoices", "deployment status", "find customer", "serach branch"],
  ...["archive old pages", "export comments", "update the secret", "who owns this", "last changed"],
];

export async function measureSearches(
  home: KnownHome,
  { rounds, searches }: { readonly rounds: number; readonly searches: number },
): Promise<SearchResult> {
  const program = startBridge(home);
  try {
    const client = new RawClient(await firstUrl(program.child, "the bridge"), "modern");
    const find = async (index: number): Promise<number> => {
      const from = performance.now();
      // No two are alike, so that nothing can be answered from what was asked before.
      const query = `${words[index % words.length]} ${index}`;
      const text = await client.call("bridge__find_tools", { query });
      if (!text.includes("score")) throw new Error(`find_tools answered ${text.slice(0, 200)}`);
      return performance.now() - from;
    };
    const firstMs = await find(0);
    const figures: { p50: number; p99: number }[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const times = new Float64Array(searches);
      for (let index = 0; index < searches; index += 1) times[index] = await find(index + 1);
      times.sort();
      if (round > 0) figures.push({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) });
    }
    client.close();
    return {
      p50: medianWithInterval(figures.map(({ p50 }) => p50)),
      p99: medianWithInterval(figures.map(({ p99 }) => p99)),
      firstMs,
    };
  } finally {
    await program.stop();
  }
}
