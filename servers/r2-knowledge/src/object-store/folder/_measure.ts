/** What the folder costs: `node _measure.ts [folder to work in] [objects]`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@trestle/protocol";
import { createIds } from "../../records/ids.ts";
import { bytes, eachOf, listAll } from "../_object-store-parts.ts";
import { openFolderStore } from "./open-folder-store.ts";

const [place = tmpdir(), objects = "100000"] = process.argv.slice(2);
const path = await mkdtemp(join(place, "trestle-measure-"));
const store = await openFolderStore({ path });
const ids = createIds({ clock: systemClock });
const keys = Array.from({ length: Number(objects) }, () => `mcp/diagnoses/${ids.next()}.json`);
const body = bytes(JSON.stringify({ fix: "x".repeat(1_500) }));

async function measure(what: string, count: number, work: () => Promise<unknown>): Promise<void> {
  const [from, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const ms = performance.now() - from;
  const { user, system } = process.cpuUsage(cpu);
  const rate = Math.round((count / ms) * 1_000);
  const each = Math.round((user + system) / count);
  process.stdout.write(`${what}: ${Math.round(ms)} ms, ${rate}/s, ${each} µs of processor each\n`);
}

const some = keys.slice(0, 5_000);
const few = keys.slice(0, 200);
const create = (key: string) => store.put(key, body, { when: "absent" });
const swap = async (key: string) => {
  const { etag = "" } = (await store.head(key)) ?? {};
  await store.put(key, body, { when: { etag } });
};

await measure("create, one at a time", few.length, () => eachOf(few, create, 1));
const rest = keys.slice(few.length);
await measure("create, 32 at once", rest.length, () => eachOf(rest, create, 32));
await measure("list all, first time", keys.length, () => listAll(store, "mcp/diagnoses/"));
await measure("list all, again", keys.length, () => listAll(store, "mcp/diagnoses/"));
await measure("get, one at a time", some.length, () => eachOf(some, (key) => store.get(key), 1));
await measure("get, 32 at once", some.length, () => eachOf(some, (key) => store.get(key), 32));
await measure("swap, one at a time", few.length, () => eachOf(few, swap, 1));
await measure("delete", some.length, () => store.delete(some));
await store.close();
await rm(path, { recursive: true });
