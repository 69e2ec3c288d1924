import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { manualClock, temporaryFolder } from "@trestle/testkit/surroundings";
import { expect, onTestFinished } from "vitest";
import {
  type ChainEntry,
  type ChainVerdict,
  openChainedLog,
  readChain,
  verifyChain,
} from "../src/index.ts";

export const key = randomBytes(32);

export async function openLog(folder = temporaryFolder(), maxSegmentBytes = 500) {
  const log = await openChainedLog({ folder, key, maxSegmentBytes, clock: manualClock() });
  onTestFinished(() => log.close());
  return { folder, log };
}

/** A closed log of twelve entries in several files. */
export async function writtenLog(): Promise<string> {
  const { folder, log } = await openLog();
  for (let n = 1; n <= 12; n += 1) await log.append({ n });
  await log.close();
  expect(segments(folder).length).toBeGreaterThan(3);
  return folder;
}

export const verify = (folder: string): Promise<ChainVerdict> => verifyChain({ folder, key });
export const segments = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => join(folder, name));

/** Changes the lines of the whole log, each in its file. */
export function edit(folder: string, change: (lines: string[]) => void): void {
  const files = segments(folder).map((file) => ({
    file,
    lines: readFileSync(file, "utf8").trimEnd().split("\n"),
  }));
  const all = files.flatMap(({ lines }) => lines);
  change(all);
  for (const { file, lines } of files) {
    const own = all.splice(0, lines.length);
    writeFileSync(file, own.length === 0 ? "" : `${own.join("\n")}\n`);
  }
}

export async function entriesOf(folder: string, sinceSeq = 0): Promise<ChainEntry[]> {
  return Array.fromAsync(readChain({ folder, key, sinceSeq }));
}
