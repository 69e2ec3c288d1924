import type { ChainRow } from "../../api/generated.ts";
import { useAsk } from "../../api/queries.ts";
import { duration } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Link } from "../../ui/link.tsx";
import { Empty, Loaded, SkeletonLines } from "../../ui/states.tsx";
import { Since } from "./page.tsx";

/** Chains that ran in the bridge itself; each is looked into as a call is. */
export function Chains() {
  const chains = useAsk("GET chains", { query: { limit: 100 } }, { every: 10_000 });
  return (
    <Loaded query={chains} skeleton={<SkeletonLines lines={4} height="3rem" />}>
      {({ chains: rows }) =>
        rows.length === 0 ? (
          <Empty icon="chains" title="No chain ran yet">
            An assistant makes one by run_chain, a script by POST chain.
          </Empty>
        ) : (
          <Card flush>
            <DataTable
              label="Chains"
              rows={rows}
              columns={COLUMNS}
              rowKey={({ execution_id }) => execution_id}
            />
          </Card>
        )
      }
    </Loaded>
  );
}

const TONES: Readonly<Record<ChainRow["outcome"], Tone>> = {
  running: "info",
  succeeded: "ok",
  failed: "bad",
  cancelled: "quiet",
  timed_out: "bad",
  interrupted: "warn",
};

const COLUMNS: readonly Column<ChainRow>[] = [
  {
    id: "chain",
    head: "Chain",
    grow: true,
    sortBy: ({ chain_name }) => chain_name,
    cell: ({ chain_name, execution_id }) => (
      <Link className="table-name" to={`/history/${execution_id}`}>
        {chain_name}
      </Link>
    ),
  },
  {
    id: "outcome",
    head: "Outcome",
    sortBy: ({ outcome }) => outcome,
    cell: ({ outcome, error }) => (
      <Badge tone={TONES[outcome]} {...(error && { title: error.message })}>
        {outcome.replace("_", " ")}
      </Badge>
    ),
  },
  {
    id: "steps",
    head: "Steps",
    align: "end",
    cell: ({ completed_steps, total_steps }) => `${completed_steps} of ${total_steps}`,
  },
  {
    id: "took",
    head: "Took",
    align: "end",
    wideOnly: true,
    sortBy: ({ total_duration_ms = 0 }) => total_duration_ms,
    cell: ({ total_duration_ms: took }) => (took === undefined ? "" : duration(took)),
  },
  {
    id: "began",
    head: "Began",
    wideOnly: true,
    sortBy: ({ started_at }) => started_at,
    cell: ({ started_at }) => <Since time={started_at} />,
  },
];
