import { openRedisStore } from "../store/redis/open.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { migrate } from "./migrate.ts";

/** `FROM TO`: moves one store into another until it is killed. */
const [from, to] = await Promise.all(
  process.argv.slice(2, 4).map((text) => {
    const { kind, ...place } = JSON.parse(text);
    return kind === "sqlite" ? openSqliteStore(place) : openRedisStore(place);
  }),
);
if (!from || !to) throw new Error("Two stores are to be named.");
process.stdout.write("started\n");
await migrate(from, to, { now: Date.now });
await Promise.all([from.close(), to.close()]);
