import { useState } from "react";
import { CheckField, TextArea, TextField } from "../../ui/field.tsx";
import { isParallel } from "./connections.ts";
import { type Json, setFact, textOf } from "./definition.ts";
import type { Editor } from "./use-editor.ts";
import { toText, toValue } from "./values.ts";

/** What a workflow says of itself. */
export function FactsForm({ editor }: { readonly editor: Editor }) {
  const { definition, change } = editor;
  const set = (name: string, value: Json | undefined): void =>
    change(setFact(definition, name, value));
  return (
    <div className="workflow-form">
      <TextField
        label="Id of the workflow"
        required
        value={textOf(definition.id)}
        spellCheck={false}
        onChange={(event) => set("id", event.target.value)}
      />
      <TextField
        label="Version"
        hint="A changed workflow is saved as another version."
        value={toText(definition.version)}
        onChange={(event) => set("version", event.target.value || undefined)}
      />
      <TextField
        label="Description"
        value={textOf(definition.description)}
        onChange={(event) => set("description", event.target.value || undefined)}
      />
      <CheckField
        label="Whatever is ready runs"
        hint="Else steps run one after the other, where none says what it waits for."
        checked={isParallel(definition)}
        onChange={(checked) => set("parallel", checked ? true : undefined)}
      />
      <JsonField
        name="input"
        label="Input"
        hint="Names with presets, or JSON Schema."
        editor={editor}
      />
      <JsonField
        name="output"
        label="Output"
        hint="What a run gives; all results where it is empty."
        editor={editor}
      />
    </div>
  );
}

interface JsonFieldProps {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly editor: Editor;
}

function JsonField({ name, label, hint, editor }: JsonFieldProps) {
  const { definition, change } = editor;
  const [text, setText] = useState(() => toText(definition[name]));
  const value = toValue(text, "any");
  const isOpen = typeof value === "string" && /^\s*[[{]/.test(value);
  return (
    <TextArea
      label={label}
      hint={hint}
      rows={2}
      value={text}
      problem={isOpen ? "This is no JSON yet." : undefined}
      onChange={(event) => {
        setText(event.target.value);
        const next = toValue(event.target.value, "any");
        if (typeof next !== "string" || !/^\s*[[{]/.test(next))
          change(setFact(definition, name, next));
      }}
    />
  );
}
