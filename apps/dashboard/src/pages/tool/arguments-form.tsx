import { lazy, Suspense, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { Segmented } from "../../ui/segmented.tsx";
import { type Draft, draftOf, type FormField, fill, readJson } from "./fields.ts";

const JsonEditor = lazy(() =>
  import("./json-editor.tsx").then((module) => ({ default: module.JsonEditor })),
);

export interface ArgumentsFormProps {
  readonly fields: readonly FormField[];
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly problems: Readonly<Record<string, string>>;
  readonly onSubmit: () => void;
  readonly busy: boolean;
}

/** The arguments, as fields or as JSON; both show the same. */
export function ArgumentsForm(props: ArgumentsFormProps) {
  const { fields, draft, onChange, problems, onSubmit, busy } = props;
  const [way, setWay] = useState<"fields" | "json">("fields");
  return (
    <form
      className="tool-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onSubmit();
      }}
    >
      <Segmented
        label="How to write them"
        value={way}
        onChange={setWay}
        choices={[
          { value: "fields", label: "Fields" },
          { value: "json", label: "JSON" },
        ]}
      />
      {way === "json" ? (
        <AsJson fields={fields} draft={draft} onChange={onChange} onSubmit={onSubmit} />
      ) : fields.length === 0 ? (
        <p className="tool-quiet">It takes no arguments.</p>
      ) : (
        fields.map((field) => (
          <OneField
            key={field.name}
            field={field}
            value={draft[field.name] ?? ""}
            problem={problems[field.name]}
            onChange={(value) => onChange({ ...draft, [field.name]: value })}
          />
        ))
      )}
      <div className="tool-send">
        <Button type="submit" look="primary" icon="play" busy={busy}>
          Call
        </Button>
        <small>Ctrl Enter</small>
      </div>
    </form>
  );
}

interface OneFieldProps {
  readonly field: FormField;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}

function OneField({ field, value, problem, onChange }: OneFieldProps) {
  const { label, hint, required, kind, preset, choices } = field;
  const common = { label, hint, problem, required, value };
  if (kind === "choice" || kind === "flag") {
    const values = kind === "flag" ? ["true", "false"] : choices;
    const none = { value: "", label: preset === undefined ? "Not set" : `Not set (${preset})` };
    return (
      <SelectField
        {...common}
        choices={[none, ...values.map((each) => ({ value: each, label: each }))]}
        onChange={onChange}
      />
    );
  }
  const control = { ...common, placeholder: preset ?? PLACEHOLDERS[kind] };
  if (kind === "text" || kind === "number") {
    return (
      <TextField
        {...control}
        inputMode={kind === "number" ? "decimal" : "text"}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  return <TextArea {...control} rows={3} onChange={(event) => onChange(event.target.value)} />;
}

const PLACEHOLDERS: Readonly<Record<string, string>> = { list: "One in each line", json: "JSON" };

interface AsJsonProps {
  readonly fields: readonly FormField[];
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  readonly onSubmit: () => void;
}

function AsJson({ fields, draft, onChange, onSubmit }: AsJsonProps) {
  const [text, setText] = useState(() => JSON.stringify(fill(fields, draft).arguments, null, 2));
  return (
    <Suspense fallback={<div className="tool-editor" />}>
      <JsonEditor
        value={text}
        onSubmit={onSubmit}
        onChange={(written) => {
          setText(written);
          const read = readJson(written);
          if ("value" in read && typeof read.value === "object" && read.value !== null)
            onChange(draftOf(fields, read.value as Record<string, unknown>));
        }}
      />
    </Suspense>
  );
}
