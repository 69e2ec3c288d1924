import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom, temporaryFolder, until } from "@trestle/testkit/surroundings";
import { expect, test } from "vitest";
import { openFolderStore, openKnowledge } from "../src/index.ts";
import { type Running, start } from "./_processes.ts";
import { startReceiver } from "./_receiver.ts";

const random = seededRandom();
const STORES = random.rounds(12);
const LIMIT_MS = 100_000;

const lastSeq = ({ said }: Running) => Number(said.at(-1)?.seq ?? 0);

test("whoever follows, killed and come back too, hears the same of all that writers did", async () => {
  const path = temporaryFolder("knowledge");
  const followers = [start("_following-process.ts", path), start("_following-process.ts", path)];
  await until("both follow", () => followers.every(({ said }) => said.length > 0), LIMIT_MS);
  const writers = ["va", "vb", "vc"].map((name) =>
    start("_storing-process.ts", path, name, String(STORES)),
  );
  const [killed, witness] = followers as [Running, Running];
  await until("half is written", () => (writers[0]?.said.length ?? 0) >= STORES / 2, LIMIT_MS);
  killed.kill();
  writers[2]?.kill();
  await killed.closed;
  const returned = start("_following-process.ts", path, String(lastSeq(killed)));
  await Promise.all(writers.map(({ closed }) => closed));
  const acknowledged = writers.flatMap(({ said }) => said.map(({ id }) => id));
  const heardBy = (followers: Running[]) =>
    new Set(followers.flatMap(({ said }) => said.filter(isStored)).map(({ id }) => id));
  const isAllHeard = (...followers: Running[]) => {
    const heard = heardBy(followers);
    return acknowledged.every((id) => heard.has(id));
  };
  await until("the witness heard all", () => isAllHeard(witness), LIMIT_MS);
  await until(
    "the killed one and its successor heard all",
    () => isAllHeard(killed, returned),
    LIMIT_MS,
  );
  await until("both are equally far", () => lastSeq(returned) === lastSeq(witness), LIMIT_MS);
  const both = [...killed.said, ...returned.said];
  expect(both).toEqual(witness.said);
  expect(both.map(({ seq }) => seq)).toEqual(both.map((_, at) => at + 1));
}, 240_000);

const isStored = ({ topic }: Record<string, unknown>) => topic === "diagnosis.stored";

test("of two who deliver the killed one's events are delivered by the other, each under its one id", async () => {
  const path = temporaryFolder("knowledge");
  const receiver = await startReceiver();
  const file = join(path, "webhooks.json");
  const target = { url: receiver.url, events: ["diagnosis.stored"] };
  writeFileSync(file, JSON.stringify({ webhooks: { one: target }, allowHosts: ["127.0.0.1"] }));
  const epoch = String(Date.now());
  const deliverer = () => start("_delivering-process.ts", path, file, epoch);
  const processes = [deliverer(), deliverer()];
  const knowledge = openKnowledge({ store: await openFolderStore({ path }), refreshMs: 0 });
  try {
    const stored: string[] = [];
    const store = async () => {
      const message = `delivery ${[...String(stored.length)].map((digit) => "bcdfghjkmn"[Number(digit)]).join("")}`;
      stored.push((await knowledge.store({ error: { message } })).id);
    };
    // Webhooks hear of what comes after their first turn.
    while (receiver.received.length === 0) await store();
    for (let round = 0; round < 3; round += 1) {
      const before = receiver.received.length;
      for (let n = 0; n < STORES; n += 1) await store();
      await until("some arrive", () => receiver.received.length > before, LIMIT_MS);
      const [oldest] = processes.splice(0, 1);
      oldest?.kill();
      processes.push(deliverer());
    }
    const first = JSON.parse(receiver.received[0]?.body ?? "").payload.id;
    const wanted = stored.slice(stored.indexOf(first));
    const arrived = () => receiver.received.map(({ body }) => JSON.parse(body).payload.id);
    await until(
      "all arrived",
      () => {
        const ids = new Set(arrived());
        return wanted.every((id) => ids.has(id));
      },
      LIMIT_MS,
    );
    const ids = new Map<string, string>();
    for (const { headers, body } of receiver.received) {
      const { id } = JSON.parse(body).payload;
      const delivery = String(headers["trestle-delivery"]);
      expect(ids.get(id) ?? delivery).toBe(delivery);
      ids.set(id, delivery);
    }
    // At most what was sent and not noted at each kill.
    expect(receiver.received.length - ids.size).toBeLessThanOrEqual(3 * 10);
  } finally {
    await knowledge.close();
  }
}, 240_000);
