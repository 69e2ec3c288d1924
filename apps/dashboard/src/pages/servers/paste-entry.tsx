import { type FormEvent, useState } from "react";
import { TextArea, TextField } from "../../ui/field.tsx";
import { AddButton } from "./add-server.tsx";
import { type NamedEntry, readPasted } from "./pasted.ts";

export interface PasteEntryProps {
  readonly busy: boolean;
  readonly add: (entries: readonly NamedEntry[]) => void;
}

/** Takes what stands in the manual of a server, or the file of a host, as it is. */
export function PasteEntry({ busy, add }: PasteEntryProps) {
  const [text, setText] = useState("");
  const [name, setName] = useState("");
  const pasted = readPasted(text);
  const entries = "entries" in pasted ? pasted.entries : [];
  const wantsName = entries.some((each) => each.name === "");
  function onSubmit(event: FormEvent): void {
    event.preventDefault();
    if (entries.length > 0)
      add(entries.map((each) => ({ ...each, name: each.name || name.trim() })));
  }
  const problem =
    "problem" in pasted
      ? pasted.problem
      : wantsName && name.trim() === ""
        ? "Give it a name."
        : undefined;
  return (
    <form className="servers-form" onSubmit={onSubmit}>
      <TextArea
        label="JSON"
        rows={8}
        placeholder='{ "mcpServers": { "name": { "command": "npx", "args": ["-y", "…"] } } }'
        value={text}
        onChange={(event) => setText(event.target.value)}
        problem={text.trim() === "" || !("problem" in pasted) ? undefined : pasted.problem}
      />
      {wantsName && (
        <TextField
          label="Name"
          required
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
      )}
      {entries.length > 0 && (
        <p className="servers-found">
          Found: {entries.map((each) => each.name || "one without a name").join(", ")}.
        </p>
      )}
      <AddButton count={entries.length} busy={busy} disabled={problem} />
    </form>
  );
}
