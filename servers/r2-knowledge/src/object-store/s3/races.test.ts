import { seededRandom } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { bytes, codeOf, text } from "../_object-store-parts.ts";
import type { ObjectStore } from "../object-store.ts";
import { type FaultyBucket, faultyBucket, QUICKER } from "./_faulty-bucket.ts";

const random = seededRandom();
const ROUNDS = random.rounds(4);
const WRITERS = 16;

/** Much goes wrong with every operation. */
function spoil({ server }: FaultyBucket): void {
  for (const [fault, rate] of [
    [{ kind: "lose_response" }, 0.15],
    [{ kind: "lose_request" }, 0.05],
    [{ kind: "late", ms: random.below(5_000) }, 0.1],
    [{ kind: "slow", ms: random.below(400) }, 0.1],
    [{ kind: "status", status: 500 }, 0.05],
    [{ kind: "status", status: 503, code: "SlowDown" }, 0.05],
  ] as const) {
    server.inject({ fault, rate });
  }
}

const limited = () => faultyBucket({ writesPerSecondAndKey: QUICKER, random: random.next });

describe("on a bad day", () => {
  test("of many writers that create one key, one is told that it did, and it did", async () => {
    const bucket = await limited();
    const { server, open } = bucket;
    const stores = Array.from({ length: WRITERS }, () => open({ random: random.next }));
    for (let round = 0; round < ROUNDS; round += 1) {
      spoil(bucket);
      const key = `race-${round}`;
      const codes = await Promise.all(
        stores.map((store, writer) => create(store, key, `writer ${writer}`)),
      );
      server.heal();
      // The last may come late.
      await expect.poll(() => server.keys()).toContain(key);
      const body = text((await open().get(key))?.body);
      const told = codes.flatMap((code, writer) => (code === "done" ? [`writer ${writer}`] : []));
      const unknown = codes.flatMap((code, writer) =>
        code === "outcome_unknown" ? [`writer ${writer}`] : [],
      );
      expect(["done", "precondition_failed", "outcome_unknown"]).toEqual(
        expect.arrayContaining([...new Set(codes)]),
      );
      if (told.length > 0) expect(told).toEqual([body]);
      else expect(unknown).toContain(body);
    }
  });

  test("of the swaps of one object, each that is told done happened once, and no refused one did", async () => {
    const bucket = await limited();
    const { server, open } = bucket;
    const stores = Array.from({ length: 6 }, () => open({ random: random.next }));
    await open().put("log", bytes("[]"));
    spoil(bucket);
    const said = await Promise.all(
      stores.map(async (store, writer) => {
        const outcomes: (readonly [id: string, code: string])[] = [];
        for (let turn = 0; turn < ROUNDS * 3; turn += 1) {
          outcomes.push(await append(store, `${writer}/${turn}`));
        }
        return outcomes;
      }),
    );
    server.heal();
    const log: string[] = JSON.parse(text((await open().get("log"))?.body) ?? "");
    expect(new Set(log).size).toBe(log.length);
    for (const [id, code] of said.flat()) {
      if (code === "done") expect(log).toContain(id);
      else if (code !== "outcome_unknown") expect(log, `${id}: ${code}`).not.toContain(id);
    }
    expect(said.flat().map(([, code]) => code)).toContain("done");
  });
});

describe("writers that are told to slow down", () => {
  test("come through one after the other, and losers need not wait for it", async () => {
    const { server, open } = await limited();
    const stores = Array.from({ length: WRITERS }, () => open());
    const codes = await Promise.all(stores.map((store, at) => create(store, "key", `${at}`)));
    expect(codes.toSorted()).toEqual(["done", ...Array(WRITERS - 1).fill("precondition_failed")]);
    const puts = server.requests.filter(({ operation }) => operation === "PutObject");
    expect(puts).toHaveLength(WRITERS);
    expect(puts.some(({ status }) => status === 429)).toBe(true);
    const plain = await Promise.all(
      stores.slice(0, 3).map((store) => store.put("key", bytes("x"))),
    );
    expect(plain).toHaveLength(3);
  });
});

async function create(store: ObjectStore, key: string, body: string): Promise<string> {
  try {
    await store.put(key, bytes(body), { when: "absent" });
    return "done";
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

/** One try to add an id to the log over the version that was read. */
async function append(store: ObjectStore, id: string): Promise<readonly [string, string]> {
  try {
    const { body, etag } = (await until(() => store.get("log"))) ?? { body: bytes(""), etag: "" };
    const log = JSON.stringify([...JSON.parse(text(body) ?? ""), id]);
    await store.put("log", bytes(log), { when: { etag } });
    return [id, "done"];
  } catch (error) {
    return [id, codeOf(error) ?? String(error)];
  }
}

/** Reads and plain puts may be asked for again by whoever needs them. */
async function until<Value>(work: () => Promise<Value>): Promise<Value> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
    }
  }
}
