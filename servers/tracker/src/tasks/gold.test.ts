import process from "node:process";
import { expect, test } from "vitest";
import type { TaskSource } from "../model/facts.ts";
import { GOLD } from "./_gold.ts";
import { factsOf, finalTasks } from "./_transcript.ts";
import { subjectKey } from "./subject.ts";

const STRUCTURED: readonly TaskSource[] = ["task-tool", "todo-list", "plan"];

interface Counts {
  found: number;
  right: number;
  labelled: number;
}

test("extractors find what people found: structured sources all of it, rules for text mostly that", () => {
  const counts = new Map<TaskSource, Counts>();
  const faults: string[] = [];
  for (const { name, said, tasks } of GOLD) {
    const found = finalTasks(factsOf(said)).map((task) =>
      keyOf(task.source, task.subject, task.status),
    );
    const labelled = tasks.map(([source, subject, status]) => keyOf(source, subject, status));
    for (const key of found) countOf(key).found += 1;
    for (const key of labelled) countOf(key).labelled += 1;
    for (const key of found.filter((each) => labelled.includes(each))) countOf(key).right += 1;
    faults.push(
      ...found.filter((key) => !labelled.includes(key)).map((key) => `${name}: wrong ${key}`),
    );
    faults.push(
      ...labelled.filter((key) => !found.includes(key)).map((key) => `${name}: missed ${key}`),
    );
  }
  process.stderr.write(tableOf(counts));
  if (faults.length > 0) process.stderr.write(`${faults.join("\n")}\n`);
  const text: Counts = { found: 0, right: 0, labelled: 0 };
  for (const [source, count] of counts) {
    if (STRUCTURED.includes(source))
      expect({ source, ...ratesOf(count) }).toEqual({ source, precision: 1, recall: 1 });
    else for (const field of ["found", "right", "labelled"] as const) text[field] += count[field];
  }
  expect(ratesOf(text).precision).toBeGreaterThanOrEqual(0.8);
  expect(ratesOf(text).recall).toBeGreaterThanOrEqual(0.8);

  function countOf(key: string): Counts {
    const source = key.split(" ")[0] as TaskSource;
    const count = counts.get(source) ?? { found: 0, right: 0, labelled: 0 };
    counts.set(source, count);
    return count;
  }
});

test("a reader that is opened anew before every record finds the same", () => {
  for (const { said } of GOLD) expect(factsOf(said, { isRestless: true })).toEqual(factsOf(said));
});

function keyOf(source: string, subject: string, status: string): string {
  return `${source} ${status}: ${subjectKey(subject)}`;
}

function ratesOf({ found, right, labelled }: Counts) {
  return {
    precision: found === 0 ? 1 : right / found,
    recall: labelled === 0 ? 1 : right / labelled,
  };
}

function tableOf(counts: ReadonlyMap<TaskSource, Counts>): string {
  const lines = [...counts].map(([source, count]) => {
    const { precision, recall } = ratesOf(count);
    return `${source.padEnd(20)} precision ${precision.toFixed(2)}  recall ${recall.toFixed(2)}  of ${count.labelled}`;
  });
  return `${lines.join("\n")}\n`;
}
