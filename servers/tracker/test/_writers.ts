import {
  appendFileSync,
  copyFileSync,
  existsSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { SeededRandom } from "@trestle/testkit/surroundings";

/** Something that grows while it is read, and knows what was written. */
export interface Writer {
  /** Writes some more, or does what befalls such files. */
  step(): void;
  /** What may only be done when all was read. */
  stepWhenRead(): void;
  /** Ends what is half written. */
  finish(): void;
}

/** A log that is rotated in every way; each of its lines is written once. */
export function createLogWriter(
  folder: string,
  random: SeededRandom,
): Writer & { readonly written: readonly string[] } {
  const path = join(folder, "app.log");
  const written: string[] = [];
  let rotations = 0;
  /** Of what was appended last, what is not in the file yet: it is often cut in the middle of a line. */
  let rest = "";

  function append(): void {
    let text = "";
    for (let n = random.below(20); n >= 0; n -= 1) {
      const at = new Date(Date.UTC(2026, 0, 1) + written.length * 1_000).toISOString();
      const line = `${at} INFO [app] line ${written.length} is ${"long ".repeat(random.below(30))}enough`;
      written.push(line);
      text += `${line}\n`;
    }
    const cut = random.below(3) === 0 ? random.below(text.length) : text.length;
    appendFileSync(path, text.slice(0, cut));
    rest = text.slice(cut);
  }

  function finish(): void {
    if (rest !== "") appendFileSync(path, rest);
    rest = "";
  }

  function rotate(): void {
    finish();
    if (!existsSync(path)) return;
    rotations += 1;
    const to = `${path}.${rotations}`;
    if (random.below(2) === 0) renameSync(path, to);
    else {
      copyFileSync(path, to);
      truncateSync(path, 0);
    }
  }

  return {
    written,
    finish,
    step() {
      finish();
      if (random.below(8) === 0) rotate();
      append();
    },
    stepWhenRead() {
      finish();
      if (random.below(2) === 0) rmSync(path, { force: true });
      else if (existsSync(path)) truncateSync(path, 0);
    },
  };
}

/** Transcripts that grow by whole texts in pieces of any size. */
export function createTranscriptWriter(
  texts: ReadonlyMap<string, Buffer>,
  random: SeededRandom,
): Writer {
  const offsets = new Map([...texts.keys()].map((path) => [path, 0]));
  for (const path of texts.keys()) writeFileSync(path, "");

  function write(path: string, most: number): void {
    const offset = offsets.get(path) ?? 0;
    const part = texts.get(path)?.subarray(offset, offset + most) ?? Buffer.alloc(0);
    appendFileSync(path, part);
    offsets.set(path, offset + part.length);
  }

  return {
    step() {
      write(random.pick([...texts.keys()]), random.below(random.below(10) === 0 ? 400_000 : 9_000));
    },
    stepWhenRead() {},
    finish() {
      for (const path of texts.keys()) write(path, Number.MAX_SAFE_INTEGER);
    },
  };
}
