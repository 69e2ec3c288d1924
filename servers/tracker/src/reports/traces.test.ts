import { join } from "node:path";
import { seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { findInsights } from "../insights/find-insights.ts";
import { commitHistory, PROJECTS, randomHistory } from "../store/_random-history.ts";
import { createPlainTraces } from "../store/plain-traces.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import type { TrackerStore } from "../store/tracker-store.ts";
import { errorCorrelations } from "./correlations.ts";
import { fixVerdicts } from "./fix-verdicts.ts";
import { knownPrices } from "./prices.ts";
import { taskAnalytics } from "./task-analytics.ts";

const random = seededRandom();
const LIMIT = 50;

test("answers made of traces are those made of the facts themselves", async () => {
  const seen = { findings: 0, insights: 0, fixes: 0, examples: 0 };
  for (let round = random.rounds(3); round > 0; round -= 1) {
    const store = await openSqliteStore({ folder: join(temporaryFolder("store"), String(round)) });
    onTestFinished(() => store.close());
    const history = randomHistory(random, 1_200);
    const { from, to, groups } = history;
    const left = { ...history, records: history.records.slice(0, 900) };
    await commitHistory(store, left, random);
    for (const group of groups.slice(0, 4)) {
      const found = await store.errorGroup(group);
      if (found) await store.resolveErrors(group, { at: from + random.below(to - from) });
    }
    await commitHistory(store, history, random);
    const plain = { ...store, ...createPlainTraces(store) };
    for (const project of [undefined, random.pick(PROJECTS)]) {
      const answers = await answersOf(store, { from, to, project });
      expect(answers).toEqual(await answersOf(plain, { from, to, project }));
      seen.findings += answers.correlations.findings.length;
      seen.insights += answers.insights.filter(({ kind }) => kind === "flaky_command").length;
      seen.fixes += answers.fixes.filter(({ succeeded }) => succeeded > 0).length;
      seen.examples += answers.analytics.examples.length;
    }
  }
  // It compared something.
  expect(Object.values(seen).every((count) => count > 0)).toBe(true);
}, 60_000);

interface Asked {
  readonly from: number;
  readonly to: number;
  readonly project: string | undefined;
}

async function answersOf(store: TrackerStore, { from, to, project }: Asked) {
  const ofProject = project === undefined ? {} : { project };
  const asked = { ...ofProject, from, to, limit: LIMIT, falseDiscoveryRate: 0.5 };
  const sources = { store, prices: knownPrices };
  return {
    correlations: await errorCorrelations(store, asked),
    ofPhase: await errorCorrelations(store, { ...asked, phase: "testing" }),
    insights: await findInsights(sources, { ...ofProject, from, now: to, limit: LIMIT }),
    fixes: await fixVerdicts(store, { ...ofProject, limit: LIMIT, now: to }),
    analytics: await taskAnalytics(store, { ...ofProject, from, to }),
  };
}
