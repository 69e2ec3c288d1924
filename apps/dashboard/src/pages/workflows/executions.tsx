import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { ListExecutions } from "../../api/generated.ts";
import { askAgain, useAsk } from "../../api/queries.ts";
import type { FeedEvent } from "../../feed/connection.ts";
import { useFeedEvents } from "../../feed/feed-provider.tsx";
import { useSearchState } from "../../lib/navigate.ts";
import { Card } from "../../ui/card.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Link } from "../../ui/link.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { Since } from "./page.tsx";
import { EXECUTION_STATES, ExecutionState } from "./state-badge.tsx";

type Execution = ListExecutions["executions"][number];

const CHOICES = [
  { value: "", label: "All states" },
  ...EXECUTION_STATES.map((value) => ({ value, label: value.replace("_", " ") })),
];

/** What ran and runs, the newest first. */
export function Executions() {
  const [{ state = "" }, setSearch] = useSearchState();
  const executions = useAsk(
    "GET workflow/executions",
    { query: { limit: 100, use_cache: false } },
    { every: 5_000, keeps: true },
  );
  useWhenTheyMove();
  return (
    <>
      <div className="workflows-filter">
        <SelectField
          label="State"
          hidesLabel
          value={state}
          choices={CHOICES}
          onChange={(value) => setSearch({ state: value })}
        />
      </div>
      <Loaded query={executions} skeleton={<SkeletonLines lines={6} height="3rem" />}>
        {({ executions: all }) => (
          <Table rows={all.filter(({ status }) => state === "" || status === state)} />
        )}
      </Loaded>
    </>
  );
}

function Table({ rows }: { readonly rows: readonly Execution[] }) {
  if (rows.length === 0) {
    return (
      <Empty icon="play" title="No executions">
        Open a workflow and run it. You see those that were begun with your own key.
      </Empty>
    );
  }
  return (
    <Card flush>
      <DataTable
        label="Executions"
        rows={rows}
        columns={COLUMNS}
        rowKey={({ executionId }) => executionId}
      />
    </Card>
  );
}

const COLUMNS: readonly Column<Execution>[] = [
  {
    id: "workflow",
    head: "Workflow",
    grow: true,
    sortBy: ({ workflow }) => workflow,
    cell: ({ workflow, version, executionId }) => (
      <>
        <Link className="table-name" to={`/executions/${executionId}`}>
          {workflow}
        </Link>
        <span className="table-note">
          version {version} · {executionId.slice(0, 12)}
        </span>
      </>
    ),
  },
  {
    id: "state",
    head: "State",
    sortBy: ({ status }) => status,
    cell: ({ status }) => <ExecutionState status={status} />,
  },
  {
    id: "started",
    head: "Began",
    wideOnly: true,
    sortBy: ({ startedAt }) => startedAt,
    cell: ({ startedAt }) => <Since time={startedAt} />,
  },
  {
    id: "moved",
    head: "Last change",
    wideOnly: true,
    sortBy: ({ updatedAt }) => updatedAt,
    cell: ({ updatedAt }) => <Since time={updatedAt} />,
  },
];

/** The feed tells of every step: the list is read again. */
function useWhenTheyMove(): void {
  const client = useQueryClient();
  const listener = useCallback(
    (batch: readonly FeedEvent[]) => {
      if (batch.some(({ topic }) => topic.startsWith("execution:")))
        void askAgain(client, ["GET workflow/executions"]);
    },
    [client],
  );
  useFeedEvents(listener);
}
