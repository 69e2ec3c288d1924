import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { type BuildFacts, buildSnapshot, measureSpeed } from "./speed.ts";

/** `build FILE COUNT SEED` writes a snapshot, `search FILE SEED FACTS` reads it: what each found is one line of JSON. */
const [job, file = "", first = "", second = ""] = process.argv.slice(2);

if (job === "build") {
  const { snapshot, facts } = await buildSnapshot(Number(first), Number(second));
  writeFileSync(file, snapshot);
  process.stdout.write(`${JSON.stringify(facts)}\n`);
} else {
  const facts = JSON.parse(second) as BuildFacts;
  const measured = measureSpeed(readFileSync(file), facts, Number(first));
  process.stdout.write(`${JSON.stringify(measured)}\n`);
}
