import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { endOf, freePort, inStore, keysOf, startProcess } from "./_agents.ts";
import { allRecords, kill } from "./_ingesting.ts";
import { expectedRecords, madeTranscripts } from "./_transcripts.ts";
import { createLogWriter, createTranscriptWriter } from "./_writers.ts";

test("an agent and its tracker that are killed at any moment lose nothing and double nothing", async () => {
  const random = seededRandom();
  const folder = temporaryFolder("agent");
  const dataDir = temporaryFolder("tracker");
  const port = await freePort();
  const key = await inStore(dataDir, (store) => keysOf(store).add("web1"));
  const at = (name: string) => join(folder, "transcripts", name);
  const texts = new Map([...madeTranscripts()].map(([name, bytes]) => [at(name), bytes]));
  for (const path of texts.keys()) mkdirSync(dirname(path), { recursive: true });
  const log = createLogWriter(folder, random);
  const transcripts = createTranscriptWriter(texts, random);
  const config = {
    ...{ name: "web1", url: `http://127.0.0.1:${port}`, key: "$" + "{AGENT_KEY}" },
    sources: [
      { name: "app", path: join(folder, "app.log*") },
      { name: "claude", kind: "claude-code", path: at("") },
    ],
  };
  const start = {
    tracker: () =>
      startProcess("_collecting-process.ts", { dataDir, agentsAt: `127.0.0.1:${port}` }),
    agent: () =>
      startProcess(
        "_agent-process.ts",
        { config, folder: join(folder, "spool") },
        { AGENT_KEY: key },
      ),
  };
  for (let round = random.rounds(2); round > 0; round -= 1) {
    const [tracker, agent] = await Promise.all([start.tracker(), start.agent()]);
    for (let step = random.below(12); step >= 0; step -= 1) {
      random.pick([log, transcripts]).step();
      await pause(random.below(60));
    }
    log.finish();
    const [first, second] = random.below(2) === 0 ? [tracker, agent] : [agent, tracker];
    await kill(first);
    log.step();
    log.finish();
    await pause(random.below(300));
    await kill(second);
  }
  transcripts.finish();
  const [tracker, agent] = await Promise.all([start.tracker(), start.agent()]);
  expect(await endOf(agent)).toBe(0);
  expect(await endOf(tracker)).toBe(0);
  await inStore(dataDir, async (store) => {
    const { ids, lines } = await allRecords(store);
    expect(lines.toSorted()).toEqual(log.written.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
    const { records, skipped } = expectedRecords(texts);
    expect(ids.length - lines.length).toBe(records);
    // Facts are derived where the records are stored.
    expect((await store.stats()).sessions).toBeGreaterThan(1);
    const counts = (await store.skipped()).map(({ count }) => count);
    expect(counts.reduce((all, count) => all + count, 0)).toBe(skipped);
  });
}, 240_000);
