import { useCallback } from "react";
import type { GetSwarm } from "../../api/generated.ts";
import { useOrchestratorRead, useReadAgain } from "../../api/orchestrator.ts";
import { useAsk } from "../../api/queries.ts";
import type { FeedEvent } from "../../feed/connection.ts";
import { useFeedEvents } from "../../feed/feed-provider.tsx";
import { useParam } from "../../lib/navigate.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card, PageHead } from "../../ui/card.tsx";
import { Link } from "../../ui/link.tsx";
import { Empty, Loaded, Skeleton, SkeletonLines } from "../../ui/states.tsx";
import { SwarmActions } from "./actions.tsx";
import { Agents } from "./agents.tsx";
import { Board, type Task } from "./board.tsx";
import { Budget } from "./budget.tsx";
import { Leases } from "./leases.tsx";
import { Mailbox } from "./mailbox.tsx";
import { TopologyPicture } from "./picture.tsx";
import "./swarm.css";

/** One swarm, as it works. */
export function Page() {
  const id = useParam("swarm");
  const swarm = useAsk(
    "GET swarm/:id",
    { path: { id }, query: { use_cache: false } },
    { every: 3_000 },
  );
  useFeedOf(id);
  const skeleton = (
    <>
      <PageHead title={<Skeleton width="16rem" height="2rem" />} />
      <SkeletonLines lines={8} />
    </>
  );
  return (
    <Loaded query={swarm} skeleton={skeleton}>
      {(found) => <OneSwarm swarm={found} />}
    </Loaded>
  );
}

/** Whatever happens in it is told by the feed. */
function useFeedOf(id: string): void {
  const readAgain = useReadAgain();
  const listener = useCallback(
    (batch: readonly FeedEvent[]) => {
      if (batch.some(({ topic }) => topic === `swarm:${id}`)) void readAgain();
    },
    [id, readAgain],
  );
  useFeedEvents(listener);
}

function OneSwarm({ swarm }: { readonly swarm: GetSwarm }) {
  const results = useOrchestratorRead<{ readonly tasks: readonly Task[] }>(
    "get_results",
    { swarm: swarm.swarm, limit: 200 },
    { every: 3_000 },
  );
  const { name, topology, strategy, status, members } = swarm;
  return (
    <>
      <PageHead
        title={name || swarm.swarm}
        lead={
          <>
            <Link to="/swarms">Swarms</Link> · {topology}, {strategy} · <code>{swarm.swarm}</code>{" "}
            <Badge tone={status === "active" ? "ok" : "warn"} dot>
              {status}
            </Badge>
          </>
        }
        actions={<SwarmActions swarm={swarm} />}
      />
      <div className="swarm">
        <Card title="Topology" note={topology}>
          {members.length === 0 ? (
            <Empty icon="swarms" title="Nobody has joined yet">
              Agents join by join_swarm, with the key that was shown when it was created.
            </Empty>
          ) : (
            <TopologyPicture swarm={swarm} />
          )}
        </Card>
        <div className="swarm-column">
          <Budget swarm={swarm} />
          <Leases swarm={swarm} tasks={results.data?.tasks ?? []} />
        </div>
        <Card title="Tasks" className="swarm-wide">
          <Loaded query={results} skeleton={<SkeletonLines lines={4} />}>
            {({ tasks }) => <Board swarm={swarm} tasks={tasks} />}
          </Loaded>
        </Card>
        <Agents members={members} />
        <Mailbox swarm={swarm} />
      </div>
    </>
  );
}
