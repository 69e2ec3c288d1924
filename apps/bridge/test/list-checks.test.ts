import { expect, test } from "vitest";
import { listersOf, offer, placeOf, runOnce, startsOf, toldOfTools } from "./_listers.ts";
import { listNames, serveStdio } from "./_peer.ts";
import { kill, until } from "./_processes.ts";

test("lists are compared in the background where that is wanted, and the process is ended again", async () => {
  const place = placeOf({ one: [] }, { catalog: { verify: "at-start" } });
  await runOnce(place, "one");
  offer(place, "one", ["read", "delete"]);
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toContain("one__write");
  await until("it was compared", async () => (await listNames(peer)).includes("one__delete"));
  expect(toldOfTools(peer)).toBe(1);
  await until("its process has ended", () => listersOf(place, "one").length === 0);
});

test("lists that were not compared for long are, in the background", async () => {
  const place = placeOf({ one: [] }, { catalog: { maxAgeMs: 1 } });
  await runOnce(place, "one");
  offer(place, "one", ["read", "delete"]);
  const { peer } = await serveStdio(place, "legacy");
  await until("it was compared", async () => (await listNames(peer)).includes("one__delete"));
  await until("its process has ended", () => listersOf(place, "one").length === 0);
});

test("nothing of the last run is served where every list must be the server's own", async () => {
  const place = placeOf({ one: [] }, { catalog: { verify: "before-serving" } });
  await runOnce(place, "one");
  offer(place, "one", ["read", "delete"]);
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toEqual(["one__delete", "one__read"]);
});

test("a change that a server never told of is seen when it is connected again", async () => {
  const place = placeOf({ one: ["--hushed"] });
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toContain("one__write");
  offer(place, "one", ["read", "delete"]);
  for (const pid of listersOf(place, "one")) kill(pid);
  await until("it is back", async () => (await peer.call("one__read")).error === undefined);
  await until("it was read", async () => (await listNames(peer)).includes("one__delete"));
  expect(toldOfTools(peer)).toBe(1);
});

test("a change that a server never told of is seen after a while", async () => {
  const place = placeOf({ one: ["--hushed"] }, { catalog: { checkEveryMs: 100 } });
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toContain("one__write");
  offer(place, "one", ["read", "delete"]);
  await until("it was read", async () => (await listNames(peer)).includes("one__delete"));
  expect(toldOfTools(peer)).toBe(1);
  expect(startsOf(place)).toBe(1);
});
