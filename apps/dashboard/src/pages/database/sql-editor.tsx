import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import {
  keywordCompletionSource,
  PostgreSQL,
  schemaCompletionSource,
  sql,
} from "@codemirror/lang-sql";
import { useRef } from "react";
import { CodeEditor } from "../../ui/code-editor.tsx";

const language = sql({ dialect: PostgreSQL });
const keywords = keywordCompletionSource(PostgreSQL);

export interface SqlEditorProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onSubmit: () => void;
  /** Columns by table. */
  readonly tables: Readonly<Record<string, string[]>>;
}

/** SQL with completion of keywords, tables and columns. */
export function SqlEditor({ value, onChange, onSubmit, tables }: SqlEditorProps) {
  const latest = useRef(tables);
  latest.current = tables;
  // The editor is made once; what it completes comes later, and changes.
  const complete = useRef((context: CompletionContext) => completed(context, latest.current));
  return (
    <CodeEditor
      label="SQL"
      value={value}
      onChange={onChange}
      language={language}
      complete={complete.current}
      hint="select * from …"
      minLines={8}
      onSubmit={onSubmit}
    />
  );
}

async function completed(
  context: CompletionContext,
  tables: Readonly<Record<string, string[]>>,
): Promise<CompletionResult | null> {
  const names = schemaCompletionSource({ dialect: PostgreSQL, schema: { ...tables } });
  const [named, keyed] = await Promise.all([names(context), keywords(context)]);
  if (named === null) return keyed;
  if (keyed === null || keyed.from !== named.from) return named;
  return { ...named, options: [...named.options, ...keyed.options] };
}
