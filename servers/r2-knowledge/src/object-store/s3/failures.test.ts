import { systemClock } from "@trestle/protocol";
import type { FaultRule } from "@trestle/testkit/s3-server";
import { manualClock } from "@trestle/testkit/surroundings";
import { describe, expect, test } from "vitest";
import { bytes, eachOf } from "../_object-store-parts.ts";
import type { ObjectStore } from "../object-store.ts";
import { faultyBucket } from "./_faulty-bucket.ts";
import { openS3Store } from "./open-s3-store.ts";
import type { SentRequest } from "./settings.ts";

/** Every way to ask for something. */
const CALLS: Readonly<Record<string, (store: ObjectStore) => Promise<unknown>>> = {
  get: (store) => store.get("key"),
  head: (store) => store.head("key"),
  getStream: (store) => store.getStream("key"),
  put: (store) => store.put("key", bytes("x")),
  putStream: (store) => store.putStream("key", large()),
  delete: (store) => store.delete("key"),
  "delete of many": (store) => store.delete(["key", "other"]),
  list: (store) => store.list(""),
};

const MB = 1_048_576;

async function* large(pieces = 10): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < pieces; sent += 1) yield new Uint8Array(MB).fill(sent);
}

async function errorOf(call: Promise<unknown>): Promise<Error & { code?: string }> {
  return call.then(
    () => expect.unreachable("It was to fail."),
    (error: Error) => error,
  );
}

