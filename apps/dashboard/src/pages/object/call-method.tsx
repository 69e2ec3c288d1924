import { useState } from "react";
import { messageOf } from "../../api/failure.ts";
import { useToolDo } from "../../api/tools.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Json } from "../../ui/code.tsx";
import { SelectField, TextArea } from "../../ui/field.tsx";
import { readArgs } from "../objects/read-args.ts";
import type { Called, Method } from "../objects/shapes.ts";

interface CallMethodProps {
  readonly server: string;
  readonly of: { readonly class: string; readonly id: string };
  readonly methods: readonly Method[];
}

/** Calls one method of the object: it runs alone, and what it stores is durable when it answers. */
export function CallMethod({ server, of, methods }: CallMethodProps) {
  const [method, setMethod] = useState(methods[0]?.name ?? "");
  const [text, setText] = useState("");
  const calling = useToolDo<Called>(server, "object_call");
  const chosen = methods.find(({ name }) => name === method);
  const read = readArgs(text);
  const call = (): void => {
    if (calling.refused === undefined && read.problem === undefined)
      calling.mutate({ ...of, method, args: read.args });
  };
  const choices = methods.map(({ name, isReadOnly }) => ({
    value: name,
    label: isReadOnly ? `${name} (only reads)` : name,
  }));
  return (
    <Card title="Call a method">
      <form
        className="object-column"
        onSubmit={(event) => {
          event.preventDefault();
          call();
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) call();
        }}
      >
        <SelectField
          label="Method"
          hint={chosen?.description}
          value={method}
          choices={choices}
          onChange={setMethod}
        />
        <TextArea
          label="Arguments"
          hint={`JSON, or nothing. ${argumentsOf(chosen)}`}
          problem={read.problem}
          rows={3}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div>
          <Button
            type="submit"
            look="primary"
            icon="play"
            busy={calling.isPending}
            disabled={calling.refused ?? read.problem}
          >
            Call
          </Button>
        </div>
        <div aria-live="polite">
          {calling.error && <p className="object-problem">{messageOf(calling.error)}</p>}
          {calling.data && <Json label="Result of the call" value={calling.data.result} />}
        </div>
      </form>
    </Card>
  );
}

/** The names of what a method takes. */
function argumentsOf(method: Method | undefined): string {
  const names = Object.keys((method?.input?.properties as object | undefined) ?? {});
  return names.length === 0 ? "It knows none." : `It knows: ${names.join(", ")}.`;
}
