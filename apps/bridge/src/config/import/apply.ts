import { createHash } from "node:crypto";
import { basename, join } from "node:path";
import type { JsonObject } from "@trestle/protocol";
import { backUp, checkUnchanged, checkWritable, readWhole, replaceFile } from "./atomic-file.ts";
import { sectionText } from "./host-text.ts";
import { hostsNamed } from "./hosts.ts";
import { type OriginalRecord, openOriginals } from "./originals.ts";
import type { ImportPlan } from "./plan.ts";
import { hiddenValues } from "./secrets.ts";

export interface Written {
  readonly file: string;
  /** Where the file as it was before is kept; nothing for a file that was not there. */
  readonly backup?: string;
}

export interface ApplyParts {
  /** Where backups and originals are kept. */
  readonly folder: string;
  /** Now, in ms since 1970. */
  readonly now: number;
}

/**
 * Writes a plan. In this order, so that wherever it ends nothing is lost and the next import finishes it:
 * backups, what hosts had, the bridge's configuration, the hosts.
 */
export function applyImport(plan: ImportPlan, parts: ApplyParts): Written[] {
  const { bridge, hosts } = plan;
  const isPrivate = holdsSecrets(plan.added);
  const changed = [
    ...(isChanged(bridge) ? [{ ...bridge, isPrivate }] : []),
    ...hosts.map(({ file, before, after }) => ({
      path: file.path,
      before,
      after,
      isPrivate: false,
    })),
  ];
  for (const { path, before } of changed) {
    checkWritable(path);
    checkUnchanged(path, before);
  }
  const backups = changed.map(({ path, before }) =>
    before === undefined ? undefined : keep(path, parts),
  );
  const records = hosts.flatMap((change) => change.records);
  const originals = openOriginals(parts.folder);
  const earlier = originals.records.filter(wasDone);
  if (records.length > 0) {
    originals.write([...earlier, ...records.map((each) => ({ ...each, pending: true }))]);
  }
  const written = changed.map(({ path, before, after, ...how }, index) => {
    replaceFile(path, before, after, how);
    const backup = backups[index];
    return { file: path, ...(backup !== undefined && { backup }) };
  });
  if (records.length > 0) originals.write([...earlier, ...records]);
  return written;
}

export function isChanged({ before, after }: ImportPlan["bridge"]): boolean {
  return after !== (before ?? "");
}

/** Do the entries say anything that nobody else may read? */
export function holdsSecrets(entries: JsonObject): boolean {
  return hiddenValues(entries).size > 0;
}

/** Of a record that may not have come true: does the file hold what we meant to put there? */
export function wasDone({
  pending,
  host,
  file,
  section,
  before,
  after,
  bridge,
}: OriginalRecord): boolean {
  if (!pending) return true;
  const [{ format = "json" } = {}] = hostsNamed(host);
  try {
    const now = sectionText(readWhole(file) ?? "", section, { format, path: file });
    return now === after || (now !== before && bridge !== undefined && now.includes(bridge));
  } catch {
    return true;
  }
}

/** Backs a file up under a name that says when, and which one of those that are all called alike. */
export function keep(path: string, { folder, now }: ApplyParts): string {
  const time = new Date(now).toISOString().replaceAll(/[:.]/g, "-");
  const place = createHash("sha256").update(path).digest("hex").slice(0, 8);
  return backUp(path, join(folder, "backups"), `${time}-${place}-${basename(path)}`);
}