describe.each(Object.entries(CALLS))("%s", (_, call) => {
  test("with a key that is not known says which setting to check, and shows no credential", async () => {
    const { server, open } = await faultyBucket();
    const { secretAccessKey } = server.credentials;
    const credentials = { accessKeyId: "AKIDOFNOBODY", secretAccessKey };
    const error = await errorOf(call(open({ credentials })));
    expect(error).toMatchObject({ code: "denied", message: /R2_ACCESS_KEY_ID/ });
    expect(inside(error)).not.toContain("AKIDOFNOBODY");
    expect(inside(error)).not.toContain(secretAccessKey);
  });

  test("with a wrong secret says so, and shows no credential", async () => {
    const { server, open } = await faultyBucket();
    const { accessKeyId } = server.credentials;
    const credentials = { accessKeyId, secretAccessKey: "s3cr3tOfSomebodyElse" };
    const error = await errorOf(call(open({ credentials })));
    expect(error).toMatchObject({ code: "denied", message: /R2_SECRET_ACCESS_KEY/ });
    expect(inside(error)).not.toContain("s3cr3tOfSomebodyElse");
    expect(inside(error)).not.toContain(accessKeyId);
  });

  test("of a bucket that is not there says how it is called", async () => {
    const { open } = await faultyBucket();
    const error = await errorOf(call(open({ bucket: "elsewhere" })));
    expect(error).toMatchObject({ code: "no_bucket", message: /bucket elsewhere at http:/ });
  });

  test("on a machine whose clock is wrong is signed by the store's clock", async () => {
    const clock = { ...systemClock, now: () => systemClock.now() + 3_600_000 };
    const { open } = await faultyBucket({ clock });
    await call(open());
  });

  test("where no clock helps says that the clock is wrong", async () => {
    let looks = 0;
    const now = () => systemClock.now() + (looks++ % 2 ? 1 : -1) * 7_200_000;
    const { open } = await faultyBucket({ clock: { ...systemClock, now } });
    const error = await errorOf(call(open({ attempts: 2 })));
    expect(error).toMatchObject({ code: "clock_skew", message: /Set the clock/ });
  });

  test.each([
    [{ status: 403, code: "AccessDenied" }, "denied", /Object Read & Write/],
    [{ status: 507, code: "InsufficientStorage" }, "full", /no room left/],
    [{ status: 429, code: "TooManyRequests" }, "throttled", /slow down/],
    [{ status: 503, code: "SlowDown" }, "throttled", /slow down/],
    [{ status: 500 }, "unavailable", /Try again later/],
    [{ status: 501, code: "NotImplemented" }, "unavailable", /whole API of S3/],
    [{ status: 301, code: "PermanentRedirect" }, "no_bucket", /another region/],
  ])("that is answered with %o says what to do", async (answer, code, message) => {
    const { server, open } = await faultyBucket();
    server.inject({ fault: { kind: "status", ...answer } });
    const error = await errorOf(call(open()));
    const others = [
      // Of a write that failed without a word about it, and that cannot be read back, nobody knows.
      ...(answer.status === 500 ? ["outcome_unknown"] : []),
      // The answer to a HEAD has no room for a name.
      ...(answer.status === 503 && call === CALLS.head ? ["unavailable"] : []),
    ];
    expect([code, ...others]).toContain(error.code);
    if (error.code === code) expect(error.message).toMatch(message);
  });

  test("is asked again after passing failures", async () => {
    const { server, open } = await faultyBucket();
    for (const fault of [
      { kind: "status", status: 500 },
      { kind: "status", status: 503 },
      { kind: "status", status: 429, code: "TooManyRequests" },
      { kind: "lose_request" },
      { kind: "lose_response" },
    ] satisfies FaultRule["fault"][]) {
      server.inject({ fault, times: 1 });
    }
    await call(open());
  });

  test("of a server that is not there did not happen, and says so", async () => {
    const { server, open } = await faultyBucket();
    const store = open();
    await server.close();
    const error = await errorOf(call(store));
    expect(error).toMatchObject({ code: "unavailable", message: /could not be reached \(ECONN/ });
  });

  test("of a closed store is refused", async () => {
    const { open } = await faultyBucket();
    const store = open();
    await store.close();
    await expect(call(store)).rejects.toThrow("closed");
  });

  test("ends with the signal's reason while it waits for its next attempt", async () => {
    const clock = manualClock(Date.now());
    const { server } = await faultyBucket();
    server.inject({ fault: { kind: "status", status: 503, code: "SlowDown" } });
    const abort = new AbortController();
    const { endpoint, credentials } = server;
    const store = openS3Store({ endpoint, credentials, bucket: "knowledge", clock });
    const withSignal = new Proxy(store, {
      get:
        (target, name: "get") =>
        (...args: [string]) =>
          target[name](...args, ...(name.startsWith("put") ? [] : [{ signal: abort.signal }])),
    });
    if (call === CALLS.put || call === CALLS.putStream) return store.close();
    const ended = errorOf(call(withSignal));
    await expect.poll(() => clock.armed()).toBe(1);
    const reason = new Error("enough");
    abort.abort(reason);
    expect(await ended).toBe(reason);
    expect(clock.armed()).toBe(0);
    return store.close();
  });
});

test("a wrong clock costs one request, once", async () => {
  const clock = { ...systemClock, now: () => systemClock.now() + 3_600_000 };
  const { server, open } = await faultyBucket({ clock });
  const store = open();
  await store.get("none");
  await store.get("none");
  expect(server.requests.map(({ status }) => status)).toEqual([403, 404, 404]);
});

describe("of many keys that are deleted at once", () => {
  const keys = ["a", "b", "c", "d"];

  test("those that fail for a passing reason are asked for again, and only those", async () => {
    const { server, open } = await faultyBucket();
    const store = open();
    await eachOf(keys, (key) => store.put(key, bytes(key)));
    const fault = { kind: "status", status: 500 } as const;
    server.inject({ operations: ["DeleteObjects"], key: /[bd]/, fault, times: 3 });
    await store.delete(keys);
    expect(server.keys()).toEqual([]);
    const sent = server.requests.filter(({ operation }) => operation === "DeleteObjects");
    expect(sent).toHaveLength(3);
  });

  test("one that may not be deleted is named, and the others are gone", async () => {
    const { server, open } = await faultyBucket();
    const store = open();
    await eachOf(keys, (key) => store.put(key, bytes(key)));
    const fault = { kind: "status", status: 403, code: "AccessDenied" } as const;
    server.inject({ operations: ["DeleteObjects"], key: /c/, fault });
    const error = await errorOf(store.delete(keys));
    expect(error).toMatchObject({ code: "denied", message: /delete objects/ });
    expect(server.keys()).toEqual(["c"]);
  });
});

describe("waiting", () => {
  test("takes longer each time, and as long as the store asks for", async () => {
    const { server } = await faultyBucket();
    const waits: number[] = [];
    const clock = {
      now: systemClock.now,
      after: (ms: number, work: () => void) => {
        waits.push(ms);
        return systemClock.after(0, work);
      },
    };
    const { endpoint, credentials } = server;
    const options = { endpoint, credentials, bucket: "knowledge", clock, random: () => 0 };
    const store = openS3Store(options);
    server.inject({ fault: { kind: "status", status: 500 } });
    await expect(store.get("key")).rejects.toMatchObject({ code: "unavailable" });
    expect(waits.splice(0)).toEqual([50, 100, 200, 400, 800]);
    server.heal();
    server.inject({ fault: { kind: "status", status: 429, code: "SlowDown" } });
    await expect(store.get("key")).rejects.toMatchObject({ code: "throttled" });
    expect(waits.splice(0)).toEqual([350, 700, 1_400, 2_800, 5_000]);
    server.heal();
    server.inject({ fault: { kind: "status", status: 429, retryAfter: 4 }, times: 1 });
    await store.get("key");
    expect(waits).toEqual([4_000]);
    await store.close();
  });
});

describe("requests", () => {
  test("are told with the class that they are billed as, each of them", async () => {
    const { server, open } = await faultyBucket();
    const sent: SentRequest[] = [];
    const store = open({ onRequest: (request) => sent.push(request) });
    await eachOf(["a", "b", "c"], (key) => store.put(key, bytes(key)));
    await expect(store.put("a", bytes("x"), { when: "absent" })).rejects.toThrow();
    await store.putStream("large", large());
    await store.get("a");
    await store.head("none");
    await store.list("", { limit: 2 });
    server.inject({ fault: { kind: "status", status: 503 }, times: 2 });
    server.inject({ fault: { kind: "lose_response" }, times: 1 });
    server.inject({ fault: { kind: "status", status: 429, code: "SlowDown" }, times: 1 });
    await store.get("b");
    await store.delete("a");
    await store.delete(["b", "c"]);
    const counts = { A: 0, B: 0, free: 0 };
    for (const { class: billed } of sent) counts[billed] += 1;
    expect(counts).toEqual(server.billed());
    expect(sent.map(({ operation }) => operation).toSorted()).toEqual(
      server.requests.map(({ operation }) => operation).toSorted(),
    );
  });
});

/** Everything that a log could show of an error. */
function inside(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? "";
  const own = Object.getOwnPropertyNames(error).map((name) => error[name as "message"]);
  return [error.message, error.stack, ...own.map((value) => inside(value))].join("\n");
}
