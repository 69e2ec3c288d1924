import { useMutation } from "@tanstack/react-query";
import { useEffect } from "react";
import { ask } from "../../api/client.ts";
import { messageOf } from "../../api/failure.ts";
import type { ChainAnswer } from "../../api/generated.ts";
import { callOrchestrator } from "../../api/orchestrator.ts";
import { Badge } from "../../ui/badge.tsx";
import { Code, Json } from "../../ui/code.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SkeletonLines } from "../../ui/states.tsx";
import type { Definition } from "./definition.ts";
import { type Fault, toChain } from "./faults.ts";

interface Tried {
  readonly chain?: ChainAnswer;
  readonly drawing?: string | undefined;
  readonly problems: readonly string[];
}

export interface DryRunProps {
  readonly open: boolean;
  readonly close: () => void;
  readonly server: string | undefined;
  readonly definition: Definition;
}

/** What a run would call, in which order and with what; nothing is called. */
export function DryRun({ open, close, server, definition }: DryRunProps) {
  const trying = useMutation({ mutationFn: () => dryRun(server, definition) });
  const { mutate } = trying;
  useEffect(() => {
    if (open) mutate();
  }, [open, mutate]);
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && close()}
      title="Dry run"
      description="What a run would do. Nothing was called."
      size="l"
    >
      {trying.isPending && <SkeletonLines lines={5} />}
      {trying.data?.problems.map((problem) => (
        <p key={problem} className="workflow-problem" role="alert">
          {problem}
        </p>
      ))}
      {trying.data?.chain?.steps.map((step) => (
        <section key={step.id} className="workflow-planned">
          <h3>
            {step.id} <code>{`${step.server}.${step.tool}`}</code>
            {step.waits_for?.map((id) => (
              <Badge key={id}>after {id}</Badge>
            ))}
          </h3>
          <Json label={`Arguments of ${step.id}`} value={step.arguments ?? {}} />
          {step.unresolved && step.unresolved.length > 0 && (
            <p className="workflow-quiet">
              Known only when it runs: <code>{step.unresolved.join(", ")}</code>
            </p>
          )}
        </section>
      ))}
      {trying.data?.drawing && <Code label="As a Mermaid flowchart">{trying.data.drawing}</Code>}
    </Dialog>
  );
}

/** A workflow of calls alone as a chain, any other by its drawing: both check it whole. */
async function dryRun(server: string | undefined, definition: Definition): Promise<Tried> {
  const chain = toChain(definition);
  try {
    if (chain !== undefined) {
      const body = { ...chain, dry_run: true, mermaid: true } as never;
      const answer = await ask("POST chain", { body });
      return { chain: answer, drawing: answer.mermaid, problems: [] };
    }
    const { drawing } = await callOrchestrator<{ readonly drawing: string }>(
      server,
      "render_workflow",
      { definition },
    );
    return { drawing, problems: [] };
  } catch (error) {
    return { problems: [messageOf(error)] };
  }
}

/** What is wrong with it, as far as the page can tell. */
export function Faults({
  faults,
  choose,
}: {
  readonly faults: readonly Fault[];
  readonly choose: (id: string | undefined) => void;
}) {
  if (faults.length === 0) return <p className="workflow-quiet">Nothing to complain of.</p>;
  return (
    <ul className="workflow-faults">
      {faults.map(({ step, message }) => (
        <li key={`${step} ${message}`}>
          {step && (
            <button type="button" onClick={() => choose(step)}>
              {step}
            </button>
          )}
          <span>{message}</span>
        </li>
      ))}
    </ul>
  );
}
