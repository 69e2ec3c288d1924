import process from "node:process";
import { claudeCode, createRecordRedact, type TrackedRecord } from "@trestle-mcp/tracker";
import { readTranscripts, type TranscriptFile } from "./fixtures.ts";
import type { PartResult } from "./part.ts";

/** Of the speed of `JSON.parse` alone, on the same lines in the same run. */
const LEAST_RATIO = 0.6;
/** Of the time of `JSON.parse` alone: to take secrets out of what was read. */
const MOST_REDACTING = 1;
const ROUNDS = 31;

/** What reading transcripts costs beyond `JSON.parse`, in turns, by processor time. */
export function benchParse(): PartResult {
  const files = readTranscripts();
  if (files === undefined) {
    return {
      result: {},
      tables: [],
      failures: [],
      notes: ["No transcripts here: parse is skipped."],
    };
  }
  const redact = createRecordRedact();
  const records: TrackedRecord[] = [];
  readAll(files, (record) => void records.push(record));
  const rounds = Array.from({ length: ROUNDS }, () => ({
    bare: processorMs(() => parseAll(files)),
    ours: processorMs(() => readAll(files)),
    redacting: processorMs(() => records.forEach(redact)),
  })).slice(5);
  const bareMs = median(rounds.map(({ bare }) => bare));
  const oursMs = median(rounds.map(({ ours }) => ours));
  const redactingMs = median(rounds.map(({ redacting }) => redacting));
  const ratio = median(rounds.map(({ bare, ours }) => bare / ours));
  const share = median(rounds.map(({ bare, redacting }) => redacting / bare));
  const lines = files.reduce((sum, file) => sum + file.lines.length, 0);
  const row = (what: string, ms: number) => ({
    what,
    milliseconds: Math.round(ms),
    "lines per second": Math.round((lines / ms) * 1_000),
  });
  const rows = [row("JSON.parse", bareMs), row("records", oursMs), row("redacting", redactingMs)];
  const failures = [
    ...(ratio < LEAST_RATIO
      ? [`parse: ${ratio.toFixed(2)} of JSON.parse, below ${LEAST_RATIO}.`]
      : []),
    ...(share > MOST_REDACTING
      ? [`parse: redacting takes ${share.toFixed(2)} of JSON.parse, above ${MOST_REDACTING}.`]
      : []),
  ];
  return {
    result: { lines, bareMs, oursMs, redactingMs, ratio, share },
    tables: [{ title: `Reading transcripts at ${ratio.toFixed(2)} of JSON.parse`, rows }],
    failures,
    notes: [],
  };
}

function parseAll(files: readonly TranscriptFile[]): void {
  for (const { lines } of files) {
    for (const line of lines) {
      try {
        JSON.parse(line.toString("utf8"));
      } catch {
        // A few lines are broken on purpose.
      }
    }
  }
}

function readAll(
  files: readonly TranscriptFile[],
  take: (record: TrackedRecord) => void = () => {},
): void {
  for (const { path, lines } of files) {
    const reader = claudeCode.open({ source: "bench", path, now: Date.now });
    let offset = 0;
    for (const line of lines) {
      const read = reader.read(line, offset);
      if ("parts" in read) take(read);
      offset += line.length + 1;
    }
  }
}

function processorMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
