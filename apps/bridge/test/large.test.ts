import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import { ms, report } from "./_measure.ts";
import { listNames, type Peer, serveStdio } from "./_peer.ts";
import { createPlace } from "./_place.ts";
import { entry } from "./_upstreams.ts";

const MEBIBYTE = 1024 * 1024;

test("an argument and a result of 64 MiB pass through the bridge", {
  timeout: 120_000,
}, async () => {
  const place = createPlace();
  place.configure({ mcpServers: { one: entry(place, "one") } });
  const owner = await serveStdio(place, "modern");
  const joined = await serveStdio(place, "legacy");
  await listNames(owner.peer);
  report(`64 MiB there and back: ${ms(await echo(owner.peer, 64))}`);
  report(`64 MiB there and back, through a joined bridge: ${ms(await echo(joined.peer, 64))}`);
});

async function echo(peer: Peer, mebibytes: number): Promise<number> {
  const text = "x".repeat(mebibytes * MEBIBYTE);
  const started = performance.now();
  const { result = {} } = await peer.call("one__echo", { text });
  const tookMs = performance.now() - started;
  const [block] = result.content as JsonObject[];
  expect(block?.text === text).toBe(true);
  return tookMs;
}
