import { open, readdir, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { messageOf, TrestleError } from "@trestle/protocol";
import type { WatchedSource } from "../model/document.ts";
import { absolutePath, type Source } from "../sources/source.ts";
import { detectFormat } from "../transcripts/formats.ts";

export const KINDS = ["claude-code", "codex", "gemini", "chat", "log"] as const;
export type Kind = WatchedSource["kind"];

const HEAD_BYTES = 4_096;
/** Files of a folder that are looked into before it is said what there is. */
const MOST_LOOKED_AT = 200;
const DEPTH = 6;
const GLOB = /[*?[{]/;
const LOG_FILES = join("**", "*.log");

/**
 * What a person means by the path of a file, a folder or a glob of logs, and what is there, as far as they do not say.
 * Throws `invalid_input` where nothing is there that can be read.
 */
export async function sourceAt(
  given: string,
  {
    kind,
    name,
    home,
    folder,
  }: {
    readonly kind?: Kind | undefined;
    readonly name?: string | undefined;
    readonly home: string;
    readonly folder: string;
  },
): Promise<Source & { readonly kind: Kind }> {
  const path = absolutePath(given, { home, folder });
  const called = { name: name ?? nameOf(path), isAskedFor: true };
  if (GLOB.test(path)) return { ...called, kind: kind ?? "log", path };
  const stats = await stat(path).catch((error: unknown) => {
    throw new TrestleError("invalid_input", `${path} can not be read: ${messageOf(error)}.`);
  });
  if (!stats.isDirectory()) return { ...called, kind: kind ?? (await kindOfFile(path)), path };
  const found = kind ?? (await kindOfFolder(path));
  if (found === undefined) {
    throw new TrestleError(
      "invalid_input",
      `Nothing below ${path} looks like a transcript, a chat or a log: say what it is with --kind ${KINDS.join(", ")}.`,
    );
  }
  return { ...called, kind: found, path: found === "log" ? join(path, LOG_FILES) : path };
}

async function kindOfFile(path: string): Promise<Kind> {
  return (await detected(path)) ?? (/^\.(md|markdown)$/i.test(extname(path)) ? "chat" : "log");
}

/** What most of its files are. */
async function kindOfFolder(folder: string): Promise<Kind | undefined> {
  const counts = new Map<Kind, number>();
  for (const path of await filesBelow(folder)) {
    const kind = (await detected(path)) ?? (path.endsWith(".log") ? "log" : undefined);
    if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const [most] = [...counts].toSorted(([, a], [, b]) => b - a);
  return most?.[0];
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  let folders = [folder];
  for (let depth = 0; depth < DEPTH && folders.length > 0; depth += 1) {
    const next: string[] = [];
    for (const each of folders) {
      if (files.length >= MOST_LOOKED_AT) return files;
      const entries = await readdir(each, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (entry.isFile()) files.push(join(each, entry.name));
        else if (entry.isDirectory() && entry.name !== "node_modules" && entry.name !== ".git")
          next.push(join(each, entry.name));
      }
    }
    folders = next;
  }
  return files.slice(0, MOST_LOOKED_AT);
}

async function detected(path: string): Promise<Kind | undefined> {
  const agent = detectFormat(path, await headOf(path))?.agent;
  return KINDS.find((kind) => kind === agent);
}

/** Empty where it may not be read, which is told when it is to be. */
async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Of letters that a name may have. */
function nameOf(path: string): string {
  const name = basename(path.replace(/[\\/]\*.*$/, ""));
  return name.replaceAll(/[^\w.-]+/g, "-").slice(0, 64) || "source";
}
