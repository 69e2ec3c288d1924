import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Data of others is no part of this repository: it may lie beside it, or where FIXTURES says. */
const BESIDE = fileURLToPath(new URL("../../../shared/fixtures", import.meta.url));

export interface TranscriptFile {
  readonly path: string;
  readonly bytes: Buffer;
  readonly lines: readonly Buffer[];
}

/** Real sessions of Claude Code; undefined where they are not on this machine. */
export function readTranscripts(): readonly TranscriptFile[] | undefined {
  const folder = join(process.env.FIXTURES ?? BESIDE, "transcripts");
  if (!existsSync(folder)) return undefined;
  return globSync("**/*.jsonl", { cwd: folder })
    .toSorted()
    .map((name) => {
      const path = join(folder, name);
      const bytes = readFileSync(path);
      return { path, bytes, lines: linesOf(bytes) };
    });
}

/** Views into the file, as its reader would give them. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let begin = 0; begin < bytes.length; ) {
    const end = bytes.indexOf(10, begin);
    const stop = end === -1 ? bytes.length : end;
    lines.push(bytes.subarray(begin, stop));
    begin = stop + 1;
  }
  return lines;
}
