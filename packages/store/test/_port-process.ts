/** A process at work on the ports of a file; what it does without end it tells, line by line. */
import {
  type CacheAddress,
  createSqliteCache,
  createSqliteLocks,
  createSqliteLog,
  openSqlite,
  portMigrations,
} from "../src/index.ts";
import { answerCommands, say } from "./_commands.ts";

const [file = ""] = process.argv.slice(2);
const sqlite = await openSqlite({ file, migrations: portMigrations });
const cache = createSqliteCache({ sqlite, bounds: { maxEntries: 50, maxBytes: 1_000_000 } });
const log = createSqliteLog({ sqlite });
const locks = createSqliteLocks({ sqlite });

answerCommands({
  async look({ address }) {
    return (await cache.get(address as unknown as CacheAddress)).kind;
  },
  async bump({ scope }) {
    await cache.bump({ scope: String(scope) });
    return null;
  },
  async fill() {
    for (let at = 0; ; at += 1) {
      const key = `${process.pid}-${at}`;
      const value = "x".repeat(at % 1_000);
      await cache.set({ scope: "filled", group: "g", key }, { value, ttlMs: 60_000 });
      say({ filled: key });
    }
  },
  /** Batches of three, each text naming its process, its batch and its place. */
  async append({ topic }) {
    for (let batch = 0; ; batch += 1) {
      const texts = [0, 1, 2].map((place) => `${process.pid} ${batch} ${place}`);
      const seq = await log.append(String(topic), texts);
      say({ seq, text: texts.at(-1) });
    }
  },
  async appendOnce({ topic, text }) {
    return log.append(String(topic), [String(text)]);
  },
  /** Takes a lease, renews it a few times, then releases it or lets it expire. */
  async contend({ name, ttlMs, seed }) {
    const holder = String(process.pid);
    const ttl = Number(ttlMs);
    let turn = Number(seed);
    for (;;) {
      turn = (turn * 48_271) % 2_147_483_647;
      const asked = Date.now();
      const taken = await locks.acquire(String(name), { holder, ttlMs: ttl });
      if (taken.kind === "busy") {
        await new Promise((resolve) => setTimeout(resolve, 1 + (turn % 3)));
        continue;
      }
      let { lease } = taken;
      say({ ...lease, asked, answered: Date.now() });
      for (let times = turn % 4; times > 0; times -= 1) {
        const renewing = Date.now();
        const renewed = await locks.renew(lease, ttl);
        if (!renewed) break;
        lease = renewed;
        say({ ...lease, asked: renewing, answered: Date.now() });
      }
      if (turn % 7 === 0) continue; // taken again by this same holder
      if (turn % 3 === 0) {
        // Left to expire, while the others wait for it.
        await new Promise((resolve) => setTimeout(resolve, 1.5 * ttl));
        continue;
      }
      say({ ...lease, released: Date.now() }); // before, as it may be killed after
      await locks.release(lease);
    }
  },
});
say({ ready: true });
