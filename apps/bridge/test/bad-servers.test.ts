import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ms, report } from "./_measure.ts";
import { listNames, type Peer, serveStdio } from "./_peer.ts";
import { createPlace, type Place, run, serve, textOf } from "./_place.ts";
import { until } from "./_processes.ts";
import { entry, serversOf } from "./_upstreams.ts";

const START_WAIT_MS = 1_500;
/** What a busy machine may add; a server that is waited for adds far more. */
const BUSY_MS = 5_000;

/** One good server among every kind of bad one. */
function badCompany(): Place {
  const place = createPlace();
  place.configure({
    catalog: { startWaitMs: START_WAIT_MS },
    mcpServers: {
      missing: { command: join(place.root, "no-such-command") },
      exits: entry(place, "exits", "--exit=3"),
      garbage: entry(place, "garbage", "--garbage"),
      silent: entry(place, "silent", "--silent"),
      invalid: { command: 7 },
      nothing: { comand: "node" },
      unset: { command: "${NOT_SET_ANYWHERE}" },
      "Odd Näme!": entry(place, "odd"),
      good: { ...entry(place, "good"), autoApprove: [] },
    },
  });
  return place;
}

test("bad servers are reported by name and the good ones are served", async () => {
  const place = badCompany();
  const { stdout, url, startedInMs } = await serve(place);
  const block = stdout();
  const lineOf = (server: string): string =>
    block
      .split("\n")
      .find((line) => line.startsWith(`  ${server} `) || line.startsWith(`  ${server}:`)) ?? "";
  expect(lineOf("missing")).toMatch(/FAILED: .*no command ".*no-such-command"/);
  expect(lineOf("exits")).toMatch(/FAILED: .*exit code 3/);
  expect(lineOf("exits")).toContain("exits cannot go on: no database");
  expect(lineOf("garbage")).toMatch(/starting|FAILED/);
  expect(lineOf("silent")).toMatch(/starting|FAILED/);
  expect(lineOf("invalid")).toMatch(/NOT SERVED: command: .*string/);
  expect(lineOf("nothing")).toMatch(/NOT SERVED: .*did you mean "command" by "comand"/);
  expect(lineOf("unset")).toMatch(/NOT SERVED: .*\$\{NOT_SET_ANYWHERE\}/);
  expect(lineOf("Odd Näme!")).toMatch(/warning: is served under the id "odd-n-me"/);
  expect(lineOf("good")).toMatch(/5 tools/);
  expect(block).toMatch(/good: warning: unknown key "autoApprove"/);
  expect(startedInMs).toBeLessThan(START_WAIT_MS + BUSY_MS);
  expect(url).toMatch(/^http/);
  report(
    `block with silent servers printed after ${ms(startedInMs)} (startWaitMs ${START_WAIT_MS})`,
  );

  const { stdout: status, code } = await run(place, ["status"]);
  expect(code).toBe(0);
  expect(status).toMatch(/missing .*no command/);
  expect(status).toMatch(/exits cannot go on: no database/);
  expect(status).toMatch(/good .*5 tools/);
  expect(status).toMatch(/invalid: NOT SERVED/);
});

test("a server that never answers delays the first list by no more than startWaitMs", async () => {
  const place = badCompany();
  const started = performance.now();
  const { peer } = await serveStdio(place, "modern");
  const asked = performance.now();
  const names = await listNames(peer);
  const listedInMs = performance.now() - asked;
  expect(names.filter((name) => name.startsWith("good__"))).toHaveLength(5);
  expect(names.filter((name) => name.startsWith("odd-n-me__"))).toHaveLength(5);
  expect(names).toHaveLength(10);
  expect(listedInMs).toBeLessThan(START_WAIT_MS + BUSY_MS);
  const again = performance.now();
  await listNames(peer);
  expect(performance.now() - again, "nobody is waited for twice").toBeLessThan(START_WAIT_MS);
  expect((await peer.call("good__read")).error).toBeUndefined();
  report(
    `first list ${ms(listedInMs)} after it was asked for, ${ms(asked - started)} after the start of the process`,
  );
});

test("what is nested too deeply to be written again ends no bridge, whoever sends it", async () => {
  const place = createPlace();
  const policy = { timeout: { attemptMs: 1_000 }, retry: { retries: 0 } };
  place.configure({
    mcpServers: { bad: { ...entry(place, "bad"), policy }, good: entry(place, "good") },
  });
  const { peer } = await serveStdio(place, "legacy");
  const deep = await peer.call("bad__read", { nested: 50_000 });
  expect(JSON.stringify(deep), "an answer that was none").toMatch(/"code":"timeout"/);
  const fine = await peer.call("bad__read", { nested: 900 });
  expect(fine.result).toBeDefined();
  expect((await peer.call("good__read")).error).toBeUndefined();
  expect(textOf(place.logFile)).toContain("line on stdout that is no message ignored");
});

test("a server that becomes good later appears by itself", async () => {
  const place = createPlace();
  const gate = join(place.root, "gate");
  place.configure({
    mcpServers: {
      good: entry(place, "good"),
      late: entry(place, "late", `--broken-until=${gate}`),
    },
  });
  const { peer } = await serveStdio(place, "legacy");
  expect(await listNames(peer)).toHaveLength(5);
  const heardBefore = changesHeard(peer);
  writeFileSync(gate, "");
  const started = performance.now();
  await until("the new tools are listed", async () => (await listNames(peer)).length === 10);
  expect(changesHeard(peer)).toBeGreaterThan(heardBefore);
  expect((await peer.call("late__read")).error).toBeUndefined();
  expect(serversOf(place, "late")).toHaveLength(1);
  report(`a mended server is listed ${ms(performance.now() - started)} later`);
});

function changesHeard({ notifications }: Peer): number {
  return notifications.filter(({ method }) => method === "notifications/tools/list_changed").length;
}
