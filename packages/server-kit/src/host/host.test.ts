import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@trestle/protocol";
import { expect, onTestFinished, test } from "vitest";
import { createAuditFile } from "./audit-file.ts";
import { createTopics, type TopicEvent } from "./topics.ts";

test("a subscriber gets what came after the number it names, and then what comes", () => {
  const topics = createTopics();
  topics.publish("a", { n: 1 });
  topics.publish("a", { n: 2 });
  topics.publish("b", { n: 9 });
  const seen: TopicEvent[] = [];
  const stop = topics.subscribe("a", 1, (event) => seen.push(event));
  topics.publish("a", { n: 3 });
  stop();
  topics.publish("a", { n: 4 });
  expect(seen).toEqual([
    { seq: 2, payload: { n: 2 } },
    { seq: 3, payload: { n: 3 } },
  ]);
});

test("audit entries are lines in the order of the calls", async () => {
  const folder = mkdtempSync(join(tmpdir(), "trestle-audit-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "data", "audit.jsonl");
  const audit = createAuditFile(file, systemClock);
  await Promise.all([1, 2, 3].map((n) => audit({ action: "test", n })));
  const lines = readFileSync(file, "utf8").trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).n)).toEqual([1, 2, 3]);
  expect(JSON.parse(lines[0] ?? "").time).toMatch(/^\d{4}-/);
});
