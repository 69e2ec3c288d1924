/**
 * Edits one diagnosis in the folder in argv, as often as told: a field of its own, and one that everybody
 * adds to. Prints each edit once it is acknowledged.
 */
import { openFolderStore, openKnowledge } from "../src/index.ts";

const [, , path = "", id = "", name = "", count = "0"] = process.argv;
const knowledge = openKnowledge({ store: await openFolderStore({ path }), refreshMs: 0 });
let { version } = await knowledge.get(id).then(({ record }) => ({ version: record.version ?? 1 }));

for (let number = 1; number <= Number(count); number += 1) {
  // What was seen last may be old by now: nobody else edits this field.
  const own = await knowledge.edit(id, {
    ...{ version, by: name },
    changes: new Map([[`metadata.${name}`, number]]),
  });
  if (own.status === "conflict") throw new Error(`conflict in a field of one's own: ${name}`);
  const token = `${name}-${number}`;
  ({ version } = await addToken(own.value.metadata?.all, own.version, token));
  process.stdout.write(`${JSON.stringify({ number, token })}\n`);
}
await knowledge.close();

/** Somebody else may add theirs at the same time: then both values are told, and ours is added to theirs. */
async function addToken(seen: unknown, at: number, token: string): Promise<{ version: number }> {
  const tokens = Array.isArray(seen) ? (seen as string[]) : [];
  const edited = await knowledge.edit(id, {
    ...{ version: at, by: name },
    changes: new Map([["metadata.all", [...tokens, token]]]),
  });
  if (edited.status === "applied") return edited;
  const [conflict] = edited.conflicts;
  return addToken(conflict?.theirs, edited.version, token);
}
