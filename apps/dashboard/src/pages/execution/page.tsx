import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import type { GetExecution } from "../../api/generated.ts";
import { useOrchestratorRead } from "../../api/orchestrator.ts";
import { askAgain, useAsk } from "../../api/queries.ts";
import type { FeedEvent } from "../../feed/connection.ts";
import { useFeedEvents } from "../../feed/feed-provider.tsx";
import { duration, moment } from "../../lib/format.ts";
import { useParam } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { Card, PageHead } from "../../ui/card.tsx";
import { Json } from "../../ui/code.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Link } from "../../ui/link.tsx";
import { Loaded, Skeleton, SkeletonLines } from "../../ui/states.tsx";
import { Canvas } from "../workflow/canvas.tsx";
import type { Definition } from "../workflow/definition.ts";
import { ExecutionState, StepState, stateOf } from "../workflows/state-badge.tsx";
import { ExecutionActions } from "./actions.tsx";
import { StepDetail } from "./step-detail.tsx";
import { Waits } from "./waits.tsx";
import "./execution.css";

/** One execution, as it goes on. */
export function Page() {
  const id = useParam("execution");
  const [ended, setEnded] = useState(false);
  const execution = useAsk(
    "GET workflow/executions/:id",
    { path: { id }, query: { use_cache: false } },
    ended ? {} : { every: 2_000 },
  );
  const isOver = execution.data !== undefined && execution.data.endedAt !== undefined;
  if (isOver !== ended) setEnded(isOver);
  useFeedOf(id);
  const skeleton = (
    <>
      <PageHead title={<Skeleton width="18rem" height="2rem" />} />
      <SkeletonLines lines={8} />
    </>
  );
  return (
    <Loaded query={execution} skeleton={skeleton}>
      {(found) => <OneExecution execution={found} />}
    </Loaded>
  );
}

/** Each step is told of by the feed: what is shown is read again at once, not with the next turn. */
function useFeedOf(id: string): void {
  const client = useQueryClient();
  const listener = useCallback(
    (batch: readonly FeedEvent[]) => {
      if (batch.some(({ topic }) => topic === `execution:${id}`))
        void askAgain(client, ["GET workflow/executions/:id"]);
    },
    [client, id],
  );
  useFeedEvents(listener);
}

function OneExecution({ execution }: { readonly execution: GetExecution }) {
  const { workflow, version, status, steps, errors } = execution;
  const [chosen, choose] = useState<string>();
  const kept = useOrchestratorRead<{ readonly definition: Definition }>("get_workflow", {
    id: workflow,
    version,
  });
  const definition = kept.data?.definition;
  const shown = chosen ?? errors[0]?.step ?? steps.find((step) => step.status === "running")?.id;
  return (
    <>
      <PageHead
        title={workflow}
        lead={
          <>
            <Link to="/workflows?tab=executions">Executions</Link> ·{" "}
            <code>{execution.executionId}</code> <ExecutionState status={status} />
          </>
        }
        actions={<ExecutionActions execution={execution} />}
      />
      <Waits execution={execution} />
      <div className="execution">
        <div className="execution-main">
          <Picture execution={execution} definition={definition} chosen={shown} choose={choose} />
          <StepTable execution={execution} chosen={shown} choose={choose} />
        </div>
        <div className="execution-main">
          {shown && (
            <StepDetail key={shown} execution={execution} id={shown} definition={definition} />
          )}
          <ExecutionFacts execution={execution} />
        </div>
      </div>
    </>
  );
}

interface PartProps {
  readonly execution: GetExecution;
  readonly definition?: Definition | undefined;
  readonly chosen: string | undefined;
  readonly choose: (id: string | undefined) => void;
}

function Picture({ execution, definition, chosen, choose }: PartProps) {
  const states = useMemo(() => {
    const begun = execution.steps.filter(({ status }) => status !== "pending");
    return Object.fromEntries(begun.map(({ id }) => [id, stateOf(execution, id)]));
  }, [execution]);
  if (definition === undefined) return null;
  return (
    <Card title="Drawing" note={`version ${execution.version}`} flush>
      <Canvas definition={definition} chosen={chosen} choose={choose} states={states} />
    </Card>
  );
}

/** The same in words. */
function StepTable({ execution, chosen, choose }: PartProps) {
  return (
    <Card title="Steps" note={execution.steps.length} flush>
      <ol className="execution-steps" aria-label="Steps">
        {execution.steps.map(({ id, attempts, durationMs, reason }) => (
          <li key={id} data-chosen={id === chosen || undefined}>
            <button type="button" aria-pressed={id === chosen} onClick={() => choose(id)}>
              <strong>{id}</strong>
              <StepState status={stateOf(execution, id)} />
              <span>{reason}</span>
              <span className="tabular">
                {attempts !== undefined && attempts > 1 && `${attempts} attempts `}
                {durationMs !== undefined && duration(durationMs)}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function ExecutionFacts({ execution }: { readonly execution: GetExecution }) {
  const now = useNow(10_000);
  const { workflow, version, startedAt, endedAt, output, undone = [] } = execution;
  const took = endedAt && Date.parse(endedAt) - Date.parse(startedAt);
  return (
    <Card title="Execution">
      <Facts
        facts={[
          [
            "Workflow",
            <Link
              key="workflow"
              to={`/workflows/${encodeURIComponent(workflow)}?version=${version}`}
            >
              {workflow}, version {version}
            </Link>,
          ],
          ["Began", moment(startedAt, now)],
          ["Ended", endedAt && moment(endedAt, now)],
          ["Took", took === undefined || took === "" ? undefined : duration(took)],
          ["Undone", undone.map(({ step }) => step).join(", ")],
        ]}
      />
      {output !== undefined && (
        <>
          <h3>Output</h3>
          <Json label="Output" value={output} />
        </>
      )}
    </Card>
  );
}
