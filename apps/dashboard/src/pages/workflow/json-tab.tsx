import { json } from "@codemirror/lang-json";
import { useState } from "react";
import { saveFile } from "../../lib/save-file.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { CodeEditor } from "../../ui/code-editor.tsx";
import { readDefinition, textOf, writeDefinition } from "./definition.ts";
import type { Editor } from "./use-editor.ts";

const LANGUAGE = json();

/** The same workflow as one writes it by hand; what is changed here is drawn there. */
export function JsonTab({ editor }: { readonly editor: Editor }) {
  const { definition, change } = editor;
  const [text, setText] = useState(() => writeDefinition(definition));
  const read = readDefinition(text);
  const take = (next: string): void => {
    setText(next);
    const found = readDefinition(next);
    if ("definition" in found && writeDefinition(found.definition) !== writeDefinition(definition))
      change(found.definition);
  };
  return (
    <Card
      title="Definition"
      note={"problem" in read ? read.problem : undefined}
      actions={
        <Button
          size="s"
          icon="download"
          onClick={() =>
            saveFile(
              `${textOf(definition.id) || "workflow"}.json`,
              writeDefinition(definition),
              "application/json",
            )
          }
        >
          Save as JSON
        </Button>
      }
    >
      <CodeEditor
        label="Definition"
        value={text}
        onChange={take}
        language={LANGUAGE}
        minLines={18}
      />
    </Card>
  );
}
