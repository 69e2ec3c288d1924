import { useState } from "react";
import type { CreateSwarm } from "../../api/generated.ts";
import { useLeftOut, useOrchestrator, useOrchestratorRead } from "../../api/orchestrator.ts";
import { useAsk } from "../../api/queries.ts";
import { count } from "../../lib/format.ts";
import { useSearchState } from "../../lib/navigate.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, PageHead } from "../../ui/card.tsx";
import { Code } from "../../ui/code.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Link } from "../../ui/link.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { MOUNT, Since } from "../workflows/page.tsx";
import { ENDED_STATES, sumOf } from "./counts.ts";
import { CreateSwarmDialog } from "./create-swarm.tsx";
import "./swarms.css";

type Summary = Pick<
  CreateSwarm,
  "swarm" | "name" | "topology" | "strategy" | "status" | "agents" | "counts" | "createdAt"
>;

/** Your swarms, the newest first. */
export function Page() {
  const [search, setSearch] = useSearchState();
  const [joinKey, setJoinKey] = useState<string>();
  const swarms = useOrchestratorRead<{ readonly swarms: readonly Summary[] }>(
    "list_swarms",
    { limit: 100 },
    { every: 5_000 },
  );
  const server = useOrchestrator();
  const tools = useAsk("GET tools", { query: { detail: "names" } });
  const refused = useLeftOut(["create_swarm"])?.reason;
  const create = (
    <Button
      look="primary"
      icon="plus"
      disabled={refused}
      onClick={() => setSearch({ add: "swarm" })}
    >
      Create a swarm
    </Button>
  );
  const isMissing = tools.data !== undefined && server === undefined;
  return (
    <>
      <PageHead
        title="Swarms"
        lead="Agents that share tasks, files, messages and memory: who does what, and what it costs."
        actions={swarms.data !== undefined && create}
      />
      {isMissing ? (
        <Unreachable />
      ) : (
        <Loaded query={swarms} skeleton={<SkeletonLines lines={5} height="3rem" />}>
          {({ swarms: all }) =>
            all.length === 0 ? (
              <Empty icon="swarms" title="No swarms yet" action={create}>
                Create one; agents come by join_swarm, or are started where a crew is named.
              </Empty>
            ) : (
              <Card flush>
                <DataTable
                  label="Swarms"
                  rows={all}
                  columns={COLUMNS}
                  rowKey={(row) => row.swarm}
                />
              </Card>
            )
          }
        </Loaded>
      )}
      <CreateSwarmDialog
        open={search.add === "swarm"}
        close={() => setSearch({ add: "" })}
        joinKey={joinKey}
        setJoinKey={setJoinKey}
      />
    </>
  );
}

const COLUMNS: readonly Column<Summary>[] = [
  {
    id: "swarm",
    head: "Swarm",
    grow: true,
    sortBy: ({ name }) => name,
    cell: ({ swarm, name }) => (
      <Link className="table-name" to={`/swarms/${swarm}`}>
        {name || swarm}
      </Link>
    ),
  },
  {
    id: "status",
    head: "State",
    sortBy: ({ status }) => status,
    cell: ({ status }) => (
      <Badge tone={status === "active" ? "ok" : "warn"} dot>
        {status}
      </Badge>
    ),
  },
  {
    id: "topology",
    head: "Topology",
    wideOnly: true,
    sortBy: ({ topology }) => topology,
    cell: ({ topology, strategy }) => `${topology}, ${strategy}`,
  },
  {
    id: "agents",
    head: "Agents",
    align: "end",
    wideOnly: true,
    sortBy: ({ agents }) => agents,
    cell: ({ agents }) => count(agents),
  },
  {
    id: "tasks",
    head: "Tasks ended",
    align: "end",
    cell: ({ counts }) => `${sumOf(counts, ENDED_STATES)} of ${sumOf(counts)}`,
  },
  {
    id: "created",
    head: "Created",
    wideOnly: true,
    sortBy: ({ createdAt }) => createdAt,
    cell: ({ createdAt }) => <Since time={createdAt} />,
  },
];

function Unreachable() {
  return (
    <Card title="Swarms">
      <Empty icon="swarms" title="There is no orchestrator here">
        Mount it with all of its tools: put this into trestle.json.
      </Empty>
      <Code label="What to put into trestle.json">{MOUNT}</Code>
    </Card>
  );
}
