import { useMemo, useState } from "react";
import { type Answer, askWhole, type DataOf } from "../../api/client.ts";
import { ApiFailure, hasCode } from "../../api/failure.ts";
import type { ToolDetail } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { ArgumentsForm } from "./arguments-form.tsx";
import { type Draft, draftOf, fieldsOf, fill } from "./fields.ts";
import { Outcome, type Tried } from "./outcome.tsx";
import { forgetTries, readTries, rememberTry } from "./tries.ts";
import { Tries } from "./tries-list.tsx";

export interface TryItProps {
  readonly tool: ToolDetail;
  /** An execution whose arguments are to begin with. */
  readonly from: string | undefined;
}

export function TryIt({ tool, from }: TryItProps) {
  const earlier = useAsk(
    "GET history/:execution_id",
    { path: { execution_id: from ?? "" } },
    { enabled: from !== undefined },
  );
  if (from !== undefined && earlier.isPending) return null;
  const found = earlier.data;
  const given = found && "arguments" in found ? found.arguments : undefined;
  return <Trying key={from} tool={tool} given={given} />;
}

function Trying({
  tool,
  given,
}: {
  readonly tool: ToolDetail;
  readonly given: Readonly<Record<string, unknown>> | undefined;
}) {
  const fields = useMemo(() => fieldsOf(tool.input_schema), [tool.input_schema]);
  const [draft, setDraft] = useState<Draft>(() => draftOf(fields, given ?? {}));
  const [shown, setShown] = useState(false);
  const [asks, setAsks] = useState(false);
  const { tries, tried, busy, call, forget } = useTrying(tool);
  const filled = fill(fields, draft);
  const send = (): void => {
    setShown(true);
    setAsks(false);
    if (Object.keys(filled.problems).length > 0) return;
    if (tool.destructive && !asks) setAsks(true);
    else call(filled.arguments);
  };
  return (
    <div className="tool-halves">
      <Card
        title="Arguments"
        actions={
          <Button size="s" look="quiet" onClick={() => setDraft({})}>
            Clear
          </Button>
        }
      >
        <ArgumentsForm
          fields={fields}
          draft={draft}
          onChange={setDraft}
          problems={shown ? filled.problems : {}}
          onSubmit={send}
          busy={busy}
        />
      </Card>
      <div className="tool-column">
        <Outcome tried={tried} busy={busy} />
        <Tries
          tries={tries}
          again={(each) => setDraft(draftOf(fields, each.arguments))}
          forget={forget}
        />
      </div>
      <Confirm
        open={asks}
        onOpenChange={setAsks}
        title={`Call ${tool.tool}?`}
        verb="Call it"
        danger
        onConfirm={send}
      >
        It may destroy something that cannot be brought back.
      </Confirm>
    </div>
  );
}

function useTrying(tool: ToolDetail) {
  const [tries, setTries] = useState(() => readTries(tool.name));
  const [tried, setTried] = useState<Tried>();
  const [busy, setBusy] = useState(false);
  async function call(given: Readonly<Record<string, unknown>>): Promise<void> {
    setBusy(true);
    const begun = performance.now();
    const made = await askWhole("POST tool/call", {
      body: { tool: tool.name, arguments: given },
    }).then(succeeded, failed);
    const ms = performance.now() - begun;
    setTried({ ...made, ms });
    const { outcome, execution } = made;
    setTries(
      rememberTry(tool.name, {
        id: crypto.randomUUID(),
        at: Date.now(),
        arguments: given,
        outcome,
        ms,
        execution,
      }),
    );
    setBusy(false);
  }
  const forget = (): void => {
    forgetTries(tool.name);
    setTries([]);
  };
  return {
    tries,
    tried,
    busy,
    call: (given: Readonly<Record<string, unknown>>) => void call(given),
    forget,
  };
}

type Made = Omit<Tried, "ms">;

function succeeded({ data, metadata }: Answer<DataOf<"POST tool/call">>): Made {
  return {
    outcome: "success",
    result: data.result,
    execution: String(metadata.execution_id),
    cached: metadata.cached === true,
  };
}

function failed(error: unknown): Made {
  const isTools = hasCode(error, "tool_error");
  const data = isTools
    ? (error.details.data as { readonly result?: unknown } | undefined)
    : undefined;
  const execution = error instanceof ApiFailure ? error.executionId : undefined;
  return {
    outcome: isTools ? "tool_error" : "error",
    error,
    result: data?.result,
    execution,
    cached: false,
  };
}
