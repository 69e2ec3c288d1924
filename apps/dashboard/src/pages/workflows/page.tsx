import type { ReactNode } from "react";
import { hasCode } from "../../api/failure.ts";
import type { ListWorkflows } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { ago, count } from "../../lib/format.ts";
import { useGo, useSearchState } from "../../lib/navigate.ts";
import { useNow } from "../../lib/use-now.ts";
import { Button } from "../../ui/button.tsx";
import { Card, PageHead } from "../../ui/card.tsx";
import { Code } from "../../ui/code.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Link } from "../../ui/link.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Chains } from "./chains.tsx";
import { Executions } from "./executions.tsx";
import { Templates } from "./templates.tsx";
import "./workflows.css";

/** What is registered, what ran, and what can be begun with. */
export function Page() {
  const workflows = useAsk("GET workflows", { query: { templates: true } }, { every: 10_000 });
  const [search, setSearch] = useSearchState();
  const go = useGo();
  const begin = (
    <Button look="primary" icon="plus" onClick={() => go("/workflows/new")}>
      New workflow
    </Button>
  );
  if (hasCode(workflows.error, "unsupported")) return <NoOrchestrator />;
  return (
    <>
      <PageHead
        title="Chains and workflows"
        lead="Steps that use each other's results: chains at once, workflows durably, over crashes and days."
        actions={begin}
      />
      <Tabs
        label="What to see"
        value={search.tab ?? "workflows"}
        onChange={(tab) => setSearch({ tab: tab === "workflows" ? "" : tab })}
        tabs={[
          {
            id: "workflows",
            label: "Workflows",
            content: (
              <Loaded query={workflows} skeleton={<SkeletonLines lines={6} height="3rem" />}>
                {({ workflows: all }) => <Registered all={all} begin={begin} />}
              </Loaded>
            ),
          },
          { id: "executions", label: "Executions", content: <Executions /> },
          { id: "chains", label: "Chains", content: <Chains /> },
          {
            id: "templates",
            label: "Templates",
            content: <Templates templates={workflows.data?.templates ?? []} />,
          },
        ]}
      />
    </>
  );
}

type Workflow = ListWorkflows["workflows"][number];

function Registered({
  all,
  begin,
}: {
  readonly all: readonly Workflow[];
  readonly begin: ReactNode;
}) {
  if (all.length === 0) {
    return (
      <Empty icon="workflows" title="No workflows yet" action={begin}>
        Build one of the tools there are, or begin with a template.
      </Empty>
    );
  }
  return (
    <Card flush>
      <DataTable label="Workflows" rows={all} columns={COLUMNS} rowKey={({ id }) => id} />
    </Card>
  );
}

const COLUMNS: readonly Column<Workflow>[] = [
  {
    id: "workflow",
    head: "Workflow",
    sortBy: ({ id }) => id,
    cell: ({ id }) => (
      <Link className="table-name" to={`/workflows/${encodeURIComponent(id)}`}>
        {id}
      </Link>
    ),
  },
  { id: "version", head: "Version", sortBy: ({ version }) => version, cell: (row) => row.version },
  {
    id: "steps",
    head: "Steps",
    align: "end",
    sortBy: ({ steps }) => steps,
    cell: ({ steps }) => count(steps),
  },
  {
    id: "description",
    head: "What it does",
    grow: true,
    wideOnly: true,
    cell: ({ description, name }) => description ?? name,
  },
  {
    id: "registered",
    head: "Registered",
    wideOnly: true,
    sortBy: ({ registeredAt }) => registeredAt,
    cell: ({ registeredAt }) => <Since time={registeredAt} />,
  },
];

export function Since({ time }: { readonly time: string }) {
  return ago(time, useNow(10_000));
}

/** Without the orchestrator there are only chains. */
function NoOrchestrator() {
  return (
    <>
      <PageHead
        title="Chains and workflows"
        lead="Steps that use each other's results: chains at once, workflows durably."
      />
      <Card title="Workflows">
        <Empty icon="workflows" title="The orchestrator is not mounted">
          Put it into mcpServers of trestle.json, and workflows and swarms are here.
        </Empty>
        <Code label="What to put into trestle.json">{MOUNT}</Code>
      </Card>
      <Chains />
    </>
  );
}

export const MOUNT = `{
  "mcpServers": {
    "orchestrator": {
      "embedded": "orchestrator",
      "env": { "TRESTLE_PROFILE": "all" }
    }
  }
}`;
