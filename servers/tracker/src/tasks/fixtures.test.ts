import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createFactCollector } from "../facts/extractor.ts";
import { context, readBytes, sorted } from "../transcripts/_lines.ts";
import { claudeCode } from "../transcripts/claude-code/claude-code.ts";
import { FIXTURE_LABELS } from "./_fixture-labels.ts";
import { finalTasks } from "./_transcript.ts";
import { quietRecord } from "./quiet-record.ts";
import { createTaskDirectory } from "./task-directory.ts";
import { createTaskExtractor } from "./task-extractor.ts";

/** Real sessions are no part of this repository: they may lie beside it, or where FIXTURES says. */
const BESIDE = fileURLToPath(new URL("../../../../../shared/fixtures", import.meta.url));
const folder = join(process.env.FIXTURES ?? BESIDE, "transcripts", "claude");

test.skipIf(!existsSync(folder))(
  "the tasks of real sessions are those that people found in them",
  () => {
    const found: string[] = [];
    const labelled: string[] = [];
    for (const { file, tasks } of FIXTURE_LABELS) {
      found.push(...tasksOf(file).map((task) => `${file} ${task}`));
      labelled.push(...tasks.map((task) => `${file} ${task.join(" ")}`));
    }
    for (const isStructured of [true, false]) {
      const chosen = (all: readonly string[]) =>
        all.filter((task) => / todo-list /.test(task) === isStructured);
      const left = [...chosen(labelled)];
      const right = chosen(found).filter((task) => {
        const at = left.indexOf(task);
        if (at >= 0) left.splice(at, 1);
        return at >= 0;
      });
      const precision = right.length / chosen(found).length;
      const recall = right.length / chosen(labelled).length;
      const name = isStructured ? "structured" : "rules for text";
      process.stderr.write(
        `${name}: precision ${precision.toFixed(2)}, recall ${recall.toFixed(2)} of ${chosen(labelled).length}\n`,
      );
      expect(precision).toBeGreaterThanOrEqual(isStructured ? 1 : 0.8);
      expect(recall).toBeGreaterThanOrEqual(isStructured ? 1 : 0.8);
    }
  },
);

/** `<source> <uuid of the line that shows it first> <last status>` of each task. */
function tasksOf(file: string): readonly string[] {
  const path = join(folder, file);
  const extractor = createTaskExtractor(createTaskDirectory()).open("");
  const collector = createFactCollector();
  const { records } = sorted(readBytes(claudeCode.open(context(path)), readFileSync(path)));
  const last = records.at(-1);
  const all = last === undefined ? records : [...records, quietRecord(last, last.at)];
  for (const record of all) extractor.take(record, collector.of(record, "p"), "p");
  const { tasks } = collector.facts;
  return finalTasks(tasks).map(({ id, source, status }) => {
    const first = tasks.find(({ taskId }) => taskId === id);
    return `${source} ${(first?.shownBy ?? first?.recordId)?.split("/")[1]} ${status}`;
  });
}
