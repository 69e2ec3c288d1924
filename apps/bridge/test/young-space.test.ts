import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { createPlace, serve } from "./_place.ts";
import { until } from "./_processes.ts";

const MIB = 1024 * 1024;
/** Twice the bound: run from its sources, a start alone may double the space once more before it is heard of. */
const MOST_BYTES = 32 * MIB;
const ENOUGH_BYTES = 8 * MIB;
const INSPECT = "--inspect=127.0.0.1:0";

const YOUNG_BYTES = `process.getBuiltinModule("node:v8").getHeapSpaceStatistics()
  .find(({ space_name }) => space_name === "new_space").space_size`;

/**
 * Makes objects that outlive a few collections, which is when V8 gives young ones more space. Little at
 * a time, as calls do: between two of them the bridge hears of a collection. The least that the space
 * was tells how large it may be: while the old ones are marked, V8 lets it be larger for a moment.
 */
const LITTER = `(async () => {
  const kept = [];
  let least = Infinity;
  for (let round = 0; round < 300; round += 1) {
    const made = [];
    for (let n = 0; n < 10_000; n += 1) made.push({ n, numbers: [n, n + 1, n + 2] });
    kept.push(made);
    if (kept.length > 10) kept.shift();
    await new Promise((resolve) => setImmediate(resolve));
    if (round >= 150) least = Math.min(least, ${YOUNG_BYTES});
  }
  return least;
})()`;

test("a bridge under load keeps its space for young objects, where Node lets it grow", async () => {
  const place = createPlace({ mcpServers: {} });
  const bridge = await serve(place, [], { NODE_OPTIONS: INSPECT });
  const plain = spawn(process.execPath, [INSPECT, "-e", "setInterval(() => {}, 1_000)"]);
  onTestFinished(() => void plain.kill("SIGKILL"));
  let text = "";
  plain.stderr.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  const { evaluate } = await inspect(() => text);
  let rounds = 1;
  // When it grows is for V8 to say.
  await until("it grows elsewhere", async () => {
    rounds += 1;
    return (await evaluate(LITTER)) > MOST_BYTES;
  });
  const inBridge = await inspect(bridge.stderr);
  for (; rounds > 0; rounds -= 1)
    expect(await inBridge.evaluate(LITTER)).toBeLessThanOrEqual(MOST_BYTES);
});

test("it grows again after quiet times, in which V8 makes it small", async () => {
  const place = createPlace({ mcpServers: {} });
  const bridge = await serve(place, [], { NODE_OPTIONS: INSPECT });
  const { evaluate, send } = await inspect(bridge.stderr);
  for (let turn = 0; turn < 2; turn += 1) {
    // When it grows is for V8 to say.
    await until("it has grown", async () => (await evaluate(LITTER)) >= ENOUGH_BYTES);
    // As V8 collects when a program has been quiet for a while.
    await until("it is small", async () => {
      await send("HeapProfiler.collectGarbage", {});
      return (await evaluate(YOUNG_BYTES)) < ENOUGH_BYTES;
    });
  }
});

interface Inspected {
  evaluate(expression: string): Promise<number>;
  send(method: string, params: object): Promise<{ readonly result?: { readonly value?: unknown } }>;
}

/** The process whose inspector is told of in this text. */
async function inspect(stderr: () => string): Promise<Inspected> {
  await until("the inspector listens", () => /ws:\S+/.test(stderr()));
  const socket = new WebSocket(/ws:\S+/.exec(stderr())?.[0] ?? "");
  onTestFinished(() => socket.close());
  await once(socket, "open");
  const send: Inspected["send"] = async (method, params) => {
    const answered = once(socket, "message");
    socket.send(JSON.stringify({ id: 1, method, params }));
    const [{ data }] = (await answered) as [{ data: string }];
    return JSON.parse(data).result;
  };
  return {
    send,
    async evaluate(expression) {
      const params = { expression, awaitPromise: true, returnByValue: true };
      return Number((await send("Runtime.evaluate", params)).result?.value);
    },
  };
}
