import { json, jsonParseLinter } from "@codemirror/lang-json";
import { CodeEditor } from "../../ui/code-editor.tsx";

const language = json();
const lint = jsonParseLinter();

export interface JsonEditorProps {
  readonly label?: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onSubmit?: () => void;
}

/** Loaded with the first who writes JSON. */
export function JsonEditor({
  label = "Arguments as JSON",
  value,
  onChange,
  onSubmit,
}: JsonEditorProps) {
  return (
    <CodeEditor
      label={label}
      value={value}
      onChange={onChange}
      language={language}
      lint={lint}
      minLines={10}
      {...(onSubmit && { onSubmit })}
    />
  );
}
