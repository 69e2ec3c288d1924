import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { modernCall, start } from "./_http.ts";

const KEPT_BY_PROXIES_SECONDS = 600;

/** A proxy's end: connections that are kept, one for each request at a time. */
function createProxy(url: string) {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  async function call(name: string) {
    const [body, headers] = modernCall(name);
    const sent = request(url, {
      agent,
      method: "POST",
      headers: {
        ...headers,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
      },
    });
    sent.end(JSON.stringify(body));
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    answer.resume();
    await once(answer, "end");
    return { status: answer.statusCode, headers: answer.headers, reused: sent.reusedSocket };
  }
  return { call };
}

/** Until then it is served as all others are. */
async function untilRefused({ call }: ReturnType<typeof createProxy>): Promise<void> {
  for (;;) {
    // Whoever connects again and again is accepted again and again.
    await pause(20);
    const failure = await call("new").then(
      () => undefined,
      ({ code }: NodeJS.ErrnoException) => code,
    );
    if (failure !== undefined) return expect(failure).toBe("ECONNREFUSED");
  }
}

test("a connection is kept for longer than those before us keep theirs", async () => {
  const { url } = await start({ "tools/call": () => ({ content: [] }) });
  const { headers } = await createProxy(url).call("t");
  const [, seconds] = /timeout=(\d+)/.exec(String(headers["keep-alive"])) ?? [];
  expect(Number(seconds)).toBeGreaterThan(KEPT_BY_PROXIES_SECONDS);
});

test("who leaves serves what comes on open connections, ends each with its answer, and takes no other", async () => {
  const begun = Promise.withResolvers<void>();
  const { promise: may, resolve: finish } = Promise.withResolvers<void>();
  const { url, serving } = await start({
    async "tools/call"({ name }) {
      if (name === "long") {
        begun.resolve();
        await may;
      }
      return { content: [] };
    },
  });
  const [proxy, other, stranger] = [createProxy(url), createProxy(url), createProxy(url)];
  await proxy.call("before");
  const long = other.call("long");
  await begun.promise;
  const left = serving.leave();
  await untilRefused(stranger);
  const late = await proxy.call("late");
  expect(late).toMatchObject({ status: 200, reused: true, headers: { connection: "close" } });
  await expect(proxy.call("again")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  finish();
  expect(await long).toMatchObject({ status: 200, headers: { connection: "close" } });
  await left;
});

test("who leaves waits for no connection that nobody uses", async () => {
  const { url, serving } = await start({ "tools/call": () => ({ content: [] }) });
  await createProxy(url).call("before");
  await serving.leave();
  await serving.close();
});

test("who leaves waits for as long as connections are used, and ends the others", async () => {
  const timers = new Set<{ work: () => void }>();
  const clock = {
    now: () => 0,
    after(_ms: number, work: () => void) {
      const timer = { work };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  const { url, serving } = await start({ "tools/call": () => ({ content: [] }) }, { clock });
  const [first, second, unused] = [createProxy(url), createProxy(url), createProxy(url)];
  for (const proxy of [first, second, unused]) await proxy.call("before");
  let hasLeft = false;
  const left = serving.leave().then(() => {
    hasLeft = true;
  });
  await untilRefused(createProxy(url));
  const quiet = [...timers];
  for (const proxy of [first, second]) {
    expect(await proxy.call("late")).toMatchObject({ status: 200, reused: true });
  }
  const begun = quiet.filter((timer) => timers.has(timer));
  expect(begun.length, "each use begins the quiet anew").toBe(quiet.length - 1);
  expect(hasLeft).toBe(false);
  for (const { work } of timers) work();
  await left;
  await expect(unused.call("again")).rejects.toThrow();
});

test("who leaves accepts the connections that wait to be", async () => {
  const { url, serving } = await start({ "tools/call": () => ({ content: [] }) });
  const proxies = Array.from({ length: 12 }, () => createProxy(url));
  const calls = proxies.map(({ call }) => call("waits"));
  await new Promise((resolve) => setImmediate(resolve)); // connects them all, and accepts none or one
  await serving.leave();
  expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(calls.map(() => 200));
});
