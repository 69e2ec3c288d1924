import { systemClock } from "@trestle/protocol";
import { type S3Server, startS3Server } from "@trestle/testkit/s3-server";
import { seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { openLedger } from "../src/ledger/ledger.ts";
import { type CrowdOutcome, runCrowd } from "./_ledger-crowd.ts";
import { createMapFold } from "./_ledger-map-fold.ts";
import { INDEX, things } from "./_ledger-things.ts";
import { openPlace, type StorePlace } from "./_ledger-writer.ts";

const random = seededRandom();
/** As many rounds as `pnpm chaos` asks for are 1,000 things each of 16 writers. */
const rounds = random.rounds(0);
const SIZE =
  rounds > 0
    ? { writers: 16, each: rounds * 20, atOnce: 8, killAfter: rounds * 8 }
    : { writers: 3, each: 25, atOnce: 4, killAfter: 15 };
const TIMEOUT_MS = 1_800_000;

test(
  `${SIZE.writers} killed writers of a folder lose nothing`,
  async () => {
    const store = { path: temporaryFolder("trestle-ledger") };
    const outcome = await runCrowd({ ...SIZE, store, random, compactEveryMs: 2_000 });
    await expectNothingLost(store, outcome);
  },
  TIMEOUT_MS,
);

test(
  `${SIZE.writers} killed writers of a bucket that fails now and then lose nothing`,
  async () => {
    const server = await startS3Server({ writesPerSecondAndKey: 1, random: random.next });
    onTestFinished(() => server.close());
    const { endpoint, credentials } = server;
    const store = { endpoint, credentials };
    injectFaults(server);
    const outcome = await runCrowd({ ...SIZE, store, random, compactEveryMs: 2_000 });
    const requests = server.requests.splice(0);
    server.heal();
    report(requests, outcome);
    await expectNothingLost(store, outcome);
  },
  TIMEOUT_MS,
);

function injectFaults(server: S3Server): void {
  const status = (code: number) => ({ kind: "status", status: code }) as const;
  server.inject({ fault: status(500), rate: 0.01 });
  server.inject({ fault: status(503), rate: 0.02 });
  server.inject({ fault: { kind: "lose_response" }, rate: 0.005 });
  server.inject({ fault: { kind: "lose_request" }, rate: 0.005 });
  server.inject({ fault: { kind: "hang" }, rate: 0.001 });
  server.inject({ fault: { kind: "slow", ms: 300 }, rate: 0.01 });
}

async function expectNothingLost(
  place: StorePlace,
  { acknowledged, kills, tookMs }: CrowdOutcome,
): Promise<void> {
  const store = await openPlace(place);
  const fold = createMapFold();
  const ledger = openLedger({
    ...{ store, prefix: INDEX, writer: "check", fold, clock: systemClock, random: Math.random },
    autoCompact: false,
  });
  const options = { records: things, settledMs: 0 };
  await ledger.refresh();
  const lost = [...acknowledged].filter(([id, least]) => {
    const known = ledger.get(id);
    if (known === undefined || known.version < least.version) return true;
    return known.version === least.version && least.gone && !known.gone;
  });
  expect(lost).toEqual([]);
  const repaired = await ledger.repair({ records: things });
  expect((await ledger.check(options)).findings).toEqual([]);
  const mean = tookMs.reduce((sum, took) => sum + took, 0) / tookMs.length;
  const slowest = Math.max(...tookMs) / mean;
  say(
    `${acknowledged.size} things acknowledged, ${kills} kills, of whose leavings ` +
      `${repaired.indexed} were indexed and ${repaired.removed} removed; the slowest writer took ${slowest.toFixed(2)} of the mean`,
  );
  expect(slowest).toBeLessThan(3);
  await store.close();
}

/** What the index costs beside the records themselves. */
function report(requests: S3Server["requests"], { acknowledged }: CrowdOutcome): void {
  const isOf = (pattern: RegExp, key: string) => key.startsWith(INDEX) && pattern.test(key);
  const perThousand = (kind: RegExp, pattern: RegExp) => {
    const count = requests.filter(
      ({ operation = "", key }) => kind.test(operation) && isOf(pattern, key),
    ).length;
    return Math.round((count / acknowledged.size) * 1_000);
  };
  const lists = requests.filter(({ operation }) => operation === "ListObjectsV2").length;
  say(
    `per 1,000 things: ${perThousand(/^Put/, /seg/)} puts of segments, ${perThousand(/^Put/, /snap|manifest/)} of snapshots and manifests, ` +
      `${Math.round((lists / acknowledged.size) * 1_000)} lists (class A); ${perThousand(/^(Get|Head)/, /./)} gets and heads (class B)`,
  );
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
