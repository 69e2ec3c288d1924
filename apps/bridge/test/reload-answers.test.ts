import { type JsonObject, TRESTLE_META } from "@trestle/protocol";
import { expect, test } from "vitest";
import { type Answer, type Peer, serveStdio } from "./_peer.ts";
import { createPlace, type Place, textOf } from "./_place.ts";
import { kill, until } from "./_processes.ts";
import { entry } from "./_upstreams.ts";

/** What may be answered from memory after the configuration changed. */

const cached = { policy: { tools: { read: { cache: true } } } };

async function bridgeOf(place: Place): Promise<Peer> {
  const { peer } = await serveStdio(place, "legacy");
  await peer.request("tools/list");
  return peer;
}

/** Changes the configuration and waits until the bridge has taken it. */
async function change(place: Place, config: object): Promise<void> {
  const before = timesTold(place);
  place.configure(config);
  await until("the change is taken", () => timesTold(place) > before);
}

const timesTold = (place: Place): number =>
  textOf(place.logFile).split("configuration changed").length;
const pidIn = ({ result }: Answer): unknown => (result?.structuredContent as JsonObject)?.pid;
const isCached = ({ result }: Answer): unknown =>
  ((result?._meta as JsonObject)?.[TRESTLE_META.call] as JsonObject)?.cached;

async function warm(peer: Peer): Promise<unknown> {
  const first = await peer.call("one__read");
  const second = await peer.call("one__read");
  expect(isCached(second)).toBe(true);
  expect(pidIn(second)).toBe(pidIn(first));
  return pidIn(first);
}

test("a server that is connected differently answers anew, not what the one before it answered", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { one: { ...entry(place, "one"), ...cached } } });
  const peer = await bridgeOf(place);
  const before = await warm(peer);

  const env = { NEW: "1" };
  await change(place, { mcpServers: { one: { ...entry(place, "one"), ...cached, env } } });
  const after = await peer.call("one__read");
  expect(pidIn(after)).toEqual(expect.any(Number));
  expect(pidIn(after)).not.toBe(before);
});

test("so does one that was removed and came back under its id", async () => {
  const place = createPlace();
  const one = { ...entry(place, "one"), ...cached };
  place.configure({ mcpServers: { one } });
  const peer = await bridgeOf(place);
  const before = await warm(peer);

  await change(place, { mcpServers: {} });
  await change(place, { mcpServers: { one: { ...one, env: { NEW: "1" } } } });
  await until("it is listed", async () => (await peer.call("one__read")).error === undefined);
  expect(pidIn(await peer.call("one__read"))).not.toBe(before);
});

test("so does one that died and came back, whatever it kept in memory", async () => {
  const place = createPlace();
  place.configure({ mcpServers: { one: { ...entry(place, "one"), ...cached } } });
  const peer = await bridgeOf(place);
  const before = await warm(peer);
  kill(Number(before));
  // Nobody asked it anything meanwhile: what it offers is looked at again by itself, or with this.
  await until("it runs again", async () => pidIn(await peer.call("one__echo")) !== before);
  expect(pidIn(await peer.call("one__read"))).not.toBe(before);
});

test("the cache is switched by the configuration while the bridge runs", async () => {
  const place = createPlace();
  const mcpServers = { one: { ...entry(place, "one"), ...cached } };
  place.configure({ mcpServers, policy: { cache: { enabled: false } } });
  const peer = await bridgeOf(place);
  await peer.call("one__read");
  expect(isCached(await peer.call("one__read"))).toBe(false);

  await change(place, { mcpServers, policy: { cache: { enabled: true } } });
  await warm(peer);
  await change(place, { mcpServers, policy: { cache: { enabled: false } } });
  const asked = { name: "one__read", _meta: { [TRESTLE_META.control]: { use_cache: true } } };
  await peer.request("tools/call", asked);
  expect(isCached(await peer.request("tools/call", asked))).toBe(false);
});
