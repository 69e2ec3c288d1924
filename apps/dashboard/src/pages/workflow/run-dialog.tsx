import { type FormEvent, useState } from "react";
import { messageOf } from "../../api/failure.ts";
import { useDo } from "../../api/queries.ts";
import { useGo } from "../../lib/navigate.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea } from "../../ui/field.tsx";

export interface RunDialogProps {
  readonly open: boolean;
  readonly close: () => void;
  readonly workflow: string;
  readonly version: string | undefined;
  /** What it takes, with presets, as JSON. */
  readonly input: string;
}

/** Asks for the input and begins a run, which is then watched. */
export function RunDialog({ open, close, workflow, version, input }: RunDialogProps) {
  const [text, setText] = useState(input);
  const [problem, setProblem] = useState<string>();
  const executing = useDo("POST workflow/execute", ["GET workflow/executions"]);
  const go = useGo();
  async function run(): Promise<void> {
    setProblem(undefined);
    try {
      const values = text.trim() === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
      const { executionId } = await executing.mutateAsync({
        body: { workflow, ...(version && { version }), input: values, wait_seconds: 0 },
      });
      go(`/executions/${executionId}`);
    } catch (error) {
      setProblem(messageOf(error));
    }
  }
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    void run();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && close()}
      title={`Run ${workflow}`}
      description="It is durable once it has begun, and goes on over crashes."
      size="s"
    >
      <form className="workflow-form" onSubmit={onSubmit}>
        <TextArea
          label="Input"
          hint="JSON: a value for each name."
          rows={5}
          value={text}
          onChange={(event) => setText(event.target.value)}
          problem={problem}
        />
        <Button type="submit" look="primary" icon="play" busy={executing.isPending}>
          Run it
        </Button>
      </form>
    </Dialog>
  );
}
