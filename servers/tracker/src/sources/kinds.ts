import type { WatchedSource } from "../model/document.ts";
import type { Cut } from "../tail/source-file.ts";

export type SourceKind = WatchedSource["kind"] | "hook";

/** What is read below the folder of a source; `path` is relative to it, with `/`. */
export interface KindOfSource {
  /** Deeper folders are not looked into. */
  readonly depth: number;
  entersFolder(path: string): boolean;
  /** Undefined: the file is not read. */
  cutOf(path: string): Cut | undefined;
}

const CLAUDE_IGNORED_FOLDERS = /(^|\/)(memory|session-memory|tool-results|file-history)$/;
const CLAUDE_FILES = /\.jsonl$/;
/** `journal.jsonl` repeats what the agents of a workflow wrote themselves; orphaned files, what was rewritten. */
const CLAUDE_IGNORED_FILES = /(^|\/)journal\.jsonl$|\.orphaned-[^/]*\.jsonl$/;
const CODEX_FOLDERS = /^(sessions|archived_sessions)(\/|$)/;
const CODEX_FILES = /(^|\/)rollout-[^/]+\.jsonl$/;
const GEMINI_FILES = /(^|\/)chats\/session-[^/]+\.(jsonl|json)$/;

/** Where agents write their transcripts, as they do in late 2026. A log's files are told by its path alone. */
export const kinds: Readonly<Record<Exclude<SourceKind, "log">, KindOfSource>> = {
  "claude-code": {
    depth: 6,
    entersFolder: (path) => !CLAUDE_IGNORED_FOLDERS.test(path),
    cutOf: (path) =>
      CLAUDE_FILES.test(path) && !CLAUDE_IGNORED_FILES.test(path) ? "json-lines" : undefined,
  },
  codex: {
    depth: 5,
    entersFolder: (path) => CODEX_FOLDERS.test(path),
    cutOf: (path) => (CODEX_FILES.test(path) ? "json-lines" : undefined),
  },
  gemini: {
    depth: 3,
    entersFolder: () => true,
    cutOf(path) {
      if (!GEMINI_FILES.test(path)) return undefined;
      return path.endsWith(".json") ? "document" : "json-lines";
    },
  },
  chat: {
    depth: 4,
    entersFolder: (path) => !/(^|\/)(\.[^/]*|node_modules)$/.test(path),
    cutOf: (path) => (/\.(md|markdown|txt)$/i.test(path) ? "document" : undefined),
  },
  hook: {
    depth: 1,
    entersFolder: () => false,
    cutOf: (path) => (path.endsWith(".jsonl") ? "json-lines" : undefined),
  },
};
