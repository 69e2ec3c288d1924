import { type FormEvent, useState } from "react";
import { Code } from "../../ui/code.tsx";
import { CheckField } from "../../ui/field.tsx";
import { AddButton } from "./add-server.tsx";
import { type NamedEntry, readPasted } from "./pasted.ts";

/** Where apps keep their servers. */
const HOSTS = `Claude Desktop   ~/Library/Application Support/Claude/claude_desktop_config.json
                 %APPDATA%\\Claude\\claude_desktop_config.json
Claude Code      ~/.claude.json, .mcp.json of a project
Cursor           ~/.cursor/mcp.json
VS Code          .vscode/mcp.json, settings.json`;

export interface FromFileProps {
  readonly busy: boolean;
  readonly add: (entries: readonly NamedEntry[]) => void;
}

/** Takes over servers from a file of the computer that the browser runs on, which stays as it is. */
export function FromFile({ busy, add }: FromFileProps) {
  const [entries, setEntries] = useState<readonly NamedEntry[]>([]);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<string>();
  async function read(file: File | undefined): Promise<void> {
    const pasted = readPasted((await file?.text()) ?? "");
    setProblem("problem" in pasted ? pasted.problem : undefined);
    setEntries("entries" in pasted ? pasted.entries.filter(({ name }) => name !== "") : []);
  }
  const chosen = entries.filter(({ name }) => !left.has(name));
  function onSubmit(event: FormEvent): void {
    event.preventDefault();
    if (chosen.length > 0) add(chosen);
  }
  const toggle = (name: string, wanted: boolean): void => {
    const next = new Set(left);
    if (wanted) next.delete(name);
    else next.add(name);
    setLeft(next);
  };
  return (
    <form className="servers-form" onSubmit={onSubmit}>
      <p>Choose the file in which the app keeps its servers. It stays as it is.</p>
      <input
        className="servers-file"
        type="file"
        accept=".json,application/json"
        aria-label="File of the app"
        onChange={(event) => void read(event.target.files?.[0])}
      />
      {problem && <p className="servers-refused">{problem}</p>}
      {entries.length === 0 ? (
        <Code label="Where apps keep their servers">{HOSTS}</Code>
      ) : (
        entries.map(({ name, entry }) => (
          <CheckField
            key={name}
            label={name}
            hint={String(entry.url ?? entry.command)}
            checked={!left.has(name)}
            onChange={(wanted) => toggle(name, wanted)}
          />
        ))
      )}
      <AddButton
        count={chosen.length}
        busy={busy}
        disabled={chosen.length === 0 ? "Choose a file first." : undefined}
      />
    </form>
  );
}
