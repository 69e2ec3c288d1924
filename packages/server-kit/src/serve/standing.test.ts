import { once } from "node:events";
import { connect } from "node:net";
import { createRoster, type Principal } from "@trestle/protocol";
import { expect, test } from "vitest";
import { modernCall, openSession, post, start } from "./_http.ts";
import type { Presented } from "./authenticate.ts";

/** Keys that can be taken away, as whoever serves may have them. */
function keysThatEnd() {
  const good = new Set(["one", "two"]);
  const listeners = createRoster<() => void>();
  const idOf = ({ bearer = "" }: Presented): string | undefined =>
    good.has(bearer) ? `key:${bearer}` : undefined;
  return {
    authenticate(presented: Presented) {
      const id = idOf(presented);
      const refusal = { refused: "invalid", message: "no key" } as const;
      return id === undefined ? refusal : ({ id, kind: "key" } satisfies Principal);
    },
    standing: {
      onChange(listener: () => void) {
        const leave = listeners.add(listener);
        return () => void leave();
      },
      holds: (presented: Presented, id: string) => idOf(presented) === id,
    },
    end(key: string) {
      good.delete(key);
      for (const listener of listeners.items()) listener();
    },
    listeners,
  };
}

test("a key that ends takes its running calls and open streams with it, and no others", async () => {
  const keys = keysThatEnd();
  const begun = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const { url, serving } = await start(
    {
      "tools/call": (_params, context) => {
        begun.resolve();
        context.signal.addEventListener("abort", () => aborted.resolve());
        return new Promise(() => {});
      },
    },
    { authenticate: keys.authenticate, standing: keys.standing, keepAliveMs: 0 },
  );
  const as = (key: string) => ({ authorization: `Bearer ${key}` });
  const [body, headers] = modernCall("t");
  const call = post(url, body, { ...headers, ...as("one") }).then(
    () => "answered",
    () => "cut off",
  );
  const streams = await Promise.all(
    ["one", "two"].map(async (key) => {
      const session = await openSession(url, as(key));
      const accept = { accept: "text/event-stream", "mcp-session-id": session };
      return fetch(url, { headers: { ...accept, ...as(key) } });
    }),
  );
  const ends = streams.map((stream) =>
    stream.text().then(
      () => "ended",
      () => "cut off",
    ),
  );
  await begun.promise;
  keys.end("one");
  expect(await call).toBe("cut off");
  await aborted.promise;
  expect(await ends[0]).toBe("cut off");
  const left = Promise.resolve("open");
  expect(await Promise.race([ends[1], left])).toBe("open");
  await serving.close();
  expect(keys.listeners.size).toBe(0);
  expect(await ends[1]).toBe("ended");
});

test("a connection that was handed over ends with its key, too", async () => {
  const keys = keysThatEnd();
  const { url } = await start(
    {},
    {
      authenticate: keys.authenticate,
      standing: keys.standing,
      upgrade(request, socket, _head, asks) {
        if ("refused" in asks.authenticate(request)) return false;
        socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
        return true;
      },
    },
  );
  const { port } = new URL(url);
  const [first, second] = await Promise.all(
    ["one", "two"].map(async (key) => {
      const socket = connect(Number(port), "127.0.0.1");
      const head = `Host: localhost\r\nAuthorization: Bearer ${key}\r\n`;
      const wish = "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
      socket.write(`GET /feed HTTP/1.1\r\n${head}${wish}`);
      await once(socket, "data");
      return socket;
    }),
  );
  if (!first || !second) throw new Error("not connected");
  const gone = once(first, "close");
  keys.end("one");
  await gone;
  expect(second.destroyed).toBe(false);
  second.destroy();
});
