/** Stores diagnoses in the folder in argv until it is told to end; prints each once it is acknowledged. */
import { openFolderStore, openKnowledge } from "../src/index.ts";

const [, , path = "", name = "", count = "0"] = process.argv;
const knowledge = openKnowledge({ store: await openFolderStore({ path }), refreshMs: 0 });

for (let number = 0; number < Number(count); number += 1) {
  const word = `${name}${toLetters(number)}`;
  const { id } = await knowledge.store({ error: { message: `the ${word} valve is stuck` } });
  if (number % 4 === 0) await knowledge.recordOutcome(id, { worked: true });
  process.stdout.write(`${JSON.stringify({ id, word, outcomes: number % 4 === 0 ? 1 : 0 })}\n`);
}
await knowledge.close();

/** Numbers are no part of what errors are told apart by. */
function toLetters(number: number): string {
  return [...String(number)].map((digit) => "bcdfghjkmn"[Number(digit)]).join("");
}
