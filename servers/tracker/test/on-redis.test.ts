import { temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished, test } from "vitest";
import { startOwnRedis } from "../src/store/redis/_own-redis.ts";
import { writeSession } from "./_home.ts";
import { mountServer } from "./_mount.ts";

test("two servers on one Redis read once, and say so where it is gone", async () => {
  const redis = await startOwnRedis();
  const home = temporaryFolder("tracker");
  const session = writeSession(home, "one", { at: Date.now() - 3_600_000 });
  session.plan([{ content: "Mend the till", status: "pending" }]);
  const servers = [0, 1].map(() => {
    const mounted = mountServer(home, { REDIS_URL: redis.url });
    onTestFinished(() => mounted.instance.close());
    return mounted;
  });
  const answers = await Promise.all(servers.map(({ call }) => call("system_health_check")));
  const reading = answers.map((answer) => (answer.reading as { here: boolean }).here);
  expect(reading.toSorted()).toEqual([false, true]);
  for (const { call } of servers) {
    const health = await call("system_health_check");
    expect(health).toMatchObject({ store: { kind: "redis", records: 2, tasks: 1 } });
    expect(await call("get_unfinished_tasks")).toMatchObject({ total: 1 });
  }
  await redis.kill();
  await expect(servers[0]?.call("get_unfinished_tasks")).rejects.toThrow(/Redis/);
  session.ask("Mend the gutter");
  await redis.restart();
  await expect
    .poll(() => servers[0]?.call("get_unfinished_tasks").catch(() => undefined), {
      timeout: 60_000,
    })
    .toMatchObject({ total: 1 });
  // What was written meanwhile is read, and read once.
  const records = async () =>
    (await servers[1]?.call("system_health_check").catch(() => undefined))?.store;
  await expect.poll(records, { timeout: 60_000 }).toMatchObject({ records: 3 });
  const problems = async () =>
    Promise.all(
      servers.map(async ({ call }) => {
        const { reading } = await call("system_health_check");
        return (reading as { problems: unknown[] }).problems;
      }),
    );
  await expect.poll(problems, { timeout: 60_000 }).toEqual([[], []]);
}, 200_000);
