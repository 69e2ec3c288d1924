import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { listedEntry, toolOf } from "./_listed.ts";
import { type Peer, serveStdio } from "./_peer.ts";
import { createPlace } from "./_place.ts";

test("find_tools prefers what worked and what was used together, also after a restart", async () => {
  const place = createPlace();
  const tools = ["find_order", "close_order"].map((name) => toolOf(name));
  place.configure({
    mcpServers: {
      one: listedEntry(place, "one", tools),
      two: listedEntry(place, "two", tools),
      mail: listedEntry(place, "mail", [toolOf("send_mail")]),
    },
  });
  const first = await serveStdio(place, "legacy");
  expect(await best(first.peer, "find order")).toBe("one__find_order");
  for (let round = 0; round < 6; round += 1) {
    await first.peer.call("mail__send_mail");
    await first.peer.call("two__close_order");
  }
  // Of two tools that are alike, the one that was called with others.
  expect(await best(first.peer, "close order")).toBe("two__close_order");
  expect(await best(first.peer, "find order")).toBe("one__find_order");
  first.process.stdin.end();
  await first.ended;
  const { peer } = await serveStdio(place, "modern");
  expect(await best(peer, "close order")).toBe("two__close_order");
});

async function best(peer: Peer, query: string): Promise<string> {
  const { result } = await peer.call("bridge__find_tools", { query, limit: 2 });
  const found = (result?.structuredContent ?? {}) as JsonObject;
  const [tool] = found.tools as JsonObject[];
  return String(tool?.name);
}
