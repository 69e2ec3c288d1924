import { readFileSync, writeFileSync } from "node:fs";
import type { JsonObject } from "@trestle/protocol";
import { expect, test } from "vitest";
import {
  lister,
  offer,
  placeOf,
  runOnce,
  savedFile,
  savedText,
  startsOf,
  toTool,
} from "./_listers.ts";
import { listNames, serveStdio } from "./_peer.ts";
import { textOf } from "./_place.ts";
import { kill, until } from "./_processes.ts";

const ROUNDS = Number(process.env.ROUNDS ?? 3);
/** So many that saving them takes a while; in full (`pnpm chaos saved-lists`), it takes longer. */
const TOOLS = ROUNDS < 50 ? 6_000 : 20_000;

test("an entry that was changed is never served the lists of another server", async () => {
  const place = placeOf({ one: [], two: [] });
  await runOnce(place, "one", "two");
  offer(place, "other", ["other_tool"]);
  place.configure({
    mcpServers: { one: lister(place, "other"), two: { command: "no-such-command-anywhere" } },
  });
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toEqual(["one__other_tool"]);
});

test("what else decides what a server offers changes its entry, too", async () => {
  const place = placeOf({ one: [] });
  await runOnce(place, "one");
  const starts = startsOf(place);
  const entries: JsonObject[] = [{ env: { PROJECT: "other" } }, { cwd: "/" }, { era: "legacy" }];
  for (const [index, change] of entries.entries()) {
    place.configure({ mcpServers: { one: { ...lister(place, "one"), ...change } } });
    await runOnce(place, "one");
    expect(startsOf(place), JSON.stringify(change)).toBe(starts + index + 1);
  }
  const how = { policy: { timeout: { attemptMs: 1_000 } }, idleStopMs: 1_000, aliases: ["uno"] };
  place.configure({ mcpServers: { one: { ...lister(place, "one"), ...entries.at(-1), ...how } } });
  await runOnce(place, "one");
  expect(startsOf(place), "how it is called decides nothing").toBe(starts + entries.length);
});

test("while the server of a changed entry cannot be read, nothing is listed in its place", async () => {
  const place = placeOf({ one: [], two: [] });
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toHaveLength(4);
  const two = lister(place, "two");
  place.configure({ mcpServers: { one: { command: "no-such-command-anywhere" }, two } });
  await until("it is gone", async () => (await listNames(peer)).length === 2);
  expect(await listNames(peer)).toEqual(["two__read", "two__write"]);
});

const damages: Readonly<Record<string, { said: RegExp; damage: (file: string) => void }>> = {
  damaged: {
    said: /"upstream":"damaged".*it is damaged/,
    damage: (file) => replaceIn(file, "Does write", "Does WRITE"),
  },
  "cut-off": {
    said: /"upstream":"cut-off".*it is damaged/,
    damage: (file) => writeFileSync(file, textOf(file).slice(0, 300)),
  },
  empty: { said: /"upstream":"empty".*it is damaged/, damage: (file) => writeFileSync(file, "") },
  garbage: {
    said: /"upstream":"garbage".*it is damaged/,
    damage: (file) => writeFileSync(file, "\u0000\u0001{"),
  },
  newer: {
    said: /"upstream":"newer".*a newer version/,
    damage: (file) => replaceIn(file, '"format":1', '"format":2'),
  },
};

test("a saved list that is not as it was saved is not used, and said", async () => {
  const servers = [...Object.keys(damages), "good"].toSorted();
  const place = placeOf(Object.fromEntries(servers.map((name) => [name, []])));
  await runOnce(place, ...servers);
  for (const [name, { damage }] of Object.entries(damages)) damage(savedFile(place, name));
  const { peer } = await serveStdio(place, "legacy");
  const names = servers.flatMap((name) => [`${name}__read`, `${name}__write`]);
  expect(await listNames(peer)).toEqual(names);
  for (const [name, { said }] of Object.entries(damages)) {
    expect(startsOf(place, name), `${name} is read anew`).toBe(2);
    expect(textOf(place.logFile)).toMatch(said);
    await until("it is saved again", () => textOf(savedFile(place, name)).includes("Does write"));
  }
  expect(startsOf(place, "good"), "still good").toBe(1);
});

function replaceIn(file: string, from: string, to: string): void {
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

// Thousands of tools, listed twice a round: a busy machine needs half a minute for each list of 20,000.
test("a bridge that is killed while it saves leaves lists that are whole", {
  timeout: 90_000 + ROUNDS * 60_000,
}, async () => {
  const place = placeOf({ one: [] });
  const offerMany = (version: number): void => {
    const tools = Array.from({ length: TOOLS }, (_, index) => toTool(`v${version}_${index}`));
    offer(place, "one", { tools });
  };
  offerMany(0);
  await runOnce(place, "one");
  let whole = 0;
  for (let version = 1; version <= ROUNDS; version += 1) {
    offerMany(version);
    const { peer, pid, ended } = await serveStdio(place, "legacy");
    void peer.call(`one__v${version - 1}_0`);
    void peer.call("one__v0_0");
    await until("it saves", () => textOf(`${savedFile(place, "one")}~`) !== "" || isNew(version));
    kill(pid);
    await ended;
    const next = await serveStdio(place, "legacy");
    const names = await listNames(next.peer);
    expect(names).toHaveLength(TOOLS);
    const [, seen] = /^one__(v\d+)_/.exec(names[0] ?? "") ?? [];
    expect(names.every((name) => name.startsWith(`one__${seen}_`))).toBe(true);
    expect(textOf(place.logFile)).not.toMatch(/saved lists are not used/);
    whole += 1;
    kill(next.pid);
    await next.ended;
  }
  expect(whole).toBe(ROUNDS);

  function isNew(version: number): boolean {
    return textOf(savedFile(place, "one")).includes(`Does v${version}_`);
  }
});

test("no secret is written down, and lists that hold one are not", async () => {
  const env = { CANARY: "canary-7f3a9d" };
  const place = placeOf({ one: [], teller: [] });
  const entries = {
    one: { ...lister(place, "one"), env },
    teller: { ...lister(place, "teller", "--tells=CANARY"), env },
  };
  place.configure({ mcpServers: entries });
  await runOnce(place, "one");
  expect(savedText(place)).toContain("Does write");
  expect(savedText(place)).not.toContain("canary");
  expect(textOf(place.logFile)).toMatch(
    /"upstream":"teller","reason":"they hold a secret","msg":"lists are not saved"/,
  );
  expect(textOf(savedFile(place, "teller"))).toBe("");
});
