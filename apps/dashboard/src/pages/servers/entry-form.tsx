import { type FormEvent, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { TextArea, TextField } from "../../ui/field.tsx";
import { Segmented } from "../../ui/segmented.tsx";
import { type EntryDraft, entryOf, problemOf } from "./entry-draft.ts";
import type { NamedEntry } from "./pasted.ts";

export interface EntryFormProps {
  readonly busy: boolean;
  readonly verb: string;
  readonly submit: (entry: NamedEntry) => void;
}

const EMPTY: EntryDraft = { name: "", kind: "url", url: "", headers: "", command: "", env: "" };

/** A server by its address or its command. */
export function EntryForm({ busy, verb, submit }: EntryFormProps) {
  const [draft, setDraft] = useState(EMPTY);
  const [problem, setProblem] = useState<string>();
  const change =
    (name: keyof EntryDraft) => (event: { readonly target: { readonly value: string } }) =>
      setDraft({ ...draft, [name]: event.target.value });
  function onSubmit(event: FormEvent): void {
    event.preventDefault();
    const found = problemOf(draft);
    setProblem(found);
    if (found === undefined) submit({ name: draft.name.trim(), entry: entryOf(draft) });
  }
  return (
    <form className="servers-form" onSubmit={onSubmit}>
      <TextField
        label="Name"
        required
        hint="Small letters, digits and dashes, at most 16: its tools are listed under it."
        value={draft.name}
        onChange={change("name")}
        autoComplete="off"
        spellCheck={false}
        problem={problem}
      />
      <Segmented
        label="What it is"
        value={draft.kind}
        onChange={(kind) => setDraft({ ...draft, kind })}
        choices={[
          { value: "url", label: "An address" },
          { value: "command", label: "A program" },
        ]}
      />
      {draft.kind === "url" ? (
        <AddressFields draft={draft} change={change} />
      ) : (
        <ProgramFields draft={draft} change={change} />
      )}
      <Button type="submit" look="primary" busy={busy}>
        {verb}
      </Button>
    </form>
  );
}

interface FieldsProps {
  readonly draft: EntryDraft;
  readonly change: (
    name: keyof EntryDraft,
  ) => (event: { readonly target: { readonly value: string } }) => void;
}

function AddressFields({ draft, change }: FieldsProps) {
  return (
    <>
      <TextField
        label="Address"
        required
        placeholder="https://example.com/mcp"
        value={draft.url}
        onChange={change("url")}
        autoComplete="off"
        spellCheck={false}
      />
      <TextArea
        label="Headers"
        hint="One in each line, such as Authorization: Bearer …"
        rows={2}
        value={draft.headers}
        onChange={change("headers")}
      />
    </>
  );
}

function ProgramFields({ draft, change }: FieldsProps) {
  return (
    <>
      <TextField
        label="Command"
        required
        placeholder="npx -y @scope/server --option"
        hint="A program runs on the bridge's machine: its configuration must allow that (http.admin)."
        value={draft.command}
        onChange={change("command")}
        autoComplete="off"
        spellCheck={false}
      />
      <TextArea
        label="Environment"
        hint="One in each line, such as TOKEN=…"
        rows={2}
        value={draft.env}
        onChange={change("env")}
      />
    </>
  );
}
