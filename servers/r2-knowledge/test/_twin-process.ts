/** Stores one error in the folder in argv as soon as a line comes on stdin, having looked before; prints what came of it. */
import { once } from "node:events";
import { openFolderStore, openKnowledge } from "../src/index.ts";

const [, , path = "", message = ""] = process.argv;
const store = await openFolderStore({ path });
// It never looks twice: what others store meanwhile is not seen, however slow this machine is.
const knowledge = openKnowledge({ store, refreshMs: 3_600_000, autoCompact: false });
await knowledge.list();
process.stdout.write("ready\n");
await once(process.stdin, "data");
const stored = await knowledge.store({ error: { name: "TimeoutError", message }, context: "api" });
process.stdout.write(`${JSON.stringify(stored)}\n`);
await once(process.stdin, "end");
await knowledge.close();
