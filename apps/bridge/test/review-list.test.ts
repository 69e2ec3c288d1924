import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { keyOf, startCore } from "./_core.ts";
import { entry } from "./_upstreams.ts";

test("a page of the queue is full of what its reader may see, whoever else has failed calls there", async () => {
  const core = await startCore();
  const timeout = { attemptMs: 50 };
  const policy = { timeout, fallback: [{ kind: "review", message: "Was it paid?" }] };
  const one = { ...entry(core.place, "one"), policy: { tools: { write: policy } } };
  core.place.configure({ mcpServers: { one } });
  core.bridge.apply(await core.bridge.core.live.current().again());
  await core.bridge.settled();
  for (const who of ["ann", "ben", "ben", "ann", "ben", "ben", "ben", "ann"]) {
    const answer = await core.call("one__write", { key: who, beforeMs: 5_000 }, keyOf(who));
    expect(answer.isError).toBe(true);
  }

  async function pagesOf(context: object): Promise<string[][]> {
    const pages: string[][] = [];
    for (let before: string | undefined; ; ) {
      const asked = { limit: 2, ...(before === undefined ? {} : { before }) };
      const { items, next } = await core.ask("review_list", asked, context);
      const names = (items as JsonObject[]).map(({ principal }) => String(principal));
      if (names.length > 0) pages.push(names);
      if (next === undefined) return pages;
      before = String(next);
    }
  }

  expect(await pagesOf(keyOf("ann"))).toEqual([["ann", "ann"], ["ann"]]);
  expect(await pagesOf(keyOf("ben"))).toEqual([["ben", "ben"], ["ben", "ben"], ["ben"]]);
  expect(await pagesOf(keyOf("eve"))).toEqual([]);
  expect((await pagesOf({})).flat()).toHaveLength(8);
});
