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
