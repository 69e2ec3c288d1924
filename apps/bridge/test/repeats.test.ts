import { faultyCommand } from "@trestle/testkit";
import { expect, test } from "vitest";
import { report } from "./_measure.ts";
import { serveStdio } from "./_peer.ts";
import { createPlace, type Place, serve } from "./_place.ts";
import { connectRaw } from "./_raw-client.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 2) * 20;
const STEPS = 5;

function placeWithOne(): Place {
  const place = createPlace();
  const policy = { tools: { read: { cache: true } } };
  place.configure({
    mcpServers: { one: { ...faultyCommand({ root: place.root, name: "one" }), policy } },
  });
  return place;
}

test("a cached repeat costs less than asking the server, over stdio and HTTP", async () => {
  const stdio = await serveStdio(placeWithOne(), "modern");
  const { url } = await serve(placeWithOne());
  const http = await connectRaw("modern", { url });
  const ways = {
    stdio: (name: string) => stdio.peer.call(name, { key: "same" }),
    HTTP: (name: string) => http.request("tools/call", { name, arguments: { key: "same" } }),
  };
  for (const [way, call] of Object.entries(ways)) {
    // Both paths are warm before they are measured.
    for (let round = 0; round < 50; round += 1)
      await Promise.all([call("one__read"), call("one__read_state")]);
    const hits: number[] = [];
    const misses: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      hits.push(await timed(() => call("one__read")));
      misses.push(await timed(() => call("one__read_state")));
    }
    const answer = await call("one__read");
    const facts = JSON.stringify(answer).replaceAll("\\", "");
    expect(facts).toContain('"cached":true');
    report(`cached repeat over ${way}: ${figures(hits)}; asked of the server: ${figures(misses)}`);
    expect(quantile(hits, 0.5)).toBeLessThan(quantile(misses, 0.5));
  }
  await http.close();
});

test("a chain of five steps costs less than five calls of a client", async () => {
  const { url } = await serve(placeWithOne());
  const http = await connectRaw("modern", { url });
  const call = (name: string, args: object) =>
    http.request("tools/call", { name, arguments: args as never });
  const step = { server: "one", tool: "read_state", arguments: { key: "$last_result.key" } };
  const first = { ...step, arguments: { key: "a" } };
  const steps = [first, ...Array.from({ length: STEPS - 1 }, () => step)];
  const chain = () => call("bridge__run_chain", { steps });
  const calls = async (): Promise<void> => {
    for (let index = 0; index < STEPS; index += 1) await call("one__read_state", { key: "a" });
  };
  expect((await chain()).replaceAll("\\", "")).toContain(`"completed_steps":${STEPS}`);
  const chains: number[] = [];
  const alone: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    chains.push(await timed(chain));
    alone.push(await timed(calls));
  }
  report(`five steps as one chain: ${figures(chains)}; as five calls: ${figures(alone)}`);
  expect(quantile(chains, 0.5)).toBeLessThan(quantile(alone, 0.5) * 1.5);
  await http.close();
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

function figures(values: readonly number[]): string {
  return `median ${quantile(values, 0.5).toFixed(2)} ms, p95 ${quantile(values, 0.95).toFixed(2)} ms`;
}
