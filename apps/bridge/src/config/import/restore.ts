import { TrestleError } from "@trestle/protocol";
import { type ApplyParts, keep, wasDone } from "./apply.ts";
import { checkWritable, readWhole, removeFile, replaceFile } from "./atomic-file.ts";
import { restoreSection } from "./host-text.ts";
import { hostsNamed } from "./hosts.ts";
import type { OriginalRecord } from "./originals.ts";

export interface Restored {
  readonly file: string;
  readonly format: "json" | "toml";
  readonly before: string;
  /** Nothing where the file is to go, for it was not there. */
  readonly after: string | undefined;
  /** Servers that stand there in another way than before, and stay so. */
  readonly kept: readonly string[];
}

export interface Restoring {
  readonly files: readonly Restored[];
  /** What keeps a file from being given back. */
  readonly problems: readonly unknown[];
  /** Records that stay to be given back. */
  readonly left: readonly OriginalRecord[];
}

/** What would be written to give the named hosts what they had. Latest first, as it was taken. */
export function planRestoring(records: readonly OriginalRecord[], name: string): Restoring {
  const ids = new Set(hostsNamed(name).map(({ id }) => id));
  const mine = records.filter((record) => ids.has(record.host) && wasDone(record));
  const problems: unknown[] = [];
  const left = records.filter(({ host }) => !ids.has(host));
  const files = [...new Set(mine.map(({ file }) => file))].flatMap((file) => {
    const own = mine.filter((record) => record.file === file);
    try {
      return [restoring(file, own)];
    } catch (error) {
      problems.push(error);
      left.push(...own);
      return [];
    }
  });
  return { files, problems, left };
}

function restoring(file: string, records: readonly OriginalRecord[]): Restored {
  const before = readWhole(file);
  const [{ format = "json" } = {}] = hostsNamed(records[0]?.host ?? "all");
  const created = records.every((record) => record.created);
  if (before === undefined && created) return { file, format, before: "", after: "", kept: [] };
  if (before === undefined) {
    throw new TrestleError(
      "not_found",
      `${file}: is not there any more. What it had is kept, and comes back once it is there again.`,
    );
  }
  let after: string | undefined = before;
  const kept: string[] = [];
  for (const record of records.toReversed()) {
    const restored = restoreSection(after ?? "", record, { format, path: file });
    after = restored.text;
    kept.push(...restored.kept);
  }
  if (after !== before) checkWritable(file);
  return { file, format, before, after, kept };
}

/** Gives one file back; returns where it is kept as it was. */
export function applyRestoring({ file, before, after }: Restored, parts: ApplyParts): string {
  const backup = keep(file, parts);
  if (after === undefined) removeFile(file, before);
  else replaceFile(file, before, after);
  return backup;
}
