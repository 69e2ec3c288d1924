import { join } from "node:path";
import type { Source } from "./source.ts";

export interface Whereabouts {
  /** The person's home. */
  readonly home: string;
  /** The tracker's own folder. */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Folder into which `trestle-tracker hook` writes what it is told. */
function hookFolder(dataDir: string): string {
  return join(dataDir, "hooks");
}

/** What is read without being asked for: the transcripts of the agents of this person, and what hooks said. */
export function defaultSources({ home, dataDir, env }: Whereabouts): readonly Source[] {
  const claude = env.CLAUDE_CONFIG_DIR ?? join(home, ".claude");
  const codex = env.CODEX_HOME ?? join(home, ".codex");
  const source = (kind: Source["kind"], path: string, name: string = kind): Source => ({
    name,
    kind,
    path,
    isAskedFor: false,
  });
  return [
    source("claude-code", join(claude, "projects")),
    source("codex", codex),
    source("gemini", join(home, ".gemini", "tmp")),
    source("hook", hookFolder(dataDir), "hooks"),
  ];
}
