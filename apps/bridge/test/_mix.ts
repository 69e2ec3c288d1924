import { attemptsIn, effectsIn, faultyCommand, startFaultyHttp } from "@trestle/testkit";
import { onTestFinished } from "vitest";
import { type Answer, callByHttp } from "./_peer.ts";
import { createPlace, type Place, serve } from "./_place.ts";
import { until } from "./_processes.ts";
import { createRandom, pick } from "./_random.ts";
import { type Execution, executionsOf } from "./_upstreams.ts";

/** One request in ten fails for a passing reason, over HTTP; a server on stdio can only die. */
const HTTP_CHANCE = "429:0.04,503:0.02,500:0.02,reset_after:0.02,truncated:0.005,garbage:0.005";
const STDIO_CHANCE = "die_after:0.003";
const TOGETHER = 32;
/** So that some reads repeat an earlier one. */
const READ_KEYS = 20;

export interface MixOptions {
  readonly calls: number;
  readonly seed: number;
  readonly cache: boolean;
}

/** One call of the mix, as its client saw it. */
export interface MixCall {
  readonly server: string;
  readonly tool: string;
  readonly key: string;
  /** "answer", or the code of the error. */
  readonly got: string;
  readonly cached: boolean;
  /** Writes on this server that were answered before this call was made. */
  readonly settled: number;
  /** Writes that the answer knows of. */
  readonly seen: number;
}

export interface Mix {
  readonly calls: readonly MixCall[];
  readonly tookMs: number;
  /** Requests that reached a server. */
  readonly requests: number;
  readonly rows: readonly Execution[];
  /** What the bridge counted. */
  readonly counted: number;
  effectsOf(call: MixCall): number;
  attemptsOf(call: MixCall): number;
}

/** Sends many calls, many at a time, through a bridge with default policies to servers that fail by chance. */
export async function runMix({ calls, seed, cache }: MixOptions): Promise<Mix> {
  const place = createPlace();
  const servers = await startServers(place, { seed, cache });
  const { url } = await serve(place);
  const random = createRandom(seed);
  const settled = new Map<string, number>();
  const done: MixCall[] = [];
  let left = calls;

  async function work(): Promise<void> {
    while (left > 0) {
      left -= 1;
      done.push(await callOne(left));
    }
  }

  async function callOne(index: number): Promise<MixCall> {
    // Of ten calls one goes to the server on stdio.
    const server = random() < 0.1 ? "local" : pick(servers, random);
    const drawn = random();
    const tool =
      drawn < 0.7 ? pick(["read", "read_state"], random) : drawn < 0.85 ? "write" : "write_once";
    const isRead = tool.startsWith("read");
    const key = isRead ? `read-${Math.floor(random() * READ_KEYS)}` : `write-${index}`;
    const before = settled.get(server) ?? 0;
    const { answer } = await callByHttp(url, `${server}__${tool}`, { key });
    if (!isRead && answer.result) settled.set(server, (settled.get(server) ?? 0) + 1);
    return { server, tool, key, settled: before, ...factsOf(answer) };
  }

  const began = performance.now();
  await Promise.all(Array.from({ length: TOGETHER }, work));
  const tookMs = performance.now() - began;
  const counted = await countedBy(url);
  const ids = ["local", ...servers];
  const rowsNow = () => executionsOf(place).filter(({ server }) => ids.includes(server));
  const written = () => rowsNow().filter(({ outcome }) => outcome !== "started").length === calls;
  // Rows are written behind the answers; what is missing is for the test to say.
  await until("the history is written", written).catch(() => {});
  const rows = rowsNow();
  const effects = tally(ids, (id) => effectsIn(place.root, id));
  const attempts = tally(ids, (id) => attemptsIn(place.root, id).map(({ key }) => key));
  return {
    calls: done,
    tookMs,
    requests: [...attempts.values()].reduce((sum, count) => sum + count, 0),
    rows,
    counted,
    effectsOf: ({ server, key }) => effects.get(`${server} ${key}`) ?? 0,
    attemptsOf: ({ server, key }) => attempts.get(`${server} ${key}`) ?? 0,
  };
}

async function startServers(
  place: Place,
  { seed, cache }: Omit<MixOptions, "calls">,
): Promise<string[]> {
  const { root } = place;
  const policy = {
    tools: { "read*": { cache: true }, write_once: { retry: { idempotent: true } } },
  };
  const flags = [`--chance=${STDIO_CHANCE}`, `--seed=${seed}`];
  const local = { ...faultyCommand({ root, name: "local", flags }), era: "legacy", policy };
  const names = ["one", "two", "three"];
  const entries = await Promise.all(
    names.map(async (name, index) => {
      const options = { root, name, flags: [`--chance=${HTTP_CHANCE}`, `--seed=${seed + index}`] };
      const { url, child } = await startFaultyHttp(options);
      onTestFinished(() => void child.kill("SIGKILL"));
      return [name, { url, era: "legacy", policy }] as const;
    }),
  );
  place.configure({
    history: { maxRows: 50_000 },
    policy: { cache: { enabled: cache } },
    mcpServers: { local, ...Object.fromEntries(entries) },
  });
  return names;
}

function factsOf({ result, error }: Answer): Pick<MixCall, "got" | "cached" | "seen"> {
  const { effects = 0 } = (result?.structuredContent ?? {}) as { effects?: number };
  const { cached = false } =
    (result?._meta as { "trestle/call"?: { cached?: boolean } })?.["trestle/call"] ?? {};
  const got = error ? String(error.data?.code ?? error.code) : "answer";
  return { got, cached, seen: effects };
}

async function countedBy(url: string): Promise<number> {
  const { answer } = await callByHttp(url, "bridge__metrics", { group_by: "server" });
  const { metrics = [] } = (answer.result?.structuredContent ?? {}) as {
    metrics?: { server: string; calls: number }[];
  };
  return metrics
    .filter(({ server }) => server !== "bridge")
    .reduce((sum, { calls }) => sum + calls, 0);
}

function tally(ids: readonly string[], keysOf: (id: string) => string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) {
    for (const key of keysOf(id)) counts.set(`${id} ${key}`, (counts.get(`${id} ${key}`) ?? 0) + 1);
  }
  return counts;
}
