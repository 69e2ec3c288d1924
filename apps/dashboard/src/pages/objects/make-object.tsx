import { useState } from "react";
import { useToolDo } from "../../api/tools.ts";
import { useGo } from "../../lib/navigate.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { useToasts } from "../../ui/toasts.tsx";
import { readArgs } from "./read-args.ts";
import type { ObjectClass } from "./shapes.ts";

interface MakeObjectProps {
  readonly server: string;
  readonly classes: readonly ObjectClass[];
  readonly open: boolean;
  readonly close: () => void;
}

/** Asks for class, name and what it begins with. */
export function MakeObject({ server, classes, open, close }: MakeObjectProps) {
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState(classes[0]?.name ?? "");
  const [text, setText] = useState("");
  const making = useToolDo(server, "object_initialize");
  const toasts = useToasts();
  const go = useGo();
  const read = readArgs(text);
  const missing = making.refused ?? (name.trim() === "" ? "Name it first." : read.problem);
  async function make(): Promise<void> {
    if (missing !== undefined) return;
    const id = name.trim();
    try {
      await making.mutateAsync({ class: chosen, id, args: read.args });
      go(`/objects/${encodeURIComponent(chosen)}/${encodeURIComponent(id)}`);
    } catch (error) {
      toasts.failed("It was not made", error);
    }
  }
  return (
    <Dialog
      open={open}
      onOpenChange={(isOpen) => !isOpen && close()}
      title="Make an object"
      description="One that is there already stays as it is."
      actions={
        <Button
          look="primary"
          disabled={missing}
          busy={making.isPending}
          onClick={() => void make()}
        >
          Make it
        </Button>
      }
    >
      <div className="objects-form">
        <SelectField
          label="Class"
          value={chosen}
          choices={classes.map((each) => ({ value: each.name, label: each.name }))}
          onChange={setChosen}
        />
        <TextField
          label="Name"
          hint="letters, digits and . _ ~ @ : -"
          value={name}
          autoComplete="off"
          onChange={(event) => setName(event.target.value)}
        />
        <TextArea
          label="Begins with"
          hint="JSON, or nothing"
          problem={read.problem}
          rows={3}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
    </Dialog>
  );
}
