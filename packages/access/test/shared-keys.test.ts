import { join } from "node:path";
import { manualClock, seededRandom, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { type KeyStore, openKeyStore } from "../src/index.ts";

async function openHomes(count: number) {
  const clock = manualClock();
  const homes: KeyStore[] = [];
  for (let home = 0; home < count; home += 1) {
    const keys = await openKeyStore({ file: join(temporaryFolder(), "keys.db"), clock });
    onTestFinished(() => keys.close());
    homes.push(keys);
  }
  return { clock, homes: homes as [KeyStore, KeyStore, ...KeyStore[]] };
}

test("a key of one home is good in another that was told, and revoked where either revoked it", async () => {
  const { homes } = await openHomes(2);
  const [one, other] = homes;
  const { text, record } = await one.create({ name: "ci", scopes: ["a:*"], profile: "small" });
  await other.merge(one.stored());
  expect(other.verify(text)).toMatchObject({ kind: "valid", record });
  await other.revoke(record.id);
  await other.merge(one.stored());
  expect(other.verify(text).kind).toBe("revoked");
  await one.merge(other.stored());
  expect(one.verify(text).kind).toBe("revoked");
});

test("what is told twice changes nothing, and no version", async () => {
  const { homes } = await openHomes(2);
  const [one, other] = homes;
  await one.create({ name: "ci" });
  await other.merge(one.stored());
  const version = other.version();
  await other.merge(one.stored());
  expect(other.version()).toBe(version);
});

test("homes that told one another in any order know the same", async () => {
  const { next, below, pick, rounds } = seededRandom();
  const { homes, clock } = await openHomes(3);
  for (let step = 0; step < rounds(80); step += 1) {
    const home = pick(homes);
    const ids = home.list().map(({ id }) => id);
    const deed = next();
    if (deed < 0.25 || ids.length === 0) await home.create({ name: `key ${step}` });
    else if (deed < 0.35) await home.revoke(pick(ids));
    else if (deed < 0.55) await home.rotate(pick(ids), below(1_000)).catch(() => {});
    else await home.merge(pick(homes).stored());
    clock.advance(1 + below(5));
  }
  for (let turn = 0; turn < 2; turn += 1) {
    for (const home of homes) for (const other of homes) await home.merge(other.stored());
  }
  const [first, ...others] = homes;
  for (const other of others) expect(other.stored()).toEqual(first.stored());
});
